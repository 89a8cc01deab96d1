"""Spoils training pictures as street cameras do, and paints rain-wet and flooded ground on pictures of dry ground."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.common import Image

Layer = NDArray[Any]
"""A picture or mask in floating point of any precision."""
Rng = np.random.Generator
CASTS = np.array(
    [[0.45, 0.75, 1], [0.6, 0.85, 1], [1, 0.92, 0.85], [1, 0.8, 0.75], [0.9, 1, 0.9], [0.95, 0.98, 1]], np.float32
)
"""Light at night, BGR: sodium (two), white and blue diodes, mercury, neutral."""
LAMPS = np.array([[1, 1, 1], [0.55, 0.8, 1], [0.45, 0.65, 1], [1, 0.92, 0.8], [0.2, 0.2, 1], [0.4, 1, 0.4]], np.float32)
"""Colours of lamps, BGR: white, two of sodium, blue-white, a tail light, a green signal."""


def noise(rng: Rng, shape: tuple[int, int], cells: tuple[int, int]) -> Layer:
    """Smooth noise 0..1, (H, W), with about ``cells`` (rows, columns) blobs."""
    small = rng.random(cells).astype(np.float32)
    return np.clip(cv2.resize(small, shape[::-1], interpolation=cv2.INTER_CUBIC), 0, 1).astype(np.float32)


def mirror(image: Image, ground: Image, rng: Rng) -> Layer:
    """What still water on ``ground`` (uint8 mask) would mirror: each column flipped at the ground's upper edge."""
    height, width = ground.shape
    top = np.where(ground.any(axis=0), ground.argmax(axis=0), height).astype(np.float32)
    top = np.minimum(cv2.blur(top[None], (31, 1))[0] + rng.uniform(-0.02, 0.02) * height, height - 1)
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    return cv2.remap(
        image.astype(np.float32), xs, np.abs(2 * top[None] - ys), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )


def lamps(image: Image, rng: Rng) -> Image:
    """The picture at night with lamps in its upper half."""
    height, width = image.shape[:2]
    out = image.astype(np.float32) * rng.uniform(0.12, 0.5) * rng.uniform(0.8, 1.15, 3)
    glow = np.zeros_like(out)
    for _ in range(int(rng.integers(1, 7))):
        centre = int(rng.integers(width)), int(rng.uniform(0.02, 0.5) * height)
        colour = rng.choice(np.array([[255, 255, 255], [140, 200, 255], [120, 170, 255], [255, 235, 210], [60, 60, 255]]))
        cv2.circle(glow, centre, int(rng.uniform(0.006, 0.03) * width) + 1, tuple(map(float, colour)), -1)
    halo = cv2.GaussianBlur(glow, (0, 0), 0.03 * width)
    return np.clip(out + glow + 2 * halo, 0, 255).astype(np.uint8)


def nightfall(image: Image, rng: Rng) -> Image:
    """A picture taken by day as a street camera would see it at night: little colour, one cast, pools of light, lamps.

    Most lamps have their mirror image below them, smooth or broken, whatever the ground is, so that it is no sign of water.
    """
    shape = (image.shape[0], image.shape[1])
    height, width = shape
    out: Layer = image.astype(np.float32) / 255
    grey = out.mean(axis=2, keepdims=True)
    out = (grey + (out - grey) * rng.uniform(0.1, 0.9)) ** rng.uniform(1.1, 2.4) * rng.choice(CASTS)
    if rng.random() < 0.7:
        pools = noise(rng, shape, (int(rng.integers(2, 5)), int(rng.integers(2, 5))))
        out = out * (0.5 + 1.4 * pools)[..., None]
    # A camera lifts what is dark until its mean is fair.
    out = np.clip(out * rng.uniform(20, 95) / 255 / max(float(out.mean()), 1e-3), 0, 1.2)
    glow, streaks = np.zeros_like(out), np.zeros_like(out)
    line = rng.uniform(0.15, 0.6) * height
    for _ in range(int(rng.integers(1, 9))):
        centre = rng.uniform(0, width), rng.uniform(-0.05, 1) * line
        radius = rng.uniform(0.004, 0.03) * width + 1
        colour = rng.choice(LAMPS, p=(0.3, 0.22, 0.22, 0.14, 0.08, 0.04))
        cv2.circle(glow, (int(centre[0]), int(centre[1])), int(radius), tuple(map(float, colour)), -1)
        if rng.random() < 0.75:
            streaks += streak(shape, centre[0], line, radius, rng)[..., None] * colour * rng.uniform(0.2, 1.1)
    out = out + glow + cv2.GaussianBlur(glow, (0, 0), rng.uniform(0.01, 0.05) * width) * rng.uniform(0.5, 3) + streaks
    if rng.random() < 0.35:  # rain in the light
        out = out + cv2.GaussianBlur(glow, (0, 0), 0.15 * width) * rng.uniform(1, 6) + rng.uniform(0, 0.12)
    grain = rng.normal(0, rng.exponential(5), (height // 2 + 1, width // 2 + 1, 3)).astype(np.float32)
    return np.asarray(np.clip(255 * np.clip(out, 0, 1) + cv2.resize(grain, shape[::-1]), 0, 255), np.uint8)


def streak(shape: tuple[int, int], x: float, line: float, radius: float, rng: Rng) -> Layer:
    """A column of light on the ground below a lamp, (H, W), 0..1.5; nearly half of them are broken, as by ripples."""
    height, width = shape
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    top = line + rng.uniform(0, 0.15) * height
    depth = np.clip(ys - top, 0, None) / height
    fading = np.clip(depth / 0.06, 0, 1) * np.exp(-depth / rng.uniform(0.1, 0.6))
    column: Layer = np.exp(-(((xs - x) / (radius * rng.uniform(0.8, 3))) ** 2)) * fading
    if rng.random() < 0.45:
        cells = (max(2, int(height / rng.uniform(2, 8))), max(2, int(width / rng.uniform(3, 30))))
        broken = cv2.resize(rng.random(cells).astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
        column = column * np.clip((broken - rng.uniform(0.2, 0.6)) * rng.uniform(2, 5), 0, 1.5)
    return column


def coarser(image: Image, rng: Rng) -> Image:
    """The picture of a camera with fewer pixels, at the same size."""
    height, width = image.shape[:2]
    share = rng.uniform(0.3, 0.8)
    small = cv2.resize(image, (max(8, int(width * share)), max(8, int(height * share))), interpolation=cv2.INTER_AREA)
    way = cv2.INTER_LINEAR if rng.random() < 0.5 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(small, (width, height), interpolation=way), np.uint8)


def wet(image: Image, ground: Image, rng: Rng) -> Image:
    """Wet ground: darker, with streaks of light and soft puddles that mirror; its texture shows through."""
    shape = image.shape[:2]
    seen = cv2.GaussianBlur(mirror(image, ground, rng), (0, 0), sigmaX=rng.uniform(0.5, 3), sigmaY=rng.uniform(6, 30))
    patches = noise(rng, (shape[0], shape[1]), (int(rng.integers(4, 12)), int(rng.integers(3, 8))))
    share = rng.uniform(0.1, 0.5) * (0.4 + 0.6 * patches)
    damp = image.astype(np.float32) * rng.uniform(0.4, 0.8) + seen * share[..., None] * rng.uniform(0.6, 1.6)
    soft = cv2.GaussianBlur(ground.astype(np.float32) / 255, (0, 0), 3)[..., None]
    return np.clip(image * (1 - soft) + damp * soft, 0, 255).astype(np.uint8)


def flood(image: Image, ground: Image, rng: Rng) -> tuple[Image, Image]:
    """Flooded ground and the mask of the water: its own colour, mirrored surroundings, ripples; it hides markings."""
    shape = (image.shape[0], image.shape[1])
    ys, xs = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    length = rng.uniform(3, 14)
    size = rng.uniform(0.3, 3.0) * (0.4 + 1.2 * ys / shape[0])
    wave = np.sin(ys / length + 4 * noise(rng, shape, (6, 6))) + np.sin(ys / (0.6 * length) + xs / (4 * length))
    seen: Layer = mirror(image, ground, rng)
    seen = cv2.GaussianBlur(seen, (0, 0), sigmaX=rng.uniform(0.3, 2), sigmaY=rng.uniform(0.5, 12))
    seen = cv2.remap(seen, xs + (size * wave).astype(np.float32), ys + (size * wave).astype(np.float32), cv2.INTER_LINEAR,
                     borderMode=cv2.BORDER_REFLECT)  # fmt: skip
    light = max(12.0, float(image.mean()))
    tone = np.array([rng.uniform(0.45, 1.0), rng.uniform(0.75, 1.0), 1.0]) * light * rng.uniform(0.4, 1.3)
    far = np.clip(1 - (ys / shape[0]), 0, 1)
    share = np.clip(rng.uniform(0.1, 0.5) + rng.uniform(0, 0.5) * far, 0, 0.9)[..., None]
    water = tone * (1 - share) + seen * share + (light * rng.uniform(0, 0.12) * wave)[..., None]
    water = water + image * rng.uniform(0, 0.15)
    reach = noise(rng, shape, (5, 4)) < (1.1 if rng.random() < 0.5 else rng.uniform(0.35, 0.8))
    cover = ((ground > 0) & reach).astype(np.float32)
    soft = cv2.GaussianBlur(cover, (0, 0), 1.5)[..., None]
    return np.clip(image * (1 - soft) + water * soft, 0, 255).astype(np.uint8), (cover * 255).astype(np.uint8)


def plain(rng: Rng, size: tuple[int, int] = (384, 288)) -> Image:
    """Bare dry ground from near, a wall, a covered lens, nothing: one tone with stains, grain, lines and shadows."""
    width, height = size
    tone = np.clip(rng.uniform(0, 230) + rng.normal(0, 10, 3), 0, 255)
    out: Layer = np.ones((height, width, 3), np.float32) * tone
    for cells in ((2, 3), (6, 8), (24, 32)):
        strength = rng.exponential(0.12) if rng.random() < 0.7 else 0.0
        out = out * (1 + strength * (noise(rng, (height, width), cells) - 0.5))[..., None]
    if rng.random() < 0.7:
        grain = rng.normal(0, rng.exponential(9), (height, width)).astype(np.float32)
        out = out + cv2.GaussianBlur(grain, (0, 0), rng.uniform(0.3, 1.6))[..., None]
    for _ in range(int(rng.integers(0, 5))):
        start, end = ((int(rng.uniform(-0.2, 1.2) * width), int(rng.uniform(-0.2, 1.2) * height)) for _ in range(2))
        colour = float(rng.choice([235.0, 200.0, 30.0]))
        drawn = np.zeros((height, width), np.float32)
        cv2.line(drawn, start, end, 1.0, int(rng.integers(1, 14)))
        line: Layer = cv2.GaussianBlur(drawn, (0, 0), 0.8)[..., None] * rng.uniform(0.3, 1.0)
        out = out * (1 - line) + colour * line
    if rng.random() < 0.3:
        edge = int(rng.uniform(0.1, 0.9) * width)
        out[:, edge:] = out[:, edge:] * rng.uniform(0.4, 0.9)
    return np.asarray(np.clip(out, 0, 255), np.uint8)


def rain(image: Image, rng: Rng) -> Image:
    """Streaks, haze and blurred drops on the lens."""
    height, width = image.shape[:2]
    layer = np.zeros((height, width), np.float32)
    slant = rng.uniform(-0.3, 0.3)
    for _ in range(int(rng.integers(10, 160))):
        x, y, length = rng.uniform(0, width), rng.uniform(-10, height), rng.uniform(6, 30)
        cv2.line(layer, (int(x), int(y)), (int(x + length * slant), int(y + length)), float(rng.uniform(20, 90)), 1)
    out: Layer = (
        image.astype(np.float32) * rng.uniform(0.85, 1)
        + cv2.GaussianBlur(layer, (0, 0), 0.7)[..., None]
        + rng.uniform(0, 16)
    )
    if rng.random() < 0.35:
        drops: Layer = np.zeros((height, width), np.float32)
        for _ in range(int(rng.integers(1, 6))):
            centre = int(rng.integers(width)), int(rng.integers(height))
            cv2.circle(drops, centre, int(rng.uniform(0.02, 0.09) * width), (1.0,), -1)
        drops = cv2.GaussianBlur(drops, (0, 0), 4)[..., None]
        out = out * (1 - drops) + cv2.GaussianBlur(out, (0, 0), 7) * rng.uniform(0.9, 1.25) * drops
    return np.asarray(np.clip(out, 0, 255), np.uint8)


def spoil(image: Image, rng: Rng) -> Image:
    """Light, colour, blur, noise, rain and JPEG of a street camera."""
    out: Layer = image.astype(np.float32)
    if rng.random() < 0.3:
        out = 255 * (out / 255) ** rng.uniform(0.6, 2.4) * rng.uniform(0.5, 1)
    out = out * rng.uniform(0.8, 1.2) * rng.uniform(0.88, 1.12, 3) + rng.uniform(-14, 14)
    if rng.random() < 0.15:
        out = np.repeat(out.mean(axis=2, keepdims=True), 3, axis=2)
    out = np.clip(out, 0, 255)
    if rng.random() < 0.3:
        out = cv2.GaussianBlur(out, (0, 0), rng.uniform(0.4, 2.2))
    result = out.astype(np.uint8)
    if rng.random() < 0.25:
        result = rain(result, rng)
    if rng.random() < 0.5:
        grain = rng.normal(0, rng.exponential(5), result.shape).astype(np.float32)
        result = np.clip(result + grain, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        _, data = cv2.imencode(".jpg", result, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(20, 90))])
        result = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return result
