"""The street network: YOLO11n with a head of six classes, and its export to ONNX.

YOLO11 is described in Khanam and Hussain, "YOLOv11: An Overview of the Key Architectural Enhancements" (2024); the
implementation is that of the `ultralytics` package.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn
from ultralytics import YOLO
from ultralytics.nn.tasks import DetectionModel

LABELS = ("person", "bicycle", "motorcycle", "car", "bus", "truck")
"""Class names in the order of the network's score rows; they are COCO's names."""


def six_class_model(weights: Path) -> DetectionModel:
    """Return YOLO11n with the score rows of `LABELS` copied from the COCO head, so that nothing is lost at the start.

    The branch before the last convolution stays as wide as COCO's 80 classes made it. A file that already has exactly
    the six classes is returned as it is.

    Raises:
        ValueError: The weights lack one of the classes.
    """
    model: DetectionModel = YOLO(str(weights)).model.float()
    names = {name: row for row, name in model.names.items()}
    missing = [label for label in LABELS if label not in names]
    if missing:
        raise ValueError(f"{weights}: the weights know no class {', '.join(missing)}")
    rows = [names[label] for label in LABELS]
    head = model.model[-1]
    for branch in head.cv3:
        old = branch[-1]
        new = nn.Conv2d(old.in_channels, len(LABELS), 1)
        with torch.no_grad():
            new.weight.copy_(old.weight[rows])
            new.bias.copy_(old.bias[rows])
        branch[-1] = new
    head.nc = len(LABELS)
    head.no = head.nc + 4 * head.reg_max
    model.names = dict(enumerate(LABELS))
    model.nc = model.yaml["nc"] = len(LABELS)
    for parameter in model.parameters():
        parameter.requires_grad = True
    return model


def blend(start: DetectionModel, tuned: DetectionModel, share: float) -> DetectionModel:
    """Return `tuned` with its weights moved back to `share` of the way from `start`, 0..1.

    The mean keeps more of what the start knows of scenes that the fine-tuning lacked (Wortsman et al., "Robust fine-tuning
    of zero-shot models", CVPR 2022).
    """
    old, new = start.state_dict(), tuned.state_dict()
    mixed = {k: torch.lerp(old[k], new[k], share) if new[k].is_floating_point() else new[k] for k in new}
    tuned.load_state_dict(mixed)
    return tuned


def save_checkpoint(model: DetectionModel, path: Path) -> None:
    """Write `model` in the form that `ultralytics.YOLO` loads."""
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save({"model": model, "train_args": {}}, path)


def lower_scores(model: DetectionModel, logits: float) -> None:
    """Take `logits` off every class score, so that the product's threshold of 0.25 falls where precision is wanted."""
    for branch in model.model[-1].cv3:
        with torch.no_grad():
            branch[-1].bias -= logits


def export_onnx(checkpoint: Path, target: Path, *, lower: float = 0.0, half: bool = True) -> Path:
    """Write the network as ONNX with input `images` (B, 3, H, W) and output `output0` (B, 4 + 6, N).

    Batch, height and width are free; height and width must be multiples of 32. Input is RGB in 0..1; a row of the
    output is cx, cy, w, h in pixels of the input and six scores in 0..1, before non-maximum suppression. With `half`
    the weights are stored as float16 and cast once when the session is made, which halves the file; all arithmetic
    stays float32.
    """
    network = YOLO(str(checkpoint))
    lower_scores(network.model, lower)
    written = Path(network.export(format="onnx", dynamic=True, simplify=True, opset=17, imgsz=640))
    graph = onnx.load(str(written))
    written.unlink()
    if half:
        store_half(graph)
    onnx.checker.check_model(graph)
    target.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(graph, str(target))
    return target


def store_half(proto: onnx.ModelProto) -> None:
    """Turn each large float32 initialiser into float16 with a Cast; the runtime folds the casts at load time."""
    kept, casts = [], []
    for tensor in proto.graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT or np.prod(tensor.dims) < 256:
            kept.append(tensor)
            continue
        half = numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), tensor.name + "_f16")
        kept.append(half)
        casts.append(onnx.helper.make_node("Cast", [half.name], [tensor.name], to=onnx.TensorProto.FLOAT))
    del proto.graph.initializer[:]
    proto.graph.initializer.extend(kept)
    nodes = list(proto.graph.node)
    del proto.graph.node[:]
    proto.graph.node.extend(casts + nodes)


def main() -> None:
    """Make the six-class start, blend a checkpoint with it, or export a checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path, help="COCO weights, or a checkpoint of six classes")
    parser.add_argument("target", type=Path, help="a .pt to write the start, or a .onnx to export")
    parser.add_argument("--tuned", type=Path, help="a checkpoint to blend with the start before writing a .pt")
    parser.add_argument("--share", type=float, default=0.7, help="how far the blend is from the start, 0..1")
    parser.add_argument("--lower", type=float, default=0.0, help="logits to take off the scores of an exported file")
    arguments = parser.parse_args()
    if arguments.target.suffix == ".onnx":
        export_onnx(arguments.checkpoint, arguments.target, lower=arguments.lower)
        return
    model = six_class_model(arguments.checkpoint)
    if arguments.tuned is not None:
        model = blend(model, six_class_model(arguments.tuned), arguments.share)
    save_checkpoint(model, arguments.target)


if __name__ == "__main__":
    main()
