"""The density network by name from the manifest, ready to use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from ioc.core.errors import ModelError
from models.density import DensityCounter
from models.manifest import MANIFEST, find_model, verify
from models.session import Session

DENSITY: Final = "density"


def open_density(
    overrides: Mapping[str, Any] | None = None,
    *,
    size: int | None = None,
    threads: int = 1,
    providers: Sequence[str] | None = None,
    manifest: Path = MANIFEST,
) -> DensityCounter:
    """What counts packed people; ``overrides`` is ``models`` of the configuration. One is enough for a process's cameras.

    ``size`` is the longer side at which pictures are looked at, the manifest's if None. Raises :class:`ModelError` if the
    file is missing, altered or does not fit.
    """
    entry = find_model(DENSITY, overrides, path=manifest)
    if entry.task != "count":
        raise ModelError(f"{entry.file}: model {DENSITY!r} is for {entry.task}, not for count")
    session = Session(verify(entry), providers=providers, threads=threads)
    return DensityCounter(session, longest=size or max(entry.input))
