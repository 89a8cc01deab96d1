"""Small pictures of the recent past, for evidence of how it looked before an alert began."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ioc.core.errors import InputError

QUALITY = 85


@dataclass(frozen=True, slots=True)
class Jpeg:
    """A compressed picture and its capture time (s since the epoch)."""

    at: float
    data: bytes


def encode_jpeg(image: NDArray[np.uint8], width: int, quality: int = QUALITY) -> bytes:
    """A uint8 (H, W, 3) BGR picture as JPEG, scaled down to at most ``width`` pixels. Raises :class:`InputError`."""
    have, high = image.shape[1], image.shape[0]
    if have > width:
        image = np.asarray(cv2.resize(image, (width, max(1, round(high * width / have))), interpolation=cv2.INTER_AREA))
    ok, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not ok:
        raise InputError(f"a picture of {have}x{high} cannot be encoded as JPEG")
    return data.tobytes()


class PictureHistory:
    """A picture every few seconds of the last minute, and every half minute of the time before that.

    A dwell may be longer than what the packet ring holds; the picture before a vehicle came must outlast it. Any thread
    may use it.
    """

    def __init__(
        self,
        *,
        width: int = 960,
        every_s: float = 4.0,
        recent_s: float = 60.0,
        sparse_s: float = 30.0,
        keep_s: float = 1800.0,
    ) -> None:
        self._width = width
        self._every_s = every_s
        self._recent_s = recent_s
        self._sparse_s = sparse_s
        self._keep_s = keep_s
        self._pictures: deque[Jpeg] = deque()
        self._lock = threading.Lock()

    def add(self, image: NDArray[np.uint8], at: float) -> None:
        """Offer the picture of time ``at``; it is compressed and kept only if one is due."""
        with self._lock:
            last = self._pictures[-1].at if self._pictures else None
        if last is not None and 0 <= at - last < self._every_s:
            return
        picture = Jpeg(at, encode_jpeg(image, self._width))
        with self._lock:
            if last is not None and at < last:  # the clock was set back: the order of the past is lost
                self._pictures.clear()
            self._pictures.append(picture)
            self._thin(at)

    def before(self, at: float) -> Jpeg | None:
        """The newest picture taken before ``at`` (s), or None if the past does not reach so far."""
        with self._lock:
            return max((p for p in self._pictures if p.at < at), key=lambda p: p.at, default=None)

    def _thin(self, now: float) -> None:
        kept: list[Jpeg] = []
        for picture in self._pictures:
            age = now - picture.at
            near = kept and picture.at - kept[-1].at < self._sparse_s - 1e-6
            if age > self._keep_s or (age > self._recent_s and near):
                continue
            kept.append(picture)
        self._pictures = deque(kept)
