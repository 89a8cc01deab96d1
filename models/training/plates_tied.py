"""Tunes neck and head of the plate finder while its boxes stay those of a network that was chosen for them.

    python -m models.training.plates_tied START.pt OUT.pt --boxes CHOSEN.pt --streets STREETS.npz --data ../shared/data

Only the class scores learn from labels. The logits of the boxes are tied to those of CHOSEN by their mean difference at the
cells of plates, a distillation after Hinton et al. 2015 (arXiv 1503.02531): rendered plates and labels of many hands would
move them, and a looser box is read worse. Batch norm keeps its statistics. Windows are those of ``plates_scenes``, folds 2
to 4 and STREETS.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from ultralytics import YOLO
from ultralytics.cfg import get_cfg
from ultralytics.nn.tasks import DetectionModel
from ultralytics.utils.loss import v8DetectionLoss

from models.training.plates_finder import CHOOSING, HELD_OUT, collate
from models.training.plates_pictures import load_backgrounds, load_labelled
from models.training.plates_scenes import Scenes, Window
from models.training.plates_streets import load
from models.training.street_model import save_checkpoint

FIRST = 5
"""The layers before it, half of the work, stay as they are."""
TIE, EVERYWHERE = 2.0, 0.05
"""Weight of the tie, and of its part for cells without a plate."""
BATCH = 16
WARM_UP = 20
_ORDER_SEED, _TORCH_SEED = 6, 7


def windows_of(options: argparse.Namespace) -> list[Window]:
    """The windows that are trained on, once drawn and seen several times."""
    labelled = load_labelled(options.data, frozenset(range(5)) - {CHOOSING, HELD_OUT})
    backgrounds = list(load_backgrounds(options.data).values())
    scenes = Scenes(labelled, backgrounds, anywhere=0.5, streets=load(options.streets), share=0.42)
    rng = np.random.default_rng(options.seed)
    return [scenes.draw(rng) for _ in range(options.windows)]


@torch.no_grad()
def box_logits(model: DetectionModel, windows: list[Window]) -> Tensor:
    """What a network says of the boxes: bfloat16 (windows, 4 * bins, cells)."""
    model.eval().to(memory_format=torch.channels_last)
    parts = []
    for begin in range(0, len(windows), 32):
        with torch.autocast("cpu", torch.bfloat16):
            _, raw = model(_pixels(collate(windows[begin : begin + 32])))
        parts.append(raw["boxes"].bfloat16())
    return torch.cat(parts)


def _pixels(batch: dict[str, Tensor]) -> Tensor:
    return (batch["img"].float() / 255).contiguous(memory_format=torch.channels_last)


def features(model: DetectionModel, images: Tensor, first: int) -> list[Tensor]:
    """What the head is given; gradients reach down to layer ``first``."""
    kept: list[Tensor] = []
    x = images
    for number, layer in enumerate(model.model[:-1]):
        given = x
        if layer.f != -1:
            given = kept[layer.f] if isinstance(layer.f, int) else [x if j == -1 else kept[j] for j in layer.f]
        with torch.set_grad_enabled(number >= first):
            x = layer(given)
        kept.append(x)
    return [kept[j] for j in model.model[-1].f]


def drift(new: Tensor, old: Tensor, plates: Tensor) -> Tensor:
    """Mean difference of box logits, (batch, 4 * bins, cells), at ``plates``, bool (batch, cells), and a little elsewhere.

    Logits are taken about their mean over the bins, which is all that the softmax sees.
    """
    batch, channels, cells = new.shape
    apart = (new - old).view(batch, 4, channels // 4, cells)
    apart = (apart - apart.mean(2, keepdim=True)).abs()
    weight = plates.float()
    there = (apart.mean(2) * weight[:, None]).sum() / weight.sum().clamp(min=1) / 4
    return there + EVERYWHERE * apart.mean()


def train(model: DetectionModel, windows: list[Window], boxes: Tensor, options: argparse.Namespace) -> DetectionModel:
    """Tune ``model`` and return the moving average of its weights; it is written to ``options.out`` every 50 steps."""
    model.eval().to(memory_format=torch.channels_last)
    model.args = get_cfg()
    loss_of, head = v8DetectionLoss(model), model.model[-1]
    first = len(model.model) - 1 if options.only_boxes else FIRST
    for number, layer in enumerate(model.model):
        layer.requires_grad_(number >= first)
    for part in (head.dfl, head.cv3) if options.only_boxes else (head.dfl,):
        part.requires_grad_(False)
    tuned = [p for p in model.parameters() if p.requires_grad]
    groups = [{"params": [p for p in tuned if p.ndim > 1], "weight_decay": 1e-3}]
    groups += [{"params": [p for p in tuned if p.ndim <= 1], "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=options.rate)
    average = copy.deepcopy(model)
    rng, order = np.random.default_rng(_ORDER_SEED), np.zeros(0, np.int64)
    steps, begun = int(options.epochs * len(windows) / BATCH), time.monotonic()
    for step in range(1, steps + 1):
        order = order if len(order) >= BATCH else np.concatenate([order, rng.permutation(len(windows))])
        chosen, order = np.sort(order[:BATCH]), order[BATCH:]
        fall = 0.02 + 0.49 * (1 + math.cos(math.pi * (step - 1) / steps))
        for group in optimiser.param_groups:
            group["lr"] = options.rate * min(1, step / WARM_UP) * fall
        batch = collate([windows[i] for i in chosen])
        with torch.autocast("cpu", torch.bfloat16):
            seen = features(model, _pixels(batch), first)
            raw = head.forward_head(seen, head.cv2, head.cv3)
        old, scores = boxes[chosen].float(), raw["scores"].float()
        said = {"boxes": old, "scores": scores, "feats": [part.detach().float() for part in seen]}
        (plates, *_), losses, parts = loss_of.get_assigned_targets_and_loss(said, batch)
        apart = drift(raw["boxes"].float(), old, plates)
        optimiser.zero_grad()
        (TIE * apart if options.only_boxes else losses[1] + TIE * apart).backward()
        nn.utils.clip_grad_norm_(tuned, 10.0)
        optimiser.step()
        _follow(average, model, min(0.99, step / (step + 9)))
        if step % 50 == 0 or step == steps:
            shown = {"step": step, "class": round(float(parts["cls_loss"]), 3), "drift": round(float(apart.detach()), 3)}
            print(json.dumps(shown | {"seconds": round(time.monotonic() - begun)}), flush=True)
            save_checkpoint(average.requires_grad_(False), options.out)
    return average


@torch.no_grad()
def _follow(average: DetectionModel, model: DetectionModel, decay: float) -> None:
    for mean, now in zip(average.parameters(), model.parameters(), strict=True):
        mean.lerp_(now, 1 - decay)


def checkpoint(path: Path) -> DetectionModel:
    """A finder as ``plates_finder`` writes it."""
    model: DetectionModel = YOLO(str(path)).model.float()
    return model


def main() -> None:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("start", type=Path, help="a checkpoint of the finder")
    parser.add_argument("out", type=Path)
    parser.add_argument("--boxes", type=Path, required=True, help="the checkpoint whose boxes are kept")
    parser.add_argument("--streets", type=Path, required=True, help="as plates_streets makes them")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--windows", type=int, default=5000)
    parser.add_argument("--epochs", type=float, default=1.3, help="how often each window is seen")
    parser.add_argument("--rate", type=float, default=6e-4)
    parser.add_argument("--seed", type=int, default=51)
    parser.add_argument("--only-boxes", action="store_true", help="tune what gives the boxes alone, on windows with plates")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(_TORCH_SEED)
    windows = windows_of(options)
    if options.only_boxes:
        windows = [window for window in windows if len(window.boxes)]
    train(checkpoint(options.start), windows, box_logits(checkpoint(options.boxes), windows), options)


if __name__ == "__main__":
    main()
