"""What the training scripts share: hashes of sources, frames of clips, and boxes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
"""(H, W, 3), BGR, 0..255."""
Boxes = npt.NDArray[np.float32]
"""(N, 4): x1, y1, x2, y2 in pixels."""

VIDEO_SUFFIXES = frozenset({".mp4", ".avi"})


def sha256(path: Path) -> str:
    """Return the SHA-256 of the file at `path`, 64 hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_image(path: Path) -> Image:
    """Return the picture at `path`.

    Raises:
        ValueError: The file is not a picture; the message names it.
    """
    image: Any = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError(f"{path}: not a picture that can be read")
    picture: Image = image
    return picture


def frames_at(path: Path, seconds: Iterable[float]) -> Iterator[tuple[float, Image]]:
    """Yield (second, frame) for each of the wanted moments that the clip has, in order of time.

    The clip is decoded in sequence, as seeking is inexact in many old files.

    Raises:
        ValueError: The clip cannot be opened.
    """
    wanted = sorted(seconds)
    capture = cv2.VideoCapture(str(path))
    if not capture.isOpened():
        raise ValueError(f"{path}: not a clip that can be opened")
    try:
        rate = capture.get(cv2.CAP_PROP_FPS) or 25.0
        index = 0
        while wanted and capture.grab():
            if index >= round(wanted[0] * rate):
                picked, frame = capture.retrieve()
                if picked:
                    image: Any = frame
                    yield wanted[0], image
                wanted.pop(0)
            index += 1
    finally:
        capture.release()


def duration(path: Path) -> float:
    """Return the length of a clip in seconds, by its frame count and rate."""
    capture = cv2.VideoCapture(str(path))
    try:
        return float(capture.get(cv2.CAP_PROP_FRAME_COUNT)) / (capture.get(cv2.CAP_PROP_FPS) or 25.0)
    finally:
        capture.release()


def iou(a: Boxes, b: Boxes) -> npt.NDArray[np.float32]:
    """Return the intersection over union of every pair, (len(a), len(b)), 0..1."""
    inter = intersection(a, b)
    union = area(a)[:, None] + area(b)[None] - inter
    result: npt.NDArray[np.float32] = inter / np.maximum(union, 1e-9)
    return result


def intersection(a: Boxes, b: Boxes) -> npt.NDArray[np.float32]:
    """Return the common area of every pair, (len(a), len(b)), square pixels."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    result: npt.NDArray[np.float32] = np.clip(high - low, 0, None).prod(axis=2)
    return result


def area(boxes: Boxes) -> npt.NDArray[np.float32]:
    """Return the area of each box, (N,), square pixels."""
    result: npt.NDArray[np.float32] = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return result
