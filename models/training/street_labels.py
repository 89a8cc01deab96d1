"""Make the training pictures of the street detector: frames of clips and stills, labelled by a tiled teacher.

    python -m models.training.street_labels DATA TEACHER.onnx WORK [--part main|more|further|between]

writes WORK/frames/*.jpg, WORK/labels/*.json and WORK/training.txt (one SHA-256 of a source file per line). Parts `more` and
`further` add other moments and other stills to a WORK that has the main part. Part `between` is three further moments of
each clip: on them the scores are set, not on what is held back.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Literal, get_args

import cv2
import numpy as np
import numpy.typing as npt

from models.training.common import VIDEO_SUFFIXES, Image, area, duration, frames_at, intersection, iou, read_image, sha256
from models.training.street_detect import GROUPS, Detector, Found
from models.training.street_sources import CAR, SOURCES, SPARE, Source

BY_EYE = Path(__file__).parent / "labels" / "by_eye"
"""Labels made by eye where the teacher fails, in the dark and in rain; they stand in for its own."""
LABEL_FLOOR = 0.3
"""At and above this score of the teacher a box is a label; between 0.15 and it the place is ignored."""
IGNORE_FLOOR = 0.15
PAIR_FLOOR = 0.2
"""A motorcycle below a labelled rider, or a rider above a labelled two-wheeler, is a label from this score."""


Part = Literal["main", "more", "further", "between"]
Labels = dict[str, list[list[float]]]
"""Rows [class, x1, y1, x2, y2, score] in pixels, as `objects` and `ignore`."""


def pictures(data: Path, source: Source, part: Part = "main") -> Iterator[tuple[Path, float | None, Image]]:
    """Yield (file, second or None, picture), evenly spread; nearly black frames are left out.

    No moment of a clip and no still is in two parts; `between` has no stills.

    Raises:
        FileNotFoundError: The pattern finds nothing below `data`.
    """
    files = sorted(p for p in data.glob(source.pattern) if not any(name in p.stem for name in source.without))
    if source.folds:
        files = [file for file in files if folds(data).get(str(file.relative_to(data / "plates"))) in source.folds]
    if not files:
        raise FileNotFoundError(f"{data}: no file {source.pattern}")
    if files[0].suffix in VIDEO_SUFFIXES:
        moments = places(source.count, part) * duration(files[0]) / source.count
        for second, image in frames_at(files[0], [round(float(moment), 2) for moment in moments]):
            if image.mean() > 8:
                yield files[0], second, image
        return
    chosen = {files[index] for index in _spread(len(files), source.count)}
    others = [file for file in files if file not in chosen]
    more = [others[i] for i in _spread(len(others), source.count)]
    rest = [file for file in others if file not in more] if source.further else []
    spare = rest[::SPARE] if source.count else []
    further = [file for file in rest if file not in spare]
    taken = {"main": sorted(chosen), "more": more, "further": further, "between": []}
    for file in taken[part]:
        yield file, None, read_image(file)


@cache
def folds(data: Path) -> dict[str, str]:
    """Return the fold of each picture with a plate, by its path below `plates`."""
    with (data / "plates" / "texts.csv").open(encoding="utf-8", newline="") as stream:
        return {row["image"]: row["cv_fold"] for row in csv.DictReader(stream)}


def places(count: int, part: Part) -> npt.NDArray[np.float64]:
    """Return the moments of a part in units of the clip's length over `count`: halves for `main`, integers else."""
    between = np.linspace(0, count, 5)[1:4].round()
    whole: npt.NDArray[np.float64] = np.arange(1, count, dtype=np.float64)
    places: npt.NDArray[np.float64] = {
        "main": np.arange(count, dtype=np.float64) + 0.5,
        "more": whole[~np.isin(whole, between)],
        "further": np.zeros(0),
        "between": between.astype(np.float64),
    }[part]
    return places


def _spread(length: int, count: int) -> list[int]:
    """Return at most `count` places, evenly spread over a list of `length`."""
    if not length:
        return []
    return [int(i) for i in np.unique(np.linspace(0, length - 1, min(count, length)).round())]


def name_of(digest: str, second: float | None) -> str:
    """Return the name of a picture's label file without suffix: hash of the source, and the second of a frame."""
    return digest if second is None else f"{digest}@{second:.2f}"


def label(detector: Detector, image: Image, source: Source) -> Labels:
    """Return the teacher's boxes, each [class, x1, y1, x2, y2, score], as `objects` and `ignore`."""
    found = detector.tiled(image, full=source.full, tiles=source.tiles, floor=IGNORE_FLOOR)
    found = within(found, source, (image.shape[1], image.shape[0]))
    found = found.where(~drivers(found))
    if source.one_vehicle:
        found = replace(found, classes=np.where(GROUPS[found.classes] == GROUPS[CAR], CAR, found.classes))
    certain = found.scores >= LABEL_FLOOR
    certain |= (found.scores >= PAIR_FLOOR) & paired(found, certain)
    rows = [
        [float(kind), *(round(float(value), 1) for value in box), round(float(score), 3)]
        for kind, box, score in zip(found.classes, found.boxes, found.scores, strict=True)
    ]
    ignore = [row for row, sure in zip(rows, certain, strict=True) if not sure]
    if not source.complete:
        ignore.append([0, 0, 0, float(image.shape[1]), float(image.shape[0]), 0])
    return {"objects": [row for row, sure in zip(rows, certain, strict=True) if sure], "ignore": ignore}


def within(found: Found, source: Source, size: tuple[int, int]) -> Found:
    """Return the detections of a picture of `size` (width, height) that the source's known errors leave."""
    found = found.where(np.isin(found.classes, source.only))
    centre = (found.boxes[:, :2] + found.boxes[:, 2:]) / 2 / size
    for x1, y1, x2, y2 in source.empty:
        inside = np.logical_and.reduce((centre >= (x1, y1)) & (centre <= (x2, y2)), axis=1)
        found, centre = found.where(~inside), centre[~inside]
    return without_halves(found) if source.close else found


def without_halves(found: Found) -> Found:
    """Return the detections without vehicles that lie by more than 0.6 in a larger vehicle's box."""
    vehicle = GROUPS[found.classes] == GROUPS[CAR]
    size = area(found.boxes)
    within = intersection(found.boxes, found.boxes) > 0.6 * size[:, None]
    half = within & (size[None] > 1.15 * size[:, None]) & vehicle[:, None] & vehicle[None]
    return found.where(~half.any(axis=1))


def by_eye(name: str) -> Labels | None:
    """Return the labels that a person gave the picture `name`, if there are any."""
    file = BY_EYE / f"{name}.json"
    if not file.exists():
        return None
    record = json.loads(file.read_text())
    return {
        "objects": [[*row, 1.0] for row in record["objects"]],
        "ignore": [[0.0, *row, 1.0] for row in record["ignore"]],
    }


def drivers(found: Found) -> npt.NDArray[np.bool_]:
    """Mark people whose box is that of a vehicle: the vehicle itself, named twice, (N,)."""
    group = GROUPS[found.classes]
    same = (iou(found.boxes, found.boxes) > 0.6) & (group[:, None] == 0) & (group[None] == 2)
    result: npt.NDArray[np.bool_] = same.any(axis=1)
    return result


def paired(found: Found, certain: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Mark people and two-wheelers that sit right above, or below, a certain one of the other group, (N,)."""
    group = GROUPS[found.classes]
    centre = (found.boxes[:, :2] + found.boxes[:, 2:]) / 2
    size = found.boxes[:, 2:] - found.boxes[:, :2]
    beside = np.abs(centre[:, None, 0] - centre[None, :, 0]) < 0.4 * np.maximum(size[:, None, 0], size[None, :, 0])
    lower = centre[None, :, 1] - centre[:, None, 1]  # how far the column's box lies below the row's
    common = intersection(found.boxes, found.boxes) > 0.1 * np.minimum(area(found.boxes)[:, None], area(found.boxes))
    rider_of = (group[:, None] == 0) & (group[None] == 1) & beside & common & (lower > 0)
    result: npt.NDArray[np.bool_] = (rider_of & certain[None]).any(axis=1) | (rider_of & certain[:, None]).any(axis=0)
    return result


def main() -> None:
    """Label every source and write the list of training files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("teacher", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--part", choices=get_args(Part), default="main")
    arguments = parser.parse_args()
    detector = Detector(arguments.teacher)
    for folder in ("frames", "labels"):
        (arguments.work / folder).mkdir(parents=True, exist_ok=True)
    digests: set[str] = set()
    for source in SOURCES:
        count = 0
        for path, second, image in pictures(arguments.data, source, arguments.part):
            digest = sha256(path)
            digests.add(digest)
            name = name_of(digest, second)
            target = arguments.work / "labels" / f"{name}.json"
            if not target.exists():
                cv2.imwrite(str(arguments.work / "frames" / f"{name}.jpg"), image, [cv2.IMWRITE_JPEG_QUALITY, 95])
                record = {"file": str(path.relative_to(arguments.data)), "second": second}
                target.write_text(json.dumps(record | (by_eye(name) or label(detector, image, source))))
            count += 1
        print(f"{source.pattern}: {count} pictures", flush=True)
    listed = arguments.work / "training.txt"
    digests |= set(listed.read_text().split()) if arguments.part in ("more", "further") else set()
    listed.write_text("".join(f"{digest}\n" for digest in sorted(digests)))


if __name__ == "__main__":
    main()
