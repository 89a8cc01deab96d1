"""YAML with positions, so that an error can name its line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from ioc.core.errors import ConfigError

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """A parsed document: plain values, and the node tree with the positions."""

    name: str
    value: Any
    root: yaml.Node | None

    def line(self, path: Sequence[str | int]) -> int:
        """Line (from 1) of the deepest part of ``path`` that exists."""
        node, line = self.root, 1
        if node is not None:
            line = node.start_mark.line + 1
        for step in path:
            found = _child(node, step)
            if found is None:
                break
            line, node = found
        return line

    def locate(self, path: Sequence[str | int], message: str) -> str:
        """One error line: file, line, path and message."""
        return f"{self.name}:{self.line(path)}: {dotted(path) or 'file'}: {message}"


def dotted(path: Sequence[str | int]) -> str:
    """``("cameras", 0, "url")`` as ``cameras[0].url``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else str(step)
    return text


def parse_yaml(text: str, name: str) -> YamlDocument:
    """Parse one YAML document. Raises :class:`ConfigError` for broken YAML and for a key given twice."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(error, "problem", None) or str(error)
        raise ConfigError([f"{name}:{line}: not valid YAML: {problem}"]) from error
    document = YamlDocument(name, {} if value is None else value, root)
    doubles = _double_keys(root, ())
    if doubles:
        raise ConfigError([f"{name}:{line}: {dotted(path)}: key given twice" for path, line in doubles])
    return document


def _child(node: yaml.Node | None, step: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, child in node.value:
            if key.value == str(step):
                return key.start_mark.line + 1, child
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        child = node.value[step]
        return child.start_mark.line + 1, child
    return None


def _double_keys(node: yaml.Node | None, path: Path) -> list[tuple[Path, int]]:
    found: list[tuple[Path, int]] = []
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, child in node.value:
            if key.value in seen:
                found.append(((*path, key.value), key.start_mark.line + 1))
            seen.add(key.value)
            found += _double_keys(child, (*path, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for i, child in enumerate(node.value):
            found += _double_keys(child, (*path, i))
    return found
