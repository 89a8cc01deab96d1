"""Detection on overlapping tiles, for crowded pictures in which people are too small for one pass.

The idea is that of slicing aided hyper inference (Akyon et al., ICIP 2022): every part of the picture is seen once at a
higher resolution, the whole once as it is, and the results are merged.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ioc.core.errors import ModelError
from ioc.core.types import Detection
from models.yolo import Raw, StreetDetector, check_picture, suppress, to_detections

EDGE = 3.0
"""A box that ends within so many pixels of a tile's inner border is taken as cut."""
LARGEST = 0.5
"""A box that fills more of its tile's height is left to the whole picture: a tile shows such people without head or feet."""
INSIDE = 0.7
"""Share of its area from which on one body's box lies in another's."""


def tile_corners(width: int, height: int, k: int, overlap: float) -> list[tuple[int, int, int, int]]:
    """``k`` x ``k`` tiles (x1, y1, x2, y2) in pixels that cover the picture; neighbours share ``overlap`` of their side."""
    if k < 1 or not 0.0 <= overlap < 1.0:
        raise ModelError(f"tiles need k >= 1 and an overlap in 0..1, got {k} and {overlap}")

    def spans(length: int) -> list[tuple[int, int]]:
        side = min(length, int(np.ceil(length / (k - (k - 1) * overlap))))
        return [(start := round(i * (length - side) / max(1, k - 1)), start + side) for i in range(k)]

    return [(x1, y1, x2, y2) for y1, y2 in spans(height) for x1, x2 in spans(width)]


def is_cut(boxes: NDArray[np.float32], tile: tuple[int, int, int, int], width: int, height: int) -> NDArray[np.bool_]:
    """Which boxes, (n, 4) in pixels of the picture, end at a border of the tile that is no border of the picture."""
    x1, y1, x2, y2 = tile
    cut = np.zeros(len(boxes), np.bool_)
    for column, border, inner in ((0, x1, x1 > 0), (1, y1, y1 > 0), (2, x2, x2 < width), (3, y2, y2 < height)):
        if inner:
            cut |= np.abs(boxes[:, column] - border) <= EDGE
    return cut


def merge(found: Raw, cut: NDArray[np.bool_], groups: Sequence[int], *, iou: float, covered: float = 0.5) -> Raw:
    """One detection for each object seen in several tiles.

    Whole boxes are suppressed as usual. A cut box stays only where no whole box, and no larger cut one, of its group holds
    more than ``covered`` of its area: then the object was seen in parts alone.
    """
    whole = suppress(found.take(~cut), groups, iou=iou)
    parts = found.take(cut)
    kinds = np.asarray(groups)
    boxes, kept_kinds = list(whole.boxes), list(kinds[whole.classes])
    kept: list[int] = []
    area = np.prod(parts.boxes[:, 2:] - parts.boxes[:, :2], axis=1)
    for i in np.argsort(-area, kind="stable").tolist():
        rivals = np.array([b for b, kind in zip(boxes, kept_kinds, strict=True) if kind == kinds[parts.classes[i]]])
        if area[i] <= 0 or (len(rivals) and _shared(parts.boxes[i], rivals).max() > covered * area[i]):
            continue
        kept.append(i)
        boxes.append(parts.boxes[i])
        kept_kinds.append(kinds[parts.classes[i]])
    rest = parts.take(np.array(kept, np.intp))
    return _join([whole, rest])


def without_parts(found: Raw, upright: NDArray[np.bool_]) -> Raw:
    """Each person once: of two upright boxes, one in the other, of which one shows no body of its own, the surer stays.

    ``upright`` says which detections are people. The inner box is a part of the outer one's body if it has much of its width
    and either the same middle (a bust) or begins well below its head (a trunk, legs). Somebody behind stands aside.
    """
    order = np.argsort(-found.scores, kind="stable")
    kept: list[int] = []
    for i in order.tolist():
        rivals = found.boxes[[j for j in kept if upright[j]]] if upright[i] else found.boxes[:0]
        if not len(rivals) or not _part_of_one(found.boxes[i], rivals).any():
            kept.append(i)
    return found.take(np.array(kept, np.intp))


def _part_of_one(box: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Whether ``box`` and each other one show one body."""
    sizes = others[:, 2:] - others[:, :2]
    width, height = box[2] - box[0], box[3] - box[1]
    area, areas = width * height, np.prod(sizes, axis=1)
    inner_is_box = area < areas
    outer_width = np.where(inner_is_box, sizes[:, 0], width)
    outer_height = np.where(inner_is_box, sizes[:, 1], height)
    share = np.where(inner_is_box, width, sizes[:, 0]) / outer_width
    below = np.where(inner_is_box, box[1] - others[:, 1], others[:, 1] - box[1]) / outer_height
    aside = np.abs((others[:, 0] + others[:, 2]) - (box[0] + box[2])) / 2 / outer_width
    inside = _shared(box, others) > INSIDE * np.minimum(area, areas)
    part: NDArray[np.bool_] = inside & (((share > 0.4) & (aside < 0.35)) | ((share > 0.3) & (below > 0.35)))
    return part


def _shared(box: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """Areas of the overlaps of one box with each other one, in pixels."""
    w = np.minimum(box[2], others[:, 2]) - np.maximum(box[0], others[:, 0])
    h = np.minimum(box[3], others[:, 3]) - np.maximum(box[1], others[:, 1])
    shared: NDArray[np.float32] = np.maximum(w, 0) * np.maximum(h, 0)
    return shared


def _join(parts: Sequence[Raw]) -> Raw:
    return Raw(
        np.concatenate([p.boxes for p in parts]),
        np.concatenate([p.scores for p in parts]),
        np.concatenate([p.classes for p in parts]),
    )


class TiledDetector:
    """A street detector that looks at the whole picture and at ``k`` x ``k`` tiles of it: ``k * k + 1`` runs a picture."""

    def __init__(self, detector: StreetDetector, *, k: int = 2, overlap: float = 0.2, iou: float = 0.6) -> None:
        """``overlap`` is the share of their side that neighbours have in common. Raises ModelError if it cannot be."""
        tile_corners(1, 1, k, overlap)
        self._detector = detector
        self._k = k
        self._overlap = overlap
        self._iou = iou

    @property
    def labels(self) -> Sequence[str]:
        """Every label it can give."""
        return self._detector.labels

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        """Objects in a uint8 (H, W, 3) BGR picture; boxes in 0..1. Raises ModelError or InputError."""
        check_picture(image)
        height, width = image.shape[:2]
        parts = [self._detector.candidates(image)]
        cuts = [np.zeros(len(parts[0]), np.bool_)]
        for tile in tile_corners(width, height, self._k, self._overlap):
            x1, y1, x2, y2 = tile
            raw = self._detector.candidates(image[y1:y2, x1:x2])
            raw = Raw(raw.boxes + np.array((x1, y1, x1, y1), np.float32), raw.scores, raw.classes)
            raw = raw.take(raw.boxes[:, 3] - raw.boxes[:, 1] <= LARGEST * (y2 - y1))
            raw = suppress(raw, self._detector.groups, iou=self._iou)
            parts.append(raw)
            cuts.append(is_cut(raw.boxes, tile, width, height))
        found = merge(_join(parts), np.concatenate(cuts), self._detector.groups, iou=self._iou)
        people = np.array([label == "person" for label in self.labels], bool)[found.classes]
        return to_detections(without_parts(found, people), self._detector.labels, width, height)
