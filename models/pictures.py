"""Pictures from files: all that a file holds, or an error that names it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ioc.core.errors import InputError

SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
"""Suffixes of picture files, in small letters."""


def read_bytes(path: Path) -> bytes:
    """A file's bytes. Raises :class:`InputError` naming it."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error


def read_picture(path: Path) -> NDArray[np.uint8]:
    """A picture as uint8 (H, W, 3) BGR; grey ones and ones with an alpha channel are converted.

    Raises :class:`InputError` naming the file if it is no picture, or a truncated one, which OpenCV would fill with grey.
    """
    return decode_picture(read_bytes(path), str(path))


def decode_picture(data: bytes, name: str) -> NDArray[np.uint8]:
    """As :func:`read_picture`, for bytes in memory; ``name`` is what errors call them."""
    if not data:
        raise InputError(f"{name}: is empty")
    if _truncated(data):
        raise InputError(f"{name}: the picture is truncated")
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise InputError(f"{name}: not a picture that can be read: {error}") from error
    if image is None:
        raise InputError(f"{name}: not a picture that can be read")
    return np.asarray(image, np.uint8)


def digest(path: Path) -> str:
    """SHA-256 of a file, hexadecimal. Raises :class:`InputError` naming it."""
    return hashlib.sha256(read_bytes(path)).hexdigest()


def _truncated(data: bytes) -> bool:
    """Whether a JPEG or PNG lacks its end."""
    if data.startswith(b"\xff\xd8"):
        return data.rfind(b"\xff\xd9") <= data.rfind(b"\xff\xda")
    return data.startswith(b"\x89PNG") and b"IEND" not in data[-64:]
