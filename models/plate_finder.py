"""Finds plates, on a vehicle's crop or on a whole picture: :class:`PlateFinder` beside a thin session.

The network is a YOLO of one class and free input size; see :mod:`models.yolo` for what goes in and comes out.
"""

from __future__ import annotations

import threading
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from ioc.core.types import Detection
from models.yolo import STRIDE, Canvas, Letterbox, Runner, decode, preprocess, suppress, to_detections

LABEL: Final = "plate"


class Finder(Protocol):
    """Finds plates, as :class:`PlateFinder` does."""

    def find(self, image: NDArray[np.uint8], *, vehicle: bool = False) -> list[Detection]:
        """Plates in a picture or a vehicle's crop, boxes in 0..1 of it."""
        ...


class PlateFinder:
    """Plates of a picture. May be shared by threads as its session may."""

    def __init__(
        self, session: Runner, *, size: int = 640, crop_size: int = 320, confidence: float = 0.5, iou: float = 0.45
    ) -> None:
        """``size`` is the longer side in pixels at which whole pictures are looked at, ``crop_size`` that of vehicles.

        Both are multiples of 32; a picture is never enlarged to more than twice its size.
        """
        for side in (size, crop_size):
            Letterbox.fit(1, 1, side)
        self._session = session
        self.size = size
        self.crop_size = crop_size
        self.confidence = confidence
        self._iou = iou
        self._local = threading.local()

    def find(self, image: NDArray[np.uint8], *, vehicle: bool = False) -> list[Detection]:
        """Plates in a uint8 (H, W, 3) BGR picture, surest first; boxes in 0..1, label ``plate``.

        ``vehicle`` says that the picture is one vehicle's crop, which needs fewer pixels. Raises
        :class:`ioc.core.errors.InputError` for what is no such picture, :class:`ioc.core.errors.ModelError` if the
        network fails.
        """
        canvas: Canvas | None = getattr(self._local, "canvas", None)
        if canvas is None:
            canvas = self._local.canvas = Canvas()
        array, box = preprocess(image, working_size(image, self.crop_size if vehicle else self.size), canvas)
        raw = decode(self._session.run(array)[0], box, confidence=self.confidence, classes=1)
        return to_detections(suppress(raw, (0,), iou=self._iou), (LABEL,), image.shape[1], image.shape[0])


def working_size(image: NDArray[np.uint8], size: int) -> int:
    """Longer side of the network's input: ``size``, or less where the picture is less than half as large."""
    longest = max(image.shape[:2], default=1)
    twice = -(-2 * longest // STRIDE) * STRIDE
    return min(size, max(STRIDE * 2, twice))
