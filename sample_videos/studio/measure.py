"""What the camera sees of each actor, from projected meshes: boxes, visible parts, plates' heights. No renderer needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from sample_videos.studio.mesh import Array
from sample_videos.studio.stage import Actor, Camera, Placed, Stage

SHIFT = 4  # cv2 draws polygons in 1/16 pixels
LARGE = 200  # pixels of bounding box above which a face gets a depth for each pixel
Mask = npt.NDArray[np.uint8]
Depth = npt.NDArray[np.float32]
BoxF = tuple[float, float, float, float]


@dataclass(frozen=True)
class Seen:
    """One actor in one frame. `box` is its whole outline cut at the picture's edge and `seen` the part in view, both
    0..1 (x1, y1, x2, y2), `seen` None when hidden; `visible` is the share 0..1 of its pixels in the picture in view."""

    id: int
    box: BoxF
    seen: BoxF | None
    visible: float


@dataclass(frozen=True)
class SeenPlate:
    """A plate that faces the camera: its box 0..1 and the height of its characters in pixels of the clip."""

    id: int
    box: BoxF
    char_px: float


class Outlines:
    """Depth pictures of single actors and of the still occluders, kept while they do not move."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._kept: dict[int, tuple[tuple[int, bytes], Depth]] = {}
        shape = stage.camera.height, stage.camera.width
        self.still: Depth = np.full(shape, np.inf, dtype=np.float32)
        for index in stage.occluders:
            self.still = np.minimum(self.still, depth_picture(stage.camera, Placed(*stage.still[index])))

    def of(self, key: int, state: Placed) -> Depth:
        """The depth picture (H, W) of one actor alone: metres from the camera, infinite where it is not."""
        kept = self._kept.get(key)
        if kept is None or kept[0] != state.key():
            kept = (state.key(), depth_picture(self.stage.camera, state))
            self._kept[key] = kept
        return kept[1]


def depth_picture(camera: Camera, state: Placed) -> Depth:
    """Depths (H, W) in metres of one placed mesh, its faces painted from far to near; infinite elsewhere."""
    pixels, depth = camera.project(state.points())
    out: Depth = np.full((camera.height, camera.width), np.inf, dtype=np.float32)
    faces = [f for f in state.mesh.faces if depth[list(f)].min() > 0.2] if depth.min() <= 0.2 else state.mesh.faces
    fixed = np.round((np.clip(pixels, -2000, 4000) - 0.5) * (1 << SHIFT)).astype(np.int32)
    shapes = [fixed[list(f)] for f in faces]
    far = [float(depth[list(f)].mean()) for f in faces]
    for k in sorted(range(len(faces)), key=lambda k: -far[k]):
        x, y, w, h = cv2.boundingRect(shapes[k] >> SHIFT)
        if w * h < LARGE:
            cv2.fillConvexPoly(out, shapes[k], far[k], cv2.LINE_8, SHIFT)
        else:
            corners = list(faces[k])
            _large_face(out, shapes[k], pixels[corners], depth[corners], (x, y, w, h))
    return out


def _large_face(out: Depth, shape: npt.NDArray[np.int32], pixels: Array, depth: Array, rect: Sequence[int]) -> None:
    """Paint one face with each pixel's own depth: 1/depth is linear over the picture."""
    x0, y0 = max(rect[0], 0), max(rect[1], 0)
    x1, y1 = min(rect[0] + rect[2] + 1, out.shape[1]), min(rect[1] + rect[3] + 1, out.shape[0])
    if x0 >= x1 or y0 >= y1:
        return
    plane, *_ = np.linalg.lstsq(np.column_stack([pixels, np.ones(len(pixels))]), 1.0 / depth, rcond=None)
    ys, xs = np.mgrid[y0:y1, x0:x1]
    inverse = np.clip(plane[0] * (xs + 0.5) + plane[1] * (ys + 0.5) + plane[2], 1.0 / depth.max(), 1.0 / depth.min())
    mask: Mask = np.zeros((y1 - y0, x1 - x0), dtype=np.uint8)
    cv2.fillConvexPoly(mask, shape - np.array([x0, y0], dtype=np.int32) * (1 << SHIFT), 1, cv2.LINE_8, SHIFT)
    part = out[y0:y1, x0:x1]
    part[mask > 0] = (1.0 / inverse[mask > 0]).astype(np.float32)


def id_mask(outlines: Outlines, placed: dict[int, Placed]) -> Mask:
    """The id of the actor seen at each pixel (H, W), 0 for none."""
    layers = {actor.id for actor in outlines.stage.actors if actor.layer}
    nearest = outlines.still.copy()
    mask: Mask = np.zeros(nearest.shape, dtype=np.uint8)
    for key, state in placed.items():
        if key in layers:
            continue
        depth = outlines.of(key, state)
        closer = depth < nearest
        nearest[closer] = depth[closer]
        mask[closer] = key
    return mask


def box_of(mask: npt.NDArray[np.bool_]) -> BoxF | None:
    """The box 0..1 around the true pixels of (H, W), None where there are none."""
    ys, xs = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(ys):
        return None
    height, width = mask.shape
    return (float(xs[0]) / width, float(ys[0]) / height, float(xs[-1] + 1) / width, float(ys[-1] + 1) / height)


def measure(outlines: Outlines, t: float) -> tuple[list[Seen], Mask]:
    """All actors with a label that have at least 6 pixels in the picture at `t` seconds, and the mask of ids."""
    stage = outlines.stage
    placed = stage.placed(t)
    mask = id_mask(outlines, placed)
    found = []
    for actor in stage.actors:
        state = placed.get(actor.id)
        if state is None or not actor.label:
            continue
        alone = np.isfinite(outlines.of(actor.id, state))
        whole = int(alone.sum())
        box = box_of(alone)
        if whole < 6 or box is None:
            continue
        own = mask == actor.id
        visible = min(1.0, float(own.sum()) / whole)
        found.append(Seen(actor.id, box, box_of(own), visible))
    return found, mask


def plates(stage: Stage, actor: Actor, state: Placed, mask: Mask) -> list[SeenPlate]:
    """The actor's plates that face the camera, lie inside the picture and are not hidden."""
    if actor.plate is None:
        return []
    found = []
    points = state.points()
    for index, surface in enumerate(state.mesh.surfaces):
        if not surface.name.startswith("plate "):
            continue
        corners = points[list(state.mesh.faces[index])]
        normal = np.cross(corners[1] - corners[0], corners[3] - corners[0])
        if float(normal @ (np.asarray(stage.camera.position) - corners[0])) <= 0:
            continue
        pixels, depth = stage.camera.project(corners)
        width, height = stage.camera.width, stage.camera.height
        low, high = pixels.min(axis=0), pixels.max(axis=0)
        if depth.min() < 0.2 or low.min() < 0 or high[0] > width or high[1] > height:
            continue
        x, y = pixels.mean(axis=0).astype(int)
        if mask[min(y, height - 1), min(x, width - 1)] != actor.id:
            continue
        char = actor.plate.char_mm[0] / 1000
        tall = float(np.linalg.norm(corners[3] - corners[0]))
        side = float(np.linalg.norm(pixels[3] - pixels[0]) + np.linalg.norm(pixels[2] - pixels[1])) / 2
        box = (low[0] / width, low[1] / height, high[0] / width, high[1] / height)
        found.append(SeenPlate(actor.id, (float(box[0]), float(box[1]), float(box[2]), float(box[3])), side * char / tall))
    return found
