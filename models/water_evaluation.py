"""The task ``water``: flooded or not on labelled pictures (``tiles.csv``), or water cells against masks (``masks``)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ioc.core.errors import InputError
from models.datasets import refuse_overlap
from models.evaluation import Breakdown, Figure, Options, Report
from models.manifest import find_model
from models.metrics import average_precision, mean, ratio
from models.pictures import read_picture
from models.sheet import Mistake, write_sheet
from models.water import Surfaces, at_all
from models.water_catalog import WATER, open_water
from models.water_data import SURFACES, Masked, Tile, read_mask, read_masked, read_tiles

USUAL: Final = 0.5
"""Probability from which a cell is water, and a picture flooded."""
BINS: Final = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0001)
"""Borders of the probabilities that the calibration table keeps apart."""


@dataclass(frozen=True, slots=True)
class _Look:
    image: NDArray[np.uint8]
    surfaces: Surfaces
    wall: float
    cpu: float


def evaluate(root: Path, options: Options) -> Report:
    """How well flood water is told from wet and dry ground."""
    if (root / "tiles.csv").is_file():
        return _tiles(root, options)
    if (root / "masks").is_dir():
        return _masks(root, options)
    raise InputError(f"{root}: holds neither tiles.csv nor masks")


def _tiles(root: Path, options: Options) -> Report:
    tiles, threshold = read_tiles(root, options.fold), _threshold(options)
    looks = _look([tile.image for tile in tiles], options)
    scores = np.array([at_all(look.surfaces.flood) for look in looks])
    said = [look.surfaces.verdict(threshold) for look in looks]
    flooded = np.array([tile.label == "flood" for tile in tiles])
    right = (scores >= threshold) == flooded
    figures: dict[str, Figure] = {
        "pictures": len(tiles),
        "cameras": len({tile.camera for tile in tiles}),
        "threshold": threshold,
        "right_flooded_or_not": float(right.mean()),
        "floods_found": ratio(int((right & flooded).sum()), int(flooded.sum())),
        "others_right": ratio(int((right & ~flooded).sum()), int((~flooded).sum())),
        "average_precision": average_precision(flooded, scores.astype(np.float32), int(flooded.sum())),
        "right_flood_wet_dry": ratio(sum(s == t.label for s, t in zip(said, tiles, strict=True)), len(tiles)),
        "brier": float(np.mean((scores - flooded) ** 2)),
        **_timing(looks),
    }
    if options.sheet is not None:
        wrong = [_mistake(tiles[i], float(scores[i])) for i in np.flatnonzero(~right)]
        figures["mistakes_on_sheet"] = write_sheet(options.sheet, wrong)
    tables = (_by_confidence(tiles, right), _confusion(tiles, said), _calibration(scores, flooded), _by_camera(tiles, right))
    return Report(task="water", dataset=root, model=_names(options), figures=figures, breakdowns=tables)


def _masks(root: Path, options: Options) -> Report:
    pictures, threshold = read_masked(root, options.fold), _threshold(options)
    looks = _look([picture.image for picture in pictures], options)
    hits, unions, right, total = [], [], 0, 0
    for picture, look in zip(pictures, looks, strict=True):
        true = _cells(picture, look)
        found = look.surfaces.flood >= threshold
        hits.append(int((true & found).sum()))
        unions.append(int((true | found).sum()))
        right, total = right + int((true == found).sum()), total + true.size
    each = [ratio(hit, union) for hit, union in zip(hits, unions, strict=True)]
    figures: dict[str, Figure] = {
        "pictures": len(pictures),
        "threshold": threshold,
        "iou": ratio(sum(hits), sum(unions)),
        "iou_mean_of_pictures": mean(each),
        "cells_right": ratio(right, total),
        **_timing(looks),
    }
    if options.sheet is not None:
        bad = [
            Mistake(p.image, (0, 0, 1, 1), "missed", f"IoU {iou:.2f} {p.image.name}", 1 - iou)
            for p, iou in zip(pictures, each, strict=True)
            if iou is not None and iou < 0.6
        ]
        figures["mistakes_on_sheet"] = write_sheet(options.sheet, bad)
    return Report(task="water", dataset=root, model=_names(options), figures=figures)


def _look(paths: Sequence[Path], options: Options) -> list[_Look]:
    entry = find_model(WATER, options.overrides, path=options.manifest)
    refuse_overlap(paths, entry.training, WATER)
    finder = open_water(
        options.overrides, threads=options.threads, providers=options.providers or None, manifest=options.manifest
    )
    looks = []
    for path in options.progress(paths, "water"):
        image = read_picture(path)
        wall, cpu = time.perf_counter(), time.process_time()
        surfaces = finder.surfaces(image)
        looks.append(_Look(image, surfaces, time.perf_counter() - wall, time.process_time() - cpu))
    return looks


def _cells(picture: Masked, look: _Look) -> NDArray[np.bool_]:
    """The mask in the cells of the look: water where it covers more than a half."""
    mask = read_mask(picture, look.image.shape).astype(np.float32)
    rows, columns = look.surfaces.flood.shape
    return np.asarray(cv2.resize(mask, (columns, rows), interpolation=cv2.INTER_AREA) > 0.5)


def _threshold(options: Options) -> float:
    return USUAL if options.confidence is None else options.confidence


def _mistake(tile: Tile, score: float) -> Mistake:
    missed = tile.label == "flood"
    caption = f"{score:.2f} {tile.label} {tile.confidence} {tile.camera}"
    return Mistake(tile.image, (0, 0, 1, 1), "missed" if missed else "false", caption, abs(score - 0.5))


def _by_confidence(tiles: Sequence[Tile], right: NDArray[np.bool_]) -> Breakdown:
    return _shares("label confidence", [tile.confidence for tile in tiles], right)


def _by_camera(tiles: Sequence[Tile], right: NDArray[np.bool_]) -> Breakdown:
    return _shares("camera", [tile.camera for tile in tiles], right)


def _shares(what: str, groups: Sequence[str], right: NDArray[np.bool_]) -> Breakdown:
    rows: list[tuple[Figure, ...]] = []
    for group in sorted(set(groups)):
        inside = np.array([g == group for g in groups])
        rows.append((group, int(inside.sum()), float(right[inside].mean())))
    return Breakdown(f"right by {what}", (what, "pictures", "right"), tuple(rows))


def _confusion(tiles: Sequence[Tile], said: Sequence[str]) -> Breakdown:
    pairs = [(tile.label, word) for tile, word in zip(tiles, said, strict=True)]
    rows = tuple((true, *(pairs.count((true, word)) for word in SURFACES)) for true in SURFACES)
    return Breakdown("what was said", ("truth", *SURFACES), rows)


def _calibration(scores: NDArray[np.float64], flooded: NDArray[np.bool_]) -> Breakdown:
    rows: list[tuple[Figure, ...]] = []
    for low, high in pairwise(BINS):
        inside = (scores >= low) & (scores < high)
        count = int(inside.sum())
        said, true = (float(scores[inside].mean()), float(flooded[inside].mean())) if count else (None, None)
        rows.append((f"{low:.1f} to {min(high, 1):.1f}", count, said, true))
    return Breakdown("calibration", ("probability", "pictures", "mean said", "flooded"), tuple(rows))


def _timing(looks: Sequence[_Look]) -> dict[str, Figure]:
    """Median milliseconds; the first look warms up and is left out where there are more."""
    rest = looks[1:] or looks
    return {
        "ms_per_picture": round(median(look.wall for look in rest) * 1e3, 2),
        "cpu_ms_per_picture": round(median(look.cpu for look in rest) * 1e3, 2),
    }


def _names(options: Options) -> dict[str, str]:
    entry = find_model(WATER, options.overrides, path=options.manifest)
    known = "known" if entry.training is not None else "unknown: an overlap cannot be seen"
    shown = {"name": WATER, "file": entry.file.name, "sha256": entry.sha256 or "not given", "training pictures": known}
    return shown | {"threads": str(options.threads)} | ({} if options.fold is None else {"fold": str(options.fold)})
