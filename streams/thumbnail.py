"""Small grey pictures: cheap answers to 'does it show anything' and 'did anything move'."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ioc.core.ports import PictureHealth

SIZE = (160, 90)
"""(width, height) in pixels. Averaging over the area takes most of the sensor's noise away."""
BLOCKS = (16, 9)
CELLS = (40, 22)
EDGE = 12
"""Grey levels a thumbnail's pixel must differ from its neighbour to count as an edge."""

BLANK = 2.0
"""Spread of grey levels, 0..255, below which a thumbnail shows nothing; noise leaves less than one."""


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A picture at :data:`SIZE`, and a larger one for what is too fine to show in it."""

    grey: NDArray[np.uint8]
    """uint8 (90, 160)."""
    fine: NDArray[np.uint8]
    """uint8 (H, W) of the same shape: the picture itself, halved while it is at least 1280 x 720."""

    @classmethod
    def of(cls, image: NDArray[np.uint8]) -> Thumbnail:
        """From a uint8 (H, W, 3) BGR picture of any size."""
        grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        # Halving is quick and averaging by a fraction is slow: in steps it costs a quarter.
        fine = grey
        while grey.shape[1] >= 4 * SIZE[0] and grey.shape[0] >= 4 * SIZE[1]:
            fine = grey
            grey = cv2.resize(grey, (grey.shape[1] // 2, grey.shape[0] // 2), interpolation=cv2.INTER_AREA)
        small = cv2.resize(grey, SIZE, interpolation=cv2.INTER_AREA)
        return cls(np.asarray(small, np.uint8), np.asarray(fine, np.uint8))

    def health(self, previous: Thumbnail | None) -> PictureHealth:
        """Statistics of this picture; ``previous`` is the one before it."""
        mean, spread = cv2.meanStdDev(self.grey)
        across = cv2.absdiff(self.grey[:, 1:], self.grey[:, :-1])
        down = cv2.absdiff(self.grey[1:], self.grey[:-1])
        edges = cv2.max(across[1:], down[:, 1:]) > EDGE
        return PictureHealth(
            brightness=float(mean.item()) / 255,
            contrast=float(spread.item()) / 255,
            detail=float(np.count_nonzero(edges)) / edges.size,
            change=None if previous is None else float(cv2.mean(cv2.absdiff(self.grey, previous.grey))[0]) / 255,
        )

    @property
    def blank(self) -> bool:
        """Whether it is one even grey, as behind a cover: it says nothing of the street, not even that it is empty."""
        return float(self.grey.std()) < BLANK

    def moved(self, other: Thumbnail) -> float:
        """Largest mean difference of any of 16 x 9 blocks to another picture, in grey levels 0..255.

        The mean brightness is taken out first: a cloud or an automatic exposure moves nothing. Differences are averaged over
        small cells before their sign is dropped: noise moves nothing either.
        """
        here, there = (t.grey.astype(np.float32) for t in (self, other))
        difference = (here - here.mean()) - (there - there.mean())
        cells = np.abs(cv2.resize(difference, CELLS, interpolation=cv2.INTER_AREA))
        return float(cv2.resize(cells, BLOCKS, interpolation=cv2.INTER_AREA).max())


def png_text(grey: NDArray[np.float32]) -> str:
    """A grey picture, float32 (H, W) of 0..255, as the text that JSON carries."""
    png = cv2.imencode(".png", np.asarray(np.rint(grey), np.uint8))[1]
    return base64.b64encode(png.tobytes()).decode("ascii")


def read_png_text(text: str) -> NDArray[np.float32]:
    """The picture back, float32 (90, 160). Raises ValueError for any other text or size, TypeError for no text."""
    png = np.frombuffer(base64.b64decode(text, validate=True), np.uint8)
    grey = cv2.imdecode(png, cv2.IMREAD_GRAYSCALE) if len(png) else None
    if grey is None or grey.shape != SIZE[::-1]:
        raise ValueError("not a picture of the size of a thumbnail")
    return grey.astype(np.float32)
