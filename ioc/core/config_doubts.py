"""What a configuration may say and hardly means: allowed, but told to who checks the file."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

from ioc.core.config import Camera, Config
from ioc.core.geometry import shared_part
from ioc.core.yaml_lines import parse_yaml

OVERLAP = 0.1
"""Part of the smaller zone from which on two zones are said to overlap: drawn by hand, neighbours always do a little."""


def doubts(path: Path, config: Config) -> list[str]:
    """Doubtful places of the file that ``config`` was read from, each with file, line and path.

    Two zones of one camera that overlap and have a rule in common: what happens in both alerts twice.
    """
    document = parse_yaml(path.read_text(encoding="utf-8"), str(path))
    return [
        document.locate(("cameras", i, "zones", j, "polygon"), message)
        for i, camera in enumerate(config.cameras)
        for j, message in _overlaps(camera)
    ]


def _overlaps(camera: Camera) -> Iterator[tuple[int, str]]:
    """(index of the later zone, what is doubtful)."""
    for (_, first), (j, second) in combinations(enumerate(camera.zones), 2):
        common = sorted(first.rules.keys() & second.rules.keys())
        part = shared_part(first.polygon, second.polygon)
        if common and part >= OVERLAP:
            yield j, f"overlaps the zone {first.id} by {part:.0%}: {', '.join(common)} would alert twice there"
    for j, zone in enumerate(camera.zones):
        if common := sorted(zone.rules.keys() & camera.rules.keys()):
            yield j, f"lies in the whole picture, which has rules as well: {', '.join(common)} would alert twice there"
