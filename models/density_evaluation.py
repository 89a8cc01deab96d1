"""The task ``crowd``: people counted by the density network on pictures whose heads, or numbers of people, are known.

``points.csv`` has ``image,x,y`` of each head in pixels and ``counts.csv`` ``image,count``; either is enough. With ``tiles``
the boxes of the street detector, and the count that the product makes of both, are judged as well.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ioc.core.crowd import CrowdMap
from ioc.core.crowd_count import head_count
from ioc.core.errors import InputError, ModelError
from ioc.core.types import WHOLE_PICTURE
from models.datasets import refuse_overlap
from models.density_catalog import DENSITY, open_density
from models.evaluation import Breakdown, Figure, Options, Report
from models.looking import USUAL, open_detector
from models.manifest import find_model
from models.pictures import read_picture
from models.sheet import Mistake, write_sheet
from models.street_counts import read_points
from models.tables import read_rows

STREET: Final = "street"
BANDS: Final = ((0, 0), (1, 10), (11, 30), (31, 100), (101, 1_000_000))
"""Numbers of people that are told apart in the report."""


@dataclass(frozen=True, slots=True)
class Counted:
    """One picture: how many people it shows, and what was said."""

    image: Path
    people: int
    density: float
    boxes: int | None
    together: float | None
    wall: float
    cpu: float

    @property
    def said(self) -> float:
        """What the product would say, as far as it was asked."""
        return self.density if self.together is None else self.together


def read_counts(root: Path) -> dict[Path, int]:
    """People by picture, sorted. Raises :class:`InputError` naming file and line."""
    if (root / "points.csv").is_file():
        return {image: len(heads) for image, heads in read_points(root).items()}
    table, found = root / "counts.csv", {}
    if not table.is_file():
        raise InputError(f"{root}: holds neither points.csv nor counts.csv")
    for number, row in read_rows(table, ("image", "count")):
        image = root / row["image"]
        if not row["count"].isdecimal():
            raise InputError(f"{table}:{number}: count must be a whole number from 0 on, got {row['count']!r}")
        if image in found:
            raise InputError(f"{table}:{number}: {row['image']} is counted twice")
        found[image] = int(row["count"])
    if not found:
        raise InputError(f"{table}: names no picture")
    return dict(sorted(found.items()))


def evaluate(root: Path, options: Options) -> Report:
    """How far off the counts are. Raises InputError for data that does not fit, ModelError for a model."""
    truth = read_counts(root)
    entry = find_model(DENSITY, options.overrides, path=options.manifest)
    refuse_overlap(list(truth), entry.training, DENSITY)
    if options.tiles > 1:
        refuse_overlap(list(truth), find_model(STREET, options.overrides, path=options.manifest).training, STREET)
    counted = _look(truth, options)
    people, density = (np.array([getattr(c, name) for c in counted], np.float64) for name in ("people", "density"))
    figures: dict[str, Figure] = {"pictures": len(counted), "people": int(people.sum()), **_off("", people, density)}
    if options.tiles > 1:
        figures |= _off("boxes_", people, np.array([c.boxes for c in counted], np.float64))
        figures |= _off("together_", people, np.array([c.together for c in counted], np.float64))
    figures |= _timing(counted)
    if options.sheet is not None:
        figures["mistakes_on_sheet"] = write_sheet(
            options.sheet, [_mistake(c) for c in counted if abs(c.said - c.people) >= 1]
        )
    rows = tuple((c.image.name, c.people, _short(c.density), c.boxes, _short(c.together)) for c in counted)
    tables = (_bands(counted), Breakdown("pictures", ("picture", "people", "density", "boxes", "together"), rows))
    return Report(task="crowd", dataset=root, model=_names(options), figures=figures, breakdowns=tables)


def _look(truth: Mapping[Path, int], options: Options) -> list[Counted]:
    counter = open_density(
        options.overrides,
        size=options.size,
        threads=options.threads,
        providers=options.providers or None,
        manifest=options.manifest,
    )
    detector = (
        open_detector(options, USUAL if options.confidence is None else options.confidence) if options.tiles > 1 else None
    )
    counted = []
    for path, people in options.progress(list(truth.items()), "crowd"):
        image = read_picture(path)
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            cells = counter.look(image)
            wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
            boxes = [d.box for d in detector.detect(image) if d.label == "person"] if detector else None
        except (ModelError, InputError) as error:
            raise type(error)(f"{path}: {error}") from error
        together = None if boxes is None else head_count(boxes, CrowdMap(at=0.0, cells=cells), WHOLE_PICTURE).people
        counted.append(Counted(path, people, float(cells.sum()), None if boxes is None else len(boxes), together, wall, cpu))
    return counted


def _off(who: str, people: NDArray[np.float64], said: NDArray[np.float64]) -> dict[str, Figure]:
    """Mean absolute error in people, mean of the errors as parts of the true number, and bias in people."""
    error, some = said - people, people > 0
    return {
        f"{who}mean_absolute_error": float(np.abs(error).mean()),
        f"{who}mean_relative_error": float((np.abs(error[some]) / people[some]).mean()) if some.any() else None,
        f"{who}bias": float(error.mean()),
    }


def _bands(counted: Sequence[Counted]) -> Breakdown:
    rows: list[tuple[Figure, ...]] = []
    for low, high in BANDS:
        inside = [c for c in counted if low <= c.people <= high]
        if inside:
            off = float(np.mean([abs(c.said - c.people) for c in inside]))
            rows.append((_band(low, high), len(inside), off, float(np.mean([c.said - c.people for c in inside]))))
    return Breakdown("by number of people", ("people", "pictures", "mean absolute error", "bias"), tuple(rows))


def _band(low: int, high: int) -> str:
    if low == high:
        return str(low)
    return f"{low} and more" if (low, high) == BANDS[-1] else f"{low} to {high}"


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _mistake(c: Counted) -> Mistake:
    caption = f"{c.said:.1f} for {c.people} {c.image.name}"
    return Mistake(c.image, (0, 0, 1, 1), "missed" if c.said < c.people else "false", caption, abs(c.said - c.people))


def _timing(counted: Sequence[Counted]) -> dict[str, Figure]:
    """Median milliseconds of the density network; the first look warms up and is left out where there are more."""
    rest = counted[1:] or counted
    return {
        "ms_per_picture": round(median(c.wall for c in rest) * 1e3, 2),
        "cpu_ms_per_picture": round(median(c.cpu for c in rest) * 1e3, 2),
    }


def _names(options: Options) -> dict[str, str]:
    entry = find_model(DENSITY, options.overrides, path=options.manifest)
    known = "known" if entry.training is not None else "unknown: an overlap cannot be seen"
    return {
        "name": DENSITY,
        "file": entry.file.name,
        "sha256": entry.sha256 or "not given",
        "size": str(options.size or max(entry.input)),
        "tiles": str(options.tiles),
        "threads": str(options.threads),
        "training pictures": known,
    }
