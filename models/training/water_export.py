"""Writes the trained water network as ONNX, its outputs as probabilities.

python -m models.training.water_export WORK/water.pt models/weights/water.onnx --coco DATA/weights/yolo11n_coco.pt
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import nn

from models.training.common import sha256
from models.training.water_net import WaterNet, from_coco


class Probabilities(nn.Module):
    """The network with the logistic function at its end."""

    def __init__(self, net: WaterNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Probabilities of each cell, (1, 2, H/16, W/16)."""
        return torch.sigmoid(self.net(x))


def main() -> None:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--coco", type=Path, required=True)
    options = parser.parse_args()
    net = from_coco(options.coco)
    net.load_state_dict(torch.load(options.checkpoint, weights_only=True))
    net.eval()
    torch.onnx.export(
        Probabilities(net).eval(),
        (torch.zeros(1, 3, 320, 448),),
        str(options.target),
        input_names=["image"],
        output_names=["cells"],
        dynamic_axes={"image": {2: "height", 3: "width"}, "cells": {2: "rows", 3: "columns"}},
        opset_version=17,
        dynamo=False,
    )
    print(f'sha256 = "{sha256(options.target)}"')


if __name__ == "__main__":
    main()
