"""Cars, vans, buses and trucks, each one mesh. The origin lies on the ground under the middle, the nose points to +x."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sample_videos.studio.mesh import Array, Mesh, Surface, spline

GLASS = Surface("glass", (0.012, 0.015, 0.018), 0.06)
TYRE = Surface("tyre", (0.012, 0.012, 0.013), 0.85)
RIM = Surface("rim", (0.55, 0.56, 0.58), 0.3, 0.9)
TRIM = Surface("trim", (0.018, 0.018, 0.02), 0.5)
CHROME = Surface("chrome", (0.75, 0.75, 0.76), 0.2, 1.0)
HEADLAMP = Surface("headlamp", (0.86, 0.88, 0.9), 0.12)
TAILLAMP = Surface("taillamp", (0.42, 0.008, 0.01), 0.2)
HEADLAMP_ON = Surface("headlamp on", (1.0, 0.95, 0.8), 0.3, emit=14.0)
TAILLAMP_ON = Surface("taillamp on", (1.0, 0.03, 0.02), 0.3, emit=5.0)


@dataclass(frozen=True)
class Shape:
    """A car's outline in metres: length, width, belt and roof height, and where the glasshouse starts and ends.

    `base` and `roof` are (rear, front) x of the glasshouse at the belt and at the roof; `bonnet` and `boot` are the
    heights of the two ends' decks (a van's boot is as high as its belt).
    """

    length: float
    width: float
    belt: float
    height: float
    base: tuple[float, float]
    roof: tuple[float, float]
    bonnet: float
    boot: float
    wheel: float = 0.33
    axles: tuple[float, float] = (-1.32, 1.36)


SEDAN = Shape(4.5, 1.78, 0.94, 1.47, (-1.72, 1.12), (-0.98, 0.22), 0.84, 0.97)
HATCH = Shape(3.75, 1.66, 0.95, 1.5, (-1.78, 1.0), (-1.36, 0.2), 0.86, 0.93, axles=(-1.2, 1.2), wheel=0.3)
SUV = Shape(4.55, 1.86, 1.06, 1.7, (-2.12, 1.08), (-1.72, 0.28), 0.98, 1.02, 0.37, (-1.35, 1.38))
MPV = Shape(4.6, 1.8, 1.0, 1.74, (-2.2, 1.22), (-1.9, 0.42), 0.93, 0.98, 0.33, (-1.38, 1.4))
VAN = Shape(5.5, 1.98, 1.22, 2.35, (-2.7, 2.22), (-2.62, 1.45), 1.1, 1.2, 0.36, (-1.75, 1.75))


@dataclass(frozen=True)
class Plates:
    """Names of the plate pictures at the front and the rear, and their size in metres (width, height)."""

    front: str = ""
    rear: str = ""
    front_size: tuple[float, float] = (0.52, 0.11)
    rear_size: tuple[float, float] = (0.33, 0.165)


def wheels(mesh: Mesh, axles: tuple[float, ...], half: float, radius: float) -> None:
    """Tyres, rims and dark wheel arches on both sides."""
    for x in axles:
        for side in (-1.0, 1.0):
            y = side * half
            mesh.tube(
                (x, y - side * 0.3, radius + 0.02), (x, y + side * 0.014, radius + 0.02), *(radius * 1.2,) * 2, TRIM, 20
            )
            mesh.tube((x, y - side * 0.22, radius), (x, y + side * 0.02, radius), radius, radius, TYRE, 20)
            mesh.tube((x, y, radius), (x, y + side * 0.03, radius), radius * 0.66, radius * 0.6, RIM, 16)
            for k in range(5):
                a = 2 * math.pi * (k + 0.5) / 5
                at = (x + radius * 0.4 * math.cos(a), y + side * 0.028, radius + radius * 0.4 * math.sin(a))
                mesh.tube(at, (at[0], at[1] + side * 0.008, at[2]), radius * 0.13, radius * 0.13, TRIM, 6)


def _body(shape: Shape, paint: Surface) -> Mesh:
    """The shell below the windows: rings across the car, splined along and around."""
    half, ends = shape.width / 2, shape.length / 2
    b, bonnet, boot = shape.belt, shape.bonnet, shape.boot
    stations = np.array(
        [  # x, deck height, sill height, half width
            (-ends, boot - 0.3, 0.42, half * 0.84),
            (-ends + 0.07, boot - 0.06, 0.3, half * 0.93),
            (-ends + 0.3, boot, 0.25, half * 0.98),
            (shape.base[0] + 0.2, b, 0.22, half),
            (0.0, b, 0.2, half),
            (shape.base[1] - 0.1, b, 0.2, half),
            (shape.base[1] + (ends - shape.base[1]) * 0.5, (b + bonnet) / 2 - 0.01, 0.21, half * 0.985),
            (ends - 0.22, bonnet - 0.07, 0.25, half * 0.94),
            (ends - 0.06, bonnet - 0.17, 0.28, half * 0.86),
            (ends, bonnet - 0.32, 0.36, half * 0.76),
        ]
    )
    rings: list[Array] = []
    for x, deck, sill, w in spline(stations, 34):
        mid = sill + (deck - sill) * 0.55
        half_ring = np.array(
            [(0, deck + 0.035), (0.5 * w, deck + 0.025), (0.84 * w, deck - 0.015), (0.955 * w, deck - 0.1), (w, mid),
             (0.985 * w, sill + 0.16), (0.93 * w, sill + 0.03), (0.7 * w, sill), (0, sill)]
        )  # fmt: skip
        curve = spline(half_ring, 15)
        ring = np.concatenate([curve, (curve * (-1, 1))[-2:0:-1]])
        rings.append(np.column_stack([np.full(len(ring), x), ring[::-1]]))
    mesh = Mesh()
    mesh.rings(rings, paint)
    return mesh


def _outline(rear: float, front: float, half: float, z: float, round_: float) -> Array:
    """A rectangle with rounded corners at height z: 28 points, 7 a side, the first two of each belong to a corner."""
    r = round_
    front_y, side_x = np.linspace(-half + r, half - r, 6), np.linspace(front - r, rear + r, 6)
    k = r * (1 - math.sqrt(0.5))
    points = [(front, y) for y in front_y] + [(front - k, half - k)] + [(x, half) for x in side_x]
    points += [(rear + k, half - k)] + [(rear, y) for y in front_y[::-1]] + [(rear + k, -half + k)]
    points += [(x, -half) for x in side_x[::-1]] + [(front - k, -half + k)]
    return np.array([(x, y, z) for x, y in points])


def _glasshouse(shape: Shape, paint: Surface, pillars: Surface) -> Mesh:
    """Windows with painted pillars and roof, as levels of rounded rectangles."""
    (rear0, front0), (rear1, front1) = shape.base, shape.roof
    low, half = shape.belt - 0.02, shape.width / 2
    levels = [
        _outline(rear0, front0, half * 0.925, low, 0.1),
        _outline((rear0 + 3 * rear1) / 4, (front0 + 3 * front1) / 4, half * 0.83, low + (shape.height - low) * 0.72, 0.1),
        _outline(rear1, front1, half * 0.77, shape.height - 0.06, 0.12),
        _outline(rear1 + 0.12, front1 - 0.12, half * 0.7, shape.height - 0.005, 0.16),
        _outline(rear1 + 0.35, front1 - 0.35, half * 0.45, shape.height + 0.02, 0.16),
    ]
    mesh = Mesh()
    mesh.rings(levels, paint)
    size = len(levels[0])
    for index in range(2 * size):
        k = index % size
        corner = k in (5, 6, 12, 13, 19, 20, 26, 27)
        mesh.surfaces[index] = pillars if (corner or k in (9, 23)) else GLASS
        mesh.smooth[index] = not corner
    return mesh


def car(shape: Shape, paint: Surface, plates: Plates, *, lit: bool = False, taxi: Surface | None = None) -> Mesh:
    """A passenger car of the given shape; `taxi` names the surface of a roof sign."""
    mesh = _body(shape, paint)
    mesh.add(_glasshouse(shape, paint, TRIM if shape is not SEDAN else paint))
    half, ends = shape.width / 2, shape.length / 2
    wheels(mesh, shape.axles, half - 0.005, shape.wheel)
    _fittings(mesh, shape, paint, lit)
    if taxi is not None:
        mesh.box((-0.1, 0, shape.height + 0.1), (0.16, 0.6, 0.17), taxi, 0.03)
    plate(mesh, ends + 0.03, 0.47, plates.front, plates.front_size, 1.0)
    plate(mesh, -ends - 0.035, 0.78 if shape is not SEDAN else 0.72, plates.rear, plates.rear_size, -1.0)
    return mesh


def _fittings(mesh: Mesh, shape: Shape, paint: Surface, lit: bool) -> None:
    """Lamps, grille, bumpers, mirrors, door gaps and handles."""
    half, ends, bonnet = shape.width / 2, shape.length / 2, shape.bonnet
    head, tail = (HEADLAMP_ON, TAILLAMP_ON) if lit else (HEADLAMP, TAILLAMP)
    mesh.box((ends - 0.01, 0, bonnet - 0.25), (0.08, half * 0.95, 0.13), TRIM, 0.02)
    mesh.box((ends + 0.02, 0, bonnet - 0.2), (0.04, half * 0.9, 0.02), CHROME)
    mesh.box((ends - 0.03, 0, 0.36), (0.09, half * 1.3, 0.12), TRIM, 0.03)
    mesh.box((-ends + 0.02, 0, 0.4), (0.1, half * 1.5, 0.16), TRIM, 0.03)
    for side in (-1.0, 1.0):
        mesh.ball((ends - 0.13, side * half * 0.71, bonnet - 0.2), (0.17, 0.2, 0.085), head)
        mesh.ball((-ends + 0.09, side * half * 0.76, shape.boot - 0.16), (0.1, 0.19, 0.12), tail)
        mesh.ball((shape.base[1] - 0.22, side * (half + 0.09), shape.belt + 0.07), (0.09, 0.1, 0.075), paint, 10)
        for x in (shape.base[1] - 0.35, -0.12, shape.axles[0] + 0.32):
            mesh.box((x, side * (half - 0.002), shape.belt - 0.38), (0.012, 0.02, 0.34), TRIM)
        for x in (0.05, -0.95):
            mesh.box((x, side * (half - 0.025), shape.belt - 0.15), (0.16, 0.03, 0.03), CHROME)
        mesh.box((0.0, side * (half - 0.02), 0.24), (2 * shape.axles[1] - 0.8, 0.06, 0.08), TRIM, 0.02)


def plate(mesh: Mesh, x: float, z: float, name: str, size: tuple[float, float], way: float) -> None:
    """A plate that faces +x (`way` 1) or -x (-1), centred at height `z`; none where `name` is empty."""
    if not name:
        return
    w, h = size[0] / 2, size[1] / 2
    surface = Surface(f"plate {name}", (0.9, 0.9, 0.9), 0.45, picture=name)
    mesh.quad([(x, -way * w, z - h), (x, way * w, z - h), (x, way * w, z + h), (x, -way * w, z + h)], surface)


def bus(paint: Surface, stripe: Surface, plates: Plates, display: str = "", *, lit: bool = False) -> Mesh:
    """A city bus, 10.8 x 2.5 x 3.15 m, doors on the right as in Vietnam."""
    mesh = Mesh()
    length, half, top = 10.8, 1.25, 3.15
    rings = []
    for x, w, z0, z1 in ((-5.4, 1.12, 0.55, 2.95), (-5.32, 1.22, 0.4, 3.1), (-5.0, half, 0.34, top), (4.9, half, 0.34, top),
                         (5.28, 1.22, 0.36, 3.08), (5.4, 1.1, 0.45, 2.9)):  # fmt: skip
        r = 0.16
        ring = [(w, z0), (w, z1 - r), (w - r * 0.3, z1 - r * 0.3), (w - r, z1), (-w + r, z1), (-w + r * 0.3, z1 - r * 0.3)]
        rings.append(np.array([(x, y, z) for y, z in [*ring, (-w, z1 - r), (-w, z0)]]))
    mesh.rings(rings, paint, smooth=False)
    for side in (-1.0, 1.0):
        mesh.box((-0.2, side * half, 2.12), (9.6, 0.03, 0.98), GLASS)
        for x in np.linspace(-4.6, 4.2, 7):
            mesh.box((float(x), side * (half + 0.012), 2.12), (0.07, 0.02, 1.0), TRIM)
        mesh.box((0, side * half, 1.05), (10.2, 0.03, 0.34), stripe)
        mesh.box((5.3, side * 1.38, 2.35), (0.16, 0.18, 0.42), TRIM, 0.03)
    for x in (3.9, -0.9):
        mesh.box((x, -half - 0.01, 1.55), (1.2, 0.04, 2.1), GLASS)
        mesh.box((x, -half - 0.02, 1.55), (0.05, 0.05, 2.1), TRIM)
    mesh.box((5.38, 0, 1.95), (0.08, 2.15, 1.25), GLASS, 0.02)
    mesh.box((-5.4, 0, 2.2), (0.06, 1.9, 0.8), GLASS, 0.02)
    mesh.box((5.38, 0, 2.76), (0.08, 1.9, 0.26), TRIM, 0.02)
    if display:
        sign = Surface(f"display {display}", (0.9, 0.5, 0.1), 0.5, emit=0.8, picture=display)
        mesh.quad([(5.43, -0.8, 2.66), (5.43, 0.8, 2.66), (5.43, 0.8, 2.86), (5.43, -0.8, 2.86)], sign)
    mesh.box((0.5, 0, top + 0.09), (3.4, 1.5, 0.2), paint, 0.06)
    for side in (-1.0, 1.0):
        mesh.ball((5.34, side * 0.85, 0.8), (0.1, 0.22, 0.11), HEADLAMP_ON if lit else HEADLAMP)
        mesh.box((-5.4, side * 0.95, 1.0), (0.06, 0.2, 0.5), TAILLAMP_ON if lit else TAILLAMP, 0.02)
    wheels(mesh, (-3.0, 3.0), half, 0.48)
    plate(mesh, length / 2 + 0.03, 0.62, plates.front, plates.front_size, 1.0)
    plate(mesh, -length / 2 - 0.03, 0.72, plates.rear, plates.rear_size, -1.0)
    return mesh


def truck(paint: Surface, cargo: Surface, plates: Plates, *, lit: bool = False) -> Mesh:
    """A light lorry with a closed box, 6.2 x 2.0 x 2.9 m."""
    mesh = Mesh()
    cab = Shape(1.9, 1.86, 1.3, 2.15, (-0.8, 0.82), (-0.76, 0.5), 1.2, 1.25)
    for part in (_body(cab, paint), _glasshouse(cab, paint, paint)):
        mesh.add(part, np.array([[1, 0, 0, 2.15], [0, 1, 0, 0], [0, 0, 1, 0.12], [0, 0, 0, 1]], dtype=np.float64))
    mesh.box((-0.95, 0, 1.9), (4.3, 2.0, 2.0), cargo, 0.03)
    for x in np.linspace(-2.9, 1.0, 14):
        for side in (-1.0, 1.0):
            mesh.box((float(x), side * 1.005, 1.9), (0.05, 0.02, 1.86), cargo)
    mesh.box((-0.8, 0, 0.72), (4.6, 0.9, 0.25), TRIM)
    wheels(mesh, (-1.95, 2.1), 0.96, 0.4)
    for side in (-1.0, 1.0):
        mesh.ball((3.06, side * 0.66, 0.85), (0.06, 0.17, 0.11), HEADLAMP_ON if lit else HEADLAMP)
        mesh.box((-3.12, side * 0.75, 0.8), (0.05, 0.3, 0.14), TAILLAMP_ON if lit else TAILLAMP)
        mesh.box((3.0, side * 1.08, 1.75), (0.1, 0.16, 0.3), TRIM, 0.03)
    mesh.box((3.08, 0, 0.6), (0.12, 1.7, 0.22), TRIM, 0.03)
    plate(mesh, 3.16, 0.62, plates.front, plates.front_size, 1.0)
    plate(mesh, -3.13, 0.62, plates.rear, plates.rear_size, -1.0)
    return mesh
