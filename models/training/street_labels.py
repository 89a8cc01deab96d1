"""Make the training pictures of the street detector: frames of clips and stills, labelled by a tiled teacher.

    python -m models.training.street_labels DATA TEACHER.onnx WORK [--part main|more|between]

writes WORK/frames/*.jpg, WORK/labels/*.json and WORK/training.txt (one SHA-256 of a source file per line). Part `more`
adds other moments and other stills to a WORK that has the main part. Part `between` is three further moments of each
clip: on them the scores are set, not on what is held back.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

import cv2
import numpy as np
import numpy.typing as npt

from models.training.common import VIDEO_SUFFIXES, Image, area, duration, frames_at, intersection, iou, read_image, sha256
from models.training.street_detect import GROUPS, Detector, Found

BY_EYE = Path(__file__).parent / "labels" / "by_eye"
"""Labels made by eye where the teacher fails, in the dark and in rain; they stand in for its own."""
LABEL_FLOOR = 0.3
"""At and above this score of the teacher a box is a label; between 0.15 and it the place is ignored."""
IGNORE_FLOOR = 0.15
CAR = 3
PAIR_FLOOR = 0.2
"""A motorcycle below a labelled rider, or a rider above a labelled two-wheeler, is a label from this score."""


Part = Literal["main", "more", "between"]
Labels = dict[str, list[list[float]]]
"""Rows [class, x1, y1, x2, y2, score] in pixels, as `objects` and `ignore`."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """Pictures or clips to take: a glob below the data folder, how many pictures in all, how the teacher looks."""

    pattern: str
    count: int
    full: int = 1280
    tiles: int = 3
    without: tuple[str, ...] = ()
    """Parts of names that are held back."""
    empty: tuple[tuple[float, float, float, float], ...] = ()
    """Parts of the picture, x1, y1, x2, y2 in 0..1, where the teacher was seen to err: boxes centred there go."""
    only: tuple[int, ...] = (0, 1, 2, 3, 4, 5)
    """Classes, by their place in `street_model.LABELS`, that the source was seen to show; other boxes go."""
    one_vehicle: bool = False
    """True where all vehicles were seen to be cars, whatever the teacher calls them."""
    complete: bool = True
    """False where the teacher was seen to miss what is in plain sight: outside its boxes nothing is demanded then."""


TEST_CAMERAS = ("via_parque", "silveira_martins", "lombardi505", "brt_parque", "vinicius")
HANOI_TEST = ("_03", "_07", "_11", "_14")

SOURCES = (
    Source(pattern="traffic/vn_scenes/*.jpg", count=14, without=HANOI_TEST),
    Source(pattern="crowd/shanghai_b/images/train_*.jpg", count=16),
    Source(pattern="traffic/videos/ahmetozlu_input_video.mp4", count=22, tiles=2),
    Source(pattern="traffic/videos/bgslibrary_video.avi", count=12, tiles=2, only=(3, 4, 5)),
    Source(pattern="traffic/videos/bgslibrary_video02.avi", count=22, full=960, tiles=2),
    Source(pattern="traffic/videos/intel_car-detection.mp4", count=14, tiles=2, only=(3, 4, 5)),
    Source(pattern="traffic/videos/vn_parked_motorbikes.mp4", count=24, tiles=2, only=(2,)),
    Source(pattern="crowd/videos/opencv4nodejs_people.mp4", count=22, tiles=2),
    Source(pattern="crowd/videos/visionguard_fall_gathering.mp4", count=10, tiles=2),
    Source(
        pattern="parking/videos/nasrfathy_parking.mp4",
        count=40,
        tiles=2,
        only=(0, 3, 4, 5),
        one_vehicle=True,
        empty=((0, 0, 0.93, 0.51), (0, 0, 0.7, 0.6)),  # a building site: railings and a container, no vehicle
    ),
    Source(pattern="parking/videos/ltb2k_double_parking.mp4", count=20, tiles=2, one_vehicle=True),
    Source(pattern="fire/videos/neg_vahicles3.mp4", count=30, tiles=2, only=(3, 4, 5)),
    Source(pattern="fire/videos/neg_fence1.mp4", count=10, full=640, tiles=2, only=(0,), complete=False),
    Source(pattern="fire/videos/l0kxh_fire3_pump.mp4", count=24, full=960, tiles=2, only=(0, 2)),
    Source(pattern="fire/videos/sukhit_workshop_fire.mp4", count=12, full=960, tiles=2, only=(0, 3, 4, 5), one_vehicle=True),
    Source(pattern="fire/videos/furg_house6.mp4", count=4, full=640, tiles=1),
    Source(pattern="fire/videos/besir_wildfire.mp4", count=5, full=960, tiles=1),
    Source(pattern="fire/videos/punpayut_smoke.mp4", count=4, full=960, tiles=1),
    Source(pattern="flood/videos/smurfs_room_flood.mp4", count=5, full=960, tiles=1),
    Source(pattern="fire/dfire_negatives/images/*", count=8, full=960, tiles=1),
    Source(pattern="fire/abonia/images/*", count=50, full=960, tiles=2, complete=False),
    Source(pattern="flood/octa_tiles/images/*", count=73, full=960, tiles=2, without=TEST_CAMERAS, complete=False),
    Source(pattern="flood/duyle/images/*", count=110, full=640, tiles=1, complete=False),
    Source(pattern="flood/falak/images/*", count=20, full=960, tiles=2, complete=False),
)


def pictures(data: Path, source: Source, part: Part = "main") -> Iterator[tuple[Path, float | None, Image]]:
    """Yield (file, second or None, picture), evenly spread; nearly black frames are left out.

    No moment of a clip and no still is in two parts; `between` has no stills.

    Raises:
        FileNotFoundError: The pattern finds nothing below `data`.
    """
    files = sorted(p for p in data.glob(source.pattern) if not any(name in p.stem for name in source.without))
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
    taken = {"main": sorted(chosen), "more": [others[i] for i in _spread(len(others), source.count)], "between": []}
    for file in taken[part]:
        yield file, None, read_image(file)


def places(count: int, part: Part) -> npt.NDArray[np.float64]:
    """Return the moments of a part in units of the clip's length over `count`: halves for `main`, integers else."""
    between = np.linspace(0, count, 5)[1:4].round()
    whole: npt.NDArray[np.float64] = np.arange(1, count, dtype=np.float64)
    places: npt.NDArray[np.float64] = {
        "main": np.arange(count, dtype=np.float64) + 0.5,
        "more": whole[~np.isin(whole, between)],
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
    return found


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
    digests |= set(listed.read_text().split()) if arguments.part == "more" else set()
    listed.write_text("".join(f"{digest}\n" for digest in sorted(digests)))


if __name__ == "__main__":
    main()
