"""The water network by name from the manifest, ready to use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from ioc.core.errors import ModelError
from models.manifest import MANIFEST, find_model, verify
from models.session import Session
from models.water import WaterSegmenter

WATER: Final = "water"


def open_water(
    overrides: Mapping[str, Any] | None = None,
    *,
    threads: int = 1,
    providers: Sequence[str] | None = None,
    manifest: Path = MANIFEST,
) -> WaterSegmenter:
    """What sees flood water; ``overrides`` is ``models`` of the configuration. One is enough for all cameras of a process.

    Raises :class:`ModelError` if the file is missing, altered or does not fit.
    """
    entry = find_model(WATER, overrides, path=manifest)
    if entry.task != "segment":
        raise ModelError(f"{entry.file}: model {WATER!r} is for {entry.task}, not for segment")
    width, height = entry.input
    return WaterSegmenter(Session(verify(entry), providers=providers, threads=threads), pixels=width * height)
