"""Pixels to people per cell: :class:`DensityCounter` beside a thin session.

The network takes RGB 0..1, float32 (1, 3, H, W) with sides that are multiples of 32, and gives people per cell, float32
(1, 1, H/8, W/8), which add up to the number of heads that show. Counting by a density map: Zhang et al., "Single-Image Crowd
Counting via Multi-Column Convolutional Neural Network", CVPR 2016.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ioc.core.errors import ModelError
from models.yolo import Runner, check_picture, stretched

STRIDE: Final = 32
"""Sides of the input are multiples of this, in pixels."""


def input_size(width: int, height: int, longest: int) -> tuple[int, int]:
    """(width, height) of the network's input: about the picture's shape, its longer side ``longest``, multiples of 32.

    The picture is stretched a little rather than framed: a border would show half heads.
    """
    scale = longest / max(width, height)
    wide, high = (max(1, round(side * scale / STRIDE)) * STRIDE for side in (width, height))
    return wide, high


class DensityCounter:
    """People where they are packed; implements :class:`ioc.core.crowd.CrowdCounter`. Threads may share it as its session."""

    def __init__(self, session: Runner, *, longest: int) -> None:
        """``longest`` is the longer side at which pictures are looked at, in pixels."""
        if longest < STRIDE or longest % STRIDE:
            raise ModelError(f"the input's longest side must be a multiple of {STRIDE}, got {longest}")
        self._session = session
        self._longest = longest

    def look(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """People in each cell of a uint8 (H, W, 3) BGR picture, float32 (rows, columns), at least 0.

        Raises :class:`ioc.core.errors.InputError` for what is no such picture, :class:`ioc.core.errors.ModelError` if the
        network fails or gives something else than is told above.
        """
        check_picture(image)
        height, width = image.shape[:2]
        size = input_size(width, height, self._longest)
        out = self._session.run(stretched(image, size))[0]
        if out.ndim != 4 or out.shape[:2] != (1, 1):
            raise ModelError(f"the density network must give (1, 1, rows, columns), got {out.shape}")
        if not np.isfinite(out).all():
            raise ModelError("the density network gives what are no numbers: the file or its provider is broken")
        people: NDArray[np.float32] = np.maximum(out[0, 0], 0)
        return people
