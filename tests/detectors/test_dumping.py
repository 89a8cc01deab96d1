"""What counts as left behind; the seconds that it must lie."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from detectors.dumping import DETECTOR, Settings
from ioc.core.incidents import State, advance
from ioc.core.ports import RuleContext, RuleZone
from ioc.core.types import Box, PlateRead, StillObject, Zone
from tests.fakes.scenes import FakeScene, track

WALL = Zone(id="wall", name="Wall", polygon=((0.0, 0.4), (1.0, 0.4), (1.0, 0.8), (0.0, 0.8)))
CONTEXT = RuleContext(site="s", camera="cam", timezone="UTC")


def rule(**settings):
    return DETECTOR.factory([RuleZone(WALL, Settings(**settings))], CONTEXT)


def bag(box=(0.50, 0.50, 0.54, 0.56), owner="person", at=0.0, last_seen=None, vehicle=None, came=None):
    return StillObject(
        id=1, box=Box(*box), first_seen=0.0, last_seen=at if last_seen is None else last_seen,
        owner=7 if owner else None, owner_label=owner, vehicle=vehicle, owner_came=came, since=-1.0,
    )  # fmt: skip


def other(x=0.45, foot=0.56, still_since=None, label="car", number=8):
    return track(number, box=(x, foot - 0.2, x + 0.06, foot), label=label, still_since=still_since, at=0.0)


def person(x, at=0.0, last_seen=None):
    return track(7, box=(x, 0.3, x + 0.06, 0.56), label="person", still_since=None, at=at, last_seen=last_seen)


@pytest.mark.parametrize(
    ("thing", "bodies", "left"),
    [
        (bag(), (), True),
        (bag(), (person(0.8),), True),  # its owner is far away
        (bag(), (person(0.45),), False),  # somebody stands beside it
        (bag(), (person(0.41),), False),  # within reach
        (bag(), (other(still_since=-30.0),), True),  # a car that was parked there before it came
        (bag(), (other(still_since=-0.5),), False),  # one that has just stopped
        (bag(vehicle=8), (other(still_since=-30.0),), False),  # the one that brought it
        (bag(), (other(label="motorcycle", foot=0.46),), True),  # drives away, far behind it
        (bag(owner=None), (), False),  # nobody brought it: a light, a shadow, a branch
        (bag(box=(0.50, 0.20, 0.54, 0.26)), (), False),  # outside the zone
        (bag(box=(0.50, 0.50, 0.51, 0.51)), (), False),  # a leaf
        (bag(box=(0.20, 0.45, 0.70, 0.75)), (), False),  # too large to be rubbish
        (bag(at=5.0, last_seen=4.0), (), False),  # hidden: no evidence of this instant
    ],
)
def test_what_is_left_behind(thing, bodies, left):
    at = 5.0 if thing.last_seen == 4.0 else 0.0
    assert bool(list(rule().observe(FakeScene(at=at, tracks=bodies, still_objects=(thing,))))) is left


def run(script, **settings):
    """'o' the owner stands beside the bag, '#' it lies alone, 'p' somebody passes, ' ' it is gone; one second each."""
    dumping = rule(**settings)
    state, events = State(), []
    for at, char in enumerate(script):
        bodies = (person(0.45, at=float(at)),) if char in "op" else ()
        things = (bag(at=float(at)),) if char in "o#p" else ()
        scene = FakeScene(at=float(at), tracks=bodies, still_objects=things)
        state, out = advance(state, dumping.observe(scene), float(at), dumping.policy)
        events += [(t.phase.value, t.at) for t in out]
    return events


@pytest.mark.parametrize(
    ("script", "events"),
    [
        ("ooooo##########", [("opened", 11.0)]),  # six seconds after its owner has left
        ("ooooooooooooooooooo", []),  # he waits beside it
        ("ooo####oooo" + " " * 10, []),  # comes back and takes it away
        ("ooo###pp######", [("opened", 9.0)]),  # somebody passes; what counts is that it lies there
        ("ooo##########" + " " * 8, [("opened", 9.0), ("closed", 19.0)]),  # cleared away
    ],
)
def test_seconds(script, events):
    assert run(script, stays_s=6, passing_s=6) == events


def test_who_brought_it_is_told():
    (found,) = rule().observe(FakeScene(still_objects=(bag(vehicle=9, came=-12.0),)))
    assert found.detail == {"brought_by": "person", "track": 7, "suspected": True, "came_at": -12.0}
    read = PlateRead(id="r", site="s", camera="cam", at=0.0, text="59K134074", raw="", pattern=None, confidence=0.9)
    known = {7: replace(read, text="1"), 9: read}
    (found,) = rule().observe(FakeScene(still_objects=(bag(vehicle=9),), plates_known=known))
    assert found.detail["plate"] == "59K134074", "that of the vehicle, where a rule of the camera reads plates"
    (found,) = rule().observe(FakeScene(still_objects=(bag(),), plates_known=known))
    assert "plate" not in found.detail, "who came on foot has none"


@pytest.mark.parametrize("bad", [{"smallest": 0.1, "largest": 0.05}, {"stays_s": -1}, {"reach": 9}, {"x": 1}])
def test_settings_are_checked(bad):
    with pytest.raises(ValidationError):
        Settings(**bad)


def test_overlapping_zones_see_the_same_bag_each_with_its_own_settings():
    other_zone = Zone(id="kerb", name="Kerb", polygon=((0.3, 0.3), (0.7, 0.3), (0.7, 0.9), (0.3, 0.9)))
    both = DETECTOR.factory([RuleZone(WALL, Settings()), RuleZone(other_zone, Settings(stays_s=30))], CONTEXT)
    seen = list(both.observe(FakeScene(still_objects=(bag(),))))
    assert [(o.zone, both.policy(o).confirm_s) for o in seen] == [("wall", 6), ("kerb", 30)]
    assert len({o.subject for o in seen}) == 2
