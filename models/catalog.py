"""What the rest of the product asks for: models and trackers by name, ready to use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ioc.core.errors import ModelError
from models.manifest import find_model, verify
from models.session import Session
from models.tracker import StreetTracker, TrackerSettings
from models.yolo import StreetDetector


def open_street(
    overrides: Mapping[str, Any] | None = None,
    *,
    size: int | None = None,
    threads: int = 1,
    providers: Sequence[str] | None = None,
    confidence: float = 0.25,
) -> StreetDetector:
    """The street detector: person, bicycle, motorcycle, car, bus, truck. One is enough for all cameras of a process.

    ``overrides`` is ``models`` of the configuration, ``size`` the longer side of the network's input in pixels (a multiple
    of 32, by default the manifest's), ``threads`` the cores of one run, ``providers`` short names that force a choice.
    Raises :class:`ModelError` if the file is missing, altered or does not fit.
    """
    entry = find_model("street", overrides)
    if entry.task != "detect":
        raise ModelError(f"{entry.file}: model 'street' is for {entry.task}, not for detect")
    session = Session(verify(entry), providers=providers, threads=threads)
    return StreetDetector(session, entry.labels, size=size or max(entry.input), confidence=confidence)


def make_tracker(settings: TrackerSettings | None = None) -> StreetTracker:
    """A tracker for one camera."""
    return StreetTracker(settings)
