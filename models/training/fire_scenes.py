"""Training scenes of the fire detector: real labelled frames, and street pictures with plumes and decoys painted in."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from models.training.common import Image
from models.training.fire_decoys import Pixels, paint_decoys
from models.training.fire_pictures import FIRE, SMOKE, Source
from models.training.street_crops import Scene

Field = npt.NDArray[np.float32]

REAL, BURNING = 0.3, 0.65
"""Share of scenes that are real labelled frames, and share of the others that get a plume."""
HIDDEN = 0.3
"""Share of plumes that something of the street stands before: a post, a car, a person."""
LONGEST = 720
"""Pictures are kept at most this long: the network looks at 416."""
FLAME, COVER = 0.4, 0.22
"""Share 0..1 of flame and of smoke over the street from which a pixel belongs to the box."""
PALETTES = np.array(
    [
        [(10, 30, 120), (10, 80, 225), (30, 150, 255), (100, 220, 255), (215, 250, 255)],
        [(0, 20, 90), (5, 60, 200), (20, 110, 250), (60, 180, 255), (150, 235, 255)],
        [(40, 60, 150), (60, 130, 245), (140, 210, 255), (225, 245, 255), (255, 255, 255)],
        [(60, 40, 150), (110, 90, 230), (190, 170, 255), (240, 230, 255), (255, 255, 255)],
        [(70, 70, 70), (140, 140, 140), (205, 205, 205), (245, 245, 245), (255, 255, 255)],
        [(90, 110, 200), (190, 205, 255), (240, 248, 255), (255, 255, 255), (255, 255, 255)],
    ],
    np.float32,
)
"""BGR of rising heat: wood by day, deep orange, an overexposed camera, a pink one, infrared, washed out to white."""
INFRARED = 4


@dataclass(frozen=True, kw_only=True)
class Painted:
    """Boxes x1, y1, x2, y2 in pixels of what was painted, and those too faint to demand."""

    found: list[tuple[int, tuple[float, float, float, float]]]
    faint: list[tuple[float, float, float, float]]


class FireScenes:
    """Draws scenes by chance."""

    def __init__(self, plumes: npt.NDArray[np.uint8], labelled: list[Source], streets: list[Source]) -> None:
        """`plumes` is uint8 (N, 2, H, W) as `models.training.fire_plumes` writes it."""
        self._plumes = plumes
        self._labelled = [_smaller(s) for s in labelled]
        self._streets = [_smaller(s) for s in streets + [s for s in labelled if s.clean]]
        fires = np.array([bool((s.classes == FIRE).any()) for s in self._labelled])
        self._weights = np.where(fires, 2.0, 1.0) / (2.0 * fires.sum() + (~fires).sum())

    def draw(self, rng: np.random.Generator) -> Scene:
        """One scene; boxes in its pixels, class 0 fire and 1 smoke."""
        if rng.random() < REAL:
            return _reshaped(self._labelled[int(rng.choice(len(self._labelled), p=self._weights))], rng)
        street = self._streets[int(rng.integers(len(self._streets)))].image
        picture = street.astype(np.float32)
        if rng.random() < 0.25:
            picture *= rng.uniform(0.15, 0.6)
        if rng.random() < 0.6:
            paint_decoys(picture, rng)
        painted = Painted(found=[], faint=[])
        if rng.random() < BURNING:
            for _ in range(1 + int(rng.random() < 0.25)):
                self._burn(picture, painted, rng)
        return Scene(
            image=np.clip(picture, 0, 255).astype(np.uint8),
            boxes=np.array([box for _, box in painted.found], np.float32).reshape(-1, 4),
            classes=np.array([kind for kind, _ in painted.found], np.int64),
            ignore=np.array(painted.faint, np.float32).reshape(-1, 4),
            weight=1.0,
        )

    def _burn(self, picture: Pixels, painted: Painted, rng: np.random.Generator) -> None:
        heat, smoke = self._plume(rng)
        with_fire, with_smoke = ((True, True), (True, False), (False, True))[rng.choice(3, p=(0.35, 0.3, 0.35))]
        height, width = picture.shape[:2]
        tall = float(np.exp(rng.uniform(np.log(0.04), np.log(0.7)))) * height if with_fire else 0.0
        rows = np.flatnonzero((heat if with_fire else smoke).max(axis=1) > 0.2)
        if not len(rows):
            return
        scale = (tall or float(np.exp(rng.uniform(np.log(0.12), np.log(1.2)))) * height) / (rows[-1] - rows[0] + 1)
        size = (max(4, round(heat.shape[1] * scale * rng.uniform(0.7, 2.0))), max(4, round(heat.shape[0] * scale)))
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        heat, smoke = (np.clip(cv2.resize(f, size, interpolation=how), 0, 4).astype(np.float32) for f in (heat, smoke))
        left = round(rng.uniform(-0.05, 1.05) * width - size[0] / 2)
        top = round(rng.uniform(0.2, 1.05) * height - size[1])
        x1, y1, x2, y2 = max(left, 0), max(top, 0), min(left + size[0], width), min(top + size[1], height)
        if x2 - x1 < 3 or y2 - y1 < 3:
            return
        inside = np.s_[y1 - top : y2 - top, x1 - left : x2 - left]
        part = picture[y1:y2, x1:x2]
        before = part.copy()
        if with_smoke:
            cover = paint_smoke(part, smoke[inside], rng)
            _note(painted, SMOKE, cover >= COVER, np.abs(part - before).mean(axis=2), (x1, y1), 7.0)
        if with_fire:
            flame = paint_flames(picture, (x1, y1, x2, y2), heat[inside], rng)
            _note(painted, FIRE, flame >= FLAME, np.abs(part - before).mean(axis=2), (x1, y1), 22.0)
        if rng.random() < HIDDEN:
            _stand_before(part, before, rng)

    def _plume(self, rng: np.random.Generator) -> tuple[Field, Field]:
        """Heat 0..1 and smoke 0..2 of one to seven pictures laid over one another, mirrored by chance."""
        count = int(rng.choice((1, 2, 3, 4, 7), p=(0.4, 0.25, 0.15, 0.1, 0.1)))
        first = int(rng.integers(len(self._plumes)))
        heat, smoke = (f.astype(np.float32) for f in self._plumes[first])
        for _ in range(count - 1):
            other = self._plumes[int(rng.integers(len(self._plumes)))]
            shift = np.array([[1, 0, rng.normal(0, 14)], [0, 1, rng.normal(0, 5)]], np.float32)
            more = [cv2.warpAffine(f.astype(np.float32), shift, (f.shape[1], f.shape[0])) for f in other]
            heat, smoke = np.maximum(heat, more[0]), smoke + more[1]
        if rng.random() < 0.5:
            heat, smoke = heat[:, ::-1], smoke[:, ::-1]
        return (heat / 255).astype(np.float32), (smoke / 127.5).astype(np.float32)


def paint_smoke(part: Pixels, smoke: Field, rng: np.random.Generator) -> Field:
    """Smoke over `part`, in place, white to black and lit from one side; returns its cover 0..1."""
    cover = 1 - np.exp(-smoke * rng.uniform(1.0, 4.5))
    cover = np.asarray(np.clip(cover * rng.uniform(0.6, 1.0), 0, 1), np.float32)
    soft = cv2.GaussianBlur(smoke, (0, 0), max(1.0, smoke.shape[0] / 40))
    relief = np.gradient(soft, axis=int(rng.integers(2))) * smoke.shape[0] / 8
    light = max(20.0, float(part.mean())) * rng.uniform(0.9, 1.9) if rng.random() < 0.7 else rng.uniform(15, 90)
    tone = np.clip(light * (1 + rng.uniform(-0.5, 0.5) * np.clip(relief, -1, 1)), 5, 250)[..., None]
    tint = np.array([rng.uniform(0.9, 1.08), 1.0, rng.uniform(0.92, 1.12)], np.float32)
    part += cover[..., None] * (tone * tint - part)
    return cover


def paint_flames(picture: Pixels, where: tuple[int, int, int, int], heat: Field, rng: np.random.Generator) -> Field:
    """Flames over a part of `picture`, in place, with their glow around; returns their cover 0..1."""
    x1, y1, x2, y2 = where
    cover = np.asarray(np.clip(heat * rng.uniform(2.0, 5.0) - 0.15, 0, 1), np.float32)
    infrared = picture[::8, ::8].std(axis=2).mean() < 2.0
    palette = PALETTES[INFRARED if infrared else rng.choice(6, p=(0.3, 0.18, 0.2, 0.08, 0.04, 0.2))]
    hot = np.clip(heat * rng.uniform(0.9, 3.0), 0, 1) ** rng.uniform(0.6, 1.2)
    colour = np.stack([np.interp(hot, np.linspace(0, 1, 5), palette[:, c]) for c in range(3)], axis=2)
    reach = max(2.0, 0.35 * float(np.sqrt((cover > FLAME).sum())))
    small = cv2.resize(cover, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA) if min(cover.shape) > 16 else cover
    glow = cv2.resize(cv2.GaussianBlur(small, (0, 0), max(1.0, reach / 4)), (x2 - x1, y2 - y1))
    part = picture[y1:y2, x1:x2]
    part += glow[..., None] * palette[2] * rng.uniform(0.0, 0.9)
    part += cover[..., None] * rng.uniform(0.75, 1.0) * (colour - part)
    np.clip(part, 0, 255, out=part)
    return cover


def _stand_before(part: Pixels, before: Pixels, rng: np.random.Generator) -> None:
    """Bring a strip or a corner of the street back, at most a third of the part."""
    height, width = part.shape[:2]
    w, h = int(width * rng.uniform(0.05, 0.3)) + 1, int(height * rng.uniform(0.3, 1.0)) + 1
    x, y = int(rng.integers(0, width)), height - h if rng.random() < 0.7 else 0
    part[y : y + h, x : x + w] = before[y : y + h, x : x + w]


def _note(
    painted: Painted, kind: int, mask: npt.NDArray[np.bool_], change: Field, origin: tuple[int, int], least: float
) -> None:
    """Add the box of what was painted: the largest piece and all that are not tiny beside it; faint ones are ignored."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if count < 2:
        return
    sizes = stats[1:, cv2.CC_STAT_AREA]
    kept = stats[1:][sizes >= 0.15 * sizes.max()]
    x1, y1 = kept[:, 0].min() + origin[0], kept[:, 1].min() + origin[1]
    x2, y2 = (kept[:, 0] + kept[:, 2]).max() + origin[0], (kept[:, 1] + kept[:, 3]).max() + origin[1]
    box = (float(x1), float(y1), float(x2), float(y2))
    if float(change[mask].mean()) >= least:
        painted.found.append((kind, box))
    else:
        painted.faint.append(box)


def _smaller(source: Source) -> Source:
    scale = LONGEST / max(source.image.shape[:2])
    if scale >= 1:
        return source
    size = (round(source.image.shape[1] * scale), round(source.image.shape[0] * scale))
    small: Image = np.asarray(cv2.resize(source.image, size, interpolation=cv2.INTER_AREA), np.uint8)
    return Source(image=small, boxes=(source.boxes * scale).astype(np.float32), classes=source.classes)


def _reshaped(source: Source, rng: np.random.Generator) -> Scene:
    """A labelled frame with its width drawn out by chance: the set was stretched to squares."""
    height, width = source.image.shape[:2]
    stretch = float(rng.uniform(1.0, 1.8)) if height == width else 1.0
    image = np.asarray(cv2.resize(source.image, (round(width * stretch), height)), np.uint8)
    boxes = (source.boxes * np.array([stretch, 1, stretch, 1], np.float32)).astype(np.float32)
    return Scene(image=image, boxes=boxes, classes=source.classes, ignore=np.zeros((0, 4), np.float32), weight=1.0)
