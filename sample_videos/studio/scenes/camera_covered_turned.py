"""An ordinary street: the camera is covered by a cloth, uncovered, and later turned away towards a wall."""

from __future__ import annotations

import random
from dataclasses import replace

import cv2
import numpy as np

from sample_videos.studio import street, vehicles
from sample_videos.studio.mesh import place
from sample_videos.studio.pictures import Picture, car_plate, moto_plate
from sample_videos.studio.scenes import common
from sample_videos.studio.stage import Actor, Camera, Event, Light, Stage, ZoneSpec
from sample_videos.studio.timeline import Stop, Walker, drive
from sample_videos.studio.two_wheelers import motorbike

COVERED = (10.0, 19.0)
TURNED = 30.0
SWEEP_S, TURN_S = 0.7, 1.0
AHEAD = Camera((-8.0, -9.5, 6.2), (3.0, 4.0, 0.6), 28.0, 640, 360)
AWAY = replace(AHEAD, target=(-9.6, 4.0, 9.6))
WIDE = replace(AHEAD, target=(-3.0, 4.2, 4.2), lens=11.5, width=960, height=720)


def build() -> Stage:
    """The stage, 42 s at 10 frames/s."""
    stage = Stage(
        name="camera_covered_turned",
        title="Camera bị che rồi bị xoay · A camera is covered, then turned away",
        camera=AHEAD,
        light=Light(elevation=50, bearing=235, exposure=0.35),
        seconds=42.0,
        blind=((COVERED[0] + SWEEP_S, COVERED[1]), (TURNED, 60.0)),
        samples=4,
        views={"wide": WIDE, "away": AWAY},
        finish=finish,
    )
    out = street.Set(stage.still, stage.occluders, stage.pictures)
    street.roadway(out, 5.0, lanes=1)
    street.row(out, 52, -45.0, 75.0, 9.2, -1.0)
    street.crossing(out, 7.0, 5.0)
    rng = random.Random(6)
    trees = [street.tree(rng), street.tree(rng, 5.2)]
    for k, x in enumerate((-16.0, 12.0, 24.0, 38.0, 50.0)):
        out.put(trees[k % 2], place(x, 6.3, 0.1, rng.uniform(0, 6)), occludes=True)
    for x in (1.0, 32.0):
        out.put(street.lamp_post(), place(x, 5.7, 0.1), occludes=True)
    street.power_line(out, (-20.0, 4.0, 30.0, 56.0), 8.4, 9)
    whole = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    stage.zones.append(ZoneSpec("picture", "Toàn khung hình", whole, {"camera": {}}))
    _traffic(stage)
    stage.events.append(Event("camera", (), "", COVERED[0] + SWEEP_S, COVERED[1], "covered"))
    stage.events.append(Event("camera", (), "", TURNED + TURN_S, None, "turned away"))
    return stage


def _traffic(stage: Stage) -> None:
    rng = random.Random(15)
    riders = common.looks(25, 5)
    for k, (start, way) in enumerate(((0.5, 1), (5.5, -1), (20.0, 1), (25.0, -1))):
        plate = moto_plate(rng)
        common.hang(stage, plate)
        mesh = motorbike(
            rng.choice((common.RED, common.BLUE, common.WHITE)), common.name(plate), replace(riders[k], hat="helmet")
        )
        a, b, y = (-14.0, 60.0, -2.6) if way > 0 else (60.0, -14.0, 2.4)
        stops = [Stop(start, a, y), Stop(start + 74.0 / 7.5, b, y)]
        stage.actors.append(Actor(1 + k, "motorcycle", drive(mesh, stops), "motorbike with rider", plate))
    for k, (start, way, shape, paint) in enumerate(
        ((2.5, -1, vehicles.HATCH, common.YELLOW), (22.5, 1, vehicles.SUV, common.BLUE))
    ):
        plate = car_plate(rng)
        mesh = vehicles.car(shape, paint, common.hang(stage, plate))
        a, b, y = (-14.0, 60.0, -2.3) if way > 0 else (60.0, -14.0, 2.3)
        stops = [Stop(start, a, y), Stop(start + 74.0 / 8.0, b, y)]
        stage.actors.append(Actor(10 + k, "car", drive(mesh, stops), "through traffic", plate))
    for k, stops in enumerate(
        ([Stop(0, 1.0, 7.4), Stop(42, 42.0, 7.2)], [Stop(0, 22.0, 6.6), Stop(17, 0.0, 6.9), Stop(24, -9.0, 7.0)])
    ):
        stage.actors.append(Actor(20 + k, "person", Walker(riders[k], stops), "passer-by"))


def finish(picture: Picture, t: float, views: dict[str, Picture]) -> Picture:
    """Lay the cloth over the lens, or show what the turned camera sees."""
    if t >= TURNED + TURN_S:
        return views["away"]
    if t >= TURNED:
        share = (t - TURNED) / TURN_S
        share = share * share * (3 - 2 * share)
        target = np.array(AHEAD.target) * (1 - share) + np.array(AWAY.target) * share
        view = replace(AHEAD, target=(float(target[0]), float(target[1]), float(target[2])))
        turned = cv2.warpPerspective(views["wide"], WIDE.homography(view), (view.width, view.height), flags=cv2.INTER_LINEAR)
        smear = 1 + 2 * round(9 * 4 * share * (1 - share))
        return np.asarray(cv2.blur(turned, (smear, 1 + 2 * (smear // 3))), dtype=np.uint8)
    share = min(max((t - COVERED[0]) / SWEEP_S, 0.0), 1.0) - min(max((t - COVERED[1]) / SWEEP_S, 0.0), 1.0)
    return picture if share <= 0 else covered(picture, share, t)


def covered(picture: Picture, share: float, t: float) -> Picture:
    """A dark cloth just before the lens that hides `share` of the picture from the top left; out of focus."""
    height, width = picture.shape[:2]
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    along = (xs / width * 0.6 + ys / height * 0.8) / 1.4
    folds = np.sin(along * 22 + 1.3 * np.sin(ys / height * 5 + 0.2 * t)) * 0.5 + np.sin(
        xs / width * 9 - ys / height * 4 + 0.15 * t
    )
    tone = 24 + 5.0 * folds + 9 * ys / height
    cloth = np.stack([tone * 0.95, tone * 0.9, tone * 1.05], axis=2)
    edge = share * 1.35 - 0.1 + 0.04 * np.sin(xs / width * 7)
    weight = np.clip((edge - along) / 0.12 + 0.5, 0, 1)[:, :, None]
    return np.asarray(picture * (1 - weight) + cloth * weight, dtype=np.uint8)
