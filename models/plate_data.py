"""Labelled plates: a ``texts.csv`` in the folder that is given or in the one above it, beside the pictures.

Columns used: ``image`` (relative to the csv), ``text``, ``is_crop`` (0 or 1), ``boxes_xyxy`` (pixels: ``x1,y1,x2,y2``,
several separated by ``;``, their texts likewise), ``check`` (``uncertain`` rows are left out and counted), ``cv_fold``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ioc.core.errors import InputError
from ioc.core.plates import normalise

COLUMNS = ("image", "text", "is_crop", "boxes_xyxy")

Corners = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class PlatePicture:
    """One picture and the plates on it."""

    image: Path
    group: str
    """Name of the folder it belongs to, as one line of the report."""
    texts: tuple[str, ...]
    """Canonical text of each plate."""
    boxes: tuple[Corners, ...]
    """Corners in pixels of each plate; empty where the picture itself is a plate's crop."""


@dataclass(frozen=True, slots=True)
class PlateSet:
    """All of a folder that is to be judged."""

    pictures: tuple[PlatePicture, ...]
    uncertain: int
    """Rows left out because their label is doubtful."""


def read_plates(root: Path, fold: int | None = None) -> PlateSet:
    """The labelled plates below a folder, of one ``cv_fold`` or of all. Raises :class:`InputError` with file and line."""
    table = next((path for path in (root / "texts.csv", root.parent / "texts.csv") if path.is_file()), None)
    if table is None:
        raise InputError(f"{root}: holds no texts.csv, nor does the folder above it")
    pictures: list[PlatePicture] = []
    uncertain = 0
    for where, row in _rows(table):
        image = table.parent / row["image"]
        if not image.is_relative_to(root) or (fold is not None and _fold(row, where) != fold):
            continue
        if row.get("check") == "uncertain":
            uncertain += 1
            continue
        if not image.is_file():
            raise InputError(f"{where}: there is no picture {image}")
        pictures.append(_picture(row, image, where))
    if not pictures:
        raise InputError(f"{table}: lists no picture below {root}{'' if fold is None else f' in fold {fold}'}")
    return PlateSet(tuple(pictures), uncertain)


def _rows(table: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    try:
        with table.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
            if missing:
                raise InputError(f"{table}: lacks the column {', '.join(missing)}")
            for row in reader:
                where = f"{table}:{reader.line_num}"
                if None in row or None in row.values():
                    raise InputError(f"{where}: has not as many fields as the first line")
                yield where, row
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{table}: cannot be read: {error}") from error


def _fold(row: Mapping[str, str], where: str) -> int:
    try:
        return int(row["cv_fold"])
    except (KeyError, ValueError) as error:
        raise InputError(f"{where}: cv_fold must be a whole number to choose a fold by") from error


def _picture(row: Mapping[str, str], image: Path, where: str) -> PlatePicture:
    texts = tuple(normalise(text) for text in row["text"].split(";"))
    if not all(texts):
        raise InputError(f"{where}: the text {row['text']!r} holds no plate characters")
    if row["is_crop"] not in ("0", "1"):
        raise InputError(f"{where}: is_crop must be 0 or 1, got {row['is_crop']!r}")
    group = Path(row["image"]).parts[0]
    if row["is_crop"] == "1":
        if len(texts) != 1:
            raise InputError(f"{where}: a crop has one text, got {len(texts)}")
        return PlatePicture(image, group, texts, ())
    boxes = tuple(_corners(part, where) for part in row["boxes_xyxy"].split(";"))
    if len(boxes) != len(texts):
        raise InputError(f"{where}: {len(boxes)} boxes for {len(texts)} texts")
    return PlatePicture(image, group, texts, boxes)


def _corners(part: str, where: str) -> Corners:
    try:
        x1, y1, x2, y2 = (float(value) for value in part.split(","))
    except ValueError as error:
        raise InputError(f"{where}: a box must be x1,y1,x2,y2 in pixels, got {part!r}") from error
    if not (0 <= x1 < x2 and 0 <= y1 < y2):
        raise InputError(f"{where}: the box {part} is empty or lies outside the picture")
    return x1, y1, x2, y2
