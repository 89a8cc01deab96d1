"""Pictures from files: converted to BGR, or refused by name."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from ioc.core.errors import InputError
from models.pictures import decode_picture, digest, read_picture

NOISE = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)


@pytest.mark.parametrize(
    ("kind", "suffix"),
    [
        *((kind, suffix) for kind in ("bgr", "grey") for suffix in (".png", ".jpg", ".bmp", ".webp")),
        ("bgra", ".png"),
        ("bgra", ".webp"),
    ],
)
def test_every_kind_becomes_bgr(tmp_path: Path, kind: str, suffix: str) -> None:
    image = {"bgr": NOISE, "grey": NOISE[..., 0], "bgra": np.dstack((NOISE, NOISE[..., 0]))}[kind]
    path = tmp_path / f"a{suffix}"
    cv2.imwrite(str(path), image)
    read = read_picture(path)
    assert read.shape == (48, 64, 3)
    assert read.dtype == np.uint8


def test_one_pixel_is_a_picture(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "dot.png"), np.zeros((1, 1, 3), np.uint8))
    assert read_picture(tmp_path / "dot.png").shape == (1, 1, 3)


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_a_truncated_picture_is_named(tmp_path: Path, suffix: str, share: float) -> None:
    """OpenCV would fill the rest with grey and say nothing."""
    path = tmp_path / f"half{suffix}"
    cv2.imwrite(str(path), NOISE)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(InputError, match=f"half{suffix}: the picture is truncated"):
        read_picture(path)


def test_what_follows_the_end_of_a_jpeg_is_no_fault() -> None:
    """Many cameras append their own data."""
    data = cv2.imencode(".jpg", NOISE)[1].tobytes()
    assert decode_picture(data + b"\x00" * 500, "x").shape == (48, 64, 3)


@pytest.mark.parametrize(
    ("content", "message"), [(b"", "is empty"), (b"not a picture", "not a picture"), (b"\xff\xd8\xff\xd9", "not a picture")]
)
def test_what_is_no_picture_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        read_picture(path)
    assert str(path) in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.jpg: cannot be read: No such file"):
        read_picture(tmp_path / "gone.jpg")
    with pytest.raises(InputError, match=r"gone\.jpg"):
        digest(tmp_path / "gone.jpg")
