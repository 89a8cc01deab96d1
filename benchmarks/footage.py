"""Clips and configurations made from the labelled development data, for benchmarks and tests on real footage."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np

from ioc.core.errors import InputError
from ioc.core.types import Point

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "data"
"""Where the development data lies: beside the checkout."""


@dataclass(frozen=True, slots=True)
class Bay:
    """A labelled parking space in one still."""

    id: str
    polygon: tuple[Point, ...]
    """Corners, 0..1 of the picture."""
    occupied: bool


@dataclass(frozen=True, slots=True)
class Still:
    """A labelled picture of a car park."""

    path: Path
    bays: tuple[Bay, ...]

    @property
    def occupied(self) -> frozenset[str]:
        """Ids of the bays with a car."""
        return frozenset(b.id for b in self.bays if b.occupied)


def stills(data: Path = DATA) -> list[Still]:
    """The PKLot stills in order of their names. Raises :class:`InputError` if the data is not there."""
    folder = data / "parking" / "pklot"
    table = folder / "spaces.csv"
    if not table.is_file():
        raise InputError(f"{table}: no such file; the development data lies beside the checkout")
    bays: dict[str, list[Bay]] = {}
    sizes: dict[str, tuple[int, int]] = {}
    with table.open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            name = row["frame"]
            if name not in sizes:
                height, width = read(folder / name).shape[:2]
                sizes[name] = (width, height)
            width, height = sizes[name]
            corners = [tuple(map(int, point.split(","))) for point in row["polygon"].split()]
            polygon = tuple((min(1.0, x / width), min(1.0, y / height)) for x, y in corners)
            bays.setdefault(name, []).append(Bay(f"bay-{row['space']}", polygon, row["occupied"] == "1"))
    return [Still(folder / name, tuple(found)) for name, found in sorted(bays.items())]


def read(path: Path) -> np.ndarray:
    """A picture as uint8 (H, W, 3) BGR. Raises :class:`InputError` naming the file."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise InputError(f"{path}: not a picture that can be read")
    return np.asarray(image, np.uint8)


def held(pictures: Sequence[tuple[Path, float]], fps: int, seed: int = 0) -> Iterator[np.ndarray]:
    """Each picture for its seconds, with the noise that a sensor would add, uint8 (H, W, 3) BGR."""
    for path, seconds in pictures:
        yield from grainy(read(path), round(seconds * fps), seed)


def grainy(image: np.ndarray, times: int, seed: int = 0) -> Iterator[np.ndarray]:
    """One picture so many times, each time with other noise of a sensor, uint8 (H, W, 3) BGR."""
    rng = np.random.default_rng(seed)
    # a few fields in turn look as random as one for each picture, and cost a tenth
    grain = np.repeat(np.round(rng.normal(0.0, 2.0, (7, *image.shape[:2], 1))).astype(np.int16), 3, axis=3)
    for i in range(times):
        yield cv2.add(image, grain[i % len(grain)], dtype=cv2.CV_8U)


def write_clip(path: Path, frames: Iterator[np.ndarray], fps: int) -> Path:
    """An H.264 file as a camera sends it: a key picture each second, no B-frames."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(
            "libx264", rate=fps, options={"preset": "veryfast", "crf": "20", "bf": "0", "g": str(fps)}
        )
        stream.pix_fmt = "yuv420p"
        for i, image in enumerate(frames):
            if i == 0:
                stream.height, stream.width = image.shape[:2]
            frame = av.VideoFrame.from_ndarray(image, format="bgr24")
            frame.pts = i
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def bays_config(url: str, bays: Sequence[Bay], *, dwell_s: float, look_size: int, rate: float) -> str:
    """A configuration in which every bay is a no-parking zone."""
    lines = [
        "site: {id: pklot}",
        "cameras:",
        "  - id: lot",
        f"    url: {url}",
        f"    look_size: {look_size}",
        f"    rate: {rate}",
        "    rules: {}",
        "    zones:",
    ]
    for bay in bays:
        polygon = ", ".join(f"[{x:.4f}, {y:.4f}]" for x, y in bay.polygon)
        lines += [
            f"      - id: {bay.id}",
            f"        polygon: [{polygon}]",
            f"        rules: {{parking: {{dwell_s: {dwell_s}}}}}",
        ]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class Counted:
    """People counted by eye at one moment of a clip."""

    video: Path
    at: float
    people: int
    uncertainty: int


def counted_moments(data: Path = DATA) -> list[Counted]:
    """The moments of the crowd clips at which somebody has counted. Raises :class:`InputError` if the data is not there."""
    folder = data / "crowd" / "videos"
    table = folder / "events.csv"
    if not table.is_file():
        raise InputError(f"{table}: no such file; the development data lies beside the checkout")
    with table.open(encoding="utf-8", newline="") as rows:
        return [
            Counted(folder / r["video"], float(r["start_s"]), int(r["count"]), int(r["uncertainty"].lstrip("+-") or 0))
            for r in csv.DictReader(rows)
            if r["kind"] == "people_count"
        ]
