"""The street of `legal_stop`, seen by a camera whose lens slips: within two seconds the picture is out of focus for good."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from sample_videos.studio.pictures import Picture
from sample_videos.studio.scenes import legal_stop
from sample_videos.studio.stage import Event, Stage, ZoneSpec

SLIPS, TAKES_S = 14.0, 2.0
CIRCLE = 5.0  # radius in pixels of the circle that a point becomes


def build() -> Stage:
    """The stage, 28 s at 10 frames/s."""
    whole = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    return replace(
        legal_stop.build(),
        name="camera_defocused",
        title="Camera bị mất nét · A camera goes out of focus",
        zones=[ZoneSpec("picture", "Toàn khung hình", whole, {"camera": {"defocused_s": 5}})],
        events=[Event("camera", (), "", SLIPS + TAKES_S, None, "defocused")],
        finish=finish,
    )


def finish(picture: Picture, t: float, views: dict[str, Picture]) -> Picture:
    """Spread each point over the lens's circle of confusion at time `t`, in linear light as a lens does."""
    radius = CIRCLE * min(max((t - SLIPS) / TAKES_S, 0.0), 1.0)
    if radius < 0.3:
        return picture
    reach = int(np.ceil(radius))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    disk = np.clip(radius + 0.5 - np.hypot(x, y), 0.0, 1.0).astype(np.float32)
    light = (picture.astype(np.float32) / 255.0) ** 2.2
    spread = cv2.filter2D(light, -1, disk / disk.sum(), borderType=cv2.BORDER_REFLECT)
    return np.asarray(np.rint(255.0 * np.clip(spread, 0.0, 1.0) ** (1 / 2.2)), dtype=np.uint8)
