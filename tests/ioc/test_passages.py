"""One read for each passage: when it is told, what it says, and what is not told."""

from __future__ import annotations

import numpy as np
import pytest

from ioc.core import wire
from ioc.core.passages import Instant, Policy, State, advance, direction, finish, settled
from ioc.core.types import Box
from tests.fakes.scenes import track
from tests.ioc.test_plate_votes import TRUE, glimpse

HERE, THERE = (0.3, 0.4, 0.5, 0.7), (0.7, 0.1, 0.8, 0.2)
POLICY = Policy()


class Camera:
    """Drives the machine: each instant names the tracks that are seen and what their plates gave."""

    def __init__(self, policy=POLICY):
        self.state, self.policy = State(), policy
        self.told, self.passages = [], []

    def at(self, at, *looks, seen=None, alive=None, box=HERE, label="car"):
        looks = [g if isinstance(g, tuple) else (g, {}) for g in looks]
        glimpses = [glimpse(text, at=at, **{"track": 1, **more}) for text, more in looks]
        ids = seen if seen is not None else sorted({g.track for g in glimpses})
        shown = [(track(i, box, label=label, at=at), "gate") for i in ids]
        now = Instant(at=at, seen=shown, glimpses=glimpses, alive=ids if alive is None else alive)
        self.state, told = advance(self.state, now, lambda zone: self.policy, site="s", camera="cam")
        self.passages += told
        self.told += [p for p in told if not p.again]
        return [p.read.text for p in told if not p.again]

    def end(self, at):
        self.state, told = finish(self.state, at, lambda zone: self.policy, site="s", camera="cam")
        return [p.read.text for p in told if not p.again]


def test_a_passage_is_told_once_when_the_vehicle_has_gone():
    cam = Camera()
    assert [cam.at(t, TRUE) for t in (0.0, 0.5, 1.0)] == [[], [], []]
    assert cam.at(2.4) == [], "it may come back"
    assert cam.at(2.6) == [TRUE]
    assert cam.at(3.0) == cam.at(10.0) == []
    assert cam.state.passing == {}


def test_what_is_told():
    cam = Camera()
    patch, place = np.zeros((4, 8, 3), np.uint8), Box(0.4, 0.6, 0.5, 0.65)
    cam.at(
        5.0,
        (TRUE, {"raw": "59K13407", "colour": "white", "patch": patch, "height_px": 50.0, "box": place}),
        label="motorcycle",
    )
    cam.at(5.5, TRUE, TRUE, box=(0.3, 0.5, 0.6, 0.95), label="motorcycle")
    cam.at(8.0)
    (passage,) = cam.told
    read = passage.read
    assert (read.text, read.raw, read.pattern, read.lines) == (TRUE, "59K13407", "MOTO_DIGIT", 2)
    assert (read.vehicle, read.direction, read.colour) == ("motorcycle", "towards", "white")
    assert (read.at, read.id) == (5.0, wire.plate_id("s", "cam", "1", 5.0)), "the time of the look that is shown"
    assert read.box == place
    assert 0.8 <= read.confidence < 1
    assert (passage.zone, passage.reads) == ("gate", 3)
    assert passage.patch is patch
    assert wire.decode_event(wire.encode_event(read))[1].text == TRUE


@pytest.mark.parametrize(
    ("looks", "policy"),
    [
        ([TRUE], POLICY),  # a single look
        ([TRUE, TRUE], Policy(min_reads=3)),
        ([TRUE, TRUE], Policy(min_confidence=0.95)),
        ([TRUE, "59K184074"], POLICY),  # one against one
        (["ABC", "ABC", "ABC"], POLICY),  # too short for a plate
        ([], POLICY),
    ],
)
def test_what_is_not_told(looks, policy):
    cam = Camera(policy)
    for i, text in enumerate(looks):
        cam.at(0.5 * i, text)
    assert cam.at(10.0) == []


def test_a_text_that_fits_no_pattern_is_told_as_it_was_read():
    cam = Camera()
    for t in (0.0, 0.5, 1.0):
        cam.at(t, ("AYO9034", {"lines": 1}))
    cam.at(5.0)
    assert [(p.read.text, p.read.pattern) for p in cam.told] == [("AYO9034", None)]


def test_a_vehicle_that_stays_is_told_early_and_once():
    cam = Camera()
    told = [(0.5 * i, cam.at(0.5 * i, TRUE)) for i in range(20)]
    assert [(t, texts) for t, texts in told if texts] == [(4.0, [TRUE])]
    assert settled(cam.state, 1)
    assert not settled(cam.state, 2)
    assert cam.at(30.0, seen=[], alive=[1]) == [], "hidden, and the tracker remembers it"
    assert [cam.at(31.0 + 0.5 * i, TRUE) for i in range(12)] == [[]] * 12
    assert cam.at(60.0) == []


def test_a_vehicle_that_stays_unread_waits_for_its_end():
    cam = Camera()
    for i in range(20):
        cam.at(0.5 * i, seen=[1])
    cam.at(10.0, TRUE)
    cam.at(10.5, TRUE, TRUE)
    assert cam.at(11.0, seen=[1]) == [], "three looks agree, four are wanted of one that stays"
    assert cam.at(13.0) == [TRUE]


def passes(cam, at, ident, text=TRUE, box=HERE):
    for t in (at, at + 0.4, at + 0.8):
        cam.at(t, *[(text, {"track": ident})] * 2, box=box)
    return cam.at(at + 3.0)


@pytest.mark.parametrize(
    ("second", "after", "box", "told"),
    [
        (TRUE, 5.0, HERE, []),  # the tracker lost it and gave it another id
        (TRUE, 5.0, THERE, []),
        (TRUE, 70.0, HERE, [TRUE]),  # it came back
        ("59K134024", 5.0, HERE, ["59K134024"]),  # another plate
        ("59K134079", 30.0, THERE, ["59K134079"]),
        ("59KA34074", 5.0, THERE, ["59KA34074"]),
        ("59K134014", 5.0, THERE, []),  # the same but for what is taken for each other, seconds later
        ("59K134014", 30.0, HERE, []),  # or in the same place
        ("59K13407", 5.0, THERE, []),  # the same with a hidden edge
        ("59K13407", 30.0, THERE, ["59K13407"]),
    ],
)
def test_what_was_told_is_not_told_again(second, after, box, told):
    cam = Camera()
    assert passes(cam, 0.0, 1) == [TRUE]
    assert passes(cam, after, 2, second, box) == told


def test_a_parked_vehicle_is_not_told_again_however_long_it_stays():
    cam = Camera()
    for i in range(400):
        cam.at(float(i), *([TRUE] if i < 10 else []), seen=[1])
    assert len(cam.told) == 1
    assert passes(cam, 410.0, 2) == [], "seen a moment ago under its old track"
    last = cam.passages[-1]
    assert (last.track, last.read.text, last.again) == (2, TRUE, True), "but known of the new track as well"


def test_a_track_that_goes_over_to_another_vehicle_tells_both():
    cam = Camera()
    for t in (0.0, 0.4, 0.8, 1.2):
        cam.at(t, TRUE)
    for t in (1.6, 2.0, 2.4):
        cam.at(t, "47C115593")
    assert cam.at(5.0) == [TRUE, "47C115593"]


def test_a_track_that_goes_over_after_it_was_told_tells_the_second_too():
    cam = Camera()
    for i in range(12):
        cam.at(0.5 * i, TRUE)
    assert [p.read.text for p in cam.told] == [TRUE]
    for i in range(4):
        cam.at(6.0 + 0.5 * i, "47C115593")
    cam.at(12.0)
    assert [p.read.text for p in cam.told] == [TRUE, "47C115593"]


@pytest.mark.parametrize(("after", "told"), [(3.0, [TRUE]), (20.0, [])])
def test_a_vehicle_whose_track_broke_is_read_from_both_parts(after, told):
    cam = Camera()
    cam.at(0.0, TRUE)
    assert cam.at(2.0) == [], "one look is too few"
    cam.at(after, (TRUE, {"track": 2}))
    assert cam.at(after + 2.0) == told
    assert cam.at(after + 4.0) == []


def test_a_clock_that_jumps_back_ends_what_passes_and_doubles_nothing():
    cam = Camera()
    for t in (100.0, 100.5, 101.0):
        cam.at(t, TRUE)
    assert cam.at(40.0, TRUE) == []
    assert cam.at(40.5, TRUE) == [], "the passage goes on at the new time"
    assert cam.at(50.0) == [TRUE]


def test_the_end_of_a_stream_ends_every_passage():
    cam = Camera()
    for t in (0.0, 0.5, 1.0):
        cam.at(t, TRUE, ("47C115593", {"track": 2}))
    assert cam.end(1.2) == [TRUE, "47C115593"]
    assert Camera().end(3.0) == []


def test_many_looks_keep_the_best():
    cam = Camera(Policy(enough_reads=16))
    for i in range(40):
        cam.at(0.1 * i, ("59K184074", {"height": 10.0}))
    for i in range(6):
        cam.at(4.0 + 0.1 * i, TRUE)
    assert cam.at(10.0) == [TRUE]
    assert len(cam.told[0].read.alternatives) <= 5


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ((0.4, 0.2, 0.5, 0.3), (0.4, 0.5, 0.7, 0.9), "towards"),
        ((0.4, 0.5, 0.7, 0.9), (0.4, 0.2, 0.5, 0.3), "away"),
        ((0.1, 0.4, 0.3, 0.5), (0.6, 0.4, 0.8, 0.5), "right"),
        ((0.6, 0.4, 0.8, 0.5), (0.1, 0.42, 0.3, 0.52), "left"),
        ((0.4, 0.4, 0.6, 0.6), (0.41, 0.4, 0.61, 0.6), None),
        ((0.4, 0.4, 0.4, 0.6), (0.4, 0.4, 0.6, 0.6), None),  # an empty box says nothing
    ],
)
def test_direction(first, last, expected):
    assert direction(Box(*first), Box(*last)) == expected
