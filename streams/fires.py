"""Fire and smoke over time: what a detector sees, and whether the picture flickers and drifts there.

A flame's edge brightens and darkens several times a second and smoke never keeps its shape, while a lamp, the sun, a red
car at rest or a poster of a fire stay as they are. Reversals of brightness as the mark of flames: B. U. Töreyin et al.,
"Computer vision based method for real-time fire and flame detection", Pattern Recognition Letters 27 (2006).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ioc.core.types import Box, Detection, FireSight, Frame

WIDTH: Final = 208
"""Pictures are kept this wide, in pixels: averaging takes the sensor's noise away."""
KEPT_S: Final = 2.5
"""Seconds of pictures over which movement is measured."""
APART_S: Final = 0.15
"""Pictures are kept at least this far apart: more of them tell no more."""
LEAST: Final = 4
"""Fewer pictures tell nothing of flicker."""
ENOUGH: Final = 6
"""So many pictures are kept however old they are: a camera that is looked at once a second must see fire, too."""
GAP_S: Final = 10.0
"""Seconds without a picture after which the past says nothing of now."""
REVERSAL: Final = 10.0
"""Grey levels by which a pixel must change from one kept picture to the next: above a camera's noise and a codec's."""
OTHER: Final = 8.0
"""Grey levels by which a pixel must differ from the oldest kept picture to look otherwise."""

Grey = NDArray[np.float32]


class FireWatch:
    """Remembers the last seconds of one camera's picture; not thread-safe."""

    def __init__(self) -> None:
        self._kept: deque[tuple[float, Grey]] = deque()

    def note(self, frame: Frame) -> None:
        """Keep a small picture of ``frame``; forget what is old, of another size, or still to come by a clock set back."""
        at = frame.at
        if self._kept and not 0 <= at - self._kept[-1][0] <= GAP_S:
            self._kept.clear()
        if self._kept and at - self._kept[-1][0] < APART_S:
            return
        small = _small(frame.image)
        if self._kept and self._kept[-1][1].shape != small.shape:
            self._kept.clear()
        self._kept.append((at, small))
        while at - self._kept[0][0] > KEPT_S and len(self._kept) > ENOUGH:
            self._kept.popleft()

    def sights(self, found: Sequence[Detection]) -> Sequence[FireSight]:
        """What was found in the frame that was noted last, with the movement at its place; labels that are neither go."""
        pictures = [picture for _, picture in self._kept]
        known = bool(found) and len(pictures) >= LEAST
        turned = reversals(pictures) if known else None
        moved = np.abs(pictures[-1] - pictures[0]) > OTHER if known else None
        return [
            FireSight(
                label=d.label,
                confidence=d.confidence,
                box=d.box,
                flicker=_share(turned, d.box),
                drift=_share(moved, d.box),
            )
            for d in found
            if d.label in ("fire", "smoke")
        ]


def reversals(pictures: Sequence[Grey]) -> NDArray[np.bool_]:
    """Where brightness rose, fell and rose again, or the other way round: (H, W) for at least two pictures (H, W)."""
    last = np.zeros(pictures[0].shape, np.int8)
    count = np.zeros(pictures[0].shape, np.int8)
    for before, after in pairwise(pictures):
        change = after - before
        sign = (change > REVERSAL).astype(np.int8) - (change < -REVERSAL).astype(np.int8)
        count += (sign * last) < 0
        last = np.where(sign != 0, sign, last)
    return np.asarray(count >= 2)


def _small(image: NDArray[np.uint8]) -> Grey:
    height, width = image.shape[:2]
    size = (WIDTH, max(1, round(height * WIDTH / width)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.float32)


def _share(mask: NDArray[np.bool_] | None, box: Box) -> float:
    """Share of the box's pixels, at least one, that are set; 0 while nothing is known."""
    if mask is None:
        return 0.0
    height, width = mask.shape
    x1, y1 = min(int(box.x1 * width), width - 1), min(int(box.y1 * height), height - 1)
    x2, y2 = max(x1 + 1, round(box.x2 * width)), max(y1 + 1, round(box.y2 * height))
    return float(mask[y1:y2, x1:x2].mean())
