"""Pictures of the alerts of a replayed video, for people who would rather look than read."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Final

import cv2

from ioc.core.errors import StorageError
from ioc.core.types import AlertEvent, Frame, Phase
from ioc.core.wire import Event
from streams.history import encode_jpeg

WIDTH: Final = 1280
RED: Final = (60, 60, 255)
"""BGR."""
WHITE: Final = (255, 255, 255)


class AlertPictures:
    """Writes the frame in which each alert opens, its box drawn, as ``STEM-SECONDS-KIND.jpg``; numbered where two open."""

    def __init__(self, folder: Path, stem: str, begin: float) -> None:
        """``begin`` is the time of the first frame (s since the epoch). Raises StorageError if there can be no folder."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(f"{folder}: cannot be made: {error.strerror}") from error
        self._folder = folder
        self._stem = stem
        self._begin = begin
        self._frame: Frame | None = None
        self._names: Counter[str] = Counter()

    def saw(self, frame: Frame) -> None:
        """The frame of which the next events tell."""
        self._frame = frame

    def told(self, event: Event) -> Path | None:
        """The file written for ``event``; None if it opens no alert. Raises StorageError if it cannot be written."""
        if not isinstance(event, AlertEvent) or event.phase is not Phase.OPENED or self._frame is None:
            return None
        alert, image = event.alert, self._frame.image.copy()
        height, width = image.shape[:2]
        seconds = event.at - self._begin
        thick = max(1, width // 400)
        if alert.box is not None:
            x1, y1, x2, y2 = (round(v * s) for v, s in zip(alert.box.as_tuple(), (width, height) * 2, strict=True))
            cv2.rectangle(image, (x1, y1), (x2, y2), RED, thick)
        # OpenCV's own font has no letters but these, and names of zones may have others.
        image[-height // 14 :] //= 3
        text = f"{alert.kind} {alert.severity.value} {seconds:.1f} s"
        at = (height // 50, height - height // 50)
        cv2.putText(image, text, at, cv2.FONT_HERSHEY_SIMPLEX, height / 600, WHITE, max(1, height // 400), cv2.LINE_AA)
        name = f"{self._stem}-{seconds:08.2f}-{alert.kind}"
        self._names[name] += 1
        path = self._folder / (f"{name}.jpg" if self._names[name] == 1 else f"{name}-{self._names[name]}.jpg")
        try:
            path.write_bytes(encode_jpeg(image, WIDTH))
        except OSError as error:
            raise StorageError(f"{path}: cannot be written: {error.strerror}") from error
        return path
