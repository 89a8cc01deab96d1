"""Water that rises on a street: which pixels it covers at a given level, and how it looks there."""

from __future__ import annotations

import cv2
import numpy as np

from sample_videos.studio import effects
from sample_videos.studio.measure import Outlines
from sample_videos.studio.mesh import Array, Mesh, Surface
from sample_videos.studio.pictures import Picture
from sample_videos.studio.stage import Camera, Stage

WATER = Surface("water", (0.1, 0.078, 0.052), 0.06)


def water_plane(half: float, z: float, reach: float = 90.0) -> Mesh:
    """A still brown water surface from kerb to kerb."""
    mesh = Mesh()
    mesh.quad([(-reach, -half, z), (reach, -half, z), (reach, half, z), (-reach, half, z)], WATER)
    return mesh


def ground(camera: Camera) -> tuple[Array, Array, Array]:
    """For each pixel the ground point z = 0 that it sees: x, y and the distance in metres (H, W); inf for the sky."""
    ys, xs = np.mgrid[0 : camera.height, 0 : camera.width].astype(np.float64) + 0.5
    focal = camera.lens / 36.0 * camera.width
    rays = np.stack([(xs - camera.width / 2) / focal, (camera.height / 2 - ys) / focal, -np.ones_like(xs)], axis=2)
    rays = rays @ camera.axes()
    down = rays[:, :, 2] < -1e-3
    reach = np.where(down, camera.position[2] / np.maximum(-rays[:, :, 2], 1e-3), np.inf)
    finite = np.where(down, reach, 0.0)
    return camera.position[0] + rays[:, :, 0] * finite, camera.position[1] + rays[:, :, 1] * finite, reach


class Flood:
    """A street of half width `half` whose crown lies `crown` metres above its gutters, seen by the stage's camera.

    `level` in metres above the gutters is asked for at a time in seconds.
    """

    def __init__(self, stage: Stage, half: float, crown: float) -> None:
        x, y, reach = ground(stage.camera)
        rng = np.random.default_rng(4)
        uneven = cv2.resize(rng.random((24, 120)), (1200, 240), interpolation=cv2.INTER_CUBIC)
        rows = np.clip((y + half) / (2 * half) * 239, 0, 239).astype(np.float32)
        columns = np.clip((x + 60) / 120 * 1199, 0, 1199).astype(np.float32)
        bumps = cv2.remap(uneven.astype(np.float32), columns, rows, cv2.INTER_LINEAR)
        self.height = crown * (1 - np.minimum((np.abs(y) / half) ** 1.6, 1.0)) + 0.035 * bumps
        free = Outlines(stage).still > reach * 0.999
        self.road = (np.abs(y) < half) & np.isfinite(reach) & free
        self.depth = np.where(np.isfinite(reach), reach, 1e3).astype(np.float32)

    def cover(self, level: float) -> Array:
        """How much of each pixel the water covers, 0..1 (H, W)."""
        return np.where(self.road, np.clip((level - self.height) / 0.006, 0.0, 1.0), 0.0)

    def share(self, level: float, polygon: tuple[tuple[float, float], ...]) -> float:
        """The share 0..1 of a zone's pixels that lies under water."""
        shape = self.road.shape
        mask = np.zeros(shape, np.uint8)
        cv2.fillPoly(mask, [np.round(np.array(polygon) * (shape[1], shape[0])).astype(np.int32)], 1)
        inside = mask > 0
        return float((self.cover(level)[inside] > 0.5).mean())

    def sheen(self, picture: Picture, wet: Picture, dry: Picture, t: float) -> Picture:
        """`picture` with wet asphalt: darker, and faintly mirroring what stands behind it."""
        mirror = cv2.GaussianBlur(effects.ripple(wet, t * 0.25, self.depth, 0.7), (1, 15), 0).astype(np.float32)
        actor = np.abs(picture.astype(np.float32) - dry).max(axis=2)
        actor = cv2.GaussianBlur(cv2.dilate(np.clip((actor - 14) / 10, 0, 1), np.ones((3, 3), np.uint8)), (3, 3), 0)
        share = (np.where(self.road, 1.0, 0.0) * (1 - actor))[:, :, None]
        damp = picture.astype(np.float32) * 0.5 + mirror * 0.55
        return np.asarray(np.clip(picture * (1 - share) + damp * share, 0, 255), dtype=np.uint8)

    def paint(self, picture: Picture, wet: Picture, dry: Picture, level: float, t: float) -> Picture:
        """`picture` with water up to `level`: `wet` is the flooded view, `dry` the same view without water or actors."""
        cover = cv2.GaussianBlur(self.cover(level).astype(np.float32), (3, 3), 0)
        damp = np.where(self.road, np.clip((level + 0.03 - self.height) / 0.03, 0, 1), 0.0).astype(np.float32)
        out = picture.astype(np.float32) * (1 - 0.35 * cv2.GaussianBlur(damp, (5, 5), 0)[:, :, None])
        water = effects.ripple(wet, t, self.depth).astype(np.float32)
        actor = np.abs(picture.astype(np.float32) - dry).max(axis=2)
        actor = cv2.GaussianBlur(cv2.dilate(np.clip((actor - 14) / 10, 0, 1), np.ones((3, 3), np.uint8)), (3, 3), 0)
        share = (cover * (1 - actor))[:, :, None]
        return np.asarray(np.clip(out * (1 - share) + water * share, 0, 255), dtype=np.uint8)
