"""A detector looking at labelled pictures, timed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ioc.core.errors import InputError, ModelError
from ioc.core.ports import ObjectDetector
from ioc.core.types import Detection
from models.catalog import open_street
from models.evaluation import Figure, Options
from models.manifest import ModelEntry
from models.tiles import TiledDetector

USUAL: Final = 0.25
"""Confidence from which the product takes a detection."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the detector gave for one picture."""

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    labels: tuple[str, ...]
    wall: float
    """Seconds for pre-processing, network and post-processing."""
    cpu: float
    """The same in seconds of processor time."""


def describe(entry: ModelEntry, options: Options) -> dict[str, str]:
    """What was evaluated, for the report."""
    known = "known" if entry.training is not None else "unknown: an overlap cannot be seen"
    size = str(options.size or max(entry.input))
    return {
        "name": entry.name,
        "file": entry.file.name,
        "sha256": entry.sha256 or "not given",
        "size": size,
        "tiles": str(options.tiles),
        "threads": str(options.threads),
        "training pictures": known,
    }


def open_detector(options: Options, confidence: float) -> ObjectDetector:
    """The street detector as the options want it."""
    detector = open_street(
        options.overrides,
        size=options.size,
        threads=options.threads,
        providers=options.providers or None,
        confidence=confidence,
        manifest=options.manifest,
    )
    if options.tiles < 1:
        raise ModelError(f"tiles must be at least 1, got {options.tiles}")
    return detector if options.tiles == 1 else TiledDetector(detector, k=options.tiles)


def look(detector: ObjectDetector, image: NDArray[np.uint8], path: Path) -> Seen:
    """Run the detector on one picture, timed. Errors name ``path``."""
    wall, cpu = time.perf_counter(), time.process_time()
    try:
        found: list[Detection] = detector.detect(image)
    except (ModelError, InputError) as error:
        raise type(error)(f"{path}: {error}") from error
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    boxes = np.array([(d.box.x1, d.box.y1, d.box.x2, d.box.y2) for d in found], np.float32).reshape(-1, 4)
    return Seen(boxes, np.array([d.confidence for d in found], np.float32), tuple(d.label for d in found), wall, cpu)


def timing(seen: Sequence[Seen]) -> dict[str, Figure]:
    """Median milliseconds per picture; the first picture warms up and is left out where there are more."""
    rest = seen[1:] or seen
    return {
        "ms_per_picture": round(median(s.wall for s in rest) * 1e3, 2),
        "cpu_ms_per_picture": round(median(s.cpu for s in rest) * 1e3, 2),
    }
