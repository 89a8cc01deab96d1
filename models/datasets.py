"""Labelled pictures in the YOLO text format: ``images/NAME.*``, ``labels/NAME.txt``, ``data.yaml`` with the class names.

A label line is ``class x_centre y_centre width height``, the last four relative to the picture; an empty file means a
picture without objects. A class called ``ignore`` marks places where nothing is judged. Whatever does not fit is an error
that names the file and the line: a silently skipped picture would make every figure wrong.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import yaml
from numpy.typing import NDArray

from ioc.core.errors import InputError
from models.pictures import SUFFIXES, digest

IGNORE: Final = "ignore"
ALIASES: Final[Mapping[str, str]] = {
    "motorbike": "motorcycle",
    "pedestrian": "person",
    "people": "person",
    "bike": "bicycle",
}
"""Names that other data sets use for our labels."""
SLACK: Final = 0.002
"""How far, relative to the picture, rounding may put a label's edge outside of it."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture and what is to be seen on it. Boxes are float32 (n, 4), x1, y1, x2, y2 in 0..1."""

    image: Path
    boxes: NDArray[np.float32]
    classes: tuple[str, ...]
    """Label of each box."""
    ignore: NDArray[np.float32]
    """Places where detections count neither for nor against."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A folder of labelled pictures."""

    root: Path
    names: tuple[str, ...]
    """Class names, ``ignore`` left out."""
    samples: tuple[Sample, ...]
    """Sorted by file name."""


def read_dataset(root: Path) -> Dataset:
    """All of a YOLO folder. Raises :class:`InputError` naming file and line of the first fault."""
    if not root.is_dir():
        raise InputError(f"{root}: no such folder")
    names = _names(root / "data.yaml")
    images = _by_stem(root / "images", SUFFIXES)
    labels = _by_stem(root / "labels", frozenset({".txt"}))
    if not images:
        raise InputError(f"{root / 'images'}: holds no pictures")
    for stem in sorted(images.keys() ^ labels.keys()):
        known, missing = (
            (images[stem], root / "labels" / f"{stem}.txt") if stem in images else (labels[stem], root / "images")
        )
        raise InputError(f"{known}: has no counterpart {missing}{'' if stem in images else f'/{stem}.*'}")
    samples = tuple(_sample(images[stem], labels[stem], names) for stem in sorted(images))
    return Dataset(root, tuple(name for name in names.values() if name != IGNORE), samples)


def read_labels(path: Path, names: Mapping[int, str]) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """Boxes, float32 (n, 4), and labels of one file, ``ignore`` included. Raises :class:`InputError`."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
    rows = [_line(line, f"{path}:{number}", names) for number, line in enumerate(lines, start=1) if line.strip()]
    boxes = np.array([box for _, box in rows], np.float32).reshape(-1, 4)
    return np.clip(boxes, 0, 1), tuple(name for name, _ in rows)


def refuse_overlap(pictures: Sequence[Path], training: Path | None, model: str) -> None:
    """Raise :class:`InputError` if the model was trained on any of the pictures, by the SHA-256 sums of its card.

    ``training`` holds one sum a line, other words and lines that begin with # are remarks. None: nothing is known.
    """
    if training is None:
        return
    try:
        lines = training.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{training}: cannot be read: {error}") from error
    known = {line.split()[0].lower() for line in lines if line.strip() and not line.startswith("#")}
    seen = [path for path in pictures if digest(path) in known] if known else []
    if seen:
        raise InputError(
            f"{seen[0]}: model {model!r} was trained on this picture and on {len(seen) - 1} more of {len(pictures)} "
            f"({training.name}); a figure on them would say nothing"
        )


def _names(path: Path) -> dict[int, str]:
    try:
        document: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
    raw = document.get("names") if isinstance(document, dict) else None
    pairs = list(enumerate(raw)) if isinstance(raw, list) else list(raw.items()) if isinstance(raw, dict) else []
    if not pairs or not all(isinstance(k, int) and isinstance(v, str) for k, v in pairs):
        raise InputError(f"{path}: names must list the classes or map their numbers to names")
    return {number: ALIASES.get(name.lower(), name.lower()) for number, name in pairs}


def _by_stem(folder: Path, suffixes: frozenset[str]) -> dict[str, Path]:
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder")
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in suffixes:
            raise InputError(f"{path}: expected only files with suffix {', '.join(sorted(suffixes))} here")
        if path.stem in found:
            raise InputError(f"{path}: shares its name with {found[path.stem].name}")
        found[path.stem] = path
    return found


def _sample(image: Path, labels: Path, names: Mapping[int, str]) -> Sample:
    boxes, classes = read_labels(labels, names)
    judged = np.array([name != IGNORE for name in classes], bool)
    return Sample(image, boxes[judged], tuple(name for name in classes if name != IGNORE), boxes[~judged])


def _line(line: str, where: str, names: Mapping[int, str]) -> tuple[str, tuple[float, float, float, float]]:
    fields = line.split()
    if len(fields) != 5:
        raise InputError(f"{where}: expected 'class x_centre y_centre width height', got {len(fields)} fields")
    try:
        number, (x, y, w, h) = int(fields[0]), (float(field) for field in fields[1:])
    except ValueError as error:
        raise InputError(f"{where}: {error}") from error
    if number not in names:
        raise InputError(f"{where}: class {number} is not in data.yaml")
    box = (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
    if not all(map(math.isfinite, box)) or w <= 0 or h <= 0 or min(box) < -SLACK or max(box) > 1 + SLACK:
        raise InputError(f"{where}: the box {' '.join(fields[1:])} does not lie in the picture")
    return names[number], box
