"""More look-alikes of plates: emblems on paint, ideographs on boards, displays of buses, lenses of lamps."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training import plates_camera as camera
from models.training.common import Image
from models.training.plates_render import FONTS, glyph

Mask = NDArray[np.float32]
"""Coverage 0..1 of what is drawn, (H, W)."""

_LETTERS = "ABCDEFGHIJKLMNOPRSTUVWXYZ"


def letter(image: Image, rng: np.random.Generator, kept: NDArray[np.float32]) -> Image:
    """The picture with one look-alike at a place that touches none of the boxes ``kept``, (n, 4) in pixels.

    Where ten places drawn at random all touch one, the picture is returned as it is.
    """
    front, alpha = _MAKERS[int(rng.integers(len(_MAKERS)))](rng)
    tall = float(np.exp(rng.uniform(np.log(7), np.log(60))))
    aspect = min(front.shape[1] / front.shape[0], 0.9 * image.shape[1] / tall)
    size = (max(6, round(tall * aspect)), max(5, round(tall)))
    small, mask = (cv2.resize(part, size, interpolation=cv2.INTER_AREA) for part in (front, alpha))
    quad = camera.view(*size, rng, strength=0.6)
    span = quad.max(0) - quad.min(0)
    for _ in range(10):
        start = rng.uniform(0, 1, 2) * np.maximum(np.array(image.shape[1::-1]) - span, 1)
        if not ((kept[:, :2] < start + span) & (kept[:, 2:] > start)).all(axis=1).any():
            corners = (quad - quad.min(0) + start).astype(np.float32)
            return camera.place(np.asarray(small, np.uint8), np.asarray(mask, np.float32), corners, image)
    return image


def _row(rng: np.random.Generator, glyphs: list[Mask], gap: float) -> Mask:
    """Characters of one height side by side, ``gap`` of it apart."""
    height = glyphs[0].shape[0]
    space = np.zeros((height, max(1, round(gap * height))), np.float32)
    parts = [space]
    for mask in glyphs:
        parts += [mask, space]
    return np.pad(np.concatenate(parts, axis=1), ((round(0.15 * height), round(0.15 * height)), (0, 0)))


def _words(rng: np.random.Generator, low: int, high: int) -> list[Mask]:
    font = str(rng.choice([name for name, _ in FONTS]))
    wide = float(rng.uniform(0.9, 2.2))
    text = [str(rng.choice(list(_LETTERS))) for _ in range(int(rng.integers(low, high)))]
    if rng.random() < 0.3:
        text = [*text[:2], *(str(d) for d in rng.integers(0, 10, 2))]
    masks = [glyph(font, char) for char in text]
    return [np.asarray(cv2.resize(m, (max(2, round(m.shape[1] * wide)), m.shape[0])), np.float32) for m in masks]


def _ideograph(rng: np.random.Generator) -> Mask:
    """A made-up character of strokes in a square: level, upright and falling ones, and a box in some."""
    mask = np.zeros((96, 96), np.uint8)
    thick = int(rng.integers(6, 13))
    for _ in range(int(rng.integers(2, 5))):
        y, x, reach = (int(v) for v in rng.integers((10, 4, 40), (88, 30, 90)))
        cv2.line(mask, (x, y), (min(92, x + reach), y), 255, thick)
    for _ in range(int(rng.integers(1, 4))):
        x, y, reach = (int(v) for v in rng.integers((10, 4, 30), (88, 30, 90)))
        lean = int(rng.choice([0, 0, -24, 24]))
        cv2.line(mask, (x, y), (x + lean, min(92, y + reach)), 255, thick)
    if rng.random() < 0.4:
        x, y = (int(v) for v in rng.integers(8, 40, 2))
        cv2.rectangle(mask, (x, y), (x + int(rng.integers(24, 50)), y + int(rng.integers(20, 46))), 255, thick)
    return np.asarray(mask / 255, np.float32)


def _shade(rng: np.random.Generator) -> Mask:
    usual = ((245, 245, 245), (20, 20, 20), (40, 30, 190), (160, 70, 20), (20, 190, 245), (80, 140, 40))
    shade = rng.uniform(0, 255, 3) if rng.random() < 0.35 else np.array(usual[int(rng.integers(6))]) * rng.uniform(0.6, 1.05)
    return np.asarray(shade, np.float32)


def _painted(mask: Mask, ink: Mask, paper: Mask) -> Image:
    return np.clip(paper + mask[:, :, None] * (ink - paper), 0, 255).astype(np.uint8)


def _emblem(rng: np.random.Generator) -> tuple[Image, Mask]:
    """A maker's or model's name in chrome or paint, set on the body without a board: the letters alone are drawn."""
    mask = _row(rng, _words(rng, 2, 8), float(rng.uniform(0.02, 0.35)))
    height = mask.shape[0]
    ink = np.full((*mask.shape, 3), float(rng.choice([225, 200, 150, 40])), np.float32) + rng.normal(0, 8, 3)
    ink *= np.linspace(float(rng.uniform(0.7, 1.2)), float(rng.uniform(0.5, 1.1)), height, dtype=np.float32)[:, None, None]
    shadow = np.roll(mask, (3, 2), axis=(0, 1))
    alpha = np.maximum(mask, 0.7 * shadow)
    return np.clip(ink * (mask >= 0.5 * shadow)[:, :, None], 0, 255).astype(np.uint8), np.asarray(alpha, np.float32)


def _board(rng: np.random.Generator) -> tuple[Image, Mask]:
    """Ideographs in one or two rows, on a board or by themselves."""
    gap = float(rng.uniform(0.02, 0.3))
    count = int(rng.integers(1, 9))
    rows = [_row(rng, [_ideograph(rng) for _ in range(count)], gap) for _ in range(int(rng.choice([1, 1, 1, 2])))]
    mask = np.concatenate(rows)
    front = _painted(mask, _shade(rng), _shade(rng))
    alone = rng.random() < 0.35
    return front, (mask if alone else np.ones(mask.shape, np.float32))


def _display(rng: np.random.Generator) -> tuple[Image, Mask]:
    """A dark board of lit dots: a bus's line and destination."""
    glyphs = [_ideograph(rng) if rng.random() < 0.5 else _words(rng, 1, 2)[0] for _ in range(int(rng.integers(2, 8)))]
    mask = _row(rng, glyphs, 0.12)
    dots = np.zeros(mask.shape, np.float32)
    step = int(rng.integers(5, 9))
    dots[::step, ::step] = 1
    dots = np.asarray(cv2.dilate(dots, np.ones((step - 2, step - 2))), np.float32)
    lit = np.array(((30, 140, 250), (60, 60, 250), (90, 230, 120), (230, 240, 245))[int(rng.integers(4))], np.float32)
    return _painted(mask * dots, lit, np.full(3, float(rng.uniform(5, 50)), np.float32)), np.ones(mask.shape, np.float32)


def _lens(rng: np.random.Generator) -> tuple[Image, Mask]:
    """The clear part of a tail lamp in its red or amber, ribbed, or a grille's slots in a dark frame."""
    height, width = 96, int(96 * rng.uniform(1.0, 4.0))
    paint = np.array(((30, 20, 190), (30, 110, 230), (60, 60, 60))[int(rng.integers(3))], np.float32)
    front = np.full((height, width, 3), paint, np.float32)
    edge = int(rng.integers(6, 26))
    inner = front[edge:-edge, edge:-edge]
    inner[:] = float(rng.uniform(90, 250)) + rng.normal(0, 10, 3)
    ribs = 0.75 + 0.25 * np.sin(np.arange(inner.shape[1]) / float(rng.uniform(1.5, 5.0)))
    inner *= np.asarray(ribs, np.float32)[None, :, None]
    if rng.random() < 0.5:
        rows = 0.7 + 0.3 * np.sin(np.arange(inner.shape[0]) / float(rng.uniform(2, 6)))
        inner *= np.asarray(rows, np.float32)[:, None, None]
    return np.clip(front, 0, 255).astype(np.uint8), np.ones((height, width), np.float32)


_MAKERS = (_emblem, _emblem, _board, _board, _display, _lens)
