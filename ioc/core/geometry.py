"""Polygons and boxes in fractions of the picture. Shapely (GEOS) does the geometry."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import shapely
from shapely.geometry import Point as ShapelyPoint
from shapely.geometry import Polygon
from shapely.geometry import box as rectangle
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


def covered_share(corners: tuple[Point, ...], box: Box) -> float:
    """Share 0..1 of a box's area that lies in the polygon; an empty box gives 0."""
    if box.area <= 0:
        return 0.0
    zone = _prepared(corners)
    shape = rectangle(*box.as_tuple())
    if not zone.intersects(shape):
        return 0.0
    return min(1.0, float(zone.intersection(shape).area) / box.area)


def foot_share(corners: tuple[Point, ...], box: Box, depth: float = 0.35) -> float:
    """Share 0..1 of the lowest part of a box that lies in the polygon.

    The wheels of a vehicle stand in the lower ``depth`` (0..1) of its box; its roof reaches over the lane behind it.
    """
    return covered_share(corners, Box(box.x1, box.y2 - depth * box.height, box.x2, box.y2))
