"""People walk onto a square from all sides, fourteen stand together for a while, then they leave."""

from __future__ import annotations

import math
import random
from dataclasses import replace

from sample_videos.studio import street, vehicles
from sample_videos.studio.mesh import Surface, place
from sample_videos.studio.people import Look, Pose
from sample_videos.studio.pictures import car_plate, moto_plate
from sample_videos.studio.scenes import common
from sample_videos.studio.stage import Actor, Camera, Event, Light, Placed, Stage, ZoneSpec
from sample_videos.studio.timeline import Stop, Walker, drive
from sample_videos.studio.two_wheelers import motorbike

THRESHOLD = 8
CENTRE = (-0.4, 9.0)
STANDING = (
    Pose(),
    Pose(arm=(25.0, 4.0), elbow=(95.0, 14.0)),
    Pose(arm=(-14.0, -14.0), elbow=(70.0, 70.0), spread=24.0),
    Pose(thigh=(8.0, -5.0), knee=(12.0, 3.0)),
    Pose(arm=(30.0, 30.0), elbow=(80.0, 80.0)),
)


def build() -> Stage:
    """The stage, 34 s at 10 frames/s."""
    stage = Stage(
        name="crowd_gathers",
        title="Tụ tập đông người · A crowd gathers and leaves",
        camera=Camera((8.5, -6.0, 6.4), (-1.2, 8.8, 0.9), 31.0, 640, 360),
        light=Light(elevation=60, bearing=250, exposure=0.35),
        seconds=34.0,
        samples=4,
    )
    _square(stage)
    ground = [(-5.2, 5.4), (4.6, 5.4), (4.6, 13.2), (-5.2, 13.2)]
    stage.zones.append(
        ZoneSpec("square", "Quảng trường", stage.camera.zone(ground, 0.15), {"crowd": {"threshold": THRESHOLD}})
    )
    arrivals, departures = _crowd(stage)
    _passers(stage)
    stage.events.append(
        Event(
            "crowd",
            tuple(range(1, 15)),
            "square",
            arrivals[THRESHOLD - 1],
            departures[len(departures) - THRESHOLD],
            "at least eight people in the zone",
        )
    )
    return stage


def _square(stage: Stage) -> None:
    """A narrow street, a wide paved square, houses behind it with flags."""
    out = street.Set(stage.still, stage.occluders, stage.pictures)
    street.roadway(out, 4.0, far_pave=13.0, lanes=1)
    street.row(out, 31, -75.0, 45.0, 17.4, -1.0)
    street.flags(out, (-21.0, -12.5, -4.0, 4.5, 13.0), 17.3)
    rng = random.Random(3)
    trees = [street.tree(rng, 6.5, 2.6), street.tree(rng, 5.5, 2.2)]
    for k, (x, y) in enumerate(((-9.5, 7.0), (-9.5, 14.0), (-19.0, 7.0), (-28.0, 7.0), (-38.0, 7.0), (8.5, 14.6))):
        out.put(trees[k % 2], place(x, y, 0.15, rng.uniform(0, 6)), occludes=True)
    out.put(street.lamp_post(), place(-6.6, 4.9, 0.1), occludes=True)
    red, blue = Surface("canvas red", (0.5, 0.05, 0.04), 0.8), Surface("canvas blue", (0.05, 0.14, 0.4), 0.8)
    for x, y, cloth in ((-7.0, 13.6, red), (6.4, 12.9, blue)):
        mesh, matrix = street.parasol(x, y, cloth)
        out.put(mesh, matrix, occludes=True)
    street.power_line(out, (-46.0, -21.0, 6.0, 30.0), 16.6, 4)


def _crowd(stage: Stage) -> tuple[list[float], list[float]]:
    """Fourteen people in two loose rings; returns when they enter and when they leave the zone, each sorted (s)."""
    rng = random.Random(12)
    wear = common.looks(21, 14)
    gates = ((-16.0, 8.0), (-14.0, 11.5), (14.0, 7.0), (13.0, 10.5), (-3.0, -5.5), (4.0, 15.6), (-7.5, 15.8))
    entered, left = [], []
    for k in range(14):
        angle = 2 * math.pi * (k * 0.382) + rng.uniform(-0.2, 0.2)
        radius = (1.15, 1.9, 2.6)[k % 3] + rng.uniform(-0.15, 0.2)
        x, y = CENTRE[0] + radius * math.cos(angle) * 1.15, CENTRE[1] + radius * math.sin(angle)
        gx, gy = gates[(k * 3) % len(gates)]
        hx, hy = gates[(k * 5 + 2) % len(gates)]
        arrive = 3.0 + 0.58 * k + rng.uniform(-0.3, 0.3)
        leave = 24.5 + 0.36 * ((k * 5) % 14) + rng.uniform(-0.2, 0.2)
        start = arrive - math.hypot(gx - x, gy - y) / 1.55
        end = leave + math.hypot(hx - x, hy - y) / 1.5
        look = wear[k] if k else Look((0.6, 0.6, 0.62), (0.02, 0.02, 0.03), 1.7)
        walker = Walker(
            look,
            [Stop(start, gx, gy), Stop(arrive, x, y, pause=leave - arrive), Stop(end, hx, hy)],
            face=math.atan2(CENTRE[1] - y, CENTRE[0] - x),
            rest=STANDING[k % len(STANDING)],
            fidget=6.0 + 0.7 * (k % 5),
        )
        stage.actors.append(Actor(1 + k, "person", walker, "gathers"))
        inside = [t / 10 for t in range(int(stage.seconds * 10)) if _in_zone(walker, t / 10)]
        entered.append(inside[0])
        left.append(min(inside[-1] + 0.1, stage.seconds))
    return sorted(entered), sorted(left)


def _in_zone(walker: Walker, t: float) -> bool:
    where = walker.where(t)
    return where is not None and -5.2 <= where.x <= 4.6 and 5.4 <= where.y <= 13.2


def _passers(stage: Stage) -> None:
    """A few vehicles on the street, and motorbikes parked beside the parasols."""
    rng = random.Random(8)
    riders = common.looks(17, 4)
    for k, (start, way) in enumerate(((3.0, 1), (14.0, -1), (23.5, 1), (28.0, -1))):
        plate = moto_plate(rng)
        common.hang(stage, plate)
        mesh = motorbike(
            rng.choice((common.RED, common.BLUE, common.BLACK)), common.name(plate), replace(riders[k], hat="helmet")
        )
        a, b, y = (-50.0, 16.0, -1.6) if way > 0 else (18.0, -60.0, 2.0)
        stage.actors.append(
            Actor(
                20 + k,
                "motorcycle",
                drive(mesh, [Stop(start, a, y), Stop(start + abs(b - a) / 6.5, b, y)]),
                "motorbike with rider",
                plate,
            )
        )
    plate = car_plate(rng)
    mesh = vehicles.car(vehicles.MPV, common.SILVER, common.hang(stage, plate))
    stage.actors.append(Actor(30, "car", drive(mesh, [Stop(18.5, 20, 1.9), Stop(26.0, -55, 1.9)]), "through traffic", plate))
    for k, (x, y, turn) in enumerate(((-5.9, 15.6, 1.4), (-5.0, 15.7, 1.5), (7.0, 15.2, 1.3))):
        plate = moto_plate(rng)
        common.hang(stage, plate)
        mesh = motorbike((common.WHITE, common.RED, common.BLACK)[k], common.name(plate))
        stage.actors.append(
            Actor(40 + k, "motorcycle", common.always(Placed(mesh, place(x, y, 0.15, turn))), "parked", plate)
        )
