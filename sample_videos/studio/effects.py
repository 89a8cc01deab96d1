"""Fire, smoke, rain and water that are painted over clean frames, with masks that give their exact truth."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from sample_videos.studio.pictures import Picture

Layer = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Burn:
    """A fire in the picture: pixel of its foot, width of the burning heap in pixels, and seconds from first to full
    flame. `wind` moves the smoke right (pixels a second)."""

    x: float
    y: float
    width: float
    start_s: float
    grow_s: float = 8.0
    wind: float = 14.0

    def strength(self, t: float) -> float:
        """0 before the fire starts, 1 when it is full."""
        share = min(max((t - self.start_s) / self.grow_s, 0.0), 1.0)
        return 0.0 if t < self.start_s else 0.25 + 0.75 * share


@lru_cache(maxsize=64)
def _puff(size: int, seed: int, ragged: float) -> Layer:
    """A soft blob with ragged edges, 0..1, (size, size)."""
    rng = np.random.default_rng(seed)
    ys, xs = np.mgrid[0:size, 0:size].astype(np.float32) / size * 2 - 1
    rough = np.zeros((size, size), np.float32)
    for cells, weight in ((4, 0.5), (8, 0.3), (16, 0.2)):
        noise = rng.random((cells, cells)).astype(np.float32)
        rough += weight * cv2.resize(noise, (size, size), interpolation=cv2.INTER_CUBIC)
    radius = np.sqrt(xs**2 + ys**2) + ragged * (rough - 0.5)
    return np.asarray(np.clip(1.05 - radius, 0, 1) ** 1.3, dtype=np.float32)


def _stamp(layer: Layer, x: float, y: float, width: int, height: int, seed: int, weight: float, ragged: float) -> None:
    """Screen one blob into `layer`: 1 - (1 - a)(1 - b)."""
    if width < 2 or height < 2 or weight <= 0:
        return
    blob = cv2.resize(_puff(64, seed % 12, ragged), (width, height)) * weight
    x0, y0 = round(x - width / 2), round(y - height / 2)
    left, top = max(0, -x0), max(0, -y0)
    right, bottom = min(width, layer.shape[1] - x0), min(height, layer.shape[0] - y0)
    if left >= right or top >= bottom:
        return
    part = layer[y0 + top : y0 + bottom, x0 + left : x0 + right]
    part[:] = 1 - (1 - part) * (1 - blob[top:bottom, left:right])


def smoke(burn: Burn, shape: tuple[int, int], t: float) -> Layer:
    """The cover 0..1 of the smoke at `t` seconds, (H, W): puffs that rise, drift, spread and thin out."""
    layer: Layer = np.zeros(shape, np.float32)
    life, rate = 7.0, 13.0
    for k in range(math.ceil(max(0.0, t - life - burn.start_s) * rate), int(max(0.0, t - burn.start_s) * rate)):
        born = burn.start_s + k / rate
        age = t - born
        rng = np.random.default_rng(1000 + k)
        power = burn.strength(born)
        rise = burn.width * (0.75 * age + 0.5) * (0.8 + 0.4 * rng.random())
        sway = burn.wind * age * (0.4 + 0.15 * age) + burn.width * 0.16 * math.sin(1.1 * age + 6.3 * rng.random()) * age**0.7
        size = int(burn.width * (0.5 + 0.42 * age) * (0.6 + 0.4 * power))
        fade = min(age / 0.5, 1.0) * (1 - age / life) ** 1.2
        x = burn.x + burn.width * 0.4 * (rng.random() - 0.5) + sway
        _stamp(layer, x, burn.y - rise, size, int(size * 0.9), k, 0.8 * power * fade, 0.9)
    return layer


def flames(burn: Burn, shape: tuple[int, int], t: float) -> Layer:
    """The heat 0..1 of the flames at `t` seconds, (H, W): tongues that lick up, taller in the middle."""
    layer: Layer = np.zeros(shape, np.float32)
    power = burn.strength(t)
    if power <= 0:
        return layer
    life, rate = 0.75, 46.0
    for k in range(math.ceil((t - life) * rate), int(t * rate) + 1):
        age = t - k / rate
        if not 0 <= age < life or k / rate < burn.start_s:
            continue
        rng = np.random.default_rng(9000 + k)
        off = rng.normal(0, 0.24)
        tall = burn.width * power * (1.15 - 1.1 * abs(off)) * (0.6 + 0.7 * rng.random())
        share = age / life
        x = burn.x + burn.width * power**0.5 * off + burn.wind * 0.25 * share + burn.width * 0.06 * math.sin(9 * t + k)
        size = burn.width * power**0.5 * 0.42 * (1 - share) ** 0.7
        _stamp(layer, x, burn.y - tall * share - size * 0.3, int(size), int(size * 1.7), k, 0.75 * (1 - share) ** 0.6, 0.8)
    return layer


def paint_fire(picture: Picture, burn: Burn, t: float) -> Picture:
    """`picture` with the fire, its smoke and its glow on what is near."""
    shape = picture.shape[:2]
    out = picture.astype(np.float32)
    heat, cover = flames(burn, shape, t), smoke(burn, shape, t)
    glow = cv2.GaussianBlur(heat, (0, 0), burn.width * 0.55)[:, :, None] * np.array([12.0, 60.0, 130.0], np.float32)
    out += glow * (0.8 + 0.2 * math.sin(17 * t))
    tone = np.array([52.0, 54.0, 56.0], np.float32) + 75 * cv2.GaussianBlur(cover, (0, 0), 5)[:, :, None]
    out = out * (1 - 0.93 * cover[:, :, None]) + tone * 0.93 * cover[:, :, None]
    stops = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
    colours = np.array([[10, 40, 160], [10, 70, 225], [25, 140, 255], [90, 215, 255], [205, 250, 255]], np.float64)
    colour = np.stack([np.interp(heat, stops, colours[:, c]) for c in range(3)], axis=2)
    share = np.clip(heat * 2.6 - 0.12, 0, 1)[:, :, None]
    out = out * (1 - share) + colour * share
    return np.asarray(np.clip(out, 0, 255), dtype=np.uint8)


def box(cover: Layer, least: float) -> tuple[float, float, float, float] | None:
    """The box 0..1 of the largest connected part in which `cover` reaches `least`; None where nothing does."""
    count, _, stats, _ = cv2.connectedComponentsWithStats((cover >= least).astype(np.uint8))
    if count < 2:
        return None
    x, y, w, h, area = stats[1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))]
    height, width = cover.shape
    return (x / width, y / height, (x + w) / width, (y + h) / height) if area >= 12 else None


def rain(picture: Picture, t: float, density: int = 260, strength: float = 26.0) -> Picture:
    """`picture` with falling streaks that are new in every frame, and a little haze."""
    height, width = picture.shape[:2]
    rng = np.random.default_rng(round(t * 1000) + 5)
    streaks = np.zeros((height, width), np.float32)
    for _ in range(density):
        x, y, length = rng.uniform(0, width), rng.uniform(-20, height), rng.uniform(8, 22)
        cv2.line(
            streaks,
            (int(x), int(y)),
            (int(x + length * 0.16), int(y + length)),
            float(rng.uniform(0.3, 1.0)),
            1,
            cv2.LINE_AA,
        )
    haze = picture.astype(np.float32) * 0.93 + 12.0
    return np.asarray(np.clip(haze + cv2.GaussianBlur(streaks, (0, 0), 0.6)[:, :, None] * strength, 0, 255), dtype=np.uint8)


def ripple(picture: Picture, t: float, depth: Layer, amount: float = 2.2) -> Picture:
    """`picture` (a flooded view) with its reflections moved by small waves, stronger towards the camera.

    `depth` (H, W) is the distance in metres of the water seen at each pixel.
    """
    height, width = picture.shape[:2]
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    near = np.clip(14.0 / np.maximum(depth, 1.0), 0.1, 1.6).astype(np.float32)
    phase = ys / near * 0.55
    dx = amount * near * (np.sin(phase + 2.6 * t + xs * 0.045) + 0.6 * np.sin(phase * 1.7 - 3.7 * t + xs * 0.09))
    dy = 0.8 * amount * near * np.sin(phase * 1.3 + 3.1 * t - xs * 0.06)
    return np.asarray(cv2.remap(picture, xs + dx, ys + dy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT), dtype=np.uint8)
