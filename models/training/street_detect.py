"""One-pass and tiled detection with an ONNX street detector: the teacher, and the yardstick of the figures."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime

from models.training.common import Boxes, Image, area, intersection, iou

GROUPS = np.array([0, 1, 1, 2, 2, 2])
"""Group of each class: a car and a truck at one place are one vehicle; a rider and the motorcycle are two objects."""
GREY = 114


@dataclass(frozen=True, kw_only=True)
class Found:
    """Detections of one picture: boxes (N, 4) in its pixels, classes (N,), scores (N,) in 0..1, best first."""

    boxes: Boxes
    classes: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float32]

    def where(self, keep: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> Found:
        """Return the chosen detections."""
        return Found(boxes=self.boxes[keep], classes=self.classes[keep], scores=self.scores[keep])


class Detector:
    """Runs an ONNX file whose input and output are as `models.training.street_model.export_onnx` says."""

    def __init__(self, weights: Path, *, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])

    def once(self, image: Image, size: int, *, floor: float = 0.15, flip: bool = False) -> Found:
        """Detect in one pass with the long side scaled to `size` pixels, padded to a multiple of 32."""
        height, width = image.shape[:2]
        scale = size / max(height, width)
        inner = (max(1, round(width * scale)), max(1, round(height * scale)))
        small = cv2.resize(image, inner, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
        canvas = np.full((-(-inner[1] // 32) * 32, -(-inner[0] // 32) * 32, 3), GREY, np.uint8)
        canvas[: inner[1], : inner[0]] = small[:, ::-1] if flip else small
        tensor = canvas[None, :, :, ::-1].transpose(0, 3, 1, 2).astype(np.float32) / 255
        rows = self._session.run(None, {"images": tensor})[0][0].T
        rows = rows[rows[:, 4:].max(axis=1) >= floor]
        boxes = np.concatenate([rows[:, :2] - rows[:, 2:4] / 2, rows[:, :2] + rows[:, 2:4] / 2], axis=1)
        if flip:
            boxes[:, [0, 2]] = inner[0] - boxes[:, [2, 0]]
        boxes = np.clip(boxes / scale, 0, [width, height, width, height]).astype(np.float32)
        found = Found(boxes=boxes, classes=rows[:, 4:].argmax(axis=1), scores=rows[:, 4:].max(axis=1))
        return suppress(found, 0.6)

    def tiled(self, image: Image, *, full: int, tiles: int, size: int = 640, floor: float = 0.15) -> Found:
        """Detect in the whole picture at `full` pixels, mirrored too, and in `tiles` by `tiles` parts.

        Neighbouring parts overlap by a fifth of their side. They add what is small in them; what fills two fifths of
        a part is left to the whole picture, where no shoulder passes for a person.
        """
        height, width = image.shape[:2]
        parts = [self.once(image, full, floor=floor, flip=flip) for flip in (False, True)]
        for row, column in product(range(tiles if tiles > 1 else 0), repeat=2):
            x1, x2 = _span(column, tiles, width)
            y1, y2 = _span(row, tiles, height)
            found = self.once(image[y1:y2, x1:x2], size, floor=floor)
            small = (found.boxes[:, 2:] - found.boxes[:, :2]).max(axis=1, initial=0) < 0.4 * max(x2 - x1, y2 - y1)
            found = found.where(small & ~_cut(found.boxes, (x1, y1, x2, y2), (width, height)))
            shifted = (found.boxes + np.array([x1, y1, x1, y1], np.float32)).astype(np.float32)
            parts.append(Found(boxes=shifted, classes=found.classes, scores=found.scores))
        return suppress(join(parts), 0.5, inside=0.85)


def join(parts: list[Found]) -> Found:
    """Return all detections of several passes over one picture."""
    return Found(
        boxes=np.concatenate([part.boxes for part in parts]),
        classes=np.concatenate([part.classes for part in parts]),
        scores=np.concatenate([part.scores for part in parts]),
    )


def suppress(found: Found, overlap: float, *, inside: float | None = None) -> Found:
    """Greedy non-maximum suppression within each of `GROUPS`, best first.

    With `inside`, a vehicle that lies by more than that share within a better, larger one is dropped as its part.
    """
    found = found.where(np.argsort(-found.scores, kind="stable"))
    group = GROUPS[found.classes]
    clash = iou(found.boxes, found.boxes) > overlap
    if inside is not None:
        share = intersection(found.boxes, found.boxes) / np.maximum(area(found.boxes)[None], 1e-9)
        clash |= (share > inside) & (group > 0)[None]
    clash &= group[:, None] == group[None]
    kept = np.ones(len(found.scores), bool)
    for index in range(len(kept)):
        if kept[index]:
            kept[index + 1 :] &= ~clash[index, index + 1 :]
    return found.where(kept)


def _span(index: int, tiles: int, length: int) -> tuple[int, int]:
    side = length / (tiles - 0.2 * (tiles - 1))
    start = index * (length - side) / max(tiles - 1, 1)
    return round(start), min(length, round(start + side))


def _cut(boxes: Boxes, tile: tuple[int, int, int, int], size: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Mark boxes that touch an edge of the tile which is no edge of the picture: another pass sees them whole."""
    x1, y1, x2, y2 = tile
    width, height = size
    margin = 0.01 * max(x2 - x1, y2 - y1)
    marked: npt.NDArray[np.bool_] = (
        ((boxes[:, 0] < margin) & (x1 > 0))
        | ((boxes[:, 1] < margin) & (y1 > 0))
        | ((boxes[:, 2] > x2 - x1 - margin) & (x2 < width))
        | ((boxes[:, 3] > y2 - y1 - margin) & (y2 < height))
    )
    return marked
