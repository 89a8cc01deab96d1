"""Made-up places, as a camera would see them."""

from __future__ import annotations

import numpy as np


def place(seed, size=(160, 90), shift=0):
    """Eighty rectangles of random grey, uint8 (H, W), the same for the same seed; ``shift`` pixels to the side."""
    rng = np.random.default_rng(seed)
    width, height = size
    image = np.full((height, width + 40), 120, np.uint8)
    limits = ((0, width + 20), (0, height - 8), (width // 26, width // 6), (height // 15, height // 4), (20, 235))
    for x, y, w, h, grey in zip(*(rng.integers(a, b, 80) for a, b in limits), strict=True):
        image[y : y + h, x : x + w] = grey
    return image[:, 20 + shift : 20 + shift + width]


def grainy(image, at, spread=4.0):
    """With a sensor's noise, different for every time."""
    grain = np.random.default_rng(int(abs(at) * 100)).normal(0, spread, image.shape)
    return np.clip(image + grain, 0, 255).astype(np.uint8)
