"""Cuts people out of the training pictures, for the made crowds of the density network.

    python -m models.training.density_cutouts DATA WORK/set WORK/cuts

reads the teacher's boxes that ``street_labels`` wrote and gives WORK/cuts/*.png (BGR and a soft mask), WORK/cuts/index.json
(middle and size of each head, in pixels of its cut-out) and WORK/cuts/training.txt. The body's mask and the place of the
head come from MediaPipe's pose model (``pip install mediapipe==0.10.9``, the model is part of the package); where a person
marked the head, that mark stands.
"""

from __future__ import annotations

import argparse
import json
from importlib import import_module
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from models.training.common import Image, read_image, sha256
from models.training.density_pictures import HELD_BACK, VALIDATION, marked

SURE = 0.4
"""Score of the teacher from which a person is cut out."""
LEAST = (24, 56)
"""(width, height) of the smallest box that is worth it, in pixels."""
TALLEST = 420
"""Cut-outs are stored no taller, in pixels."""
EARS, SHOULDERS, NOSE = (7, 8), (11, 12), 0
"""Numbers of the pose model's points."""


class Cutter:
    """Finds one person's outline and head in the surroundings of a box."""

    def __init__(self) -> None:
        mediapipe: Any = import_module("mediapipe")  # in an environment of its own: it wants an old protobuf
        self._pose: Any = mediapipe.solutions.pose.Pose(
            static_image_mode=True, model_complexity=1, enable_segmentation=True, min_detection_confidence=0.4
        )

    def cut(self, image: Image, box: npt.NDArray[np.float32], heads: npt.NDArray[np.float32]) -> tuple[Image, Any] | None:
        """The cut-out with its mask (H, W, 4), and [x, y, size] of its head; None where either is not found."""
        x1, y1, x2, y2 = (float(v) for v in box)
        wide, high = x2 - x1, y2 - y1
        left, top = max(0, int(x1 - 0.3 * wide)), max(0, int(y1 - 0.12 * high))
        right, low = min(image.shape[1], int(x2 + 0.3 * wide)), min(image.shape[0], int(y2 + 0.05 * high))
        part = image[top:low, left:right]
        zoom = max(1.0, 256 / max(part.shape[:2]))
        part = np.asarray(cv2.resize(part, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_CUBIC), np.uint8)
        seen = self._pose.process(part[..., ::-1].copy())
        if seen.pose_landmarks is None or seen.segmentation_mask is None:
            return None
        size = np.array((part.shape[1], part.shape[0]), np.float32)
        marks = np.array([(m.x, m.y, m.visibility) for m in seen.pose_landmarks.landmark], np.float32)
        ears, shoulders = marks[list(EARS), :2].mean(axis=0) * size, marks[list(SHOULDERS), :2].mean(axis=0) * size
        head = 0.5 * (ears + marks[NOSE, :2] * size)
        tall = 1.15 * float(np.hypot(*(shoulders - ears)))
        inner = (np.array((x1, y1, x2, y2)) - (left, top, left, top)) * zoom
        if not (inner[0] <= head[0] <= inner[2] and head[1] <= inner[1] + 0.45 * (inner[3] - inner[1])) or tall < 8:
            return None
        if marks[[NOSE, *SHOULDERS], 2].min() < 0.5 or not 0.08 < tall / (inner[3] - inner[1]) < 0.6:
            return None
        own = (heads - (left, top)) * zoom
        near = np.hypot(*(own - head).T) if len(own) else np.zeros(0)
        if len(near) and near.min() < 0.6 * tall:
            head = own[int(near.argmin())]
        mask = np.clip((np.asarray(seen.segmentation_mask, np.float32) - 0.35) / 0.45, 0, 1)
        edge = 0.06 * wide * zoom
        mask[:, : max(0, int(inner[0] - edge))] = mask[:, int(inner[2] + edge) :] = 0
        mask[: max(0, int(head[1] - tall))] = 0
        _, labels = cv2.connectedComponents((mask > 0.3).astype(np.uint8))
        kept = labels[int(np.clip(head[1] + 0.7 * tall, 0, size[1] - 1)), int(np.clip(head[0], 0, size[0] - 1))]
        if kept == 0:
            return None
        mask[labels != kept] = 0
        if mask.sum() < 1.2 * tall * tall:
            return None
        return _trim(part, mask, head, tall)


def _trim(part: Image, mask: npt.NDArray[np.float32], head: Any, tall: float) -> tuple[Image, Any]:
    """The part that the mask covers, no taller than :data:`TALLEST`."""
    rows, columns = np.flatnonzero(mask.max(axis=1) > 0.1), np.flatnonzero(mask.max(axis=0) > 0.1)
    y1, y2, x1, x2 = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    cut = np.dstack([part[y1:y2, x1:x2], (mask[y1:y2, x1:x2] * 255).astype(np.uint8)])
    scale = min(1.0, TALLEST / cut.shape[0])
    cut = np.asarray(cv2.resize(cut, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    return cut, [round(float(v), 1) for v in ((head[0] - x1) * scale, (head[1] - y1) * scale, tall * scale)]


def main() -> None:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("set", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    cutter, heads, index, digests = Cutter(), marked(options.data), [], set()
    for label in sorted((options.set / "labels").glob("*.json")):
        record = json.loads(label.read_text(encoding="utf-8"))
        name = record["file"]
        if any(part in name for part in HELD_BACK) or Path(name).name in VALIDATION:
            continue
        people = [row for row in record["objects"] if row[0] == 0 and row[5] >= SURE]
        people = [row for row in people if row[3] - row[1] >= LEAST[0] and row[4] - row[2] >= LEAST[1]]
        image = read_image(options.set / "frames" / f"{label.stem}.jpg") if people else None
        for number, row in enumerate(people):
            assert image is not None
            found = cutter.cut(image, np.array(row[1:5], np.float32), heads.get(name, np.zeros((0, 2), np.float32)))
            if found is None:
                continue
            file = f"{label.stem[:16]}{label.stem.partition('@')[2]}_{number}.png"
            cv2.imwrite(str(options.out / file), found[0])
            index.append({"file": file, "source": name, "head": found[1]})
            digests.add(sha256(options.data / name))
    (options.out / "index.json").write_text(json.dumps(index, indent=0), encoding="utf-8")
    (options.out / "training.txt").write_text("".join(f"{digest}\n" for digest in sorted(digests)), encoding="utf-8")
    print(f"{len(index)} people cut out of {len(digests)} files")


if __name__ == "__main__":
    main()
