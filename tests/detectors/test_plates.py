"""The rule of plates: whom it asks to be looked at, and what it tells."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from detectors.plates import DETECTOR, KNOWN_TIMES, Settings
from ioc.core.ports import RuleContext, RuleZone
from ioc.core.types import WHOLE_PICTURE, Zone
from tests.fakes.scenes import FakeScene, track
from tests.ioc.test_plate_votes import TRUE, glimpse

GATE = Zone(id="gate", name="Gate", polygon=((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0)))
PICTURE = Zone(id="picture", name="picture", polygon=WHOLE_PICTURE)
CONTEXT = RuleContext(site="s", camera="cam", timezone="UTC")
INSIDE, ABOVE = (0.4, 0.4, 0.6, 0.8), (0.4, 0.1, 0.6, 0.4)


def rule(*zones, **settings):
    return DETECTOR.factory([RuleZone(z, Settings(**settings)) for z in zones or (GATE,)], CONTEXT)


def scene(at, *tracks, texts=()):
    looks = {i + 1: glimpse(text, at=at, track=i + 1) for i, text in enumerate(texts)}
    return FakeScene(at=at, tracks=tracks, glimpses=looks)


def asked(made, shown):
    list(made.passages(shown))
    return [ids for ids, _ in shown.asked]


def test_only_vehicles_seen_in_the_zone_are_looked_at():
    shown = scene(
        5.0,
        track(1, INSIDE, at=5.0),
        track(2, ABOVE, at=5.0),
        track(3, INSIDE, "person", at=5.0),
        track(4, INSIDE, "bicycle", at=5.0),
        track(5, INSIDE, "motorcycle", at=5.0),
        track(6, INSIDE, at=5.0, last_seen=4.0),
    )
    assert asked(rule(), shown) == [[1, 5]]
    assert asked(rule(classes=["bicycle"]), scene(5.0, *shown.tracks)) == [[4]]
    assert asked(rule(), scene(5.0, track(2, ABOVE, at=5.0))) == []


def test_a_vehicle_in_two_zones_belongs_to_the_first():
    made = rule(GATE, PICTURE)
    assert asked(made, scene(0.0, track(1, INSIDE), track(2, ABOVE))) == [[1], [2]]


def test_the_settings_reach_the_look():
    shown = scene(0.0, track(1, INSIDE))
    list(rule(min_height_px=24, every_s=0.5, looks_per_s=3).passages(shown))
    ((_, how),) = shown.asked
    assert (how.min_height_px, how.every_s, how.per_s) == (24, 0.5, 3)


def test_a_passage_from_the_first_look_to_the_end():
    made = rule()
    told = []
    for i in range(4):
        told += made.passages(scene(0.5 * i, track(1, INSIDE, at=0.5 * i), texts=[TRUE]))
    assert told == []
    told += made.passages(scene(4.0))
    assert [(p.read.text, p.read.site, p.read.camera, p.zone) for p in told] == [(TRUE, "s", "cam", "gate")]
    assert list(made.observe(scene(4.5))) == [], "a plate that was read is no alert"


def test_a_known_plate_is_looked_at_seldom_while_it_moves_and_never_while_it_stands():
    made = rule()
    for i in range(5):
        list(made.passages(scene(0.4 * i, track(1, INSIDE, at=0.4 * i, still_since=None), texts=[TRUE])))
    moving, still = (scene(2.0, track(1, INSIDE, at=2.0, still_since=s)) for s in (None, 1.0))
    list(made.passages(moving))
    assert [(ids, how.every_s) for ids, how in moving.asked] == [([1], KNOWN_TIMES * Settings().every_s)]
    assert asked(made, still) == []


def test_a_lost_stream_ends_a_passage():
    made = rule()
    for i in range(4):
        list(made.passages(scene(0.5 * i, track(1, INSIDE, at=0.5 * i), texts=[TRUE])))
    assert [p.read.text for p in made.passages(FakeScene(at=10.0, blind=True))] == [TRUE]
    assert list(made.finish(11.0)) == []


def test_the_end_of_a_stream_ends_a_passage():
    made = rule()
    for i in range(4):
        list(made.passages(scene(0.5 * i, track(1, INSIDE, at=0.5 * i), texts=[TRUE])))
    assert [p.read.text for p in made.finish(1.6)] == [TRUE]
    assert list(made.finish(1.6)) == []


def restarted(made):
    """The rule of a new worker that goes on with what the old one kept, over a file."""
    again = rule()
    again.recall(json.loads(json.dumps(made.remember())))
    return again


def passes(made, times, number=1, text=TRUE):
    return [
        p.read.text
        for t in times
        for p in made.passages(scene(t, track(number, INSIDE, at=t), texts=[text] * number))
        if not p.again
    ]


@pytest.mark.parametrize("stopped", [True, False], ids=["stopped", "killed"])
def test_what_was_told_before_a_restart_is_not_told_again(stopped):
    made = rule()
    assert passes(made, [0.5 * i for i in range(12)]) == [TRUE]
    if stopped:
        assert list(made.finish(6.0)) == []
    made = restarted(made)
    assert passes(made, [8 + 0.5 * i for i in range(12)]) == [], "the same vehicle still stands there"
    assert passes(made, [100 + 0.5 * i for i in range(12)], number=2, text="59K134075") == ["59K134075"]


def test_what_is_told_as_the_worker_stops_is_not_told_by_the_next_one():
    made = rule()
    passes(made, [0.0, 0.5, 1.0])
    assert [p.read.text for p in made.finish(1.2)] == [TRUE]
    made = restarted(made)
    assert passes(made, [5 + 0.5 * i for i in range(12)]) == []


def test_a_half_seen_passage_outlives_a_restart():
    """One look before, one after: neither alone is enough."""
    made = rule()
    assert passes(made, [0.0]) == []
    alone = rule()
    passes(alone, [4.0])
    assert list(alone.finish(5.0)) == []
    made = restarted(made)
    passes(made, [4.0])
    assert [p.read.text for p in made.finish(5.0)] == [TRUE]


@pytest.mark.parametrize(
    "broken", [{}, {"told": [["A"]], "looks": []}, {"told": [], "looks": [{}]}, {"told": 3, "looks": 1}]
)
def test_what_cannot_be_used_changes_nothing(broken):
    made = rule()
    passes(made, [0.5 * i for i in range(12)])
    before = made.remember()
    with pytest.raises((ValueError, LookupError, TypeError)):
        made.recall(broken)
    assert made.remember() == before


@pytest.mark.parametrize(
    "wrong",
    [{"min_reads": 0}, {"min_confidence": 1.5}, {"classes": []}, {"classes": ["tram"]}, {"looks_per_s": 0}, {"zoom": 2}],
)
def test_settings_are_checked(wrong):
    with pytest.raises(ValidationError):
        Settings.model_validate(wrong)
