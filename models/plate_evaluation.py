"""The tasks ``plates-find``, ``plates-read`` and ``plates`` (finder and reader together on whole pictures)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ioc.core.errors import InputError
from ioc.core.types import Box, Detection
from models.datasets import refuse_overlap
from models.evaluation import Breakdown, Figure, Options, Report
from models.manifest import find_model
from models.metrics import Matching, average_precision, match, ratio
from models.pictures import read_picture
from models.plate_catalog import FINDER, READER, open_plate_finder, open_plate_reader
from models.plate_data import PlatePicture, PlateSet, read_plates
from models.plate_metrics import Read, reading_figures, reading_tables
from models.plate_reader import cut_plate, widen
from models.sheet import Mistake, write_sheet

FLOOR: Final = 0.01
"""Confidence down to which finds enter the average precision."""
USUAL: Final = 0.5
"""Confidence from which the product takes a find."""
HEIGHTS: Final = ((0, 12), (12, 16), (16, 24), (24, 40), (40, 10_000))
"""Heights of plates in pixels of the picture that the table keeps apart."""


@dataclass(frozen=True, slots=True)
class _Look:
    picture: PlatePicture
    size: tuple[int, int]
    found: list[Detection]
    matching: Matching
    cpu: float
    wall: float


def evaluate_find(root: Path, options: Options) -> Report:
    """How well plates are found on whole pictures."""
    plates, threshold = _whole(root, options, (FINDER,)), _threshold(options)
    looks = _look(plates, options, FLOOR)
    right = np.concatenate([look.matching.of >= 0 for look in looks])
    scores = np.concatenate([_scores(look.found) for look in looks])
    sure = [_above(look, threshold) for look in looks]
    hits, false = (sum(int((look.matching.of >= 0).sum()) for look in sure), sum(map(_false, sure)))
    total = sum(len(look.picture.boxes) for look in looks)
    figures: dict[str, Figure] = {
        "pictures": len(looks),
        "plates": total,
        "left_out_uncertain": plates.uncertain,
        "confidence": threshold,
        "precision": ratio(hits, hits + false),
        "recall": ratio(hits, total),
        "false_per_picture": false / len(looks),
        "map50": average_precision(right, scores, total),
        **_timing([(look.cpu, look.wall) for look in looks], "picture"),
    }
    if options.sheet is not None:
        figures["mistakes_on_sheet"] = write_sheet(options.sheet, [m for look in sure for m in _find_mistakes(look)])
    heights = _height_table(sure)
    return Report(task="plates-find", dataset=root, model=_names(options, FINDER), figures=figures, breakdowns=(heights,))


def evaluate_read(root: Path, options: Options) -> Report:
    """How well plates are read on true crops."""
    plates = read_plates(root, options.fold)
    _refuse(plates, options, (READER,))
    reader = open_plate_reader(options.overrides, threads=options.threads, providers=options.providers or None)
    reads, times = [], []
    for picture in options.progress(plates.pictures, "plates-read"):
        image = read_picture(picture.image)
        crops = [cut_plate(image, _unit(corners, image)) for corners in picture.boxes] or [widen(image)]
        for crop, text, box in zip(crops, picture.texts, picture.boxes or (None,), strict=True):
            wall, cpu = time.perf_counter(), time.process_time()
            (reading,) = reader.read([crop])
            times.append((time.process_time() - cpu, time.perf_counter() - wall))
            unit = _unit(box, image) if box else Box(0, 0, 1, 1)
            reads.append(Read(picture.image, picture.group, text, reading, unit))
    figures: dict[str, Figure] = {"pictures": len(plates.pictures), "left_out_uncertain": plates.uncertain}
    figures |= reading_figures(reads)
    figures |= _timing(times, "plate")
    _sheet(figures, reads, options)
    return Report(
        task="plates-read",
        dataset=root,
        model=_names(options, READER),
        figures=figures,
        breakdowns=reading_tables(reads),
    )


def evaluate_both(root: Path, options: Options) -> Report:
    """How many plates of whole pictures are found and read without a fault."""
    plates = _whole(root, options, (FINDER, READER))
    reader = open_plate_reader(options.overrides, threads=options.threads, providers=options.providers or None)
    threshold = _threshold(options)
    looks = _look(plates, options, threshold)
    reads, times, invented = [], [], 0
    for look in options.progress(looks, "plates"):
        image = read_picture(look.picture.image)
        wall, cpu = time.perf_counter(), time.process_time()
        readings = reader.read([cut_plate(image, d.box) for d in look.found])
        times.append((time.process_time() - cpu + look.cpu, time.perf_counter() - wall + look.wall))
        by_truth = {int(j): reading for j, reading in zip(look.matching.of, readings, strict=True) if j >= 0}
        invented += _false(look)
        for j, (text, corners) in enumerate(zip(look.picture.texts, look.picture.boxes, strict=True)):
            reads.append(Read(look.picture.image, look.picture.group, text, by_truth.get(j), _unit(corners, image)))
    figures: dict[str, Figure] = {"pictures": len(looks), "left_out_uncertain": plates.uncertain, "confidence": threshold}
    figures |= reading_figures(reads) | {"false_per_picture": invented / len(looks)} | _timing(times, "picture")
    _sheet(figures, reads, options)
    return Report(
        task="plates",
        dataset=root,
        model=_names(options, FINDER) | {f"reader {k}": v for k, v in _names(options, READER).items()},
        figures=figures,
        breakdowns=reading_tables(reads),
    )


def _whole(root: Path, options: Options, names: tuple[str, ...]) -> PlateSet:
    plates = read_plates(root, options.fold)
    if crops := [picture.image for picture in plates.pictures if not picture.boxes]:
        raise InputError(f"{crops[0]}: is a plate's crop, not a whole picture; there is nothing to find on it")
    _refuse(plates, options, names)
    return plates


def _refuse(plates: PlateSet, options: Options, names: tuple[str, ...]) -> None:
    for name in names:
        entry = find_model(name, options.overrides)
        refuse_overlap([picture.image for picture in plates.pictures], entry.training, name)


def _threshold(options: Options) -> float:
    return USUAL if options.confidence is None else options.confidence


def _look(plates: PlateSet, options: Options, confidence: float) -> list[_Look]:
    finder = open_plate_finder(
        options.overrides,
        size=options.size,
        threads=options.threads,
        providers=options.providers or None,
        confidence=confidence,
    )
    looks = []
    for picture in options.progress(plates.pictures, "plates-find"):
        image = read_picture(picture.image)
        wall, cpu = time.perf_counter(), time.process_time()
        found = finder.find(image)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        height, width = image.shape[:2]
        true = np.array(picture.boxes, np.float32) / np.array((width, height, width, height), np.float32)
        matching = match(_boxes(found), _scores(found), true.astype(np.float32), np.zeros((0, 4), np.float32))
        looks.append(_Look(picture, (width, height), found, matching, cpu, wall))
    return looks


def _boxes(found: Sequence[Detection]) -> NDArray[np.float32]:
    return np.array([d.box.as_tuple() for d in found], np.float32).reshape(-1, 4)


def _scores(found: Sequence[Detection]) -> NDArray[np.float32]:
    return np.array([d.confidence for d in found], np.float32)


def _false(look: _Look) -> int:
    return int((look.matching.of == -1).sum())


def _above(look: _Look, threshold: float) -> _Look:
    """What is left of a look by the finds above a threshold."""
    of = look.matching.of[_scores(look.found) >= threshold]
    missed = np.setdiff1d(np.arange(len(look.picture.boxes)), of)
    return replace(look, found=[d for d in look.found if d.confidence >= threshold], matching=Matching(of, missed))


def _unit(corners: tuple[float, float, float, float], image: NDArray[np.uint8]) -> Box:
    height, width = image.shape[:2]
    x1, y1, x2, y2 = corners
    return Box.clipped(x1 / width, y1 / height, x2 / width, y2 / height)


def _height_table(looks: Sequence[_Look]) -> Breakdown:
    rows: list[tuple[Figure, ...]] = []
    for low, high in HEIGHTS:
        total, right = 0, 0
        for look in looks:
            inside = {j for j, (_, y1, _, y2) in enumerate(look.picture.boxes) if low <= y2 - y1 < high}
            total += len(inside)
            right += len(inside - set(look.matching.missed.tolist()))
        rows.append((f"{low} px and more" if high == HEIGHTS[-1][1] else f"{low} to {high} px", total, ratio(right, total)))
    return Breakdown("heights", ("plates of", "plates", "recall"), tuple(rows))


def _find_mistakes(look: _Look) -> list[Mistake]:
    name, (width, height) = look.picture.image.name, look.size
    false = [
        Mistake(look.picture.image, d.box.as_tuple(), "false", f"{d.confidence:.2f} {name}", d.confidence)
        for d, j in zip(look.found, look.matching.of.tolist(), strict=True)
        if j == -1
    ]
    missed = []
    for j in look.matching.missed.tolist():
        x1, y1, x2, y2 = look.picture.boxes[j]
        box = (x1 / width, y1 / height, x2 / width, y2 / height)
        missed.append(Mistake(look.picture.image, box, "missed", f"{y2 - y1:.0f} px {name}", y2 - y1))
    return false + missed


def _sheet(figures: dict[str, Figure], reads: Sequence[Read], options: Options) -> None:
    if options.sheet is None:
        return
    mistakes = [
        Mistake(
            read.image,
            read.box.as_tuple(),
            "missed" if read.reading is None else "false",
            f"{read.truth} > {read.reading.text if read.reading else 'not found'}",
            read.reading.confidence if read.reading else read.box.area,
        )
        for read in reads
        if not read.exact
    ]
    figures["mistakes_on_sheet"] = write_sheet(options.sheet, mistakes)


def _timing(times: Sequence[tuple[float, float]], what: str) -> dict[str, Figure]:
    """Median milliseconds; the first warms up and is left out where there are more."""
    rest = times[1:] or times
    return {
        f"ms_per_{what}": round(median(wall for _, wall in rest) * 1e3, 2),
        f"cpu_ms_per_{what}": round(median(cpu for cpu, _ in rest) * 1e3, 2),
    }


def _names(options: Options, name: str) -> dict[str, str]:
    entry = find_model(name, options.overrides)
    known = "known" if entry.training is not None else "unknown: an overlap cannot be seen"
    shown = {"name": name, "file": entry.file.name, "sha256": entry.sha256 or "not given", "training pictures": known}
    return shown | ({} if options.fold is None else {"fold": str(options.fold)})
