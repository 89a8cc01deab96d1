"""Contact sheets: the worst mistakes of a model on one picture, so that a person can look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from ioc.core.errors import InputError
from models.pictures import read_picture

CELL: Final = 224
CAPTION: Final = 20
COLUMNS: Final = 8
MARGIN: Final = 0.6
"""What is shown around a box, as a fraction of its longer side."""
COLOURS: Final = {"false": (60, 60, 255), "missed": (255, 160, 40)}
"""BGR: red for what is not there, blue for what was not seen."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One wrong detection or one missed object."""

    image: Path
    box: tuple[float, float, float, float]
    """x1, y1, x2, y2 in 0..1 of the picture."""
    kind: Literal["false", "missed"]
    caption: str
    weight: float
    """How bad it is; the largest come first. Compared within a kind."""


def worst(mistakes: Sequence[Mistake], most: int = 48) -> list[Mistake]:
    """The ``most`` worst, false and missed ones in turn, each kind by falling weight."""
    kinds = [[m for m in mistakes if m.kind == kind] for kind in ("false", "missed")]
    ranked = [sorted(kind, key=lambda m: (-m.weight, str(m.image), m.box)) for kind in kinds]
    longest = max(map(len, ranked))
    return [m for i in range(longest) for kind in ranked for m in kind[i : i + 1]][:most]


def write_sheet(path: Path, mistakes: Sequence[Mistake]) -> int:
    """Write the worst mistakes as a JPEG and return how many it shows; without mistakes it says so in words.

    Raises :class:`InputError` if a picture cannot be read or ``path`` cannot be written.
    """
    chosen = worst(mistakes)
    rows = max(1, -(-len(chosen) // COLUMNS))
    sheet = np.full((rows * (CELL + CAPTION), COLUMNS * CELL, 3), 32, np.uint8)
    if not chosen:
        _write(sheet, "no mistakes", 8, 40, (255, 255, 255))
    for number, mistake in enumerate(chosen):
        x, y = number % COLUMNS * CELL, number // COLUMNS * (CELL + CAPTION)
        sheet[y : y + CELL, x : x + CELL] = _cell(mistake)
        _write(sheet, mistake.caption[:34], x + 3, y + CELL + 14, COLOURS[mistake.kind])
    done, data = cv2.imencode(".jpg", sheet, [cv2.IMWRITE_JPEG_QUALITY, 85])
    try:
        path.write_bytes(data.tobytes())
    except OSError as error:
        raise InputError(f"{path}: the sheet cannot be written: {error.strerror}") from error
    return len(chosen) if done else 0


def _cell(mistake: Mistake) -> NDArray[np.uint8]:
    """The surroundings of one mistake, (CELL, CELL, 3), its box drawn."""
    image = read_picture(mistake.image)
    height, width = image.shape[:2]
    x1, y1, x2, y2 = (v * s for v, s in zip(mistake.box, (width, height, width, height), strict=True))
    half = max(x2 - x1, y2 - y1, 16) * (0.5 + MARGIN)
    left, top = (max(0, int(c - half)) for c in ((x1 + x2) / 2, (y1 + y2) / 2))
    right, bottom = min(width, int((x1 + x2) / 2 + half) + 1), min(height, int((y1 + y2) / 2 + half) + 1)
    part = image[top:bottom, left:right]
    scale = CELL / max(part.shape[:2])
    part = np.asarray(cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)[:CELL, :CELL]
    cell = np.full((CELL, CELL, 3), 16, np.uint8)
    cell[: part.shape[0], : part.shape[1]] = part
    a, b = (int((x1 - left) * scale), int((y1 - top) * scale)), (int((x2 - left) * scale), int((y2 - top) * scale))
    cv2.rectangle(cell, a, b, COLOURS[mistake.kind], 1)
    return cell


def _write(image: NDArray[np.uint8], text: str, x: int, y: int, colour: tuple[int, int, int]) -> None:
    # OpenCV's own font has no other letters than these.
    plain = text.encode("ascii", "replace").decode()
    cv2.putText(image, plain, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.38, colour, 1, cv2.LINE_AA)
