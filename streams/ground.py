"""The ground of one camera's picture, and what has changed on it and stays: two backgrounds, a quick and a slow one.

What the quick background shows and the slow one does not has come recently and stays (F. Porikli, Detection of temporarily
static regions by processing video at different frame rates, AVSS 2007). Much of that is no thing, and each has its own mark:

- Light that changes as a whole or on a large part (a cloud, the exposure, a lamp far off): the slow background is held
  against the quick one brightened alike, by the median of a coarse grid.
- A camera that shakes in the wind: each picture is shifted back to the slow background before it is compared.
- Leaves, flags, water: what often differs from one moment to the next is restless, and nothing lies still there.
- Ground that somebody uncovers who stood there from the beginning: it was never seen free, so nothing is known of it.
- Ground that a leaving thing uncovers: the contour of the change has lost its edges instead of gaining some.
- A shadow's soft rim, a patch of sun, a lamp's cone: the contour is soft for the size of the change.
- A hard shadow on a surface with a texture: the texture is still that of the slow background.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ioc.core.types import Box
from streams.changes import (
    EDGE_GAIN,
    SMALLEST,
    Mask,
    Mean,
    Picture,
    around,
    as_bytes,
    as_flags,
    as_mean,
    difference,
    edge_gain,
    is_compact,
    moved_back,
    shift_between,
    small_grey,
    within,
)

QUICK_S: Final = 0.8
"""Time constant of the quick background."""
SLOW_S: Final = 60.0
"""Time constant of the slow background where nothing new lies, for daylight."""
ABSORB_S: Final = 1800.0
"""The same where something new lies: after that long it belongs to the street."""
LEARN_S: Final = 1.0
"""Seconds of the beginning that are averaged before anything is compared."""
SETTLE_S: Final = 2.0
"""Seconds for which ground that was never seen free must be free until it is known."""
CHANGED: Final = 22.0
"""Levels 0..255 in any colour by which something new differs from the slow background."""
RESTLESS: Final = 14.0
"""Levels by which the picture may differ from the quick background and still count as still."""
RESTLESS_S: Final = 20.0
RESTLESS_SHARE: Final = 0.3
"""Share of the time, over about ``RESTLESS_S``, from which a pixel that differs so is restless ground."""
ALL_NEW: Final = 0.4
"""Share of the picture above which it is the picture that has changed (a camera turned, the light switched), not a thing."""
PART_NEW: Final = 0.15
"""Share above which no change is taken for a thing: whatever it is, the ground is not known well enough now."""
BARE: Final = 0.95
"""Share of a place that looks as it did when nobody stands there; a shadow of a body leaves less."""
STRANGE_S: Final = 10.0
"""Seconds of that after which the ground is learnt anew."""
MOST_SHIFT: Final = 12.0
LEAST_SHIFT: Final = 0.3
"""Pixels of the working picture by which it may be shifted back, at most and at least."""
CELLS: Final = (8, 5)
"""Columns and rows of the grid in which the light is compared."""


@dataclass(frozen=True, slots=True)
class Change:
    """A connected change of the ground that has come to stay."""

    box: Box
    since: float
    """When its place was last seen as usual, s."""
    came: float
    """When its place was first seen changed, s: nobody who came later has brought it."""
    thing: bool
    """Whether it looks like a thing that has come: no light, no uncovered ground."""
    doubtful: bool = False
    """Whether it looks so only half: enough for what was a thing before, on ground as rich in edges as itself."""


class Ground:
    """Learns one camera's ground; not thread-safe."""

    def __init__(self) -> None:
        self._slow: Mean | None = None
        self._quick: Mean | None = None
        self.began = self._at = 0.0
        """When it was begun to be learnt, s."""

    def observe(self, image: NDArray[np.uint8], busy: Mask, at: float) -> list[Change] | None:
        """Changes in a picture of the size of ``busy`` (:func:`working_copy`), where people and vehicles are at ``at`` (s).

        None where the ground is not known: at the beginning, after a change of the whole picture, of its size or clock.
        """
        if self._slow is None or self._quick is None or self._slow.shape != image.shape or at < self._at:
            self._begin(image, busy, at)
            return None
        step, self._at = at - self._at, at
        picture, outside = self._steady(image)
        busy = busy | outside if outside is not None else busy
        cv2.accumulateWeighted(picture, self._quick, 1 - math.exp(-step / QUICK_S))
        now = at - self.began
        np.copyto(self._busy_at, now, where=busy)
        quick = as_bytes(self._quick)
        moving = difference(picture, quick) > RESTLESS
        np.copyto(self._busy_at, now, where=moving & self._unknown)
        if now < LEARN_S:
            cv2.accumulateWeighted(picture, self._slow, 0.3)
            self._unknown |= busy | moving
            return None
        self._uncover(now)
        lit = self._lit(~busy & ~self._unknown)
        before = as_bytes(lit)
        free = ~busy & ~self._unknown
        new = (difference(quick, before) > CHANGED) & free
        if self._is_strange(float(new.mean()), now):
            self._begin(image, busy, at)
            return None
        cv2.accumulateWeighted(as_mean(moving & ~busy), self._restless, 1 - math.exp(-step / RESTLESS_S))
        usual = free & ~new
        np.copyto(self._usual_at, now, where=usual)
        np.copyto(self._new_at, now, where=new & (self._new_at <= self._usual_at))
        self._new = new
        self._bare = difference(picture, before) <= CHANGED
        self._learn(lit, usual & ~moving, new, step)
        if self._strange_at is not None:
            return []
        lasting = new & ~moving & (self._restless < RESTLESS_SHARE)
        return self._changes(lasting, quick, before)

    def changed(self, box: Box) -> float:
        """Share of a box in which free ground was new in the last picture, 0..1."""
        part = self._new[within(box, self._new.shape)] if self._slow is not None else np.zeros(0, bool)
        return float(part.mean()) if part.size else 0.0

    def shows(self, box: Box) -> bool:
        """Whether the last picture shows the ground that is known there: whatever is told to stand on it does not."""
        if self._slow is None:
            return False
        part = within(box, self._bare.shape)
        return bool(self._bare[part].size and self._bare[part].mean() >= BARE and not self._unknown[part].any())

    def forget(self, box: Box) -> None:
        """Somebody stood there and was taken for ground: what is below them is seen only now."""
        if self._slow is not None:
            self._unknown[within(box, self._unknown.shape)] = True

    def _begin(self, image: Picture, busy: Mask, at: float) -> None:
        self._slow, self._quick = image.astype(np.float32), image.astype(np.float32)
        shape = image.shape[:2]
        self._unknown = busy.copy()
        self._busy_at = np.full(shape, -1e9, np.float32)
        self._usual_at = np.zeros(shape, np.float32)
        self._new_at = np.full(shape, -1.0, np.float32)
        self._new, self._bare = np.zeros(shape, bool), np.zeros(shape, bool)
        self._restless: Mean = np.zeros(shape, np.float32)
        self._mark: Mean = small_grey(image)
        self._strange_at: float | None = None
        self.began = self._at = at

    def _is_strange(self, new: float, now: float) -> bool:
        """Whether the picture has changed so much, or a part of it for so long, that all is to be learnt anew."""
        if new <= PART_NEW:
            self._strange_at = None
        elif self._strange_at is None:
            self._strange_at = now
        return new > ALL_NEW or (self._strange_at is not None and now - self._strange_at > STRANGE_S)

    def _steady(self, image: Picture) -> tuple[Picture, Mask | None]:
        """The picture shifted back to the slow background, and the part of it that lies outside then."""
        grey = small_grey(image)
        dx, dy = (d * image.shape[1] / grey.shape[1] for d in shift_between(self._mark, grey))
        if not LEAST_SHIFT <= max(abs(dx), abs(dy)) <= MOST_SHIFT:
            return image, None
        height, width = image.shape[:2]
        moved = moved_back(image, dx, dy)
        outside = np.zeros((height, width), bool)
        x, y = math.ceil(abs(dx)), math.ceil(abs(dy))
        outside[:y] = outside[height - y :] = True
        outside[:, :x] = outside[:, width - x :] = True
        return np.asarray(moved, np.uint8), outside

    def _uncover(self, now: float) -> None:
        """Take ground that was never seen free as it is, once it has been free for a while."""
        assert self._slow is not None
        assert self._quick is not None
        settled = self._unknown & (now - self._busy_at >= SETTLE_S)
        if settled.any():
            self._slow[settled] = self._quick[settled]
            self._unknown &= ~settled

    def _lit(self, free: Mask) -> Mean:
        """The slow background under the present light."""
        assert self._slow is not None
        assert self._quick is not None
        height, width = free.shape
        columns, rows = CELLS
        h, w = height // 4 // rows * rows * 4, width // 4 // columns * columns * 4
        if not h or not w:
            return self._slow
        now, before, seen = self._quick[:h:4, :w:4], self._slow[:h:4, :w:4], free[:h:4, :w:4]
        ratio = (now + 8) / (before + 8)
        if not seen.any():
            return self._slow
        whole = np.median(ratio[seen], axis=0)
        ratio[~seen] = np.inf
        cells = (
            ratio.reshape(rows, h // 4 // rows, columns, w // 4 // columns, 3).swapaxes(1, 2).reshape(rows * columns, -1, 3)
        )
        known = np.isfinite(cells[..., 0]).sum(axis=1)
        middle = np.sort(cells, axis=1)[np.arange(len(cells)), known // 2]
        enough = known >= 0.5 * cells.shape[1]
        grid = np.where(enough[:, None], middle, whole).astype(np.float32).reshape(rows, columns, 3)
        grid = cv2.medianBlur(grid, 3)
        light = cv2.resize(grid, (width, height), interpolation=cv2.INTER_LINEAR)
        return np.asarray(cv2.multiply(self._slow + 8, light) - 8, np.float32)

    def _learn(self, lit: Mean, usual: Mask, new: Mask, step: float) -> None:
        """Follow what is usual, and keep covered ground under the light that is now."""
        assert self._slow is not None
        assert self._quick is not None
        share = 1 - math.exp(-step / SLOW_S)
        cv2.accumulateWeighted(self._quick, self._slow, share, as_flags(usual))
        cv2.accumulateWeighted(lit, self._slow, share, as_flags(~usual))
        cv2.accumulateWeighted(self._quick, self._slow, 1 - math.exp(-step / ABSORB_S), as_flags(new))
        self._mark += share * (small_grey(as_bytes(self._slow)) - self._mark)

    def _changes(self, mask: Mask, quick: Picture, before: Picture) -> list[Change]:
        """Connected changes, each with what it looks like."""
        clean = cv2.morphologyEx(as_flags(mask), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
        if not clean.any():
            return []
        joined = cv2.dilate(clean, np.ones((5, 5), np.uint8))
        count, labels, stats, _ = cv2.connectedComponentsWithStats(joined)
        found = []
        for i in range(1, count):
            x, y, w, h, area = (int(v) for v in stats[i])
            if area < SMALLEST:
                continue
            part = np.s_[max(0, y - 4) : y + h + 4, max(0, x - 4) : x + w + 4]
            own = (labels[part] == i) & (clean[part] > 0)
            if own.any() and is_compact(own):
                box = around(own, part[1].start, part[0].start, mask.shape)
                since, came = (self.began + float(np.median(t[part][own])) for t in (self._usual_at, self._new_at))
                gain = edge_gain(own, quick[part], before[part])
                if gain >= 0:
                    found.append(Change(box, since, came, thing=gain >= EDGE_GAIN, doubtful=gain < EDGE_GAIN))
        return found
