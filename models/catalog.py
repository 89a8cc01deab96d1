"""What the rest of the product asks for: models and trackers by name, ready to use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ioc.core.errors import ModelError
from models.manifest import MANIFEST, ModelEntry, find_model, verify
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
    manifest: Path = MANIFEST,
) -> StreetDetector:
    """The street detector: person, bicycle, motorcycle, car, bus, truck. One is enough for all cameras of a process.

    ``overrides`` is ``models`` of the configuration, ``size`` the longer side of the network's input in pixels (a multiple
    of 32, by default the manifest's), ``threads`` the cores of one run, ``providers`` short names that force a choice.
    Raises :class:`ModelError` if the file is missing, altered or does not fit.
    """
    return open_detector(
        "street", overrides, size=size, threads=threads, providers=providers, confidence=confidence, manifest=manifest
    )


def open_detector(
    name: str,
    overrides: Mapping[str, Any] | None = None,
    *,
    size: int | None,
    threads: int,
    providers: Sequence[str] | None,
    confidence: float,
    manifest: Path,
) -> StreetDetector:
    """Any detector of the manifest, by name; arguments and errors as of :func:`open_street`."""
    entry = find_model(name, overrides, path=manifest)
    if entry.task != "detect":
        raise ModelError(f"{entry.file}: model {name!r} is for {entry.task}, not for detect")
    session = Session(verify(entry), providers=providers, threads=threads)
    taken = _input_size(session) or size or max(entry.input)
    return StreetDetector(session, _labels(session, entry), size=taken, confidence=confidence)


def _labels(session: Session, entry: ModelEntry) -> tuple[str, ...]:
    """The manifest's labels, or those that the file itself states where only they fit it. Raises ModelError."""
    channels = session.outputs[0][1][1:2]
    if not channels or not isinstance(channels[0], int) or channels[0] == 4 + len(entry.labels):
        return entry.labels
    if channels[0] == 4 + len(session.names):
        return session.names
    raise ModelError(f"{entry.file}: gives {channels[0] - 4} classes, its {len(entry.labels)} labels do not fit")


def _input_size(session: Session) -> tuple[int, int] | None:
    """The one (width, height) that a network takes, None if it takes any."""
    *_, height, width = (None, None, *session.inputs[0][1])
    return (width, height) if isinstance(width, int) and isinstance(height, int) else None


def make_tracker(settings: TrackerSettings | None = None) -> StreetTracker:
    """A tracker for one camera."""
    return StreetTracker(settings)
