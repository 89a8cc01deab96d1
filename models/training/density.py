"""Trains the density network on made crowds, marked heads and streets without anybody.

    python -m models.training.density DATA/weights/yolo11n_coco.pt DATA WORK/set WORK/cuts WORK/density.pt --minutes 40

A checkpoint (the running mean of the weights) is written every two minutes, so that a stop loses nothing; ``--start``
goes on from one. Validation, on pictures that are not trained on, is printed beside.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch

from models.training.common import Image, read_image
from models.training.density_crowds import Crowds
from models.training.density_net import STRIDE, DensityNet, from_coco, loss_of
from models.training.density_people import load_people
from models.training.density_pictures import Example, Heads, load_marked, load_taught
from models.training.water_paint import spoil

SIZE = (384, 320)
"""(width, height) of training pictures, in pixels."""
BATCH = 8
SHARES = {"made": 0.52, "marked": 0.2, "taught": 0.12, "decoys": 0.08, "empty": 0.08}
"""How often each kind of picture is drawn."""
AGAIN = 4
"""A made crowd is shown so many times, each time mirrored, lit and spoilt in another way."""
Sample = tuple[Image, Heads, npt.NDArray[np.float32]]
"""Picture, heads, places that nobody can tell of."""


def cut(example: Example, rng: np.random.Generator, *, closest: float = 1.6) -> Sample:
    """A random part of a picture at a random scale, in :data:`SIZE`."""
    width, height = SIZE
    tall, wide = example.image.shape[:2]
    # From the whole picture to a part that is shown larger than it is.
    least = max(width / wide, height / tall)
    zoom = least * float(np.exp(rng.uniform(0, np.log(max(1.01, closest / least)))))
    x, y = rng.uniform(0, max(0.0, wide * zoom - width)), rng.uniform(0, max(0.0, tall * zoom - height))
    x1, y1 = int(x / zoom), int(y / zoom)
    x2, y2 = min(wide, int((x + width) / zoom) + 1), min(tall, int((y + height) / zoom) + 1)
    how = cv2.INTER_AREA if zoom < 1 else cv2.INTER_LINEAR
    image = np.asarray(cv2.resize(example.image[y1:y2, x1:x2], SIZE, interpolation=how), np.uint8)
    fx, fy = width / (x2 - x1), height / (y2 - y1)
    heads = (example.heads - (x1, y1, 0)) * (fx, fy, fy)
    inside = (heads[:, 0] >= 0) & (heads[:, 0] < width) & (heads[:, 1] >= 0) & (heads[:, 1] < height) & (heads[:, 2] >= 2.5)
    unknown = (example.unknown - (x1, y1, x1, y1)) * (fx, fy, fx, fy)
    return image, heads[inside].astype(np.float32), unknown.astype(np.float32)


class Pictures:
    """An endless source of training pictures."""

    def __init__(self, data: Path, teacher: Path, cuts: Path, seed: int, *, validation: bool = False) -> None:
        self.rng = np.random.default_rng(seed)
        taught = load_taught(teacher)
        self.marked = load_marked(data, teacher, validation=validation)
        self.taught = [example for example in taught if len(example.heads)]
        self.empty = [example for example in taught if not len(example.heads) and not len(example.unknown)]
        self.crowds = Crowds(load_people(cuts, validation=validation), self.rng, SIZE)
        self._kept: list[Sample] = []

    def one(self) -> Sample:
        """One picture."""
        rng = self.rng
        kind = str(rng.choice(list(SHARES), p=list(SHARES.values())))
        if kind == "made":
            image, heads, unknown = self._made()
        elif kind in ("marked", "taught"):
            of = self.marked if kind == "marked" else self.taught
            # Many heads teach more than few.
            odds = np.array([len(example.heads) + 4.0 for example in of])
            image, heads, unknown = cut(of[int(rng.choice(len(of), p=odds / odds.sum()))], rng)
        else:
            image, heads, unknown = self._background()
            image = self.crowds.decoys(image) if kind == "decoys" else image
        if rng.random() < 0.5:
            image = np.ascontiguousarray(image[:, ::-1])
            heads, unknown = heads.copy(), unknown.copy()
            heads[:, 0] = SIZE[0] - 1 - heads[:, 0]
            unknown[:, [0, 2]] = SIZE[0] - 1 - unknown[:, [2, 0]]
        return spoil(image, rng), heads, unknown

    def _background(self) -> Sample:
        return cut(self.empty[int(self.rng.integers(len(self.empty)))], self.rng, closest=2.0)

    def _made(self) -> Sample:
        if not self._kept:
            ground = self._background()[0]
            image, heads = self.crowds.made(ground)
            self._kept = [(image, heads, np.zeros((0, 4), np.float32))] * AGAIN
        return self._kept.pop()

    def batch(self, size: int) -> tuple[torch.Tensor, list[torch.Tensor], torch.Tensor]:
        """Pictures (N, 3, H, W), heads of each, and which cells are known (N, H/8, W/8)."""
        images, heads, known = [], [], torch.ones(size, SIZE[1] // STRIDE, SIZE[0] // STRIDE)
        for number in range(size):
            image, marks, unknown = self.one()
            images.append(image)
            heads.append(torch.from_numpy(marks))
            for x1, y1, x2, y2 in np.maximum(unknown, 0) / STRIDE:
                known[number, int(y1) : int(y2) + 1, int(x1) : int(x2) + 1] = 0
        return _tensor(images), heads, known


def _tensor(images: list[Image]) -> torch.Tensor:
    x = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).flip(1).float() / 255
    return x.contiguous(memory_format=torch.channels_last)


class Validation:
    """Counts on marked pictures at 640 and 416 pixels, on made crowds, and on places where nobody is."""

    def __init__(self, data: Path, teacher: Path, cuts: Path) -> None:
        pictures = Pictures(data, teacher, cuts, 99, validation=True)
        self.marked = [
            (np.asarray(cv2.resize(e.image, (w, w * 3 // 4), interpolation=cv2.INTER_AREA), np.uint8), len(e.heads))
            for w in (640, 384) for e in pictures.marked
        ]  # fmt: skip
        self.made = []
        for _ in range(48):
            image, heads, _unknown = pictures._made()
            self.made.append((spoil(image, pictures.rng), len(heads)))
        files = (
            sorted(data.glob("parking/pklot_backgrounds/*.jpg"))[::5] + sorted(data.glob("plates/openalpr_br/images/*"))[::4]
        )
        self.empty = [
            np.asarray(cv2.resize(read_image(file), (512, 384), interpolation=cv2.INTER_AREA), np.uint8) for file in files
        ]

    @torch.no_grad()
    def look(self, net: DensityNet) -> dict[str, Any]:
        """Mean errors."""
        net.eval()

        def count(image: Image) -> float:
            with torch.autocast("cpu", torch.bfloat16):
                return float(net(_tensor([image])).sum())

        marked = [(count(image), true) for image, true in self.marked]
        made = [(count(image), true) for image, true in self.made]
        dense = [(said - true) / true for said, true in made if true >= 20]
        few = [abs(said - true) for said, true in made if true < 20]
        return {
            "marked": [f"{said:.1f}/{true}" for said, true in marked],
            "marked_off": round(float(np.mean([abs(said - true) / true for said, true in marked])), 3),
            "dense_off": round(float(np.mean(np.abs(dense))), 3),
            "dense_bias": round(float(np.mean(dense)), 3),
            "few_off": round(float(np.mean(few)), 2),
            "empty": round(float(np.mean([count(image) for image in self.empty])), 3),
        }


def train(options: argparse.Namespace) -> None:
    """Run the training that the command line asks for."""
    torch.manual_seed(options.seed)
    cv2.setNumThreads(1)
    torch.set_num_threads(options.threads)
    net = from_coco(options.coco)
    if options.start is not None:
        net.load_state_dict(torch.load(options.start, weights_only=True))
    net = net.to(memory_format=torch.channels_last)
    pictures = Pictures(options.data, options.teacher, options.cuts, options.seed)
    validation = Validation(options.data, options.teacher, options.cuts)
    started = time.monotonic()
    mean = torch.optim.swa_utils.AveragedModel(net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.98))
    body = [p for p in net.layers.parameters() if p.requires_grad]
    head = [p for name, p in net.named_parameters() if not name.startswith("layers.")]
    groups = [{"params": body, "scale": 0.2}, {"params": head, "scale": 1.0}]
    optimiser = torch.optim.AdamW(groups, lr=options.rate, weight_decay=0.02)
    losses: list[float] = []
    looked = True
    step, told, thrown = 0, 0.0, 0
    while (gone := (time.monotonic() - started) / 60) < options.minutes:
        # Warm up over 40 steps, then fall with the clock to a hundredth.
        pace = min(1.0, (step + 1) / 40) * (0.01 + 0.99 * 0.5 * (1 + np.cos(np.pi * gone / options.minutes)))
        for group in optimiser.param_groups:
            group["lr"] = options.rate * group["scale"] * pace
        x, heads, known = pictures.batch(BATCH)
        net.train()
        with torch.autocast("cpu", torch.bfloat16):
            cells = net(x)
        loss = loss_of(cells, heads, known)
        optimiser.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        if not norm < 1e4:  # garbage, not a number included
            thrown += 1
            continue
        optimiser.step()
        mean.update_parameters(net)
        losses.append(loss.item())
        step += 1
        if gone - told >= 2:
            told = gone
            torch.save(mean.module.state_dict(), options.out)
            looked = not looked  # every other time: it costs as much as ten steps
            seen = validation.look(mean.module) if looked and step > 100 else {}
            print(
                json.dumps(
                    {"minute": round(gone, 1), "step": step, "thrown": thrown, "loss": round(float(np.mean(losses)), 4)}
                    | seen
                ),
                flush=True,
            )
            losses = []
    torch.save(mean.module.state_dict(), options.out)
    print(json.dumps({"steps": step} | validation.look(mean.module)), flush=True)


def main() -> None:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("coco", "data", "teacher", "cuts", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--start", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    train(parser.parse_args())


if __name__ == "__main__":
    main()
