"""Plates on still pictures: the whole picture is looked at, and vehicles whose crop shows more than the whole does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from ioc.core.plates import display
from ioc.core.ports import ObjectDetector
from ioc.core.types import Box, Detection
from models.labels import group_of
from models.plate_finder import Finder, working_size
from models.plate_reader import PlateReading, Reader, cut_plate

SAME: Final = 0.45
"""Overlap from which two finds are one plate."""
MARGIN: Final = 0.05
"""What a vehicle's crop shows around the vehicle, as a fraction of its size on each side."""
SMALLEST: Final = 24
"""Pixels in width and height below which a vehicle's crop holds no plate that could be read."""
GAIN: Final = 1.25
"""A crop is looked at where the finder sees it at least so much larger than on the whole picture."""


class SizedFinder(Finder, Protocol):
    """A finder that says how many pixels it looks at."""

    size: int
    crop_size: int


@dataclass(frozen=True, slots=True)
class StillPlate:
    """One plate of a picture."""

    box: Box
    found: float
    """Confidence 0..1 that there is a plate."""
    vehicle: str | None
    """Label of the vehicle on which it hangs, None where none was seen around it."""
    reading: PlateReading

    @property
    def written(self) -> str:
        """The text with the separators of its pattern, as ``98A-123.45``; empty where nothing could be read."""
        return display(self.reading.text, self.reading.pattern)

    def to_json(self, width: int, height: int) -> dict[str, Any]:
        """Everything about it; ``box`` in 0..1 of the picture, ``box_px`` in pixels of ``width`` x ``height``."""
        read, box = self.reading, self.box
        return {
            "text": read.text,
            "written": self.written,
            "raw": read.raw,
            "confidence": round(read.confidence, 4),
            "characters": [round(share, 4) for share in read.characters],
            "alternatives": [[text, round(share, 4)] for text, share in read.alternatives],
            "pattern": read.pattern,
            "flags": sorted(read.flags),
            "colour": read.colour,
            "lines": read.lines,
            "unreadable": read.unreadable,
            "vehicle": self.vehicle,
            "found": round(self.found, 4),
            "box": [round(value, 5) for value in box.as_tuple()],
            "box_px": [round(box.x1 * width), round(box.y1 * height), round(box.x2 * width), round(box.y2 * height)],
        }


def plates_of(image: NDArray[np.uint8], finder: SizedFinder, reader: Reader, street: ObjectDetector) -> list[StillPlate]:
    """Every plate of a uint8 (H, W, 3) BGR picture, from the top down.

    Raises :class:`ioc.core.errors.InputError` for what is no such picture, :class:`ioc.core.errors.ModelError` if a network
    fails.
    """
    vehicles = [seen for seen in street.detect(image) if group_of(seen.label) in ("vehicle", "two-wheeler")]
    found = list(finder.find(image))
    for vehicle in vehicles:
        found += _in_crop(image, vehicle.box, finder)
    plates = []
    for plate in sorted(distinct(found), key=lambda d: (d.box.y1, d.box.x1)):
        owner = owner_of(plate.box, vehicles)
        motorcycle = None if owner is None else group_of(owner.label) == "two-wheeler"
        (reading,) = reader.read([cut_plate(image, plate.box)], motorcycle=motorcycle)
        plates.append(StillPlate(plate.box, plate.confidence, owner.label if owner else None, reading))
    return plates


def owner_of(plate: Box, vehicles: Iterable[Detection]) -> Detection | None:
    """The vehicle on which a plate hangs: the smallest one around its centre, two-wheelers before the cars behind them."""
    x, y = plate.centre
    around = [v for v in vehicles if v.box.x1 <= x <= v.box.x2 and v.box.y1 <= y <= v.box.y2 and v.box.width > plate.width]
    return min(around, key=lambda v: (group_of(v.label) != "two-wheeler", v.box.area), default=None)


def distinct(plates: Iterable[Detection]) -> list[Detection]:
    """One find for each plate, the surest: it is seen on the whole picture and in the crops of all vehicles around it."""
    kept: list[Detection] = []
    for plate in sorted(plates, key=lambda d: (-d.confidence, d.box.as_tuple())):
        if all(plate.box.iou(other.box) < SAME for other in kept):
            kept.append(plate)
    return kept


def _in_crop(image: NDArray[np.uint8], vehicle: Box, finder: SizedFinder) -> list[Detection]:
    """Plates in a vehicle's crop, boxes in 0..1 of the whole picture; none where the crop would show no more."""
    height, width = image.shape[:2]
    dx, dy = MARGIN * vehicle.width, MARGIN * vehicle.height
    box = Box.clipped(vehicle.x1 - dx, vehicle.y1 - dy, vehicle.x2 + dx, vehicle.y2 + dy)
    x1, x2, y1, y2 = (round(v * s) for v, s in ((box.x1, width), (box.x2, width), (box.y1, height), (box.y2, height)))
    crop = image[y1:y2, x1:x2]
    if min(crop.shape[:2]) < SMALLEST:
        return []
    whole = working_size(image, finder.size) / max(width, height)
    if working_size(crop, finder.crop_size) / max(crop.shape[:2]) < GAIN * whole:
        return []
    w, h = (x2 - x1) / width, (y2 - y1) / height
    left, top = x1 / width, y1 / height
    return [
        Detection(
            d.label,
            d.confidence,
            Box.clipped(left + d.box.x1 * w, top + d.box.y1 * h, left + d.box.x2 * w, top + d.box.y2 * h),
        )
        for d in finder.find(np.ascontiguousarray(crop), vehicle=True)
    ]
