"""The density network: YOLO11n down to its finest fused stage and a small head that gives people per cell, and its loss.

The density map as a way to count is that of Zhang et al., "Single-Image Crowd Counting via Multi-Column Convolutional Neural
Network", CVPR 2016; the loss is that of Ma et al., "Bayesian Loss for Crowd Count Estimation with Point Supervision", ICCV
2019, with a blur that follows the size of each head: every head must be found once in the cells that are nearest to it, and
nothing in those that are near to none.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

STRIDE = 8
_LAYERS = 17
"""Layers of YOLO11n that are used: the backbone, and the way back up to a stride of 8."""
_TAPS = (16, 13, 10)
"""Those that the head reads, at a stride of 8, 16 and 32."""
FROZEN = 5
"""First layers that keep their COCO weights."""
BLUR = 0.5
"""Standard deviation of a head's place, as a share of its height."""
LEAST_BLUR = 5.0
"""In pixels, as a cell is no finer."""
FAR = 3.0
"""From so many standard deviations on a cell belongs to no head."""


def _unit(inputs: int, outputs: int, kernel: int = 1, groups: int = 1) -> nn.Sequential:
    conv = nn.Conv2d(inputs, outputs, kernel, 1, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.SiLU(inplace=True))


class DensityNet(nn.Module):
    """(N, 3, H, W) RGB 0..1, sides multiples of 32, to people per cell (N, 1, H/8, W/8), at least 0."""

    def __init__(self, layers: nn.Sequential, width: int = 64) -> None:
        super().__init__()
        self.layers = layers
        self.fine = _unit(64, width)
        self.middle = _unit(128, width)
        self.coarse = _unit(256, width)
        self.fuse = nn.Sequential(
            _unit(3 * width, width),
            _unit(width, width, 3, groups=width),
            _unit(width, width),
            _unit(width, width, 5, groups=width),
            _unit(width, width),
            _unit(width, 32, 3),
        )
        self.out = nn.Conv2d(32, 1, 1)
        nn.init.constant_(self.out.bias, -5.0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """People in each cell."""
        outputs: list[torch.Tensor] = []
        for layer in self.layers:
            # Each layer names the ones that it reads, -1 for the last.
            sources = [layer.f] if isinstance(layer.f, int) else layer.f
            given = [(outputs[n] if outputs else x) for n in sources]
            outputs.append(layer(given if len(given) > 1 else given[0]))
        fine, middle, coarse = (outputs[number] for number in _TAPS)
        twice = functional.interpolate(self.middle(middle), scale_factor=2.0, mode="nearest")
        four = functional.interpolate(self.coarse(coarse), scale_factor=4.0, mode="nearest")
        mixed = self.fuse(torch.cat([self.fine(fine), twice, four], dim=1))
        # One channel out: in bfloat16 its gradient was seen to be garbage now and then.
        with torch.autocast("cpu", enabled=False):
            return functional.softplus(self.out(mixed.float()))

    def train(self, mode: bool = True) -> DensityNet:
        """The first layers' batch statistics stay as they are."""
        super().train(mode)
        for module in self.layers.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
        return self


def from_coco(weights: Path) -> DensityNet:
    """A new network on the COCO weights of YOLO11n."""
    from ultralytics import YOLO

    net = DensityNet(nn.Sequential(*list(YOLO(str(weights)).model.model[:_LAYERS])).float())
    for parameter in net.parameters():
        parameter.requires_grad_(True)
    for layer in list(net.layers)[:FROZEN]:
        for parameter in layer.parameters():
            parameter.requires_grad_(False)
    return net


def loss_of(cells: torch.Tensor, heads: list[torch.Tensor], known: torch.Tensor) -> torch.Tensor:
    """The loss of people per cell (N, 1, R, C).

    ``heads`` gives (n, 3) x, y and height in pixels for each picture, ``known`` (N, R, C) is 0 where nobody can tell.
    """
    rows, columns = cells.shape[2:]
    ys = (torch.arange(rows) + 0.5) * STRIDE
    xs = (torch.arange(columns) + 0.5) * STRIDE
    losses = []
    for found, marks, sure in zip(cells[:, 0], heads, known, strict=True):
        if not len(marks):
            losses.append((found * sure).sum() / 6.0)
            continue
        blur = torch.clamp(BLUR * marks[:, 2], min=LEAST_BLUR)[:, None, None]
        away = (
            (xs[None, None] - marks[:, 0, None, None]) ** 2 + (ys[None, :, None] - marks[:, 1, None, None]) ** 2
        ) / blur**2
        nobody = torch.clamp(FAR - away.min(dim=0).values.sqrt(), min=0) ** 2
        share = torch.softmax(-0.5 * torch.cat([away, nobody[None]]), dim=0)
        counts = (share * found).sum(dim=(1, 2))
        nothing = (share[-1] * found * sure).sum()
        count = len(marks)
        missed = (1 - counts[:-1]).abs().sum() + nothing
        losses.append(missed / (count + 6) ** 0.6 + 0.5 * (counts[:-1].sum() + nothing - count).abs() / (count + 3))
    return torch.stack(losses).mean()
