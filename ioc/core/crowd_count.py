"""How many people there are, by boxes where they stand apart and by the density of heads where they are packed.

Where people stand apart a detector's box holds one head, and boxes are the better count: each is a person that can be seen.
Where they are packed a box holds the heads of others too, and of bodies that hide one another some get no box at all: there
the heads are added up. What decides is the number of heads that the density map sees inside a person's own box, a figure
that has no scale: it is about one for people who stand apart, near or far. And as a sum of densities wavers and boxes do
not, there must be plainly more heads than boxes. Density never makes people by itself: only around boxes of people that
touch each other is it asked, and on from there without a gap, so that leaves, bags and windows count nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from ioc.core.crowd import CrowdMap
from ioc.core.types import Box, Point

PACKED: Final = 1.5
"""Heads in a person's box from which on the people there are packed."""
LEAST: Final = 4
"""People whose boxes touch, of whom there must be so many, for a pack."""
REACH: Final = 0.3
"""A box is taken to touch another one so much of its width away; heads so far around a pack belong to it."""

MORE: Final = 1.3
"""So many times as many heads as boxes there must be for heads to count: a sum of densities wavers, boxes do not."""
THIN: Final = 0.3
"""A pack ends where the map is thinner than this share of what it is around its boxes."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class HeadCount:
    """People in a zone."""

    people: float
    """All of them; whole where nobody was counted by density."""
    boxes: int
    """Those who have a box of their own."""
    packed: float = 0.0
    """Those of ``people`` who were counted by density, in packs."""


def touching(people: Sequence[Box]) -> list[NDArray[np.intp]]:
    """Groups of at least :data:`LEAST` people whose boxes touch, as indices: where it is worth asking for the density."""
    if len(people) < LEAST:
        return []
    return _groups(_array(people))


def head_count(
    people: Sequence[Box], crowd: CrowdMap | None, zone: tuple[Point, ...], *, packed: float = PACKED
) -> HeadCount:
    """People whose feet are in the zone, of all ``people`` of the picture; boxes alone where there is no map.

    In a pack the heads of the map whose feet are in the zone count, where they are :data:`MORE` times as many as the
    boxes. A head's feet are as far below it as those of the nearest box.
    """
    boxes = _array(people)
    inside = _in_zone(zone, (boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3])
    total = int(inside.sum())
    if crowd is None:
        return HeadCount(total, total)
    held = heads_in(crowd, boxes)
    apart = inside.copy()
    counted = 0.0
    taken = np.zeros(crowd.cells.shape, bool)
    for group in touching(people):
        dense = group[held[group] >= packed]
        if len(dense) < LEAST:
            continue
        cells = _grown(crowd.cells, _around(boxes[dense], crowd.cells.shape)) & ~taken
        taken |= cells
        of_pack = group[_covered(boxes[group], cells)]
        heads = _heads(crowd, cells, boxes[dense], zone)
        own = int(apart[of_pack].sum())
        if heads > MORE * own:
            apart[of_pack] = False
            counted += heads
    return HeadCount(int(apart.sum()) + counted, total, counted)


def heads_in(crowd: CrowdMap, boxes: Floats) -> Floats:
    """Heads of the map in each box (n, 4), corners in 0..1: (n,)."""
    rows, columns = crowd.cells.shape
    summed = np.zeros((rows + 1, columns + 1))
    summed[1:, 1:] = crowd.cells.cumsum(axis=0, dtype=np.float64).cumsum(axis=1)

    def upto(x: Floats, y: Floats) -> Floats:
        """The sum left of and above a point, cells in part counted in part."""
        fx, fy = np.clip(x, 0, 1) * columns, np.clip(y, 0, 1) * rows
        i, j = np.minimum(fx.astype(np.intp), columns - 1), np.minimum(fy.astype(np.intp), rows - 1)
        u, v = fx - i, fy - j
        above = summed[j, i] * (1 - u) + summed[j, i + 1] * u
        below = summed[j + 1, i] * (1 - u) + summed[j + 1, i + 1] * u
        result: Floats = above * (1 - v) + below * v
        return result

    x1, y1, x2, y2 = boxes.T
    inside: Floats = upto(x2, y2) - upto(x1, y2) - upto(x2, y1) + upto(x1, y1)
    return inside


def _array(people: Sequence[Box]) -> Floats:
    return np.array([(b.x1, b.y1, b.x2, b.y2) for b in people], np.float64).reshape(-1, 4)


def _in_zone(zone: tuple[Point, ...], x: Floats, y: Floats) -> NDArray[np.bool_]:
    """Which points lie in the zone; its edge included, as for single boxes."""
    polygon = shapely.Polygon(zone)
    shapely.prepare(polygon)
    return np.asarray(shapely.intersects_xy(polygon, x, y), bool)


def _groups(boxes: Floats) -> list[NDArray[np.intp]]:
    """Indices of boxes that touch, directly or by others, where they are at least :data:`LEAST`."""
    wide = boxes[:, 2] - boxes[:, 0]
    x1, x2 = boxes[:, 0] - REACH / 2 * wide, boxes[:, 2] + REACH / 2 * wide
    meet = (x1[:, None] <= x2[None]) & (x1[None] <= x2[:, None])
    meet &= (boxes[:, None, 1] <= boxes[None, :, 3]) & (boxes[None, :, 1] <= boxes[:, None, 3])
    label = np.arange(len(boxes))
    while True:
        least = np.where(meet, label[None], len(boxes)).min(axis=1)
        if (least == label).all():
            break
        label = least
    groups = [np.flatnonzero(label == number) for number in np.unique(label)]
    return [group for group in groups if len(group) >= LEAST]


def _middles(shape: tuple[int, int]) -> tuple[Floats, Floats]:
    """Middles of the cells: x (1, columns), y (rows, 1), in 0..1."""
    rows, columns = shape
    return (np.arange(columns)[None] + 0.5) / columns, (np.arange(rows)[:, None] + 0.5) / rows


def _around(boxes: Floats, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Cells (rows, columns) whose middles lie in one of the boxes or within reach of it."""
    x, y = _middles(shape)
    cells = np.zeros(shape, bool)
    for x1, y1, x2, y2 in boxes:
        side, up = REACH * (x2 - x1), REACH * (x2 - x1) * shape[1] / shape[0]
        cells |= (x >= x1 - side) & (x <= x2 + side) & (y >= y1 - up) & (y <= y2)
    return cells


def _grown(cells: NDArray[np.float32], pack: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The pack, (rows, columns), and what is joined to it without a gap in the map: there people have no box at all."""
    if not pack.any():
        return pack
    even = _spread(np.asarray(cells, np.float64)) / 25
    thick = even >= THIN * even[pack].mean()
    while True:
        wider = pack | (thick & _neighbours(pack))
        if (wider == pack).all():
            return pack
        pack = wider


def _neighbours(cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The cells and those beside, above and below them."""
    wide = cells.copy()
    wide[1:] |= cells[:-1]
    wide[:-1] |= cells[1:]
    wide[:, 1:] |= cells[:, :-1]
    wide[:, :-1] |= cells[:, 1:]
    return wide


def _spread(cells: Floats) -> Floats:
    """Sums over squares of five cells a side."""
    summed = np.pad(cells, 2).cumsum(axis=0).cumsum(axis=1)
    summed = np.pad(summed, ((1, 0), (1, 0)))
    result: Floats = summed[5:, 5:] - summed[:-5, 5:] - summed[5:, :-5] + summed[:-5, :-5]
    return result


def _covered(boxes: Floats, cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which boxes have their heads, the middle of their upper tenth, in the cells: (n,)."""
    rows, columns = cells.shape
    x, y = (boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 1] + 0.05 * (boxes[:, 3] - boxes[:, 1])
    i, j = (np.minimum((v * n).astype(np.intp), n - 1) for v, n in ((x, columns), (y, rows)))
    return np.asarray(cells[j, i], bool)


def _heads(crowd: CrowdMap, cells: NDArray[np.bool_], boxes: Floats, zone: tuple[Point, ...]) -> float:
    """Heads in the cells whose feet are in the zone."""
    rows, columns = crowd.cells.shape
    j, i = np.nonzero(cells)
    x, y = (i + 0.5) / columns, (j + 0.5) / rows
    middle, top = (boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 1]
    nearest = ((x[:, None] - middle[None]) ** 2 + (y[:, None] - top[None]) ** 2).argmin(axis=1)
    feet = np.minimum(y + (boxes[nearest, 3] - top[nearest]), 1.0)
    return float(crowd.cells[j, i][_in_zone(zone, x, feet)].sum())
