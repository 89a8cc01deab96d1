"""Score street detectors on the held-back pictures whose labels lie in `models/training/labels`.

    python -m models.training.street_score DATA WEIGHTS.onnx [--size 640] [--tiles 2] [--yolox] [--teacher]

With `--teacher`, DATA is a folder of `street_labels --between`, and the teacher's boxes are the truth.

A detection counts when it overlaps an object of its group (people, two-wheelers, vehicles) by an IoU of 0.5; one centred
in an ignored place counts neither way. Average precision is the area under the interpolated curve, mean of the groups.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime

from models.training.common import Image, iou
from models.training.street_detect import GROUPS, Detector, Found, suppress
from models.training.street_testset import Truth, load_teacher, load_truth

LARGE = 0.06
"""An object at least this high, as a share of the picture's height, is large."""
GROUP_NAMES = ("people", "two-wheelers", "vehicles")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What one picture gave: score, group and hit of each counted detection; score each object was found with."""

    scores: npt.NDArray[np.float32]
    groups: npt.NDArray[np.int64]
    hits: npt.NDArray[np.bool_]
    found_at: npt.NDArray[np.float32]
    object_groups: npt.NDArray[np.int64]
    large: npt.NDArray[np.bool_]


def judge(truth: Truth, found: Found) -> Outcome:
    """Match detections, best first, to the objects of their group."""
    group, object_group = GROUPS[found.classes], GROUPS[truth.classes]
    overlap = iou(found.boxes, truth.boxes) * (group[:, None] == object_group[None])
    found_at = np.zeros(len(truth.boxes), np.float32)
    hits = np.zeros(len(found.scores), bool)
    for index in np.argsort(-found.scores, kind="stable"):
        free = overlap[index] * (found_at == 0)
        if free.size and free.max() >= 0.5:
            hits[index] = True
            found_at[int(free.argmax())] = found.scores[index]
    centre = (found.boxes[:, None, :2] + found.boxes[:, None, 2:]) / 2
    inside = (centre >= truth.ignore[None, :, :2]) & (centre <= truth.ignore[None, :, 2:])
    excused = np.logical_and.reduce(inside, axis=2).any(axis=1)
    counted = hits | ~excused
    height = truth.boxes[:, 3] - truth.boxes[:, 1]
    return Outcome(
        scores=found.scores[counted],
        groups=group[counted],
        hits=hits[counted],
        found_at=found_at,
        object_groups=object_group,
        large=height >= LARGE * truth.image.shape[0],
    )


def average_precision(scores: npt.NDArray[np.float32], hits: npt.NDArray[np.bool_], objects: int) -> float:
    """Return the area under the precision-recall curve, precision made monotone, 0..1."""
    order = np.argsort(-scores, kind="stable")
    right = np.cumsum(hits[order])
    precision = right / np.arange(1, len(order) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    return float(precision[hits[order]].sum() / max(objects, 1))


def figures(outcomes: list[Outcome], threshold: float) -> dict[str, float]:
    """Return recall of all and of large objects, precision, recall of each group, and mAP50, each 0..1."""
    scores, groups = (np.concatenate([getattr(o, name) for o in outcomes]) for name in ("scores", "groups"))
    hits, found_at = (np.concatenate([getattr(o, name) for o in outcomes]) for name in ("hits", "found_at"))
    of, large = (np.concatenate([getattr(o, name) for o in outcomes]) for name in ("object_groups", "large"))
    seen = found_at >= threshold
    result = {"recall": _share(seen), "recall_large": _share(seen[large])}
    result["precision"] = _share(hits[scores >= threshold])
    parts = []
    for index, name in enumerate(GROUP_NAMES):
        result[f"recall {name}"] = _share(seen[of == index])
        parts.append(average_precision(scores[groups == index], hits[groups == index], int((of == index).sum())))
    return result | {"map50": float(np.mean(parts))}


def _share(marks: npt.NDArray[np.bool_]) -> float:
    """Return the share of true marks, 0 where there is none."""
    return float(marks.sum()) / max(len(marks), 1)


def yolox(weights: Path) -> Callable[[Image], Found]:
    """Return a detector that runs a YOLOX file of 416 pixels and 80 COCO classes: the yardstick at that cost."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])
    grids = [np.stack(np.meshgrid(np.arange(416 // s), np.arange(416 // s)), 2).reshape(-1, 2) for s in (8, 16, 32)]
    stride = np.concatenate([np.full((len(g), 1), s) for g, s in zip(grids, (8, 16, 32), strict=True)])
    grid = np.concatenate(grids)
    columns = [5 + row for row in (0, 1, 3, 2, 5, 7)]

    def detect(image: Image) -> Found:
        height, width = image.shape[:2]
        scale = 416 / max(height, width)
        canvas = np.full((416, 416, 3), 114, np.uint8)
        small = cv2.resize(image, (round(width * scale), round(height * scale)))
        canvas[: small.shape[0], : small.shape[1]] = small
        tensor = canvas.transpose(2, 0, 1)[None].astype(np.float32)
        rows = session.run(None, {session.get_inputs()[0].name: tensor})[0][0]
        centre, half = (rows[:, :2] + grid) * stride, np.exp(rows[:, 2:4]) * stride / 2
        scores = rows[:, 4:5] * rows[:, columns]
        boxes = (np.concatenate([centre - half, centre + half], axis=1) / scale).astype(np.float32)
        found = Found(boxes=boxes, classes=scores.argmax(axis=1), scores=scores.max(axis=1))
        return suppress(found.where(found.scores >= 0.05), 0.6)

    return detect


def main() -> None:
    """Score one detector and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--size", type=int, default=640)
    parser.add_argument("--tiles", type=int, default=1)
    parser.add_argument("--yolox", action="store_true")
    parser.add_argument("--teacher", action="store_true")
    parser.add_argument("--thresholds", type=float, nargs="+", default=[0.25])
    arguments = parser.parse_args()
    detector = None if arguments.yolox else Detector(arguments.weights)
    other = yolox(arguments.weights) if arguments.yolox else None
    outcomes, seconds = [], []
    load = load_teacher if arguments.teacher else load_truth
    for truth in load(arguments.data):
        started = time.perf_counter()
        if detector is None:
            found = other(truth.image) if other else None
        elif arguments.tiles > 1:
            found = detector.tiled(truth.image, full=arguments.size, tiles=arguments.tiles, floor=0.05)
        else:
            found = detector.once(truth.image, arguments.size, floor=0.05)
        seconds.append(time.perf_counter() - started)
        if found is not None:
            outcomes.append(judge(truth, found))
    for threshold in arguments.thresholds:
        line = " ".join(f"{name}={value:.3f}" for name, value in figures(outcomes, threshold).items())
        print(f"at {threshold}: {line} ms={1000 * float(np.median(seconds)):.0f}")


if __name__ == "__main__":
    main()
