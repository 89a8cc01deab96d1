"""Figures on boxes small enough to work out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from models.metrics import average_precision, ious, match, mean, ratio

NONE = np.zeros((0, 4), np.float32)


def boxes(*rows: tuple[float, float, float, float]) -> NDArray[np.float32]:
    return np.array(rows, np.float32).reshape(-1, 4)


def scores(*values: float) -> NDArray[np.float32]:
    return np.array(values, np.float32)


def test_intersection_over_union() -> None:
    a = boxes((0, 0, 2, 2), (0, 0, 1, 1))
    b = boxes((0, 0, 2, 2), (1, 0, 3, 2), (5, 5, 6, 6), (1, 1, 1, 1))
    np.testing.assert_allclose(ious(a, b), [[1, 1 / 3, 0, 0], [1 / 4, 0, 0, 0]], atol=1e-6)


@pytest.mark.parametrize(
    ("found", "sure", "true", "ignore", "of", "missed"),
    [
        ((), (), (), (), [], []),
        ((), (), ((0, 0, 2, 2),), (), [], [0]),
        (((0, 0, 2, 2),), (0.9,), (), (), [-1], []),
        (((0, 0, 2, 2),), (0.9,), ((0, 0, 2, 2),), (), [0], []),
        (((0, 0, 2, 2),), (0.9,), ((1.5, 0, 3.5, 2),), (), [-1], [0]),  # IoU 1/7
        # two detections of one object: the surer one is right, the other one false
        (((0, 0, 2, 2), (0, 0, 2, 1.9)), (0.5, 0.9), ((0, 0, 2, 2),), (), [-1, 0], []),
        # the surer takes the object that it overlaps most and leaves the other one to the next
        (((0, 0, 2, 2), (0, 0, 2, 1.8)), (0.9, 0.5), ((0, 0, 2, 1.8), (0, 0, 2, 2)), (), [1, 0], []),
        # a false one in an ignored place is not judged, a true one there is
        (((5, 5, 6, 6),), (0.9,), (), ((4, 4, 7, 7),), [-2], []),
        (((5, 5, 6, 6),), (0.9,), ((5, 5, 6, 6),), ((4, 4, 7, 7),), [0], []),
        (((5, 5, 7, 6),), (0.9,), (), ((4, 4, 5.9, 7),), [-1], []),  # less than a half of it is in the place
    ],
)
def test_matching(
    found: tuple[tuple[float, float, float, float], ...],
    sure: tuple[float, ...],
    true: tuple[tuple[float, float, float, float], ...],
    ignore: tuple[tuple[float, float, float, float], ...],
    of: list[int],
    missed: list[int],
) -> None:
    result = match(boxes(*found), scores(*sure), boxes(*true), boxes(*ignore))
    assert result.of.tolist() == of
    assert result.missed.tolist() == missed


@pytest.mark.parametrize(
    ("right", "sure", "total", "expected"),
    [
        ([], [], 0, None),  # nothing to find: no figure
        ([], [], 3, 0.0),
        ([True], [0.9], 1, 1.0),
        ([True], [0.9], 2, 0.5),
        ([False], [0.9], 1, 0.0),
        ([True, False, True], [0.9, 0.8, 0.7], 2, 0.5 + 0.5 * 2 / 3),
        ([False, True], [0.9, 0.8], 1, 0.5),
        ([True, False], [0.8, 0.9], 1, 0.5),  # order is by score
        ([False, True, True], [0.9, 0.8, 0.7], 2, 2 / 3),  # precision made monotone: 1/2 becomes 2/3
    ],
)
def test_average_precision(right: list[bool], sure: list[float], total: int, expected: float | None) -> None:
    assert average_precision(np.array(right, bool), scores(*sure), total) == (
        None if expected is None else pytest.approx(expected)
    )


def test_figures_of_nothing_are_none() -> None:
    assert ratio(0, 0) is None
    assert ratio(1, 4) == 0.25
    assert mean([]) is None
    assert mean([None, 0.5, 1.0]) == 0.75
