"""Fine-tune the fire detector on scenes that `models.training.fire_scenes` draws, and export it.

    python -m models.training.fire train COCO.pt DATA WORK CHECKPOINT.pt --minutes 14
    python -m models.training.fire blend FIRST.pt SECOND.pt CHECKPOINT.pt --share 0.6
    python -m models.training.fire export CHECKPOINT.pt models/weights/fire.onnx --data DATA
    python -m models.training.fire held-back DATA WORK

The last writes what is held back as folders for `ioc models eval fire`: WORK/burning, labelled, and WORK/glare without fire.
Training itself is that of the street detector: one thread, bfloat16 in channels-last order.
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Iterator
from pathlib import Path
from shutil import copy

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import IterableDataset, get_worker_info
from ultralytics import YOLO
from ultralytics.nn.tasks import DetectionModel

from models.training.common import sha256
from models.training.fire_pictures import LABELS, TEST_GLARE, labelled_files, load_labelled, load_negatives, training_list
from models.training.fire_scenes import FireScenes
from models.training.street import BATCH, Plan, collate, train
from models.training.street_crops import Sides, Window, window
from models.training.street_model import blend, export_onnx, save_checkpoint

SHAPE = (320, 224)
"""A window: most of a wide picture as the product looks at it, at 416 pixels."""
SIDES: Sides = ((380, 470, 0.55), (300, 380, 0.2), (470, 760, 0.25))
FROZEN = 3
"""First layers that keep COCO's weights: edges and colours are the same, and a step costs a third less."""
AGAIN = 0.5
"""How often a window that missed its scene's fire is drawn a second time."""
RARE = 0.01
"""Score that the new classes start with everywhere."""


def fire_model(weights: Path) -> DetectionModel:
    """YOLO11n with a fresh last layer of two classes; a checkpoint of the fire detector is returned as it is."""
    model: DetectionModel = YOLO(str(weights)).model.float()
    head = model.model[-1]
    if tuple(model.names.values()) != LABELS:
        for branch in head.cv3:
            new = nn.Conv2d(branch[-1].in_channels, len(LABELS), 1)
            nn.init.normal_(new.weight, std=0.01)
            nn.init.constant_(new.bias, math.log(RARE / (1 - RARE)))
            branch[-1] = new
        head.nc = len(LABELS)
        head.no = head.nc + 4 * head.reg_max
        model.names = dict(enumerate(LABELS))
        model.nc = model.yaml["nc"] = len(LABELS)
    model.requires_grad_(True)
    for layer in model.model[:FROZEN]:
        layer.requires_grad_(False)
    return model


class FireWindows(IterableDataset[dict[str, Tensor]]):
    """An endless, seeded stream of batches."""

    def __init__(self, scenes: FireScenes, seed: int) -> None:
        self._scenes, self._seed = scenes, seed

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        worker = get_worker_info()
        rng = np.random.default_rng([self._seed, worker.id if worker else 0])
        while True:
            yield collate([draw_window(self._scenes, rng) for _ in range(BATCH)])


def draw_window(scenes: FireScenes, rng: np.random.Generator) -> Window:
    """A window of a scene, drawn again by chance where it missed all that burns in it."""
    scene = scenes.draw(rng)
    drawn = window(scene, rng, SHAPE, SIDES)
    if len(scene.boxes) and not len(drawn.boxes) and rng.random() < AGAIN:
        return window(scene, rng, SHAPE, SIDES)
    return drawn


def load_scenes(data: Path, work: Path) -> FireScenes:
    """Everything that windows are drawn from."""
    labelled = [source for _, source in load_labelled(data)]
    streets = [source for _, source in load_negatives(data)]
    return FireScenes(np.load(work / "plumes.npz")["plumes"], labelled, streets)


def write_held_back(data: Path, work: Path) -> None:
    """Copy the held-back pictures and their labels below `work`."""
    for part in ("burning/images", "burning/labels", "glare/images"):
        (work / part).mkdir(parents=True, exist_ok=True)
    (work / "burning/data.yaml").write_text(f"names: [{', '.join(LABELS)}]\n")
    for path in labelled_files(data, held_back=True):
        copy(path, work / "burning/images")
        copy(path.parent.parent / "labels" / f"{path.stem}.txt", work / "burning/labels")
    for path in sorted((data / "fire/dfire_negatives/images").iterdir()):
        if path.stem in TEST_GLARE:
            copy(path, work / "glare/images")


def main() -> None:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ways = parser.add_subparsers(dest="way", required=True)
    learn = ways.add_parser("train")
    learn.add_argument("start", type=Path, help="COCO weights, or a checkpoint to go on from")
    learn.add_argument("data", type=Path)
    learn.add_argument("work", type=Path, help="folder with plumes.npz")
    learn.add_argument("target", type=Path)
    learn.add_argument("--steps", type=int, default=100_000)
    learn.add_argument("--minutes", type=float, default=math.inf, help="a cap, for a busy machine")
    learn.add_argument("--rate", type=float, default=1e-3)
    learn.add_argument("--seed", type=int, default=1)
    give = ways.add_parser("export")
    give.add_argument("checkpoint", type=Path)
    give.add_argument("target", type=Path)
    give.add_argument("--data", type=Path, required=True)
    give.add_argument("--lower", type=float, default=0.0, help="logits to take off the scores")
    keep = ways.add_parser("held-back")
    keep.add_argument("data", type=Path)
    keep.add_argument("work", type=Path)
    mix = ways.add_parser("blend")
    mix.add_argument("first", type=Path)
    mix.add_argument("second", type=Path)
    mix.add_argument("target", type=Path)
    mix.add_argument("--share", type=float, default=0.6, help="how far the blend is from the first, 0..1")
    options = parser.parse_args()
    if options.way == "blend":
        save_checkpoint(blend(fire_model(options.first), fire_model(options.second), options.share), options.target)
        return
    if options.way == "held-back":
        write_held_back(options.data, options.work)
        return
    if options.way == "export":
        export_onnx(options.checkpoint, options.target, lower=options.lower)
        listed = options.target.parent.parent / "cards" / f"{options.target.stem}.training.txt"
        listed.parent.mkdir(parents=True, exist_ok=True)
        listed.write_text("".join(f"{digest}\n" for digest in training_list(options.data)))
        print(f"{options.target} sha256 {sha256(options.target)}, {options.target.stat().st_size} bytes")
        return
    random.seed(options.seed)
    torch.manual_seed(options.seed)
    torch.set_num_threads(1)
    plan = Plan(steps=options.steps, minutes=options.minutes, rate=options.rate, seed=options.seed)
    windows = FireWindows(load_scenes(options.data, options.work), options.seed)
    train(fire_model(options.start), windows, options.target, plan)


if __name__ == "__main__":
    main()
