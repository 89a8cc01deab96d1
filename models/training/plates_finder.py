"""Trains the plate finder on windows of ``plates_scenes``; loss and assignment are those of the `ultralytics` package.

    python -m models.training.plates_finder ../shared/data/weights/yolo11n_coco.pt runs/plates_finder \
        --data ../shared/data --steps 2000 --seed 1 [--streets STREETS.npz --unseen UNSEEN.npz]

Fold 0 of the labelled pictures is not read; fold 1 and the streets of UNSEEN choose the checkpoint. All others are
trained on. STREETS and UNSEEN are made by ``plates_streets``.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset, get_worker_info
from ultralytics import YOLO
from ultralytics.cfg import get_cfg
from ultralytics.nn.tasks import DetectionModel
from ultralytics.utils.loss import v8DetectionLoss
from ultralytics.utils.torch_utils import ModelEMA

from models.training.common import Image
from models.training.plates_pictures import Labelled, load_backgrounds, load_labelled
from models.training.plates_scenes import Scenes, Window
from models.training.plates_streets import Street, load
from models.training.street import rate_at
from models.training.street_model import save_checkpoint
from models.yolo import decode, preprocess, suppress

HELD_OUT, CHOOSING = 0, 1
CONFIG = Path(__file__).with_name("plates_finder.yaml")
_SHARED_LAYERS = 7


def finder_model(start: Path) -> DetectionModel:
    """The network, its first layers from YOLO11n's COCO weights; a checkpoint of the finder itself is returned as it is."""
    loaded: DetectionModel = YOLO(str(start)).model.float()
    if loaded.yaml.get("nc") == 1:
        return loaded.requires_grad_(True)  # a moving average is saved without
    model = DetectionModel(str(CONFIG), nc=1, verbose=False)
    known, own = loaded.state_dict(), model.state_dict()
    taken = {
        key: value
        for key, value in known.items()
        if int(key.split(".")[1]) < _SHARED_LAYERS and own[key].shape == value.shape
    }
    model.load_state_dict(taken, strict=False)
    model.names = {0: "plate"}
    return model


class Batches(IterableDataset[dict[str, Tensor]]):
    """An endless, seeded stream of batches."""

    def __init__(self, scenes: Scenes, size: int, seed: int) -> None:
        self._scenes, self._size, self._seed = scenes, size, seed

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        worker = get_worker_info()
        rng = np.random.default_rng([self._seed, worker.id if worker else 0])
        while True:
            yield collate([self._scenes.draw(rng) for _ in range(self._size)])


def collate(windows: list[Window]) -> dict[str, Tensor]:
    """A batch as the loss wants it: boxes as centre and size relative to the window."""
    size = windows[0].image.shape[0]
    boxes = np.concatenate([w.boxes for w in windows])
    relative = np.concatenate([(boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]], axis=1) / size
    return {
        "img": torch.from_numpy(np.stack([w.image[..., ::-1].transpose(2, 0, 1) for w in windows])),
        "cls": torch.zeros(len(boxes), 1),
        "bboxes": torch.from_numpy(relative).float(),
        "batch_idx": torch.cat([torch.full((len(w.boxes),), float(i)) for i, w in enumerate(windows)]),
    }


def as_float(value: object) -> object:
    """Predictions of mixed precision as float32, in whatever nesting the head gives them."""
    if isinstance(value, Tensor):
        return value.float()
    if isinstance(value, dict):
        return {key: as_float(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(as_float(inner) for inner in value)
    return value


@torch.no_grad()
def measure(model: DetectionModel, pictures: Sequence[Labelled | Street], size: int, confidence: float) -> dict[str, float]:
    """Recall and false finds per picture at overlap 0.5, on whole pictures brought to ``size``."""
    model.eval()
    found, plates, false = 0, 0, 0
    for item in pictures:
        boxes = _find(model, item.image, size, confidence)
        truth = item.boxes if isinstance(item, Labelled) else item.plates
        overlaps = _iou(boxes, truth)
        hits = overlaps.max(axis=0, initial=0.0) >= 0.5
        found, plates = found + int(hits.sum()), plates + len(truth)
        false += int((overlaps.max(axis=1, initial=0.0) < 0.5).sum())
    return {"recall": round(found / max(1, plates), 4), "false_per_picture": round(false / max(1, len(pictures)), 4)}


def _find(
    model: DetectionModel, image: Image, size: int, confidence: float
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    array, box = preprocess(image, size)
    with torch.autocast("cpu", torch.bfloat16):
        output = model(torch.from_numpy(array))
    raw = decode(output[0].float().numpy(), box, confidence=confidence, classes=1)
    return suppress(raw, (0,), iou=0.45).boxes


def _iou(
    a: np.ndarray[tuple[int, ...], np.dtype[np.float32]], b: np.ndarray[tuple[int, ...], np.dtype[np.float32]]
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.prod(np.maximum(high - low, 0), axis=2)
    areas = [np.prod(x[:, 2:] - x[:, :2], axis=1) for x in (a, b)]
    return np.asarray(shared / np.maximum(areas[0][:, None] + areas[1][None] - shared, 1e-6), np.float32)


def train(options: argparse.Namespace) -> None:
    """Run the training that the command line asks for."""
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    labelled = load_labelled(options.data, frozenset({1, 2, 3, 4}) - {HELD_OUT})
    choosing = [item for item in labelled if item.fold == CHOOSING]
    gates = [item for item in choosing if "greenparking" in str(item.path)][:60]
    streets = [item for item in choosing if "openalpr" in str(item.path)]
    backgrounds = list(load_backgrounds(options.data).values())
    seen = load(options.streets) if options.streets else []
    unseen = load(options.unseen)[::3] if options.unseen else []
    scenes = Scenes(
        [item for item in labelled if item.fold != CHOOSING],
        backgrounds,
        anywhere=options.anywhere,
        streets=seen,
        share=options.share,
    )
    model = finder_model(options.start)
    model.args = get_cfg()
    model.to(memory_format=torch.channels_last)
    loss_of = v8DetectionLoss(model)
    groups = [
        {"params": [p for p in model.parameters() if p.ndim > 1], "weight_decay": 5e-4},
        {"params": [p for p in model.parameters() if p.ndim <= 1], "weight_decay": 0.0},
    ]
    optimiser = torch.optim.AdamW(groups, lr=options.rate)
    average = ModelEMA(model, decay=0.998, tau=150)
    loader = DataLoader(Batches(scenes, options.batch, options.seed), batch_size=None, num_workers=options.workers)
    best, started, total = -1.0, time.monotonic(), 0.0
    progress = 0.0
    for step, batch in zip(range(1, options.steps + 1), loader, strict=False):
        for group in optimiser.param_groups:
            group["lr"] = options.rate * rate_at(step - 1, progress)
        model.train()
        images = (batch["img"].float() / 255).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            predicted = model(images)
        loss, _ = loss_of(as_float(predicted), batch)
        optimiser.zero_grad()
        loss.sum().backward()
        nn.utils.clip_grad_norm_(model.parameters(), 10.0)
        optimiser.step()
        average.update(model)
        total += float(loss.sum().item()) / options.batch
        progress = max(step / options.steps, (time.monotonic() - started) / 60 / options.minutes)
        if step % options.every == 0 or progress >= 1:
            near, far = (measure(average.ema, part, 320, 0.5) for part in (gates, streets))
            wide, other = (measure(average.ema, part, 640, 0.5) for part in (streets, unseen))
            print(
                json.dumps(
                    {"step": step, "loss": round(total / options.every, 3), "gate": near, "street_320": far,
                     "street_640": wide, "unseen_640": other, "seconds": round(time.monotonic() - started)}
                ), flush=True,
            )  # fmt: skip
            total = 0.0
            save_checkpoint(average.ema, options.out / "last.pt")
            score = near["recall"] + far["recall"] + wide["recall"]
            score -= sum(part["false_per_picture"] for part in (near, far, wide, other))
            if score >= best:
                best = score
                save_checkpoint(average.ema, options.out / "best.pt")
            if progress >= 1:
                break


def main() -> None:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("start", type=Path, help="COCO weights of YOLO11n, or a checkpoint of the finder")
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--minutes", type=float, default=math.inf, help="a cap, for a busy machine")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--anywhere", type=float, default=0.1, help="share of real windows not around a plate")
    parser.add_argument("--streets", type=Path, help="streets to train on, as plates_streets makes them")
    parser.add_argument("--unseen", type=Path, help="streets to choose by, as plates_streets --held-back makes them")
    parser.add_argument("--share", type=float, default=0.3, help="share of windows that show these streets")
    parser.add_argument("--every", type=int, default=200)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    train(parser.parse_args())


if __name__ == "__main__":
    main()
