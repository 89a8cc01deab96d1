"""Guesses a plate's colour from its crop. A guess: a brake light's glow or sodium light can turn white paper."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ioc.core.plates import PlateColour

_SHARE: Final = 0.4
"""Part of the crop that must carry a colour: characters and margin never do."""
_HUES: Final[tuple[tuple[PlateColour, tuple[tuple[int, int], ...]], ...]] = (
    ("yellow", ((14, 38),)),
    ("blue", ((92, 130),)),
    ("red", ((0, 9), (168, 180))),
)
"""Ranges of OpenCV's hue, 0..180."""


def plate_colour(crop: NDArray[np.uint8]) -> PlateColour | None:
    """Colour of a uint8 (H, W, 3) BGR crop's plate; None where it is too dark to tell."""
    h, w = crop.shape[:2]
    inner = crop[h // 8 : h - h // 8, w // 10 : w - w // 10]
    small = cv2.resize(inner, (32, 16), interpolation=cv2.INTER_AREA)
    hue, saturation, value = cv2.split(cv2.cvtColor(small, cv2.COLOR_BGR2HSV))
    if float(np.percentile(value, 90)) < 60:
        return None
    # White paper lit by a coloured lamp stays pale; paint does not.
    strong = (saturation > 110) & (value > 45)
    for name, ranges in _HUES:
        inside = np.zeros_like(strong)
        for low, high in ranges:
            inside |= (hue >= low) & (hue <= high)
        if float((strong & inside).mean()) >= _SHARE:
            return name
    return "white"
