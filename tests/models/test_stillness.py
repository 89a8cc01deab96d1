"""Standing and moving, told apart by boxes over seconds."""

from __future__ import annotations

import random

import pytest

from models.corners import Corners
from models.stillness import Stillness, StillSettings, displacement

CAR: Corners = (0.4, 0.4, 0.6, 0.5)


@pytest.mark.parametrize(
    ("now", "moved"),
    [
        ((0.4, 0.4, 0.6, 0.5), 0.0),
        ((0.45, 0.4, 0.65, 0.5), 0.25),  # to the right by a quarter of its width
        ((0.4, 0.43, 0.6, 0.53), 0.3),  # down by 0.3 of its height
        ((0.5, 0.4, 0.6, 0.5), 0.0),  # something hides its left half
        ((0.45, 0.4, 0.55, 0.5), 0.0),  # something hides it on both sides
        ((0.4, 0.4, 0.6, 0.45), 0.0),  # something hides its lower half
        ((0.4, 0.4, 0.8, 0.5), 0.0),  # what hid its right half is gone
        ((0.35, 0.375, 0.65, 0.525), 0.25),  # it comes nearer: all edges move outwards
        ((0.45, 0.425, 0.55, 0.475), 0.25),  # it goes away: all edges move inwards
        ((0.41, 0.4, 0.62, 0.5), 0.05),  # the smaller of two edges counts
    ],
)
def test_displacement(now: Corners, moved: float) -> None:
    assert displacement(CAR, now) == pytest.approx(moved)


@pytest.mark.parametrize(
    ("before", "now", "moved"),
    [
        ((0.0, 0.4, 0.1, 0.5), (0.0, 0.4, 0.2, 0.5), 1.0),  # drives in from the left: only one edge is its own
        ((0.9, 0.4, 1.0, 0.5), (0.8, 0.4, 1.0, 0.5), 1.0),
        ((0.4, 0.9, 0.6, 1.0), (0.4, 0.8, 0.6, 1.0), 1.0),
        ((0.0, 0.4, 1.0, 0.5), (0.0, 0.4, 1.0, 0.5), 0.0),  # as wide as the picture
    ],
)
def test_an_edge_at_the_border_says_nothing(before: Corners, now: Corners, moved: float) -> None:
    assert displacement(before, now) == pytest.approx(moved)


def shifted(box: Corners, dx: float, dy: float = 0.0) -> Corners:
    return box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy


def feed(still: Stillness, boxes: list[tuple[float, Corners]]) -> list[float]:
    """Times at which the object left its place; it is restarted there, as the tracker does."""
    left = []
    for at, box in boxes:
        if still.observe(box, at):
            left.append(at)
            still.restart(box, at)
    return left


def test_still_after_one_and_a_half_seconds_since_the_first() -> None:
    still = Stillness(CAR, 100.0, StillSettings())
    feed(still, [(101.4, CAR)])
    assert still.since is None
    feed(still, [(101.5, CAR)])
    assert still.since == 100.0


@pytest.mark.parametrize("step", [0.04, 0.2, 0.5, 1.0])
def test_jitter_and_swaying_break_nothing(step: float) -> None:
    noise = random.Random(1)
    still = Stillness(CAR, 0.0, StillSettings())
    boxes = [
        (i * step, tuple(edge + noise.gauss(0, 0.05) * size for edge, size in zip(CAR, (0.2, 0.1) * 2, strict=True)))
        for i in range(1, round(60 / step))
    ]
    assert feed(still, boxes) == []  # type: ignore[arg-type] # four edges each
    assert still.since == 0.0


def test_one_bad_box_breaks_no_dwell() -> None:
    still = Stillness(CAR, 0.0, StillSettings())
    boxes = [(i * 0.2, shifted(CAR, 0.15) if i % 17 == 0 else CAR) for i in range(1, 200)]
    assert feed(still, boxes) == []
    assert still.since == 0.0


@pytest.mark.parametrize("step", [0.1, 0.5])
def test_leaving_is_seen_within_a_second_and_ends_the_dwell(step: float) -> None:
    still = Stillness(CAR, 0.0, StillSettings())
    parked = [(i * step, CAR) for i in range(1, round(10 / step) + 1)]
    away = [(10 + i * step, shifted(CAR, 0.1 * i * step)) for i in range(1, round(3 / step) + 1)]
    left = feed(still, parked + away)
    assert 10.4 < left[0] <= 11.5
    assert still.since is None


@pytest.mark.parametrize("step", [0.04, 0.2, 1.0])
def test_slow_traffic_is_not_still(step: float) -> None:
    """A fifth of its own length a second: walking pace for a car."""
    still = Stillness(CAR, 0.0, StillSettings())
    for i in range(1, round(8 / step)):
        feed(still, [(i * step, shifted(CAR, -0.04 * i * step))])
        assert still.since is None, f"still at {i * step:.2f} s"


def test_the_place_shows_the_whole_object_while_something_hides_a_half() -> None:
    still = Stillness(CAR, 0.0, StillSettings())
    half: Corners = (0.5, 0.4, 0.6, 0.5)
    feed(still, [(i * 0.2, CAR) for i in range(1, 20)] + [(4 + i * 0.2, half) for i in range(25)])
    assert still.since == 0.0
    assert still.place == pytest.approx(CAR, abs=0.02)


def test_the_place_grows_when_more_is_shown() -> None:
    half: Corners = (0.5, 0.4, 0.6, 0.5)
    still = Stillness(half, 0.0, StillSettings())
    feed(still, [(i * 0.2, CAR) for i in range(1, 100)])
    assert still.since == 0.0
    assert still.place == pytest.approx(CAR, abs=0.01)
