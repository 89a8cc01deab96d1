"""Fine-tune the street detector on the pictures that `models.training.street_labels` made.

    python -m models.training.street COCO.pt WORK CHECKPOINT.pt --steps 900

One thread and bfloat16 in channels-last order train about nine times as fast per CPU second as the defaults here.

Loss, task-aligned assignment and moving average are those of the `ultralytics` package; the windows are this project's.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset, get_worker_info
from ultralytics.cfg import get_cfg
from ultralytics.nn.tasks import DetectionModel
from ultralytics.utils.loss import v8DetectionLoss
from ultralytics.utils.torch_utils import ModelEMA

from models.training.street_crops import Scene, Window, load_scenes, mosaic, window, with_share
from models.training.street_model import save_checkpoint, six_class_model
from models.training.street_pasted import Cut, load_cuts, pasted

BATCH = 16
RENDERED = 0.1
"""Share of the scenes that are rendered ones, where there are any."""
WARM_UP = 40
"""Steps over which the learning rate rises."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How long and how fast to train; the run ends, its learning rate down, when steps or minutes are used up."""

    steps: int
    minutes: float
    rate: float
    seed: int
    memory: float = 0.995
    """How much of the moving average of the weights a step leaves, 0..1."""


class MaskedScores(nn.Module):
    """Binary cross-entropy of the scores that is silent at ignored places, unless an object was assigned there."""

    def __init__(self) -> None:
        super().__init__()
        self.ignored: Tensor | None = None

    def forward(self, scores: Tensor, target: Tensor) -> Tensor:
        """Return the loss of each score, (B, anchors, classes); `ignored` is (B, anchors), True where silent."""
        loss = nn.functional.binary_cross_entropy_with_logits(scores, target, reduction="none")
        if self.ignored is None:
            return loss
        counts = (~self.ignored | (target.sum(dim=2) > 0)).unsqueeze(2)
        return loss * counts


class StreetLoss(v8DetectionLoss):
    """The YOLO loss with ignored places, given as `batch["ignored"]`: (B, H, W), True where nothing is demanded."""

    def __init__(self, model: DetectionModel) -> None:
        super().__init__(model)
        self.bce = MaskedScores()

    def __call__(self, predictions: object, batch: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss times the batch size, and its parts."""
        grids = [batch["ignored"][:, s // 2 :: s, s // 2 :: s].flatten(1) for s in map(int, self.stride.tolist())]
        self.bce.ignored = torch.cat(grids, dim=1)
        loss: tuple[Tensor, dict[str, Tensor]] = super().__call__(predictions, batch)
        return loss


class Windows(IterableDataset[dict[str, Tensor]]):
    """An endless, seeded stream of batches."""

    def __init__(
        self,
        scenes: list[Scene],
        seed: int,
        *,
        mosaics: float = 0.0,
        aimed: float = 0.0,
        cuts: Sequence[Cut] = (),
        people: float = 0.0,
    ) -> None:
        """``mosaics`` is the share of windows made of four smaller ones, ``aimed`` of those laid around an object and
        ``people`` of scenes into which some of the cut-outs ``cuts`` are set, 0..1."""
        self._scenes = scenes
        self._seed = seed
        self._mosaics = mosaics
        self._aimed = aimed
        self._cuts = cuts
        self._people = people

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        worker = get_worker_info()
        rng = np.random.default_rng([self._seed, worker.id if worker else 0])
        weights = np.array([scene.weight for scene in self._scenes])
        while True:
            picked = rng.choice(len(self._scenes), (BATCH, 4), p=weights / weights.sum())
            scenes = [[self._scene(index, rng) for index in four] for four in picked]
            yield collate(
                [
                    mosaic(four, rng, aimed=self._aimed)
                    if rng.random() < self._mosaics
                    else window(four[0], rng, aimed=self._aimed)
                    for four in scenes
                ]
            )

    def _scene(self, index: int, rng: np.random.Generator) -> Scene:
        scene = self._scenes[index]
        return pasted(scene, self._cuts, rng) if self._people and rng.random() < self._people else scene


def collate(windows: list[Window]) -> dict[str, Tensor]:
    """Return a batch as the loss wants it: boxes as centre and size relative to the window."""
    height, width = windows[0].image.shape[:2]
    boxes = np.concatenate([item.boxes for item in windows])
    relative = np.concatenate([(boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]], axis=1)
    return {
        "img": torch.from_numpy(np.stack([item.image[..., ::-1].transpose(2, 0, 1) for item in windows])),
        "cls": torch.from_numpy(np.concatenate([item.classes for item in windows])).float().view(-1, 1),
        "bboxes": torch.from_numpy(relative / np.array([width, height, width, height], np.float32)).float(),
        "batch_idx": torch.cat([torch.full((len(item.boxes),), float(i)) for i, item in enumerate(windows)]),
        "ignored": torch.from_numpy(np.stack([item.ignored for item in windows])),
    }


def rate_at(step: int, progress: float) -> float:
    """Return the factor on the learning rate: a linear rise over `WARM_UP` steps, and half a cosine down to 2 %.

    `progress` is the share of the run that is done, 0..1.
    """
    return min(1.0, (step + 1) / WARM_UP) * (0.02 + 0.49 * (1 + math.cos(math.pi * min(progress, 1.0))))


def train(model: DetectionModel, windows: IterableDataset[dict[str, Tensor]], target: Path, plan: Plan) -> None:
    """Train `model` on batches without end and write its moving average to `target` every 50 steps and at the end."""
    model.args = get_cfg()
    model.train().to(memory_format=torch.channels_last)
    loss_of = StreetLoss(model)
    decayed = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": 5e-4}, {"params": others, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=plan.rate, betas=(0.9, 0.999))
    average = ModelEMA(model, decay=plan.memory, tau=100)
    started = time.monotonic()
    batches = iter(DataLoader(windows, batch_size=None))
    step, progress = 0, 0.0
    while progress < 1:
        for group in optimiser.param_groups:
            group["lr"] = plan.rate * rate_at(step, progress)
        batch = next(batches)
        with torch.autocast("cpu", torch.bfloat16):
            predictions = model((batch["img"].float() / 255).contiguous(memory_format=torch.channels_last))
        loss, parts = loss_of(_float(predictions), batch)
        optimiser.zero_grad()
        loss.sum().backward()
        nn.utils.clip_grad_norm_(model.parameters(), 10.0)
        optimiser.step()
        average.update(model)
        step += 1
        minutes = (time.monotonic() - started) / 60
        progress = max(step / plan.steps, minutes / plan.minutes)
        if step % 10 == 0:
            figures = " ".join(f"{name}={float(value):.3f}" for name, value in parts.items())
            print(f"step {step}, {100 * progress:.0f} %, {minutes:.1f} min: {figures}", flush=True)
        if step % 50 == 0 or progress >= 1:
            save_checkpoint(average.ema, target)


def _float(predictions: dict[str, Tensor | list[Tensor]]) -> dict[str, Tensor | list[Tensor]]:
    """Return the head's outputs in float32, in which the loss is computed."""
    return {k: v.float() if isinstance(v, Tensor) else [part.float() for part in v] for k, v in predictions.items()}


def main() -> None:
    """Read the arguments and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("start", type=Path, help="COCO weights, or a checkpoint to go on from")
    parser.add_argument("work", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--steps", type=int, default=900)
    parser.add_argument("--minutes", type=float, default=math.inf, help="a cap, for a busy machine")
    parser.add_argument("--rate", type=float, default=2e-4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mosaics", type=float, default=0.0, help="share of windows that are made of four smaller ones")
    parser.add_argument("--aimed", type=float, default=0.0, help="share of windows that are laid around an object")
    parser.add_argument("--memory", type=float, default=0.995, help="of the moving average of the weights")
    parser.add_argument("--rendered", type=Path, help="a folder of models.training.street_scenes, a tenth of what is drawn")
    parser.add_argument("--cuts", type=Path, help="a folder of models.training.density_cutouts")
    parser.add_argument("--people", type=float, default=0.0, help="share of scenes into which cut-outs are set")
    arguments = parser.parse_args()
    random.seed(arguments.seed)
    torch.manual_seed(arguments.seed)
    torch.set_num_threads(1)
    model = six_class_model(arguments.start)
    scenes = load_scenes(arguments.work)
    if arguments.rendered:
        scenes = with_share(scenes, load_scenes(arguments.rendered), RENDERED)
    plan = Plan(
        steps=arguments.steps,
        minutes=arguments.minutes,
        rate=arguments.rate,
        seed=arguments.seed,
        memory=arguments.memory,
    )
    windows = Windows(
        scenes,
        plan.seed,
        mosaics=arguments.mosaics,
        aimed=arguments.aimed,
        cuts=load_cuts(arguments.cuts) if arguments.cuts else (),
        people=arguments.people,
    )
    train(model, windows, arguments.target, plan)


if __name__ == "__main__":
    main()
