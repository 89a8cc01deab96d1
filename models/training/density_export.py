"""Writes trained density networks as one ONNX file, weights stored as float16, and the list of their training files.

    python -m models.training.density_export WORK/density.pt models/weights/density.onnx \\
        --coco DATA/weights/yolo11n_coco.pt --data DATA --teacher WORK/set --cuts WORK/cuts \\
        --list models/cards/density.training.txt

Several checkpoints are averaged weight by weight.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import onnx
import torch

from models.training.common import sha256
from models.training.density_net import from_coco
from models.training.density_pictures import load_marked, load_taught
from models.training.street_model import store_half


def main() -> None:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoints", type=Path, nargs="+")
    parser.add_argument("target", type=Path)
    parser.add_argument("--coco", type=Path, required=True)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--teacher", type=Path)
    parser.add_argument("--cuts", type=Path)
    parser.add_argument("--list", type=Path, help="where to write the SHA-256 of every training file")
    options = parser.parse_args()
    net = from_coco(options.coco)
    states = [torch.load(path, weights_only=True) for path in options.checkpoints]
    net.load_state_dict({key: torch.stack([s[key].float() for s in states]).mean(dim=0) for key in states[0]})
    net.eval()
    torch.onnx.export(
        net,
        (torch.zeros(1, 3, 384, 640),),
        str(options.target),
        input_names=["image"],
        output_names=["people"],
        dynamic_axes={"image": {2: "height", 3: "width"}, "people": {2: "rows", 3: "columns"}},
        opset_version=17,
        dynamo=False,
    )
    graph = onnx.load(str(options.target))
    store_half(graph)
    onnx.save(graph, str(options.target))
    print(f"{options.target}: {options.target.stat().st_size} bytes, SHA-256 {sha256(options.target)}")
    if options.list is not None:
        names = {example.source for example in load_taught(options.teacher)}
        for validation in (False, True):  # what chose settings is no test either
            names |= {example.source for example in load_marked(options.data, options.teacher, validation=validation)}
        digests = {sha256(options.data / name) for name in names}
        digests |= set((options.cuts / "training.txt").read_text(encoding="utf-8").split())
        options.list.write_text("".join(f"{digest}\n" for digest in sorted(digests)), encoding="utf-8")
        print(f"{options.list}: {len(digests)} files")


if __name__ == "__main__":
    main()
