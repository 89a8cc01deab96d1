"""Makes the finder's training windows: real gate and street pictures, rendered plates set into them, and look-alikes.

A window is uint8 (size, size, 3) BGR with boxes in pixels. Nothing of a held-out fold enters; the same seed gives the
same windows.

    python -m models.training.plates_scenes OUT.png --data ../shared/data --seed 1
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training import plates_camera as camera
from models.training.common import Image
from models.training.plates_pictures import Labelled, load_backgrounds, load_labelled
from models.training.plates_render import render_plate
from models.training.plates_signs import distract
from models.training.plates_streets import Street
from models.training.plates_text import PlateText, draw_text

SMALLEST, LARGEST = 9.0, 120.0
"""Height in pixels of the plates in a window."""


@dataclass(frozen=True, slots=True)
class Window:
    """One training picture."""

    image: Image
    boxes: NDArray[np.float32]


class Scenes:
    """An endless source of windows."""

    def __init__(
        self,
        labelled: list[Labelled],
        backgrounds: list[Image],
        size: int = 256,
        anywhere: float = 0.1,
        streets: Sequence[Street] = (),
        share: float = 0.3,
    ) -> None:
        """``anywhere`` is the share of real windows that lie anywhere in their picture, not around a plate.

        ``share`` is that of windows of ``streets``, where there are any.
        """
        self.labelled = labelled
        self.streets = streets
        self.share = share if streets else 0.0
        self._street_odds = _even(streets)
        self.backgrounds = backgrounds
        self.size = size
        self.anywhere = anywhere
        far = np.array(["openalpr" in str(item.path) for item in labelled])
        odds = np.where(far, 0.5 / max(1, far.sum()), 0.5 / max(1, (~far).sum()))
        self._odds = odds / odds.sum()

    def draw(self, rng: np.random.Generator) -> Window:
        """One window."""
        if rng.random() < self.share:
            image, boxes = self._street(rng)
            return Window(_weather(image, rng), boxes)
        kind = rng.random()
        if kind < 0.5:
            image, boxes = self._real(rng, self.size)
        elif kind < 0.62:
            image, boxes = self._mosaic(rng)
        else:
            image, boxes = self._pasted(rng)
        return Window(_weather(image, rng), boxes)

    def _real(self, rng: np.random.Generator, size: int) -> tuple[Image, NDArray[np.float32]]:
        """A part of a real picture around a plate, at a random scale; often with another plate set over the real one."""
        item = self.labelled[int(rng.choice(len(self.labelled), p=self._odds))]
        image, boxes = item.image.copy(), item.boxes
        if rng.random() < 0.45:
            for box in boxes:
                image = replate(image, box, rng)
        target = _tall(rng)
        box = boxes[int(rng.integers(len(boxes)))]
        scale = float(np.clip(target / (box[3] - box[1]), 0.15, 2.5))
        centre = (box[:2] + box[2:]) / 2 * scale
        offset = centre - rng.uniform(0.1, 0.9, 2) * size
        if rng.random() < self.anywhere:  # at the scale at which whole pictures are looked at
            scale = float(rng.uniform(0.4, 1.3))
            offset = rng.uniform(0, 1, 2) * np.maximum(np.array(image.shape[1::-1]) * scale - size, 0)
        return _cut(image, boxes, scale, offset, self._around(rng, size))

    def _street(self, rng: np.random.Generator) -> tuple[Image, NDArray[np.float32]]:
        """A part of a street around a place where a finder erred, around a plate, or anywhere."""
        item = self.streets[int(rng.choice(len(self.streets), p=self._street_odds))]
        kind, scale = rng.random(), float(np.exp(rng.uniform(np.log(0.5), np.log(1.8))))
        scale *= 640 / max(item.image.shape[:2])
        centre = rng.uniform(0, 1, 2) * np.array(item.image.shape[1::-1])
        if kind < 0.8 and (len(item.errors) or len(item.plates)):
            places = item.errors if len(item.errors) and (kind < 0.5 or not len(item.plates)) else item.plates
            box = places[int(rng.integers(len(places)))]
            centre = (box[:2] + box[2:]) / 2
            scale = float(np.clip(scale, SMALLEST / (box[3] - box[1]), LARGEST / (box[3] - box[1])))
        offset = centre * scale - rng.uniform(0.1, 0.9, 2) * self.size
        if rng.random() < 0.7:  # inside the picture where that is larger than the window
            room = np.array(item.image.shape[1::-1]) * scale - self.size
            offset = np.clip(offset, np.minimum(room, 0), np.maximum(room, 0))
        return _cut(item.image, item.plates, scale, offset, self._around(rng, self.size))

    def _around(self, rng: np.random.Generator, size: int) -> Image:
        """What stands where a picture ends: another street's picture, or grey."""
        if rng.random() < 0.4:
            return np.full((size, size, 3), 114 if rng.random() < 0.5 else int(rng.integers(255)), np.uint8)
        ground = self.backgrounds[int(rng.integers(len(self.backgrounds)))]
        return np.asarray(cv2.resize(ground, (size, size), interpolation=cv2.INTER_AREA), np.uint8)

    def _mosaic(self, rng: np.random.Generator) -> tuple[Image, NDArray[np.float32]]:
        """Four smaller windows in one."""
        half = self.size // 2
        canvas = np.empty((self.size, self.size, 3), np.uint8)
        boxes = []
        for y in (0, half):
            for x in (0, half):
                image, inside = self._real(rng, half) if rng.random() < 0.6 else self._paste_into(rng, half)
                canvas[y : y + half, x : x + half] = image
                boxes.append(inside + np.array((x, y, x, y), np.float32))
        return canvas, np.concatenate(boxes)

    def _pasted(self, rng: np.random.Generator) -> tuple[Image, NDArray[np.float32]]:
        return self._paste_into(rng, self.size)

    def _paste_into(self, rng: np.random.Generator, size: int) -> tuple[Image, NDArray[np.float32]]:
        """A part of a street with look-alikes and no, one or several rendered plates."""
        if rng.random() < 0.25:  # a vehicle's own textures, its plate painted out of view by the cut
            image, boxes = self._real(rng, size)
        else:
            ground = self.backgrounds[int(rng.integers(len(self.backgrounds)))]
            scale = float(np.exp(rng.uniform(np.log(0.4), np.log(1.6))))
            room = np.maximum(np.array(ground.shape[1::-1]) * scale - size, 0)
            image, boxes = _cut(
                ground, np.zeros((0, 4), np.float32), scale, rng.uniform(0, 1, 2) * room, self._around(rng, size)
            )
            image = distract(image, rng)
        for _ in range(int(rng.choice([0, 1, 1, 2, 3, 5]))):
            image, box = paste(image, rng)
            if not len(boxes) or not _touches(box, boxes):
                boxes = np.concatenate([boxes, box[None]])
            elif box[2] > 0:
                boxes = np.concatenate([boxes[~_covered(boxes, box)], box[None]])
        return image, boxes


def _even(streets: Sequence[Street]) -> NDArray[np.float64]:
    """Odds of each street: those of one clip or folder together are drawn as often as the root of their number."""
    groups = [s.name.split("@")[0] if "@" in s.name else s.name.rsplit("/", 1)[0] for s in streets]
    sizes = {group: groups.count(group) for group in set(groups)}
    odds = np.array([sizes[group] ** -0.5 for group in groups])
    return np.asarray(odds / odds.sum(), np.float64) if len(odds) else odds


def _tall(rng: np.random.Generator) -> float:
    if rng.random() < 0.3:  # small ones are the hardest to tell from signs, and the commonest in a street
        return float(rng.uniform(SMALLEST, 17))
    return float(np.exp(rng.uniform(np.log(SMALLEST), np.log(LARGEST))))


def _touches(box: NDArray[np.float32], boxes: NDArray[np.float32]) -> bool:
    return bool(_covered(boxes, box, 0.0).any())


def _covered(boxes: NDArray[np.float32], box: NDArray[np.float32], share: float = 0.3) -> NDArray[np.bool_]:
    """Which boxes lie under ``box`` by more than a share of their area."""
    w = np.minimum(boxes[:, 2], box[2]) - np.maximum(boxes[:, 0], box[0])
    h = np.minimum(boxes[:, 3], box[3]) - np.maximum(boxes[:, 1], box[1])
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    return np.asarray(np.maximum(w, 0) * np.maximum(h, 0) > share * area)


def _cut(
    image: Image, boxes: NDArray[np.float32], scale: float, offset: NDArray[np.float64], around: Image
) -> tuple[Image, NDArray[np.float32]]:
    """A window of a scaled picture, set into ``around``.

    Plates of which less than 60 % are inside are covered by grey and unlabelled.
    """
    shift = np.array([[scale, 0, -offset[0]], [0, scale, -offset[1]]], np.float32)
    source = image
    if scale < 0.7:  # warping does not average: shrink first
        source = np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
        shift[0, 0], shift[1, 1] = image.shape[1] * scale / source.shape[1], image.shape[0] * scale / source.shape[0]
    size = around.shape[0]
    out = cv2.warpAffine(source, shift, (size, size), dst=around.copy(), borderMode=cv2.BORDER_TRANSPARENT)
    moved = boxes * scale - np.tile(offset, 2).astype(np.float32)
    inside = np.clip(moved, 0, size)
    area = np.prod(moved[:, 2:] - moved[:, :2], axis=1)
    seen = np.prod(inside[:, 2:] - inside[:, :2], axis=1)
    keep = (seen > 0.6 * area) & (inside[:, 3] - inside[:, 1] >= 6)
    for x1, y1, x2, y2 in inside[~keep].astype(int):
        out[max(0, y1 - 1) : y2 + 1, max(0, x1 - 1) : x2 + 1] = 114
    return np.asarray(out, np.uint8), inside[keep].astype(np.float32)


def replate(image: Image, box: NDArray[np.float32], rng: np.random.Generator) -> Image:
    """A rendered plate in the place of a real one, of about its shape."""
    w, h = float(box[2] - box[0]), float(box[3] - box[1])
    plate = _draw_shaped(rng, one_line=w / h > 2.4)
    front, alpha = render_plate(plate, rng, height=96)
    front = camera.light(camera.soil(front, rng), rng)
    corners = np.array([[box[0], box[1]], [box[2], box[1]], [box[2], box[3]], [box[0], box[3]]], np.float32)
    corners += rng.normal(0, 0.03 * h, (4, 2)).astype(np.float32)
    small = cv2.resize(front, (max(8, round(w * 1.2)), max(6, round(h * 1.2))), interpolation=cv2.INTER_AREA)
    mask = cv2.resize(alpha, small.shape[1::-1], interpolation=cv2.INTER_AREA)
    return camera.place(np.asarray(small, np.uint8), np.asarray(mask, np.float32), corners, image)


def _draw_shaped(rng: np.random.Generator, one_line: bool) -> PlateText:
    while True:
        plate = draw_text(rng)
        if (len(plate.rows) == 1) == one_line:
            return plate


def paste(image: Image, rng: np.random.Generator) -> tuple[Image, NDArray[np.float32]]:
    """The picture with one rendered plate at a random place, on something dark as bumpers are, and the plate's box."""
    size = image.shape[0]
    plate = draw_text(rng)
    front, alpha = render_plate(plate, rng, height=96)
    front = camera.light(camera.soil(front, rng), rng)
    aspect = front.shape[1] / front.shape[0]
    tall = min(_tall(rng), 0.8 * size / aspect)
    quad = camera.view(round(tall * aspect), max(1, round(tall)), rng)
    low, high = quad.min(0), quad.max(0)
    span = high - low
    start = rng.uniform(0, 1, 2) * np.maximum(size - span, 1)
    quad = (quad - low + start).astype(np.float32)
    box = np.concatenate([start, start + span]).astype(np.float32)
    if rng.random() < 0.5:
        image = _mount(image, box, rng)
    scale = min(1.0, tall * 1.2 / front.shape[0])
    small = cv2.resize(front, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    mask = cv2.resize(alpha, small.shape[1::-1], interpolation=cv2.INTER_AREA)
    out = camera.place(np.asarray(small, np.uint8), np.asarray(mask, np.float32), quad, image)
    return out, np.clip(box, 0, size).astype(np.float32)


def _mount(image: Image, box: NDArray[np.float32], rng: np.random.Generator) -> Image:
    """A plain patch around the box, of a bumper's or mudguard's colour."""
    w, h = box[2] - box[0], box[3] - box[1]
    grow = rng.uniform(0.05, 0.8, 4) * np.array((w, h, w, h))
    x1, y1, x2, y2 = (int(v) for v in np.concatenate([box[:2] - grow[:2], box[2:] + grow[2:]]))
    out = image.copy()
    patch = out[max(0, y1) : max(0, y2), max(0, x1) : max(0, x2)]
    if patch.size:
        patch[:] = camera.clutter(patch.shape[1], patch.shape[0], rng)
    return out


def _weather(image: Image, rng: np.random.Generator) -> Image:
    """Light, lens and compression over the whole window."""
    out: Image = image
    if rng.random() < 0.5:
        gamma, gain = float(rng.uniform(0.6, 1.8)), float(rng.choice([1.0, 1.0, 0.8, 0.5]))
        table = np.clip(255 * gain * (np.arange(256) / 255) ** gamma, 0, 255).astype(np.uint8)
        out = np.asarray(cv2.LUT(out, table), np.uint8)
    if rng.random() < 0.3:
        out = np.clip(out * rng.uniform(0.75, 1.2, 3), 0, 255).astype(np.uint8)
    if rng.random() < 0.08:
        out = np.repeat(np.asarray(cv2.cvtColor(out, cv2.COLOR_BGR2GRAY), np.uint8)[:, :, None], 3, axis=2)
    if rng.random() < 0.5:
        out = camera.lens(out, rng, strength=0.6)
    return camera.jpeg(out, rng) if rng.random() < 0.5 else out


def main() -> None:
    """A contact sheet of windows with their boxes, to be looked at."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    scenes = Scenes(load_labelled(options.data, frozenset({2, 3, 4})), list(load_backgrounds(options.data).values()))
    rng = np.random.default_rng(options.seed)
    tiles = []
    for _ in range(24):
        window = scenes.draw(rng)
        shown = window.image.copy()
        for x1, y1, x2, y2 in window.boxes.astype(int):
            cv2.rectangle(shown, (x1, y1), (x2, y2), (0, 255, 0), 1)
        tiles.append(shown)
    cv2.imwrite(str(options.out), np.vstack([np.hstack(tiles[i : i + 6]) for i in range(0, 24, 6)]))


if __name__ == "__main__":
    main()
