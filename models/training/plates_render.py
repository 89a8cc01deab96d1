"""Draws plates: plate, letters, frame, bolts. The face of real plates is stood in for by fonts that Debian ships.

``apt install fonts-opendin fonts-roboto-unhinted fonts-bebas-neue fonts-open-sans fonts-dejavu-core`` brings them; no
font file is part of this project. Letter shapes are jittered in width, weight, slant and spacing instead.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from models.training.plates_text import PlateText

Picture = NDArray[np.uint8]

FONTS: tuple[tuple[str, float], ...] = (
    ("opendin/OSP-DIN.ttf", 0.5),
    ("roboto/unhinted/RobotoCondensed-Medium.ttf", 0.12),
    ("roboto/unhinted/RobotoCondensed-Bold.ttf", 0.1),
    ("roboto/unhinted/RobotoCondensed-Regular.ttf", 0.08),
    ("bebas-neue/BebasNeue-Regular.otf", 0.08),
    ("open-sans/OpenSans-CondBold.ttf", 0.06),
    ("dejavu/DejaVuSansCondensed-Bold.ttf", 0.06),
)
"""Font file below the system's font folders, and how often it is drawn."""

_ROOTS = ("/usr/share/fonts/truetype", "/usr/share/fonts/opentype")
_GLYPH_HEIGHT = 96

# Sizes in millimetres: plate width, height, character height and width.
SIZES: dict[str, tuple[float, float, float, float]] = {
    "long": (520, 110, 63, 38),
    "short": (330, 165, 63, 38),
    "old_short": (280, 200, 80, 40),
    "moto": (190, 140, 55, 22),
}

# Paint of plate and characters, BGR.
PAINT: dict[str, tuple[tuple[int, int, int], tuple[int, int, int]]] = {
    "white": ((235, 235, 232), (25, 24, 26)),
    "yellow": ((20, 190, 245), (25, 24, 26)),
    "blue": ((150, 70, 20), (240, 240, 240)),
    "red": ((40, 30, 190), (240, 240, 240)),
}


@lru_cache(maxsize=512)
def glyph(font: str, char: str) -> NDArray[np.float32]:
    """Coverage 0..1 of one character, trimmed, float32 (96, W). Raises :class:`FileNotFoundError` without the font."""
    path = next((p for root in _ROOTS if (p := Path(root) / font).exists()), None)
    if path is None:
        raise FileNotFoundError(f"font {font} is not installed; see the module's text for the packages")
    if char == "Đ":
        return _barred(glyph(font, "D"))
    face = ImageFont.truetype(str(path), 160)
    canvas = Image.new("L", (320, 320), 0)
    ImageDraw.Draw(canvas).text((60, 60), char, font=face, fill=255)
    ink = np.asarray(canvas)
    rows, columns = np.flatnonzero(ink.max(1)), np.flatnonzero(ink.max(0))
    trimmed = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    width = max(2, round(trimmed.shape[1] * _GLYPH_HEIGHT / trimmed.shape[0]))
    resized = cv2.resize(trimmed, (width, _GLYPH_HEIGHT), interpolation=cv2.INTER_AREA)
    return np.asarray(resized / 255, np.float32)


def _barred(d: NDArray[np.float32]) -> NDArray[np.float32]:
    """Đ from D: a bar through the stem, as plates have it; few condensed fonts bring the letter."""
    h, w = d.shape
    reach, thick = round(w * 0.16), round(h * 0.1)
    out = np.pad(d, ((0, 0), (reach, 0)))
    out[h // 2 - thick // 2 : h // 2 + thick // 2 + 1, : reach + round(w * 0.45)] = 1.0
    return out


def render_plate(plate: PlateText, rng: np.random.Generator, height: int = 120) -> tuple[Picture, NDArray[np.float32]]:
    """One plate seen from the front.

    Returns the picture, uint8 (height, W, 3) BGR, and its outline's alpha 0..1, float32 (height, W), with round corners.
    """
    plate_w, plate_h, char_h, char_w = SIZES[plate.shape]
    scale = height / plate_h
    plate_w *= float(rng.uniform(0.94, 1.06))
    width = round(plate_w * scale)
    paper, ink = (np.array(c, np.float32) for c in PAINT[plate.colour])
    paper = np.clip(paper * rng.uniform(0.85, 1.05) + rng.normal(0, 6, 3), 0, 255).astype(np.float32)
    ink = np.clip(ink + rng.uniform(0, 60) * (1 if ink.mean() < 128 else -1) + rng.normal(0, 5, 3), 0, 255)
    if plate.colour == "white" and rng.random() < 0.08:  # aged and yellowed
        paper *= np.array([0.75, 0.93, 0.97], np.float32)
    picture = np.empty((height, width, 3), np.float32)
    picture[:] = paper
    _draw_border(picture, ink, rng, scale)
    cover = np.zeros((height, width), np.float32)
    red = np.zeros((height, width), np.float32)
    font = str(rng.choice([f for f, _ in FONTS], p=[w for _, w in FONTS]))
    style = _Style(rng, font, char_w / char_h)
    for row, box in zip(plate.rows, _row_boxes(plate, rng, char_h / plate_h), strict=True):
        _draw_row(cover, red if plate.red_letters else cover, row, box, style)
    for mask, paint in ((cover, ink), (red, np.array((40, 30, 180), np.float32))):
        picture += mask[:, :, None] * (paint - picture)
    _draw_bolts(picture, rng, scale)
    return np.clip(picture, 0, 255).astype(np.uint8), _rounded(height, width, scale * float(rng.uniform(3, 9)))


class _Style:
    """The jitter that all characters of one plate share."""

    def __init__(self, rng: np.random.Generator, font: str, aspect: float) -> None:
        self.rng = rng
        self.font = font
        self.aspect = aspect * float(rng.uniform(0.72, 1.2))
        self.weight = int(rng.choice([-3, -2, 0, 0, 0, 2, 3]))
        self.slant = float(rng.normal(0, 0.02))
        self.gap = float(rng.uniform(0.05, 0.34))
        self.dot = float(rng.uniform(0.3, 0.45)) if rng.random() < 0.25 else float(rng.uniform(-0.02, 0.12))
        # Some plates set the 1 in a cell of its own width, close to its neighbours, where it is easily lost.
        self.narrow = float(rng.uniform(0.4, 0.8)) if rng.random() < 0.5 else 1.0

    def glyph(self, char: str) -> NDArray[np.float32]:
        mask = glyph(self.font, char)
        if self.weight:
            kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (abs(self.weight) * 2 + 1,) * 2)
            padded = np.pad(mask, 6)
            mask = np.asarray((cv2.dilate if self.weight > 0 else cv2.erode)(padded, kernel), np.float32)[6:-6, 6:-6]
        return mask


def _row_boxes(plate: PlateText, rng: np.random.Generator, share: float) -> list[tuple[float, float]]:
    """(top, bottom) of each row as fractions of the plate's height."""
    share *= float(rng.uniform(0.92, 1.12))
    if len(plate.rows) == 1:
        middle = 0.5 + float(rng.normal(0, 0.02))
        return [(middle - share / 2, middle + share / 2)]
    share = min(share, 0.43)
    gap = float(rng.uniform(0.03, 0.09))
    upper = 0.5 - gap / 2 + float(rng.normal(0, 0.012))
    return [(upper - share, upper), (upper + gap, min(0.975, upper + gap + share))]


def _draw_row(
    cover: NDArray[np.float32], letters: NDArray[np.float32], row: str, box: tuple[float, float], style: _Style
) -> None:
    """Set one row centred between the plate's sides, its widths fitted where it is too long."""
    rng, (height, width) = style.rng, cover.shape
    top, tall = box[0] * height, (box[1] - box[0]) * height
    cell = tall * style.aspect
    space = cell * style.gap
    widths = [cell * (float(rng.uniform(0.45, 0.62)) if c in "-." else style.narrow if c in "1I" else 1.0) for c in row]
    total = sum(widths) + space * (len(row) - 1)
    margin = float(rng.uniform(0.03, 0.1)) * width
    squeeze = min(float(rng.uniform(1.0, 1.25)), (width - 2 * margin) / total)
    x = (width - total * squeeze) / 2 + float(rng.normal(0, 0.008)) * width
    for char, advance in zip(row, widths, strict=True):
        w, h = max(2, round(advance * squeeze)), max(2, round(tall))
        left, upper = round(x), round(top + float(rng.normal(0, 0.012)) * tall)
        if char in "-.":
            mask, upper, h = _separator(char, w, upper, h, style)
        else:
            mask = _fit(style.glyph(char), char, w, h, style.slant)
        target = letters if char.isalpha() else cover
        _paste(target, mask, left, upper)
        x += advance * squeeze + space * squeeze


def _fit(mask: NDArray[np.float32], char: str, w: int, h: int, slant: float) -> NDArray[np.float32]:
    """A character stretched to its cell; 1 and I keep their narrow shape, in the middle of the cell."""
    narrow = char in "1I"
    inner = min(w, max(2, round(mask.shape[1] * h / mask.shape[0]))) if narrow else w
    out = np.zeros((h, w), np.float32)
    offset = (w - inner) // 2
    out[:, offset : offset + inner] = cv2.resize(mask, (inner, h), interpolation=cv2.INTER_AREA)
    if abs(slant) > 0.01:
        shear = np.array([[1, slant, -slant * h / 2], [0, 1, 0]], np.float32)
        out = np.asarray(cv2.warpAffine(out, shear, (w, h)), np.float32)
    return out


def _separator(char: str, w: int, top: int, h: int, style: _Style) -> tuple[NDArray[np.float32], int, int]:
    rng = style.rng
    thick = max(2, round(h * float(rng.uniform(0.08, 0.15))))
    if char == "-":
        return np.ones((thick, w), np.float32), top + round(h * float(rng.uniform(0.42, 0.55))), thick
    dot = np.zeros((thick, w), np.float32)
    cv2.circle(dot, (w // 2, thick // 2), max(1, thick // 2), 1.0, -1)
    return dot, top + h - thick - round(h * style.dot), thick


def _paste(target: NDArray[np.float32], mask: NDArray[np.float32], x: int, y: int) -> None:
    """Join a mask into a cover by maximum, clipped at its borders."""
    x1, y1 = max(0, x), max(0, y)
    x2, y2 = min(target.shape[1], x + mask.shape[1]), min(target.shape[0], y + mask.shape[0])
    if x1 < x2 and y1 < y2:
        view = target[y1:y2, x1:x2]
        np.maximum(view, mask[y1 - y : y2 - y, x1 - x : x2 - x], out=view)


def _draw_border(picture: NDArray[np.float32], ink: NDArray[np.float32], rng: np.random.Generator, scale: float) -> None:
    """The embossed edge line of newer plates, or a holder's frame around the plate."""
    h, w = picture.shape[:2]
    kind = rng.random()
    inset, thick = round(scale * float(rng.uniform(2, 6))), max(1, round(scale * float(rng.uniform(1, 3))))
    if kind < 0.5:
        colour = [float(c) for c in (ink if rng.random() < 0.6 else ink * 0.5 + 110)]
        cv2.rectangle(picture, (inset, inset), (w - inset - 1, h - inset - 1), colour, thick)
    elif kind < 0.75:
        shade = float(rng.choice([20, 60, 150, 215]))
        cv2.rectangle(picture, (0, 0), (w - 1, h - 1), [shade] * 3, max(2, inset))


def _draw_bolts(picture: NDArray[np.float32], rng: np.random.Generator, scale: float) -> None:
    h, w = picture.shape[:2]
    for _ in range(int(rng.choice([0, 0, 2, 2, 3, 4]))):
        x = int(w * rng.uniform(0.08, 0.92))
        y = int(h * (rng.uniform(0.03, 0.12) if rng.random() < 0.6 else rng.uniform(0.88, 0.97)))
        shade = float(rng.choice([30, 90, 150, 230]))
        cv2.circle(picture, (x, y), max(1, round(scale * float(rng.uniform(2, 5)))), [shade] * 3, -1)


def _rounded(height: int, width: int, radius: float) -> NDArray[np.float32]:
    r = max(1, round(radius))
    alpha = np.zeros((height, width), np.float32)
    cv2.rectangle(alpha, (r, 0), (width - r - 1, height - 1), 1.0, -1)
    cv2.rectangle(alpha, (0, r), (width - 1, height - r - 1), 1.0, -1)
    for x in (r, width - r - 1):
        for y in (r, height - r - 1):
            cv2.circle(alpha, (x, y), r, 1.0, -1)
    return alpha
