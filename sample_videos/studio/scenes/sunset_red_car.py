"""A low red sun, lit lamps and shop signs, tail lamps and a red car: much that looks like fire, and none of it is."""

from __future__ import annotations

import random

from sample_videos.studio import street, vehicles
from sample_videos.studio.mesh import place
from sample_videos.studio.pictures import car_plate
from sample_videos.studio.scenes import common
from sample_videos.studio.stage import Actor, Camera, Lamp, Light, Stage, ZoneSpec
from sample_videos.studio.timeline import Stop, Walker, drive


def build() -> Stage:
    """The stage, 28 s at 10 frames/s."""
    stage = Stage(
        name="sunset_red_car",
        title="Hoàng hôn, đèn và xe đỏ · Sunset, lamps and a red car",
        camera=Camera((13.0, -5.6, 4.6), (-6.0, 1.6, 1.5), 26.0, 640, 360),
        light=Light(elevation=7, bearing=172, sun=1.6, sun_colour=(1.0, 0.42, 0.14), sky=0.5, zenith=(0.16, 0.2, 0.42),
                    horizon=(1.0, 0.45, 0.16), exposure=0.4, softness=1.0),
        seconds=28.0,
        samples=6,
        noise=1.6,
    )  # fmt: skip
    out = street.Set(stage.still, stage.occluders, stage.pictures)
    street.roadway(out, 4.0, far_pave=3.4, lanes=1)
    street.row(out, 83, -80.0, 30.0, 7.6, -1.0, lit=True)
    street.row(out, 84, -80.0, -16.0, -8.2, 1.0, lit=True)
    rng = random.Random(5)
    for x in (-40.0, -28.0, -12.0):
        out.put(street.tree(rng, 5.4, 2.1), place(x, 5.1, 0.1), occludes=True)
    for x in (-52.0, -34.0, -20.0, -5.0, 8.0):
        out.put(street.lamp_post(lit=True), place(x, 4.6, 0.1), occludes=True)
        stage.lamps.append(Lamp((x, 2.7, 7.2), 260.0))
    street.power_line(out, (-60.0, -36.0, -9.0, 15.0), 6.9, 12)
    whole = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    stage.zones.append(ZoneSpec("picture", "Toàn khung hình", whole, {"fire": {}}))
    ways = (
        (
            vehicles.SEDAN,
            common.RED,
            [Stop(2.0, 20.0, 1.8), Stop(6.5, 0.5, 2.2, pause=6.0), Stop(18.0, -30.0, 1.9), Stop(21.0, -70.0, 1.9)],
        ),
        (vehicles.SUV, common.GREY, [Stop(12.0, -75.0, -1.9), Stop(23.0, 18.0, -1.9)]),
    )
    for k, (shape, paint, stops) in enumerate(ways):
        plate = car_plate(rng)
        mesh = vehicles.car(shape, paint, common.hang(stage, plate), lit=True)
        stage.actors.append(
            Actor(1 + k, "car", drive(mesh, stops), "red car with lit lamps" if k == 0 else "oncoming car", plate)
        )
    walker = Walker(common.looks(85, 1)[0], [Stop(0.0, -20.0, 5.6), Stop(26.0, 8.0, 5.4)])
    stage.actors.append(Actor(4, "person", walker, "passer-by"))
    return stage
