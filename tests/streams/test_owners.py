"""Who brought a thing: by where everybody was between the last look at the free place and the first at the thing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ioc.core.types import Box
from streams.owners import Past
from tests.fakes.scenes import track

THING = Box(0.50, 0.55, 0.54, 0.60)


def body(number, label, x, foot=0.60, at=0.0, since=None, first=0.0, w=0.06, h=0.25):
    seen = track(number, box=(x, foot - h, x + w, foot), label=label, still_since=since, at=at)
    return replace(seen, first_seen=first)


def past(script, end=20.0):
    """A past in which ``script(at)`` gives who was seen."""
    ways = Past()
    for i in range(int(end * 4) + 1):
        ways.add(i / 4, script(i / 4))
    return ways


@pytest.mark.parametrize(
    ("who", "owner"),
    [
        (lambda at: [body(1, "person", 0.45, at=at)] if 9 < at < 11 else [], 1),  # was there when it came
        (lambda at: [body(1, "person", 0.45, at=at)] if at < 7 else [], None),  # had left before
        (lambda at: [body(1, "person", 0.10, at=at)], None),  # far to the side
        (lambda at: [body(1, "person", 0.48, foot=0.95, at=at)], None),  # near the camera, the thing far behind
        (lambda at: [body(1, "car", 0.42, at=at, since=-60.0, w=0.1)], None),  # parked
        (lambda at: [body(1, "truck", min(0.3, 0.1 + 0.02 * at), at=at, w=0.2)], 1),  # has stopped a moment ago
        (lambda at: [body(1, "truck", 0.30, at=at, since=4.0, w=0.2)] if at > 4 else [], None),  # a machine, taken for one
        (lambda at: [body(1, "person", 0.45, at=at, w=0.01, h=0.04)], None),  # smaller than what they would have brought
        (lambda at: [body(1, "person", 0.44, at=at), body(2, "person", 0.50, at=at)], 2),  # the nearer one
    ],
)
def test_the_owner(who, owner):
    found = past(who).owner(THING, since=9.5, at=12.0)
    assert (found.body.id if found else None) == owner


def riding(at):
    x = 0.1 + 0.04 * at
    return [body(1, "person", x + 0.02, foot=0.56, at=at, w=0.05), body(2, "motorcycle", x, at=at, w=0.10, h=0.14)]


def test_a_rider_came_on_the_motorbike():
    found = past(riding).owner(THING, since=9.5, at=12.0)
    assert found.vehicle.id == 2
    assert found.came == 0.0


def test_who_passes_a_parked_motorbike_did_not_come_on_it():
    def walking(at):
        return [body(1, "person", 0.2 + 0.03 * at, at=at), body(2, "motorcycle", 0.44, at=at, since=-300.0, w=0.1, h=0.14)]

    found = past(walking).owner(THING, since=9.5, at=12.0)
    assert (found.body.id, found.vehicle) == (1, None)


def test_who_steps_out_of_a_car_came_in_it():
    def car(at):
        if at < 1:
            return []
        stands = body(3, "car", min(0.3, 0.05 + 0.06 * at), at=at, since=4.5 if at > 6 else None, w=0.15, first=1.0)
        return [stands] if at < 7 else [stands, body(1, "person", 0.40 + 0.02 * (at - 7), at=at, first=7.0)]

    found = past(car).owner(THING, since=10.5, at=12.0)
    assert (found.body.id, found.vehicle.id, found.came) == (1, 3, 1.0)


def test_who_was_lost_on_the_way_came_when_they_were_first_seen():
    def walk(at):
        number = 1 if at < 4 else 5 if at < 8.5 else 6
        hidden = 4 <= at < 5 or 8.5 <= at < 9
        return [] if hidden else [body(number, "person", 0.1 + 0.035 * at, at=at, first={1: 0.0, 5: 5.0, 6: 9.0}[number])]

    found = past(walk, 12.0).owner(THING, since=10.5, at=12.0)
    assert (found.body.id, found.came) == (6, 0.0)


def test_what_has_the_place_of_somebody_seen_lately_is_them():
    ways = past(lambda at: [body(1, "person", 0.45, at=at)] if at < 15 else [])
    assert ways.is_somebody(Box(0.45, 0.37, 0.51, 0.60))
    assert not ways.is_somebody(THING)
    ways.clear()
    assert not ways.is_somebody(Box(0.45, 0.37, 0.51, 0.60))
    assert ways.owner(THING, 9.5, 12.0) is None
