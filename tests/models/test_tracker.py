"""The tracker on scripts: what happens on the street, second by second, and which tracks come out."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import pytest

from ioc.core.ports import Tracker
from ioc.core.types import Box, Detection, Track
from models.catalog import make_tracker
from models.tracker import StreetTracker, TrackerSettings

Script = Callable[[float], list[Detection]]
START = 1_700_000_000.0


def seen(x: float, y: float = 0.5, w: float = 0.1, h: float = 0.1, label: str = "car", confidence: float = 0.8) -> Detection:
    """A detection around the centre (x, y)."""
    return Detection(label, confidence, Box.clipped(x - w / 2, y - h / 2, x + w / 2, y + h / 2))


def play(script: Script, times: Iterable[float], tracker: Tracker | None = None) -> list[tuple[float, list[Track]]]:
    """(second, tracks) for each frame; the tracker's clock starts at START."""
    tracker = tracker or make_tracker()
    return [(t, tracker.update(script(t), START + t)) for t in times]


def steps(end: float, step: float = 0.1, keep: float = 1.0, seed: int = 1) -> list[float]:
    """Seconds from 0 to ``end``; with ``keep`` < 1 that share of the frames, by chance."""
    chance = random.Random(seed)
    return [i * step for i in range(round(end / step)) if chance.random() < keep]


def ids(played: Sequence[tuple[float, list[Track]]], label: str = "car") -> set[int]:
    return {track.id for _, tracks in played for track in tracks if track.label == label}


def bus_passes(t: float, hidden: tuple[float, float] = (6, 16)) -> list[Detection]:
    """A car is parked in the middle; a bus drives slowly past in front and hides it for ten seconds."""
    car = [] if hidden[0] < t < hidden[1] else [seen(0.5)]
    return car + ([seen(0.1 + (t - 5) * 0.05, w=0.3, h=0.3, label="bus")] if 5 < t < 20 else [])


@pytest.mark.parametrize("keep", [1.0, 0.5])
def test_a_bus_in_front_breaks_no_dwell(keep: float) -> None:
    played = play(bus_passes, steps(30, keep=keep))
    assert len(ids(played)) == 1
    assert len(ids(played, "bus")) == 1
    first = played[0][0]
    for t, tracks in played:
        (car,) = [track for track in tracks if track.label == "car"]
        if t > first + 1.7:
            assert car.still_since == START + first
        if 6.5 < t < 15.5:
            assert car.last_seen < START + t, "a hidden car says so"
            assert car.box.iou(seen(0.5).box) > 0.95, "and stays where it stands"
    assert car.last_seen == START + played[-1][0]


def test_memory_is_settable_and_ends() -> None:
    def gone(t: float) -> list[Detection]:
        return [seen(0.5)] if t < 5 else []

    for memory in (3.0, 20.0):
        played = play(gone, steps(30), StreetTracker(TrackerSettings(memory=memory)))
        last = max(t for t, tracks in played if tracks)
        assert last == pytest.approx(4.9 + memory, abs=0.15)


def test_after_the_memory_has_ended_it_is_a_new_stay() -> None:
    played = play(lambda t: bus_passes(t, hidden=(6, 30)), steps(36))
    assert len(ids(played)) == 2
    assert played[-1][1][-1].still_since == pytest.approx(START + 30, abs=0.11)


def test_a_detector_that_often_misses_keeps_the_stay() -> None:
    chance = random.Random(5)
    script: Script = lambda t: [seen(0.5)] if t < 3 or chance.random() < 0.15 else []  # noqa: E731 - a script is one line
    played = play(script, steps(60))
    assert len(ids(played)) == 1
    assert played[-1][1][0].still_since == START


def test_a_weak_detection_keeps_a_remembered_object_but_begins_none() -> None:
    played = play(lambda t: [seen(0.5, confidence=0.8 if t < 3 else 0.2), seen(0.2, confidence=0.2)], steps(60))
    assert len(ids(played)) == 1
    assert played[-1][1][0].last_seen == START + played[-1][0]


def test_what_is_never_seen_surely_is_shown_only_when_it_lasts() -> None:
    """A car in the dark stands in one place, a reflection flickers in another."""
    script: Script = lambda t: [seen(0.5, confidence=0.3)] + ([seen(0.2, confidence=0.3)] if t % 5 < 1 else [])  # noqa: E731
    played = play(script, steps(20))
    assert len(ids(played)) == 1
    assert next(t for t, tracks in played if tracks) == pytest.approx(2.0)
    assert played[-1][1][0].still_since == START


def test_an_unsure_box_over_a_part_of_a_car_is_no_second_car() -> None:
    """The detector gives half of a parked car besides it, weakly, for as long as it stands; a real one beside sticks out."""
    half, beside = Detection("car", 0.28, Box(0.451, 0.451, 0.5, 0.549)), Detection("car", 0.28, Box(0.47, 0.45, 0.57, 0.55))
    once = replace(half, confidence=0.36)
    assert len(play(lambda t: [seen(0.5), half if t < 8 else once], steps(20))[-1][1]) == 1
    assert len(play(lambda t: [seen(0.5), replace(half, confidence=0.6)], steps(20))[-1][1]) == 2, "a car before another"
    assert len(play(lambda t: [seen(0.5), beside], steps(20))[-1][1]) == 2


@pytest.mark.parametrize("step", [0.1, 0.3, 0.5])
def test_wavering_labels_are_one_vehicle_with_the_usual_label(step: float) -> None:
    chance = random.Random(2)
    script: Script = lambda t: [seen(0.2 + 0.02 * t, label=chance.choice(["truck", "truck", "truck", "car", "bus"]))]  # noqa: E731
    played = play(script, steps(30, step))
    assert {track.id for _, tracks in played for track in tracks} == {1}
    assert {tracks[0].label for t, tracks in played if t > 5} == {"truck"}


def test_a_person_in_front_of_a_car_has_an_identity_of_its_own() -> None:
    def walk(t: float) -> list[Detection]:
        hidden = 3 < t < 6
        return ([] if hidden else [seen(0.5)]) + ([seen(0.5 + (t - 4.5) * 0.02, label="person")] if t > 2 else [])

    played = play(walk, steps(12))
    assert ids(played) == {1}
    assert ids(played, "person") == {2}


def test_a_car_that_drives_through_a_remembered_place_leaves_it_alone() -> None:
    def drive(t: float) -> list[Detection]:
        return ([seen(0.5)] if t < 5 or t > 9 else []) + ([seen(0.05 + (t - 5.5) * 0.25)] if 5.5 <= t < 9 else [])

    played = play(drive, steps(14))
    last = played[-1][1]
    assert [(track.id, track.still_since) for track in last] == [(1, START)]
    assert ids(played) == {1, 2}


def test_what_begins_on_a_remembered_place_and_drives_on_gives_the_identity_back() -> None:
    """First seen exactly where the hidden car stands: for a moment it cannot be told apart, then it can."""

    def drive(t: float) -> list[Detection]:
        return ([seen(0.5)] if t < 5 or t > 12 else []) + ([seen(0.5 + (t - 7) * 0.12)] if 7 <= t < 10 else [])

    played = play(drive, steps(16))
    moving = [track for t, tracks in played if 8.5 < t < 9.8 for track in tracks if track.id != 1]
    assert moving
    assert all(track.still_since is None and track.last_seen > START + 8 for track in moving)
    assert all(track.first_seen == pytest.approx(START + 7, abs=0.11) for track in moving)
    assert [(track.id, track.still_since) for track in played[-1][1]] == [(1, START)]


def test_a_sliver_beside_a_bus_is_still_the_car() -> None:
    """The bus covers nearly all of it from one frame to the next, then uncovers it again."""

    def sliver(t: float) -> list[Detection]:
        car = Detection("car", 0.7, Box(0.45, 0.45, 0.475, 0.55)) if 5 < t < 9 else seen(0.5)
        return [car] + ([seen(0.65, w=0.34, h=0.3, label="bus")] if 5 < t < 9 else [])

    played = play(sliver, steps(14, 0.2))
    assert ids(played) == {1}
    assert next(track for track in played[-1][1] if track.label == "car").still_since == START


def test_a_bus_cannot_take_over_a_hidden_cars_track() -> None:
    """The car vanishes in the frame in which the bus appears over it, all at once."""
    played = play(lambda t: [seen(0.5)] if t < 5 else [seen(0.5, w=0.25, h=0.2, label="bus")], steps(10, 0.2))
    assert ids(played) == {1}
    assert ids(played, "bus") == {2}


def test_driving_away_ends_the_stay_and_keeps_the_identity() -> None:
    played = play(lambda t: [seen(0.3 + max(0.0, t - 10) ** 2 * 0.03)], steps(14))
    assert ids(played) == {1}
    assert played[95][1][0].still_since == START
    assert all(tracks[0].still_since is None for t, tracks in played if t > 12.2)


def recedes(t: float) -> Detection:
    """Drives away from the camera, into the picture's upper border; ``t`` seconds after it has set off."""
    far = min(1.0, max(0.0, t) ** 2)
    return Detection("car", 0.8, Box(0.3 + 0.06 * far, max(0.0, 0.05 - 0.2 * far), 0.69 - 0.06 * far, 0.74 - 0.66 * far))


@pytest.mark.parametrize("step", [0.1, 0.25])
@pytest.mark.parametrize("pause", [0.5, 6.0])
def test_who_stops_where_another_has_just_driven_off_is_another(step: float, pause: float) -> None:
    """A queue at a stop line: the first is seen to leave; the next is first seen where the first one stood."""
    comes = 10.9 + pause

    def queue(t: float) -> list[Detection]:
        first = [recedes(t - 10)] if t < 10.9 else []
        lower = max(0.0, 0.25 - 0.15 * (t - comes))
        return first + ([Detection("car", 0.8, Box(0.29, lower, 0.71, lower + 0.73))] if t >= comes else [])

    played = play(queue, steps(comes + 8, step))
    assert ids(played) == {1, 2}
    assert [track.id for track in played[-1][1]] == [2]
    assert played[-1][1][0].still_since >= START + comes  # type: ignore[operator] # it stands


def test_what_is_last_seen_on_its_way_is_not_remembered_where_it_stood() -> None:
    played = play(lambda t: [seen(0.5 + max(0.0, t - 5) * 0.2)] if t < 5.4 else [], steps(12))
    assert played[60][1] == played[61][1] != []
    assert played[60][1][0].box.centre[0] > 0.55, "it is where it was seen last"
    assert played[70][1] == []


def test_what_reaches_beyond_a_remembered_place_is_another_object() -> None:
    played = play(lambda t: [seen(0.5)] if t < 5 else [seen(0.5, 0.53, w=0.13, h=0.13)] if t > 8 else [], steps(12))
    assert ids(played) == {1, 2}


@pytest.mark.parametrize("keep", [1.0, 0.5])
def test_a_bus_before_a_car_that_the_pictures_border_cuts_breaks_no_stay(keep: float) -> None:
    """Only one edge of the car is its own, and the bus moves it."""

    def border(t: float) -> list[Detection]:
        front = 0.3 - 0.05 * (t - 5) if t < 12 else 0.05 * (t - 12) - 0.05  # a bus comes, and goes back
        shown = min(0.2, front)
        car = [Detection("car", 0.8, Box(0.005, 0.5, shown, 0.7))] if shown > 0.05 else []
        return car + ([Detection("bus", 0.8, Box(max(0.0, front), 0.45, front + 0.4, 0.9))] if 5 < t < 20 else [])

    played = play(border, steps(26, 0.2, keep=keep))
    (car,) = [track for track in played[-1][1] if track.label == "car"]
    assert car.still_since == START + played[0][0]
    assert len(ids(played)) == 1


def test_a_track_that_ends_does_not_jump_to_one_that_comes_the_other_way() -> None:
    def pass_by(t: float) -> list[Detection]:
        leaving = [Detection("car", 0.8, Box(0.34, max(0.0, 0.3 - 0.5 * t), 0.66, 0.62 - 0.5 * t))] if t < 1.2 else []
        return leaving + ([Detection("car", 0.8, Box(0.2, 0.45 - 0.1 * (t - 1.2), 0.77, 1.0))] if t >= 1.2 else [])

    assert ids(play(pass_by, steps(3, 0.2))) == {1, 2}


@pytest.mark.parametrize("keep", [1.0, 0.5])
@pytest.mark.parametrize("speed", [0.02, 0.1, 0.3])
def test_moving_cars_keep_their_identity_though_half_of_the_frames_are_dropped(keep: float, speed: float) -> None:
    """Up to three lengths a second, three lanes."""
    lanes = (0.2, 0.5, 0.8)
    played = play(lambda t: [seen(0.08 + speed * t, y) for y in lanes], steps(min(20.0, 0.8 / speed), keep=keep))
    assert ids(played) == {1, 2, 3}
    assert all(track.still_since is None for _, tracks in played for track in tracks)


def test_ids_are_the_same_for_the_same_input() -> None:
    def busy(chance: random.Random) -> Script:
        return lambda t: [
            seen(0.1 + 0.2 * i + chance.gauss(0, 0.003), 0.3 + 0.01 * t, label=chance.choice(["car", "truck", "person"]))
            for i in range(5)
            if chance.random() < 0.8
        ]

    first, second = (play(busy(random.Random(3)), steps(20, 0.2, keep=0.7)) for _ in range(2))
    assert first == second


def test_frames_without_objects() -> None:
    assert play(lambda t: [], steps(3)) == [(t, []) for t in steps(3)]
    played = play(lambda t: [seen(0.5)] if t < 0.35 else [], steps(3))
    assert [bool(tracks) for _, tracks in played].index(False) == 14, "kept for the lifespan of one second"


def test_a_box_without_area_is_no_object() -> None:
    assert play(lambda t: [seen(1.2), Detection("car", 0.9, Box(0.3, 0.3, 0.3, 0.5))], steps(1))[-1][1] == []


@pytest.mark.parametrize("jump", [-3600.0, -7.0, -0.05])
def test_a_clock_set_back_keeps_identities_and_durations(jump: float) -> None:
    tracker = make_tracker()
    play(lambda t: [seen(0.5)], steps(10), tracker)
    (track,) = tracker.update([seen(0.5)], START + 9.9 + jump)
    assert track.id == 1
    assert track.still_since is not None
    assert START + 9.9 + jump - track.still_since == pytest.approx(9.9)
    assert track.first_seen <= track.last_seen <= START + 9.9 + jump
    (track,) = tracker.update([seen(0.5)], START + 11.9 + jump)
    assert track.last_seen - track.first_seen == pytest.approx(11.9)


def test_the_same_time_twice_is_harmless() -> None:
    tracker = make_tracker()
    once = tracker.update([seen(0.5)], START)
    assert tracker.update([seen(0.5)], START) == once


def test_a_long_gap_forgets_what_moved_and_what_stood() -> None:
    tracker = make_tracker()
    play(lambda t: [seen(0.5), seen(0.1 + 0.05 * t, 0.2)], steps(5), tracker)
    assert tracker.update([], START + 4000) == []
    assert [track.id for track in tracker.update([seen(0.5)], START + 4000.1)] == [3]


def test_an_unknown_label_is_a_group_of_its_own() -> None:
    played = play(lambda t: [seen(0.5, label="cat"), seen(0.5, label="dog")], steps(5))
    assert {(track.id, track.label) for track in played[-1][1]} == {(1, "cat"), (2, "dog")}


def test_small_boxes_are_followed_too() -> None:
    """People of 4 x 8 pixels in a picture of 1920: the library's floor on overlaps must not swallow them."""
    w, h = 4 / 1920, 8 / 1080
    played = play(lambda t: [seen(0.3 + t * w / 2, 0.5, w, h, "person")], steps(10))
    assert ids(played, "person") == {1}


@pytest.mark.parametrize("seed", range(8))
def test_whatever_comes_tracks_make_sense(seed: int) -> None:
    """Boxes and times by chance: crowds, empty frames, long gaps, clocks that jump."""
    chance = random.Random(seed)
    tracker, at, known = make_tracker(), START, 0
    for _ in range(400):
        at += chance.choice([0.0, 0.04, 0.2, 0.2, 0.2, 3.0, 30.0, -0.5, -100.0])
        crowd = [
            seen(
                chance.choice([0.0, 0.3, 0.5, 0.98]) + chance.gauss(0, 0.02),
                chance.random(),
                chance.random() ** 3,
                chance.random() ** 3,
                chance.choice(["car", "truck", "person", "bicycle", "motorcycle"]),
                chance.random(),
            )
            for _ in range(chance.choice([0, 1, 5, 30]))
        ]
        tracks = tracker.update(crowd, at)
        numbers = [track.id for track in tracks]
        assert numbers == sorted(set(numbers))
        for track in tracks:
            assert track.first_seen <= track.last_seen <= at
            assert track.still_since is None or track.first_seen <= track.still_since <= track.last_seen
            assert at - track.last_seen <= 20.0
        known = max([known, *numbers])
    assert known > 20
