"""The traffic of a rendered street: riders in swarms, cars, walkers and parked motorcycles, each object with its class."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sample_videos.studio import measure, vehicles
from sample_videos.studio.mesh import Surface, place
from sample_videos.studio.people import RIDE, STAND, Look, person, walking
from sample_videos.studio.scenes import common
from sample_videos.studio.stage import Camera, Placed, Stage
from sample_videos.studio.two_wheelers import bicycle, motorbike

Labels = dict[str, list[list[float]]]
"""As `models.training.street_labels.Labels`; that module is not read, as the studio runs in an environment of its own."""
VISIBLE = 0.35
"""Share of an object that must be in view for a label; what shows less is ignored."""
LEAST_PX = 40
"""Pixels in view below which an object is ignored."""
PERSON, BICYCLE, MOTORCYCLE, CAR, BUS, TRUCK = range(6)
SHAPES = (vehicles.SEDAN, vehicles.HATCH, vehicles.SUV, vehicles.MPV, vehicles.VAN)
HELMETS = ("helmet", "helmet", "helmet", "cap")


def in_view(camera: Camera, state: Placed) -> bool:
    """Whether a vertex is in the picture."""
    pixels, depth = camera.project(state.points())
    return bool(((depth > 0.2) & (pixels > 0).all(axis=1) & (pixels < (camera.width, camera.height)).all(axis=1)).any())


def labels(made: Stage, placed: dict[int, Placed], kinds: dict[int, int]) -> Labels:
    """What the camera sees of each object: the part in view of what shows enough."""
    width, height = made.camera.width, made.camera.height
    seen = {key: state for key, state in placed.items() if in_view(made.camera, state)}
    hiding = [k for k, (mesh, matrix) in enumerate(made.still) if k and in_view(made.camera, Placed(mesh, matrix))]
    made = replace(made, occluders=hiding)  # all but the roadway: awnings and balconies hide people too
    outlines = measure.Outlines(made)
    ids = measure.id_mask(outlines, seen)
    result: Labels = {"objects": [], "ignore": []}
    for key, state in seen.items():
        alone = np.isfinite(outlines.of(key, state))
        own = ids == key
        box = measure.box_of(own)
        if box is None:
            continue
        enough = own.sum() >= max(LEAST_PX, VISIBLE * alone.sum())
        row = [float(kinds[key]), *(round(v * s, 1) for v, s in zip(box, (width, height) * 2, strict=True)), 1.0]
        result["objects" if enough else "ignore"].append(row)
    return result


def paint(rng: random.Random) -> Surface:
    """A vehicle's paint, mostly without much colour."""
    if rng.random() < 0.6:
        return rng.choice((common.WHITE, common.SILVER, common.BLACK, common.GREY, common.WHITE))
    red, green, blue = (rng.uniform(0.01, 0.5) for _ in range(3))
    return Surface(f"paint {red} {green} {blue}", (red, green, blue), 0.3)


def tone(rng: random.Random) -> tuple[float, float, float]:
    """The colour of cloth, linear RGB."""
    red, green, blue = (min(0.75, max(0.01, rng.uniform(-0.1, 0.75))) for _ in range(3))
    return red, green, blue


def look(rng: random.Random, hats: Sequence[str] = ("", "", "", "cap", "cone")) -> Look:
    """How someone is dressed."""
    trousers = rng.choice((*common.TROUSERS, tone(rng)))
    long_hair, sleeves = rng.random() < 0.4, rng.random() < 0.4
    return Look(tone(rng), trousers, rng.uniform(1.45, 1.8), rng.choice(hats), tone(rng), long_hair, sleeves)


class Traffic:
    """Everything on a street at one moment: meshes with their class and place."""

    def __init__(self, rng: random.Random, half: float, pave: float, lit: bool) -> None:
        self.rng, self.half, self.pave, self.lit = rng, half, pave, lit
        self.items: list[tuple[int, Placed]] = []
        self.taken: list[tuple[float, float, float]] = []

    def free(self, x: float, y: float, reach: float) -> bool:
        """Whether a disc of `reach` metres is free; it is taken from now on."""
        if any(math.hypot(x - a, (y - b) * 1.4) < reach + r for a, b, r in self.taken):
            return False
        self.taken.append((x, y, reach))
        return True

    def motorcycle(self, x: float, y: float, turn: float, z: float = 0.0, *, parked: bool = False) -> None:
        """A motorcycle with one or two people, or a parked one."""
        if not self.free(x, y, 0.55 if parked else 0.8):
            return
        matrix = place(x, y, z, turn)
        self.items.append((MOTORCYCLE, Placed(motorbike(paint(self.rng), lit=self.lit and not parked), matrix)))
        if parked:
            return
        ride = replace(RIDE, seat=0.84, lean=self.rng.uniform(0, 14))
        self.items.append((PERSON, Placed(person(look(self.rng, HELMETS), ride), matrix @ place(-0.22))))
        if self.rng.random() < 0.25:
            behind = replace(RIDE, seat=0.88, arm=(35.0, 35.0), elbow=(40.0, 40.0))
            self.items.append((PERSON, Placed(person(look(self.rng, HELMETS), behind), matrix @ place(-0.62))))

    def cycle(self, x: float, y: float, turn: float) -> None:
        """A bicycle with its rider."""
        if not self.free(x, y, 0.8):
            return
        matrix = place(x, y, 0.0, turn)
        self.items.append((BICYCLE, Placed(bicycle(paint(self.rng)), matrix)))
        ride = replace(RIDE, seat=0.9, thigh=(70.0, 35.0), knee=(80.0, 40.0), lean=self.rng.uniform(8, 22))
        self.items.append((PERSON, Placed(person(look(self.rng), ride), matrix @ place(-0.2))))

    def vehicle(self, x: float, y: float, turn: float) -> None:
        """A car, now and then a bus or a lorry."""
        draw = self.rng.random()
        kind, reach = (BUS, 5.6) if draw < 0.07 else (TRUCK, 3.4) if draw < 0.2 else (CAR, 2.6)
        if not self.free(x, y, reach):
            return
        plates = vehicles.Plates()
        if kind == CAR:
            mesh = vehicles.car(self.rng.choice(SHAPES), paint(self.rng), plates, lit=self.lit)
        else:
            body = vehicles.bus if kind == BUS else vehicles.truck
            mesh = body(paint(self.rng), paint(self.rng), plates, lit=self.lit)
        self.items.append((kind, Placed(mesh, place(x, y, 0.0, turn))))

    def walker(self, x: float, y: float, z: float) -> None:
        """A person who walks or stands."""
        if not self.free(x, y, 0.3):
            return
        rng = self.rng
        arms = (rng.uniform(-10, 60), rng.uniform(-10, 60))
        standing = replace(STAND, arm=arms, elbow=(rng.uniform(5, 100), rng.uniform(5, 100)))
        pose = walking(rng.random(), rng.uniform(0.6, 1.3)) if rng.random() < 0.65 else standing
        self.items.append((PERSON, Placed(person(look(rng), pose), place(x, y, z, rng.uniform(0, 6.3)))))

    def fill(self, x0: float, x1: float) -> None:
        """Draw the traffic between x0 and x1."""
        rng, half = self.rng, self.half
        for _ in range(rng.randrange(2, 12)):
            y = rng.uniform(1.2, half - 1.0) * rng.choice((-1, 1))
            self.vehicle(rng.uniform(x0, x1), y, (0.0 if y < 0 else math.pi) + rng.gauss(0, 0.05))
        for _ in range(rng.randrange(2, 6)):  # motorcycles come in swarms
            cx, side = rng.uniform(x0, x1), rng.choice((-1, 1))
            for _ in range(rng.randrange(1, 10)):
                y = side * rng.uniform(0.7, half - 0.4)
                self.motorcycle(cx + rng.gauss(0, 5), y, (0.0 if side < 0 else math.pi) + rng.gauss(0, 0.15))
        for _ in range(rng.randrange(0, 4)):
            y = rng.choice((-1, 1)) * rng.uniform(half - 1.6, half - 0.5)
            self.cycle(rng.uniform(x0, x1), y, rng.choice((0, math.pi)))
        for _ in range(rng.randrange(0, 3)):  # motorcycles parked side by side
            cx, side, slant = rng.uniform(x0, x1), rng.choice((-1, 1)), rng.uniform(1.0, 2.1)
            for k in range(rng.randrange(2, 9)):
                self.motorcycle(cx + 0.85 * k, side * (half + 1.6), slant * side, 0.15, parked=True)
        for _ in range(rng.randrange(3, 26)):
            y = rng.choice((-1, 1)) * rng.uniform(half + 0.5, half + self.pave - 0.4)
            self.walker(rng.uniform(x0, x1), y, 0.15)
        cx = rng.uniform(x0, x1)
        for _ in range(rng.randrange(0, 9)):  # people who cross
            self.walker(cx + rng.gauss(0, 2.2), rng.uniform(-half, half), 0.0)
