"""Recall and false finds of a plate finder, threshold by threshold, on what chooses between finders: never on fold 0.

    python -m models.training.plates_score DATA FINDER.onnx [UNSEEN.npz] [--legible 0.3] [--fold 1]

Fold 1 of the labelled pictures with the second plates that were marked by eye, and streets that
``plates_streets --held-back`` made. With ``--legible`` finds that the shipped reader reads with less confidence are left
out: what finder and reader together take for a plate. ``--fold 0`` is for the last look at a finder that has been chosen.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ioc.core.types import Detection
from models.plate_catalog import open_plate_reader
from models.plate_finder import PlateFinder
from models.plate_reader import Reader, cut_plate
from models.session import Session
from models.training.common import Image, iou
from models.training.plates_pictures import load_labelled
from models.training.plates_streets import Finder, load

THRESHOLDS = (0.3, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7)
CHOOSING = 1

Picture = tuple[Image, NDArray[np.float32]]
"""A picture and its plates, (n, 4) in pixels."""


class Legible:
    """The finds of a finder that a reader reads with at least some confidence."""

    def __init__(self, finder: Finder, reader: Reader, least: float) -> None:
        self._finder, self._reader, self._least = finder, reader, least

    def find(self, image: Image) -> list[Detection]:
        """Plates of a picture that can be read, boxes in 0..1."""
        found = self._finder.find(image)
        readings = self._reader.read([cut_plate(image, plate.box) for plate in found])
        return [plate for plate, reading in zip(found, readings, strict=True) if reading.confidence >= self._least]


def score(finder: Finder, pictures: Sequence[Picture], thresholds: Sequence[float]) -> list[tuple[float, float, float]]:
    """(threshold, recall at an overlap of 0.5, false finds a picture) for each threshold."""
    right: list[float] = []
    wrong: list[float] = []
    for image, plates in pictures:
        height, width = image.shape[:2]
        found = finder.find(image)
        boxes = np.array([d.box.as_tuple() for d in found], np.float32).reshape(-1, 4) * (width, height, width, height)
        overlap = iou(boxes.astype(np.float32), plates)
        scores = np.array([d.confidence for d in found])
        right += [float(scores[column >= 0.5].max(initial=0)) for column in overlap.T]
        wrong += scores[overlap.max(axis=1, initial=0) < 0.5].tolist()
    seen, false = np.array(right), np.array(wrong)
    return [
        (t, float((seen >= t).mean()) if len(seen) else 0.0, float((false >= t).sum()) / max(1, len(pictures)))
        for t in thresholds
    ]


def main() -> None:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("finder", type=Path)
    parser.add_argument("unseen", type=Path, nargs="?")
    parser.add_argument("--legible", type=float, help="least confidence of the reader for a find to count, 0..1")
    parser.add_argument("--fold", type=int, default=CHOOSING)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    finder: Finder = PlateFinder(Session(options.finder), confidence=THRESHOLDS[0])
    if options.legible is not None:
        finder = Legible(finder, open_plate_reader(), options.legible)
    items = load_labelled(options.data, frozenset({options.fold}))
    sets: dict[str, list[Picture]] = {
        f"fold {options.fold}, streets": [(item.image, item.boxes) for item in items if "openalpr" in str(item.path)],
        f"fold {options.fold}, gate": [(item.image, item.boxes) for item in items if "openalpr" not in str(item.path)][::4],
    }
    if options.unseen:
        streets = load(options.unseen)
        sets["unseen streets"] = [(street.image, street.plates) for street in streets]
        sets["of these clips and junction"] = [(s.image, s.plates) for s in streets if not s.name.startswith("flood")]
    for name, pictures in sets.items():
        print(f"{name}: {len(pictures)} pictures, {sum(len(plates) for _, plates in pictures)} plates")
        for threshold, recall, false in score(finder, pictures, THRESHOLDS):
            print(f"  at {threshold:.2f}: recall {recall:.3f}, {false:.3f} false a picture")


if __name__ == "__main__":
    main()
