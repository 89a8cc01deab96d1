"""The rules: one public module per alert kind, each with one constant ``DETECTOR``. :func:`discover` finds them all."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import ModuleType
from typing import Any

from pydantic import BaseModel

from ioc.core.errors import DetectorError
from ioc.core.ports import DetectorSpec

Registry = Mapping[str, DetectorSpec[Any]]


def discover(package: ModuleType | None = None) -> Registry:
    """Kind -> specification, of every public module of ``package`` (this one by default).

    Raises :class:`ioc.core.errors.DetectorError` for a module that cannot be imported, that has no ``DETECTOR`` or an unfit
    one, and for a kind declared twice: a rule that silently does not run would look like a quiet street.
    """
    return _discover(package.__name__ if package else __name__)


@cache
def _discover(name: str) -> Registry:
    package = importlib.import_module(name)
    found: dict[str, DetectorSpec[Any]] = {}
    homes: dict[str, str] = {}
    for module in sorted(m.name for m in pkgutil.iter_modules(package.__path__)):
        if module.startswith("_"):
            continue
        spec = _load(f"{name}.{module}")
        if spec.kind in found:
            raise DetectorError(f"{name}.{module} and {homes[spec.kind]} both declare the kind {spec.kind!r}")
        found[spec.kind], homes[spec.kind] = spec, f"{name}.{module}"
    return found


def _load(path: str) -> DetectorSpec[Any]:
    try:
        module = importlib.import_module(path)
    except Exception as error:
        raise DetectorError(f"{path} cannot be imported: {error!r}") from error
    spec = getattr(module, "DETECTOR", None)
    if not isinstance(spec, DetectorSpec):
        raise DetectorError(f"{path} must declare DETECTOR = DetectorSpec(...), found {type(spec).__name__}")
    if not {"vi", "en"} <= set(spec.title):
        raise DetectorError(f"{path}: the title needs both vi and en")
    return spec


def rule_settings() -> dict[str, type[BaseModel]]:
    """Kind -> model of its settings, as :func:`ioc.core.config.load_config` wants it."""
    return {kind: spec.settings for kind, spec in discover().items()}


def everywhere() -> frozenset[str]:
    """The kinds that can be looked for in the whole picture: they need no drawn zone."""
    return frozenset(kind for kind, spec in discover().items() if not spec.zoned)
