"""The usual view of a camera, learnt from its own pictures: is it still looking there?

The picture is compared in 8 x 5 blocks, so that what moves in some of them (a bus, a crowd) leaves the rest to vouch for the
view. Only blocks that have kept their looks vouch: on a bare square the people are all there is to see, and they walk off.
Where few agree, the directions of all edges are correlated at once: sun that breaks through draws shadows into every block,
and kerbs and walls stay where they were.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from streams.thumbnail import Thumbnail, png_text, read_png_text

BLOCKS = (8, 5)
SHAKE = 3
"""Pixels of the thumbnail by which a camera on a pole may sway."""
LEARN_S = 6.0
"""Seconds of pictures from which the first view is averaged."""
SETTLE_S = 12.0
"""Seconds after which the blocks that agreed since :data:`LEARN_S` are known."""
RELIABLE = 0.6
"""Share of the time that a block has to agree to vouch for the view."""
RECENT_S = 1.5
"""Time constant of the average that is compared: it thins out what moves."""
FOLLOW_S = 120.0
"""Time constant with which the view follows daylight, parked cars and growing trees."""
FOLLOWED = 0.5
"""Part of the usual agreement above which a picture belongs to the view and the view may follow."""
AGREE = 0.6
"""Correlation of edges above which a block agrees."""
TEXTURE = 1.0
"""Spread of edge strength below which a block is too plain to vouch for anything."""
SAME = 9.0
"""Height of the correlation of edge directions at no shift, in standard deviations of that at other shifts, from which on
it is the same place in another light. Other places reached 6.8, a car park through a day of sun and shade 23 at least.
"""
FAINT = 8.0
"""Strength of an edge, in grey levels, at which its direction counts half."""
FEWEST = 4
STEP_S = 10.0
"""A picture stands for so many seconds at most, however long the camera was away before it."""
ACCEPT_S = 86_400.0
"""Seconds after which another view is the usual one: somebody has turned the camera on purpose."""

Edges = NDArray[np.float32]


class UsualView:
    """Learns while it is fed with thumbnails that show something; not thread-safe."""

    def __init__(self) -> None:
        self._usual: Edges | None = None
        self._recent: Edges | None = None
        self._at: float | None = None
        self._age = self._away_s = 0.0
        self._reliable: NDArray[np.float64] = np.zeros(BLOCKS[0] * BLOCKS[1])
        self._judged = 0
        self._typical: float | None = None

    def agreement(self, picture: Thumbnail, at: float) -> float | None:
        """How much of the usual view is left in the picture of time ``at`` (s): 1 as usual, about 0 for another place.

        It is the share of the vouching blocks that agree, as a part of the share that agrees on an ordinary day.
        None while the view is being learnt, and for a view too plain or too restless to tell.
        """
        grey = picture.grey.astype(np.float32)
        step, self._at = 0.0 if self._at is None else min(max(0.0, at - self._at), STEP_S), at
        if self._usual is None:
            self._usual = grey.copy()
        if self._recent is None:
            self._recent = grey.copy()
        self._recent += np.float32(1 - math.exp(-step / RECENT_S)) * (grey - self._recent)
        self._age += step
        if self._age < LEARN_S:
            self._usual += np.float32(step / (self._age + step) if step else 0.0) * (grey - self._usual)
            return None
        agrees = self._compare(self._usual, self._recent)
        if self._age < SETTLE_S:
            self._judged += 1
            self._reliable += (agrees - self._reliable) / self._judged
            return None
        vouching = self._reliable >= RELIABLE
        if np.count_nonzero(vouching) < FEWEST:
            return None
        share = float(agrees[vouching].mean())
        if self._typical is None:
            self._typical = share
        left = min(1.0, share / self._typical) if self._typical > 0 else 0.0
        if left <= FOLLOWED and likeness(self._usual, grey) >= SAME:
            self._usual += np.float32(1 - math.exp(-step / FOLLOW_S)) * (grey - self._usual)
            self._away_s = 0.0
            return FOLLOWED
        if left > FOLLOWED:
            follow = 1 - math.exp(-step / FOLLOW_S)
            self._usual += np.float32(follow) * (grey - self._usual)
            self._reliable += follow * (agrees - self._reliable)
            self._typical += follow * (share - self._typical)
            self._away_s = 0.0
        else:
            self._away_s += step
            if self._away_s >= ACCEPT_S:
                self._begin()
        return left

    def remember(self) -> dict[str, Any]:
        """What was learnt, as JSON carries it; empty while there is nothing."""
        if self._usual is None or self._typical is None:
            return {}
        return {
            "usual": png_text(self._usual),
            "reliable": self._reliable.round(4).tolist(),
            "typical": round(self._typical, 4),
        }

    def recall(self, learnt: Mapping[str, Any]) -> None:
        """Go on with that. Raises ValueError, LookupError or TypeError for anything else and has then changed nothing."""
        if not learnt:
            return
        usual = read_png_text(learnt["usual"])
        reliable, typical = np.array(learnt["reliable"], np.float64), float(learnt["typical"])
        if reliable.shape != (BLOCKS[0] * BLOCKS[1],):
            raise ValueError("not a usual view")
        self._begin()
        self._usual, self._reliable, self._typical, self._age = usual, reliable, typical, SETTLE_S

    def _begin(self) -> None:
        self._usual = self._recent = self._at = self._typical = None
        self._age, self._away_s, self._judged = 0.0, 0.0, 0
        self._reliable = np.zeros_like(self._reliable)

    @staticmethod
    def _compare(usual: Edges, recent: Edges) -> NDArray[np.float64]:
        """Which blocks agree, float64 (40,) of 0 and 1."""
        usual, recent = _edges(usual), _edges(recent)
        rows, columns = (_spans(size, count) for size, count in zip(usual.shape, reversed(BLOCKS), strict=True))
        return np.array(
            [
                float(usual[y1:y2, x1:x2].std()) >= TEXTURE
                and _agrees(usual[y1 - SHAKE : y2 + SHAKE, x1 - SHAKE : x2 + SHAKE], recent[y1:y2, x1:x2])
                for y1, y2 in rows
                for x1, x2 in columns
            ],
            np.float64,
        )


def likeness(usual: Edges, now: Edges) -> float:
    """How surely two grey pictures, float32 (90, 160), show the same place, by the directions of their edges alone.

    The correlation within a sway of :data:`SHAKE` pixels, in standard deviations of that at all larger shifts.
    """
    (first, second), (height, width) = (_directions(p) for p in (usual, now)), usual.shape
    match = np.fft.fftshift(np.fft.ifft2(np.fft.fft2(first) * np.conj(np.fft.fft2(second))).real)
    y, x, reach = height // 2, width // 2, 3 * SHAKE
    near = float(match[y - SHAKE : y + SHAKE + 1, x - SHAKE : x + SHAKE + 1].max())
    far = np.ones(match.shape, np.bool_)
    far[y - reach : y + reach + 1, x - reach : x + reach + 1] = False
    spread = float(match[far].std())
    return (near - float(match[far].mean())) / spread if spread > 0 else 0.0


def _directions(grey: Edges) -> NDArray[np.complex128]:
    """Direction of the edge at each pixel as a complex number of twice its angle, 0..1 long; the picture's rim fades out.

    Twice the angle: a kerb is the same edge whether the sun makes it lighter or darker than the road.
    """
    calm = cv2.GaussianBlur(grey, (0, 0), 1.0)
    dx, dy = (cv2.Sobel(calm, cv2.CV_32F, x, y, ksize=3) for x, y in ((1, 0), (0, 1)))
    slope = np.asarray(dx) + 1j * np.asarray(dy)
    rim = np.outer(*(np.hanning(n) for n in grey.shape))
    return np.asarray((slope / (np.abs(slope) + FAINT)) ** 2 * rim, np.complex128)


def _spans(size: int, count: int) -> list[tuple[int, int]]:
    """``count`` stretches of ``size`` pixels, with room for the sway at both ends."""
    marks = [round(i * size / count) for i in range(count + 1)]
    return [(max(SHAKE, a), min(size - SHAKE, b)) for a, b in pairwise(marks)]


def _agrees(around: Edges, block: Edges) -> bool:
    """Whether the block is found somewhere in its surroundings. A block without any edge correlates with nothing."""
    match = float(cv2.matchTemplate(around, block, cv2.TM_CCOEFF_NORMED).max())
    return math.isfinite(match) and float(block.std()) > 0 and match > AGREE


def _edges(grey: Edges) -> Edges:
    """Strength of edges, float32, compressed so that one bright sign does not outweigh a street."""
    dx = cv2.Sobel(grey, cv2.CV_32F, 1, 0, ksize=3)
    dy = cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=3)
    return np.asarray(cv2.sqrt(cv2.magnitude(dx, dy)), np.float32)
