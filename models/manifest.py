"""The list of the product's models, and the check that a file is the one that was measured."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError

from ioc.core.config import Model as ModelOverride
from ioc.core.errors import ModelError

MANIFEST = Path(__file__).with_name("manifest.toml")
"""The manifest that the package carries; works from a checkout and from an installed wheel."""

Parsed = TypeVar("Parsed", bound=BaseModel)
Task = Literal["detect", "read", "classify", "segment", "count"]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ModelEntry(BaseModel):
    """One model of the manifest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    task: Task
    file: Path
    """ONNX file, absolute once the manifest is read."""
    sha256: Sha256 | None
    """Lower-case hexadecimal; None only for a user's own file given without one."""
    input: tuple[PositiveInt, PositiveInt]
    """(width, height) in pixels; for networks of free size the largest that is meant."""
    labels: tuple[str, ...]
    """Names of the classes, or the letters of a reader, in the order of the network's output."""
    licence: str
    provenance: str
    card: Path | None = None
    """Markdown: data, command, figures, failures."""
    training: Path | None = None
    """Text: one SHA-256 a line of every picture the model was trained on."""
    figures: Mapping[str, float | int | str] = Field(default_factory=dict)
    """Measured quality and speed, by name."""


def read_manifest(path: Path = MANIFEST) -> dict[str, ModelEntry]:
    """Models by name, in the file's order. Raises :class:`ModelError` naming the file and the faulty entry."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ModelError(f"{path}: cannot read the manifest: {error}") from error
    if unknown := set(document) - {"model"}:
        raise ModelError(f"{path}: unknown table {sorted(unknown)}, only [[model]] is known")
    tables = document.get("model", [])
    if not isinstance(tables, list) or not all(isinstance(raw, dict) for raw in tables):
        raise ModelError(f"{path}: models are listed as [[model]] tables")
    models: dict[str, ModelEntry] = {}
    for number, raw in enumerate(tables, start=1):
        entry = _parse(ModelEntry, raw, f"{path}: model {raw.get('name', number)!r}")
        if entry.name in models:
            raise ModelError(f"{path}: model {entry.name!r} is listed twice")
        models[entry.name] = _resolved(entry, path.parent)
    return models


def find_model(name: str, overrides: Mapping[str, Any] | None = None, *, path: Path = MANIFEST) -> ModelEntry:
    """The entry of one model, its file replaced by the user's where the configuration names one.

    ``overrides`` is ``models`` of the configuration, or mappings with the same keys; a file without ``sha256`` is taken as
    it is. Raises :class:`ModelError` for a name
    that no manifest entry has, also one among the overrides: it would otherwise change nothing, silently.
    """
    models = read_manifest(path)
    for key in [name, *(overrides or {})]:
        if key not in models:
            raise ModelError(f"no model is called {key!r}; there are {', '.join(models) or 'none'}")
    raw = (overrides or {}).get(name)
    if raw is None:
        return models[name]
    mine = raw if isinstance(raw, ModelOverride) else _parse(ModelOverride, raw, f"configuration: models.{name}")
    changes: dict[str, Any] = {"file": mine.file.expanduser().absolute(), "sha256": mine.sha256, "figures": {}}
    changes |= {"training": None, "card": None, "licence": "as its owner says", "provenance": "given by the configuration"}
    changes |= {key: value for key in ("input", "labels") if (value := getattr(mine, key)) is not None}
    return models[name].model_copy(update=changes)


def verify(entry: ModelEntry) -> Path:
    """The model's file, once its SHA-256 is the expected one. Raises :class:`ModelError` naming file and both sums."""
    if not entry.file.is_file():
        raise ModelError(f"{entry.file}: the file of model {entry.name!r} is missing")
    if entry.sha256 is not None:
        status = entry.file.stat()
        found = _sha256(entry.file, status.st_size, status.st_mtime_ns)
        if found != entry.sha256:
            raise ModelError(
                f"{entry.file}: not the file of model {entry.name!r}: SHA-256 expected {entry.sha256}, found {found}"
            )
    return entry.file


@cache
def _sha256(path: Path, _size: int, _changed: int) -> str:
    """Sum of a file, computed once as long as its size and time of change stay."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error}") from error


def _resolved(entry: ModelEntry, folder: Path) -> ModelEntry:
    """Paths of the manifest are relative to its folder."""
    if entry.sha256 is None:
        raise ModelError(f"{folder / 'manifest.toml'}: model {entry.name!r} needs a sha256")
    paths = {"file": folder / entry.file}
    paths |= {key: folder / value for key in ("card", "training") if (value := getattr(entry, key)) is not None}
    return entry.model_copy(update=paths)


def _parse(model: type[Parsed], raw: object, where: str) -> Parsed:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'entry'}: {e['msg']}" for e in error.errors())
        raise ModelError(f"{where}: {faults}") from error
