"""People of capsules and ellipsoids, posed by a few joint angles; the origin lies between the feet, they face +x."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sample_videos.studio.mesh import Array, Mesh, Surface

SKIN = Surface("skin", (0.5, 0.3, 0.2), 0.55)
HAIR = Surface("hair", (0.012, 0.01, 0.01), 0.45)
SHOE = Surface("shoe", (0.03, 0.025, 0.022), 0.6)
STRAW = Surface("straw", (0.68, 0.56, 0.34), 0.8)


@dataclass(frozen=True)
class Look:
    """How a person is dressed: shirt and trousers (linear RGB), height in metres, what is on the head, what is carried.

    `hat` is "", "cap", "helmet" or "cone" (nón lá); `carry` is "", "bag" (rubbish bag in the right hand), "box" (in
    both arms) or "pack" (rucksack). `skirt` widens the trousers into a long shirt or skirt.
    """

    shirt: tuple[float, float, float] = (0.5, 0.5, 0.55)
    trousers: tuple[float, float, float] = (0.03, 0.035, 0.06)
    height: float = 1.66
    hat: str = ""
    hat_colour: tuple[float, float, float] = (0.5, 0.05, 0.04)
    long_hair: bool = False
    sleeves: bool = False


@dataclass(frozen=True)
class Pose:
    """Joint angles in degrees, forward positive: left and right thigh, knee, upper arm and elbow; `lean` bends the trunk."""

    thigh: tuple[float, float] = (2.0, -2.0)
    knee: tuple[float, float] = (3.0, 3.0)
    arm: tuple[float, float] = (4.0, -2.0)
    elbow: tuple[float, float] = (12.0, 12.0)
    lean: float = 0.0
    spread: float = 7.0
    seat: float = 0.0


STAND = Pose()
RIDE = Pose((78.0, 78.0), (86.0, 86.0), (52.0, 52.0), (22.0, 22.0), 6.0, 10.0)


def walking(phase: float, speed: float = 1.0) -> Pose:
    """The pose at `phase` (0..1 of a double step); `speed` scales the swing (1 = a walk of about 1.3 m/s)."""
    a = 2 * math.pi * phase
    swing = 27.0 * min(speed, 1.5)
    left, right = math.sin(a), math.sin(a + math.pi)
    knees = tuple(6.0 + 42.0 * max(0.0, math.cos(p)) ** 1.5 * min(1.0, speed) for p in (a, a + math.pi))
    return Pose(
        thigh=(swing * left + 4, swing * right + 4),
        knee=(knees[0], knees[1]),
        arm=(-swing * 0.8 * left, -swing * 0.8 * right),
        elbow=(18.0 + 10 * max(0.0, -left), 18.0 + 10 * max(0.0, -right)),
        lean=2.0 + 2.0 * speed,
    )


def _step(start: Array, length: float, pitch: float, outward: float = 0.0) -> Array:
    """The end of a limb of `length` that hangs down from `start`, swung forward by `pitch` and outward (degrees)."""
    p, o = math.radians(pitch), math.radians(outward)
    return start + length * np.array([math.sin(p), math.sin(o) * math.cos(p), -math.cos(p) * math.cos(o)])


def person(look: Look, pose: Pose = STAND) -> Mesh:
    """One person as a mesh of about 1,500 vertices; feet on z = 0 (or the seat at height `pose.seat`)."""
    mesh = Mesh()
    shirt = Surface(f"shirt {look.shirt}", look.shirt, 0.8)
    trousers = Surface(f"trousers {look.trousers}", look.trousers, 0.8)
    hips = np.array([0.0, 0.0, 0.88])
    low = 0.0
    for side, thigh, knee in ((1.0, pose.thigh[0], pose.knee[0]), (-1.0, pose.thigh[1], pose.knee[1])):
        hip = hips + np.array([0.0, side * 0.09, -0.02])
        joint = _step(hip, 0.42, thigh, side * (pose.spread - 5.0 if pose.seat else 1.0))
        foot = _step(joint, 0.40, thigh - knee, 0.0)
        mesh.limb(hip, joint, 0.088, 0.062, trousers)
        mesh.limb(joint, foot, 0.06, 0.043, trousers)
        toe = foot + np.array([0.14 * math.cos(math.radians(thigh - knee) * 0.4), 0.0, -0.03])
        mesh.limb(foot + np.array([-0.03, 0.0, -0.03]), toe, 0.042, 0.035, SHOE)
        low = min(low, float(min(foot[2], toe[2])) - 0.04) if low else float(min(foot[2], toe[2])) - 0.04
    _trunk(mesh, look, pose, hips, shirt)
    lift = (pose.seat - 0.80) if pose.seat else -low
    scale = look.height / 1.70
    mesh.vertices = [
        (x * scale, y * scale, (z + lift) * scale if not pose.seat else z * scale + lift) for x, y, z in mesh.vertices
    ]
    return mesh


def _trunk(mesh: Mesh, look: Look, pose: Pose, hips: Array, shirt: Surface) -> None:
    """Trunk, arms and head, leaning forward about the hips."""
    part = Mesh()
    turn = np.linspace(0, 2 * math.pi, 14, endpoint=False)
    rings = []
    levels = ((-0.09, 0.115, 0.15), (-0.02, 0.125, 0.168), (0.12, 0.112, 0.15), (0.3, 0.128, 0.178), (0.44, 0.12, 0.195),
              (0.51, 0.1, 0.175), (0.555, 0.07, 0.1), (0.58, 0.05, 0.055))  # fmt: skip
    for z, depth, width in levels:
        rings.append(np.stack([np.cos(turn) * depth, np.sin(turn) * width, np.full(14, z)], axis=1))
    part.rings(rings, shirt)
    for side, arm, elbow in ((1.0, pose.arm[0], pose.elbow[0]), (-1.0, pose.arm[1], pose.elbow[1])):
        shoulder = np.array([0.0, side * 0.185, 0.475])
        joint = _step(shoulder, 0.27, arm, side * pose.spread)
        hand = _step(joint, 0.25, arm + elbow, side * (pose.spread - 5))
        part.limb(shoulder, joint, 0.06, 0.048, shirt)
        part.limb(joint, hand, 0.043, 0.034, shirt if look.sleeves else SKIN)
        part.ball(hand, (0.045, 0.035, 0.055), SKIN, 8)
    part.limb((0.0, 0, 0.55), (0.015, 0, 0.64), 0.05, 0.05, SKIN)
    part.ball((0.025, 0, 0.74), (0.098, 0.078, 0.12), SKIN)
    part.ball((0.115, 0, 0.725), (0.022, 0.018, 0.025), SKIN, 6)
    _headwear(part, look)
    lean = math.radians(pose.lean)
    c, s = math.cos(lean), math.sin(lean)
    matrix = np.array([[c, 0, s, hips[0]], [0, 1, 0, hips[1]], [-s, 0, c, hips[2]], [0, 0, 0, 1]], dtype=np.float64)
    mesh.add(part, matrix)


def _headwear(part: Mesh, look: Look) -> None:
    colour = Surface(f"hat {look.hat_colour}", look.hat_colour, 0.35)
    if look.hat == "helmet":
        part.ball((0.01, 0, 0.77), (0.14, 0.125, 0.13), colour, low=-12.0)
        part.box((0.13, 0, 0.775), (0.09, 0.16, 0.02), colour, 0.008)
        return
    part.ball((-0.012, 0, 0.765), (0.104, 0.088, 0.112), HAIR, low=-30.0 if not look.long_hair else -60.0)
    if look.long_hair:
        part.limb((-0.075, 0, 0.74), (-0.1, 0, 0.5), 0.06, 0.045, HAIR)
    if look.hat == "cap":
        part.ball((0.0, 0, 0.79), (0.112, 0.096, 0.095), colour, low=0.0)
        part.box((0.13, 0, 0.8), (0.13, 0.14, 0.014), colour, 0.006)
    if look.hat == "cone":
        part.tube((0.01, 0, 0.8), (0.01, 0, 1.0), 0.235, 0.005, STRAW, 18)
