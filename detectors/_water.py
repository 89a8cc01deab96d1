"""What the flood rule knows beside the instant: the dry reference of a zone, and whether the water rises or falls. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from ioc.core.types import Box, Point
from ioc.core.water import WaterMap

Trend = Literal["rising", "falling", "steady"]

QUANTILE: Final = 0.2
"""The dry reference is the share below which a zone lies for this part of the time: floods are rarer than dry days."""
MOST: Final = 0.5
"""A dry reference never gets higher than this: a zone that is always half full is drawn in the wrong place."""
LONGEST_STEP_S: Final = 60.0
"""A longer silence (a lost camera) teaches nothing."""


@dataclass
class DryReference:
    """The share of water that the network sees in a zone that is dry: a low quantile over ``slow_s``, learnt step by step.

    The pinball loss's gradient moves it (stochastic approximation of a quantile, Robbins and Monro 1951): down quickly when
    the zone is drier, up slowly when it is wetter, so that hours of flood hardly count. It starts at 0: a camera that is
    started in a flood sees the flood.
    """

    slow_s: float
    value: float = 0.0
    _at: float | None = None

    def learn(self, share: float, at: float) -> None:
        """Take the share 0..1 of the time ``at`` (s)."""
        passed = 0.0 if self._at is None else at - self._at
        self._at = at
        if not 0 < passed <= LONGEST_STEP_S:
            return
        step = passed / self.slow_s
        if share > self.value:
            self.value = min(self.value + QUANTILE * step, share, MOST)
        else:
            self.value = max(self.value - (1 - QUANTILE) * step, share)

    def above(self, share: float) -> float:
        """How much of what is usually dry is under water, 0..1."""
        return max(0.0, share - self.value) / (1 - self.value)


class Course:
    """Whether a value rises or falls: the middle of its last looks against that of those ``span_s`` seconds before."""

    def __init__(self, span_s: float) -> None:
        self._span_s = span_s
        self._known: deque[tuple[float, float]] = deque()

    def add(self, value: float, at: float) -> None:
        """Take the value of the time ``at`` (s); a clock that was set back starts anew."""
        if self._known and at <= self._known[-1][0]:
            self._known.clear()
        self._known.append((at, value))
        while self._known[0][0] < at - self._span_s:
            self._known.popleft()

    def trend(self, least: float) -> Trend:
        """What it does, where a change of less than ``least`` is none."""
        values = [value for _, value in self._known]
        third = len(values) // 3
        if third == 0:
            return "steady"
        change = sum(values[-third:]) / third - sum(values[:third]) / third
        return "rising" if change >= least else "falling" if change <= -least else "steady"


Cell = tuple[int, int]
"""(row, column) of a water map."""


def centre(cell: Cell, water: WaterMap) -> Point:
    """Where a cell's middle lies in the picture, 0..1."""
    rows, columns = water.cells.shape
    return (cell[1] + 0.5) / columns, (cell[0] + 0.5) / rows


def covers(box: Box, point: Point) -> bool:
    """Whether a point lies in a box."""
    return box.x1 <= point[0] <= box.x2 and box.y1 <= point[1] <= box.y2


def around(cells: Sequence[Cell], water: WaterMap) -> Box | None:
    """The box around cells; None around none."""
    if not cells:
        return None
    rows, columns = water.cells.shape
    high, left = (min(cell[k] for cell in cells) for k in (0, 1))
    low, right = (max(cell[k] for cell in cells) + 1 for k in (0, 1))
    return Box(left / columns, high / rows, right / columns, low / rows)


def probability_at(water: WaterMap, x: float, y: float) -> float:
    """The probability of water at a point, between the middles of the four cells around it (bilinear)."""
    rows, columns = water.cells.shape
    column = min(max(x * columns - 0.5, 0.0), columns - 1.0)
    row = min(max(y * rows - 0.5, 0.0), rows - 1.0)
    left, top = int(column), int(row)
    right, low = min(left + 1, columns - 1), min(top + 1, rows - 1)
    upper = float(water.cells[top, left]) * (1 - column + left) + float(water.cells[top, right]) * (column - left)
    lower = float(water.cells[low, left]) * (1 - column + left) + float(water.cells[low, right]) * (column - left)
    return float(upper * (1 - row + top) + lower * (row - top))
