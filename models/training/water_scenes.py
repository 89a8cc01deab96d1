"""Renders streets that are dry, wet and flooded, by day and by night, with the studio of the sample clips.

    python -m models.training.water_scenes OUT_FOLDER --streets 30 --seed 7

Needs the extra ``studio``. Streets, cameras and light are drawn by the seed; none is a sample clip's. Every street gives
``NAME.png`` and ``NAME.mask.png`` pictures: 0 no flood water, 255 flood water, 128 not judged (a depth between puddle and
flood). The name ends in dry, wet or flood.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import cv2
import numpy as np

from sample_videos.studio import effects, flooding, street
from sample_videos.studio.blender import Studio
from sample_videos.studio.compose import permanent
from sample_videos.studio.mesh import Mesh, Surface, place
from sample_videos.studio.pictures import Picture
from sample_videos.studio.stage import Camera, Lamp, Light, Placed, Stage

PUDDLE_M, FLOOD_M = 0.025, 0.045
"""Depth in the gutters up to which water is a puddle, and from which it is a flood; between them nothing is judged."""


def draw_stage(rng: random.Random) -> tuple[Stage, float, bool]:
    """A random street, its half width in metres, and whether it is night."""
    half, night = rng.uniform(3.2, 7.0), rng.random() < 0.45
    height = rng.uniform(4.0, 8.0)
    camera = Camera(
        (rng.uniform(-4, 9), rng.choice((-1, 1)) * rng.uniform(0, half + 2.5), height),
        (rng.uniform(-24, -9), rng.uniform(-2, 2), rng.uniform(-0.5, 1.5)),
        rng.uniform(22, 36),
        480,
        320,
    )
    grey = rng.uniform(0.35, 0.7)
    day = Light(
        elevation=rng.uniform(15, 70),
        bearing=rng.uniform(0, 360),
        sun=rng.choice((0.0, 0.0, 0.5, 2.5)),
        sky=rng.uniform(0.6, 1.1),
        zenith=(grey * 0.9, grey * 0.97, grey * 1.08),
        horizon=(grey * 1.15,) * 3,
        exposure=rng.uniform(-0.3, 0.5),
    )
    dark = Light(sun=0.0, sky=0.05, zenith=(0.05, 0.08, 0.2), horizon=(0.2, 0.17, 0.16), exposure=rng.uniform(0.6, 1.4))
    stage = Stage(name="training", title="", camera=camera, light=dark if night else day, samples=8)
    out = street.Set(stage.still, stage.occluders, stage.pictures)
    pave = rng.uniform(2.5, 5)
    street.roadway(out, half, pave, lanes=2 if half > 5 else 1, two_way=rng.random() < 0.7)
    seed = rng.randrange(1000, 9000)
    street.row(out, seed, -75.0, 40.0, half + pave + 0.2, -1.0, lit=night)
    street.row(out, seed + 1, -75.0, rng.uniform(-30, -10), -half - pave - 0.2, 1.0, lit=night)
    if rng.random() < 0.4:
        street.crossing(out, rng.uniform(-20, -6), half)
    for k in range(rng.randrange(5)):
        tall = rng.uniform(4, 7)
        out.put(
            street.tree(random.Random(seed + k), tall, tall * 0.4),
            place(rng.uniform(-45, -8), half + 1.1, 0.1),
            occludes=True,
        )
    for x in (-40.0, -22.0, -6.0):
        out.put(street.lamp_post(lit=night), place(x, half + 0.6, 0.1), occludes=True)
        if night:
            colour = rng.choice(((1.0, 0.72, 0.4), (0.8, 0.9, 1.0)))
            stage.lamps.append(Lamp((x, half - 1.9, 7.1), rng.uniform(500, 1200), colour, radius=0.3))
    return stage, half, night


def water(rng: random.Random, half: float) -> Mesh:
    """A water surface from kerb to kerb: brown to grey, still to rough."""
    tone = rng.uniform(0.02, 0.22)
    colour = (tone, tone * rng.uniform(0.68, 1.0), tone * rng.uniform(0.4, 0.95))
    surface = Surface("water", colour, rng.uniform(0.03, 0.2))
    mesh, reach = Mesh(), 90.0
    mesh.quad([(-reach, -half, 0.06), (reach, -half, 0.06), (reach, half, 0.06), (-reach, half, 0.06)], surface)
    return mesh


def truth(flood: flooding.Flood, level: float) -> Picture:
    """The mask of the module's text for water up to ``level`` metres above the gutters."""
    under = flood.cover(level) > 0.5
    value = 0 if level <= PUDDLE_M else 255 if level >= FLOOD_M else 128
    return np.where(under, value, 0).astype(np.uint8)


def pictures(rng: random.Random, number: int) -> dict[str, tuple[Picture, Picture]]:
    """Name -> (picture, mask) of one street in all its states."""
    stage, half, night = draw_stage(rng)
    studio = Studio(stage, threads=1)
    studio.show(permanent(stage))
    dry = studio.render(None, stage.samples)
    studio.show({**permanent(stage), 200: Placed(water(rng, half), place())})
    mirror = studio.render(None, stage.samples)
    flood = flooding.Flood(stage, half, rng.uniform(0.04, 0.12))
    nothing: Picture = np.zeros(dry.shape[:2], np.uint8)

    def finish(image: Picture, t: float) -> Picture:
        return effects.rain(image, t, rng.randrange(40, 400), rng.uniform(8, 30)) if rng.random() < 0.6 else image

    def sheen(t: float) -> Picture:
        damp = flood.sheen(dry, mirror, dry, t)
        share = rng.uniform(0.3, 1.0)
        return np.asarray(cv2.addWeighted(damp, share, dry, 1 - share, 0), np.uint8)

    name = f"{number:03d}-{'night' if night else 'day'}"
    found = {f"{name}-0-dry": (finish(dry, 0.0), nothing), f"{name}-1-wet": (finish(sheen(1.0), 1.0), nothing)}
    for k in (2, 3):
        level, t = rng.uniform(0.005, PUDDLE_M), float(k)
        found[f"{name}-{k}-wet"] = finish(flood.paint(sheen(t), mirror, dry, level, t), t), truth(flood, level)
    for k in range(4, 9):
        level, t = rng.uniform(0.03, 0.2), rng.uniform(0, 60)
        base = sheen(t) if rng.random() < 0.6 else dry
        found[f"{name}-{k}-flood"] = finish(flood.paint(base, mirror, dry, level, t), t), truth(flood, level)
    return found


def main() -> None:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--streets", type=int, default=30)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for number in range(options.streets):
        for name, (image, mask) in pictures(random.Random(options.seed * 1000 + number), number).items():
            cv2.imwrite(str(options.out / f"{name}.png"), image)
            cv2.imwrite(str(options.out / f"{name}.mask.png"), mask)
        print(f"street {number + 1} of {options.streets}", flush=True)


if __name__ == "__main__":
    main()
