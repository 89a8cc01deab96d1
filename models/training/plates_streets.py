"""Streets for the plate finder: frames and stills in which it saw plates that are none, the true ones marked by eye.

    python -m models.training.plates_streets DATA FINDER.onnx STREETS.npz

``plates_streets.json`` beside this file holds, by the SHA-256 of a picture (and the second of a clip's frame), the boxes of
true plates and those of which no one could say; the latter are covered with grey. Everything else that FINDER marks from
0.2 on is a place where it errs: training looks there more often. Pictures without such a place are kept one in four.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from ioc.core.types import Detection
from models.plate_finder import PlateFinder
from models.session import Session
from models.training.common import VIDEO_SUFFIXES, Image, duration, frames_at, iou, read_image, sha256
from models.training.plates_pictures import cover, load_labelled, marked_by_eye

STILLS = (
    "traffic/vn_scenes/*.jpg", "crowd/shanghai_b/images/*", "parking/pklot_backgrounds/**/*.jpg",
    "flood/octa_tiles/images/*", "flood/duyle/images/*", "flood/falak/images/*", "fire/abonia/images/*",
    "fire/dfire_negatives/images/*",
)  # fmt: skip
CLIPS = (
    "traffic/videos/ahmetozlu_input_video.mp4", "traffic/videos/bgslibrary_video.avi",
    "traffic/videos/bgslibrary_video02.avi", "traffic/videos/intel_car-detection.mp4",
    "crowd/videos/opencv4nodejs_people.mp4",
    "crowd/videos/visionguard_fall_gathering.mp4", "parking/videos/*.mp4", "fire/videos/*.mp4", "flood/videos/*.mp4",
)  # fmt: skip
HELD_BACK_CLIPS = (
    "traffic/videos/kraten_cars.mp4", "traffic/videos/opencv4nodejs_traffic.mp4", "crowd/videos/yvpsr_people.mp4",
    "waste/videos/*.mp4",
)  # fmt: skip
HELD_BACK_NAMES = ("hanoi_junction_03", "hanoi_junction_07", "hanoi_junction_11", "hanoi_junction_14")
"""With the clips above and every fifth picture of ``EVERY_FIFTH``: never trained on, to choose by."""
EVERY_FIFTH = ("flood/duyle",)
MOMENTS = 24
"""Frames taken of a clip."""
WIDEST = 1280
FAINT = 0.2
"""Confidence of the finder from which a place counts as one where it errs."""


NOTHING = np.zeros((0, 4), np.float32)


class Finder(Protocol):
    """What is needed of a plate finder."""

    def find(self, image: Image) -> list[Detection]:
        """Plates of a picture, boxes in 0..1."""
        ...


@dataclass(frozen=True, slots=True)
class Street:
    """A picture with its true plates and the places where a finder erred."""

    name: str
    image: Image
    plates: NDArray[np.float32]
    """(n, 4): x1, y1, x2, y2 in pixels."""
    errors: NDArray[np.float32]
    """(m, 4): the same."""


def sources(data: Path, *, held_back: bool) -> Iterator[Path]:
    """Yield the stills, then the clips, that are trained on or that are held back."""
    for pattern in STILLS:
        files = sorted(path for path in data.glob(pattern) if path.suffix.lower() in {".jpg", ".jpeg", ".png"})
        fifth = pattern.startswith(EVERY_FIFTH)
        for number, path in enumerate(files):
            if (path.stem in HELD_BACK_NAMES or (fifth and number % 5 == 0)) == held_back:
                yield path
    for pattern in HELD_BACK_CLIPS if held_back else CLIPS:
        yield from sorted(path for path in data.glob(pattern) if path.suffix in VIDEO_SUFFIXES)


def pictures(data: Path, *, held_back: bool) -> Iterator[tuple[str, str, Image]]:
    """Yield (name relative to the data, key of its labels, picture) of the sources, nearly black frames left out."""
    for path in sources(data, held_back=held_back):
        name, digest = str(path.relative_to(data)), sha256(path)
        if path.suffix not in VIDEO_SUFFIXES:
            yield name, digest, read_image(path)
            continue
        length = duration(path)
        moments = [round((i + 0.5) * length / MOMENTS, 2) for i in range(MOMENTS)]
        for second, image in frames_at(path, moments):
            if image.mean() > 8:
                yield f"{name}@{second:.2f}", f"{digest}@{second:.2f}", image


def mine(data: Path, finder: Finder, *, held_back: bool = False, every: int = 4) -> Iterator[Street]:
    """Yield the streets with what the finder errs on; of pictures without plates and errors one in `every`."""
    known = marked_by_eye()
    for number, (name, key, image) in enumerate(pictures(data, held_back=held_back)):
        plates, doubtful = known.get(key, (NOTHING, NOTHING))
        image = cover(image, doubtful)
        scale = min(1.0, WIDEST / image.shape[1])
        if scale < 1:
            image = np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
        street = Street(name, image, plates * scale, errors(finder, image, plates * scale))
        if len(street.plates) or len(street.errors) or number % every == 0:
            yield street


def mine_labelled(data: Path, finder: Finder, folds: frozenset[int]) -> Iterator[Street]:
    """Yield the labelled pictures of cars of some folds on which the finder errs: emblems, lamps, lettering."""
    for item in load_labelled(data, folds):
        if "openalpr" in str(item.path):
            wrong = errors(finder, item.image, item.boxes)
            if len(wrong):
                yield Street(str(item.path.relative_to(data)), item.image, item.boxes, wrong)


def errors(finder: Finder, image: Image, plates: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what the finder takes for plates and is none, (n, 4) in pixels."""
    height, width = image.shape[:2]
    seen = [np.array(d.box.as_tuple()) * (width, height, width, height) for d in finder.find(image)]
    found = np.array(seen, np.float32).reshape(-1, 4)
    wrong: NDArray[np.float32] = found[iou(found, plates).max(axis=1, initial=0) < 0.3]
    return wrong


def save(streets: list[Street], path: Path) -> None:
    """Write the streets, pictures as JPEG of quality 95."""
    codes = [cv2.imencode(".jpg", s.image, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes() for s in streets]
    rows = [{"name": s.name, "plates": s.plates.tolist(), "errors": s.errors.tolist()} for s in streets]
    offsets = np.cumsum([0, *map(len, codes)])
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, codes=np.frombuffer(b"".join(codes), np.uint8), offsets=offsets, rows=np.array(json.dumps(rows)))


def load(path: Path) -> list[Street]:
    """Return the streets that :func:`save` wrote."""
    stored = np.load(path)
    codes, offsets = stored["codes"], stored["offsets"]
    streets = []
    for number, row in enumerate(json.loads(str(stored["rows"]))):
        image = np.asarray(cv2.imdecode(codes[offsets[number] : offsets[number + 1]], cv2.IMREAD_COLOR), np.uint8)
        plates, errors = (np.array(row[kind], np.float32).reshape(-1, 4) for kind in ("plates", "errors"))
        streets.append(Street(row["name"], image, plates, errors))
    return streets


def main() -> None:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("finder", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--held-back", action="store_true", help="what is never trained on, to choose by")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    finder = PlateFinder(Session(options.finder), confidence=FAINT)
    streets = list(mine(options.data, finder, held_back=options.held_back, every=1 if options.held_back else 4))
    if not options.held_back:
        streets += mine_labelled(options.data, finder, frozenset({2, 3, 4}))
    save(streets, options.target)
    plates, errors = (
        sum(len(boxes) for boxes in kind) for kind in zip(*((s.plates, s.errors) for s in streets), strict=True)
    )
    print(f"{len(streets)} streets, {plates} plates, {errors} errors")


if __name__ == "__main__":
    main()
