"""Motorbikes and bicycles with their riders, one mesh each; nose to +x, wheels on z = 0."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from sample_videos.studio.mesh import Mesh, Surface, place, spline
from sample_videos.studio.people import RIDE, Look, person
from sample_videos.studio.vehicles import CHROME, HEADLAMP, HEADLAMP_ON, RIM, TAILLAMP, TAILLAMP_ON, TRIM, TYRE, plate

SEAT = Surface("seat", (0.015, 0.014, 0.014), 0.7)


def wheel(mesh: Mesh, x: float, radius: float, width: float) -> None:
    """A tyre ring with a hub and spokes."""
    turn = np.linspace(0, 2 * math.pi, 22, endpoint=False)
    circle = np.stack([np.cos(turn), np.zeros(22), np.sin(turn)], axis=1)
    centre, w = np.array([x, 0.0, radius]), np.array([0.0, width / 2, 0.0])
    inner = radius - width * 1.1
    rings = [centre + circle * inner + w, centre + circle * (radius - 0.02) + w, centre + circle * radius]
    rings += [centre + circle * (radius - 0.02) - w, centre + circle * inner - w, centre + circle * inner + w]
    mesh.rings(rings, TYRE, caps=False)
    mesh.tube((x, -0.07, radius), (x, 0.07, radius), 0.05, 0.05, CHROME, 10)
    for k in range(8):
        a = 2 * math.pi * k / 8
        mesh.tube((x, 0, radius), (x + inner * math.cos(a), 0, radius + inner * math.sin(a)), 0.012, 0.012, RIM, 4)


def motorbike(paint: Surface, plate_name: str = "", rider: Look | None = None, pillion: Look | None = None, *,
              lit: bool = False, load: Surface | None = None) -> Mesh:  # fmt: skip
    """A step-through motorbike of the kind most Vietnamese ride, 1.9 m long; riders wear helmets, as the law asks.

    `load` puts a full rubbish bag of that surface on the footboard.
    """
    mesh = Mesh()
    wheel(mesh, -0.62, 0.29, 0.1)
    wheel(mesh, 0.62, 0.29, 0.085)
    spine = spline(
        np.array(
            [
                (-0.9, 0.72, 0.06, 0.05),
                (-0.7, 0.68, 0.13, 0.1),
                (-0.35, 0.6, 0.15, 0.17),
                (-0.05, 0.48, 0.12, 0.16),
                (0.12, 0.38, 0.1, 0.1),
                (0.3, 0.42, 0.1, 0.1),
                (0.42, 0.62, 0.09, 0.13),
            ]
        ),
        16,
    )
    turn = np.linspace(0, 2 * math.pi, 12, endpoint=False)
    mesh.rings([np.stack([np.full(12, x), np.cos(turn) * w, z + np.sin(turn) * h], axis=1) for x, z, w, h in spine], paint)
    shield = [(0.36, 0.32, 0.17), (0.42, 0.55, 0.21), (0.47, 0.8, 0.17), (0.5, 0.96, 0.1)]
    mesh.rings([np.array([(x, -w, z), (x + 0.07, 0, z), (x, w, z), (x - 0.05, 0, z)]) for x, z, w in shield], paint)
    mesh.rings(
        [
            np.stack([np.full(12, x), np.cos(turn) * w, z + np.sin(turn) * 0.06], axis=1)
            for x, z, w in ((-0.85, 0.8, 0.07), (-0.7, 0.8, 0.13), (-0.3, 0.77, 0.14), (0.02, 0.73, 0.08))
        ],
        SEAT,
    )
    for side in (-1.0, 1.0):
        mesh.tube((0.62, side * 0.07, 0.29), (0.47, side * 0.07, 0.8), 0.022, 0.025, CHROME, 8)
        mesh.limb((0.42, side * 0.08, 1.0), (0.3, side * 0.33, 1.03), 0.02, 0.022, TRIM, 8)
        mesh.limb((0.4, side * 0.2, 1.02), (0.4, side * 0.26, 1.2), 0.008, 0.008, TRIM, 6)
        mesh.ball((0.4, side * 0.28, 1.23), (0.015, 0.06, 0.045), TRIM, 8)
        mesh.limb((-0.2, side * 0.12, 0.28), (0.1, side * 0.17, 0.3), 0.02, 0.02, TRIM, 6)
    mesh.ball((0.5, 0, 0.99), (0.1, 0.13, 0.1), paint, 12)
    mesh.ball((0.57, 0, 0.98), (0.05, 0.085, 0.06), HEADLAMP_ON if lit else HEADLAMP, 10)
    mesh.ball((-0.9, 0, 0.7), (0.05, 0.1, 0.05), TAILLAMP_ON if lit else TAILLAMP, 10)
    mesh.box((0.62, 0, 0.6), (0.42, 0.1, 0.025), paint, 0.01)
    mesh.box((-0.78, 0, 0.6), (0.3, 0.12, 0.02), TRIM)
    mesh.limb((-0.1, -0.13, 0.26), (-0.75, -0.16, 0.36), 0.035, 0.05, CHROME, 10)
    mesh.box((-0.05, 0, 0.32), (0.34, 0.22, 0.24), TRIM, 0.04)
    plate(mesh, -0.96, 0.56, plate_name, (0.19, 0.14), -1.0)
    if load is not None:
        mesh.ball((0.2, 0.0, 0.56), (0.2, 0.25, 0.24), load, 12)
    if rider is not None:
        mesh.add(person(replace(rider, hat=rider.hat or "helmet"), replace(RIDE, seat=0.84)), place(-0.22))
    if pillion is not None:
        behind = replace(RIDE, seat=0.88, arm=(35.0, 35.0), elbow=(40.0, 40.0))
        mesh.add(person(replace(pillion, hat=pillion.hat or "helmet"), behind), place(-0.62))
    return mesh


def bicycle(paint: Surface, rider: Look | None = None) -> Mesh:
    """A plain town bicycle, 1.75 m long."""
    mesh = Mesh()
    wheel(mesh, -0.52, 0.33, 0.04)
    wheel(mesh, 0.55, 0.33, 0.04)
    for a, b in (
        ((-0.52, 0, 0.33), (-0.18, 0, 0.8)),
        ((-0.52, 0, 0.33), (-0.05, 0, 0.3)),
        ((-0.05, 0, 0.3), (-0.2, 0, 0.85)),
        ((-0.05, 0, 0.3), (0.4, 0, 0.82)),
        ((-0.17, 0, 0.72), (0.4, 0, 0.85)),
        ((0.55, 0, 0.33), (0.38, 0, 0.98)),
    ):
        mesh.tube(a, b, 0.02, 0.02, paint, 8)
    mesh.limb((0.38, -0.25, 1.0), (0.38, 0.25, 1.0), 0.016, 0.016, TRIM, 8)
    mesh.ball((-0.22, 0, 0.88), (0.14, 0.09, 0.04), SEAT, 10)
    if rider is not None:
        mesh.add(person(rider, replace(RIDE, seat=0.9, thigh=(70.0, 35.0), knee=(80.0, 40.0), lean=14.0)), place(-0.2))
    return mesh
