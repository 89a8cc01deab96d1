"""A car stops in a no-parking zone and stays; a bus hides it for about five seconds; another car stops only briefly."""

from __future__ import annotations

import random
from dataclasses import replace

from sample_videos.studio import street, vehicles
from sample_videos.studio.mesh import place
from sample_videos.studio.pictures import car_plate, moto_plate
from sample_videos.studio.scenes import common
from sample_videos.studio.stage import Actor, Camera, Event, Light, Placed, Stage, ZoneSpec
from sample_videos.studio.timeline import Stop, Walker, drive
from sample_videos.studio.two_wheelers import motorbike

DWELL_S = 15.0
PARKED, BRIEF, BUS = 1, 2, 3


def build() -> Stage:
    """The stage, 38 s at 10 frames/s."""
    stage = Stage(
        name="parking_no_stopping",
        title="Đỗ xe nơi cấm dừng đỗ · Parking where stopping is forbidden",
        camera=Camera((13.5, -12.0, 7.0), (-1.2, 3.2, 0.6), 31.0),
        light=Light(exposure=0.35),
        seconds=38.0,
        samples=4,
        step=1,
    )
    out = common.main_street(stage, 7)
    street.painted_kerb(out, -13.0, 9.0, 7.1)
    street.sign_post(out, 9.2, 7.8, 0.2)
    street.sign_post(out, -12.6, 7.8, 0.2)
    zone = stage.camera.zone([(-12.5, 3.7), (8.5, 3.7), (8.5, 7.0), (-12.5, 7.0)])
    stage.zones.append(ZoneSpec("no_stopping", "Cấm dừng đỗ", zone, {"parking": {"dwell_s": DWELL_S}}))
    _cars(stage)
    _traffic(stage)
    _people(stage)
    stage.events.append(Event("parking", (PARKED,), "no_stopping", 5.0, None, "hidden by a bus meanwhile"))
    return stage


def _cars(stage: Stage) -> None:
    rng = random.Random(41)
    plate, rear = car_plate(rng), None
    rear = replace(plate, lines=(plate.lines[0].split("-")[0], plate.lines[0].split("-")[1]), size_mm=(330, 165))
    parked = vehicles.car(vehicles.SEDAN, common.WHITE, common.hang(stage, plate, rear))
    way = [Stop(0, 30, 2.3), Stop(2.2, 12, 2.6), Stop(5.0, -1.5, 5.75, pause=40)]
    stage.actors.append(Actor(PARKED, "car", drive(parked, way), "white sedan, stays", plate))
    plate = car_plate(rng, "yellow")
    rear = replace(plate, lines=(plate.lines[0].split("-")[0], plate.lines[0].split("-")[1]), size_mm=(330, 165))
    brief = vehicles.car(vehicles.HATCH, common.RED, common.hang(stage, plate, rear))
    way = [
        Stop(18.0, 34, 2.0),
        Stop(20.5, 13, 2.6),
        Stop(23.0, 5.4, 5.6, pause=6.0),
        Stop(32.0, -14, 1.9),
        Stop(35.5, -62, 1.9),
    ]
    stage.actors.append(Actor(BRIEF, "car", drive(brief, way), "red hatchback, stops 6 s", plate))
    bus_plate = car_plate(rng, "yellow")
    bus = vehicles.bus(common.YELLOW, common.RED, common.hang(stage, bus_plate))
    way = [Stop(7.0, 34, 1.55), Stop(10.5, 0.6, 1.55, pause=3.2), Stop(17.2, -40, 1.55), Stop(20.0, -75, 1.55)]
    stage.actors.append(Actor(BUS, "bus", drive(bus, way), "city bus, hides the parked car", bus_plate))


def _traffic(stage: Stage) -> None:
    rng = random.Random(42)
    riders = common.looks(5, 8)
    for k, (start, y, speed, way) in enumerate(
        (
            (1.0, -2.2, 7.0, 1),
            (6.5, -5.2, 6.0, 1),
            (17.0, -2.6, 6.5, 1),
            (22.5, 2.9, 6.5, -1),
            (27.5, -4.8, 6.0, 1),
            (33.0, -2.4, 6.5, 1),
            (34.0, 1.6, 7.0, -1),
        )
    ):
        plate = moto_plate(rng)
        common.hang(stage, plate)
        paint = rng.choice((common.RED, common.BLUE, common.BLACK, common.WHITE, common.BROWN))
        rider = replace(riders[k], hat="helmet")
        pillion = replace(riders[-1 - k], hat="helmet") if k % 3 == 1 else None
        mesh = motorbike(paint, common.name(plate), rider, pillion)
        a, b = (-66.0, 22.0) if way > 0 else (32.0, -70.0)
        stops = [Stop(start, a, y), Stop(start + abs(b - a) / speed, b, y)]
        stage.actors.append(Actor(10 + k, "motorcycle", drive(mesh, stops), "motorbike with rider", plate))
    for k, (start, shape, paint) in enumerate(((12.5, vehicles.SUV, common.GREY), (29.0, vehicles.MPV, common.SILVER))):
        plate = car_plate(rng)
        mesh = vehicles.car(shape, paint, common.hang(stage, plate))
        stops = [Stop(start, -70.0, -2.3), Stop(start + 9.5, 22.0, -2.3)]
        stage.actors.append(Actor(20 + k, "car", drive(mesh, stops), "through traffic", plate))


def _people(stage: Stage) -> None:
    wear = common.looks(9, 4)
    paths = (
        [Stop(0, -20, 9.2), Stop(24, 9.5, 9.0)],
        [Stop(11, 14.0, 8.6), Stop(38, -19.0, 8.8)],
    )
    for k, stops in enumerate(paths):
        stage.actors.append(Actor(30 + k, "person", Walker(wear[k], stops), "passer-by"))
    rng = random.Random(77)
    for k, (x, y) in enumerate(((-4.4, 10.0), (-3.6, 10.1), (3.4, 10.0), (4.2, 10.05), (-13.0, 9.9))):
        plate = moto_plate(rng)
        common.hang(stage, plate)
        mesh = motorbike(rng.choice((common.RED, common.BLUE, common.BLACK, common.WHITE)), common.name(plate))
        spot = Placed(mesh, place(x, y, 0.15, 1.35 + 0.2 * rng.random()))
        stage.actors.append(Actor(40 + k, "motorcycle", common.always(spot), "parked on the pavement", plate))
    stage.actors.append(
        Actor(33, "person", Walker(wear[3], [Stop(0, -9.0, 10.2, pause=39)], face=-1.4), "stands before a shop")
    )
