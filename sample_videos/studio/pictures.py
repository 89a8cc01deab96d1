"""Pictures that are mapped on faces: registration plates and shop signs, drawn with Pillow and a font of the machine."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

Picture = npt.NDArray[np.uint8]

FONTS = (
    "/usr/share/fonts/truetype/dejavu/DejaVuSansCondensed-Bold.ttf",
    "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf",
    "/usr/share/fonts/truetype/liberation/LiberationSansNarrow-Bold.ttf",
)
PLATE_COLOURS = {
    "white": ((236, 236, 232), (16, 16, 18)),
    "yellow": ((240, 186, 22), (16, 16, 18)),
    "blue": ((22, 62, 150), (240, 240, 240)),
    "red": ((176, 20, 24), (240, 240, 240)),
}
PROVINCES = ("98", "99", "29", "30", "14", "34", "88", "12", "20")
CAR_LETTERS = "ABCDEFGHKLMNPSTUVXYZ"
STATE_LETTERS = "ABCDEFGHKLM"


@dataclass(frozen=True)
class PlateText:
    """One registration: `text` is canonical (`98A12345`), `lines` as printed, `colour` a key of PLATE_COLOURS."""

    text: str
    lines: tuple[str, ...]
    colour: str
    pattern: str
    size_mm: tuple[int, int]

    @property
    def char_mm(self) -> tuple[int, int]:
        """Height and width of a character in millimetres, as the circular gives them."""
        return (55, 22) if self.size_mm == (190, 140) else (63, 38)


def car_plate(rng: random.Random, colour: str = "white", lines: int = 1) -> PlateText:
    """A random car registration in force today: long with one line or short with two."""
    province, letter = rng.choice(PROVINCES), rng.choice(STATE_LETTERS if colour == "blue" else CAR_LETTERS)
    number = f"{rng.randrange(1, 100_000):05d}"
    printed = f"{number[:3]}.{number[3:]}"
    head = f"{province}{letter}"
    if lines == 1:
        return PlateText(head + number, (f"{head}-{printed}",), colour, "CAR", (520, 110))
    return PlateText(head + number, (head, printed), colour, "CAR", (330, 165))


def moto_plate(rng: random.Random, colour: str = "white") -> PlateText:
    """A random motorbike registration: the two-letter series in force, or the digit series issued before (blue still)."""
    province, number = rng.choice(PROVINCES), f"{rng.randrange(1, 100_000):05d}"
    if colour == "blue" or rng.random() < 0.4:
        series = f"{rng.choice(STATE_LETTERS if colour == 'blue' else CAR_LETTERS)}{rng.randrange(1, 10)}"
        pattern = "MOTO_DIGIT"
    else:
        reserved = {"CD", "RM", "HC", "KT", "LD", "DA", "MK", "CT", "LB"}
        free = [a + b for a in CAR_LETTERS for b in CAR_LETTERS if a + b not in reserved]
        series, pattern = rng.choice(free), "MOTO"
    head = f"{province}-{series}"
    return PlateText(f"{province}{series}{number}", (head, f"{number[:3]}.{number[3:]}"), colour, pattern, (190, 140))


@lru_cache(maxsize=8)
def _font(size: int) -> ImageFont.FreeTypeFont:
    for path in FONTS:
        if Path(path).exists():
            return ImageFont.truetype(path, size)
    raise FileNotFoundError("no bold sans font found: install fonts-dejavu")


def _glyph(char: str, height: int, width: int) -> Image.Image:
    """One character as a mask of exactly height x width pixels (dots and dashes keep their own small size)."""
    canvas = Image.new("L", (400, 400), 0)
    ImageDraw.Draw(canvas).text((60, 20), char, 255, font=_font(240))
    box = canvas.getbbox()
    cut = canvas.crop(box) if box else canvas
    return cut.resize((width, height), Image.Resampling.LANCZOS)


def plate_picture(plate: PlateText, scale: float = 1.0) -> Picture:
    """The plate as RGB (H, W, 3) at `scale` pixels per millimetre, with border, dash and dot where they are printed."""
    ground, ink = PLATE_COLOURS[plate.colour]
    width, height = (round(s * scale) for s in plate.size_mm)
    image = Image.new("RGB", (width, height), ground)
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle(
        (2, 2, width - 3, height - 3), radius=round(8 * scale), outline=ink, width=max(1, round(3 * scale))
    )
    ch, cw = (round(s * scale) for s in plate.char_mm)
    gap = round((6 if len(plate.lines) == 2 and plate.pattern != "CAR" else 10) * scale)
    rows = len(plate.lines)
    for row, line in enumerate(plate.lines):
        top = round(height * (row + 0.5) / rows - ch / 2 + (1 - 2 * row) * (rows - 1) * 3 * scale)
        small = {c: round(cw * k) for c, k in ((".", 0.28), ("-", 0.5), ("1", 0.55))}
        total = sum(small.get(c, cw) + gap for c in line) - gap
        x = (width - total) // 2
        for char in line:
            w = small.get(char, cw)
            if char == ".":
                y, h = top + (ch - w) // 2, w
            elif char == "-":
                y, h = top + ch // 2 - max(2, ch // 14), max(3, ch // 7)
            else:
                y, h = top, ch
            mask = Image.new("L", (w, h), 255) if char == "-" else _glyph(char, max(1, h), max(1, w))
            image.paste(ink, (x, y), mask)
            x += w + gap
    return np.asarray(image)


def sign_picture(
    text: str, ground: tuple[int, int, int], ink: tuple[int, int, int], size: tuple[int, int] = (512, 96)
) -> Picture:
    """A shop sign: `text` centred on a coloured board, RGB (H, W, 3)."""
    image = Image.new("RGB", size, ground)
    draw = ImageDraw.Draw(image)
    points = round(size[1] * 0.62)
    font = _font(points)
    while draw.textlength(text, font=font) > size[0] * 0.92 and points > 8:
        points -= 2
        font = _font(points)
    draw.text((size[0] / 2, size[1] / 2), text, ink, font=font, anchor="mm")
    draw.rectangle((1, 1, size[0] - 2, size[1] - 2), outline=ink, width=2)
    return np.asarray(image)


def no_parking_sign(size: int = 128) -> Picture:
    """Sign P.130 (no stopping, no parking): blue disc, red rim and cross; corners grey like the sheet behind it."""
    image = Image.new("RGB", (size, size), (150, 150, 150))
    draw = ImageDraw.Draw(image)
    draw.ellipse((2, 2, size - 3, size - 3), fill=(200, 20, 30))
    draw.ellipse((14, 14, size - 15, size - 15), fill=(20, 60, 170))
    k = size * 0.2
    draw.line((k, k, size - k, size - k), fill=(200, 20, 30), width=size // 9)
    draw.line((k, size - k, size - k, k), fill=(200, 20, 30), width=size // 9)
    return np.asarray(image)


def flag_picture(width: int = 192) -> Picture:
    """The flag of Vietnam."""
    height = width * 2 // 3
    image = Image.new("RGB", (width, height), (205, 20, 22))
    radii = (height * 0.3, height * 0.115)
    star = [
        (width / 2 + radii[k % 2] * math.sin(math.pi * k / 5), height / 2 - radii[k % 2] * math.cos(math.pi * k / 5))
        for k in range(10)
    ]
    ImageDraw.Draw(image).polygon(star, fill=(250, 215, 20))
    return np.asarray(image)
