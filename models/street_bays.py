"""The task ``street`` on parking lots: ``spaces.csv`` with ``frame,space,occupied,polygon``.

The polygon is given in pixels as ``x,y x,y ...``. A bay counts as taken if a vehicle stands in it: if the point where the
parking rule takes it to touch the ground lies in the bay's polygon. What is judged is thus what the rule is built on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ioc.core.errors import InputError
from ioc.core.geometry import contains
from ioc.core.types import Box, Point
from models.datasets import refuse_overlap
from models.evaluation import Breakdown, Figure, Options, Report
from models.labels import group_of
from models.looking import USUAL, Seen, describe, look, open_detector, timing
from models.manifest import ModelEntry
from models.metrics import ratio
from models.pictures import read_picture
from models.tables import read_rows

GROUND: Final = 0.33
"""Where in its box a vehicle stands, as the parking rule has it by default."""


@dataclass(frozen=True, slots=True)
class Bay:
    """One marked space on one picture."""

    polygon: tuple[Point, ...]
    """Corners in pixels."""
    occupied: bool


def read_bays(root: Path) -> dict[Path, list[Bay]]:
    """Bays by picture, sorted. Raises :class:`InputError` naming file and line."""
    path = root / "spaces.csv"
    bays: dict[Path, list[Bay]] = defaultdict(list)
    for number, row in read_rows(path, ("frame", "space", "occupied", "polygon")):
        try:
            corners = tuple((float(x), float(y)) for x, y in (point.split(",") for point in row["polygon"].split()))
        except ValueError as error:
            raise InputError(f"{path}:{number}: the polygon {row['polygon']!r}: {error}") from error
        if len(corners) < 3 or row["occupied"] not in {"0", "1"}:
            raise InputError(f"{path}:{number}: expected three corners or more, and occupied to be 0 or 1")
        bays[root / row["frame"]].append(Bay(corners, row["occupied"] == "1"))
    if not bays:
        raise InputError(f"{path}: names no picture")
    return {image: bays[image] for image in sorted(bays)}


def evaluate_bays(root: Path, entry: ModelEntry, options: Options) -> Report:
    """Judge which bays are taken. Raises InputError or ModelError."""
    if options.sheet is not None:
        raise InputError(f"{root}: has bays, no boxes; a sheet of mistakes needs boxes")
    truth = read_bays(root)
    refuse_overlap(list(truth), entry.training, entry.name)
    threshold = USUAL if options.confidence is None else options.confidence
    detector = open_detector(options, threshold)
    rows: list[tuple[Figure, ...]] = []
    seen: list[Seen] = []
    for image, bays in options.progress(list(truth.items()), "street"):
        picture = read_picture(image)
        seen.append(look(detector, picture, image))
        taken = bays_taken([bay.polygon for bay in bays], seen[-1], picture.shape[1], picture.shape[0])
        said = [(bay.occupied, is_taken) for bay, is_taken in zip(bays, taken, strict=True)]
        occupied = sum(bay.occupied for bay in bays)
        rows.append((image.name, occupied, said.count((True, True)), len(bays) - occupied, said.count((False, True))))
    occupied, found, free, false = (sum(int(row[column] or 0) for row in rows) for column in (1, 2, 3, 4))
    figures: dict[str, Figure] = {
        "pictures": len(rows),
        "confidence": threshold,
        "occupied_bays": occupied,
        "occupied_found": ratio(found, occupied),
        "free_bays": free,
        "free_taken": ratio(false, free),
        **timing(seen),
    }
    table = Breakdown("pictures", ("picture", "occupied", "found", "free", "free_taken"), tuple(rows))
    return Report(task="street", dataset=root, model=describe(entry, options), figures=figures, breakdowns=(table,))


def bays_taken(polygons: Sequence[tuple[Point, ...]], seen: Seen, width: int, height: int) -> list[bool]:
    """Which bays, polygons in pixels of a picture of ``width`` x ``height``, a seen vehicle stands in."""
    vehicles = [i for i, label in enumerate(seen.labels) if group_of(label) == "vehicle"]
    points = [Box.clipped(*seen.boxes[i].tolist()).ground(GROUND) for i in vehicles]
    feet = [(x * width, y * height) for x, y in points]
    return [any(contains(polygon, foot) for foot in feet) for polygon in polygons]
