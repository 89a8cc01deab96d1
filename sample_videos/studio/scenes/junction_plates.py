"""A stop line before a junction, seen by a long lens from a gantry: vehicles come one after the other, plates to read."""

from __future__ import annotations

import random
from dataclasses import replace

from sample_videos.studio import street, vehicles
from sample_videos.studio.mesh import Mesh, Surface, place
from sample_videos.studio.pictures import car_plate, moto_plate
from sample_videos.studio.scenes import common
from sample_videos.studio.stage import Actor, Camera, Light, Stage, ZoneSpec
from sample_videos.studio.timeline import State, Stop, drive
from sample_videos.studio.two_wheelers import motorbike


def build() -> Stage:
    """The stage, 24 s at 10 frames/s. All traffic drives away from the camera, rear plates in view."""
    stage = Stage(
        name="junction_plates",
        title="Nút giao, đọc biển số · A junction with plates to read",
        camera=Camera((-10.5, 0.0, 4.9), (3.2, 0.0, 0.45), 104.0, 960, 540),
        light=Light(elevation=48, bearing=205, exposure=0.3),
        seconds=24.0,
        samples=3,
    )
    out = street.Set(stage.still, stage.occluders, stage.pictures)
    street.roadway(out, 4.0, far_pave=3.4, two_way=False)
    street.row(out, 111, -10.0, 90.0, 7.6, -1.0)
    street.row(out, 112, -10.0, 90.0, -8.2, 1.0)
    street.crossing(out, 10.5, 4.0)
    line = Mesh()
    line.box((7.6, 0, 0.004), (0.4, 7.6, 0.008), street.LINE)
    out.put(line)
    rng = random.Random(6)
    for x in (18.0, 28.0, 40.0, 54.0):
        for side in (-1.0, 1.0):
            out.put(street.tree(rng, 5.4, 2.0), place(x, side * 5.3, 0.1), occludes=True)
    zone = stage.camera.zone([(-1.0, -1.9), (-1.0, 1.9), (7.4, 1.9), (7.4, -1.9)])
    stage.zones.append(ZoneSpec("stop_line", "Vạch dừng", zone, {"plates": {}}))
    _queue(stage)
    return stage


def _queue(stage: Stage) -> None:
    """Four groups drive up one after the other, wait at the stop line and drive on: cars, and motorbikes in pairs."""
    rng = random.Random(112)
    riders = iter(common.looks(113, 2))
    paints = iter((common.RED, common.WHITE))
    groups: tuple[tuple[vehicles.Shape, Surface, str, int] | tuple[str, str], ...] = (
        (vehicles.SEDAN, common.SILVER, "white", 2),
        ("white", "blue"),
        (vehicles.MPV, common.WHITE, "yellow", 1),
        (vehicles.SUV, common.BLACK, "blue", 2),
    )
    key = 1
    for k, group in enumerate(groups):
        start = 0.4 + 5.6 * k
        if len(group) == 4:
            shape, paint, colour, lines = group
            tag = car_plate(rng, colour, lines)
            mesh = vehicles.car(shape, paint, common.hang(stage, tag))
            stage.actors.append(Actor(key, "car", _way(mesh, start, 0.0, 4.2), f"car with a {colour} plate", tag))
            key += 1
            continue
        for y, colour, late in ((-0.75, group[0], 0.0), (0.75, group[1], 0.5)):
            tag = moto_plate(rng, colour)
            common.hang(stage, tag)
            mesh = motorbike(next(paints), common.name(tag), replace(next(riders), hat="helmet"))
            stage.actors.append(
                Actor(key, "motorcycle", _way(mesh, start + late, y, 2.9), f"motorbike, {colour} plate", tag)
            )
            key += 1


def _way(mesh: Mesh, start: float, y: float, line: float) -> State:
    """Drive up from behind the camera, stand with the middle at x = `line`, drive on to the horizon."""
    return drive(mesh, [Stop(start, -14.0, y), Stop(start + 3.0, line, y, pause=3.0), Stop(start + 10.0, 60.0, y)])
