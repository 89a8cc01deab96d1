"""What a change of the ground is: a thing, light, or nothing but a shaken camera. Pure functions of two pictures."""

from __future__ import annotations

import math
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ioc.core.types import Box

EDGE_GAIN: Final = 7.0
"""Levels by which the edges along a thing's contour must exceed those of the slow background at the same place."""
EDGE_RATIO: Final = 0.25
"""The same as a share of the slow background's edges, where these are strong already."""
SHARP: Final = 0.3
"""Share of a change's contrast that its contour's edges must have: less is the soft rim of light."""
SAME_TEXTURE: Final = 0.6
"""Correlation of the fine structure before and now from which the surface is the same under another light."""
LEAST_TEXTURE: Final = 1.5
"""Levels of fine structure below which a surface is too plain to tell."""
SHADOW: Final = (0.35, 0.9)
"""Factors by which a shadow darkens the ground."""
SHADE_HUE: Final = 0.12
SHADE_SPREAD: Final = 0.12
"""How far these factors may differ between the colours, and between the places, as shares of their mean."""
COMPACT: Final = 0.4
"""Share of its bounding box that a thing fills at least: less are leaves, reflections, the edges of what has shaken."""
BETTER: Final = 0.9
"""Share of the difference that a shift must leave at most to be believed."""
OUTLIER: Final = 12.0
"""Levels beyond which a pixel's difference counts as if it were so large: it is somebody, and no shift."""
WIDTH: Final = 320
"""Pixels of the working picture."""
SMALLEST: Final = 12
"""Pixels of the working picture."""

Picture = NDArray[np.uint8]
Mean = NDArray[np.float32]
Mask = NDArray[np.bool_]


def shift_between(before: Mean, now: Mean) -> tuple[float, float]:
    """By how many pixels (x, y) a float32 (H, W) grey picture has moved, (0, 0) if no shift explains its difference.

    Lucas and Kanade's least squares for one translation of the whole picture, first on a smaller copy, with large
    differences cut off.
    """
    dx = dy = 0.0
    for scale in (4, 2, 1):
        a, b = (_smaller(p, scale) for p in (before, now))
        if min(a.shape) < 16:
            continue
        gx, gy = (cv2.Sobel(a, cv2.CV_32F, *d) / 8 for d in ((1, 0), (0, 1)))
        xx, xy, yy = float((gx * gx).sum()), float((gx * gy).sum()), float((gy * gy).sum())
        if xx * yy - xy * xy < 1e-3 * (xx + yy) ** 2 + 1e-6:
            continue
        for _ in range(1 + scale):
            error = np.clip(a - moved_back(b, dx / scale, dy / scale), -OUTLIER, OUTLIER)
            ex, ey = float((gx * error).sum()), float((gy * error).sum())
            dx += scale * (yy * ex - xy * ey) / (xx * yy - xy * xy)
            dy += scale * (xx * ey - xy * ex) / (xx * yy - xy * xy)
    apart, left = (float(np.minimum(np.abs(before - p), OUTLIER).mean()) for p in (now, moved_back(now, dx, dy)))
    return (dx, dy) if left <= BETTER * apart else (0.0, 0.0)


def _smaller(grey: Mean, scale: int) -> Mean:
    if scale == 1:
        return grey
    return np.asarray(cv2.resize(grey, None, fx=1 / scale, fy=1 / scale, interpolation=cv2.INTER_AREA), np.float32)


def moved_back(image: NDArray[Any], dx: float, dy: float) -> NDArray[Any]:
    """The picture moved by (-dx, -dy)."""
    move = np.array([[1, 0, -dx], [0, 1, -dy]], np.float32)
    return cv2.warpAffine(image, move, (image.shape[1], image.shape[0]), borderMode=cv2.BORDER_REPLICATE)


def edge_gain(mask: Mask, now: Picture, before: Picture) -> float:
    """Levels that edges along the contour of a change, bool (H, W) in uint8 (H, W, 3) pictures, have gained.

    Negative for uncovered ground, which has lost some; -inf for light: a soft contour, or the same texture as before.
    """
    grey_now, grey_before = (cv2.cvtColor(p, cv2.COLOR_BGR2GRAY).astype(np.float32) for p in (now, before))
    kernel = np.ones((3, 3), np.uint8)
    flags = as_flags(mask)
    rim = (cv2.dilate(flags, kernel) > 0) & (cv2.erode(flags, kernel) == 0)
    edge_now, edge_before = (_strength(_gradient(g), rim) for g in (grey_now, grey_before))
    contrast = float(np.mean(difference(now, before)[mask]))
    if edge_now < SHARP * contrast or _same_surface(mask, grey_now, grey_before) or _is_shaded(mask, now, before):
        return -math.inf
    gain = edge_now - edge_before
    return gain if gain < EDGE_GAIN or gain >= EDGE_RATIO * edge_before else 0.0


def _is_shaded(mask: Mask, now: Picture, before: Picture) -> bool:
    """Whether the ground is only darker: by one factor in all colours and at every place, as no thing's own face is."""
    inside = cv2.erode(as_flags(mask), np.ones((3, 3), np.uint8), borderValue=0) > 0
    if inside.sum() < SMALLEST:
        inside = mask
    ratio = (now[inside].astype(np.float32) + 4) / (before[inside].astype(np.float32) + 4)
    colours = ratio.mean(axis=0)
    factor = float(colours.mean())
    if not SHADOW[0] <= factor <= SHADOW[1]:
        return False
    return bool(np.ptp(colours) < SHADE_HUE * factor and ratio.mean(axis=1).std() < SHADE_SPREAD * factor)


def is_compact(mask: Mask) -> bool:
    """Whether a change fills enough of its bounding box."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    around = int(rows[-1] - rows[0] + 1) * int(columns[-1] - columns[0] + 1)
    return int(mask.sum()) >= COMPACT * around


def _same_surface(mask: Mask, now: Mean, before: Mean) -> bool:
    a, b = ((g - cv2.GaussianBlur(g, (7, 7), 0))[mask] for g in (now, before))
    if float(b.std()) < LEAST_TEXTURE:
        return False
    product, power = float(np.mean(a * b)), float(np.mean(a * a) * np.mean(b * b))
    return product > SAME_TEXTURE * math.sqrt(power) + 1e-6


def around(mask: Mask, left: int, top: int, shape: tuple[int, ...]) -> Box:
    """The box around a part of a mask that begins at (left, top) in a picture of ``shape``."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    height, width = shape[:2]
    return Box.clipped(
        (left + int(columns[0])) / width,
        (top + int(rows[0])) / height,
        (left + int(columns[-1]) + 1) / width,
        (top + int(rows[-1]) + 1) / height,
    )


def within(box: Box, shape: tuple[int, ...], wider: float = 0.0) -> tuple[slice, slice]:
    """Rows and columns of a picture of ``shape`` that a box touches, widened on each side by a part of its size."""
    height, width = shape[:2]
    dx, dy = wider * box.width, wider * box.height
    x1, x2 = math.floor((box.x1 - dx) * width), math.ceil((box.x2 + dx) * width)
    y1, y2 = math.floor((box.y1 - dy) * height), math.ceil((box.y2 + dy) * height)
    return slice(max(0, y1), max(0, y2)), slice(max(0, x1), max(0, x2))


def working_copy(image: NDArray[np.uint8]) -> Picture:
    """A uint8 (H, W, 3) BGR picture at the working size, without its noise."""
    height, width = image.shape[:2]
    size = WIDTH, max(1, round(height * WIDTH / width))
    whole = max(1, min(width // size[0], height // size[1]))
    if whole > 1:  # a whole number of pixels is averaged much faster than a broken one
        image = image[: height // whole * whole, : width // whole * whole]
        image = np.asarray(cv2.resize(image, (width // whole, height // whole), interpolation=cv2.INTER_AREA), np.uint8)
    small = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR) if image.shape[1] != WIDTH else image
    return np.asarray(cv2.GaussianBlur(small, (3, 3), 0), np.uint8)


def small_grey(image: Picture) -> Mean:
    """A working picture in grey and at half its size, to find shifts with."""
    height, width = image.shape[:2]
    small = cv2.resize(image, (max(8, width // 2), max(8, height // 2)), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.float32)


def difference(a: Picture, b: Picture) -> Picture:
    """Largest difference in any colour, uint8 (H, W)."""
    blue, green, red = cv2.split(cv2.absdiff(a, b))
    return np.asarray(cv2.max(cv2.max(blue, green), red), np.uint8)


def _gradient(grey: Mean) -> Mean:
    """Levels by which brightness differs over two pixels."""
    return np.asarray(
        cv2.magnitude(cv2.Sobel(grey, cv2.CV_32F, 1, 0) / 4, cv2.Sobel(grey, cv2.CV_32F, 0, 1) / 4), np.float32
    )


def _strength(gradient: Mean, rim: Mask) -> float:
    """Mean of the stronger half of the gradients along a rim."""
    along = gradient[rim]
    return float(np.mean(along[along >= np.median(along)])) if along.size else 0.0


def as_bytes(mean: Mean) -> Picture:
    """A background as a picture, rounded."""
    return np.asarray(cv2.convertScaleAbs(mean), np.uint8)


def as_mean(mask: Mask) -> Mean:
    """1.0 where the mask holds, 0.0 elsewhere."""
    return mask.astype(np.float32)


def as_flags(mask: Mask) -> NDArray[np.uint8]:
    """A view of the mask as bytes 0 and 1, as OpenCV takes it."""
    return mask.view(np.uint8)
