"""From a stage to clean frames, cheaply: a still background once, then only the rectangles in which something moves.

Actors at rest are rendered into a base picture when they come to rest, at the quality of the background; each frame then
renders moving actors (and their shadows) in merged rectangles and blends in what differs from the base.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from sample_videos.studio.mesh import Array
from sample_videos.studio.pictures import Picture
from sample_videos.studio.regions import Region, merge
from sample_videos.studio.stage import Placed, Stage

MARGIN = 7
BASE_SAMPLES = 12


class Renderer(Protocol):
    """What composing needs of `blender.Studio`."""

    def show(self, placed: dict[int, Placed]) -> None:
        """Put exactly these actors on the stage."""

    def render(self, region: Region | None, samples: int, seed: int = 0) -> Picture:
        """Render the picture or a rectangle of it."""


def footprint(stage: Stage, state: Placed) -> Region | None:
    """The rectangle an actor and its shadow on the ground cover in the picture, with a margin; None when outside."""
    points = state.points()
    sun = stage.light.direction()
    if stage.light.sun > 0:
        drop = points[:, 2] / max(-sun[2], 0.15)
        points = np.concatenate([points, points + sun * drop[:, None]])
    soft = np.array([[0.35, 0, 0], [-0.35, 0, 0], [0, 0.35, 0], [0, -0.35, 0]])
    low = points.copy()
    low[:, 2] = 0.0
    points = np.concatenate([points, *[low + s for s in soft]])
    pixels, depth = stage.camera.project(points)
    pixels = pixels[depth > 0.3]
    if not len(pixels):
        return None
    return _inside(stage, pixels)


def _inside(stage: Stage, pixels: Array) -> Region | None:
    width, height = stage.camera.width, stage.camera.height
    x0, y0 = np.floor(pixels.min(axis=0)).astype(int) - MARGIN
    x1, y1 = np.ceil(pixels.max(axis=0)).astype(int) + MARGIN
    region = Region(max(0, int(x0)), max(0, int(y0)), min(width, int(x1)), min(height, int(y1)))
    return region if region.x1 - region.x0 > 1 and region.y1 - region.y0 > 1 else None


def resting(stage: Stage, index: int) -> dict[int, Placed]:
    """The actors that stand exactly as they do in the frames before and after."""
    step = stage.step / stage.fps
    now, before, after = (stage.placed(index / stage.fps + k * step) for k in (0, -1, 1))
    return {key: state for key, state in now.items()
            if key in before and key in after and before[key].key() == state.key() == after[key].key()}  # fmt: skip


def permanent(stage: Stage) -> dict[int, Placed]:
    """The actors that never move and never leave: they belong to the background picture."""
    found = [stage.placed(k * stage.seconds / 40) for k in range(41)]
    found = [states for states in found if states] or [{}]
    return {k: s for k, s in found[0].items() if all(k in other and other[k].key() == s.key() for other in found)}


def blend(base: Picture, fresh: Picture, low: float = 5.0, high: float = 14.0) -> Picture:
    """`fresh` where it differs from `base` (levels of 255), `base` elsewhere, with a soft seam."""
    difference = np.abs(cv2.GaussianBlur(fresh, (3, 3), 0).astype(np.float32) - cv2.GaussianBlur(base, (3, 3), 0)).max(
        axis=2
    )
    share = np.clip((difference - low) / (high - low), 0, 1)
    share = cv2.GaussianBlur(cv2.dilate(share, np.ones((5, 5), np.uint8)), (5, 5), 0)[:, :, None]
    return np.asarray(base * (1 - share) + fresh * share + 0.5, dtype=np.uint8)


class Composer:
    """Renders frames of one stage in order; any starting frame will do, so that work can be shared and resumed.

    `background` shows the actors `held`.
    """

    def __init__(self, stage: Stage, renderer: Renderer, background: Picture, held: dict[int, Placed]) -> None:
        self.stage, self.renderer = stage, renderer
        self.base = background.copy()
        self.background = background
        self.held = dict(held)

    def _settle(self, still: dict[int, Placed]) -> None:
        """Bring the base picture up to date with the set of resting actors."""
        same = {k for k, s in still.items() if k in self.held and self.held[k].key() == s.key()}
        changed = [s for k, s in (*still.items(), *self.held.items()) if k not in same]
        if not changed:
            return
        regions = merge([r for s in changed if (r := footprint(self.stage, s)) is not None])
        self.renderer.show(still)
        for r in regions:
            fresh = self.renderer.render(r, BASE_SAMPLES)
            part = self.background[r.y0 : r.y1, r.x0 : r.x1]
            self.base[r.y0 : r.y1, r.x0 : r.x1] = blend(part, fresh, 3.0, 8.0)
        self.held = dict(still)

    def frame(self, index: int) -> Picture:
        """The clean frame `index`, BGR uint8."""
        t = index / self.stage.fps
        placed = self.stage.placed(t)
        self._settle(resting(self.stage, index))
        moving = [state for key, state in placed.items() if key not in self.held]
        regions = merge([r for s in moving if (r := footprint(self.stage, s)) is not None])
        out = self.base.copy()
        if regions:
            self.renderer.show(placed)
        for r in regions:
            fresh = self.renderer.render(r, self.stage.samples)
            out[r.y0 : r.y1, r.x0 : r.x1] = blend(self.base[r.y0 : r.y1, r.x0 : r.x1], fresh)
        return out


def render_frames(composer: Composer, folder: Path, indices: range) -> Iterator[int]:
    """Write the frames that `folder` lacks as PNG and yield the index of each one written."""
    for index in indices:
        path = folder / f"{index:05d}.png"
        if index % composer.stage.step or path.exists():
            continue
        partial = folder / f"{index:05d}.part.png"
        cv2.imwrite(str(partial), composer.frame(index), [cv2.IMWRITE_PNG_COMPRESSION, 1])
        partial.rename(path)
        yield index
