"""Boxes as plain corners, in fractions 0..1 of the picture: for the tracker's arithmetic a frozen box costs too much."""

from __future__ import annotations

from ioc.core.types import Box

Corners = tuple[float, float, float, float]
"""x1, y1, x2, y2."""


def corners(box: Box) -> Corners:
    """x1, y1, x2, y2."""
    return box.x1, box.y1, box.x2, box.y2


def shared(a: Corners, b: Corners) -> float:
    """Area of the intersection."""
    w = min(a[2], b[2]) - max(a[0], b[0])
    h = min(a[3], b[3]) - max(a[1], b[1])
    return w * h if w > 0 and h > 0 else 0.0


def shared_by_three(a: Corners, b: Corners, c: Corners) -> float:
    """Area that all three have in common."""
    inner = max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])
    return shared(inner, c) if inner[0] < inner[2] and inner[1] < inner[3] else 0.0


def step(before: Corners, now: Corners) -> tuple[float, float]:
    """How far the middle has moved."""
    return (now[0] + now[2] - before[0] - before[2]) / 2, (now[1] + now[3] - before[1] - before[3]) / 2


def beyond(place: Corners, box: Corners) -> float:
    """How far a box reaches beyond a place at most, in the place's own width or height; negative or 0 if it does not."""
    w, h = max(place[2] - place[0], 1e-6), max(place[3] - place[1], 1e-6)
    return max((place[0] - box[0]) / w, (place[1] - box[1]) / h, (box[2] - place[2]) / w, (box[3] - place[3]) / h)


def area(a: Corners) -> float:
    """Share of the picture."""
    return (a[2] - a[0]) * (a[3] - a[1])


def overlap(a: Corners, b: Corners) -> float:
    """Intersection over union."""
    common = shared(a, b)
    return common / (area(a) + area(b) - common) if common else 0.0


def fit(place: Corners, box: Corners) -> float:
    """How well a box fits a remembered place, 0..1: their overlap, or 1 for a box inside it that shows a part of it."""
    common = shared(place, box)
    if not common:
        return 0.0
    if common >= 0.8 * area(box) and common >= 0.15 * area(place):
        return 1.0
    return common / (area(place) + area(box) - common)
