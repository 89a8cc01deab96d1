"""Which detection continues which track: ByteTrack of the library ``edgefirst-tracker``, told the time in seconds.

Zhang et al., ByteTrack: Multi-Object Tracking by Associating Every Detection Box, ECCV 2022. See
docs/decisions/0003-tracker.md for why this library.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from edgefirst.tracker import ByteTrack

from ioc.core.types import Detection

SCALE: Final = 1000.0
"""The library's overlap has an absolute floor of 1e-5, meant for pixels: boxes in 0..1 would lie below it."""
GAIN: Final = 1.0
"""Share of the Kalman filter's correction that is applied. The library's default of 0.25 loses what crosses half of its own
width between frames, which is usual at five frames a second."""
BUFFER: Final = 0.3
"""By which fraction of its width and height a box is enlarged on every side before overlaps are taken, so that fast objects
still overlap with themselves (Yang et al., buffering the matching space, WACV 2023)."""
MOST_MISSED: Final = 10


class Association:
    """Keys for the detections of one group of labels, frame by frame."""

    def __init__(self, *, least: float, overlap: float, lifespan: float) -> None:
        """``least``: confidence from which a detection may begin a track; ``overlap``: least intersection over union between
        a detection and a track's predicted box, both enlarged; ``lifespan``: seconds that a track lives without
        a detection."""
        self._byte_track = ByteTrack(high_conf=least, iou=overlap, update=GAIN, lifespan_ns=round(lifespan * 1e9))
        self._lifespan = lifespan
        self._elapsed = 0.0
        self._usual: float | None = None

    def update(self, detections: Sequence[Detection], step: float) -> list[str | None]:
        """The key of each detection's track, None for one too unsure to begin a track; ``step`` seconds since the last call.

        The library's motion model knows frames only. A longer step than usual is told to it as frames without detections,
        so that it predicts as far as the time has gone.
        """
        for _ in range(self._missed(step)):
            self._call([], self._elapsed)
        self._elapsed += step
        return self._call(detections, self._elapsed)

    def _missed(self, step: float) -> int:
        """How many frames of the usual step were dropped, 0 after a pause that no track outlives."""
        if step <= 0:
            return 0
        usual = step if self._usual is None else self._usual
        self._usual = usual + 0.1 * (min(step, 2 * usual) - usual)
        return 0 if step > self._lifespan else min(MOST_MISSED, round(step / usual) - 1)

    def _call(self, detections: Sequence[Detection], at: float) -> list[str | None]:
        boxes = np.array([(d.box.x1, d.box.y1, d.box.x2, d.box.y2) for d in detections], np.float32).reshape(-1, 4)
        scores = np.array([d.confidence for d in detections], np.float32)
        labels = np.zeros(len(detections), np.uintp)
        margin = (boxes[:, 2:] - boxes[:, :2]) * np.float32(BUFFER)
        boxes = np.concatenate((boxes[:, :2] - margin, boxes[:, 2:] + margin), axis=1) * np.float32(SCALE)
        found = self._byte_track.update(boxes, scores, labels, round(at * 1e9))
        return [None if info is None else info.uuid for info in found]
