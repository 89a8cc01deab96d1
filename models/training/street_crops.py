"""Training pictures for the street detector: windows of frames at the scales of deployment, with camera-like damage."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from models.training.common import Boxes, Image, area, read_image

WINDOW = (480, 320)
"""Width and height of a window, pixels of the network's input."""
Sides = tuple[tuple[float, float, float], ...]
"""Least and greatest length of a scaled frame's long side, and how large a share of the windows has it."""
SIDES: Sides = ((540, 760, 0.55), (330, 500, 0.28), (760, 1150, 0.17))
"""Mostly about 640 and 416, at times larger."""
FAR_SIDES: Sides = ((280, 640, 1.0),)
"""For the parts of a mosaic: what stands near in its picture becomes small."""
GREY = 114
SMALLEST = 6.0
"""An object whose longer side is shorter, in pixels of the input, is ignored rather than learned."""
WEIGHTS = {
    "vn_scenes": 8.0, "shanghai_b": 5.0, "octa_tiles": 1.5, "nasrfathy": 1.5, "duyle": 0.6, "openalpr": 0.7, "abonia": 0.6,
}  # fmt: skip
"""How often a source is drawn, by a part of its path; 1 where none is named."""
EMPTY = 0.34
"""Weight of a picture without an object, as a share of that of its source."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A labelled frame: picture, boxes (N, 4) in its pixels, classes (N,), boxes to ignore (M, 4), weight."""

    image: Image
    boxes: Boxes
    classes: npt.NDArray[np.int64]
    ignore: Boxes
    weight: float


@dataclass(frozen=True, kw_only=True)
class Window:
    """One training picture of `WINDOW` size: boxes in its pixels, and `ignored`, True where nothing is demanded."""

    image: Image
    boxes: Boxes
    classes: npt.NDArray[np.int64]
    ignored: npt.NDArray[np.bool_]


def load_scenes(work: Path) -> list[Scene]:
    """Return the scenes that `models.training.street_labels` wrote below `work`, in order of their names.

    Raises:
        FileNotFoundError: There is none.
    """
    files = sorted((work / "labels").glob("*.json"))
    if not files:
        raise FileNotFoundError(f"{work / 'labels'}: no label file")
    scenes = []
    for file in files:
        record = json.loads(file.read_text())
        rows = np.array(record["objects"], np.float32).reshape(-1, 6)
        ignore = np.array(record["ignore"], np.float32).reshape(-1, 6)
        weight = next((value for part, value in WEIGHTS.items() if part in record["file"]), 1.0)
        scenes.append(
            Scene(
                image=read_image(work / "frames" / f"{file.stem}.jpg"),
                boxes=rows[:, 1:5],
                classes=rows[:, 0].astype(np.int64),
                ignore=ignore[:, 1:5],
                weight=weight if len(rows) else EMPTY * weight,
            )
        )
    return scenes


def with_share(scenes: list[Scene], others: list[Scene], share: float) -> list[Scene]:
    """Return all scenes, the weights of `others` such that a share 0..1 of what is drawn is theirs."""
    rest = sum(scene.weight for scene in scenes)
    factor = share / (1 - share) * rest / max(sum(scene.weight for scene in others), 1e-9)
    return scenes + [replace(scene, weight=scene.weight * factor) for scene in others]


def mosaic(scenes: Sequence[Scene], rng: np.random.Generator, *, aimed: float = 0.0) -> Window:
    """Return four windows of half the size, their scenes shrunk, in one: more, and smaller, objects of several cameras."""
    width, height = WINDOW[0] // 2, WINDOW[1] // 2
    parts = [window(scene, rng, (width, height), FAR_SIDES, aimed=aimed) for scene in scenes]
    offsets = [np.array([x, y, x, y], np.float32) for y in (0, height) for x in (0, width)]
    return Window(
        image=np.vstack([np.hstack([p.image for p in parts[row : row + 2]]) for row in (0, 2)]),
        boxes=np.concatenate([part.boxes + offset for part, offset in zip(parts, offsets, strict=True)]),
        classes=np.concatenate([part.classes for part in parts]),
        ignored=np.vstack([np.hstack([p.ignored for p in parts[row : row + 2]]) for row in (0, 2)]),
    )


def window(
    scene: Scene,
    rng: np.random.Generator,
    shape: tuple[int, int] = WINDOW,
    sides: Sides = SIDES,
    *,
    aimed: float = 0.0,
) -> Window:
    """Return a random window of `scene`: scaled, shifted, perhaps mirrored, and damaged as cameras damage.

    `aimed` is how often, 0..1, it is laid around one of the objects instead of anywhere.
    """
    width, height = shape
    scale = _long_side(rng, sides) / max(scene.image.shape[:2])
    size = (round(scene.image.shape[1] * scale), round(scene.image.shape[0] * scale))
    small: Any = cv2.resize(scene.image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    left, top = _offset(rng, size[0], width), _offset(rng, size[1], height)
    if aimed and len(scene.boxes) and rng.random() < aimed:
        x1, y1, x2, y2 = scene.boxes[int(rng.integers(len(scene.boxes)))] * scale
        left = _near(rng, (x1 + x2) / 2, size[0], width)
        top = _near(rng, (y1 + y2) / 2, size[1], height)
    canvas = np.full((height, width, 3), GREY, np.uint8)
    x1, y1, x2, y2 = max(left, 0), max(top, 0), min(left + width, size[0]), min(top + height, size[1])
    canvas[y1 - top : y2 - top, x1 - left : x2 - left] = damaged(small[y1:y2, x1:x2], rng)
    origin = np.array([left, top, left, top], np.float32)
    limits = np.array([width, height, width, height], np.float32)
    boxes = np.clip(scene.boxes * scale - origin, 0, limits).astype(np.float32)
    visible = area(boxes) / np.maximum(area(scene.boxes) * scale * scale, 1e-6)
    longer = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0)
    kept = (visible > 0.35) & (longer >= SMALLEST)
    ignored = np.zeros((height, width), bool)
    faint = np.clip(scene.ignore * scale - origin, 0, limits)
    for box in np.concatenate([faint, boxes[~kept & (visible > 0)]]):
        ignored[int(box[1]) : int(np.ceil(box[3])), int(box[0]) : int(np.ceil(box[2]))] = True
    boxes, classes = boxes[kept], scene.classes[kept]
    if rng.random() < 0.5:
        canvas, ignored = canvas[:, ::-1], ignored[:, ::-1]
        boxes[:, [0, 2]] = width - boxes[:, [2, 0]]
    return Window(image=np.ascontiguousarray(canvas), boxes=boxes, classes=classes, ignored=ignored)


def _long_side(rng: np.random.Generator, sides: Sides) -> float:
    """Draw the length to which the frame's long side is scaled."""
    low, high, _ = sides[rng.choice(len(sides), p=[share for _, _, share in sides])]
    return float(rng.uniform(low, high))


def _offset(rng: np.random.Generator, length: int, window_length: int) -> int:
    """Draw where the window starts; below zero where it is longer than the picture."""
    slack = length - window_length
    return int(rng.integers(min(slack, 0), max(slack, 0) + 1))


def _near(rng: np.random.Generator, centre: float, length: int, window_length: int) -> int:
    """Draw where a window that shows `centre` starts, inside the picture where that is longer than the window."""
    start = centre - rng.uniform(0.1, 0.9) * window_length
    slack = length - window_length
    return round(min(max(start, min(slack, 0)), max(slack, 0)))


def damaged(image: Image, rng: np.random.Generator) -> Image:
    """Return `image` with colours, light, blur, noise, rain and JPEG as a street camera may have them."""
    pixels: Any = image.astype(np.float32)
    if rng.random() < 0.5:
        pixels *= rng.uniform(0.8, 1.2, size=3)
    if rng.random() < 0.6:
        pixels = (pixels - 128) * rng.uniform(0.6, 1.25) + 128 + rng.uniform(-25, 25)
    if rng.random() < 0.2:  # dusk and night
        pixels = 255 * (np.clip(pixels, 0, 255) / 255) ** rng.uniform(1.3, 2.6) * rng.uniform(0.4, 1.0)
    if rng.random() < 0.12:
        pixels = np.repeat(pixels.mean(axis=2, keepdims=True), 3, axis=2)
    if rng.random() < 0.06:
        pixels = _rain(pixels, rng)
    if rng.random() < 0.12:
        pixels = cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.4, 1.3))
    if rng.random() < 0.2:
        pixels = pixels + rng.normal(0, rng.uniform(2, 14), pixels.shape)
    result: Image = np.clip(pixels, 0, 255).astype(np.uint8)
    if rng.random() < 0.4:
        _, code = cv2.imencode(".jpg", result, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 80))])
        result = np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR), np.uint8)
    return result


def _rain(pixels: npt.NDArray[np.float32], rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Return `pixels` with bright slanted streaks."""
    height, width = pixels.shape[:2]
    layer = np.zeros((height, width), np.float32)
    slant, length = rng.uniform(-4, 4), rng.uniform(6, 18)
    for x, y in rng.uniform((0, 0), (width, height), size=(int(rng.integers(40, 250)), 2)):
        cv2.line(layer, (int(x), int(y)), (int(x + slant), int(y + length)), float(rng.uniform(40, 120)), 1)
    result: npt.NDArray[np.float32] = pixels + cv2.GaussianBlur(layer, (0, 0), 0.7)[..., None]
    return result
