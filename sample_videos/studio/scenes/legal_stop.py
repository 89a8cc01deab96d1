"""A car stops at the kerb of a no-parking zone for seven seconds to let a passenger out, and drives on: no violation."""

from __future__ import annotations

import random

from sample_videos.studio import street, vehicles
from sample_videos.studio.pictures import car_plate
from sample_videos.studio.scenes import common
from sample_videos.studio.stage import Actor, Camera, Light, Stage, ZoneSpec
from sample_videos.studio.timeline import Stop, Walker, drive

DWELL_S = 15.0


def build() -> Stage:
    """The stage, 28 s at 10 frames/s."""
    stage = Stage(
        name="legal_stop",
        title="Dừng xe trả khách đúng luật · A short, legal stop",
        camera=Camera((7.5, -6.4, 5.6), (-1.2, 3.6, 0.7), 30.0, 640, 360),
        light=Light(elevation=46, bearing=215, exposure=0.3),
        seconds=28.0,
        samples=4,
    )
    common.lane(stage, 17)
    street.painted_kerb(street.Set(stage.still, stage.occluders, stage.pictures), -7.0, 7.0, 3.7)
    zone = stage.camera.zone([(-7.0, 1.0), (5.0, 1.0), (5.0, 3.6), (-7.0, 3.6)])
    stage.zones.append(ZoneSpec("kerb", "Cấm đỗ xe", zone, {"parking": {"dwell_s": DWELL_S}}))
    plate = car_plate(random.Random(101), "yellow")
    car = vehicles.car(vehicles.MPV, common.WHITE, common.hang(stage, plate))
    stops = [Stop(2.0, 16.0, 1.7), Stop(7.0, -0.6, 2.65, pause=7.0), Stop(18.0, -22.0, 1.8), Stop(20.5, -46.0, 1.8)]
    stage.actors.append(Actor(1, "car", drive(car, stops), "stops for seven seconds", plate))
    guest = Walker(common.looks(73, 1)[0], [Stop(9.5, -0.4, 3.9, pause=0.8), Stop(24.0, -14.0, 5.4)])
    stage.actors.append(Actor(2, "person", guest, "gets out and walks away"))
    common.rider_by(stage, 4, 9.0, 1, 103)
    common.rider_by(stage, 5, 19.5, -1, 104)
    return stage
