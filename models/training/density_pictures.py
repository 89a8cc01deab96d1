"""Which pictures the density network is trained on, which choose its settings, and where their heads are.

The division was made before any training: the ``test_`` pictures of ShanghaiTech, all clips of crowds and the street cameras
that the street detector holds back are never read here; four ``train_`` pictures choose settings and give no cut-outs.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from models.training.common import Image, read_image

Heads = npt.NDArray[np.float32]
"""(n, 3): x, y of a head's middle and its height, all in pixels."""

VALIDATION: Final = ("train_IMG_15.jpg", "train_IMG_16.jpg", "train_IMG_25.jpg", "train_IMG_26.jpg")
MARKED: Final = Path("crowd/shanghai_b")
HELD_BACK: Final = ("crowd/videos/", "/test_", "via_parque", "silveira_martins", "lombardi505", "brt_parque", "vinicius")
"""Parts of names that neither train nor choose anything."""
OF_BOX: Final = 0.13
"""Height of a head as a share of its person's box, where the whole body shows."""
OF_WIDTH: Final = 0.45
"""The same as a share of the box's width, where it is cut."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Example:
    """A picture, its heads, and places (m, 4) in pixels where nobody can say."""

    image: Image
    heads: Heads
    unknown: npt.NDArray[np.float32]
    source: str
    """File below the data folder."""


def marked(data: Path) -> dict[str, npt.NDArray[np.float32]]:
    """Heads that a person marked, (n, 2) in pixels, by file below ``data``; the ``test_`` pictures are left out."""
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    with (data / MARKED / "points.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            found[str(MARKED / row["image"])].append((float(row["x"]), float(row["y"])))
    return {name: np.array(points, np.float32) for name, points in found.items() if "/test_" not in name}


def load_marked(data: Path, teacher: Path, *, validation: bool) -> list[Example]:
    """The pictures whose heads a person marked; sizes of heads from the teacher's boxes below ``teacher``."""
    boxes = {record["file"]: record for record in _records(teacher) if record["file"].startswith(str(MARKED))}
    examples = []
    for name, points in marked(data).items():
        if (Path(name).name in VALIDATION) == validation:
            rows = (
                np.array(boxes[name]["objects"], np.float32).reshape(-1, 6)
                if name in boxes
                else np.zeros((0, 6), np.float32)
            )
            heads = np.column_stack([points, _sizes(points, rows[rows[:, 0] == 0, 1:5])]).astype(np.float32)
            image = read_image(data / name)
            examples.append(Example(image=image, heads=heads, unknown=np.zeros((0, 4), np.float32), source=name))
    return examples


def load_taught(teacher: Path) -> list[Example]:
    """The street detector's training pictures: heads from its teacher's boxes of people who stand apart."""
    examples = []
    for record in _records(teacher):
        name = record["file"]
        if name.startswith(str(MARKED)) or any(part in name for part in HELD_BACK):
            continue
        rows = np.array(record["objects"], np.float32).reshape(-1, 6)
        doubts = np.array(record["ignore"], np.float32).reshape(-1, 6)
        people = rows[rows[:, 0] == 0, 1:5]
        sizes = _of_boxes(people)
        middles = (people[:, 0] + people[:, 2]) / 2
        heads = np.column_stack([middles, people[:, 1] + 0.5 * sizes, sizes]).astype(np.float32)
        # A place is doubtful where the teacher doubted; a doubt about the whole picture leaves its boxes to be learnt.
        unknown = doubts[(doubts[:, 0] == 0), 1:5].astype(np.float32)
        examples.append(Example(image=record["image"], heads=heads, unknown=unknown, source=name))
    return examples


def _records(teacher: Path) -> Iterator[dict[str, Any]]:
    for label in sorted((teacher / "labels").glob("*.json")):
        record = json.loads(label.read_text(encoding="utf-8"))
        record["image"] = read_image(teacher / "frames" / f"{label.stem}.jpg")
        yield record


def _of_boxes(boxes: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Heights of the heads of people's boxes (n, 4), pixels."""
    wide, high = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    sizes: npt.NDArray[np.float32] = np.maximum(OF_BOX * high, np.minimum(OF_WIDTH * wide, 0.3 * high))
    return sizes


def _sizes(points: npt.NDArray[np.float32], boxes: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Height of the head at each point: of the box it lies in the upper part of, else as the nearest known ones have."""
    sizes = np.full(len(points), np.nan, np.float32)
    of_boxes = _of_boxes(boxes)
    for i, (x, y) in enumerate(points):
        inside = (boxes[:, 0] <= x) & (x <= boxes[:, 2]) & (boxes[:, 1] - of_boxes <= y)
        inside &= y <= boxes[:, 1] + 1.5 * of_boxes
        if inside.any():
            off = np.abs(boxes[inside, 1] + 0.5 * of_boxes[inside] - y)
            sizes[i] = of_boxes[inside][off.argmin()]
    known = np.flatnonzero(~np.isnan(sizes))
    for lost in np.flatnonzero(np.isnan(sizes)):
        apart = np.hypot(*(points[known] - points[lost]).T) if len(known) else np.zeros(0)
        sizes[lost] = np.median(sizes[known[np.argsort(apart)[:3]]]) if len(known) else 20.0
    return np.maximum(sizes, 4)
