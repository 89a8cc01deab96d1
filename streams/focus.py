"""Is the picture as sharp as this camera's pictures are? From pixels alone, and from the camera's own past.

How wide edges are tells focus whatever is in the picture: blurring it once more lowers a narrow edge's gradient much and a
wide one's hardly (Zhuo and Sim, Defocus map estimation from a single image, Pattern Recognition 44, 2011). The ratio of
gradients does not depend on contrast: fog, dusk and a coarse codec lower both. The picture is measured in 8 x 5 blocks; each
is compared with its own past, so that a sign or the clock that a camera writes into its picture cannot vouch for the rest.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from streams.thumbnail import Thumbnail

BLOCKS = (8, 5)
CALM, AGAIN = math.sqrt(0.5), math.sqrt(2.0)
"""Standard deviations in pixels of the blur that tames noise (1 2 1) and of the one that follows it (a mean of 5 x 5)."""
LEAST = 12
"""Grey levels over four pixels that an edge must rise by after both blurs; a sensor's noise reaches a third of it."""
AROUND = np.ones((3, 3), np.uint8)
FEW = 8
"""Edge pixels that a block must hold to be measured."""
COARSER = 4
"""An edge too wide to show in the fine picture is looked for in one so many times smaller."""
MISSING = 0.1
"""Part of the blocks that vouch from which on those that show no edge are looked at so."""
FEWEST = 6
"""Blocks that must be measured, and a third of those that vouch: in thick fog the rest show nothing."""
LEARN_S = 12.0
"""Seconds of pictures from which the first reference is made."""
RELIABLE = 0.6
"""Share of the time in which a block must show edges to vouch for the focus."""
FOLLOW_S = 7 * 86_400.0
"""Longest memory of the reference: a week. Night and day are both usual then; a lens that drifts within days is not."""
FOLLOWED = 0.7
"""Sharpness above which a picture belongs to the ordinary ones, from which the reference is learnt."""
CLIP = 0.3
"""One picture moves the reference as one would that is sharper or softer by this part, at most."""
STEP_S = 10.0
"""A picture stands for so many seconds at most, however long the camera was away before it."""
ACCEPT_S = 86_400.0
"""Seconds of another sharpness after which it is the usual one: somebody has changed the lens or the zoom."""

Widths = NDArray[np.float64]
"""(40,): width of the edges in each block, in pixels of the fine picture; nan where there are too few."""


def edge_widths(picture: Thumbnail) -> Widths:
    """How wide the edges of a picture are: standard deviation in pixels of the fine picture, :data:`CALM` at least."""
    return _widths(picture.fine)


def coarse_widths(picture: Thumbnail) -> Widths:
    """The same of a picture :data:`COARSER` times smaller, in which edges show that are too wide for the fine one."""
    height, width = picture.fine.shape
    size = (max(BLOCKS[0], width // COARSER), max(BLOCKS[1], height // COARSER))
    return COARSER * _widths(np.asarray(cv2.resize(picture.fine, size, interpolation=cv2.INTER_AREA), np.uint8))


def _widths(grey: NDArray[np.uint8]) -> Widths:
    calm = np.asarray(cv2.GaussianBlur(grey, (3, 3), 0), np.uint8)
    strong, weak = _gradient(calm), _gradient(np.asarray(cv2.blur(calm, (5, 5)), np.uint8))
    edge = np.flatnonzero((weak == cv2.dilate(weak, AROUND)) & (weak >= 2 * LEAST))
    block = _blocks(*grey.shape)[edge]
    count, narrow, wide = (
        np.bincount(block, part, BLOCKS[0] * BLOCKS[1]) for part in (None, strong.ravel()[edge], weak.ravel()[edge])
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        widths = AGAIN / np.sqrt(np.maximum((narrow / wide) ** 2 - 1.0, 1e-3))
    return np.where(count >= FEW, widths, np.nan)


def _gradient(grey: NDArray[np.uint8]) -> NDArray[np.int16]:
    """Sum of the absolute Sobel derivatives: eight times the slope in grey levels a pixel."""
    across, down = (np.abs(cv2.Sobel(grey, cv2.CV_16S, x, y, ksize=3)) for x, y in ((1, 0), (0, 1)))
    return np.asarray(across + down, np.int16)


@lru_cache(maxsize=8)
def _blocks(height: int, width: int) -> NDArray[np.uint8]:
    """Number of the block of each pixel, flat."""
    row, column = np.arange(height) * BLOCKS[1] // height, np.arange(width) * BLOCKS[0] // width
    return np.asarray(row[:, None] * BLOCKS[0] + column, np.uint8).ravel()


class UsualFocus:
    """Learns how sharp a camera's pictures are while it is fed with them; not thread-safe."""

    def __init__(self) -> None:
        blocks = BLOCKS[0] * BLOCKS[1]
        self._shape: tuple[int, ...] = (0, 0)
        self._at = self._age = self._soft_s = 0.0
        self._shown: NDArray[np.float64] = np.zeros(blocks)
        self._usual: Widths = np.full(blocks, np.nan)
        """Logarithms of the usual widths."""

    def sharpness(self, picture: Thumbnail, at: float) -> float | None:
        """How sharp the picture of time ``at`` (s) is: 1 as usual, 0.5 where edges are twice as wide as usual.

        The median over the blocks that vouch. None while the usual sharpness is being learnt, and for a picture that shows
        too little to tell.
        """
        if picture.fine.shape != self._shape:
            self._begin(picture.fine.shape, at)
        step, self._at = min(max(0.0, at - self._at), STEP_S), at
        widths = edge_widths(picture)
        if self._age < LEARN_S:
            self._follow(widths, step)
            return None
        vouching = self._shown >= RELIABLE
        if np.count_nonzero(vouching & np.isnan(widths)) > MISSING * np.count_nonzero(vouching):
            widths = np.where(np.isnan(widths), coarse_widths(picture), widths)
        measured = vouching & ~np.isnan(widths)
        if np.count_nonzero(measured) < max(FEWEST, np.count_nonzero(vouching) / 3):
            return None
        left = min(1.0, float(np.exp(np.median(self._usual[measured] - np.log(widths[measured])))))
        if left >= FOLLOWED:
            self._soft_s = 0.0
            self._follow(widths, step)
        else:
            self._soft_s += step
            if self._soft_s >= ACCEPT_S:
                self._begin(picture.fine.shape, at)
        return left

    def remember(self) -> dict[str, Any]:
        """What was learnt, as JSON carries it; empty while there is nothing."""
        if self._age < LEARN_S:
            return {}
        usual = [None if math.isnan(v) else round(v, 4) for v in self._usual.tolist()]
        return {"shape": list(self._shape), "age_s": self._age, "shown": self._shown.round(4).tolist(), "usual": usual}

    def recall(self, learnt: Mapping[str, Any]) -> None:
        """Go on with that. Raises ValueError, LookupError or TypeError for anything else and has then changed nothing."""
        if not learnt:
            return
        blocks = BLOCKS[0] * BLOCKS[1]
        height, width = (int(v) for v in learnt["shape"])
        age, shown = float(learnt["age_s"]), np.array(learnt["shown"], np.float64)
        usual = np.array([math.nan if v is None else v for v in learnt["usual"]], np.float64)
        if shown.shape != (blocks,) or usual.shape != (blocks,) or not age >= LEARN_S:
            raise ValueError(f"not the focus of {blocks} blocks")
        self._shape, self._age, self._shown, self._usual, self._soft_s = (height, width), age, shown, usual, 0.0

    def _begin(self, shape: tuple[int, ...], at: float) -> None:
        self._shape, self._at, self._age, self._soft_s = shape, at, 0.0, 0.0
        self._shown, self._usual = np.zeros_like(self._shown), np.full_like(self._usual, np.nan)

    def _follow(self, widths: Widths, step: float) -> None:
        """Take the picture into the running mean over the camera's life, of :data:`FOLLOW_S` at most."""
        self._age = min(self._age + step, FOLLOW_S)
        share = step / self._age if self._age > 0 else 1.0
        now = np.log(widths)
        shows = ~np.isnan(now)
        self._shown += share * (shows - self._shown)
        off = np.clip(now - self._usual, -CLIP, CLIP)
        self._usual = np.where(np.isnan(self._usual), now, np.where(shows, self._usual + share * off, self._usual))
