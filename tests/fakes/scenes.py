"""Scenes with recorded detections: what a rule sees, without a pixel or a model."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ioc.core.crowd import CrowdMap
from ioc.core.plate_votes import Glimpse
from ioc.core.ports import PictureHealth, StreamHealth
from ioc.core.types import Box, Detection, FireSight, Frame, PlateRead, StillObject, Track
from ioc.core.water import WaterMap

ORDINARY = PictureHealth(brightness=0.4, contrast=0.2, detail=0.2, change=0.01)
VEHICLES = {"bicycle", "motorcycle", "car", "bus", "truck"}


def blank_frame(at=0.0, camera="cam", value=90, size=(96, 54)):
    return Frame(camera=camera, at=at, pts=at, image=np.full((size[1], size[0], 3), value, np.uint8))


@dataclass(frozen=True)
class FakeScene:
    """Implements ioc.core.ports.Scene."""

    at: float = 0.0
    camera: str = "cam"
    tracks: tuple[Track, ...] = ()
    detections: tuple[Detection, ...] = ()
    tiled: dict[int, tuple[Detection, ...]] = field(default_factory=dict)
    still_objects: tuple[StillObject, ...] = ()
    fires: tuple[FireSight, ...] = ()
    water: WaterMap | None = None
    density: CrowdMap | None = None
    picture: PictureHealth = ORDINARY
    stream: StreamHealth = field(default_factory=StreamHealth)
    blind: bool = False
    glimpses: dict[int, Glimpse] = field(default_factory=dict)
    """What a look at a track's plate gives."""
    plates_known: dict[int, PlateRead] = field(default_factory=dict)
    asked: list = field(default_factory=list)
    """(track ids, how) of every call of :meth:`plates`."""

    @property
    def frame(self):
        return None if self.blind else blank_frame(self.at, self.camera)

    def people(self, tiles=1):
        found = self.detections if tiles == 1 else self.tiled[tiles]
        return [d for d in found if d.label == "person"]

    @property
    def vehicles(self):
        return [t for t in self.tracks if t.label in VEHICLES]

    def plate_of(self, track):
        return self.plates_known.get(track)

    def plates(self, vehicles, how):
        self.asked.append(([t.id for t in vehicles], how))
        return [self.glimpses[t.id] for t in vehicles if t.id in self.glimpses]


def track(ident=1, box=(0.4, 0.4, 0.6, 0.6), label="car", still_since=0.0, at=0.0, last_seen=None, confidence=0.8):
    return Track(
        id=ident,
        label=label,
        box=Box(*box),
        confidence=confidence,
        first_seen=min(0.0, at),
        last_seen=at if last_seen is None else last_seen,
        still_since=still_since,
    )


def person(x, y, confidence=0.8, width=0.02, height=0.08):
    """A person whose feet stand at (x, y)."""
    return Detection("person", confidence, Box(x - width / 2, y - height, x + width / 2, y))
