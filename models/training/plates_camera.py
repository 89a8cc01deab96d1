"""What lies between a plate and a crop of it: dirt, light, view, resolution, blur, noise, JPEG."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Quad = NDArray[np.float32]


def soil(picture: Picture, rng: np.random.Generator) -> Picture:
    """Mud spots, scratches, worn paint and shadows on the plate itself."""
    h, w = picture.shape[:2]
    out = picture.astype(np.float32)
    if rng.random() < 0.35:
        cloud = cv2.resize(rng.random((4, 7), np.float32), (w, h), interpolation=cv2.INTER_CUBIC)
        cloud = np.clip((cloud - rng.uniform(0.45, 0.8)) * 2, 0, 0.75)[:, :, None]
        out += cloud * (rng.uniform(40, 170, 3).astype(np.float32) - out)
    for _ in range(int(rng.choice([0, 0, 0, 1, 2, 4]))):
        centre = (int(rng.integers(w)), int(rng.integers(h)))
        shade = [float(v) for v in rng.uniform(30, 220, 3)]
        cv2.circle(out, centre, int(rng.integers(1, max(2, h // 16))), shade, -1)
    if rng.random() < 0.15:
        a, b = ((int(rng.integers(w)), int(rng.integers(h))) for _ in range(2))
        cv2.line(out, a, b, [float(rng.uniform(60, 230))] * 3, 1, cv2.LINE_AA)
    return np.clip(out, 0, 255).astype(np.uint8)


def light(picture: Picture, rng: np.random.Generator) -> Picture:
    """Shade across the plate, a lamp's glare, night, a lamp's tint, an infra-red camera's grey."""
    h, w = picture.shape[:2]
    out = picture.astype(np.float32)
    ramp = np.linspace(-1, 1, w, dtype=np.float32)[None, :] * rng.normal(0, 0.12)
    ramp = ramp + np.linspace(-1, 1, h, dtype=np.float32)[:, None] * rng.normal(0, 0.12)
    out *= (1 + ramp)[:, :, None]
    if rng.random() < 0.12:  # the sharp edge of a shadow
        edge = np.zeros((h, w), np.float32)
        corners = np.array([[rng.integers(-w, 2 * w), rng.integers(-h, 2 * h)] for _ in range(4)], np.int32)
        cv2.fillPoly(edge, [corners], 1.0)
        out *= (1 - float(rng.uniform(0.2, 0.6)) * cv2.GaussianBlur(edge, (0, 0), 2))[:, :, None]
    if rng.random() < 0.12:
        yy, xx = np.mgrid[0:h, 0:w].astype(np.float32)
        spot = np.exp(-(((xx - rng.uniform(0, w)) / (0.25 * w)) ** 2 + ((yy - rng.uniform(0, h)) / (0.3 * h)) ** 2))
        out += (spot * float(rng.uniform(40, 160)))[:, :, None]
    if rng.random() < 0.3:
        out *= rng.uniform(0.75, 1.15, 3).astype(np.float32)
    contrast, dim = float(rng.uniform(0.5, 1.15)), float(rng.choice([1.0, 1.0, 1.0, 0.7, 0.45, 0.3]))
    out = (out - 128) * contrast + 128 + float(rng.normal(0, 18))
    if rng.random() < 0.12:
        out[:] = out.mean(2, keepdims=True)
    return np.asarray(np.clip(out * dim, 0, 255), np.uint8)


def view(width: int, height: int, rng: np.random.Generator, strength: float = 1.0) -> Quad:
    """Corners of a plate of this size seen from the side, float32 (4, 2), clockwise from top left, at any offset."""
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    corners -= corners.mean(0)
    roll = float(rng.normal(0, 0.07)) * strength
    shear_x, shear_y = float(rng.normal(0, 0.08)) * strength, float(rng.normal(0, 0.07)) * strength
    corners[:, 0] *= float(rng.uniform(1 - 0.3 * strength, 1.05))
    turn = np.array([[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]], np.float32)
    shear = np.array([[1, shear_x], [shear_y, 1]], np.float32)
    seen = corners @ turn.T @ shear.T
    return np.asarray(seen + rng.normal(0, 0.012 * strength * height, (4, 2)), np.float32)


def clutter(width: int, height: int, rng: np.random.Generator) -> Picture:
    """A made-up surrounding: bumper, mudguard, lamp; uint8 (height, width, 3)."""
    base = rng.uniform(5, 150, 3) if rng.random() < 0.8 else rng.uniform(120, 250, 3)
    noise = rng.normal(0, float(rng.uniform(3, 40)), (6, 8, 3)).astype(np.float32)
    out = cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC) + base.astype(np.float32)
    for _ in range(int(rng.integers(0, 6))):
        a, b = ((int(rng.integers(width)), int(rng.integers(height))) for _ in range(2))
        shade = [float(v) for v in rng.uniform(0, 255, 3)]
        cv2.line(out, a, b, shade, int(rng.integers(1, max(2, height // 8))))
    return np.clip(out, 0, 255).astype(np.uint8)


def place(picture: Picture, alpha: NDArray[np.float32], quad: Quad, onto: Picture) -> Picture:
    """A copy of ``onto`` with the plate's corners at ``quad`` (pixels, clockwise from top left)."""
    h, w = picture.shape[:2]
    source = np.array([[0, 0], [w, 0], [w, h], [0, h]], np.float32)
    transform = cv2.getPerspectiveTransform(source, quad.astype(np.float32))
    size = (onto.shape[1], onto.shape[0])
    shrinks = float(np.linalg.norm(quad[1] - quad[0])) < w / 2
    seen = cv2.warpPerspective(picture, transform, size, flags=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    mask = cv2.warpPerspective(alpha, transform, size, flags=cv2.INTER_LINEAR)[:, :, None]
    return np.clip(onto * (1 - mask) + seen * mask, 0, 255).astype(np.uint8)


def lens(picture: Picture, rng: np.random.Generator, strength: float = 1.0) -> Picture:
    """Defocus, motion blur and sensor noise at the picture's own resolution."""
    out = picture
    if rng.random() < 0.6:
        out = np.asarray(cv2.GaussianBlur(out, (0, 0), 0.3 + strength * float(rng.exponential(0.33))), np.uint8)
    if rng.random() < 0.25:
        length = 1 + int(strength * rng.integers(1, 4))
        kernel = np.zeros((length * 2 + 1,) * 2, np.float32)
        angle = float(rng.normal(0, 0.6))
        step = np.array([np.cos(angle), np.sin(angle)]) * length / 2
        a, b = (tuple(int(v) for v in np.round(length + s * step)) for s in (-1, 1))
        cv2.line(kernel, a, b, 1.0, 1)
        out = np.asarray(cv2.filter2D(out, -1, kernel / kernel.sum()), np.uint8)
    sigma = float(rng.exponential(2.5))
    noisy = out.astype(np.float32) + np.float32(sigma) * rng.standard_normal(out.shape, np.float32)
    if rng.random() < 0.2:  # an over-eager camera sharpens
        noisy += 0.8 * (noisy - cv2.GaussianBlur(noisy, (0, 0), 1.2))
    return np.clip(noisy, 0, 255).astype(np.uint8)


def drag(picture: Picture, rng: np.random.Generator, height: float) -> Picture:
    """The blur of a vehicle that moves while the shutter is open, up to a fifth of the plate's ``height`` in pixels long.

    Mostly along the plate; sometimes up or down the picture, as what comes towards the camera moves.
    """
    length = height * float(rng.uniform(0.03, 0.2))
    angle = float(rng.normal(0, 0.25)) + (np.pi / 2 if rng.random() < 0.35 else 0.0)
    reach = int(np.ceil(length / 2)) + 1
    kernel = np.zeros((2 * reach + 1,) * 2, np.float32)
    for along in np.linspace(-length / 2, length / 2, 4 * reach + 1):  # each point shared among its four pixels
        x, y = reach + along * np.cos(angle), reach + along * np.sin(angle)
        x0, y0 = int(x), int(y)
        for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
            share = (1 - abs(x - x0 - dx)) * (1 - abs(y - y0 - dy))
            if share > 0:
                kernel[y0 + dy, x0 + dx] += share
    return np.asarray(cv2.filter2D(picture, -1, kernel / kernel.sum()), np.uint8)


def jpeg(picture: Picture, rng: np.random.Generator) -> Picture:
    """Compression as a camera or an encoder leaves it."""
    quality = int(rng.integers(18, 96))
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
