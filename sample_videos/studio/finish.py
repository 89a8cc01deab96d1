"""What a sensor and an encoder add: noise and a slight flicker of exposure on every frame, then H.264."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

from sample_videos.studio.pictures import Picture

SPARE = 257  # pixels by which the field of noise is larger than the picture, each way


def sensor(picture: Picture, index: int, seed: int, strength: float = 1.0) -> Picture:
    """`picture` with this frame's noise (about 1.6 levels of 255 at `strength` 1, more in the dark) and flicker (0.4 %).

    A calm street must not look like a frozen camera, and the seams between rendered rectangles drown in it.
    """
    rng = np.random.default_rng((seed, index))
    height, width = picture.shape[:2]
    field = _noise(height + SPARE, width + SPARE)
    y, x = rng.integers(0, SPARE, 2)
    linear = picture.astype(np.float32)
    sigma = strength * (1.1 + 1.0 * (1.0 - cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.float32) / 255.0))
    gain = 1.0 + 0.004 * math.sin(index * 0.71 + seed) + float(rng.normal(0.0, 0.0015))
    noisy = linear * np.float32(gain) + field[y : y + height, x : x + width] * sigma[:, :, None]
    return np.asarray(cv2.convertScaleAbs(np.maximum(noisy, 0.0)), dtype=np.uint8)


@lru_cache(maxsize=2)
def _noise(height: int, width: int) -> npt.NDArray[np.float32]:
    """One field of noise (H, W, 3), of which each frame takes a cut at a random place: luma 1, coarser chroma 0.5."""
    rng = np.random.default_rng(0)
    luma = rng.standard_normal((height, width, 1), dtype=np.float32)
    chroma = 0.5 * rng.standard_normal((height // 2, width // 2, 3), dtype=np.float32)
    return np.asarray(luma + cv2.resize(chroma, (width, height)), dtype=np.float32)


def encode(frames: Iterable[Picture], path: Path, fps: int, size: tuple[int, int], crf: int = 27) -> int:
    """Write BGR frames as H.264 (yuv420p, a keyframe each second, no B-frames, no sound); returns the number written.

    The file is written whole and then renamed, so that a reader never meets half a clip.
    """
    partial = path.with_suffix(".part.mp4")
    count = 0
    with av.open(str(partial), "w", format="mp4", options={"movflags": "+faststart"}) as out:
        stream = out.add_stream("libx264", rate=Fraction(fps))
        stream.width, stream.height, stream.pix_fmt = size[0], size[1], "yuv420p"
        stream.options = {"crf": str(crf), "preset": "slow", "g": str(fps), "keyint_min": str(fps), "bf": "0",
                          "sc_threshold": "0", "threads": "2"}  # fmt: skip
        for picture in frames:
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")):
                out.mux(packet)
            count += 1
        for packet in stream.encode(None):
            out.mux(packet)
    partial.rename(path)
    return count
