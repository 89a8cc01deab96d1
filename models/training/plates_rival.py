"""What a generic reader makes of the same crops: PP-OCRv4 as the package `rapidocr-onnxruntime` ships it.

    pip install rapidocr-onnxruntime   # in an environment of its own
    PYTHONPATH=. python models/training/plates_rival.py ../shared/data/plates --fold 0

Two-line plates are cut at the lightest row near the middle and their lines read one after the other, as the generic
recogniser reads one line; separators are dropped from its text and nothing else is changed.
"""

from __future__ import annotations

import argparse
import csv
import re
import time
from collections import defaultdict
from pathlib import Path
from statistics import median

import cv2
import numpy as np
from numpy.typing import NDArray
from rapidocr_onnxruntime import RapidOCR

Picture = NDArray[np.uint8]


def lines_of(crop: Picture, lines: int) -> list[Picture]:
    """The crop itself, or its two lines cut where a row near the middle holds the least ink."""
    if lines == 1:
        return [crop]
    grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY).astype(np.float32)
    height = len(grey)
    contrast = grey[:, grey.shape[1] // 8 : -grey.shape[1] // 8].std(axis=1)
    low, high = int(height * 0.38), int(height * 0.6)
    middle = low + int(np.argmin(contrast[low:high])) if high > low else height // 2
    return [crop[: middle + 1], crop[middle:]]


def main() -> None:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--fold", type=int, default=0)
    parser.add_argument("--margin", type=float, default=0.035)
    options = parser.parse_args()
    reader = RapidOCR(intra_op_num_threads=1, inter_op_num_threads=1)
    right: dict[str, list[bool]] = defaultdict(list)
    spent = []
    with (options.data / "texts.csv").open(encoding="utf-8", newline="") as file:
        rows = [r for r in csv.DictReader(file) if int(r["cv_fold"]) == options.fold and r["check"] != "uncertain"]
    for row in rows:
        image = np.asarray(cv2.imread(str(options.data / row["image"])), np.uint8)
        if row["is_crop"] == "0":
            x1, y1, x2, y2 = (float(v) for v in row["boxes_xyxy"].split(","))
            dx, dy = options.margin * (x2 - x1), options.margin * (y2 - y1)
            image = image[max(0, round(y1 - dy)) : round(y2 + dy), max(0, round(x1 - dx)) : round(x2 + dx)]
        start = time.process_time()
        said = [reader(part, use_det=False, use_cls=False)[0] for part in lines_of(image, int(row["lines"]))]
        spent.append(time.process_time() - start)
        text = "".join(re.sub(r"[^0-9A-ZĐ]", "", str(part[0][0]).upper()) for part in said if part)
        right[row["image"].split("/")[0]].append(text == row["text"])
    for name, hits in sorted(right.items()):
        print(f"{name}: exact {sum(hits) / len(hits):.4f} of {len(hits)}")
    print(f"median {median(spent) * 1e3:.1f} ms of processor time a plate")


if __name__ == "__main__":
    main()
