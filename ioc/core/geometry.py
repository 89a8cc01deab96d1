"""Polygons and boxes in fractions of the picture. Shapely (GEOS) does the geometry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import shapely
from shapely.geometry import Point as ShapelyPoint
from shapely.geometry import Polygon
from shapely.validation import explain_validity

from ioc.core.types import Box, Point


def polygon_problem(corners: Sequence[Point]) -> str | None:
    """Why the corners make no usable zone, or None if they do.

    A zone needs three corners, all in 0..1, no crossing edges and some area.
    """
    if len(corners) < 3:
        return f"a zone needs at least 3 corners, got {len(corners)}"
    for x, y in corners:
        if not (0.0 <= x <= 1.0 and 0.0 <= y <= 1.0):
            return f"corner ({x}, {y}) lies outside the picture (0..1)"
    shape = Polygon(corners)
    if not shape.is_valid:
        return f"the outline is not simple: {explain_validity(shape)}"
    if shape.area < 1e-5:
        return "the zone has no area"
    return None


@lru_cache(maxsize=1024)
def _prepared(corners: tuple[Point, ...]) -> Polygon:
    shape = Polygon(corners)
    shapely.prepare(shape)
    return shape


def contains(corners: tuple[Point, ...], point: Point) -> bool:
    """Whether a point lies in the polygon or on its edge."""
    return bool(_prepared(corners).covers(ShapelyPoint(point)))


def shared_part(a: Sequence[Point], b: Sequence[Point]) -> float:
    """Area of the overlap of two polygons as a part 0..1 of the smaller one's."""
    first, second = Polygon(a), Polygon(b)
    return float(first.intersection(second).area / min(first.area, second.area))


def hull(boxes: Iterable[Box]) -> Box:
    """The smallest box around others, of which there must be one."""
    corners = list(zip(*((b.x1, b.y1, b.x2, b.y2) for b in boxes), strict=True))
    return Box(min(corners[0]), min(corners[1]), max(corners[2]), max(corners[3]))


def beside(body: Box, thing: Box, reach: float) -> bool:
    """Whether a person's or vehicle's box, widened by ``reach`` of its width to each side, touches a thing's box.

    Below it reaches a quarter of its height: what lies before somebody's feet is beside them.
    """
    side, down = reach * body.width, 0.25 * body.height
    return Box.clipped(body.x1 - side, body.y1, body.x2 + side, body.y2 + down).intersection(thing) > 0
