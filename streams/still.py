"""New things that lie still in the picture and that no model knows by name: two backgrounds, a quick and a slow one.

What the quick background shows and the slow one does not has come recently and stays (F. Porikli, Detection of temporarily
static regions by processing video at different frame rates, AVSS 2007). A thing must be bounded by edges that the slow
background has not: a shadow or a lamp changes brightness and keeps the edges, and ground that a leaving vehicle uncovers has
lost some.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ioc.core.geometry import beside
from ioc.core.types import Box, Frame, StillObject, Track

WIDTH = 320
"""Pixels of the working picture."""
LEARN_S = 3.0
QUICK_S = 0.8
"""Time constant of the quick background."""
SLOW_S = 60.0
"""Time constant of the slow background where nothing new lies, for daylight."""
ABSORB_S = 1800.0
"""The same where something new lies: after that long it belongs to the street."""
CHANGED = 22.0
"""Levels 0..255 in any colour by which something new differs from the slow background."""
RESTLESS = 14.0
"""Levels by which the picture may differ from the quick background and still count as still."""
ALL_NEW = 0.4
"""Share of the picture above which it is the picture that has changed (a camera turned, the light switched), not a thing."""
EDGE_GAIN = 9.0
"""Levels by which the edges around a thing must exceed those of the slow background at the same place."""
SMALLEST = 12
"""Pixels of the working picture."""
SAME_IOU = 0.25
FORGET_S = 3.0
"""Seconds out of sight, while nothing hides it, after which a thing has gone."""
PAST_S = 12.0
"""Seconds of the past in which somebody beside a thing may have brought it."""
REACH = 0.8
"""How far beside somebody a thing may come to lie to be theirs, in widths of their box."""
IS_ITSELF = 0.35
"""IoU with a vehicle or person seen lately above which a thing is just that."""

Picture = NDArray[np.float32]


class StillThings:
    """Learns one camera's background and lists what is new in it; not thread-safe."""

    def __init__(self) -> None:
        self._slow: Picture | None = None
        self._quick: Picture | None = None
        self._began = self._at = 0.0
        self._known: list[StillObject] = []
        self._past: deque[tuple[float, tuple[Track, ...]]] = deque()
        self._excused: dict[int, float] = {}
        """Thing -> when it was last seen, or hidden by somebody."""
        self._number = 0

    def observe(self, frame: Frame, tracks: Sequence[Track]) -> list[StillObject]:
        """Things that lie still in the frame; ``tracks`` are people and vehicles, which are none."""
        at = frame.at
        picture = _working_copy(frame.image)
        if self._slow is None or self._quick is None or self._slow.shape != picture.shape or at < self._at:
            self._begin(picture, at)  # also for another resolution, or a clock set back
            return []
        step, self._at = at - self._at, at
        self._past.append((at, tuple(t for t in tracks if t.last_seen >= at)))
        while self._past and at - self._past[0][0] > PAST_S:
            self._past.popleft()
        cv2.accumulateWeighted(picture, self._quick, 1 - math.exp(-step / QUICK_S))
        if at - self._began < LEARN_S:
            cv2.accumulateWeighted(picture, self._slow, 0.2)
            return []
        busy = _mask([t.box for t in tracks], picture.shape[:2])
        new = (_difference(self._quick, self._slow) > CHANGED) & ~busy
        if float(new.mean()) > ALL_NEW:
            self._begin(picture, at)
            return []
        still = _difference(picture, self._quick) < RESTLESS
        self._learn(new, busy, step)
        self._update(self._boxes(new & still), at, busy)
        return list(self._known)

    def _begin(self, picture: Picture, at: float) -> None:
        self._slow, self._quick, self._began, self._at = picture.copy(), picture.copy(), at, at
        self._known = []
        self._past.clear()

    def _learn(self, new: NDArray[np.bool_], busy: NDArray[np.bool_], step: float) -> None:
        assert self._slow is not None
        assert self._quick is not None
        cv2.accumulateWeighted(self._quick, self._slow, 1 - math.exp(-step / SLOW_S), _bytes(~new & ~busy))
        cv2.accumulateWeighted(self._quick, self._slow, 1 - math.exp(-step / ABSORB_S), _bytes(new))

    def _boxes(self, mask: NDArray[np.bool_]) -> list[Box]:
        """Boxes of connected changes that are bounded by edges of their own."""
        kernel = np.ones((3, 3), np.uint8)
        clean = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, kernel)
        clean = cv2.dilate(clean, np.ones((5, 5), np.uint8))
        count, _, stats, _ = cv2.connectedComponentsWithStats(clean)
        height, width = mask.shape
        found = []
        for x, y, w, h, area in stats[1:count]:
            if area >= SMALLEST and self._has_edges(x, y, w, h):
                found.append(Box.clipped(float(x) / width, float(y) / height, float(x + w) / width, float(y + h) / height))
        return found

    def _has_edges(self, x: int, y: int, w: int, h: int) -> bool:
        assert self._slow is not None
        assert self._quick is not None
        area = np.s_[max(0, y - 2) : y + h + 2, max(0, x - 2) : x + w + 2]
        now, before = (_edge_strength(p[area]) for p in (self._quick, self._slow))
        return now - before > EDGE_GAIN

    def _update(self, boxes: Sequence[Box], at: float, busy: NDArray[np.bool_]) -> None:
        left = list(boxes)
        kept: list[StillObject] = []
        for thing in self._known:
            match = max(left, key=lambda b: b.iou(thing.box), default=None)
            if match is not None and match.iou(thing.box) >= SAME_IOU:
                left.remove(match)
                kept.append(replace(thing, box=match, last_seen=at))
                self._excused[thing.id] = at
            elif _covered(busy, thing.box) > 0.3:
                kept.append(thing)
                self._excused[thing.id] = at
            elif at - self._excused[thing.id] <= FORGET_S:
                kept.append(thing)
        for box in left:
            part = any(t.box.intersection(box) > 0.5 * box.area for t in kept)  # of a thing that comes into view again
            if not part and not self._is_somebody(box):
                self._number += 1
                kept.append(self._new(box, at))
        self._known = kept
        self._excused = {t.id: self._excused.get(t.id, at) for t in kept}

    def _new(self, box: Box, at: float) -> StillObject:
        owner = self._owner(box)
        return StillObject(
            id=self._number,
            box=box,
            first_seen=at,
            last_seen=at,
            owner=owner.id if owner else None,
            owner_label=owner.label if owner else None,
        )

    def _is_somebody(self, box: Box) -> bool:
        return any(track.box.iou(box) > IS_ITSELF for _, tracks in self._past for track in tracks)

    def _owner(self, box: Box) -> Track | None:
        """Who was beside the place last, the nearest first."""
        for _, tracks in reversed(self._past):
            near = [t for t in tracks if beside(t.box, box, REACH)]
            if near:
                return min(near, key=lambda t: math.dist(t.box.foot, box.foot))
        return None


def _difference(a: Picture, b: Picture) -> Picture:
    """Largest difference in any colour, float32 (H, W)."""
    blue, green, red = cv2.split(cv2.absdiff(a, b))
    return np.asarray(cv2.max(cv2.max(blue, green), red), np.float32)


def _bytes(mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    return mask.view(np.uint8)


def _working_copy(image: NDArray[np.uint8]) -> Picture:
    height = max(1, round(image.shape[0] * WIDTH / image.shape[1]))
    small = cv2.resize(image, (WIDTH, height), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (3, 3), 0), np.float32)


def _mask(boxes: Sequence[Box], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Pixels within the boxes, which are widened by a tenth for shadows and late boxes."""
    height, width = shape
    mask = np.zeros(shape, bool)
    for box in boxes:
        dx, dy = 0.1 * box.width, 0.1 * box.height
        x1, x2 = math.floor((box.x1 - dx) * width), math.ceil((box.x2 + dx) * width)
        y1, y2 = math.floor((box.y1 - dy) * height), math.ceil((box.y2 + dy) * height)
        mask[max(0, y1) : max(0, y2), max(0, x1) : max(0, x2)] = True
    return mask


def _covered(mask: NDArray[np.bool_], box: Box) -> float:
    height, width = mask.shape
    part = mask[
        math.floor(box.y1 * height) : math.ceil(box.y2 * height), math.floor(box.x1 * width) : math.ceil(box.x2 * width)
    ]
    return float(part.mean()) if part.size else 0.0


def _edge_strength(area: Picture) -> float:
    """Mean of the stronger half of the gradients, in levels."""
    grey = area.mean(axis=2)
    gradient = cv2.magnitude(cv2.Sobel(grey, cv2.CV_32F, 1, 0) / 4, cv2.Sobel(grey, cv2.CV_32F, 0, 1) / 4)
    return float(np.mean(gradient[gradient >= np.median(gradient)]))
