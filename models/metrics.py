"""Figures of detectors: pure functions on arrays. Boxes are float32 (n, 4), x1, y1, x2, y2, all in one unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float32]


def area(boxes: Boxes) -> Boxes:
    """Area of each box, (n,)."""
    result: Boxes = np.maximum(boxes[:, 2] - boxes[:, 0], 0) * np.maximum(boxes[:, 3] - boxes[:, 1], 0)
    return result


def intersections(a: Boxes, b: Boxes) -> Boxes:
    """Shared area of each pair, (len(a), len(b))."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared: Boxes = np.prod(np.maximum(high - low, 0), axis=2)
    return shared


def ious(a: Boxes, b: Boxes) -> Boxes:
    """Intersection over union of each pair, (len(a), len(b)), 0..1."""
    shared = intersections(a, b)
    union = area(a)[:, None] + area(b)[None] - shared
    result: Boxes = shared / np.maximum(union, np.float32(1e-12))
    return result


@dataclass(frozen=True, slots=True)
class Matching:
    """Which detections of one picture and class are right."""

    of: NDArray[np.intp]
    """(n,) for each detection the index of the true box that it hits, -1 for a false one, -2 for one that is not judged."""
    missed: NDArray[np.intp]
    """Indices of the true boxes that no detection hits."""


def match(found: Boxes, scores: NDArray[np.float32], true: Boxes, ignore: Boxes, *, iou: float = 0.5) -> Matching:
    """Match detections, surest first, each with the free true box that it overlaps most, by at least ``iou``.

    A detection without one that lies for more than a half in an ``ignore`` region is not judged (PASCAL VOC's rule for
    difficult objects, and CrowdHuman's for ignored regions).
    """
    of = np.full(len(found), -1, np.intp)
    free = np.ones(len(true), bool)
    overlap = ious(found, true)
    for i in np.argsort(-scores, kind="stable"):
        candidates = np.where(free, overlap[i], -1.0) if len(true) else np.zeros(0)
        best = int(candidates.argmax()) if len(candidates) else -1
        if best >= 0 and candidates[best] >= iou:
            of[i], free[best] = best, False
    if len(ignore) and len(found):
        covered = intersections(found, ignore).max(axis=1) / np.maximum(area(found), np.float32(1e-12))
        of[(of == -1) & (covered > 0.5)] = -2
    return Matching(of, np.flatnonzero(free))


def average_precision(right: NDArray[np.bool_], scores: NDArray[np.float32], total: int) -> float | None:
    """Area under the precision-recall curve, precision made monotone (PASCAL VOC 2010); None without true objects.

    ``right`` and ``scores`` (n,) are those of all judged detections of a class, ``total`` its number of true objects.
    """
    if total == 0:
        return None
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(right[order])
    recall = np.concatenate(([0.0], hits / total))
    precision = np.concatenate((hits / np.arange(1, len(hits) + 1), [0.0]))
    envelope = np.maximum.accumulate(precision[::-1])[::-1][: len(hits)]
    return float(np.sum(np.diff(recall) * envelope))


def ratio(part: int, whole: int) -> float | None:
    """``part / whole``; None of nothing."""
    return part / whole if whole else None


def mean(values: Sequence[float | None]) -> float | None:
    """Mean of the values that are known; None if none is."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
