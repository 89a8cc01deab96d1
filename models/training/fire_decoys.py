"""What looks like fire or smoke and is none, painted into street pictures: lamps, signs, low suns, red things, haze.

Every function takes a float32 (H, W, 3) BGR picture of 0..255 and a random generator, and paints into the picture in place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.float32]

LIGHTS = np.array(
    [(255, 255, 255), (120, 200, 255), (40, 140, 255), (30, 90, 255), (20, 20, 255), (255, 220, 180), (90, 255, 200)],
    np.float32,
)
"""BGR of lamps: white, warm, sodium, amber, tail lamps, xenon, green."""
WARM = np.array([(0, 60, 200), (0, 110, 255), (20, 20, 200), (40, 190, 255), (10, 40, 120), (60, 120, 230)], np.float32)


def lamps(picture: Pixels, rng: np.random.Generator) -> None:
    """Street lamps, headlights and tail lamps with halos, some drawn out as on a wet road or a dirty lens."""
    height, width = picture.shape[:2]
    for _ in range(int(rng.integers(1, 9))):
        radius = float(np.exp(rng.uniform(np.log(1.5), np.log(0.06 * height + 2))))
        x, y, colour = rng.uniform(0, width), rng.uniform(0, height), LIGHTS[rng.integers(len(LIGHTS))]
        long = float(rng.uniform(2, 14)) if rng.random() < 0.35 else 1.0
        reach = int(radius * 5 * max(1.0, long * 0.6)) + 2
        x0, x1 = int(max(x - reach, 0)), int(min(x + reach, width))
        y0, y1 = int(max(y - reach, 0)), int(min(y + reach, height))
        if x0 >= x1 or y0 >= y1:
            continue
        ys, xs = np.mgrid[y0:y1, x0:x1].astype(np.float32)
        square = ((xs - x) / radius) ** 2 + ((ys - y) / (radius * long)) ** 2
        light = np.exp(-square) * rng.uniform(0.8, 3.0) + rng.uniform(0.1, 0.5) * np.exp(-np.sqrt(square + 1e-3) * 0.7)
        core = np.clip(light - 1, 0, 1)[..., None] * 255
        picture[y0:y1, x0:x1] += np.minimum(light, 1.2)[..., None] * colour + core


def signs(picture: Pixels, rng: np.random.Generator) -> None:
    """Red, orange and yellow boards with writing."""
    height, width = picture.shape[:2]
    for _ in range(int(rng.integers(1, 4))):
        w, h = int(rng.uniform(0.05, 0.35) * width), int(rng.uniform(0.03, 0.2) * height)
        x, y = int(rng.integers(0, max(1, width - w))), int(rng.integers(0, max(1, height - h)))
        paint = np.minimum(WARM[rng.integers(len(WARM))] * rng.uniform(0.6, 1.2), 255)
        board = np.tile(paint, (max(h, 4), max(w, 4), 1)).astype(np.uint8)
        text = "".join(chr(rng.integers(65, 91)) for _ in range(int(rng.integers(3, 9))))
        ink = (255.0, 255.0, 255.0) if rng.random() < 0.5 else tuple(map(float, WARM[rng.integers(len(WARM))]))
        cv2.putText(board, text, (2, int(h * 0.8)), cv2.FONT_HERSHEY_DUPLEX, max(0.2, h / 32), ink, max(1, h // 14))
        _lay(picture, board.astype(np.float32), x, y, float(rng.uniform(0.7, 1.0)))


def warm_things(picture: Pixels, rng: np.random.Generator) -> None:
    """Parts of the picture in the colours of flames: paint, cloth, tiles, cars; the texture is that of the street."""
    height, width = picture.shape[:2]
    for _ in range(int(rng.integers(1, 4))):
        w, h = int(rng.uniform(0.04, 0.4) * width) + 4, int(rng.uniform(0.04, 0.4) * height) + 4
        x, y = int(rng.integers(0, max(1, width - w))), int(rng.integers(0, max(1, height - h)))
        sx, sy = int(rng.integers(0, max(1, width - w))), int(rng.integers(0, max(1, height - h)))
        part = picture[sy : sy + h, sx : sx + w]
        light = np.clip(part.mean(axis=2, keepdims=True) / 255 * rng.uniform(0.8, 2.0), 0, 1)
        colour = WARM[rng.integers(len(WARM))]
        board = light * colour + np.maximum(light - 0.7, 0) * 255
        mask = np.zeros(part.shape[:2], np.float32)
        centre, axes = (part.shape[1] // 2, part.shape[0] // 2), (max(1, part.shape[1] // 2), max(1, part.shape[0] // 2))
        if rng.random() < 0.5:
            cv2.ellipse(mask, centre, axes, float(rng.uniform(0, 180)), 0, 360, 1.0, -1)
        else:
            mask[:] = 1
        _lay(picture, board.astype(np.float32), x, y, mask)


def low_sun(picture: Pixels, rng: np.random.Generator) -> None:
    """An orange sky that fades downwards, and mostly a sun with its halo and streaks."""
    height, width = picture.shape[:2]
    reach = rng.uniform(0.2, 0.9) * height
    share = np.exp(-np.arange(height, dtype=np.float32) / reach)[:, None, None] * rng.uniform(0.3, 0.95)
    sky = np.array([rng.uniform(20, 130), rng.uniform(90, 180), rng.uniform(180, 255)], np.float32)
    picture += share * (sky - picture)
    if rng.random() < 0.7:
        x, y, radius = rng.uniform(0, width), rng.uniform(0, 0.5) * height, rng.uniform(0.015, 0.09) * height
        ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
        away = np.sqrt((xs - x) ** 2 + (ys - y) ** 2) / radius
        glow = np.exp(-np.maximum(away - 1, 0) * rng.uniform(0.15, 1.2))
        glow += 0.4 * np.exp(-(((xs - x) / radius) ** 2)) * (ys > y) * rng.uniform(0, 1)
        picture += glow[..., None] * np.array([rng.uniform(60, 230), rng.uniform(140, 240), 255], np.float32)


def warm_light(picture: Pixels, rng: np.random.Generator) -> None:
    """Sodium lamps or a late sun: the whole picture in orange."""
    picture *= np.array([rng.uniform(0.25, 0.8), rng.uniform(0.55, 0.95), rng.uniform(0.95, 1.35)], np.float32)


def haze(picture: Pixels, rng: np.random.Generator) -> None:
    """Fog that thickens with distance, which is upwards in a street picture, or covers all evenly."""
    height = picture.shape[0]
    tone = rng.uniform(90, 235)
    depth = np.linspace(rng.uniform(0.4, 0.95), rng.uniform(0.0, 0.5), height, dtype=np.float32)[:, None, None]
    picture += depth * (tone - picture)


DECOYS: tuple[tuple[float, Callable[[Pixels, np.random.Generator], None]], ...] = (
    (0.35, lamps),
    (0.2, signs),
    (0.25, warm_things),
    (0.1, low_sun),
    (0.12, warm_light),
    (0.12, haze),
)
"""Chance of each in a picture, and what it paints."""


def paint_decoys(picture: Pixels, rng: np.random.Generator) -> None:
    """Some of :data:`DECOYS`, by chance."""
    for chance, paint in DECOYS:
        if rng.random() < chance:
            paint(picture, rng)
            np.clip(picture, 0, 255, out=picture)


def _lay(picture: Pixels, part: Pixels, x: int, y: int, cover: Any) -> None:
    h, w = min(part.shape[0], picture.shape[0] - y), min(part.shape[1], picture.shape[1] - x)
    share = cover[:h, :w, None] if isinstance(cover, np.ndarray) else cover
    picture[y : y + h, x : x + w] += share * (part[:h, :w] - picture[y : y + h, x : x + w])
