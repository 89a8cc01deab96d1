"""The task ``fire``: how well the fire detector finds fire and smoke, and how often it cries wolf.

Besides boxes it judges whole pictures: does a picture with fire or smoke raise any box at all, and does one without raise
none. A folder without labels holds pictures without fire: every box on them is false.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ioc.core.errors import InputError
from ioc.core.ports import ObjectDetector
from ioc.core.types import Detection
from models.datasets import Dataset, Sample, read_dataset, refuse_overlap
from models.evaluation import Figure, Options, Report
from models.fire_catalog import LABELS, open_fire
from models.looking import USUAL, describe
from models.manifest import find_model
from models.metrics import ratio
from models.pictures import SUFFIXES
from models.street_evaluation import FLOOR, judge


def evaluate(root: Path, options: Options) -> Report:
    """Judge the fire detector on a folder. Raises InputError for data that does not fit, ModelError for a model."""
    entry = find_model("fire", options.overrides, path=options.manifest)
    dataset = read_dataset(root) if (root / "data.yaml").is_file() else without_fire(root)
    if unknown := sorted(set(dataset.names) - set(LABELS)):
        raise InputError(f"{root / 'data.yaml'}: the fire detector knows no {', '.join(unknown)}")
    refuse_overlap([sample.image for sample in dataset.samples], entry.training, entry.name)
    detector = _Surest(
        open_fire(
            options.overrides,
            size=options.size,
            threads=options.threads,
            providers=options.providers or None,
            confidence=FLOOR,
            manifest=options.manifest,
        )
    )
    figures, breakdowns = judge(dataset, detector, options)
    figures |= alarms(dataset, detector.scores, USUAL if options.confidence is None else options.confidence)
    return Report(task="fire", dataset=root, model=describe(entry, options), figures=figures, breakdowns=breakdowns)


def without_fire(root: Path) -> Dataset:
    """The pictures of a folder, or of its ``images``, as pictures without fire. Raises InputError if there are none."""
    folder = root / "images" if (root / "images").is_dir() else root
    if not folder.is_dir():
        raise InputError(f"{root}: no such folder")
    if (root / "labels").exists():
        raise InputError(f"{root}: has labels and no data.yaml that names their classes")
    pictures = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not pictures:
        raise InputError(f"{folder}: holds no pictures")
    nothing = np.zeros((0, 4), np.float32)
    return Dataset(root, LABELS, tuple(Sample(path, nothing, (), nothing) for path in pictures))


def alarms(dataset: Dataset, scores: Sequence[float], threshold: float) -> dict[str, Figure]:
    """Share of pictures with and without fire or smoke on which something is found, by the surest box of each picture."""
    raised = [score >= threshold for score in scores]
    burning = [bool(sample.classes) for sample in dataset.samples]
    return {
        "burning_pictures": sum(burning),
        "alarm_recall": ratio(sum(r for r, b in zip(raised, burning, strict=True) if b), sum(burning)),
        "fire_free_pictures": burning.count(False),
        "false_alarm_rate": ratio(sum(r for r, b in zip(raised, burning, strict=True) if not b), burning.count(False)),
    }


class _Surest:
    """An :class:`ObjectDetector` that keeps the confidence of each picture's surest box."""

    def __init__(self, detector: ObjectDetector) -> None:
        self._detector = detector
        self.scores: list[float] = []

    @property
    def labels(self) -> Sequence[str]:
        """Those of the detector."""
        return self._detector.labels

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        """As the detector."""
        found = self._detector.detect(image)
        self.scores.append(max((d.confidence for d in found), default=0.0))
        return found
