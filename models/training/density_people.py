"""People for made crowds: cut out of other pictures, or drawn."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from models.training.common import Image

Rng = np.random.Generator
OF_CLIP = 5
"""So many cut-outs of one clip, which shows the same few people again and again."""
LEFT_OUT = frozenset((5, 15, 18, 38, 78, 82, 83, 85, 101, 103, 106, 121, 135, 154, 160, 162, 163, 170, 180, 186, 191))
"""Numbers of cut-outs that show two heads or none, seen by eye."""


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """A cut-out at several scales, each half of the one before: BGR and mask (H, W, 4), head (x, y, height)."""

    scales: tuple[tuple[Image, tuple[float, float, float]], ...]

    @classmethod
    def of(cls, image: Image, head: tuple[float, float, float]) -> Person:
        """All scales down to heads of about six pixels."""
        scales = [(image, head)]
        while head[2] > 12:
            image = np.asarray(cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
            head = (head[0] / 2, head[1] / 2, head[2] / 2)
            scales.append((image, head))
        return cls(tuple(scales))

    def at(self, size: float) -> tuple[Image, tuple[float, float, float]]:
        """The cut-out with a head of ``size`` pixels."""
        fitting = [scale for scale in self.scales if scale[1][2] >= size]
        image, head = fitting[-1] if fitting else self.scales[0]
        zoom = size / head[2]
        shape = max(2, round(image.shape[1] * zoom)), max(2, round(image.shape[0] * zoom))
        small = np.asarray(cv2.resize(image, shape, interpolation=cv2.INTER_LINEAR), np.uint8)
        return small, (head[0] * zoom, head[1] * zoom, size)


def load_people(folder: Path, *, validation: bool) -> list[Person]:
    """The cut-outs; every eighth is for validation."""
    people: list[Person] = []
    taken: dict[str, int] = {}
    for number, entry in enumerate(json.loads((folder / "index.json").read_text(encoding="utf-8"))):
        if entry["source"].endswith(".mp4"):
            taken[entry["source"]] = taken.get(entry["source"], 0) + 1
        if number not in LEFT_OUT and (number % 8 == 7) == validation and taken.get(entry["source"], 0) <= OF_CLIP:
            image: Any = cv2.imread(str(folder / entry["file"]), cv2.IMREAD_UNCHANGED)
            people.append(Person.of(image, tuple(entry["head"])))
    return people


def drawn(rng: Rng) -> Person:
    """A person drawn with simple shapes: shoulders under a head of hair, skin, a cap or a conical hat, shaded and grainy."""
    size = 48
    wide, high = 4 * size, 8 * size
    colour = np.zeros((high, wide, 3), np.float32)
    mask = np.zeros((high, wide), np.uint8)
    x, y = wide // 2, int(0.8 * size)
    cloth = rng.uniform(10, 240, 3) if rng.random() < 0.6 else np.full(3, rng.uniform(10, 240))
    skin = np.array((0.62, 0.76, 1.0)) * rng.uniform(70, 235)
    hair = np.full(3, rng.uniform(8, 70)) if rng.random() < 0.85 else rng.uniform(20, 200, 3)
    shoulder = rng.uniform(0.9, 1.3) * size

    def ellipse(cx: float, cy: float, rx: float, ry: float, paint: Any, tilt: float = 0) -> None:
        at, radii = (int(cx), int(cy)), (max(1, int(rx)), max(1, int(ry)))
        cv2.ellipse(colour, at, radii, tilt, 0, 360, tuple(float(v) for v in paint), -1, cv2.LINE_AA)
        cv2.ellipse(mask, at, radii, tilt, 0, 360, 255, -1, cv2.LINE_AA)

    ellipse(x, y + 5.0 * size, 0.6 * shoulder, 2.6 * size, rng.uniform(5, 160, 3))  # legs
    ellipse(x, y + 2.2 * size, shoulder * 0.85, 1.6 * size, cloth)
    ellipse(x, y + 1.25 * size, shoulder, 0.5 * size, cloth)
    for side in (-1, 1):
        ellipse(x + side * shoulder * 0.9, y + 2.2 * size, 0.24 * size, 1.1 * size, cloth * rng.uniform(0.7, 1.1), -side * 6)
    ellipse(x, y + 0.55 * size, 0.2 * size, 0.3 * size, skin * 0.85)
    turn = rng.uniform(-0.15, 0.15) * size
    ellipse(x, y, 0.39 * size, 0.5 * size, hair)
    if rng.random() < 0.6:  # the face shows
        ellipse(x + turn, y + 0.1 * size, 0.32 * size, 0.4 * size, skin)
        if rng.random() < 0.3:
            ellipse(x + turn, y + 0.26 * size, 0.28 * size, 0.2 * size, rng.uniform(150, 250, 3))  # a mask
    kind = rng.random()
    if kind < 0.1:
        brim = np.array(
            ((x - 0.95 * size, y - 0.1 * size), (x + 0.95 * size, y - 0.1 * size), (x, y - 0.75 * size)), np.int32
        )
        cv2.fillConvexPoly(colour, brim, tuple(np.array((150, 200, 225)) * rng.uniform(0.6, 1.1)), cv2.LINE_AA)
        cv2.fillConvexPoly(mask, brim, 255, cv2.LINE_AA)
    elif kind < 0.3:
        ellipse(x, y - 0.2 * size, 0.46 * size, 0.4 * size, rng.uniform(10, 245, 3))  # a cap or a helmet
    light = slope(rng, 0.65, 1.35, wide)[None, :, None] * slope(rng, 0.8, 1.2, high)[:, None, None]
    grain = cv2.resize(rng.normal(1, 0.12, (high // 8, wide // 8)).astype(np.float32), (wide, high))[..., None]
    out = np.clip(colour * light * grain, 0, 255).astype(np.uint8)
    soft = np.asarray(cv2.GaussianBlur(mask, (0, 0), 1.2), np.uint8)
    rows = np.flatnonzero(soft.max(axis=1))
    top = int(rows[0])
    return Person.of(np.dstack([out, soft])[top:], (float(x), float(y - top), float(size)))


def slope(rng: Rng, low: float, high: float, count: int) -> npt.NDArray[np.float64]:
    """Light that changes evenly from one side to the other, (count,)."""
    begin, end = (float(v) for v in rng.uniform(low, high, 2))
    return np.linspace(begin, end, count)
