"""Meshes as plain arrays: the studio models with these and only `blender.py` hands them to Blender.

Units are metres; x points along the street, y across it, z up. Everything here is pure NumPy, so that the truth (boxes,
masks) and the tests need no Blender.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Vec = Sequence[float] | npt.NDArray[np.float64]
Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Surface:
    """What a face is made of. `colour` is linear RGB 0..1; `emit` in W/m² relative to a white sky of 1.

    `grain` names a procedural pattern of `blender.py` ("asphalt", "paving", "plaster"); `picture` names an image of the
    scene (a plate, a shop sign) mapped by the face's own corners.
    """

    name: str
    colour: tuple[float, float, float] = (0.5, 0.5, 0.5)
    rough: float = 0.6
    metal: float = 0.0
    emit: float = 0.0
    grain: str = ""
    picture: str = ""
    clear: float = 0.0


@dataclass
class Mesh:
    """A growing mesh: vertices (N, 3), faces as vertex indices, a surface and a smooth flag for each face."""

    vertices: list[tuple[float, float, float]] = field(default_factory=list)
    faces: list[tuple[int, ...]] = field(default_factory=list)
    surfaces: list[Surface] = field(default_factory=list)
    smooth: list[bool] = field(default_factory=list)
    corners: dict[int, tuple[tuple[float, float], ...]] = field(default_factory=dict)

    def points(self) -> Array:
        """All vertices as an array (N, 3) in metres."""
        return np.asarray(self.vertices, dtype=np.float64).reshape(-1, 3)

    def face(self, corners: Sequence[int], surface: Surface, smooth: bool = False) -> None:
        """Add one face over existing vertices."""
        self.faces.append(tuple(corners))
        self.surfaces.append(surface)
        self.smooth.append(smooth)

    def add(self, other: Mesh, matrix: Array | None = None) -> None:
        """Append `other`, moved by a 4x4 `matrix` where one is given."""
        points = other.points()
        if matrix is not None:
            points = points @ matrix[:3, :3].T + matrix[:3, 3]
        start, first = len(self.vertices), len(self.faces)
        self.vertices.extend((float(x), float(y), float(z)) for x, y, z in points)
        self.faces.extend(tuple(start + i for i in face) for face in other.faces)
        self.surfaces.extend(other.surfaces)
        self.smooth.extend(other.smooth)
        self.corners.update({first + k: uv for k, uv in other.corners.items()})

    def quad(self, points: Sequence[Vec], surface: Surface) -> None:
        """One four-cornered face, from its lower left corner counter-clockwise; pictures are mapped upright on it."""
        start = len(self.vertices)
        self.vertices.extend((p[0], p[1], p[2]) for p in points)
        self.corners[len(self.faces)] = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
        self.face(range(start, start + 4), surface)

    def rings(self, rings: Sequence[Array], surface: Surface, *, caps: bool = True, smooth: bool = True) -> None:
        """Skin closed rings (each (K, 3), same K) one after the other, with flat caps at both ends."""
        start, size = len(self.vertices), len(rings[0])
        for ring in rings:
            self.vertices.extend((float(x), float(y), float(z)) for x, y, z in ring)
        for r in range(len(rings) - 1):
            for k in range(size):
                n = (k + 1) % size
                a, b = start + r * size, start + (r + 1) * size
                self.face((a + k, a + n, b + n, b + k), surface, smooth)
        if caps:
            last = start + (len(rings) - 1) * size
            self.face([start + k for k in reversed(range(size))], surface)
            self.face([last + k for k in range(size)], surface)

    def box(self, centre: Vec, size: Vec, surface: Surface, bevel: float = 0.0) -> None:
        """A box, with chamfered edges when `bevel` > 0 (metres)."""
        cx, cy, cz = centre
        hx, hy, hz = (s / 2 for s in size)
        if bevel <= 0:
            levels = [(-hz, 0.0), (hz, 0.0)]
        else:
            levels = [(-hz, bevel), (-hz + bevel, 0.0), (hz - bevel, 0.0), (hz, bevel)]
        rings = []
        for z, inset in levels:
            x, y, b = hx - inset, hy - inset, bevel
            if bevel <= 0:
                outline = [(x, -y), (x, y), (-x, y), (-x, -y)]
            else:
                outline = [(x, -y + b), (x, y - b), (x - b, y), (-x + b, y), (-x, y - b), (-x, -y + b), (-x + b, -y)]
                outline.append((x - b, -y))
            rings.append(np.array([(cx + u, cy + v, cz + z) for u, v in outline]))
        self.rings(rings, surface, smooth=False)

    def tube(
        self, start: Vec, end: Vec, r0: float, r1: float, surface: Surface, sides: int = 10, *, smooth: bool = True
    ) -> None:
        """A cone or cylinder from `start` (radius `r0`) to `end` (radius `r1`), capped."""
        a, b = np.asarray(start, float), np.asarray(end, float)
        u, v = across(b - a)
        turn = np.linspace(0, 2 * math.pi, sides, endpoint=False)
        circle = np.cos(turn)[:, None] * u + np.sin(turn)[:, None] * v
        self.rings([a + r0 * circle, b + r1 * circle], surface, smooth=smooth)

    def limb(self, start: Vec, end: Vec, r0: float, r1: float, surface: Surface, sides: int = 10) -> None:
        """A tube with rounded ends: an arm, a leg, a handlebar."""
        a, b = np.asarray(start, float), np.asarray(end, float)
        axis = (b - a) / max(float(np.linalg.norm(b - a)), 1e-9)
        u, v = across(axis)
        turn = np.linspace(0, 2 * math.pi, sides, endpoint=False)
        circle = np.cos(turn)[:, None] * u + np.sin(turn)[:, None] * v
        rings = []
        for angle in (-80, -40, 0):
            s, c = math.sin(math.radians(angle)), math.cos(math.radians(angle))
            rings.append(a + axis * r0 * s + circle * r0 * c)
        for angle in (0, 40, 80):
            s, c = math.sin(math.radians(angle)), math.cos(math.radians(angle))
            rings.append(b + axis * r1 * s + circle * r1 * c)
        self.rings(rings, surface)

    def ball(self, centre: Vec, radii: Vec, surface: Surface, sides: int = 14, *, low: float = -88.0) -> None:
        """An ellipsoid; `low` (degrees of latitude) cuts it off below, for helmets and hair."""
        turn = np.linspace(0, 2 * math.pi, sides, endpoint=False)
        rings = []
        for latitude in np.linspace(low, 88.0, max(4, sides // 2 + 1)):
            s, c = math.sin(math.radians(latitude)), math.cos(math.radians(latitude))
            ring = np.stack([np.cos(turn) * c, np.sin(turn) * c, np.full(sides, s)], axis=1)
            rings.append(np.asarray(centre, float) + ring * np.asarray(radii, float))
        self.rings(rings, surface)


def across(axis: Array) -> tuple[Array, Array]:
    """Two unit vectors that stand square on `axis` and on each other, right-handed with it."""
    n = np.asarray(axis, float) / max(float(np.linalg.norm(axis)), 1e-9)
    helper = np.array([0.0, 0.0, 1.0]) if abs(n[2]) < 0.9 else np.array([1.0, 0.0, 0.0])
    u = np.cross(helper, n)
    u /= np.linalg.norm(u)
    return u, np.cross(n, u)


def spline(rows: Array, count: int) -> Array:
    """Catmull-Rom through `rows` (N, D), sampled at `count` even steps; ends are held."""
    padded = np.concatenate([2 * rows[:1] - rows[1:2], rows, 2 * rows[-1:] - rows[-2:-1]])
    at = np.linspace(0, len(rows) - 1, count)
    i = np.minimum(at.astype(int), len(rows) - 2)
    t = (at - i)[:, None]
    p0, p1, p2, p3 = padded[i], padded[i + 1], padded[i + 2], padded[i + 3]
    curve = 2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3
    return np.asarray(0.5 * curve, dtype=np.float64)


def place(x: float = 0.0, y: float = 0.0, z: float = 0.0, turn: float = 0.0, scale: float = 1.0) -> Array:
    """The 4x4 matrix that scales, turns about z (radians) and moves."""
    c, s = math.cos(turn) * scale, math.sin(turn) * scale
    return np.array([[c, -s, 0, x], [s, c, 0, y], [0, 0, scale, z], [0, 0, 0, 1]], dtype=np.float64)
