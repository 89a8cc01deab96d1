"""A second opinion on the teacher's labels: a fine-tuned detector, in parts, sees small people that the start does not.

    python -m models.training.street_second WORK STREET.onnx NEW

writes NEW/labels/*.json from WORK/labels and links NEW/frames to WORK/frames. Where the second sees surely what the teacher
does not, that is a label; where it sees it unsurely, and where the teacher alone saw something unsurely, the place is
ignored. Labels made by eye stay as they are.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.training.common import Image, iou, read_image
from models.training.street_detect import GROUPS, Detector, Found
from models.training.street_labels import Labels, by_eye, drivers, within
from models.training.street_sources import CAR, SOURCES, Source

SURE = 0.5
"""From this score of the second detector on, what the teacher missed is a label."""
FAINT = 0.2
"""From this score on, its place is ignored."""
DOUBTFUL = 0.4
"""A box of the teacher below this score that the second does not see at all is ignored."""
SAME = 0.4
"""Overlap from which two boxes of one group are one object."""


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How many boxes were added as labels, added as ignored, and turned from labels into ignored."""

    added: int
    ignored: int
    doubted: int


def source_of(file: str) -> Source:
    """Return the source that a file, relative to the data folder, belongs to.

    Raises:
        LookupError: It belongs to none.
    """
    for source in SOURCES:
        if fnmatch(file, source.pattern):
            return source
    raise LookupError(f"{file}: belongs to no source")


def second_opinion(labels: Labels, second: Found) -> tuple[Labels, Counts]:
    """Return the teacher's labels amended by what the second detector sees."""
    objects = np.array(labels["objects"], np.float32).reshape(-1, 6)
    ignore = np.array(labels["ignore"], np.float32).reshape(-1, 6)
    faint = ignore[ignore[:, 5] > 0]  # a whole picture in which nothing is demanded has no score
    new = ~_seen(second, objects).any(axis=1)
    sure = new & (second.scores >= SURE)
    unsure = new & ~sure & (second.scores >= FAINT)
    unseen = ~_seen(second.where(second.scores >= 0.1), objects).any(axis=0)
    doubted = np.asarray((objects[:, 5] < DOUBTFUL) & unseen)
    promoted = np.asarray(_seen(second.where(sure), faint).any(axis=0))
    rows = [
        [float(kind), *(round(float(value), 1) for value in box), round(float(score), 3)]
        for kind, box, score in zip(second.classes, second.boxes, second.scores, strict=True)
    ]
    kept = [row for row, doubt in zip(labels["objects"], doubted, strict=True) if not doubt]
    left = [row for row in labels["ignore"] if row[5] == 0] + [
        row for row, gone in zip([r for r in labels["ignore"] if r[5] > 0], promoted, strict=True) if not gone
    ]
    amended = {
        "objects": kept + [row for row, yes in zip(rows, sure, strict=True) if yes],
        "ignore": left
        + [row for row, yes in zip(rows, unsure, strict=True) if yes]
        + [row for row, doubt in zip(labels["objects"], doubted, strict=True) if doubt],
    }
    return amended, Counts(added=int(sure.sum()), ignored=int(unsure.sum()), doubted=int(doubted.sum()))


def _seen(found: Found, rows: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
    """Return which detection is which row's object, (len(found), len(rows))."""
    same = GROUPS[found.classes][:, None] == GROUPS[rows[:, 0].astype(np.int64)][None]
    result: npt.NDArray[np.bool_] = (iou(found.boxes, rows[:, 1:5]) > SAME) & same
    return result


def look(detector: Detector, image: Image, source: Source) -> Found:
    """Return what the second detector sees, the source's known errors taken out."""
    found = detector.tiled(image, full=960, tiles=2, size=640, floor=0.1)
    found = within(found, source, (image.shape[1], image.shape[0]))
    found = found.where(~drivers(found))
    if source.one_vehicle:
        cars = np.where(GROUPS[found.classes] == GROUPS[CAR], CAR, found.classes)
        found = Found(boxes=found.boxes, classes=cars, scores=found.scores)
    return found


def main() -> None:
    """Amend the labels of a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("second", type=Path)
    parser.add_argument("new", type=Path)
    arguments = parser.parse_args()
    detector = Detector(arguments.second)
    (arguments.new / "labels").mkdir(parents=True, exist_ok=True)
    if not (arguments.new / "frames").exists():
        (arguments.new / "frames").symlink_to((arguments.work / "frames").resolve())
    totals = np.zeros(3, int)
    for file in sorted((arguments.work / "labels").glob("*.json")):
        target = arguments.new / "labels" / file.name
        if target.exists():
            continue
        record = json.loads(file.read_text())
        if by_eye(file.stem) is None:
            image = read_image(arguments.work / "frames" / f"{file.stem}.jpg")
            seen = look(detector, image, source_of(record["file"]))
            labels, counts = second_opinion({key: record[key] for key in ("objects", "ignore")}, seen)
            record |= labels
            totals += (counts.added, counts.ignored, counts.doubted)
        target.write_text(json.dumps(record))
    print(f"added {totals[0]}, ignored {totals[1]}, doubted {totals[2]}")


if __name__ == "__main__":
    main()
