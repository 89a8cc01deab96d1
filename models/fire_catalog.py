"""The fire detector by name, ready to use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from ioc.core.errors import ModelError
from models.catalog import open_detector
from models.manifest import MANIFEST
from models.yolo import StreetDetector

LABELS: Final = ("fire", "smoke")


def open_fire(
    overrides: Mapping[str, Any] | None = None,
    *,
    size: int | None = None,
    threads: int = 1,
    providers: Sequence[str] | None = None,
    confidence: float = 0.1,
    manifest: Path = MANIFEST,
) -> StreetDetector:
    """The fire detector: fire and smoke. One is enough for all cameras of a process.

    Arguments as of :func:`models.catalog.open_street`; ``confidence`` is low because the rule sets its own. Raises
    :class:`ModelError` if the file is missing, altered or does not fit.
    """
    detector = open_detector(
        "fire", overrides, size=size, threads=threads, providers=providers, confidence=confidence, manifest=manifest
    )
    if set(detector.labels) != set(LABELS):
        raise ModelError(f"model 'fire' must tell {' and '.join(LABELS)}, it tells {', '.join(detector.labels)}")
    return detector
