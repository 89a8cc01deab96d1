"""Small clips made on the spot, for tests that need a video of known content."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np


def moving_square(
    path: Path, *, frames: int, rate: int, size: tuple[int, int] = (320, 192), keyframe_every: int = 10
) -> None:
    """Write an H.264 clip as cameras send it (no B-frames): a bright square that moves over a dark ground.

    ``size`` is (width, height) in pixels, ``rate`` in frames per second.
    """
    width, height = size
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"bf": "0", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = width, height, "yuv420p", keyframe_every
        for number in range(frames):
            picture = np.full((height, width, 3), 40, np.uint8)
            left = number * 8 % (width - 40)
            picture[60:100, left : left + 40] = 220
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode())
