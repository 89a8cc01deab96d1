"""Clips that the benchmark's RTSP cameras send: sample clips, or a generated street where there are none."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from benchmarks.footage import write_clip
from ioc.core.errors import InputError
from ioc.demo import package_folder
from streams.decoder import file_frames

SIZE = (768, 432)
"""(width, height) of generated pictures in pixels."""
FPS = 12
LENGTH_S = 20
CODECS = ("h264", "hevc")


def street(seed: int = 0) -> Iterator[NDArray[np.uint8]]:
    """Pictures of a made-up street, uint8 (H, W, 3) BGR: textured ground, sensor noise, boxes that drive across."""
    width, height = SIZE
    rng = np.random.default_rng(seed)
    ground = rng.integers(60, 160, (height // 8, width // 8, 3)).repeat(8, 0).repeat(8, 1)
    boxes = rng.integers((60, 40), (height - 60, 140), (6, 2)).tolist()
    colours = rng.integers(0, 255, (len(boxes), 3))
    for number in range(FPS * LENGTH_S):
        image = np.clip(ground + rng.normal(0, 2, (height, width, 1)), 0, 255).astype(np.uint8)
        for lane, (y, speed) in enumerate(boxes):
            x = (number * speed // FPS + 97 * lane) % (width - 80)
            image[y : y + 40, x : x + 80] = colours[lane]
        yield image


def prepare(folder: Path | None, into: Path) -> list[Path]:
    """Clips in ``into`` as cameras send them: those of ``folder``, else the product's samples, else a generated one.

    Raises :class:`InputError` for a folder without clips, :class:`ioc.core.errors.SourceError` for a file that is none.
    """
    given = sorted((folder or package_folder("sample_videos")).glob("*.mp4"))
    if not given and folder is not None:
        raise InputError(f"no clips (*.mp4) in {folder}")
    if not given:
        return [write_clip(into / "generated.mp4", street(), FPS)]
    return [as_camera(path, into / path.name) for path in given]


def as_camera(path: Path, target: Path) -> Path:
    """A copy of the clip, coded anew without B-frames if it has some. Raises :class:`ioc.core.errors.SourceError`."""
    frames = file_frames(path, camera="clip", start=0.0)
    first = next(frames)  # tells a file that is no video
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        sendable = stream.codec_context.name in CODECS and not stream.codec_context.has_b_frames
        fps = round(float(stream.average_rate or FPS))
    if sendable:
        return Path(shutil.copyfile(path, target))  # the RTSP server follows no links

    def pictures() -> Iterator[NDArray[np.uint8]]:
        yield first.image
        yield from (frame.image for frame in frames)

    return write_clip(target, pictures(), fps)
