"""The held-back pictures of the street detector: their labels lie in `models/training/labels`, the pictures in the data.

    python -m models.training.street_testset DATA FOLDER

writes FOLDER in the YOLO text format, for `ioc models eval street FOLDER`. A label file is named by the SHA-256 of its
source, for a clip with the second too, and holds boxes alone: the teacher's, corrected by eye.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import yaml

from models.training.common import VIDEO_SUFFIXES, Boxes, Image, frames_at, read_image, sha256

LABELS = Path(__file__).parent / "labels"
LABEL_FILES = "[0-9a-f]" * 64 + "*.json"
"""Those of this detector: another model's labels lie beside them under a plain name."""
SOURCES = ("crowd/**/*", "traffic/**/*", "waste/**/*", "parking/**/*", "flood/octa_tiles/**/*")
NAMES = ("person", "bicycle", "motorcycle", "car", "bus", "truck", "ignore")


@dataclass(frozen=True, kw_only=True)
class Truth:
    """A labelled picture: boxes (N, 4) in pixels, classes (N,), places that count neither way (M, 4)."""

    file: Path
    image: Image
    boxes: Boxes
    classes: npt.NDArray[np.int64]
    ignore: Boxes


def load_truth(data: Path) -> list[Truth]:
    """Return the labelled pictures, found below `data` by the SHA-256 in the labels' names.

    Raises:
        FileNotFoundError: A labelled source is not below `data`.
    """
    wanted = {file.stem.split("@")[0] for file in LABELS.glob(LABEL_FILES)}
    files = (file for pattern in SOURCES for file in data.glob(pattern) if file.is_file())
    sources = {digest: file for file in files if (digest := sha256(file)) in wanted}
    truths = []
    for label in sorted(LABELS.glob(LABEL_FILES)):
        digest = label.stem.split("@")[0]
        if digest not in sources:
            raise FileNotFoundError(f"{data}: no file with the SHA-256 {digest}")
        record = json.loads(label.read_text())
        file = sources[digest]
        moving = file.suffix in VIDEO_SUFFIXES
        image = next(frames_at(file, [record["second"]]))[1] if moving else read_image(file)
        rows = np.array(record["objects"], np.float32).reshape(-1, 5)
        ignore = np.array(record["ignore"], np.float32).reshape(-1, 4)
        classes = rows[:, 0].astype(np.int64)
        truths.append(Truth(file=file, image=image, boxes=rows[:, 1:], classes=classes, ignore=ignore))
    return truths


def load_teacher(work: Path) -> list[Truth]:
    """Return the pictures that `models.training.street_labels` labelled below `work`, as the teacher saw them."""
    truths = []
    for label in sorted((work / "labels").glob("*.json")):
        record = json.loads(label.read_text())
        rows, ignore = (np.array(record[key], np.float32).reshape(-1, 6) for key in ("objects", "ignore"))
        file = work / "frames" / f"{label.stem}.jpg"
        classes = rows[:, 0].astype(np.int64)
        truths.append(Truth(file=file, image=read_image(file), boxes=rows[:, 1:5], classes=classes, ignore=ignore[:, 1:5]))
    return truths


def write_yolo(truths: list[Truth], folder: Path) -> None:
    """Write the pictures and their labels to `folder`, places that count neither way as class `ignore`."""
    for part in ("images", "labels"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    (folder / "data.yaml").write_text(yaml.safe_dump({"train": "images", "val": "images", "names": list(NAMES)}))
    for number, truth in enumerate(truths):
        name = f"{truth.file.stem}_{number:02d}"
        cv2.imwrite(str(folder / "images" / f"{name}.png"), truth.image)
        size = np.array([truth.image.shape[1], truth.image.shape[0]] * 2, np.float32)
        boxes = np.clip(np.concatenate([truth.boxes, truth.ignore]) / size, 0, 1)
        classes = [*truth.classes.tolist(), *[len(NAMES) - 1] * len(truth.ignore)]
        centres, sizes = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]
        rows = zip(classes, np.concatenate([centres, sizes], axis=1).tolist(), strict=True)
        lines = [" ".join([str(kind), *(f"{value:.6f}" for value in row)]) for kind, row in rows]
        (folder / "labels" / f"{name}.txt").write_text("".join(f"{line}\n" for line in lines))


def main() -> None:
    """Write the test set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    write_yolo(load_truth(arguments.data), arguments.folder)


if __name__ == "__main__":
    main()
