"""Is a part of the lens covered: by a leaf, a bag, a web, a hand, spray? From pixels alone, and from the camera's own past.

What sits on the glass is centimetres from a lens that is focused on metres: its blur circle takes up percents of the
picture's width, that of a lorry two metres away a thousandth. So a cover shows as blocks that have lost their texture,
without one new sharp line where they begin; a vehicle, however plain its side, has a contour. All is measured against the
camera's own past pictures, with the rest of the picture as the witness that the camera looks where it should.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from streams.thumbnail import SIZE, Thumbnail, png_text, read_png_text

BLOCKS: Final = (16, 9)
"""Columns and rows in which the picture is compared: ten pixels of the thumbnail each."""
LEARN_S: Final = 12.0
"""Seconds of pictures from which the first reference is averaged."""
RECENT_S: Final = 0.6
"""Time constant of the average that is looked at: it thins out what moves, and a cover shows in it within a second."""
CONTOUR_S: Final = 4.0
"""The same for edges in focus: those of what passes fade."""
FOLLOW_S: Final = 120.0
"""Time constant with which the reference follows daylight; where a cover may be it does not follow."""
ACCEPT_S: Final = 86_400.0
"""Seconds after which a cover is the usual view: a wall that was built, a sign that was hung before the camera."""
STEP_S: Final = 10.0
"""A picture stands for so many seconds at most, however long the camera was away before it."""
TEXTURED: Final = 5.0
"""Grey levels a pixel by which the strong edges of a block must rise for it to vouch."""
LOST: Final = 0.3
"""Part of its usual strength of edges below which a block shows nothing any more."""
ALIKE: Final = 0.5
"""Correlation with the usual picture above which a faint block is still the same place, in shade or fog."""
STANDS: Final = 0.6
"""The same from which a block of the rest is as it was."""
REST: Final = 0.6
"""Share of the blocks beside the cover that must be as they were: else it is the picture that has changed."""
FEWEST: Final = 12
"""Blocks that must vouch for anything to be said."""
GLARE: Final = 245.0
"""Mean grey level from which a block is dazzled by the sun, not covered."""
FOCUS: Final = 0.4
"""Part of its usual edges in focus that the rest must show."""
STEEP: Final = 4.0
"""Grey levels a pixel of the fine picture by which an edge must rise to be looked at."""
NARROW: Final = 1.3
"""How much a second blur must flatten an edge that is in focus; a step by 1.6, what sits on the glass by 1.05."""
STAYS: Final = 0.6
IS_NEW: Final = 0.3
"""Share of the time in which an edge in focus must be seen now, and may have been seen before, to be a new contour."""
CONTOUR: Final = 0.3
"""Part of the border of what is lost that must have such a contour to be a vehicle's."""
LEAST: Final = 3
"""Blocks that must be lost beside one another."""
PLAIN_CHANGE: Final = 15.0
"""Grey levels by which a block without texture must differ to belong to the cover beside it."""

Grey = NDArray[np.float32]
Blocks = NDArray[np.bool_]


class PartCover:
    """Learns one camera's usual texture while it is fed with thumbnails; not thread-safe."""

    def __init__(self) -> None:
        self._usual: Grey | None = None
        self._recent: Grey | None = None
        self._edges: Grey | None = None
        self._edges_now: Grey | None = None
        self._at: float | None = None
        self._age = self._covered_s = 0.0

    def share(self, picture: Thumbnail, at: float) -> float | None:
        """Share 0..1 of the picture that something on the lens hides at ``at`` (s), as far as it can be told.

        0 where nothing does, where a vehicle hides it, or where all has changed. None while the usual picture is being
        learnt, and for one too plain to tell.
        """
        grey, edges = picture.grey.astype(np.float32), _in_focus(picture.fine)
        step, self._at = 0.0 if self._at is None else min(max(0.0, at - self._at), STEP_S), at
        if self._usual is None or self._edges is None:
            self._usual, self._edges = grey.copy(), edges.copy()
        if self._recent is None or self._edges_now is None:
            self._recent, self._edges_now = grey.copy(), edges.copy()
        cv2.accumulateWeighted(grey, self._recent, 1 - math.exp(-step / RECENT_S))
        cv2.accumulateWeighted(edges, self._edges_now, 1 - math.exp(-step / CONTOUR_S))
        self._age += step
        if self._age < LEARN_S:
            share = step / self._age if step else 0.0
            cv2.accumulateWeighted(grey, self._usual, share)
            cv2.accumulateWeighted(edges, self._edges, share)
            return None
        lost, found = self._judge(grey)
        self._covered_s = self._covered_s + step if lost.any() else 0.0
        if self._covered_s >= ACCEPT_S:
            self._usual, self._edges, self._covered_s = self._recent.copy(), self._edges_now.copy(), 0.0
        self._follow(~_wider(lost), 1 - math.exp(-step / FOLLOW_S))
        return found

    def _judge(self, grey: Grey) -> tuple[Blocks, float | None]:
        """Which blocks have lost their texture, and the share of the picture that a cover hides."""
        assert self._usual is not None
        assert self._recent is not None
        strong, left = _strength(self._usual), _strength(self._recent)
        vouching = strong >= TEXTURED
        if np.count_nonzero(vouching) < FEWEST:
            return np.zeros(vouching.shape, bool), None
        alike = _correlation(self._usual, self._recent)  # in the average what is covered fades, and stays alike
        level = _mean(self._recent)
        lost = vouching & (left < LOST * strong) & (_correlation(self._usual, grey) < ALIKE) & (level < GLARE)
        plain = ~vouching & (left < TEXTURED) & (np.abs(level - _mean(self._usual)) >= PLAIN_CHANGE) & (level < GLARE)
        hidden = _together(lost, plain)
        rest = vouching & ~hidden
        stands = np.count_nonzero(rest & (alike >= STANDS)) >= max(1.0, REST * float(np.count_nonzero(rest)))
        if not hidden.any() or not stands or not self._in_focus(rest) or self._contour(hidden) >= CONTOUR:
            return hidden, 0.0
        return hidden, float(hidden.mean())

    def remember(self) -> dict[str, Any]:
        """What was learnt, as JSON carries it; empty while there is nothing."""
        if self._usual is None or self._edges is None or self._age < LEARN_S:
            return {}
        return {"usual": png_text(self._usual), "edges": png_text(255 * self._edges)}

    def recall(self, learnt: Mapping[str, Any]) -> None:
        """Go on with that. Raises ValueError, LookupError or TypeError for anything else and has then changed nothing."""
        if learnt:
            usual, edges = read_png_text(learnt["usual"]), read_png_text(learnt["edges"]) / np.float32(255)
            self._usual, self._edges, self._recent, self._edges_now = usual, edges, None, None
            self._at, self._age, self._covered_s = None, LEARN_S, 0.0

    def _follow(self, where: Blocks, share: float) -> None:
        pixels = _pixels(where)
        for usual, now in ((self._usual, self._recent), (self._edges, self._edges_now)):
            assert usual is not None
            assert now is not None
            cv2.accumulateWeighted(now, usual, share, pixels)

    def _in_focus(self, rest: Blocks) -> bool:
        """Whether the rest shows its usual edges in focus: a lens out of focus leaves what is coarse."""
        assert self._edges is not None
        assert self._edges_now is not None
        pixels = _pixels(rest) > 0
        return float(self._edges_now[pixels].sum()) >= FOCUS * float(self._edges[pixels].sum())

    def _contour(self, hidden: Blocks) -> float:
        """Part of the border of what is hidden, inside the picture, along which a new edge in focus has come to stay."""
        assert self._edges is not None
        assert self._edges_now is not None
        flags = _pixels(hidden)
        border = cv2.dilate(flags, np.ones((3, 3), np.uint8)) - flags
        size = SIZE[0] // BLOCKS[0]
        around = cv2.dilate(flags, np.ones((2 * size + 1, 2 * size + 1), np.uint8)) > 0
        new = (self._edges_now >= STAYS) & (self._edges < IS_NEW) & around
        coarse = cv2.resize(new.astype(np.float32), (SIZE[0] // 3, SIZE[1] // 3), interpolation=cv2.INTER_AREA)
        length = 3.0 * float(np.count_nonzero(coarse))  # by its length a line counts, not by its breadth
        return length / max(1.0, float(np.count_nonzero(border)))


def _in_focus(fine: NDArray[np.uint8]) -> Grey:
    """1.0 where the fine picture has an edge in focus, float32 of the thumbnail's size."""
    calm = np.asarray(cv2.GaussianBlur(fine, (3, 3), 0), np.uint8)
    strong, weak = _slope(calm), _slope(np.asarray(cv2.blur(calm, (5, 5)), np.uint8))
    narrow = cv2.compare(strong, np.maximum(NARROW * weak, STEEP), cv2.CMP_GE)
    return (cv2.resize(narrow, SIZE, interpolation=cv2.INTER_AREA) > 0).astype(np.float32)


def _pixels(blocks: Blocks) -> NDArray[np.uint8]:
    return np.asarray(cv2.resize(blocks.view(np.uint8), SIZE, interpolation=cv2.INTER_NEAREST), np.uint8)


def _slope(grey: Grey | NDArray[np.uint8]) -> Grey:
    """Grey levels a pixel by which brightness rises, float32 of the picture's shape."""
    across, down = (cv2.Sobel(grey, cv2.CV_32F, *axis, ksize=5, scale=1 / 128) for axis in ((1, 0), (0, 1)))
    return np.asarray(cv2.magnitude(across, down), np.float32)


def _tiles(grey: Grey) -> Grey:
    """float32 (9, 16, 100): the pixels of each block."""
    (columns, rows), (height, width) = BLOCKS, grey.shape
    return grey.reshape(rows, height // rows, columns, width // columns).swapaxes(1, 2).reshape(rows, columns, -1)


def _strength(grey: Grey) -> Grey:
    """Slope of the strong edges of each block: nine tenths of its pixels have weaker ones."""
    tiles = _tiles(_slope(np.asarray(cv2.GaussianBlur(grey, (3, 3), 0), np.float32)))
    kth = int(0.9 * tiles.shape[-1])
    return np.asarray(np.partition(tiles, kth, axis=-1)[..., kth], np.float32)


def _mean(grey: Grey) -> Grey:
    return np.asarray(_tiles(grey).mean(axis=-1), np.float32)


def _correlation(usual: Grey, now: Grey) -> Grey:
    """Of each block with itself, -1..1, 0 where one is even."""
    a, b = (t - t.mean(axis=-1, keepdims=True) for t in (_tiles(usual), _tiles(now)))
    power = np.sqrt((a * a).sum(axis=-1) * (b * b).sum(axis=-1))
    return np.asarray((a * b).sum(axis=-1) / np.maximum(power, 1e-3), np.float32)


def _together(lost: Blocks, plain: Blocks) -> Blocks:
    """What is lost with the plain blocks that have changed beside it, where they are many: a cover is no single block."""
    _, labels = cv2.connectedComponents((lost | plain).view(np.uint8))
    count = np.bincount(labels[lost], minlength=int(labels.max()) + 1)
    return np.asarray((labels > 0) & (count[labels] >= LEAST))


def _wider(blocks: Blocks) -> Blocks:
    return np.asarray(cv2.dilate(blocks.view(np.uint8), np.ones((3, 3), np.uint8)) > 0)
