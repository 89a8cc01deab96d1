"""YOLO detectors: pure pre- and post-processing, and :class:`StreetDetector` beside a thin session.

The network takes float32 (1, 3, H, W), RGB in 0..1, H and W any multiples of 32, and gives float32 (1, 4 + C, N): for each
of N anchors the box as centre x, centre y, width, height in input pixels, then a score for each of C classes (the head of
Ultralytics YOLOv8 and YOLO11).
"""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from ioc.core.errors import InputError, ModelError
from ioc.core.types import Box, Detection
from models.labels import group_of

STRIDE: Final = 32
"""Input sides are multiples of it: the coarsest grid of the network."""
GREY: Final = 114
"""Level of the border, as in training."""
LEAST: Final = 1.0
"""A box of fewer pixels in width or height lies in the border or is none."""


class Runner(Protocol):
    """What a detector needs of a session."""

    def run(self, array: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Outputs for one input array."""
        ...


@dataclass(frozen=True, slots=True)
class Letterbox:
    """How a picture lies in the network's input: scaled without distortion, centred, the rest grey. All in pixels."""

    source: tuple[int, int]
    """(width, height) of the picture."""
    size: tuple[int, int]
    """(width, height) of the input."""
    inner: tuple[int, int]
    """(width, height) of the scaled picture in it."""
    offset: tuple[int, int]
    """(x, y) of the scaled picture's top left corner."""

    @classmethod
    def fit(cls, width: int, height: int, longest: int) -> Letterbox:
        """The smallest input whose sides are multiples of 32 and hold the picture at ``longest`` pixels for its longer side.

        768x432 at 640 gives an input of 640x384, a third less work than the square.
        """
        if longest < STRIDE or longest % STRIDE:
            raise ModelError(f"the input's longest side must be a multiple of {STRIDE}, got {longest}")
        scale = longest / max(width, height)
        return cls.inside(width, height, (_up(round(width * scale)), _up(round(height * scale))))

    @classmethod
    def inside(cls, width: int, height: int, size: tuple[int, int]) -> Letterbox:
        """As large as the picture gets in an input of ``size`` (width, height), for networks that take no other."""
        scale = min(size[0] / width, size[1] / height)
        inner = (min(size[0], max(1, round(width * scale))), min(size[1], max(1, round(height * scale))))
        return cls((width, height), size, inner, ((size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2))


def _up(side: int) -> int:
    return max(1, math.ceil(side / STRIDE)) * STRIDE


def check_picture(image: NDArray[np.uint8]) -> None:
    """Raise :class:`InputError` unless ``image`` is a BGR picture: uint8 (H, W, 3) with H, W > 0."""
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8:
        kind = image.dtype if isinstance(image, np.ndarray) else type(image).__name__
        raise InputError(f"a picture must be uint8 (H, W, 3) in BGR, got {kind}")
    if image.ndim != 3 or image.shape[2] != 3:
        grey = image.ndim == 2 or image.shape[-1] == 1
        what = "a grey one" if grey else "one with an alpha channel" if image.shape[-1] == 4 else "an array"
        raise InputError(f"a picture must be uint8 (H, W, 3) in BGR, got {what} of shape {image.shape}")
    if 0 in image.shape:
        raise InputError(f"a picture must not be empty, got {image.shape}")


def stretched(image: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.float32]:
    """A uint8 (H, W, 3) BGR picture stretched to ``size``, (width, height): float32 (1, 3, height, width), RGB 0..1."""
    shrunk = size[0] < image.shape[1]
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA if shrunk else cv2.INTER_LINEAR)
    return np.ascontiguousarray(small[..., ::-1].transpose(2, 0, 1)[None], np.float32) / np.float32(255)


class Canvas:
    """Reusable memory for the inputs of one thread: a fresh array of 3 MB a frame would cost as much as the conversion."""

    def __init__(self) -> None:
        self._shape: tuple[int, int] | None = None
        self._bgr: NDArray[np.uint8]
        self._planes: list[NDArray[np.uint8]]
        self._input: NDArray[np.float32]

    def fill(self, image: NDArray[np.uint8], box: Letterbox) -> NDArray[np.float32]:
        """``image`` as float32 (1, 3, H, W), RGB in 0..1, laid out as ``box`` says; valid until the next call."""
        width, height = box.size
        if self._shape != (height, width):
            self._shape = (height, width)
            self._bgr = np.empty((height, width, 3), np.uint8)
            self._planes = [np.empty((height, width), np.uint8) for _ in range(3)]
            self._input = np.empty((1, 3, height, width), np.float32)
        (x, y), (w, h) = box.offset, box.inner
        if box.inner != box.size:
            self._bgr[:y] = self._bgr[y + h :] = GREY
            self._bgr[:, :x] = self._bgr[:, x + w :] = GREY
        target = self._bgr[y : y + h, x : x + w]
        if box.inner == box.source:
            target[:] = image
        else:
            cv2.resize(image, box.inner, dst=target, interpolation=cv2.INTER_LINEAR)
        cv2.split(self._bgr, self._planes)
        for channel, plane in enumerate(reversed(self._planes)):
            # A cast and a product apart: together NumPy would go through a small buffer, at half the speed.
            target_plane = self._input[0, channel]
            np.copyto(target_plane, plane)
            target_plane *= np.float32(1 / 255)
        return self._input


def preprocess(
    image: NDArray[np.uint8], size: int | tuple[int, int], canvas: Canvas | None = None
) -> tuple[NDArray[np.float32], Letterbox]:
    """The network's input for a uint8 (H, W, 3) BGR picture, and how the picture lies in it.

    ``size`` is the longer side of a network that takes any size, or the one (width, height) that it takes. The array is the
    canvas's own memory where one is given. Raises :class:`InputError` for anything but such a picture.
    """
    check_picture(image)
    height, width = image.shape[:2]
    box = Letterbox.fit(width, height, size) if isinstance(size, int) else Letterbox.inside(width, height, size)
    return (canvas or Canvas()).fill(image, box), box


@dataclass(frozen=True, slots=True)
class Raw:
    """Detections as arrays. Boxes are float32 (n, 4), corners x1, y1, x2, y2 in pixels of the picture, inside it."""

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    """float32 (n,), 0..1."""
    classes: NDArray[np.intp]
    """(n,), index of the label."""

    def __len__(self) -> int:
        return len(self.scores)

    def take(self, index: NDArray[np.intp] | NDArray[np.bool_]) -> Raw:
        """The chosen ones."""
        return Raw(self.boxes[index], self.scores[index], self.classes[index])


def decode(output: NDArray[np.float32], box: Letterbox, *, confidence: float, classes: int) -> Raw:
    """Candidates above ``confidence`` in the network's output (1, 4 + ``classes``, N), in pixels of the picture.

    Raises :class:`ModelError` if the output has another shape or holds scores that are no numbers.
    """
    if output.ndim != 3 or output.shape[:2] != (1, 4 + classes):
        raise ModelError(f"the network gives {output.shape}, not (1, {4 + classes}, N) as {classes} labels need")
    best = output[0, 4:].max(axis=0)
    if len(best) and np.isnan(best.max()):
        raise ModelError("the network gives scores that are no numbers: the file or its provider is broken")
    columns = output[0][:, np.flatnonzero(best >= confidence)]
    if not columns.shape[1]:
        return Raw(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.intp))
    scores = columns[4:]
    corners = np.concatenate((columns[:2] - columns[2:4] / 2, columns[:2] + columns[2:4] / 2)).T
    corners -= np.array((*box.offset, *box.offset), np.float32)
    corners *= np.array((box.source[0] / box.inner[0], box.source[1] / box.inner[1]) * 2, np.float32)
    corners = np.minimum(np.maximum(corners, 0), np.array(box.source * 2, np.float32))
    found = Raw(corners, np.minimum(scores.max(axis=0), 1), scores.argmax(axis=0))
    inside = (corners[:, 2:] - corners[:, :2]).min(axis=1) >= LEAST
    return found if inside.all() else found.take(inside)


def suppress(found: Raw, groups: Sequence[int], *, iou: float) -> Raw:
    """Greedy non-maximum suppression: of two boxes of one group that overlap by more than ``iou`` the surer stays.

    ``groups`` gives each class's group: one number for car, bus and truck makes them one kind of thing. Surest first.
    """
    if not len(found):
        return found
    kind = np.asarray(groups)[found.classes]
    rectangles = found.boxes.copy()
    rectangles[:, 2:] -= rectangles[:, :2]
    kept = cv2.dnn.NMSBoxesBatched(rectangles.tolist(), found.scores.tolist(), kind.tolist(), 0.0, iou)
    order = np.asarray(kept, np.intp).reshape(-1)
    return found.take(order[np.argsort(-found.scores[order], kind="stable")])


def to_detections(found: Raw, labels: Sequence[str], width: int, height: int) -> list[Detection]:
    """Detections with boxes in 0..1 of a picture of ``width`` x ``height`` pixels."""
    unit = found.boxes / np.array((width, height, width, height), np.float32)
    return [
        Detection(labels[c], s, Box.clipped(*b))
        for b, s, c in zip(unit.tolist(), found.scores.tolist(), found.classes.tolist(), strict=True)
    ]


class StreetDetector:
    """Street objects in a picture, by one YOLO network: an :class:`ioc.core.ports.ObjectDetector` that threads may share."""

    def __init__(
        self,
        session: Runner,
        labels: Sequence[str],
        *,
        size: int | tuple[int, int] = 640,
        confidence: float = 0.25,
        iou: float = 0.6,
    ) -> None:
        """``size`` is as in :func:`preprocess`, ``iou`` that of suppression. Raises ModelError if they cannot be."""
        if isinstance(size, int):
            Letterbox.fit(1, 1, size)
        if not (0 <= confidence <= 1 and 0 < iou <= 1):
            raise ModelError(f"confidence and iou lie in 0..1, got {confidence} and {iou}")
        self._session = session
        self._labels = tuple(labels)
        names = [group_of(label) for label in labels]
        self._groups = tuple(names.index(name) for name in names)
        self.size = size
        self.confidence = confidence
        self._iou = iou
        self._local = threading.local()

    @property
    def labels(self) -> Sequence[str]:
        """Every label it can give, in the order of the network's classes."""
        return self._labels

    @property
    def groups(self) -> Sequence[int]:
        """Group number of each class, as suppression uses it."""
        return self._groups

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        """Objects in a uint8 (H, W, 3) BGR picture, surest first; boxes in 0..1. Raises ModelError or InputError."""
        return to_detections(suppress(self.candidates(image), self._groups, iou=self._iou), self._labels, *_size(image))

    def candidates(self, image: NDArray[np.uint8]) -> Raw:
        """One run of the network, before suppression."""
        canvas: Canvas | None = getattr(self._local, "canvas", None)
        if canvas is None:
            canvas = self._local.canvas = Canvas()
        array, box = preprocess(image, self.size, canvas)
        output = self._session.run(array)[0]
        return decode(output, box, confidence=self.confidence, classes=len(self._labels))


def _size(image: NDArray[np.uint8]) -> tuple[int, int]:
    return image.shape[1], image.shape[0]
