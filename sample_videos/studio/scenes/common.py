"""What the scenes share: paints, wardrobes, the standard street and a few ready-made vehicles."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

from sample_videos.studio import street
from sample_videos.studio.mesh import Mesh, Surface, place
from sample_videos.studio.people import Look
from sample_videos.studio.pictures import PlateText, moto_plate, plate_picture, sign_picture
from sample_videos.studio.stage import Actor, Camera, Placed, Stage
from sample_videos.studio.timeline import Stop, drive
from sample_videos.studio.two_wheelers import motorbike
from sample_videos.studio.vehicles import Plates

WHITE = Surface("paint white", (0.72, 0.73, 0.73), 0.3)
SILVER = Surface("paint silver", (0.42, 0.44, 0.46), 0.3, 0.6)
BLACK = Surface("paint black", (0.012, 0.012, 0.014), 0.25)
RED = Surface("paint red", (0.42, 0.015, 0.015), 0.28)
BLUE = Surface("paint blue", (0.03, 0.08, 0.25), 0.28)
GREEN = Surface("paint green", (0.04, 0.3, 0.12), 0.3)
YELLOW = Surface("paint yellow", (0.72, 0.42, 0.02), 0.3)
GREY = Surface("paint grey", (0.12, 0.125, 0.13), 0.3, 0.4)
BROWN = Surface("paint brown", (0.16, 0.09, 0.05), 0.3)

SHIRTS = (
    (0.6, 0.6, 0.62),
    (0.35, 0.04, 0.05),
    (0.05, 0.13, 0.32),
    (0.08, 0.25, 0.12),
    (0.6, 0.42, 0.08),
    (0.03, 0.03, 0.035),
    (0.45, 0.2, 0.32),
    (0.25, 0.38, 0.5),
    (0.55, 0.5, 0.4),
)
TROUSERS = ((0.02, 0.022, 0.03), (0.04, 0.06, 0.13), (0.18, 0.15, 0.11), (0.06, 0.06, 0.065), (0.3, 0.27, 0.22))
HATS = ((0.5, 0.05, 0.04), (0.6, 0.6, 0.6), (0.04, 0.1, 0.3), (0.02, 0.02, 0.02), (0.5, 0.35, 0.05), (0.3, 0.1, 0.25))


def looks(seed: int, count: int) -> list[Look]:
    """`count` differently dressed people."""
    rng = random.Random(seed)
    return [
        Look(
            rng.choice(SHIRTS),
            rng.choice(TROUSERS),
            rng.uniform(1.54, 1.76),
            rng.choice(("", "", "", "cap", "cone")),
            rng.choice(HATS),
            rng.random() < 0.45,
            rng.random() < 0.4,
        )
        for _ in range(count)
    ]


def hang(stage: Stage, front: PlateText, rear: PlateText | None = None) -> Plates:
    """Draw a vehicle's plates for the stage and return where they go; the rear one repeats the front where none is given."""
    rear = front if rear is None else rear
    for side in (front, rear):
        stage.pictures.setdefault(name(side), plate_picture(side))
    sizes = [(p.size_mm[0] / 1000, p.size_mm[1] / 1000) for p in (front, rear)]
    return Plates(name(front), name(rear), sizes[0], sizes[1])


def always(state: Placed) -> Callable[[float], Placed | None]:
    """The time line of something that never moves."""
    return lambda _: state


def name(plate: PlateText) -> str:
    """The picture's name of a plate."""
    return f"{plate.text}-{len(plate.lines)}"


def main_street(stage: Stage, seed: int, *, half: float = 7.0, lit: bool = False, near: bool = True) -> street.Set:
    """The town street most scenes share: houses on both sides, trees, lamps, poles with cables."""
    out = street.Set(stage.still, stage.occluders, stage.pictures)
    street.roadway(out, half)
    edge = half + 4.2
    street.row(out, seed, -75.0, 45.0, edge, -1.0, lit=lit)
    if near:
        street.row(out, seed + 1, -75.0, -24.0, -edge, 1.0, lit=lit)
    rng = random.Random(seed)
    trees = [street.tree(rng) for _ in range(2)]
    for k, x in enumerate((-62.0, -50.0, -38.0, -26.0, -14.0, 14.0, 26.0)):
        out.put(trees[k % 2], place(x, half + 1.2, 0.1, rng.uniform(0, 6)), occludes=True)
    for k, x in enumerate((-66.0, -54.0, -42.0, -30.0)):
        out.put(trees[k % 2], place(x, -half - 1.2, 0.1, rng.uniform(0, 6)), occludes=True)
    post = street.lamp_post(lit=lit)
    for x in (-56.0, -32.0, -8.0, 20.0):
        out.put(post, place(x, half + 0.7, 0.1), occludes=True)
    street.power_line(out, (-72.0, -46.0, -20.0, 6.0, 32.0), half + 3.3)
    return out


def lane(stage: Stage, seed: int = 11) -> street.Set:
    """A quiet street with a long wall on which the notice "no dumping" is painted; the pavement's height is 0.15 m."""
    out = street.Set(stage.still, stage.occluders, stage.pictures)
    street.roadway(out, 3.6, far_pave=3.6, lanes=1)
    wall = Mesh()
    plaster = Surface("wall yellow", (0.52, 0.42, 0.2), 0.9, grain="plaster")
    stain = Surface("wall foot", (0.2, 0.18, 0.15), 0.95, grain="plaster")
    wall.box((0.0, 7.6, 1.25), (13.0, 0.25, 2.5), plaster)
    wall.box((0.0, 7.55, 0.25), (13.0, 0.26, 0.5), stain)
    wall.box((0.0, 7.6, 2.55), (13.1, 0.36, 0.14), street.CONCRETE)
    for x in (-6.4, -3.2, 0.0, 3.2, 6.4):
        wall.box((x, 7.55, 1.3), (0.4, 0.4, 2.6), plaster)
    stage.pictures["notice"] = sign_picture("CẤM ĐỔ RÁC", (214, 190, 120), (170, 24, 20), (640, 120))
    notice = Surface("notice", (0.6, 0.5, 0.3), 0.9, picture="notice")
    wall.quad([(0.35, 7.46, 1.2), (2.85, 7.46, 1.2), (2.85, 7.46, 1.7), (0.35, 7.46, 1.7)], notice)
    out.put(wall, place(0, 0, 0.1))
    street.row(out, seed, -70.0, -11.2, 7.4, -1.0)
    street.row(out, seed + 1, 6.9, 40.0, 7.4, -1.0)
    rng = random.Random(seed)
    for x, y in ((-4.6, 12.0), (1.5, 11.0), (4.5, 13.0)):
        out.put(street.tree(rng, 7.5, 3.0), place(x, y, 0.1, rng.uniform(0, 6)))
    street.row(out, seed + 2, -14.0, 14.0, 17.5, -1.0)
    for x in (-16.0, -26.0, 11.0):
        out.put(street.tree(rng, 5.5, 2.2), place(x, 4.8, 0.1), occludes=True)
    out.put(street.lamp_post(), place(-5.2, 4.3, 0.1), occludes=True)
    street.power_line(out, (-44.0, -20.0, 9.5, 34.0), 6.9, seed)
    return out


LANE_CAMERA = Camera((6.2, -6.4, 5.2), (-0.8, 5.3, 0.7), 36.0, 640, 360)
LANE_ZONE = ((-6.0, 3.9), (6.0, 3.9), (6.0, 7.4), (-6.0, 7.4))


def rider_by(stage: Stage, key: int, start: float, way: int, seed: int) -> None:
    """A motorbike with its rider that crosses a lane scene from `start` seconds on; `way` 1 drives to +x."""
    rng = random.Random(seed)
    plate = moto_plate(rng)
    hang(stage, plate)
    mesh = motorbike(rng.choice((RED, BLUE, BLACK, WHITE)), name(plate), replace(looks(seed, 1)[0], hat="helmet"))
    a, b, y = (-42.0, 14.0, -1.7) if way > 0 else (14.0, -42.0, 1.8)
    stops = [Stop(start, a, y), Stop(start + 56.0 / 6.5, b, y)]
    stage.actors.append(Actor(key, "motorcycle", drive(mesh, stops), "motorbike with rider", plate))
