"""The task ``street`` on pictures whose people are counted, not boxed.

``points.csv`` has ``image,x,y`` of each head in pixels, ``counts.csv`` ``image,count``, also of pictures without a head.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ioc.core.errors import InputError
from models.datasets import refuse_overlap
from models.evaluation import Breakdown, Figure, Options, Report
from models.looking import USUAL, Seen, describe, look, open_detector, timing
from models.manifest import ModelEntry
from models.metrics import ratio
from models.pictures import read_picture
from models.tables import read_rows

HEAD: Final = 0.4
"""A head lies in this upper part of its person's box."""

Points = NDArray[np.float32]
"""(n, 2): x, y in pixels."""


def read_points(root: Path) -> dict[Path, Points]:
    """Heads by picture, sorted. Raises :class:`InputError` naming file and line."""
    heads: dict[Path, list[tuple[float, float]]] = defaultdict(list)
    for number, row in read_rows(root / "points.csv", ("image", "x", "y")):
        try:
            heads[root / row["image"]].append((float(row["x"]), float(row["y"])))
        except ValueError as error:
            raise InputError(f"{root / 'points.csv'}:{number}: {error}") from error
    counts = root / "counts.csv"
    for number, row in read_rows(counts, ("image", "count")) if counts.is_file() else []:
        image = root / row["image"]
        if row["count"] != str(len(heads[image])):
            raise InputError(
                f"{counts}:{number}: {row['count']} people, but points.csv has {len(heads[image])} of {image.name}"
            )
    if not heads:
        raise InputError(f"{root / 'points.csv'}: names no picture")
    return {image: np.array(heads[image], np.float32).reshape(-1, 2) for image in sorted(heads)}


def evaluate_counts(root: Path, entry: ModelEntry, options: Options) -> Report:
    """Judge the number of people, and how many marked heads have a person's box. Raises InputError or ModelError."""
    if options.sheet is not None:
        raise InputError(f"{root}: has points, no boxes; a sheet of mistakes needs boxes")
    truth = read_points(root)
    refuse_overlap(list(truth), entry.training, entry.name)
    threshold = USUAL if options.confidence is None else options.confidence
    detector = open_detector(options, threshold)
    rows: list[tuple[Figure, ...]] = []
    seen: list[Seen] = []
    for image, heads in options.progress(list(truth.items()), "street"):
        picture = read_picture(image)
        found = look(detector, picture, image)
        seen.append(found)
        people = found.boxes[np.array([label == "person" for label in found.labels], bool)]
        unit: Points = np.divide(heads, (picture.shape[1], picture.shape[0]), dtype=np.float32)
        rows.append((image.name, len(heads), len(people), count_heads(unit, people)))
    true, said, hit = (np.array([row[column] for row in rows], np.float64) for column in (1, 2, 3))
    figures: dict[str, Figure] = {
        "pictures": len(rows),
        "confidence": threshold,
        "people": int(true.sum()),
        "mean_absolute_error": float(np.abs(said - true).mean()),
        "root_mean_square_error": float(np.sqrt(((said - true) ** 2).mean())),
        "bias": float((said - true).mean()),
        "heads_found": ratio(int(hit.sum()), int(true.sum())),
        **timing(seen),
    }
    table = Breakdown("pictures", ("picture", "people", "said", "heads_found"), tuple(rows))
    return Report(task="street", dataset=root, model=describe(entry, options), figures=figures, breakdowns=(table,))


def count_heads(heads: Points, people: NDArray[np.float32]) -> int:
    """How many heads, (n, 2), lie in the upper part of a person's box, (m, 4), each box used once; same unit."""
    free = list(range(len(people)))
    hit = 0
    for x, y in heads.tolist():
        fitting = [
            (abs(x - (people[i, 0] + people[i, 2]) / 2), i)
            for i in free
            if people[i, 0] <= x <= people[i, 2]
            and people[i, 1] - 0.1 * (people[i, 3] - people[i, 1])
            <= y
            <= people[i, 1] + HEAD * (people[i, 3] - people[i, 1])
        ]
        if fitting:
            free.remove(min(fitting)[1])
            hit += 1
    return hit
