"""The still part of a Vietnamese street: carriageway, kerbs, markings, tube houses, trees, poles with cables, signs."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sample_videos.studio.mesh import Array, Mesh, Surface, place
from sample_videos.studio.pictures import Picture, flag_picture, no_parking_sign, sign_picture
from sample_videos.studio.vehicles import GLASS, TRIM

ASPHALT = Surface("asphalt", (0.062, 0.062, 0.066), 0.85, grain="asphalt")
PAVING = Surface("paving", (0.3, 0.27, 0.24), 0.9, grain="paving")
KERB = Surface("kerb", (0.42, 0.41, 0.39), 0.85, grain="plaster")
KERB_RED = Surface("kerb red", (0.5, 0.05, 0.04), 0.7)
KERB_WHITE = Surface("kerb white", (0.68, 0.68, 0.66), 0.7)
LINE = Surface("line", (0.62, 0.62, 0.6), 0.7, grain="plaster")
LINE_YELLOW = Surface("line yellow", (0.66, 0.46, 0.06), 0.7, grain="plaster")
CONCRETE = Surface("concrete", (0.36, 0.35, 0.33), 0.85, grain="plaster")
STEEL = Surface("steel", (0.3, 0.31, 0.32), 0.4, 0.7)
SHUTTER = Surface("shutter", (0.33, 0.36, 0.38), 0.45, 0.4)
DARK = Surface("shop inside", (0.02, 0.018, 0.016), 0.9)
WOOD = Surface("wood", (0.16, 0.08, 0.04), 0.6)
BARK = Surface("bark", (0.1, 0.075, 0.055), 0.95)
STOOL = Surface("stool", (0.55, 0.06, 0.04), 0.5)
LEAVES = tuple(Surface(f"leaf {k}", c, 0.7, grain="leaf") for k, c in
               enumerate(((0.05, 0.13, 0.025), (0.07, 0.17, 0.03), (0.035, 0.095, 0.022))))  # fmt: skip
LAMP_GLASS = Surface("lamp glass", (0.8, 0.8, 0.75), 0.3)
LAMP_LIT = Surface("lamp lit", (1.0, 0.75, 0.45), 0.3, emit=30.0)
WINDOW_LIT = Surface("window lit", (1.0, 0.7, 0.35), 0.5, emit=1.2)
SHOP_LIT = Surface("shop lit", (1.0, 0.88, 0.7), 0.5, emit=2.0)

WALLS = ((0.62, 0.53, 0.3), (0.55, 0.58, 0.55), (0.66, 0.62, 0.52), (0.36, 0.48, 0.5), (0.6, 0.42, 0.32), (0.48, 0.55, 0.38),
         (0.68, 0.66, 0.62), (0.55, 0.5, 0.42))  # fmt: skip
SIGNS = (("PHỞ BÒ GIA TRUYỀN", (170, 24, 28), (250, 230, 90)), ("TẠP HÓA MINH ANH", (20, 84, 160), (245, 245, 245)),
         ("CÀ PHÊ", (66, 40, 24), (240, 220, 180)), ("SỬA XE MÁY", (240, 200, 30), (30, 30, 40)),
         ("NHÀ THUỐC", (18, 120, 60), (250, 250, 250)), ("CƠM BÌNH DÂN", (200, 60, 20), (250, 240, 210)),
         ("THỜI TRANG", (30, 30, 34), (240, 200, 210)), ("ĐIỆN NƯỚC HÙNG PHÁT", (235, 235, 232), (170, 24, 28)),
         ("TRÀ SỮA", (230, 120, 150), (250, 250, 250)), ("VẬT LIỆU XÂY DỰNG", (24, 60, 120), (250, 220, 60)))  # fmt: skip


@dataclass
class Set:
    """Still meshes with their places, the pictures they use, and the indices of those that can hide an actor."""

    parts: list[tuple[Mesh, Array]]
    occluders: list[int]
    pictures: dict[str, Picture]

    def put(self, mesh: Mesh, matrix: Array | None = None, *, occludes: bool = False) -> None:
        """Add one mesh, at a place."""
        if occludes:
            self.occluders.append(len(self.parts))
        self.parts.append((mesh, place() if matrix is None else matrix))


def roadway(out: Set, half: float = 7.0, pave: float = 4.0, reach: float = 90.0, *, far_pave: float = 0.0,
            lanes: int = 2, two_way: bool = True) -> None:  # fmt: skip
    """A straight street along x: asphalt up to |y| = half, kerbs and pavements of width `pave`, lane lines.

    `far_pave` is the width of the pavement at +y where it differs; `lanes` is their number each way. Only a
    `two_way` street has the yellow line.
    """
    mesh = Mesh()
    near = pave
    mesh.quad([(-reach, -half, 0), (reach, -half, 0), (reach, half, 0), (-reach, half, 0)], ASPHALT)
    for side in (-1.0, 1.0):
        pave = far_pave if side > 0 and far_pave else near
        mesh.box((0, side * (half + pave / 2 + 0.2), 0.07), (2 * reach, pave, 0.16), PAVING)
        mesh.box((0, side * (half + 0.1), 0.08), (2 * reach, 0.22, 0.17), KERB, 0.03)
        mesh.box((0, side * (half - 0.17), 0.004), (2 * reach, 0.3, 0.01), CONCRETE)
        y0 = side * (half + pave + 0.2)
        mesh.quad([(-reach, min(y0, y0 + side * 40), 0.1), (reach, min(y0, y0 + side * 40), 0.1),
                   (reach, max(y0, y0 + side * 40), 0.1), (-reach, max(y0, y0 + side * 40), 0.1)], CONCRETE)  # fmt: skip
    for y in (-0.12, 0.12) if two_way else ():
        mesh.box((0, y, 0.003), (2 * reach, 0.12, 0.006), LINE_YELLOW)
    for y in (-half / 2, half / 2) if lanes > 1 else ():
        for k in range(-int(reach // 6), int(reach // 6)):
            mesh.box((k * 6.0, y, 0.003), (2.4, 0.12, 0.006), LINE)
    out.put(mesh)


def painted_kerb(out: Set, x0: float, x1: float, y: float) -> None:
    """A kerb painted red and white between x0 and x1: stopping is forbidden there."""
    mesh = Mesh()
    x, red = x0, True
    while x < x1 - 0.1:
        mesh.box((x + 0.5, y, 0.085), (1.0, 0.24, 0.175), KERB_RED if red else KERB_WHITE, 0.03)
        x, red = x + 1.0, not red
    out.put(mesh)


def crossing(out: Set, x: float, half: float) -> None:
    """Zebra stripes across the street at x."""
    mesh = Mesh()
    for y in np.arange(-half + 0.5, half - 0.3, 1.0):
        mesh.box((x, float(y), 0.004), (3.2, 0.5, 0.008), LINE)
    out.put(mesh)


def house(rng: random.Random, width: float, floors: int, sign: str, *, lit: bool = False) -> Mesh:
    """A tube house, front at y = 0 facing -y, left edge at x = 0: shop below, balconies and windows above."""
    mesh = Mesh()
    wall = Surface(f"wall {len(sign)} {width:.2f}", rng.choice(WALLS), 0.9, grain="plaster")
    trim = Surface("trim white", (0.7, 0.69, 0.66), 0.8, grain="plaster")
    rail = rng.choice((STEEL, trim, WOOD))
    storey, depth = 3.4, 12.0
    height = 3.8 + (floors - 1) * storey
    mesh.box((width / 2, depth / 2 + 0.02, height / 2), (width, depth, height), wall)
    inside = SHOP_LIT if lit and rng.random() < 0.7 else DARK
    if rng.random() < 0.3:
        mesh.box((width / 2, -0.02, 1.45), (width - 0.6, 0.06, 2.8), SHUTTER)
        for z in np.arange(0.2, 2.8, 0.16):
            mesh.box((width / 2, -0.055, float(z)), (width - 0.6, 0.02, 0.03), TRIM)
    else:
        mesh.box((width / 2, 0.0, 1.45), (width - 0.6, 0.06, 2.8), inside)
        for k in range(1, 4):
            if rng.random() < 0.6:
                x = 0.3 + (width - 0.6) * k / 4
                mesh.box((x, -0.04, 0.55), (0.5, 0.1, rng.uniform(0.5, 1.1)), rng.choice((WOOD, trim, STEEL)))
        mesh.box((0.5, -0.06, 1.45), (0.5, 0.04, 2.7), GLASS)
        mesh.box((width - 0.5, -0.06, 1.45), (0.5, 0.04, 2.7), GLASS)
    picture = Surface(f"sign {sign}", (0.8, 0.8, 0.8), 0.5, emit=0.6 if lit else 0.0, picture=f"sign {sign}")
    mesh.box((width / 2, -0.1, 3.3), (width - 0.2, 0.2, 0.84), TRIM)
    mesh.quad([(0.15, -0.21, 2.92), (width - 0.15, -0.21, 2.92), (width - 0.15, -0.21, 3.68), (0.15, -0.21, 3.68)], picture)
    if rng.random() < 0.7:
        colour = rng.choice(((0.1, 0.25, 0.45), (0.45, 0.08, 0.07), (0.12, 0.3, 0.14), (0.55, 0.5, 0.4)))
        awning = Surface(f"awning {colour}", colour, 0.8)
        mesh.quad([(0.1, -1.6, 2.5), (width - 0.1, -1.6, 2.5), (width - 0.1, -0.1, 2.9), (0.1, -0.1, 2.9)], awning)
        mesh.quad([(0.1, -1.6, 2.3), (width - 0.1, -1.6, 2.3), (width - 0.1, -1.6, 2.5), (0.1, -1.6, 2.5)], awning)
    for floor in range(1, floors):
        _storey(mesh, rng, width, 3.8 + (floor - 1) * storey, rail, trim, lit)
    mesh.box((width / 2, 0.0, height + 0.1), (width + 0.1, 0.5, 0.25), trim)
    if rng.random() < 0.6:
        roof = Surface("tin roof", rng.choice(((0.4, 0.1, 0.06), (0.12, 0.25, 0.35), (0.3, 0.3, 0.3))), 0.6, 0.3)
        mesh.quad([(0, 0.4, height + 1.9), (width, 0.4, height + 1.9), (width, 7, height + 2.5), (0, 7, height + 2.5)], roof)
    if rng.random() < 0.5:
        mesh.tube((width / 2 - 0.9, 5, height + 0.7), (width / 2 + 0.9, 5, height + 0.7), 0.5, 0.5, STEEL, 14)
    return mesh


def _storey(mesh: Mesh, rng: random.Random, width: float, z: float, rail: Surface, trim: Surface, lit: bool) -> None:
    """One upper floor: a balcony with a rail, a door and windows, perhaps an air conditioner and plants."""
    deep = rng.choice((0.0, 0.9, 0.9, 1.1))
    pane = WINDOW_LIT if lit and rng.random() < 0.4 else GLASS
    for k in range(2 if width < 4.6 else 3):
        n = 2 if width < 4.6 else 3
        x = width * (k + 0.5) / n
        mesh.box((x, 0.0, z + 1.35), (1.25, 0.1, 1.9), trim)
        mesh.box((x, -0.03, z + 1.35), (1.05, 0.1, 1.7), pane)
        mesh.box((x, -0.07, z + 1.35), (0.06, 0.06, 1.7), trim)
    mesh.box((width / 2, 0.0, z + 0.02), (width, 0.16, 0.22), trim)
    if deep:
        mesh.box((width / 2, -deep / 2, z + 0.05), (width - 0.2, deep, 0.16), trim)
        for x in np.arange(0.2, width - 0.1, 0.22):
            mesh.box((float(x), -deep + 0.05, z + 0.55), (0.03, 0.03, 0.9), rail)
        mesh.box((width / 2, -deep + 0.05, z + 1.02), (width - 0.2, 0.06, 0.06), rail)
        for x in (0.15, width - 0.15):
            mesh.box((x, -deep / 2, z + 0.6), (0.05, deep, 0.9), rail)
        if rng.random() < 0.5:
            for _ in range(5):
                at = (rng.uniform(0.4, width - 0.4), -deep + 0.2, z + 0.5)
                mesh.ball(at, (0.25, 0.2, 0.3), rng.choice(LEAVES), 8)
    if rng.random() < 0.5:
        x = rng.choice((0.5, width - 0.6))
        mesh.box((x, -0.2, z + 2.6), (0.8, 0.3, 0.55), trim, 0.03)
        mesh.tube((x, -0.36, z + 2.6), (x, -0.34, z + 2.6), 0.2, 0.2, TRIM, 14)


def row(out: Set, seed: int, x0: float, x1: float, y: float, facing: float, *, lit: bool = False) -> None:
    """Houses side by side from x0 to x1 with fronts at `y`; `facing` -1 looks to -y, +1 to +y."""
    rng = random.Random(seed)
    x = x0
    while x < x1:
        width = rng.choice((3.8, 4.2, 4.6, 5.2))
        text, ground, ink = SIGNS[rng.randrange(len(SIGNS))]
        out.pictures.setdefault(f"sign {text}", sign_picture(text, ground, ink))
        mesh = house(rng, width, rng.choice((2, 3, 3, 4, 5)), text, lit=lit)
        turn = 0.0 if facing < 0 else math.pi
        out.put(mesh, place(x if facing < 0 else x + width, y, 0.1, turn))
        x += width + rng.choice((0.0, 0.0, 0.05, 0.3))


def tree(rng: random.Random, height: float = 6.0, spread: float = 2.4, leaves: int = 1500) -> Mesh:
    """A street tree: trunk, branches and a crown of leaf faces."""
    mesh = Mesh()
    fork = height * 0.42
    mesh.tube((0, 0, 0), (0.06, 0.03, fork), 0.17, 0.12, BARK, 10)
    blobs = []
    for k in range(7):
        a = 2 * math.pi * k / 7 + rng.uniform(-0.3, 0.3)
        r = spread * (0.55 if k else 0.0)
        tip = (r * math.cos(a), r * math.sin(a), height * rng.uniform(0.66, 0.88))
        mesh.tube((0.06, 0.03, fork - 0.1), tip, 0.08, 0.03, BARK, 6)
        blobs.append(tip)
    for _ in range(leaves):
        cx, cy, cz = rng.choice(blobs)
        d = np.array([rng.gauss(0, 1) for _ in range(3)])
        d *= (0.75 + 0.3 * rng.random()) * spread * 0.46 / np.linalg.norm(d)
        c = np.array([cx, cy, cz]) + d * (1, 1, 0.75)
        u = np.array([rng.gauss(0, 1) for _ in range(3)])
        u *= rng.uniform(0.1, 0.2) / np.linalg.norm(u)
        v = np.cross(u, [rng.gauss(0, 1) for _ in range(3)])
        v *= 0.12 / max(float(np.linalg.norm(v)), 1e-6)
        mesh.quad([c - u - v, c + u - v, c + u + v, c - u + v], rng.choice(LEAVES))
    mesh.box((0, 0, 0.02), (1.2, 1.2, 0.06), CONCRETE)
    return mesh


def lamp_post(*, lit: bool = False) -> Mesh:
    """A street lamp, 7.5 m, its arm to -y; the head is at (0, -1.9, 7.4)."""
    mesh = Mesh()
    mesh.tube((0, 0, 0), (0, 0, 7.4), 0.1, 0.06, STEEL, 12)
    mesh.tube((0, 0, 7.3), (0, -1.8, 7.5), 0.045, 0.04, STEEL, 8)
    mesh.box((0, -1.9, 7.48), (0.3, 0.75, 0.12), STEEL, 0.03)
    mesh.box((0, -1.9, 7.41), (0.24, 0.6, 0.03), LAMP_LIT if lit else LAMP_GLASS)
    mesh.box((0, 0, 0.2), (0.3, 0.3, 0.4), CONCRETE, 0.04)
    return mesh


def power_line(out: Set, xs: tuple[float, ...], y: float, seed: int = 1) -> None:
    """Concrete poles with the many sagging cables of a Vietnamese street."""
    rng = random.Random(seed)
    for x in xs:
        pole = Mesh()
        pole.tube((0, 0, 0), (0, 0, 8.5), 0.16, 0.11, CONCRETE, 12)
        for z in (7.2, 8.0):
            pole.box((0, 0, z), (0.1, 1.3, 0.1), STEEL)
        pole.box((0, -0.22, 5.9), (0.4, 0.25, 0.55), STEEL, 0.02)
        out.put(pole, place(x, y, 0.1), occludes=True)
    cables = Mesh()
    for a, b in itertools.pairwise(xs):
        for _ in range(9):
            z, dy, sag, r = rng.uniform(5.6, 8.0), rng.uniform(-0.55, 0.55), rng.uniform(0.3, 1.0), rng.uniform(0.012, 0.03)
            last = None
            for k in range(9):
                u = k / 8
                point = (a + (b - a) * u, y + dy, z - sag * 4 * u * (1 - u))
                if last is not None:
                    cables.tube(last, point, r, r, TRIM, 4)
                last = point
    out.put(cables)


def sign_post(out: Set, x: float, y: float, turn: float = 0.0) -> None:
    """A "no stopping, no parking" sign (P.130) facing +x, turned by `turn` radians."""
    mesh = Mesh()
    mesh.tube((0, 0, 0), (0, 0, 2.9), 0.035, 0.035, STEEL, 8)
    face = Surface("sign P130", (0.8, 0.8, 0.8), 0.5, picture="sign P130")
    mesh.quad([(0.05, -0.35, 2.2), (0.05, 0.35, 2.2), (0.05, 0.35, 2.9), (0.05, -0.35, 2.9)], face)
    out.pictures.setdefault("sign P130", no_parking_sign())
    out.put(mesh, place(x, y, 0.1, turn), occludes=True)


def flags(out: Set, xs: Sequence[float], y: float, z: float = 4.6) -> None:
    """National flags on short poles at the house fronts, as on holidays."""
    out.pictures.setdefault("flag", flag_picture())
    mesh = Mesh()
    cloth = Surface("flag", (0.8, 0.02, 0.02), 0.8, picture="flag")
    for x in xs:
        mesh.tube((x, y, z - 0.6), (x, y - 1.1, z + 0.9), 0.02, 0.02, STEEL, 6)
        mesh.quad(
            [(x, y - 0.55, z - 0.05), (x + 0.85, y - 0.5, z - 0.25), (x + 0.85, y - 1.0, z + 0.5), (x, y - 1.05, z + 0.75)],
            cloth,
        )
    out.put(mesh)


def parasol(x: float, y: float, colour: Surface) -> tuple[Mesh, Array]:
    """A vendor's parasol over a small table with stools."""
    mesh = Mesh()
    mesh.tube((0, 0, 0), (0, 0, 2.3), 0.03, 0.03, STEEL, 8)
    mesh.tube((0, 0, 1.95), (0, 0, 2.45), 1.35, 0.03, colour, 8, smooth=False)
    mesh.box((0.2, 0, 0.55), (0.8, 0.6, 0.06), WOOD)
    for dx, dy in ((-0.12, -0.22), (0.5, -0.22), (-0.12, 0.22), (0.5, 0.22)):
        mesh.box((dx, dy, 0.27), (0.05, 0.05, 0.54), WOOD)
    for dx, dy in ((-0.6, 0.3), (0.9, 0.2), (0.3, -0.8)):
        mesh.tube((dx, dy, 0), (dx, dy, 0.32), 0.19, 0.15, STOOL, 10)
    return mesh, place(x, y, 0.15)
