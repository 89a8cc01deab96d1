"""The water network: the first eleven layers of YOLO11n and a small head that fuses three of its stages."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn
from torch.nn import functional

STRIDE = 16
TOP = 4
"""One in this many cells, the ones most like it, decides whether a picture shows a surface at all."""
_TAPS = (4, 6, 10)


def _unit(inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> nn.Sequential:
    conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.SiLU(inplace=True))


class WaterNet(nn.Module):
    """(N, 3, H, W) RGB 0..1, sides multiples of 32, to logits (N, 2, H/16, W/16): flood water, wet ground."""

    def __init__(self, layers: nn.Sequential, width: int = 64) -> None:
        super().__init__()
        self.layers = layers
        self.fine = _unit(128, width, 3, 2)
        self.middle = _unit(128, width)
        self.coarse = _unit(256, width)
        self.whole = nn.Linear(256, width)
        self.fuse = nn.Sequential(
            _unit(3 * width, width),
            _unit(width, width, 3, groups=width),
            _unit(width, width),
            _unit(width, width, 3, groups=width),
        )
        self.drop = nn.Dropout2d(0.1)
        self.out = nn.Conv2d(width, 2, 1)
        nn.init.constant_(self.out.bias, -1.0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits of each cell."""
        return self.judge(*self.taps(x))

    def taps(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """What three of the first layers see, at a stride of 8, 16 and 32."""
        found = []
        for number, layer in enumerate(self.layers):
            x = layer(x)
            if number in _TAPS:
                found.append(x)
        return tuple(found)

    def judge(self, fine: torch.Tensor, middle: torch.Tensor, coarse: torch.Tensor) -> torch.Tensor:
        """Logits of each cell, from :meth:`taps`."""
        up = functional.interpolate(self.coarse(coarse), scale_factor=2.0, mode="nearest")
        told = functional.silu(self.whole(coarse.mean(dim=(2, 3))))[:, :, None, None]
        mixed = self.fuse(torch.cat([self.fine(fine), self.middle(middle), up + told], dim=1))
        result: torch.Tensor = self.out(self.drop(mixed))
        return result


def pooled(logits: torch.Tensor) -> torch.Tensor:
    """What the picture shows at all, (N, 2) logits: the mean of the quarter of its cells that are most like it."""
    flat = logits.flatten(2)
    return flat.topk(max(1, flat.shape[2] // TOP), dim=2).values.mean(dim=2)


def from_coco(weights: Path) -> WaterNet:
    """A new network on the COCO weights of YOLO11n."""
    from ultralytics import YOLO

    model = YOLO(str(weights)).model
    for parameter in model.parameters():
        parameter.requires_grad_(True)
    return WaterNet(nn.Sequential(*list(model.model[:11])).float())
