"""Which pictures the fire detector is trained on, and which are held back.

The division was made once, before any training: whole clips of `abonia`, a whole view of `dfire_negatives` with its sunsets,
all of `fire/videos`, and whole street cameras are held back.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from models.training.common import Boxes, Image, duration, frames_at, read_image, sha256

FIRE, SMOKE = 0, 1
LABELS = ("fire", "smoke")
TEST_CLIPS = frozenset(
    f"clip{n:03d}" for n in (8, 10, 13, 16, 20, 25, 39, 40, 64, 88, 103, 104)
)  # an explosion, smoke in a shop, a burning shop, two yards and an office without fire, trees behind a fire
TEST_GLARE = frozenset(
    f"AoF{n:05d}" for n in (0, 1, 2, 3, 11, 28, 35, 46, 57, 58, 60, 61, 63, 66, 72, 78, 83, 86, 89, 94, 98)
)  # the second view, the lamps at night, a low sun and half of the glare
TEST_CAMERAS = ("via_parque", "silveira_martins", "lombardi505", "brt_parque", "vinicius", "hanoi_junction_03",
                "hanoi_junction_07", "hanoi_junction_11", "hanoi_junction_14", "shanghai_b/images/test_")  # fmt: skip
"""Street pictures that other models hold back too."""
FOG = 0.6
"""Smoke boxes that cover more of the picture are left out: a picture that is all white is fog as well as smoke."""

NEGATIVE_PICTURES = (
    ("traffic/vn_scenes/*.jpg", 14),
    ("crowd/shanghai_b/images/*.jpg", 16),
    ("flood/octa_tiles/images/*.jpg", 73),
    ("flood/duyle/images/*", 60),
    ("parking/pklot/frames/*.jpg", 8),
    ("parking/pklot_backgrounds/*.jpg", 10),
    ("plates/openalpr_br/images/*", 40),
    ("plates/vn_greenparking/images/*", 60),
    ("fire/dfire_negatives/images/*", 58),
)
NEGATIVE_CLIPS = (
    ("traffic/videos/ahmetozlu_input_video.mp4", 12),
    ("traffic/videos/bgslibrary_video02.avi", 10),
    ("traffic/videos/intel_car-detection.mp4", 8),
    ("traffic/videos/vn_parked_motorbikes.mp4", 14),
    ("crowd/videos/opencv4nodejs_people.mp4", 8),
    ("parking/videos/nasrfathy_parking.mp4", 12),
    ("waste/videos/tatq_dumping.mp4", 4),
)
"""Clips and how many frames of each; the other traffic, crowd, parking and flood clips are held back."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A picture: boxes (N, 4) in its pixels, classes (N,); `clean` where it shows neither fire nor smoke."""

    image: Image
    boxes: Boxes
    classes: npt.NDArray[np.int64]

    @property
    def clean(self) -> bool:
        """Whether something may be painted in without hiding what is labelled."""
        return not len(self.boxes)


def labelled_files(data: Path, *, held_back: bool) -> list[Path]:
    """The pictures of `abonia` that are trained on, or those held back."""
    with (data / "fire/abonia/clips.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    return sorted(data / "fire" / row["image"] for row in rows if (row["clip"] in TEST_CLIPS) == held_back)


def read_labels(picture: Path, width: int, height: int) -> tuple[Boxes, npt.NDArray[np.int64]]:
    """Boxes in pixels and classes of a picture in YOLO's folders."""
    text = (picture.parent.parent / "labels" / f"{picture.stem}.txt").read_text()
    rows = np.array([line.split()[:5] for line in text.splitlines() if line.strip()], np.float32).reshape(-1, 5)
    size = np.array([width, height], np.float32)
    centre, half = rows[:, 1:3] * size, rows[:, 3:5] * size / 2
    return np.concatenate([centre - half, centre + half], axis=1), rows[:, 0].astype(np.int64)


def load_labelled(data: Path) -> Iterator[tuple[Path, Source]]:
    """The training pictures of `abonia`, without those whose smoke fills them."""
    for path in labelled_files(data, held_back=False):
        image = read_image(path)
        height, width = image.shape[:2]
        boxes, classes = read_labels(path, width, height)
        share = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1) / (width * height)
        if not bool(((classes == SMOKE) & (share > FOG)).any()):
            yield path, Source(image=image, boxes=boxes, classes=classes)


def negative_files(data: Path) -> list[Path]:
    """Street pictures and glare without fire that are trained on, at most as many of each folder as the table says."""
    found: list[Path] = []
    for pattern, count in NEGATIVE_PICTURES:
        files = [p for p in sorted(data.glob(pattern)) if p.stem not in TEST_GLARE and _trained(p)]
        found += [files[i] for i in np.unique(np.linspace(0, len(files) - 1, min(count, len(files))).astype(int))]
    return found


def _trained(path: Path) -> bool:
    return not any(part in str(path) for part in TEST_CAMERAS)


def load_negatives(data: Path) -> Iterator[tuple[Path, Source]]:
    """Pictures and frames of clips without fire or smoke."""
    none = np.zeros((0, 4), np.float32), np.zeros(0, np.int64)
    for path in negative_files(data):
        yield path, Source(image=read_image(path), boxes=none[0], classes=none[1])
    for name, count in NEGATIVE_CLIPS:
        path = data / name
        moments = np.linspace(0.02, 0.97, count) * duration(path)
        for _, frame in frames_at(path, moments.tolist()):
            yield path, Source(image=frame, boxes=none[0], classes=none[1])


def training_list(data: Path) -> list[str]:
    """SHA-256 of every file that is trained on, sorted."""
    files = [*(path for path, _ in load_labelled(data)), *negative_files(data), *(data / name for name, _ in NEGATIVE_CLIPS)]
    return sorted({sha256(path) for path in files})
