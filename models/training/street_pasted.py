"""People cut out of other pictures, set small into street scenes: exact boxes before every background.

The cut-outs are those of `models.training.density_cutouts`; only people who stand upright are used.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from models.training.common import Boxes, area, intersection
from models.training.density_people import LEFT_OUT, OF_CLIP
from models.training.street_crops import Scene

Cut = npt.NDArray[np.uint8]
"""(H, W, 4): BGR and mask of one person, cut to the mask."""
PERSON = 0
UPRIGHT = 2.05
"""Least height of a cut-out in units of its width; riders and people cut at the belt are wider."""
LARGEST_HEAD = 0.24
"""Greatest height of the head in units of the cut-out's: above it the legs are missing."""
HEIGHTS = (0.032, 0.115)
"""Height of pasted people in units of the picture's, or of 0.56 of its width where that is more."""
MOST_HIDDEN = 0.12
"""How much of a person may lie over a labelled object, as a share of the smaller of the two."""


def load_cuts(folder: Path) -> list[Cut]:
    """Return the upright people of a folder of cut-outs, at most `OF_CLIP` of one clip."""
    found: list[Cut] = []
    taken: dict[str, int] = {}
    for number, entry in enumerate(json.loads((folder / "index.json").read_text(encoding="utf-8"))):
        source = entry["source"]
        if number in LEFT_OUT or (source.endswith(".mp4") and taken.get(source, 0) >= OF_CLIP):
            continue
        taken[source] = taken.get(source, 0) + 1
        image: Any = cv2.imread(str(folder / entry["file"]), cv2.IMREAD_UNCHANGED)
        rows, columns = (np.flatnonzero((image[..., 3] > 90).any(axis=axis)) for axis in (1, 0))
        if not len(rows):
            continue
        cut: Cut = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        if cut.shape[0] >= UPRIGHT * cut.shape[1] and entry["head"][2] <= LARGEST_HEAD * cut.shape[0]:
            found.append(cut)
    return found


def pasted(scene: Scene, cuts: Sequence[Cut], rng: np.random.Generator) -> Scene:
    """Return `scene` with one to six people of about one height, mostly near one another, none over a labelled object."""
    height, width = scene.image.shape[:2]
    image, boxes = scene.image.copy(), scene.boxes
    size = rng.uniform(*HEIGHTS) * max(height, 0.56 * width)
    centre = rng.uniform((0.05 * width, 0.35 * height), (0.95 * width, 0.97 * height))
    for _ in range(int(rng.integers(1, 7))):
        cut = cuts[int(rng.integers(len(cuts)))]
        tall = max(8.0, size * rng.uniform(0.85, 1.2))
        wide = max(3.0, tall * cut.shape[1] / cut.shape[0] * rng.uniform(0.9, 1.1))
        beside = rng.random() < 0.6
        x, y = rng.normal(centre, (3 * tall, 0.7 * tall)) if beside else rng.uniform((0, 0.35 * height), (width, height))
        box = np.array([[x - wide / 2, y - tall, x + wide / 2, y]], np.float32).round()
        if (box[0, :2] >= 0).all() and box[0, 2] <= width and box[0, 3] <= height and _free(box, boxes):
            _paste(image, cut, box[0].astype(int), rng)
            boxes = np.concatenate([boxes, box])
    kinds = np.concatenate([scene.classes, np.full(len(boxes) - len(scene.boxes), PERSON, np.int64)])
    return replace(scene, image=image, boxes=boxes, classes=kinds)


def _free(box: Boxes, boxes: Boxes) -> bool:
    """Return whether one box (1, 4) lies over none of the others."""
    return not (intersection(box, boxes) > MOST_HIDDEN * np.minimum(area(box)[:, None], area(boxes))).any()


def _paste(image: npt.NDArray[np.uint8], cut: Cut, box: npt.NDArray[np.int_], rng: np.random.Generator) -> None:
    """Draw the cut-out into a box of the image, in the light and the tint of the place, perhaps with a shadow."""
    x1, y1, x2, y2 = (int(value) for value in box)
    turned: Any = cut if rng.random() < 0.5 else cut[:, ::-1]
    small = cv2.resize(turned, (x2 - x1, y2 - y1), interpolation=cv2.INTER_AREA).astype(np.float32)
    person, mask = small[..., :3], small[..., 3:] / 255
    mean = (person * mask).sum(axis=(0, 1)) / max(float(mask.sum()), 1.0)
    place = image[max(0, y1 - 8) : y2 + 8, max(0, x1 - 8) : x2 + 8].mean(axis=(0, 1))
    person = (person - mean) * rng.uniform(0.7, 1.0) + mean
    person *= 1 + rng.uniform(0, 0.5) * ((place.mean() + 40) / (mean.mean() + 40) - 1)
    person *= 1 + 0.3 * (place / max(place.mean(), 1) - 1)
    if rng.random() < 0.5:
        tall = y2 - y1
        feet = image[y2 - max(1, int(0.05 * tall)) : y2 + max(1, int(0.06 * tall)), x1:x2]
        feet[:] = (feet * rng.uniform(0.6, 0.9)).astype(np.uint8)
    behind = image[y1:y2, x1:x2].astype(np.float32)
    image[y1:y2, x1:x2] = np.clip(person * mask + behind * (1 - mask), 0, 255).astype(np.uint8)
