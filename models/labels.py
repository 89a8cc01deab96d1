"""Street labels, and which of them are one kind of thing for whoever suppresses, tracks or counts."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

GROUPS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "person": "person",
        "bicycle": "two-wheeler",
        "motorcycle": "two-wheeler",
        "car": "vehicle",
        "bus": "vehicle",
        "truck": "vehicle",
    }
)
"""Label -> group. Detectors waver between the labels of a group (van: car or truck), never between groups."""


def group_of(label: str) -> str:
    """Group of a label; a label without a group is a group of its own."""
    return GROUPS.get(label, label)
