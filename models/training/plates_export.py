"""Calibrates and exports the trained plate networks to ONNX, lists what they were trained on, prints manifest values.

    python -m models.training.plates_export reader runs/plates_reader/best.pt models/weights/plate_reader.onnx \
        --real real.npz
    python -m models.training.plates_export finder runs/plates_finder/best.pt models/weights/plate_finder.onnx \
        --data ../shared/data
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional
from ultralytics import YOLO
from ultralytics.nn.tasks import DetectionModel

from models.training.common import sha256
from models.training.plates_finder import CHOOSING, HELD_OUT
from models.training.plates_pictures import load_backgrounds, load_labelled
from models.training.plates_reader import Crops, window
from models.training.plates_reader_net import CLASSES, HEIGHT, WIDTH, PlateReaderNet
from models.training.plates_streets import sources
from models.training.street_model import blend, export_onnx, save_checkpoint


def temperature(net: PlateReaderNet, crops: Crops) -> float:
    """The factor that the logits are divided by for the least cross entropy on crops that were not trained on.

    Temperature scaling after Guo et al. 2017 (arXiv 1706.04599), by search over a grid of 0.5 to 4.
    """
    net.eval()
    with torch.no_grad():
        x = torch.from_numpy(np.stack([window(c, None) for c in crops.crops]))[:, None].float()
        logits = torch.cat([net(part)[..., :CLASSES] for part in x.split(64)]).flatten(0, 1)
    target = torch.from_numpy(crops.classes).flatten()
    grid = np.exp(np.linspace(np.log(0.3), np.log(4), 80))
    losses = [float(functional.cross_entropy(logits / float(t), target)) for t in grid]
    return float(grid[int(np.argmin(losses))])


def export_reader(checkpoint: Path, target: Path, real: Path, given: float | None = None) -> None:
    """Write the reader as ONNX with its temperature folded into the last layer, and its list of training files.

    ``given`` is the temperature of the run before, for a checkpoint that was trained on the choosing fold too.
    """
    torch.set_num_threads(1)
    net = PlateReaderNet()
    net.load_state_dict(torch.load(checkpoint, weights_only=True))
    stored = np.load(real)
    folds = stored["folds"]
    choosing = folds == CHOOSING
    crops = Crops(stored["crops"][choosing], stored["texts"][choosing], stored["uppers"][choosing])
    factor = temperature(net, crops) if given is None else given
    with torch.no_grad():
        net.head.weight[:CLASSES] /= factor
        net.head.bias[:CLASSES] /= factor
    net.eval()
    torch.onnx.export(
        net,
        (torch.zeros(2, 1, HEIGHT, WIDTH),),
        str(target),
        input_names=["crops"],
        output_names=["slots"],
        dynamic_axes={"crops": {0: "n"}, "slots": {0: "n"}},
        opset_version=17,
        dynamo=False,
    )
    _list(target, [str(d) for d in stored["digests"][(folds != HELD_OUT) & ((folds != CHOOSING) | (given is not None))]])
    print(f"temperature {factor:.3f}")


def blend_readers(start: Path, tuned: Path, share: float) -> Path:
    """Write the weights at ``share`` of the way from one checkpoint to another beside the latter; return the file."""
    target = tuned.with_name(f"blend{share}.pt")
    old, new = (torch.load(path, weights_only=True) for path in (start, tuned))
    torch.save({k: torch.lerp(old[k], v, share) if v.is_floating_point() else v for k, v in new.items()}, target)
    return target


def blend_finders(start: Path, tuned: Path, share: float) -> Path:
    """Write the weights at ``share`` of the way from one checkpoint to another beside the latter; return the file."""
    target = tuned.with_name(f"blend{share}.pt")
    models: list[DetectionModel] = [YOLO(str(path)).model.float() for path in (start, tuned)]
    save_checkpoint(blend(models[0], models[1], share), target)
    return target


def export_finder(checkpoint: Path, target: Path, data: Path, lower: float = 0.0) -> None:
    """Write the finder as ONNX of free size, and its list of training files.

    ``lower`` logits are taken off the scores, so that the product's threshold of 0.5 is the one that was chosen.
    """
    export_onnx(checkpoint, target, lower=lower)
    trained = [item.path for item in load_labelled(data, frozenset(range(5)) - {CHOOSING, HELD_OUT})]
    _list(target, [sha256(path) for path in [*trained, *load_backgrounds(data), *sources(data, held_back=False)]])


def _list(target: Path, digests: list[str]) -> None:
    listed = target.parent.parent / "cards" / f"{target.stem}.training.txt"
    listed.parent.mkdir(parents=True, exist_ok=True)
    listed.write_text("".join(f"{digest}\n" for digest in sorted(set(digests))))
    print(f"{target} sha256 {sha256(target)}, {target.stat().st_size} bytes; {len(set(digests))} files in {listed}")


def main() -> None:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["reader", "finder"])
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--real", type=Path, help="real crops, as the reader was trained on")
    parser.add_argument("--temperature", type=float, help="of the run before, if this one was trained on all but fold 0")
    parser.add_argument("--blend", type=Path, help="a checkpoint to blend with")
    parser.add_argument("--share", type=float, default=0.6, help="how far the blend is from that one, 0..1")
    parser.add_argument("--lower", type=float, default=0.0, help="logits to take off the finder's scores")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    options = parser.parse_args()
    checkpoint = options.checkpoint
    if options.blend is not None:
        blended = blend_readers if options.what == "reader" else blend_finders
        checkpoint = blended(options.blend, checkpoint, options.share)
    if options.what == "reader":
        export_reader(checkpoint, options.target, options.real, options.temperature)
    else:
        export_finder(checkpoint, options.target, options.data, options.lower)


if __name__ == "__main__":
    main()
