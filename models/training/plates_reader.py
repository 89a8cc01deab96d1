"""Trains the plate reader on rendered and real crops (made by ``plates_crops``).

    python -m models.training.plates_reader --rendered r1.npz r2.npz --real real.npz --out runs/plates_reader \
        --steps 6000 --seed 1

Fold 0 of the real crops is never trained on; fold 1 chooses settings and checkpoint, and joins the others in the last run
alone (``--all-but-held-out``), whose ``last.pt`` is taken as it comes.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from ioc.core.plates import ALPHABET, MAX_LENGTH
from models.plate_reader import CUT_MARGIN
from models.training.plates_crops import MARGIN
from models.training.plates_reader_net import CLASSES, HEIGHT, WIDTH, PlateReaderNet
from models.training.street import rate_at

HELD_OUT, CHOOSING = 0, 1
_BLANK = CLASSES - 1
_INDEX = {char: i for i, char in enumerate(ALPHABET)}


class Crops:
    """Crops with their targets.

    ``classes`` is int64 (N, 10), ``lower`` float32 (N, 10): 1 where the character stands in the lower line, -1 where
    that is unknown or no character stands.
    """

    def __init__(self, crops: NDArray[np.uint8], texts: NDArray[np.str_], uppers: NDArray[np.int64]) -> None:
        self.crops = crops
        self.texts = texts
        self.classes = np.full((len(texts), MAX_LENGTH), _BLANK, np.int64)
        self.lower = np.full((len(texts), MAX_LENGTH), -1, np.float32)
        for i, (text, upper) in enumerate(zip(texts, uppers, strict=True)):
            self.classes[i, : len(text)] = [_INDEX[c] for c in text]
            if upper >= 0:
                self.lower[i, : len(text)] = [float(0 < upper <= j) for j in range(len(text))]

    def __len__(self) -> int:
        return len(self.crops)


def window(crop: NDArray[np.uint8], rng: np.random.Generator | None) -> NDArray[np.uint8]:
    """The plate's part of a stored crop, (64, 128), cut as the product cuts; with a generator, jittered."""
    h, w = crop.shape
    x1, y1, x2, y2 = MARGIN * w, MARGIN * h, (1 - MARGIN) * w, (1 - MARGIN) * h
    angle, slack = 0.0, np.full(4, CUT_MARGIN)
    if rng is not None:
        slack = rng.normal(float(rng.uniform(-0.02, 0.09)), 0.025, 4)
        angle = float(rng.normal(0, 0.03))
    left, top, right, bottom = slack * np.array((x2 - x1, y2 - y1) * 2)
    x1, y1, x2, y2 = x1 - left, y1 - top, x2 + right, y2 + bottom
    tilt = angle * (y2 - y1)
    source = np.array([[x1 + tilt, y1], [x2 + tilt, y1], [x1 - tilt, y2]], np.float32)
    matrix = cv2.getAffineTransform(source, np.array([[0, 0], [WIDTH, 0], [0, HEIGHT]], np.float32))
    return np.asarray(cv2.warpAffine(crop, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE), np.uint8)


def spoil(crop: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Further wear of a real crop: blur, low resolution, noise, gamma, a covered patch."""
    out = crop
    if rng.random() < 0.35:
        out = np.asarray(cv2.GaussianBlur(out, (0, 0), float(rng.uniform(0.4, 1.8))), np.uint8)
    if rng.random() < 0.25:
        share = float(rng.uniform(0.3, 0.8))
        small = cv2.resize(out, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
        out = np.asarray(cv2.resize(small, (WIDTH, HEIGHT)), np.uint8)
    values = 255 * (out.astype(np.float64) / 255) ** float(rng.uniform(0.6, 1.7))
    values = values + rng.normal(0, float(rng.exponential(4)), values.shape)
    if rng.random() < 0.1:
        x, y = int(rng.integers(WIDTH)), int(rng.integers(HEIGHT))
        values[y : y + int(rng.integers(3, 12)), x : x + int(rng.integers(3, 12))] = float(rng.uniform(0, 255))
    return np.clip(values, 0, 255).astype(np.uint8)


def batch(
    rng: np.random.Generator, rendered: Crops, real: Crops, odds: NDArray[np.float64], size: int, share: float
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """A random batch, ``share`` of it real; ``odds`` weigh the real crops."""
    count = round(size * share)
    crops, classes, lower = [], [], []
    for source, picks in (
        (real, rng.choice(len(real), count, p=odds)),
        (rendered, rng.integers(len(rendered), size=size - count)),
    ):
        for i in picks:
            crop = window(source.crops[i], rng)
            crops.append(spoil(crop, rng) if source is real and rng.random() < 0.6 else crop)
            classes.append(source.classes[i])
            lower.append(source.lower[i])
    x = torch.from_numpy(np.stack(crops))[:, None].float()
    return x, torch.from_numpy(np.stack(classes)), torch.from_numpy(np.stack(lower))


def loss_of(out: torch.Tensor, classes: torch.Tensor, lower: torch.Tensor) -> torch.Tensor:
    """Cross entropy of the characters and of their lines."""
    logits, line = out[..., :CLASSES], out[..., CLASSES]
    characters = functional.cross_entropy(logits.flatten(0, 1), classes.flatten(), label_smoothing=0.02)
    known = lower >= 0
    return characters + 0.2 * functional.binary_cross_entropy_with_logits(line[known], lower[known])


@torch.no_grad()
def exact(net: torch.nn.Module, crops: Crops) -> float:
    """Share of crops that are read without a fault, by the plain best class of each slot."""
    net.eval()
    right = 0
    for start in range(0, len(crops), 128):
        part = slice(start, start + 128)
        x = torch.from_numpy(np.stack([window(c, None) for c in crops.crops[part]]))[:, None].float()
        with torch.autocast("cpu", torch.bfloat16):
            best = net(x.contiguous(memory_format=torch.channels_last))[..., :CLASSES].argmax(-1)
        right += int((best == torch.from_numpy(crops.classes[part])).all(1).sum())
    return right / max(1, len(crops))


def plate_odds(texts: NDArray[np.str_]) -> NDArray[np.float64]:
    """Probability of each real crop: a plate seen in many frames counts little more than one seen once."""
    names, inverse, counts = np.unique(texts, return_inverse=True, return_counts=True)
    rare = np.array([3.0 if set(str(name)) & set("RNYZUĐM") else 1.0 for name in names])
    weights = rare[inverse] / counts[inverse] ** 0.7
    return np.asarray(weights / weights.sum(), np.float64)


def load(paths: list[Path]) -> Crops:
    """Rendered crops of several files together."""
    parts = [np.load(path) for path in paths]
    return Crops(*(np.concatenate([p[key] for p in parts]) for key in ("crops", "texts", "uppers")))


def train(options: argparse.Namespace) -> None:
    """Run the training that the command line asks for."""
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    rng = np.random.default_rng(options.seed)
    stored = np.load(options.real)
    folds = stored["folds"]
    real, choosing = (
        Crops(stored["crops"][keep], stored["texts"][keep], stored["uppers"][keep])
        for keep in ((folds != HELD_OUT) & ((folds != CHOOSING) | options.all_but_held_out), folds == CHOOSING)
    )
    odds, rendered = plate_odds(real.texts), load(options.rendered)
    net = PlateReaderNet().to(memory_format=torch.channels_last)
    if options.start:
        net.load_state_dict(torch.load(options.start, weights_only=True))
    mean = torch.optim.swa_utils.AveragedModel(
        net, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.995), use_buffers=True
    )
    optimiser = torch.optim.AdamW(net.parameters(), lr=options.rate, weight_decay=0.02, fused=True)
    options.out.mkdir(parents=True, exist_ok=True)
    best, started, total, progress = -1.0, time.monotonic(), 0.0, 0.0
    for step in range(1, options.steps + 1):
        for group in optimiser.param_groups:
            group["lr"] = options.rate * rate_at(step - 1, progress)
        net.train()
        x, classes, lower = batch(rng, rendered, real, odds, options.batch, options.share)
        with torch.autocast("cpu", torch.bfloat16):  # seven times faster than float32 where the processor has it
            out = net(x.contiguous(memory_format=torch.channels_last))
        loss = loss_of(out.float(), classes, lower)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        mean.update_parameters(net)
        total += loss.item()
        progress = max(step / options.steps, (time.monotonic() - started) / 60 / options.minutes)
        if step % options.every == 0 or progress >= 1:
            score = exact(mean.module, choosing)
            entry = {"step": step, "loss": round(total / options.every, 4), "fold1_exact": round(score, 4)}
            print(json.dumps(entry | {"seconds": round(time.monotonic() - started)}), flush=True)
            total = 0.0
            torch.save(mean.module.state_dict(), options.out / "last.pt")
            if score >= best:
                best = score
                torch.save(mean.module.state_dict(), options.out / "best.pt")
            if progress >= 1:
                break


def main() -> None:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rendered", type=Path, nargs="+", required=True)
    parser.add_argument("--real", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="weights to go on from")
    parser.add_argument("--all-but-held-out", action="store_true", help="the last run: train on fold 1 too, choose nothing")
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--minutes", type=float, default=math.inf, help="a cap, for a busy machine")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--share", type=float, default=0.35, help="real crops in a batch")
    parser.add_argument("--rate", type=float, default=1.5e-3)
    parser.add_argument("--every", type=int, default=250, help="steps between checkpoints")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    train(parser.parse_args())


if __name__ == "__main__":
    main()
