"""Look-alikes of plates: shop signs, time stamps, phone numbers, stripes. The finder must leave them alone."""

from __future__ import annotations

import cv2
import numpy as np

from models.training.common import Image

_WORDS = (
    "CAFE", "PHO", "COM TAM", "TAXI", "BUS", "HOTEL", "BANK", "SALE", "STOP", "CAM 01", "XE BUYT", "NHA THUOC", "SUA XE",
    "KHACH SAN", "24H", "ATM", "0912345678", "HONDA", "YAMAHA", "P.3", "Q.1", "50", "HOTLINE 1900",
)  # fmt: skip
_FACES = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_TRIPLEX)


def distract(image: Image, rng: np.random.Generator) -> Image:
    """The picture with none to three look-alikes drawn in."""
    out = image
    for _ in range(int(rng.choice([0, 1, 1, 2, 3]))):
        out = _LOOK_ALIKES[int(rng.integers(len(_LOOK_ALIKES)))](out.copy(), rng)
    return out


def _place(image: Image, rng: np.random.Generator, width: int, height: int) -> tuple[int, int]:
    size_y, size_x = image.shape[:2]
    return int(rng.integers(-width // 4, max(1, size_x - width // 2))), int(rng.integers(0, max(1, size_y - height // 2)))


def _colour(rng: np.random.Generator) -> list[float]:
    return [float(v) for v in rng.uniform(0, 255, 3)]


def _sign(image: Image, rng: np.random.Generator) -> Image:
    """A board with words on it, longer or shorter than any plate's text."""
    words = " ".join(str(rng.choice(_WORDS)) for _ in range(int(rng.integers(1, 4))))
    face, scale, thick = int(rng.choice(_FACES)), float(rng.uniform(0.35, 1.6)), int(rng.integers(1, 3))
    (w, h), _ = cv2.getTextSize(words, face, scale, thick)
    x, y = _place(image, rng, w, h)
    pad = int(h * rng.uniform(0.3, 1.5))
    if rng.random() < 0.8:
        cv2.rectangle(image, (x - pad, y - pad), (x + w + pad, y + h + pad), _colour(rng), -1)
    cv2.putText(image, words, (x, y + h), face, scale, _colour(rng), thick, cv2.LINE_AA)
    return image


def _stamp(image: Image, rng: np.random.Generator) -> Image:
    """The date and time that a camera writes into its picture."""
    day, clock = rng.integers(10, 28, 2), rng.integers(10, 60, 3)
    text = f"20{day[0]}-{rng.integers(1, 13):02}-{day[1]} {clock[0] % 24:02}:{clock[1]}:{clock[2]}"
    scale = float(rng.uniform(0.35, 0.8))
    origin = (int(rng.integers(2, 60)), int(rng.choice([14, image.shape[0] - 8])))
    shade = float(rng.choice([255, 240, 30]))
    cv2.putText(image, text, origin, cv2.FONT_HERSHEY_SIMPLEX, scale, [shade] * 3, 1, cv2.LINE_AA)
    return image


def _blank(image: Image, rng: np.random.Generator) -> Image:
    """A pale rectangle of a plate's shape without characters: a lamp, a sticker, a window."""
    h = int(rng.integers(8, 70))
    w = int(h * rng.uniform(1.1, 5.0))
    x, y = _place(image, rng, w, h)
    cv2.rectangle(image, (x, y), (x + w, y + h), [float(v) for v in rng.uniform(120, 255, 3)], -1)
    return image


def _stripes(image: Image, rng: np.random.Generator) -> Image:
    """A grille, a fence or a crossing."""
    h, w = int(rng.integers(10, 60)), int(rng.integers(30, 140))
    x, y = _place(image, rng, w, h)
    step, shade = int(rng.integers(3, 10)), _colour(rng)
    if rng.random() < 0.5:
        cv2.rectangle(image, (x, y), (x + w, y + h), _colour(rng), -1)
    for offset in range(0, w, step):
        cv2.line(image, (x + offset, y), (x + offset, y + h), shade, max(1, step // 3))
    return image


_LOOK_ALIKES = (_sign, _sign, _stamp, _blank, _stripes)
