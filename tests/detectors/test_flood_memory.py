"""What the flood rule learns and follows over time: the dry reference, the course of the water."""

from __future__ import annotations

import numpy as np
import pytest

from detectors._water import MOST, Course, DryReference, around, probability_at
from ioc.core.water import WaterMap

HOUR = 3600.0


def taught(shares, every=2.0, slow_s=6 * HOUR):
    dry = DryReference(slow_s)
    for i, share in enumerate(shares):
        dry.learn(share, i * every)
    return dry


def test_what_is_always_seen_becomes_dry_in_hours_not_in_minutes():
    seen = taught([0.2] * 900)  # half an hour
    assert 0.0 < seen.value < 0.03
    assert taught([0.2] * 1800 * 7).value == pytest.approx(0.2)
    assert taught([0.2] * 1800 * 7).above(0.2) == 0.0


def test_an_hour_of_flood_hardly_counts_and_is_soon_forgotten():
    flooded = taught([0.0] * 100 + [0.9] * 1800)
    assert flooded.value < 0.04
    assert flooded.above(0.9) > 0.89
    assert taught([0.0] * 100 + [0.9] * 1800 + [0.0] * 600).value == 0.0


def test_the_reference_never_hides_a_whole_flood():
    drowned = taught([1.0] * 1800 * 48)
    assert drowned.value == MOST
    assert drowned.above(1.0) == 1.0


@pytest.mark.parametrize("times", [(0.0, 100.0), (50.0, 49.0), (7.0, 7.0)])
def test_silence_and_a_clock_set_back_teach_nothing(times):
    dry = DryReference(60.0, 0.1)
    for at in times:
        dry.learn(0.9, at)
    assert dry.value == 0.1


def test_the_share_above_counts_what_is_usually_dry():
    assert DryReference(60.0, 0.2).above(0.6) == pytest.approx(0.5)
    assert DryReference(60.0, 0.2).above(0.1) == 0.0


@pytest.mark.parametrize(
    ("values", "trend"),
    [
        ([0.1], "steady"),
        ([0.1, 0.1, 0.1, 0.12, 0.11, 0.13], "steady"),
        ([0.1, 0.15, 0.2, 0.3, 0.35, 0.4], "rising"),
        ([0.4, 0.35, 0.3, 0.2, 0.15, 0.1], "falling"),
    ],
)
def test_the_course(values, trend):
    course = Course(60.0)
    for i, value in enumerate(values):
        course.add(value, i * 10.0)
    assert course.trend(0.08) == trend


def test_the_course_forgets_what_is_long_ago_and_a_clock_set_back():
    course = Course(60.0)
    for at in range(0, 60, 10):
        course.add(0.0, float(at))
    for at in range(200, 260, 10):
        course.add(0.9, float(at))
    assert course.trend(0.08) == "steady"
    course.add(0.1, 5.0)
    assert course.trend(0.08) == "steady"


def test_between_cells_the_probability_is_between_theirs():
    water = WaterMap(at=0.0, cells=np.array([[0.0, 1.0], [0.0, 1.0]], np.float32))
    assert [probability_at(water, x, 0.5) for x in (0.0, 0.25, 0.5, 0.75, 1.0)] == pytest.approx([0, 0, 0.5, 1, 1])
    assert probability_at(WaterMap(at=0.0, cells=np.array([[0.3]], np.float32)), 0.9, 0.1) == pytest.approx(0.3)


def test_the_box_around_cells_is_that_of_their_edges():
    water = WaterMap(at=0.0, cells=np.zeros((4, 10), np.float32))
    box = around([(1, 2), (2, 5)], water)
    assert box is not None
    assert box.as_tuple() == pytest.approx((0.2, 0.25, 0.6, 0.75))
    assert around([], water) is None


def test_a_map_has_rows_and_columns():
    with pytest.raises(ValueError, match="rows, columns"):
        WaterMap(at=0.0, cells=np.zeros(4, np.float32))
