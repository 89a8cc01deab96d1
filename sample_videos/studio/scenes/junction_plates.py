"""A stop line before a junction, seen by a long lens from a gantry: vehicles come one after the other, plates to read."""

from __future__ import annotations

import random
from dataclasses import replace

from sample_videos.studio import street, vehicles
from sample_videos.studio.mesh import Mesh, Surface, place
from sample_videos.studio.pictures import car_plate, moto_plate
from sample_videos.studio.scenes import common
from sample_videos.studio.stage import Actor, Camera, Light, Stage, ZoneSpec
from sample_videos.studio.timeline import Stop, drive
from sample_videos.studio.two_wheelers import motorbike

LANES = (-1.9, 1.9)


def build() -> Stage:
    """The stage, 36 s at 10 frames/s. All traffic drives away from the camera, rear plates in view."""
    stage = Stage(
        name="junction_plates",
        title="Nút giao, đọc biển số · A junction with plates to read",
        camera=Camera((-11.0, 0.0, 4.6), (6.0, 0.0, 0.5), 62.0, 960, 540),
        light=Light(elevation=48, bearing=205, exposure=0.3),
        seconds=36.0,
        samples=4,
    )
    out = street.Set(stage.still, stage.occluders, stage.pictures)
    street.roadway(out, 4.0, far_pave=3.4)
    street.row(out, 111, -10.0, 90.0, 7.6, -1.0)
    street.row(out, 112, -10.0, 90.0, -8.2, 1.0)
    street.crossing(out, 13.0, 4.0)
    line = Mesh()
    line.box((10.4, 0, 0.004), (0.4, 7.6, 0.008), street.LINE)
    out.put(line)
    rng = random.Random(6)
    for x in (18.0, 28.0, 40.0, 54.0):
        for side in (-1.0, 1.0):
            out.put(street.tree(rng, 5.4, 2.0), place(x, side * 5.3, 0.1), occludes=True)
    zone = stage.camera.zone([(-2.0, -3.8), (-2.0, 3.8), (12.0, 3.8), (12.0, -3.8)])
    stage.zones.append(ZoneSpec("stop_line", "Vạch dừng", zone, {"plates": {}}))
    _queue(stage)
    return stage


def _queue(stage: Stage) -> None:
    """Each vehicle drives up, waits at the stop line and drives on; the two lanes take turns."""
    rng = random.Random(112)
    cars: tuple[tuple[vehicles.Shape, Surface, str, int], ...] = (
        (vehicles.SEDAN, common.SILVER, "white", 2),
        (vehicles.MPV, common.WHITE, "yellow", 2),
        (vehicles.SUV, common.BLACK, "blue", 1),
        (vehicles.HATCH, common.RED, "white", 1),
    )
    riders = common.looks(113, 4)
    for k in range(8):
        start, lane = 0.5 + 4.0 * k, LANES[k % 2]
        stops = [Stop(start, -16.0, lane), Stop(start + 4.0, 4.6, lane, pause=2.6), Stop(start + 10.5, 70.0, lane)]
        if k % 2:
            plate = moto_plate(rng, "blue" if k == 5 else "white")
            common.hang(stage, plate)
            mesh = motorbike((common.RED, common.BLUE, common.WHITE, common.BLACK)[k // 2], common.name(plate),
                             replace(riders[k // 2], hat="helmet"))  # fmt: skip
            stage.actors.append(Actor(1 + k, "motorcycle", drive(mesh, stops), "motorbike with rider", plate))
            continue
        shape, paint, colour, lines = cars[k // 2]
        plate = car_plate(rng, colour, lines)
        mesh = vehicles.car(shape, paint, common.hang(stage, plate))
        stage.actors.append(Actor(1 + k, "car", drive(mesh, stops), f"car with a {colour} plate", plate))
