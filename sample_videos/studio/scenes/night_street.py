"""A street at night under sodium lamps: headlamps, tail lamps, lit shops, nothing that must alert."""

from __future__ import annotations

import random
from dataclasses import replace

from sample_videos.studio import street, vehicles
from sample_videos.studio.mesh import place
from sample_videos.studio.pictures import car_plate, moto_plate
from sample_videos.studio.scenes import common
from sample_videos.studio.stage import Actor, Camera, Lamp, Light, Stage, ZoneSpec
from sample_videos.studio.timeline import Stop, Walker, drive
from sample_videos.studio.two_wheelers import motorbike


def build() -> Stage:
    """The stage, 26 s at 10 frames/s."""
    stage = Stage(
        name="night_street",
        title="Ban đêm · A street at night",
        camera=Camera((9.0, -6.5, 5.6), (-3.5, 2.4, 0.6), 27.0, 640, 360),
        light=Light(sun=0.0, sky=0.05, zenith=(0.05, 0.08, 0.2), horizon=(0.25, 0.18, 0.14), exposure=1.1),
        seconds=26.0,
        samples=8,
        noise=2.4,
    )
    out = street.Set(stage.still, stage.occluders, stage.pictures)
    street.roadway(out, 4.0, far_pave=3.4, lanes=1)
    street.row(out, 121, -60.0, 26.0, 7.6, -1.0, lit=True)
    for x in (-26.0, -13.0, 0.0, 13.0):
        out.put(street.lamp_post(lit=True), place(x, 4.6, 0.1), occludes=True)
        stage.lamps.append(Lamp((x, 2.7, 7.1), 900.0, radius=0.3))
    whole = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    stage.zones.append(ZoneSpec("picture", "Toàn khung hình", whole, {"fire": {}, "camera": {}}))
    rng = random.Random(122)
    for k, (shape, paint, stops) in enumerate((
        (vehicles.SEDAN, common.WHITE, [Stop(1.0, 16.0, 1.9), Stop(9.0, -44.0, 1.9)]),
        (vehicles.MPV, common.SILVER, [Stop(11.0, -44.0, -1.8), Stop(18.5, 16.0, -1.8)]),
    )):  # fmt: skip
        plate = car_plate(rng)
        mesh = vehicles.car(shape, paint, common.hang(stage, plate), lit=True)
        stage.actors.append(Actor(1 + k, "car", drive(mesh, stops), "car with lit lamps", plate))
    plate = moto_plate(rng)
    common.hang(stage, plate)
    mesh = motorbike(common.RED, common.name(plate), replace(common.looks(123, 1)[0], hat="helmet"), lit=True)
    stage.actors.append(
        Actor(4, "motorcycle", drive(mesh, [Stop(5.0, -40.0, -1.7), Stop(13.0, 14.0, -1.7)]), "motorbike", plate)
    )
    for k, stops in enumerate(([Stop(0.0, -14.0, 5.4), Stop(22.0, 7.0, 5.2)], [Stop(8.0, 7.0, 5.8), Stop(26.0, -9.0, 5.9)])):
        stage.actors.append(Actor(6 + k, "person", Walker(common.looks(124, 2)[k], stops), "passer-by"))
    return stage
