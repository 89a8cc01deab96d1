"""From counts of single instants to points of a series."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median_low

from ioc.core.ports import Sample
from ioc.core.types import Count

Series = tuple[str | None, str]
"""(zone id, label)."""


class CountSeries:
    """Gathers samples over a window and gives their median: a person missed in one frame does not dent the curve."""

    def __init__(self, site: str, camera: str) -> None:
        self._site = site
        self._camera = camera
        self._samples: dict[Series, tuple[float, list[int]]] = {}

    def add(self, samples: Iterable[Sample], at: float) -> list[Count]:
        """Take one instant's samples at ``at`` (s) and return the points that are complete now."""
        points = []
        for sample in samples:
            key = (sample.zone, sample.label)
            start, values = self._samples.setdefault(key, (at, []))
            if at < start:  # the clock jumped back: what was gathered belongs to no window any more
                start, values = self._samples[key] = (at, [])
            if values and at - start >= sample.window:
                points.append(self._point(key, at, values, at - start))
                start, values = self._samples[key] = (at, [])
            values.append(sample.count)
        return points

    def _point(self, key: Series, at: float, values: list[int], window: float) -> Count:
        zone, label = key
        return Count(
            site=self._site, camera=self._camera, zone=zone, label=label, at=at, count=median_low(values), window=window
        )
