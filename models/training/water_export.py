"""Writes trained water networks as one ONNX file: probabilities out, weights stored as float16.

    python -m models.training.water_export models/weights/water.onnx WORK/a.pt WORK/b.pt

Networks of several trainings share their trunk, which keeps the ImageNet weights; the mean of what their heads say is taken.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import onnx
import torch
from torch import nn

from models.training.common import sha256
from models.training.street_model import store_half
from models.training.water_net import WaterNet, from_imagenet


class Probabilities(nn.Module):
    """Heads on the same trunk, their mean, calibrated for flood water, and the logistic function at the end."""

    def __init__(self, nets: list[WaterNet], scale: float, lower: float) -> None:
        super().__init__()
        self.nets = nn.ModuleList(nets)
        self.scale, self.lower = scale, lower

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Probabilities of each cell, (1, 2, H/16, W/16)."""
        taps = self.nets[0].trunk(x)
        flood, wet = torch.stack([net.judge(*taps) for net in self.nets]).mean(dim=0).split(1, dim=1)
        return torch.sigmoid(torch.cat([self.scale * flood - self.lower, wet], dim=1))


def load(checkpoint: Path) -> WaterNet:
    """A trained network. Raises ValueError where its trunk is not that of the ImageNet weights."""
    net, start = from_imagenet(), from_imagenet()
    net.load_state_dict(torch.load(checkpoint, weights_only=True))
    pairs = zip(net.trunk.state_dict().values(), start.trunk.state_dict().values(), strict=True)
    if not all(torch.equal(ours, theirs) for ours, theirs in pairs):
        raise ValueError(f"{checkpoint}: its trunk is not that of the ImageNet weights")
    net.eval()
    return net


def main() -> None:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", type=Path)
    parser.add_argument("checkpoints", type=Path, nargs="+")
    parser.add_argument("--scale", type=float, default=1.0, help="what the log odds of flood water are multiplied with")
    parser.add_argument("--lower", type=float, default=0.0, help="what is then taken off them")
    options = parser.parse_args()
    torch.onnx.export(
        Probabilities([load(path) for path in options.checkpoints], options.scale, options.lower).eval(),
        (torch.zeros(1, 3, 320, 448),),
        str(options.target),
        input_names=["image"],
        output_names=["cells"],
        dynamic_axes={"image": {2: "height", 3: "width"}, "cells": {2: "rows", 3: "columns"}},
        opset_version=17,
        dynamo=False,
    )
    graph = onnx.load(str(options.target))
    store_half(graph)
    onnx.checker.check_model(graph)
    onnx.save(graph, str(options.target))
    print(f'sha256 = "{sha256(options.target)}"')


if __name__ == "__main__":
    main()
