"""Pictures with their plates drawn in, side by side on one sheet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ioc.core.errors import InputError
from models.plate_stills import StillPlate

MOST: Final = 48
"""Pictures that a sheet shows at most."""
CELL: Final = (640, 480)
"""Width and height in pixels into which a picture is fitted; one alone is drawn up to twice as large."""
CAPTION: Final = 22
FRAME, INK, PAPER = (80, 220, 60), (20, 20, 20), (255, 255, 255)
"""BGR."""


class PlateSheet:
    """Collects drawn pictures, small, and writes them when all are there."""

    def __init__(self, total: int) -> None:
        """``total`` is how many pictures are expected; a single one is shown larger."""
        self._limit = (CELL[0] * 2, CELL[1] * 2) if total == 1 else CELL
        self._cells: list[NDArray[np.uint8]] = []
        self.left_out = 0
        """Pictures that found no room."""

    def add(self, name: str, image: NDArray[np.uint8], plates: Sequence[StillPlate]) -> None:
        """Draw a uint8 (H, W, 3) BGR picture, which is not changed, with the boxes and texts of its plates."""
        if len(self._cells) == MOST:
            self.left_out += 1
            return
        height, width = image.shape[:2]
        scale = min(self._limit[0] / width, self._limit[1] / height, 1.0)
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        cell = np.full((self._limit[1] + CAPTION, self._limit[0], 3), 32, np.uint8)
        cell[CAPTION : CAPTION + size[1], : size[0]] = small
        for plate in plates:
            _draw(cell[CAPTION:], plate, size)
        write(cell, name, 4, 16, PAPER)
        self._cells.append(cell)

    def write(self, path: Path) -> None:
        """Write the sheet; the suffix says the format. Raises :class:`InputError` naming ``path`` if that fails."""
        columns = max(1, math.ceil(math.sqrt(len(self._cells))))
        rows = max(1, math.ceil(len(self._cells) / columns))
        width, height = self._limit[0], self._limit[1] + CAPTION
        sheet = np.full((rows * height, columns * width, 3), 32, np.uint8)
        for number, cell in enumerate(self._cells):
            y, x = number // columns * height, number % columns * width
            sheet[y : y + height, x : x + width] = cell
        try:
            done, data = cv2.imencode(path.suffix or ".jpg", sheet)
        except cv2.error as error:
            raise InputError(f"{path}: no picture format has the suffix {path.suffix!r}") from error
        try:
            path.write_bytes(data.tobytes() if done else b"")
        except OSError as error:
            raise InputError(f"{path}: the sheet cannot be written: {error.strerror}") from error


def _draw(cell: NDArray[np.uint8], plate: StillPlate, size: tuple[int, int]) -> None:
    """Box and text of one plate, in place; ``size`` is that of the picture in the cell."""
    x1, y1 = round(plate.box.x1 * size[0]), round(plate.box.y1 * size[1])
    x2, y2 = round(plate.box.x2 * size[0]), round(plate.box.y2 * size[1])
    cv2.rectangle(cell, (x1, y1), (x2, y2), FRAME, 2)
    text = f"{plate.written or '?'} {plate.reading.confidence:.2f}"
    width = cv2.getTextSize(_plain(text), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 1)[0][0] + 6
    left = max(0, min(x1, cell.shape[1] - width))
    top = y1 - 18 if y1 >= 18 else min(y2, cell.shape[0] - 18)
    cv2.rectangle(cell, (left, top), (left + width, top + 18), FRAME, -1)
    write(cell, text, left + 3, top + 13, INK)


def write(image: NDArray[np.uint8], text: str, x: int, y: int, colour: tuple[int, int, int]) -> None:
    """Write into ``image``. OpenCV's font has no Đ: it is drawn as D with its stroke; other such letters become ``?``."""
    font, scale = cv2.FONT_HERSHEY_SIMPLEX, 0.5
    plain = _plain(text)
    cv2.putText(image, plain, (x, y), font, scale, colour, 1, cv2.LINE_AA)
    for index, letter in enumerate(text):
        if letter == "Đ":
            start = x + cv2.getTextSize(plain[:index], font, scale, 1)[0][0]
            cv2.line(image, (start - 1, y - 5), (start + 5, y - 5), colour, 1, cv2.LINE_AA)


def _plain(text: str) -> str:
    return text.replace("Đ", "D").encode("ascii", "replace").decode()
