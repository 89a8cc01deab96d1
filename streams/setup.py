"""Puts models, rules and a camera of the configuration together; used by the worker and by replays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import detectors
from ioc.core.config import Camera, Config
from ioc.core.ports import DetectorSpec, ObjectDetector
from models.catalog import make_tracker, open_street
from models.tiles import TiledDetector
from streams.pipeline import CameraAnalysis, DetectorFor


class SharedModels:
    """The models of one process: each is opened once, when a camera first asks, and shared by all cameras."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._opened: dict[tuple[int, int], ObjectDetector] = {}

    def street(self, look_size: int) -> DetectorFor:
        """Street detectors that look at ``look_size`` pixels, by number of tiles a side."""

        def detector(tiles: int) -> ObjectDetector:
            found = self._opened.get((look_size, tiles))
            if found is None:
                found = self._opened[look_size, tiles] = self._open(look_size, tiles)
            return found

        return detector

    def _open(self, look_size: int, tiles: int) -> ObjectDetector:
        workers = self._config.workers
        plain = open_street(
            self._config.models,
            size=look_size,
            threads=workers.threads,
            providers=[workers.provider] if workers.provider else None,
        )
        return plain if tiles == 1 else TiledDetector(plain, k=tiles)


def camera_analysis(
    config: Config, camera: Camera, models: SharedModels, registry: Mapping[str, DetectorSpec[Any]] | None = None
) -> CameraAnalysis:
    """A camera's analysis as configured. ``registry`` holds the rules; all of this product by default."""
    return CameraAnalysis(
        site=config.site.id,
        timezone=config.site.timezone,
        camera=camera,
        registry=detectors.discover() if registry is None else registry,
        detector=models.street(camera.look_size),
        tracker=make_tracker(),
    )
