"""Trains the water network on the folder that ``water_set`` made.

    python -m models.training.water WORK/set WORK/d.pt WORK/e.pt --mix made --samples 4800 --seed 21

The trunk keeps its ImageNet weights: what it sees of every sample is worked out once, and heads alone are trained on
it. That takes minutes on one core, and the little real data spoils nothing that ImageNet taught.
Fold 0 of the tiles and of the masked pictures is never trained on; ``--hold 1`` leaves another one out, to choose settings
or to cross-validate. Each file gets one head with the mean of its weights over the last steps.
"""

from __future__ import annotations

import argparse
import io
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
import torch
from torch import nn
from torch.nn import functional

from models.training import water_paint
from models.training.common import Image, read_image
from models.training.water_net import STRIDE, WaterNet, from_imagenet, pooled
from models.training.water_set import UNKNOWN


@dataclass(frozen=True, slots=True)
class Mix:
    """What a training sees."""

    shares: dict[str, float]
    """Share of each group in a batch."""
    night: float
    """Share of the pictures taken by day that are turned into night; flooded, wet and dry alike."""


MIXES = {
    "real": Mix({
        "tile-flood": 0.11, "tile-wet": 0.17, "tile-dry": 0.04, "masked": 0.14, "bus": 0.14, "dry": 0.11, "night": 0.03,
        "painted-dry": 0.01, "painted-wet": 0.03, "painted-flood": 0.03, "near": 0.04, "plain": 0.05,
        "rendered-dry": 0.02, "rendered-wet": 0.05, "rendered-flood": 0.08,
    }, night=0.4),
    "made": Mix({
        "tile-flood": 0.1, "tile-wet": 0.15, "tile-dry": 0.04, "masked": 0.12, "bus": 0.11, "dry": 0.12, "night": 0.02,
        "painted-dry": 0.01, "painted-wet": 0.03, "painted-flood": 0.03, "near": 0.09, "plain": 0.05,
        "rendered-dry": 0.02, "rendered-wet": 0.05, "rendered-flood": 0.14,
    }, night=0.3),
}  # fmt: skip
"""The second one has more rendered floods and more ground from near."""
SIDE = 256
"""Training pictures are squares of this many pixels."""
BATCH = 32
DAY = 70
"""Mean brightness, 0..255, from which a picture was taken by day."""


def cut(image: Image, mask: Image, rng: np.random.Generator) -> tuple[Image, Image]:
    """A random square of a picture, half of the time mirrored."""
    height, width = mask.shape
    zoom = float(np.exp(rng.uniform(np.log(0.9), np.log(2.4)))) * SIDE / min(height, width)
    stretch = float(np.exp(rng.normal(0, 0.1)))
    x = rng.uniform(min(0, SIDE - width * zoom * stretch), 0) if width * zoom * stretch > SIDE else 0.0
    low = min(0.0, SIDE - height * zoom)
    y = low * float(rng.beta(2.0, 1.3))  # roads lie low
    matrix = np.array([[zoom * stretch, 0, x], [0, zoom, y]], np.float32)
    if rng.random() < 0.5:
        matrix = np.array([[-1, 0, SIDE - 1], [0, 1, 0]], np.float32) @ np.vstack([matrix, [0, 0, 1]]).astype(np.float32)
    out = cv2.warpAffine(image, matrix, (SIDE, SIDE), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REFLECT)
    seen = cv2.warpAffine(
        mask, matrix, (SIDE, SIDE), flags=cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT, borderValue=UNKNOWN
    )
    return np.asarray(out, np.uint8), np.asarray(seen, np.uint8)


class Pictures:
    """An endless source of training squares."""

    def __init__(self, root: Path, hold: set[int], seed: int, mix: Mix) -> None:
        index = json.loads((root / "index.json").read_text(encoding="utf-8"))
        self.rng = np.random.default_rng(seed)
        self.groups: dict[str, list[dict[str, Any]]] = {
            group: [e for e in index if e["group"] == group and e["fold"] not in hold] for group in mix.shares
        }
        self.root, self.night = root, mix.night
        self.share = np.array(list(mix.shares.values())) / sum(mix.shares.values())
        # A camera that is seen often counts little more than one that is seen once.
        self.odds = {group: self._odds(entries) for group, entries in self.groups.items()}

    def _odds(self, entries: list[dict[str, Any]]) -> Any:
        names = [e["source"].rsplit("_", 2)[0] if e["group"].startswith("tile") else e["name"] for e in entries]
        weights = np.array([names.count(name) ** -0.6 for name in names])
        return weights / weights.sum()

    def one(self) -> tuple[Image, Image, int, int]:
        """A square with its mask and what is known of the whole: flooded, wet."""
        rng = self.rng
        group = str(rng.choice(list(self.groups), p=self.share))
        entry = self.groups[group][int(rng.choice(len(self.groups[group]), p=self.odds[group]))]
        image = read_image(self.root / f"{entry['name']}.jpg")
        mask = np.asarray(cv2.imread(str(self.root / f"{entry['name']}.png"), cv2.IMREAD_GRAYSCALE), np.uint8)
        flood, damp = entry["flood"], entry["wet"]
        image, mask = cut(image, mask, rng)
        if flood == 1 and not (mask == 255).mean() > 0.12 and (group != "tile-flood" or (mask == 255).any()):
            flood = -1
        if image.mean() > DAY and group not in {"night", "plain"} and rng.random() < self.night:
            image = water_paint.nightfall(image, rng)
            damp = -1 if damp == 0 else damp  # lamps are mirrored in it now
        if rng.random() < 0.3:
            image = water_paint.coarser(image, rng)
        return water_paint.spoil(image, rng), mask, flood, damp

    def batch(self, size: int) -> tuple[torch.Tensor, ...]:
        """Pictures (N, 3, S, S), cell targets (N, S/16, S/16) with -1 for unknown, and (N, 2) flooded, wet, -1 unknown."""
        images, cells, whole = [], [], []
        for _ in range(size):
            image, mask, flood, damp = self.one()
            shape = (SIDE // STRIDE, STRIDE, SIDE // STRIDE, STRIDE)
            known = (mask != UNKNOWN).reshape(shape).mean(axis=(1, 3))
            share = (mask == 255).reshape(shape).mean(axis=(1, 3)) / np.maximum(known, 1e-6)
            cells.append(np.where(known > 0.5, share, -1).astype(np.float32))
            images.append(image)
            whole.append((flood, damp))
        x = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).flip(1).float() / 255
        return (
            x.contiguous(),
            torch.from_numpy(np.stack(cells)),
            torch.tensor(whole).float(),
        )


def loss_of(logits: torch.Tensor, cells: torch.Tensor, whole: torch.Tensor) -> torch.Tensor:
    """Cross entropy of the cells that are known and of the picture as a whole."""
    known = (cells >= 0).float()
    each = functional.binary_cross_entropy_with_logits(logits[:, 0], cells.clamp(0.02, 0.98), reduction="none") * known
    per_picture = each.sum(dim=(1, 2)) / known.sum(dim=(1, 2)).clamp(min=20)
    judged = (whole >= 0).float()
    at_all = functional.binary_cross_entropy_with_logits(pooled(logits), whole.clamp(0.03, 0.97), reduction="none") * judged
    return per_picture.mean() + 0.35 * at_all[:, 0].mean() + 0.2 * at_all[:, 1].mean()


@dataclass(frozen=True, slots=True)
class Samples:
    """What the trunk sees of each sample, and what is to be learnt from it."""

    taps: tuple[torch.Tensor, ...]
    cells: torch.Tensor
    whole: torch.Tensor


def runtime(trunk: nn.Module) -> onnxruntime.InferenceSession:
    """The trunk in ONNX Runtime, which needs less than half of PyTorch's time for it."""
    file, names = io.BytesIO(), ["fine", "middle", "coarse"]
    sample = torch.zeros(BATCH, 3, SIDE, SIDE)
    torch.onnx.export(trunk, (sample,), file, input_names=["image"], output_names=names, opset_version=17, dynamo=False)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    return onnxruntime.InferenceSession(file.getvalue(), options)


def seen(net: WaterNet, pictures: Pictures, count: int) -> Samples:
    """``count`` samples, looked at once."""
    session = runtime(net.trunk.eval())
    batches, cells, whole = [], [], []
    for _ in range(count // BATCH):
        x, known, facts = pictures.batch(BATCH)
        batches.append([torch.from_numpy(tap).to(torch.bfloat16) for tap in session.run(None, {"image": x.numpy()})])
        cells.append(known)
        whole.append(facts)
    taps = tuple(torch.cat([batch[k] for batch in batches]) for k in range(3))
    return Samples(taps, torch.cat(cells), torch.cat(whole))


def train(options: argparse.Namespace) -> None:
    """Run the training that the command line asks for."""
    cv2.setNumThreads(1)
    torch.set_num_threads(options.threads)
    started = time.monotonic()
    pictures = Pictures(options.set, {0, options.hold}, options.seed, MIXES[options.mix])
    samples = seen(from_imagenet(), pictures, options.samples)
    print(json.dumps({"samples": len(samples.cells), "seconds": round(time.monotonic() - started)}), flush=True)
    for number, out in enumerate(options.out):
        torch.manual_seed(options.seed + number)
        torch.save(_head(samples, options).state_dict(), out)
        print(json.dumps({"head": out.name, "seconds": round(time.monotonic() - started)}), flush=True)


def _head(samples: Samples, options: argparse.Namespace) -> nn.Module:
    """A network whose head was trained on the samples."""
    net = from_imagenet().to(memory_format=torch.channels_last)
    net.trunk.requires_grad_(False)
    mean = torch.optim.swa_utils.AveragedModel(
        net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.99), use_buffers=True
    )
    optimiser = torch.optim.AdamW([p for p in net.parameters() if p.requires_grad], lr=options.rate, weight_decay=0.05)
    steps = options.epochs * (len(samples.cells) // BATCH)
    plan = torch.optim.lr_scheduler.OneCycleLR(optimiser, options.rate, steps, pct_start=0.06)
    for epoch in range(options.epochs):
        print(json.dumps({"epoch": epoch, "loss": round(_epoch(net, samples, optimiser, plan, mean), 4)}), flush=True)
    averaged: nn.Module = mean.module
    averaged.trunk.load_state_dict(net.trunk.state_dict())  # averaging counters rounds them
    return averaged


def _epoch(net: WaterNet, samples: Samples, optimiser: Any, plan: Any, mean: Any) -> float:
    """Every sample once, in a random order; the mean loss."""
    net.train()
    net.trunk.eval()
    order, losses = torch.randperm(len(samples.cells)), []
    for part in order.split(BATCH)[: len(order) // BATCH]:
        with torch.autocast("cpu", torch.bfloat16):
            logits = net.judge(*(tap[part].contiguous(memory_format=torch.channels_last) for tap in samples.taps))
        loss = loss_of(logits.float(), samples.cells[part], samples.whole[part])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        plan.step()
        mean.update_parameters(net)
        losses.append(loss.item())
    return float(np.mean(losses))


def main() -> None:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", type=Path)
    parser.add_argument("out", type=Path, nargs="+", help="a file for each head")
    parser.add_argument("--hold", type=int, default=0, help="a further fold to leave out")
    parser.add_argument("--mix", choices=sorted(MIXES), default="real")
    parser.add_argument("--samples", type=int, default=4800)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    train(parser.parse_args())


if __name__ == "__main__":
    main()
