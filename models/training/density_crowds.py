"""Made crowds: people cut out of other pictures, or drawn, set into a street from back to front as a camera sees them.

A camera sees heads of one height in the world at ``y = horizon + rise * size``, where ``size`` is the height of a head in
the picture (1 / distance) and ``rise`` the camera's height above the heads in heads: 0 at eye level, 60 from a roof. Through
a long lens the nearest are little larger than the farthest, so that rows of people fill the picture.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from models.training.common import Image
from models.training.density_people import Person, Rng, drawn, slope
from models.training.density_pictures import Heads

LEAST_SEEN = 0.4
"""Share of a head that must show for it to count."""
SMALLEST, LARGEST = 5.0, 130.0
"""Heights of heads, in pixels of the training picture."""


class Crowds:
    """Sets people into pictures of ``size`` (width, height)."""

    def __init__(self, people: list[Person], rng: Rng, size: tuple[int, int], *, drawings: int = 160) -> None:
        self._real = people
        self._drawn = [drawn(rng) for _ in range(drawings)]
        self._rng = rng
        self._size = size

    def made(self, background: Image) -> tuple[Image, Heads]:
        """A crowd before ``background``, which has the size of the result, and the heads that show."""
        rng, (width, height) = self._rng, self._size
        picture = background.copy()
        places = self._places()
        owner = np.full((height, width), -1, np.int32)
        focus, blur = np.exp(rng.uniform(np.log(6), np.log(80))), rng.choice([0, 0, 0.05, 0.15, 0.3])
        few = rng.choice(len(self._real), min(len(self._real), int(rng.integers(3, 60))), replace=False)
        share_drawn = rng.choice([0.0, 0.1, 0.3, 1.0], p=[0.45, 0.3, 0.17, 0.08])
        dress = rng.random() < 0.12  # everybody in much the same clothes
        for number, (x, y, size) in enumerate(places):
            if rng.random() < share_drawn:
                person = self._drawn[int(rng.integers(len(self._drawn)))]
            else:
                person = self._real[int(rng.choice(few))]
            cut, head = person.at(size)
            cut = self._altered(cut, head, dress)
            if rng.random() < 0.5:
                cut, head = cut[:, ::-1], (cut.shape[1] - head[0], *head[1:])
            soft = blur * abs(size - focus) * rng.uniform(0.7, 1.3)
            _lay(
                picture,
                owner,
                np.ascontiguousarray(cut),
                round(x - head[0]),
                round(y - head[1]),
                number,
                min(soft, 0.22 * size),
            )
        return picture, self._shown(places, owner)

    def decoys(self, background: Image) -> Image:
        """Bodies without heads, heads of nobody's shape, upside-down people, balls and bags: nobody to count."""
        rng, (width, height) = self._rng, self._size
        picture, owner = background.copy(), np.full((height, width), -1, np.int32)
        for _ in range(int(rng.integers(1, 14))):
            size = float(np.exp(rng.uniform(np.log(8), np.log(70))))
            person = self._real[int(rng.integers(len(self._real)))]
            cut, head = person.at(size)
            cut = self._altered(cut, head, dress=False)
            kind = rng.random()
            if kind < 0.6:
                cut = cut[min(int(head[1] + 1.1 * size), cut.shape[0] - 2) :]  # below the neck
                cut = np.rot90(cut, int(rng.integers(4))) if rng.random() < 0.5 else cut
            else:
                cut = _thing(rng, size)
            if min(cut.shape[:2]) < 2:
                continue
            x, y = int(rng.uniform(-0.1, 0.95) * width), int(rng.uniform(0, 0.9) * height)
            _lay(picture, owner, np.ascontiguousarray(cut), x, y, 0, 0.0)
        return picture

    def _places(self) -> npt.NDArray[np.float64]:
        """Heads (n, 3): x, y, height in pixels, the farthest first."""
        rng, (width, height) = self._rng, self._size
        nearest = float(np.exp(rng.uniform(np.log(9), np.log(LARGEST)))) if rng.random() < 0.7 else rng.uniform(40, LARGEST)
        long_lens = rng.random() < 0.5
        ratio = rng.uniform(1.1, 2.2) if long_lens else rng.uniform(1.5, 7)
        farthest = max(SMALLEST, nearest / ratio)
        rise = float(rng.choice([rng.uniform(-0.5, 1.5), rng.uniform(1.5, 8), rng.uniform(8, 60)]))
        if rise * (nearest - farthest) > 1.1 * height:
            rise = 1.1 * height / max(1e-3, nearest - farthest)
        middle = rng.uniform(0.1, 0.75) * height
        horizon = middle - rise * 0.5 * (nearest + farthest)
        most = int(min(190, 1.8 * width * height / (0.5 * (nearest + farthest)) ** 2))
        # Half of the crowds are as dense as people stand; the other half may be any number.
        count = most if rng.random() < 0.5 else int(np.exp(rng.uniform(0, np.log(max(2, most)))))
        apart = rng.uniform(0.6, 2.0)  # least distance across and along, in heads
        patch = rng.random() < 0.4
        centre, spread = rng.uniform(0, width), rng.uniform(0.08, 0.4) * width
        found: list[tuple[float, float, float, float, float]] = []
        for _ in range(3 * count):
            # Even over the ground: more of them far away, where a strip of the picture is a wider piece of ground.
            depth = np.sqrt(rng.uniform((1 / nearest) ** 2, (1 / farthest) ** 2))
            size = 1 / depth
            x = rng.normal(centre, spread) if patch else rng.uniform(-0.03, 1.03) * width
            across, along = x / size, 40 * np.log(depth)
            if any(abs(across - a) < apart * 0.9 and abs(along - b) < apart for *_, a, b in found):
                continue
            tall = rng.normal(0, 0.35) if rng.random() < 0.9 else rng.uniform(0.5, 2.5)
            found.append((x, horizon + (rise + tall) * size, size * rng.uniform(0.88, 1.12), across, along))
            if len(found) >= count:
                break
        rows = np.array(found, np.float64).reshape(-1, 5)[:, :3]
        return rows[np.argsort(rows[:, 2])]

    def _altered(self, cut: Image, head: tuple[float, float, float], dress: bool) -> Image:
        """Other clothes, other light."""
        rng = self._rng
        out = cut.copy()
        below = max(0, int(head[1] + 0.55 * head[2]))
        if (dress or rng.random() < 0.5) and below < out.shape[0]:
            part = cv2.cvtColor(np.ascontiguousarray(out[below:, :, :3]), cv2.COLOR_BGR2HSV)
            part[..., 0] = (part[..., 0].astype(np.int32) + (90 if dress else int(rng.integers(180)))) % 180
            part[..., 1] = np.clip(part[..., 1] * rng.uniform(0.2, 1.4), 0, 255)
            out[below:, :, :3] = cv2.cvtColor(part, cv2.COLOR_HSV2BGR)
        gain, lift = rng.uniform(0.55, 1.3), rng.uniform(-20, 20)
        out[..., :3] = cv2.convertScaleAbs(np.ascontiguousarray(out[..., :3]), alpha=gain, beta=max(0.0, lift))
        return out

    def _shown(self, places: npt.NDArray[np.float64], owner: npt.NDArray[np.int32]) -> Heads:
        """Those of the heads that show enough of themselves inside the picture."""
        height, width = owner.shape
        kept = []
        for number, (x, y, size) in enumerate(places):
            half = 0.42 * size
            x1, x2, y1, y2 = (round(v) for v in (x - 0.8 * half, x + 0.8 * half + 1, y - half, y + half + 1))
            part = owner[max(0, y1) : max(0, y2), max(0, x1) : max(0, x2)]
            if 0 <= x < width and 0 <= y < height and (part == number).sum() >= LEAST_SEEN * 0.75 * (x2 - x1) * (y2 - y1):
                kept.append((x, y, size))
        return np.array(kept, np.float32).reshape(-1, 3)


def _thing(rng: Rng, size: float) -> Image:
    """A ball, a bag or a board: (H, W, 4)."""
    wide, high = max(3, int(size * rng.uniform(0.7, 2.5))), max(3, int(size * rng.uniform(0.7, 2.5)))
    out = np.zeros((high, wide, 4), np.float32)
    out[..., :3] = rng.uniform(0, 250, 3) * slope(rng, 0.6, 1.3, high)[:, None, None]
    if rng.random() < 0.6:
        shape = np.zeros((high, wide), np.uint8)
        cv2.ellipse(
            shape, (wide // 2, high // 2), (max(1, wide // 2 - 1), max(1, high // 2 - 1)), 0, 0, 360, 255, -1, cv2.LINE_AA
        )
        out[..., 3] = shape
    else:
        out[..., 3] = 255
    out[..., :3] += rng.normal(0, rng.uniform(0, 25), (high, wide, 1))
    return np.clip(out, 0, 255).astype(np.uint8)


def _lay(picture: Image, owner: npt.NDArray[np.int32], cut: Image, x: int, y: int, number: int, blur: float) -> None:
    """Blend a cut-out (H, W, 4) into the picture with its upper left corner at (x, y), and note whose pixels they are."""
    if blur > 0.4:
        pad = int(2 * blur) + 1
        cut = np.asarray(cv2.copyMakeBorder(cut, pad, pad, pad, pad, cv2.BORDER_REPLICATE), np.uint8)
        cut[:pad, :, 3] = cut[-pad:, :, 3] = cut[:, :pad, 3] = cut[:, -pad:, 3] = 0
        cut = np.asarray(cv2.GaussianBlur(cut, (0, 0), blur), np.uint8)
        x, y = x - pad, y - pad
    x1, y1 = max(0, x), max(0, y)
    x2, y2 = min(picture.shape[1], x + cut.shape[1]), min(picture.shape[0], y + cut.shape[0])
    if x1 >= x2 or y1 >= y2:
        return
    part = cut[y1 - y : y2 - y, x1 - x : x2 - x]
    alpha = part[..., 3:].astype(np.float32) / 255
    target = picture[y1:y2, x1:x2]
    target[:] = target + alpha * (part[..., :3].astype(np.float32) - target)
    owner[y1:y2, x1:x2][alpha[..., 0] > 0.5] = number
