"""Makes the reader's training crops: rendered plates and the real crops of a data folder, as one .npz of grey pictures.

    python -m models.training.plates_crops rendered OUT.npz --count 40000 --seed 1
    python -m models.training.plates_crops real OUT.npz --data ../shared/data/plates
    python -m models.training.plates_crops sheet OUT.png --seed 1

A crop is stored with a margin around the plate (``MARGIN`` of its size on each side), stretched to ``STORED``; training
cuts a jittered window out of it, as a finder's box would.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ioc.core.plates import classify, upper_length
from models.training import plates_camera as camera
from models.training.plates_render import render_plate
from models.training.plates_text import PlateText, draw_text

STORED = (80, 160)
"""Height and width of a stored crop in pixels."""
MARGIN = 0.125
"""Margin on each side as a fraction of the plate's width or height: 64 x 128 of 80 x 160 are plate."""

Picture = NDArray[np.uint8]


def rendered_crop(plate: PlateText, rng: np.random.Generator) -> Picture:
    """One plate as a camera saw it, uint8 (80, 160, 3) BGR, its bounding box at ``MARGIN`` from the borders."""
    front, alpha = render_plate(plate, rng)
    front = camera.soil(front, rng)
    one_line = len(plate.rows) == 1
    # How many pixels the camera gave the plate; 16 px of height is where reading ends.
    rows = float(np.exp(rng.uniform(np.log(15), np.log(64)))) * (1.0 if one_line else 1.6)
    oblique = 1.8 if rng.random() < 0.3 else 1.0
    quad = camera.view(round(rows * front.shape[1] / front.shape[0]), round(rows), rng, oblique)
    low, high = quad.min(0), quad.max(0)
    pad = (high - low) * MARGIN / (1 - 2 * MARGIN) + 1
    quad = quad - low + pad
    width, height = (int(v) for v in np.ceil(high - low + 2 * pad))
    ground = camera.clutter(width, height, rng)
    seen = camera.place(*_nearer(front, alpha, rows), quad, ground)
    if rng.random() < 0.3:
        seen = camera.drag(seen, rng, rows)
    seen = camera.jpeg(camera.lens(camera.light(seen, rng), rng, strength=min(1.6, rows / 24)), rng)
    return stored(seen)


def _nearer(front: Picture, alpha: NDArray[np.float32], rows: float) -> tuple[Picture, NDArray[np.float32]]:
    """The front view brought near the seen size, so that the warp does not alias."""
    if rows * 1.3 >= front.shape[0]:
        return front, alpha
    size = (round(front.shape[1] * rows * 1.3 / front.shape[0]), round(rows * 1.3))
    near = cv2.resize(front, size, interpolation=cv2.INTER_AREA)
    return np.asarray(near, np.uint8), np.asarray(cv2.resize(alpha, size, interpolation=cv2.INTER_AREA), np.float32)


def stored(picture: Picture) -> Picture:
    """A crop stretched to the stored size."""
    larger = picture.shape[1] > STORED[1]
    how = cv2.INTER_AREA if larger else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, STORED[::-1], interpolation=how), np.uint8)


def cut(picture: Picture, box: tuple[float, float, float, float]) -> Picture:
    """The box (x1, y1, x2, y2 in pixels) of a picture with the margin around, borders repeated."""
    w, h = box[2] - box[0], box[3] - box[1]
    grow = MARGIN / (1 - 2 * MARGIN)
    x1, x2 = round(box[0] - grow * w), round(box[2] + grow * w)
    y1, y2 = round(box[1] - grow * h), round(box[3] + grow * h)
    left, top = max(0, -x1), max(0, -y1)
    right, bottom = max(0, x2 - picture.shape[1]), max(0, y2 - picture.shape[0])
    inner = picture[max(0, y1) : max(0, y2), max(0, x1) : max(0, x2)]
    padded = cv2.copyMakeBorder(inner, top, bottom, left, right, cv2.BORDER_REPLICATE)
    return stored(np.asarray(padded, np.uint8))


def real_crops(data: Path) -> dict[str, NDArray[np.generic]]:
    """All labelled crops of a folder in the format of ``plates/texts.csv``, one row per plate.

    ``uppers`` counts the characters in the upper line: 0 on one-line plates, -1 where the label does not tell.
    """
    rows: list[tuple[Picture, str, int, int, str, str]] = []
    with (data / "texts.csv").open(encoding="utf-8", newline="") as file:
        for record in csv.DictReader(file):
            if record["check"] == "uncertain":
                continue
            path = data / record["image"]
            picture = cv2.imread(str(path))
            if picture is None:
                raise ValueError(f"{path} cannot be read as a picture")
            h, w = picture.shape[:2]
            corners = record["boxes_xyxy"] if record["is_crop"] == "0" else f"0,0,{w},{h}"
            x1, y1, x2, y2 = (float(v) for v in corners.split(","))
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            text, fold, lines = record["text"], int(record["cv_fold"]), int(record["lines"])
            upper = _upper(text, lines, record["vehicle"])
            rows.append((cut(np.asarray(picture, np.uint8), (x1, y1, x2, y2)), text, fold, upper, record["image"], digest))
    crops, texts, folds, uppers, names, digests = zip(*rows, strict=True)
    return {
        "crops": np.stack([cv2.cvtColor(c, cv2.COLOR_BGR2GRAY) for c in crops]),
        "texts": np.array(texts),
        "folds": np.array(folds),
        "uppers": np.array(uppers),
        "names": np.array(names),
        "digests": np.array(digests),
    }


def _upper(text: str, lines: int, vehicle: str) -> int:
    """Characters in the upper line; 0 on one-line plates, -1 where the label does not tell."""
    if lines == 1:
        return 0
    match = classify(text, motorcycle={"motorbike": True, "car": False}.get(vehicle))
    lengths = {upper_length(match.text, name) for name in match.candidates}
    return lengths.pop() or -1 if len(lengths) == 1 else -1


def rendered_crops(count: int, seed: int) -> dict[str, NDArray[np.generic]]:
    """``count`` rendered crops; the same seed gives the same pictures."""
    rng = np.random.default_rng(seed)
    crops = np.empty((count, *STORED), np.uint8)
    texts: list[str] = []
    uppers = np.empty(count, np.int64)
    for i in range(count):
        plate = draw_text(rng)
        crops[i] = cv2.cvtColor(rendered_crop(plate, rng), cv2.COLOR_BGR2GRAY)
        texts.append(plate.text)
        uppers[i] = plate.upper
    return {"crops": crops, "texts": np.array(texts), "uppers": uppers}


def sheet(seed: int, columns: int = 8, rows: int = 12) -> Picture:
    """A contact sheet of rendered crops, to be looked at beside real ones."""
    rng = np.random.default_rng(seed)
    crops = [rendered_crop(draw_text(rng), rng) for _ in range(columns * rows)]
    return np.vstack([np.hstack(crops[i * columns : (i + 1) * columns]) for i in range(rows)])


def main() -> None:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["rendered", "real", "sheet"])
    parser.add_argument("out", type=Path)
    parser.add_argument("--count", type=int, default=40000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/plates"))
    options = parser.parse_args()
    if options.what == "sheet":
        cv2.imwrite(str(options.out), sheet(options.seed))
        return
    made = real_crops(options.data) if options.what == "real" else rendered_crops(options.count, options.seed)
    np.savez(options.out, **made)  # type: ignore[arg-type] # numpy's stub takes the first keyword for allow_pickle
    print(f"{len(made['texts'])} crops in {options.out}")


if __name__ == "__main__":
    main()
