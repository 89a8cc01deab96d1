"""Configuration files: YAML to :class:`ioc.core.config.Config`, each fault with file, line and path."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ioc.core.config import Config, RuleSettings
from ioc.core.errors import ConfigError
from ioc.core.yaml_lines import YamlDocument, parse_yaml


def load_config(path: Path, rules: RuleSettings | None = None) -> Config:
    """Read and validate a configuration file.

    ``rules`` maps every alert kind to the model of its settings; with it, the settings of every zone are checked as well.
    Relative paths in the file mean: relative to the file's folder. Raises :class:`ConfigError`.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path}: cannot read: {error}"]) from error
    return parse_config(text, str(path), base=path.resolve().parent, rules=rules)


def parse_config(text: str, name: str = "config", base: Path | None = None, rules: RuleSettings | None = None) -> Config:
    """As :func:`load_config`, from a text. ``name`` stands in the errors, ``base`` resolves relative paths."""
    document = parse_yaml(text, name)
    problems: list[str] = []
    config: Config | None = None
    try:
        config = Config.model_validate(document.value)
    except ValidationError as error:
        problems += _explain(document, error, ())
    if rules is not None:
        problems += _rule_problems(document, rules)
    if problems or config is None:
        raise ConfigError(problems)
    return _resolved(config, base) if base else config


def _explain(document: YamlDocument, error: ValidationError, prefix: tuple[str | int, ...]) -> list[str]:
    lines = []
    for fault in error.errors():
        path = prefix + tuple(p for p in fault["loc"] if not (isinstance(p, str) and p.startswith("function-")))
        message = fault["msg"].removeprefix("Value error, ")
        if fault["type"] == "extra_forbidden":
            message = "unknown key"
        lines.append(document.locate(path, message))
    return lines


def _rule_problems(document: YamlDocument, rules: RuleSettings) -> list[str]:
    problems: list[str] = []
    for path, settings in _rule_sections(document.value):
        kind = path[-1]
        model = rules.get(str(kind))
        if model is None:
            problems.append(document.locate(path, f"unknown alert kind; there are: {', '.join(sorted(rules))}"))
            continue
        try:
            model.model_validate({} if settings is None else settings)
        except ValidationError as error:
            problems += _explain(document, error, path)
    return problems


def _rule_sections(value: Any) -> list[tuple[tuple[str | int, ...], Any]]:
    """Every ``rules`` entry as (path, settings); tolerant, since the shape is checked elsewhere."""
    found: list[tuple[tuple[str | int, ...], Any]] = []

    def collect(owner: Any, path: tuple[str | int, ...]) -> None:
        rules = owner.get("rules") if isinstance(owner, dict) else None
        if isinstance(rules, dict):
            found.extend(((*path, "rules", kind), settings) for kind, settings in rules.items())

    cameras = value.get("cameras") if isinstance(value, dict) else None
    for i, camera in enumerate(cameras if isinstance(cameras, list) else []):
        collect(camera, ("cameras", i))
        zones = camera.get("zones") if isinstance(camera, dict) else None
        for j, zone in enumerate(zones if isinstance(zones, list) else []):
            collect(zone, ("cameras", i, "zones", j))
    return found


def _resolved(config: Config, base: Path) -> Config:
    def place(url: str) -> str:
        return url if "://" in url or Path(url).is_absolute() else str(base / url)

    store = config.store
    if store.url.startswith("sqlite:///") and not store.url.startswith("sqlite:////"):
        store = store.model_copy(update={"url": f"sqlite:///{base / store.url.removeprefix('sqlite:///')}"})
    cameras = tuple(
        c.model_copy(update={"url": place(c.url), "sub_url": place(c.sub_url) if c.sub_url else None})
        for c in config.cameras
    )
    models = {n: m.model_copy(update={"file": base / m.file}) for n, m in config.models.items()}
    return config.model_copy(
        update={
            "store": store,
            "cameras": cameras,
            "models": models,
            "evidence": config.evidence.model_copy(update={"url": place(config.evidence.url)}),
            "workers": config.workers.model_copy(update={"state": base / config.workers.state}),
        }
    )
