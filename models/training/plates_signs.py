"""Look-alikes of plates, which the finder must leave alone: shop boards, captions, windows, lane markings, grilles."""

from __future__ import annotations

import cv2
import numpy as np

from models.training.common import Image

_WORDS = (
    "CAFE", "PHO", "COM TAM", "TAXI", "BUS", "HOTEL", "BANK", "SALE", "STOP", "CAM 01", "XE BUYT", "NHA THUOC", "SUA XE",
    "KHACH SAN", "24H", "ATM", "0912345678", "HONDA", "YAMAHA", "P.3", "Q.1", "50", "HOTLINE 1900",
)  # fmt: skip
_SERVICES = (
    "www.video.vn",
    "LIVE",
    "HD 1080",
    "TRUC TIEP",
    "TIN NONG",
    "24 GIO",
    "BREAKING NEWS",
    "REC",
    "Camera 03",
    "@duong pho",
)
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


def _watermark(image: Image, rng: np.random.Generator) -> Image:
    """Half transparent words of a broadcaster or a video service, with a shadow or in a pale box."""
    drawn = image.copy()
    words = str(rng.choice(_WORDS + _SERVICES))
    face, scale, thick = int(rng.choice(_FACES)), float(rng.uniform(0.4, 1.4)), int(rng.integers(1, 4))
    (w, h), _ = cv2.getTextSize(words, face, scale, thick)
    x, y = _place(image, rng, w, h)
    shade = float(rng.choice([255, 235, 200, 20]))
    if rng.random() < 0.4:
        cv2.rectangle(drawn, (x - h // 3, y - h // 3), (x + w + h // 3, y + h + h // 3), [255 - shade] * 3, -1)
    elif rng.random() < 0.5:
        cv2.putText(drawn, words, (x + 1, y + h + 1), face, scale, [255 - shade] * 3, thick, cv2.LINE_AA)
    cv2.putText(drawn, words, (x, y + h), face, scale, [shade] * 3, thick, cv2.LINE_AA)
    return np.asarray(cv2.addWeighted(drawn, share := float(rng.uniform(0.35, 1.0)), image, 1 - share, 0), np.uint8)


def _windows(image: Image, rng: np.random.Generator) -> Image:
    """A row or grid of panes with frames: a house front, a bus, a shutter."""
    w, h = int(rng.integers(6, 40)), int(rng.integers(5, 30))
    gap, (rows, columns) = int(rng.integers(1, 6)), (int(v) for v in rng.integers(1, 5, 2))
    x, y = _place(image, rng, columns * (w + gap), rows * (h + gap))
    frame, pane = _colour(rng), _colour(rng)
    cv2.rectangle(image, (x, y), (x + columns * (w + gap) + gap, y + rows * (h + gap) + gap), frame, -1)
    for row in range(rows):
        for column in range(columns):
            left, top = x + gap + column * (w + gap), y + gap + row * (h + gap)
            shade = [float(v) for v in np.clip(np.array(pane) + rng.normal(0, 25, 3), 0, 255)]
            cv2.rectangle(image, (left, top), (left + w - 1, top + h - 1), shade, -1)
    return image


def _marking(image: Image, rng: np.random.Generator) -> Image:
    """Paint on the road, seen flat: dashes of a lane, bars of a crossing, an arrow's shaft."""
    height, width = image.shape[:2]
    x, y = int(rng.integers(0, width)), int(rng.integers(height // 3, height))
    lean, size = float(rng.normal(0, 1.2)), float(rng.uniform(4, 22))
    paint = np.array([1.0, 1.0, 1.0]) if rng.random() < 0.75 else np.array([0.25, 0.75, 1.0])
    shade = [float(v) for v in paint * rng.uniform(150, 255)]
    across = float(rng.uniform(0.5, 6))
    for _ in range(int(rng.integers(1, 6))):
        wide, far = size * across, size * lean
        corners = np.array([[x, y], [x + wide, y], [x + wide * 0.9 + far, y - size], [x + far, y - size]], np.int32)
        cv2.fillPoly(image, [corners], shade, cv2.LINE_AA)
        x, y, size = (x + int(wide * 1.8), y, size) if across < 2 else (x + int(2 * far), y - int(2 * size), size * 0.85)
    return image


_LOOK_ALIKES = (_sign, _sign, _sign, _stamp, _watermark, _watermark, _windows, _marking, _blank, _stripes)
