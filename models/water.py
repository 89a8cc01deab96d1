"""Pixels to flood water: :class:`WaterSegmenter` beside a thin session.

The network takes RGB 0..1, float32 (1, 3, H, W) with sides that are multiples of 32, and gives probabilities, float32
(1, 2, H/16, W/16): that a cell shows flood water, and that it shows wet or flooded ground.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from ioc.core.errors import ModelError
from models.yolo import Runner, check_picture, stretched

STRIDE: Final = 32
"""Sides of the input are multiples of this, in pixels."""
PART: Final = 4
"""One in this many cells, the ones most like it, decide whether a picture shows a surface at all."""
Surface = Literal["flood", "wet", "dry"]


@dataclass(frozen=True, slots=True, eq=False)
class Surfaces:
    """What a picture shows of the ground, in cells that divide it evenly; float32 (rows, columns), 0..1."""

    flood: NDArray[np.float32]
    """Probability that the cell shows flood water."""
    wet: NDArray[np.float32]
    """Probability that it shows wet or flooded ground."""

    def verdict(self, threshold: float = 0.5) -> Surface:
        """What the picture as a whole shows; ``threshold`` is for :func:`at_all`."""
        if at_all(self.flood) >= threshold:
            return "flood"
        return "wet" if at_all(self.wet) >= 0.5 else "dry"


def at_all(cells: NDArray[np.float32]) -> float:
    """Probability 0..1 that a picture shows the surface at all: the mean log odds of its surest quarter of cells."""
    flat = np.clip(np.sort(cells, axis=None)[-max(1, cells.size // PART) :].astype(np.float64), 1e-6, 1 - 1e-6)
    return float(1 / (1 + np.exp(-np.mean(np.log(flat / (1 - flat))))))


def input_size(width: int, height: int, pixels: int) -> tuple[int, int]:
    """(width, height) of the network's input for a picture: about its shape, about ``pixels`` in area, multiples of 32."""
    scale = (pixels / (width * height)) ** 0.5
    wide, high = (max(1, round(side * scale / STRIDE)) * STRIDE for side in (width, height))
    return wide, high


class WaterSegmenter:
    """Flood water in pictures; implements :class:`ioc.core.water.WaterFinder`. Shared by threads as its session may be."""

    def __init__(self, session: Runner, *, pixels: int) -> None:
        """``pixels`` is the area at which pictures are looked at."""
        if pixels < STRIDE * STRIDE:
            raise ModelError(f"pictures must be looked at with at least {STRIDE * STRIDE} pixels, got {pixels}")
        self._session = session
        self._pixels = pixels

    def look(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Probability of flood water in each cell, float32 (rows, columns); errors as :meth:`surfaces`."""
        return self.surfaces(image).flood

    def surfaces(self, image: NDArray[np.uint8]) -> Surfaces:
        """Flood water and wet ground in a uint8 (H, W, 3) BGR picture.

        Raises :class:`ioc.core.errors.InputError` for what is no such picture, :class:`ioc.core.errors.ModelError` if the
        network fails or gives something else than is told above.
        """
        check_picture(image)
        height, width = image.shape[:2]
        size = input_size(width, height, self._pixels)
        out = self._session.run(stretched(image, size))[0]
        if out.ndim != 4 or out.shape[:2] != (1, 2):
            raise ModelError(f"the water network must give (1, 2, rows, columns), got {out.shape}")
        return Surfaces(out[0, 0], out[0, 1])
