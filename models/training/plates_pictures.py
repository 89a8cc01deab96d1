"""The real pictures that the finder is trained on: labelled ones, and streets without plates as backgrounds."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.common import Image, read_image, sha256

BY_EYE = Path(__file__).with_name("plates_streets.json")
"""Plates, and places of which no one could say, marked by eye where no label says; see :func:`marked_by_eye`."""
_NOTHING = np.zeros((0, 4), np.float32)
PLATE_SETS = ("vn_greenparking", "openalpr_eu", "openalpr_br")
BACKGROUNDS = (
    "parking/pklot/images", "parking/pklot_backgrounds", "fire/dfire_negatives", "flood/octa_tiles/images",
    "crowd/shanghai_b", "fire/abonia/images",
)  # fmt: skip
"""Folders whose pictures show no plate that could be read; of fire/abonia only the pictures without a box are taken."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A picture and its plates."""

    path: Path
    image: Image
    boxes: NDArray[np.float32]
    """(n, 4): x1, y1, x2, y2 in pixels."""
    fold: int


def load_labelled(data: Path, folds: frozenset[int]) -> list[Labelled]:
    """The labelled whole pictures of some folds, with the plates of second vehicles that were marked by eye.

    Raises :class:`ValueError` naming a label line that is broken.
    """
    found = []
    marked = marked_by_eye()
    with (data / "plates/texts.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["image"].split("/")[0] in PLATE_SETS]
    for row in rows:
        if int(row["cv_fold"]) in folds:
            path = data / "plates" / row["image"]
            image = read_image(path)
            plates, doubtful = marked.get(sha256(path), (_NOTHING, _NOTHING))
            boxes = np.concatenate([_boxes(path, image), plates])
            image = cover(image, doubtful)
            found.append(Labelled(path, image, boxes, int(row["cv_fold"])))
    return found


def marked_by_eye() -> dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Plates and doubtful places, each (n, 4) in pixels, by the SHA-256 of a picture or of a clip with ``@second``."""
    return {
        key: (np.array(marks["plates"], np.float32).reshape(-1, 4), np.array(marks["doubtful"], np.float32).reshape(-1, 4))
        for key, marks in json.loads(BY_EYE.read_text()).items()
    }


def cover(image: Image, boxes: NDArray[np.float32]) -> Image:
    """Return the picture with the boxes, a little widened, in grey."""
    out = image.copy()
    for x1, y1, x2, y2 in boxes:
        grow = 0.15 * (y2 - y1)
        out[int(max(0, y1 - grow)) : int(y2 + grow) + 1, int(max(0, x1 - grow)) : int(x2 + grow) + 1] = 114
    return out


def _boxes(path: Path, image: Image) -> NDArray[np.float32]:
    label = path.parent.parent / "labels" / f"{path.stem}.txt"
    height, width = image.shape[:2]
    boxes = []
    for number, line in enumerate(label.read_text().splitlines(), start=1):
        try:
            _, cx, cy, w, h = (float(v) for v in line.split())
        except ValueError as error:
            raise ValueError(f"{label}:{number}: not a YOLO label line: {line!r}") from error
        boxes.append(((cx - w / 2) * width, (cy - h / 2) * height, (cx + w / 2) * width, (cy + h / 2) * height))
    return np.array(boxes, np.float32).reshape(-1, 4)


def load_backgrounds(data: Path) -> dict[Path, Image]:
    """Pictures without plates, at most 900 pixels wide; what plates were marked by eye in them is covered."""
    found = {}
    marked = marked_by_eye()
    for folder in BACKGROUNDS:
        paths = sorted(p for p in (data / folder).rglob("*") if p.suffix.lower() in {".jpg", ".jpeg", ".png"})
        for path in paths:
            label = path.parent.parent / "labels" / f"{path.stem}.txt"
            if "mask" in path.name or "mask" in path.parent.name or (label.exists() and label.read_text().strip()):
                continue
            image = cover(read_image(path), np.concatenate(marked.get(sha256(path), (_NOTHING, _NOTHING))))
            scale = min(1.0, 900 / image.shape[1])
            found[path] = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return found  # type: ignore[return-value] # OpenCV's stubs do not say uint8
