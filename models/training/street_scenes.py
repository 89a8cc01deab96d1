"""Rendered streets with exact labels: dense traffic, riders, walkers and parked motorcycles from cameras of many kinds.

    python -m models.training.street_scenes WORK --streets 12 --seed 12

Needs the extra ``studio``. Writes WORK/frames and WORK/labels in the form of `models.training.street_labels`. Streets,
cameras, light and traffic are drawn by the seed; none is a sample clip's.
"""

from __future__ import annotations

import argparse
import json
import math
import random
from pathlib import Path

import cv2

from models.training.street_traffic import Labels, Traffic, labels
from sample_videos.studio import street
from sample_videos.studio.blender import Studio
from sample_videos.studio.mesh import place
from sample_videos.studio.pictures import Picture
from sample_videos.studio.stage import Camera, Lamp, Light, Stage

SIZE = (768, 432)
SAMPLES = 4
MOST = 240
"""Objects of a picture; their numbers must fit the mask's byte."""


def light(rng: random.Random, night: bool) -> Light:
    """Sun or overcast sky by day, lamps and a faint sky by night."""
    if night:
        return Light(sun=0.0, sky=0.08, zenith=(0.05, 0.08, 0.2), horizon=(0.2, 0.17, 0.16), exposure=rng.uniform(0.6, 1.4))
    grey = rng.uniform(0.4, 0.75)
    return Light(
        elevation=rng.uniform(15, 75),
        bearing=rng.uniform(0, 360),
        sun=rng.choice((0.0, 0.5, 2.0, 3.5)),
        sky=rng.uniform(0.6, 1.1),
        zenith=(grey * 0.9, grey * 0.97, grey * 1.08),
        horizon=(grey * 1.15,) * 3,
        exposure=rng.uniform(0.5, 1.9),
    )


def camera(rng: random.Random, half: float, pave: float) -> Camera:
    """A camera on a pole or a house looking down the street, mostly wide, at times through a long lens."""
    height = rng.uniform(3.0, 11.0)
    lens = rng.choice((rng.uniform(18, 30), rng.uniform(24, 45), rng.uniform(40, 80)))
    way = rng.choice((-1, 1))
    ahead = rng.uniform(8, 16) * (lens / 24) ** 0.8
    y = rng.uniform(-1, 1) * (half + pave - 0.8)
    return Camera((0.0, y, height), (way * ahead, rng.uniform(-0.5, 0.5) * half, rng.uniform(0, 1.6)), lens, *SIZE)


def stage(rng: random.Random) -> tuple[Stage, float, float, bool]:
    """An empty street, half its width, its pavements' width, and whether it is night."""
    half, pave, night = rng.uniform(4.0, 9.0), rng.uniform(2.6, 6.0), rng.random() < 0.15
    made = Stage(name="training", title="", camera=camera(rng, half, pave), light=light(rng, night), samples=SAMPLES)
    out = street.Set(made.still, made.occluders, made.pictures)
    street.roadway(out, half, pave, lanes=2 if half > 6 else 1, two_way=rng.random() < 0.7)
    seed = rng.randrange(10_000, 90_000)
    street.row(out, seed, -80.0, 80.0, half + pave + 0.2, -1.0, lit=night)
    if rng.random() < 0.8:
        street.row(out, seed + 1, -80.0, 80.0, -half - pave - 0.2, 1.0, lit=night)
    for x in (rng.uniform(-25, -6), rng.uniform(6, 25)):
        if rng.random() < 0.6:
            street.crossing(out, x, half)
    trees = [street.tree(random.Random(seed + k), rng.uniform(4, 7), rng.uniform(1.6, 2.8)) for k in range(2)]
    for _ in range(rng.randrange(9)):
        side = rng.choice((-1, 1))
        x = rng.choice((-1, 1)) * rng.uniform(7, 60)
        out.put(rng.choice(trees), place(x, side * (half + 1.0), 0.1, rng.uniform(0, 6)))
    post = street.lamp_post(lit=night)
    for x in (-52.0, -30.0, -10.0, 12.0, 34.0):
        out.put(post, place(x, half + 0.6, 0.1))
        if night:
            colour = rng.choice(((1.0, 0.72, 0.4), (0.8, 0.9, 1.0)))
            made.lamps.append(Lamp((x, half - 1.9, 7.1), rng.uniform(500, 1200), colour, radius=0.3))
    return made, half, pave, night


def pictures(rng: random.Random, moments: int) -> list[tuple[Picture, Labels]]:
    """Pictures of one street with their labels, each with its own traffic and camera."""
    made, half, pave, night = stage(rng)
    studio = Studio(made, threads=1)
    found, first = [], 1
    for _ in range(moments):
        made.camera = camera(rng, half, pave)
        traffic = Traffic(rng, half, pave, night)
        ahead = math.copysign(1, made.camera.target[0])
        reach = 25 + 1.2 * abs(made.camera.target[0])
        traffic.fill(*sorted((ahead * 1.0, ahead * min(reach, 75))))
        items = traffic.items[:MOST]
        studio.show({first + k: state for k, (_, state) in enumerate(items)})  # new numbers: Blender keeps old ones
        image = studio.view(made.camera, SAMPLES)
        placed = {1 + k: state for k, (_, state) in enumerate(items)}
        found.append((image, labels(made, placed, {1 + k: kind for k, (kind, _) in enumerate(items)})))
        first += len(items)
    return found


def main() -> None:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("--streets", type=int, default=12)
    parser.add_argument("--moments", type=int, default=6, help="pictures of a street")
    parser.add_argument("--seed", type=int, default=12)
    options = parser.parse_args()
    for folder in ("frames", "labels"):
        (options.work / folder).mkdir(parents=True, exist_ok=True)
    for number in range(options.streets):
        for k, (image, rows) in enumerate(pictures(random.Random(options.seed * 1000 + number), options.moments)):
            name = f"rendered-{options.seed}-{number:03d}-{k}"
            cv2.imwrite(str(options.work / "frames" / f"{name}.jpg"), image, [cv2.IMWRITE_JPEG_QUALITY, 95])
            record = {"file": f"rendered/{name}", "second": None} | rows
            (options.work / "labels" / f"{name}.json").write_text(json.dumps(record))
        print(f"street {number + 1} of {options.streets}", flush=True)


if __name__ == "__main__":
    main()
