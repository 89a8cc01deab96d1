"""The plate finder and reader by name from the manifest, ready to use, and both together on a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ioc.core.errors import ModelError
from ioc.core.plates import ALPHABET
from ioc.core.types import Detection
from models.manifest import ModelEntry, find_model, verify
from models.plate_finder import PlateFinder
from models.plate_reader import PlateReader, PlateReading, cut_plate
from models.session import Session

FINDER, READER = "plate-finder", "plate-reader"


def open_plate_finder(
    overrides: Mapping[str, Any] | None = None,
    *,
    size: int | None = None,
    threads: int = 1,
    providers: Sequence[str] | None = None,
    confidence: float = 0.5,
) -> PlateFinder:
    """The plate finder; ``overrides`` is ``models`` of the configuration, ``size`` the longer side for whole pictures.

    Raises :class:`ModelError` if the file is missing, altered or does not fit.
    """
    entry = _entry(FINDER, "detect", overrides)
    session = Session(verify(entry), providers=providers, threads=threads)
    return PlateFinder(session, size=size or max(entry.input), confidence=confidence)


def open_plate_reader(
    overrides: Mapping[str, Any] | None = None, *, threads: int = 1, providers: Sequence[str] | None = None
) -> PlateReader:
    """The plate reader. Raises :class:`ModelError` if the file is missing, altered or does not fit."""
    entry = _entry(READER, "read", overrides)
    if entry.labels != tuple(ALPHABET):
        raise ModelError(f"{entry.file}: the reader's letters must be {ALPHABET}, got {''.join(entry.labels)}")
    return PlateReader(Session(verify(entry), providers=providers, threads=threads))


def read_plates_of(
    image: NDArray[np.uint8], finder: PlateFinder, reader: PlateReader
) -> list[tuple[Detection, PlateReading]]:
    """Every plate of a whole uint8 (H, W, 3) BGR picture with its reading, the surest find first."""
    found = finder.find(image)
    return list(zip(found, reader.read([cut_plate(image, d.box) for d in found]), strict=True))


def _entry(name: str, task: str, overrides: Mapping[str, Any] | None) -> ModelEntry:
    entry = find_model(name, overrides)
    if entry.task != task:
        raise ModelError(f"{entry.file}: model {name!r} is for {entry.task}, not for {task}")
    return entry
