"""Things people carry and leave: rubbish bags, boxes, rucksacks. The origin lies on the ground under the middle."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np

from sample_videos.studio.mesh import Mesh, Surface, place
from sample_videos.studio.stage import Placed
from sample_videos.studio.timeline import State, Walker

PLASTIC_BLACK = Surface("bag black", (0.012, 0.012, 0.014), 0.28)
PLASTIC_BLUE = Surface("bag blue", (0.03, 0.12, 0.32), 0.3)
PLASTIC_WHITE = Surface("bag white", (0.62, 0.62, 0.6), 0.35)
CARDBOARD = Surface("cardboard", (0.34, 0.22, 0.12), 0.85)
CLOTH = Surface("rucksack", (0.04, 0.07, 0.16), 0.8)


def rubbish_bag(surface: Surface = PLASTIC_BLACK, size: float = 0.55, seed: int = 1) -> Mesh:
    """A full, tied rubbish bag, `size` metres wide: lumpy, flat below, with a knot on top."""
    rng = np.random.default_rng(seed)
    mesh = Mesh()
    mesh.ball((0, 0, 0.42), (0.5, 0.46, 0.44), surface, 16)
    lumps = [(rng.normal(0, 1, 3), rng.uniform(0.02, 0.07)) for _ in range(9)]
    shaped = []
    for x, y, z in mesh.vertices:
        d = np.array([x, y, z - 0.42])
        n = d / max(float(np.linalg.norm(d)), 1e-6)
        grow = 1 + sum(a * max(0.0, float(n @ (u / np.linalg.norm(u)))) ** 3 for u, a in lumps)
        p = d * grow + (0, 0, 0.42)
        shaped.append((float(p[0]) * size, float(p[1]) * size, max(0.0, float(p[2])) * size))
    mesh.vertices = shaped
    mesh.tube((0, 0, 0.8 * size), (0.01, 0, 0.95 * size), 0.14 * size, 0.04 * size, surface, 8)
    mesh.tube((0.01, 0, 0.95 * size), (0.03, 0, 1.12 * size), 0.04 * size, 0.13 * size, surface, 8)
    return mesh


def carton(width: float = 0.5) -> Mesh:
    """A closed cardboard box with tape."""
    mesh = Mesh()
    mesh.box((0, 0, width * 0.35), (width, width * 0.75, width * 0.7), CARDBOARD, 0.01)
    mesh.box((0, 0, width * 0.702), (width * 1.005, 0.05, 0.008), Surface("tape", (0.5, 0.4, 0.2), 0.4))
    return mesh


def rucksack() -> Mesh:
    """A rucksack that stands on the ground, 0.5 m high."""
    mesh = Mesh()
    mesh.ball((0, 0, 0.24), (0.16, 0.2, 0.27), CLOTH, 14)
    mesh.ball((0.1, 0, 0.16), (0.1, 0.15, 0.13), CLOTH, 12)
    mesh.limb((0, -0.06, 0.48), (0, 0.06, 0.48), 0.02, 0.02, CLOTH, 8)
    for y in (-0.1, 0.1):
        mesh.limb((-0.15, y, 0.4), (-0.17, y, 0.12), 0.02, 0.02, CLOTH, 8)
    mesh.vertices = [(x, y, max(0.0, z)) for x, y, z in mesh.vertices]
    return mesh


@dataclass(frozen=True)
class Carried:
    """The time line of a thing that `walker` carries until `down_s`, that lies at (x, y), and that is taken at `up_s`.

    `grip` is where the thing's origin hangs in the walker's own frame (metres), `z` the ground's height.
    """

    walker: Walker
    mesh: Mesh
    down_s: float
    x: float
    y: float
    up_s: float = 1e9
    grip: tuple[float, float, float] = (0.06, -0.3, 0.28)
    z: float = 0.15
    turn: float = 0.4

    def __call__(self, t: float) -> Placed | None:
        """Where the thing is at `t` seconds; handing over takes 0.6 s."""
        lying = place(self.x, self.y, self.z, self.turn)
        held = None
        state = self.walker(t)
        if state is not None:
            held = state.matrix @ place(*self.grip)
        share = min(max((t - self.down_s) / 0.6, 0.0), 1.0) - min(max((t - self.up_s) / 0.6, 0.0), 1.0)
        if share >= 1.0:
            return Placed(self.mesh, lying)
        if held is None:
            return None
        return Placed(self.mesh, held if share <= 0 else held * (1 - share) + lying * share)


def heap(seed: int, count: int = 6) -> Mesh:
    """A heap of bags and boxes, about 2 m wide."""
    rng = random.Random(seed)
    mesh = Mesh()
    for k in range(count):
        bag = rubbish_bag(
            rng.choice((PLASTIC_BLACK, PLASTIC_BLUE, PLASTIC_BLACK, PLASTIC_WHITE)), rng.uniform(0.45, 0.65), seed + k
        )
        mesh.add(bag, place(rng.uniform(-0.7, 0.7), rng.uniform(-0.3, 0.3), 0.28 * (k // 4), rng.uniform(0, 6)))
    mesh.add(carton(0.45), place(0.95, -0.1, 0, 0.6))
    return mesh


def switch(at_s: float, before: State, after: State) -> State:
    """One time line until `at_s` seconds, another from then on."""
    return lambda t: before(t) if t < at_s else after(t)
