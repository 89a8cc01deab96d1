"""Plate networks that see what a script says."""

from __future__ import annotations

from functools import cache

import numpy as np

from ioc.core.types import Box, Detection
from models.plate_reader import PlateReading, unreadable

PLATE = Box(0.35, 0.6, 0.65, 0.8)


class ScriptedFinder:
    """Implements streams.plates.Finder: ``see(crop)`` gives the plates of each crop, one in its lower middle by default."""

    def __init__(self, see=lambda crop: [Detection("plate", 0.9, PLATE)]):
        self.see = see
        self.crops = []

    def find(self, image, *, vehicle=False):
        assert vehicle
        self.crops.append(image)
        return self.see(image)


class ScriptedReader:
    """Implements streams.plates.Reader: the text of each crop is what ``say(crop)`` gives; None is unreadable."""

    def __init__(self, say=lambda crop: "59K134074", sure=0.97):
        self.say = say
        self.sure = sure
        self.crops = []
        self.motorcycles = []

    def read(self, crops, *, motorcycle=None):
        self.crops += crops
        self.motorcycles.append(motorcycle)
        return [self._reading(self.say(crop)) for crop in crops]

    def _reading(self, text):
        if text is None:
            return unreadable("no character seen")
        return PlateReading(
            text=text, raw=text, confidence=self.sure, characters=(self.sure,) * len(text), alternatives=(),
            pattern="MOTO_DIGIT", flags=frozenset(), lines=2, upper=4, colour="white",
        )  # fmt: skip


@cache
def noise(width=320, height=240, seed=0):
    """A picture, uint8 (height, width, 3)."""
    return np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8)
