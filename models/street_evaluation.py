"""The task ``street``: how well the street detector finds people, two-wheelers and vehicles.

Headline precision and recall judge groups (car, bus and truck are one, bicycle and motorcycle too), because the product
tracks and counts groups; mAP50 and the tables judge labels. A folder with ``points.csv`` of heads is judged by its counts,
one with ``spaces.csv`` by the bays that are taken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ioc.core.errors import InputError
from ioc.core.ports import ObjectDetector
from models.datasets import Dataset, Sample, read_dataset, refuse_overlap
from models.evaluation import Breakdown, Figure, Options, Report
from models.labels import group_of
from models.looking import USUAL, Seen, describe, look, open_detector, timing
from models.manifest import find_model
from models.metrics import Matching, area, average_precision, match, mean, ratio
from models.pictures import read_picture
from models.sheet import Mistake, write_sheet
from models.street_bays import evaluate_bays
from models.street_counts import evaluate_counts

FLOOR: Final = 0.01
"""Confidence down to which detections enter mAP."""
SIZES: Final = ((0.0, 0.03), (0.03, 0.06), (0.06, 1.01))
"""Heights of objects, as fractions of the picture's, that the table of sizes keeps apart."""


def evaluate(root: Path, options: Options) -> Report:
    """Judge the street detector on a folder. Raises InputError for data that does not fit, ModelError for a model."""
    entry = find_model("street", options.overrides, path=options.manifest)
    if (root / "points.csv").is_file():
        return evaluate_counts(root, entry, options)
    if (root / "spaces.csv").is_file():
        return evaluate_bays(root, entry, options)
    dataset = read_dataset(root)
    detector = open_detector(options, FLOOR)
    if unknown := sorted(set(dataset.names) - set(detector.labels)):
        raise InputError(f"{root / 'data.yaml'}: the street detector knows no {', '.join(unknown)}")
    refuse_overlap([sample.image for sample in dataset.samples], entry.training, entry.name)
    figures, breakdowns = judge(dataset, detector, options)
    return Report(task="street", dataset=root, model=describe(entry, options), figures=figures, breakdowns=breakdowns)


def judge(dataset: Dataset, detector: ObjectDetector, options: Options) -> tuple[dict[str, Figure], tuple[Breakdown, ...]]:
    """Headline figures and tables of a detector that gives all it sees down to :data:`FLOOR`; writes the sheet if wanted."""
    seen = [
        look(detector, read_picture(sample.image), sample.image) for sample in options.progress(dataset.samples, "street")
    ]
    threshold = USUAL if options.confidence is None else options.confidence
    judged = {group_of(name) for name in dataset.names}
    groups = [_match_groups(s, d, threshold, judged) for s, d in zip(dataset.samples, seen, strict=True)]
    figures: dict[str, Figure] = {"pictures": len(dataset.samples), "confidence": threshold}
    figures |= _totals(groups)
    precisions = {label: _average_precision(label, dataset, seen) for label in dataset.names}
    figures |= {"map50": mean(list(precisions.values())), **timing(seen)}
    if options.sheet is not None:
        mistakes = [m for s, d, g in zip(dataset.samples, seen, groups, strict=True) for m in _mistakes(s, d, g)]
        figures["mistakes_on_sheet"] = write_sheet(options.sheet, mistakes)
    return figures, (
        _label_table(dataset, seen, precisions, threshold),
        _size_table(dataset, groups),
        _confusion_table(dataset, seen, groups),
    )


@dataclass(frozen=True, slots=True)
class _Groups:
    """Detections of one picture above the threshold, matched group by group; indices are those of the picture."""

    hits: tuple[tuple[int, int], ...]
    """(detection, true box)."""
    false: tuple[int, ...]
    missed: tuple[int, ...]


def _match_groups(sample: Sample, seen: Seen, threshold: float, judged: Collection[str]) -> _Groups:
    """What the data set does not label is not judged: a person is no mistake where only vehicles are marked."""
    hits: list[tuple[int, int]] = []
    false: list[int] = []
    missed: list[int] = []
    for group in sorted(judged):
        found = np.array(
            [i for i, label in enumerate(seen.labels) if group_of(label) == group and seen.scores[i] >= threshold], np.intp
        )
        true = np.array([i for i, label in enumerate(sample.classes) if group_of(label) == group], np.intp)
        result = match(seen.boxes[found], seen.scores[found], sample.boxes[true], sample.ignore)
        hits += [(int(found[i]), int(true[j])) for i, j in enumerate(result.of) if j >= 0]
        false += found[result.of == -1].tolist()
        missed += true[result.missed].tolist()
    return _Groups(tuple(hits), tuple(false), tuple(missed))


def _totals(groups: Sequence[_Groups]) -> dict[str, Figure]:
    right, false, missed = (sum(len(getattr(g, part)) for g in groups) for part in ("hits", "false", "missed"))
    return {
        "objects": right + missed,
        "precision": ratio(right, right + false),
        "recall": ratio(right, right + missed),
        "false_per_picture": false / len(groups),
    }


def _of_label(label: str, sample: Sample, seen: Seen) -> tuple[Matching, NDArray[np.float32]]:
    found = np.array([name == label for name in seen.labels], bool)
    true = np.array([name == label for name in sample.classes], bool)
    return match(seen.boxes[found], seen.scores[found], sample.boxes[true], sample.ignore), seen.scores[found]


def _average_precision(label: str, dataset: Dataset, seen: Sequence[Seen]) -> float | None:
    results = [_of_label(label, s, d) for s, d in zip(dataset.samples, seen, strict=True)]
    of = np.concatenate([matching.of for matching, _ in results])
    scores = np.concatenate([scores for _, scores in results])
    total = sum(sample.classes.count(label) for sample in dataset.samples)
    return average_precision(of[of != -2] >= 0, scores[of != -2], total)


def _label_table(dataset: Dataset, seen: Sequence[Seen], ap: dict[str, float | None], threshold: float) -> Breakdown:
    rows: list[tuple[Figure, ...]] = []
    for label in dataset.names:
        total, right, judged = 0, 0, 0
        for sample, found in zip(dataset.samples, seen, strict=True):
            sure = found.scores >= threshold
            above = Seen(found.boxes[sure], found.scores[sure], tuple(np.array(found.labels)[sure].tolist()), 0, 0)
            matching, _ = _of_label(label, sample, above)
            total += sample.classes.count(label)
            right += int((matching.of >= 0).sum())
            judged += int((matching.of != -2).sum())
        rows.append((label, total, ratio(right, judged), ratio(right, total), ap[label]))
    return Breakdown("labels", ("label", "objects", "precision", "recall", "ap50"), tuple(rows))


def _size_table(dataset: Dataset, groups: Sequence[_Groups]) -> Breakdown:
    rows: list[tuple[Figure, ...]] = []
    for low, high in SIZES:
        sizes = [[low <= float(box[3] - box[1]) < high for box in sample.boxes] for sample in dataset.samples]
        total = sum(map(sum, sizes))
        right = sum(inside[j] for inside, g in zip(sizes, groups, strict=True) for _, j in g.hits)
        rows.append((f"{low:.0%} to {min(high, 1.0):.0%} of the height", total, ratio(right, total)))
    return Breakdown("sizes", ("objects of", "objects", "recall"), tuple(rows))


def _confusion_table(dataset: Dataset, seen: Sequence[Seen], groups: Sequence[_Groups]) -> Breakdown:
    pairs = Counter(
        (sample.classes[j], found.labels[i])
        for sample, found, g in zip(dataset.samples, seen, groups, strict=True)
        for i, j in g.hits
        if sample.classes[j] != found.labels[i]
    )
    rows = tuple((true, said, count) for (true, said), count in sorted(pairs.items(), key=lambda p: (-p[1], p[0])))
    return Breakdown("confusions", ("true", "said", "objects"), rows)


def _mistakes(sample: Sample, seen: Seen, g: _Groups) -> list[Mistake]:
    false = [
        Mistake(
            sample.image,
            _tuple(seen.boxes[i]),
            "false",
            f"{seen.labels[i]} {seen.scores[i]:.2f} {sample.image.name}",
            float(seen.scores[i]),
        )
        for i in g.false
    ]
    sizes = area(sample.boxes)
    missed = [
        Mistake(sample.image, _tuple(sample.boxes[j]), "missed", f"{sample.classes[j]} {sample.image.name}", float(sizes[j]))
        for j in g.missed
    ]
    return false + missed


def _tuple(box: NDArray[np.float32]) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = box.tolist()
    return x1, y1, x2, y2
