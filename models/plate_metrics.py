"""Figures of plate readings: exact match, character errors, confusions, calibration. Pure functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from ioc.core.types import Box
from models.evaluation import Breakdown, Figure
from models.metrics import ratio
from models.plate_reader import PlateReading

BINS: Final = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 1.0001)
"""Borders of the confidences that the calibration table keeps apart."""
SURE: Final = 0.9
"""Confidence from which the headline gives share and precision of sure readings."""
GAP: Final = "-"
"""Stands in confusions for a character that is lost or added."""


@dataclass(frozen=True, slots=True)
class Read:
    """One true plate and what was read of it."""

    image: Path
    group: str
    truth: str
    reading: PlateReading | None
    """None where the plate was not found."""
    box: Box

    @property
    def exact(self) -> bool:
        """Whether the text is right."""
        return self.reading is not None and self.reading.text == self.truth


def edits(truth: str, said: str) -> list[tuple[str, str]]:
    """The fewest exchanged, lost and added characters between two texts, as pairs; :data:`GAP` where one has none.

    Wagner and Fischer 1974.
    """
    rows, columns = len(truth) + 1, len(said) + 1
    cost = [[max(i, j) if 0 in (i, j) else 0 for j in range(columns)] for i in range(rows)]
    for i in range(1, rows):
        for j in range(1, columns):
            change = cost[i - 1][j - 1] + (truth[i - 1] != said[j - 1])
            cost[i][j] = min(change, cost[i - 1][j] + 1, cost[i][j - 1] + 1)
    pairs: list[tuple[str, str]] = []
    i, j = len(truth), len(said)
    while i or j:
        if i and j and cost[i][j] == cost[i - 1][j - 1] + (truth[i - 1] != said[j - 1]):
            i, j = i - 1, j - 1
            if truth[i] != said[j]:
                pairs.append((truth[i], said[j]))
        elif i and cost[i][j] == cost[i - 1][j] + 1:
            i -= 1
            pairs.append((truth[i], GAP))
        else:
            j -= 1
            pairs.append((GAP, said[j]))
    return pairs[::-1]


def reading_figures(reads: Sequence[Read]) -> dict[str, Figure]:
    """The headline: exact match with and without the grammar, character error, calibration, sure readings."""
    read = [(r, r.reading) for r in reads if r.reading is not None]
    sure = [r for r, reading in read if reading.confidence >= SURE]
    faults = sum(len(edits(r.truth, r.reading.text if r.reading else "")) for r in reads)
    return {
        "plates": len(reads),
        "exact": ratio(sum(r.exact for r in reads), len(reads)),
        "exact_without_grammar": ratio(sum(reading.raw == r.truth for r, reading in read), len(reads)),
        "truth_among_alternatives": ratio(sum(_offered(r, reading) for r, reading in read), len(reads)),
        "character_error": ratio(faults, sum(len(r.truth) for r in reads)),
        "not_found_or_unreadable": sum(r.reading is None or r.reading.unreadable is not None for r in reads),
        f"share_at_{SURE}": ratio(len(sure), len(reads)),
        f"precision_at_{SURE}": ratio(sum(r.exact for r in sure), len(sure)),
        "calibration_error": calibration_error(read),
    }


def calibration_error(read: Sequence[tuple[Read, PlateReading]]) -> float | None:
    """Expected calibration error (Guo et al. 2017) over :data:`BINS`: the mean gap of confidence and truth."""
    if not read:
        return None
    gap = 0.0
    for part in _binned(read):
        gap += abs(sum(reading.confidence for _, reading in part) - sum(r.exact for r, _ in part))
    return gap / len(read)


def reading_tables(reads: Sequence[Read]) -> tuple[Breakdown, ...]:
    """Tables by folder, by number of lines as read, by confidence, and the confused pairs."""
    groups: list[tuple[Figure, ...]] = [_row(name, [r for r in reads if r.group == name]) for name in _names(reads)]
    lines: list[tuple[Figure, ...]] = [
        _row(f"{n} lines" if n else "not read", [r for r in reads if (r.reading.lines if r.reading else None) == n])
        for n in (1, 2, None)
    ]
    read = [(r, r.reading) for r in reads if r.reading is not None]
    bins: list[tuple[Figure, ...]] = []
    for (low, high), part in zip(pairwise(BINS), _binned(read), strict=True):
        mean = sum(reading.confidence for _, reading in part) / len(part) if part else None
        bins.append((f"{low} to {min(high, 1.0)}", len(part), mean, ratio(sum(r.exact for r, _ in part), len(part))))
    pairs = Counter(pair for r, reading in read for pair in edits(r.truth, reading.text))
    ranked = sorted(pairs.items(), key=lambda item: (-item[1], item[0]))[:20]
    columns = ("plates of", "plates", "exact", "character_error")
    return (
        Breakdown("folders", columns, tuple(groups)),
        Breakdown("lines", columns, tuple(lines)),
        Breakdown("calibration", ("confidence", "plates", "mean_confidence", "exact"), tuple(bins)),
        Breakdown("confusions", ("true", "said", "times"), tuple((a, b, n) for (a, b), n in ranked)),
    )


def _offered(read: Read, reading: PlateReading) -> bool:
    return read.exact or any(text == read.truth for text, _ in reading.alternatives)


def _names(reads: Sequence[Read]) -> list[str]:
    return sorted({r.group for r in reads})


def _binned(read: Sequence[tuple[Read, PlateReading]]) -> list[list[tuple[Read, PlateReading]]]:
    return [[(r, reading) for r, reading in read if low <= reading.confidence < high] for low, high in pairwise(BINS)]


def _row(name: str, reads: Sequence[Read]) -> tuple[Figure, ...]:
    faults = sum(len(edits(r.truth, r.reading.text if r.reading else "")) for r in reads)
    characters = sum(len(r.truth) for r in reads)
    return name, len(reads), ratio(sum(r.exact for r in reads), len(reads)), ratio(faults, characters)
