"""Looks at vehicles' plates: which vehicle now, at which picture, and whose plate it is that was found.

A look costs a run of the finder and one of the reader, so vehicles take turns and a camera has a budget of looks a second.
Time is the pictures' own: a replay repeats every look. Only where a main stream is decoded besides, which no replay does,
does the machine's speed decide how often.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from ioc.core.plate_votes import Glimpse
from ioc.core.ports import PlateLook
from ioc.core.types import Box, Detection, Frame, Track
from models.plate_finder import Finder
from models.plate_reader import Reader, cut_plate

CloserLook = Callable[[float], Frame | None]
"""Time (s) -> the main stream's picture of that time, where a sub-stream is what is analysed."""

TWO_WHEELERS: Final = frozenset({"bicycle", "motorcycle"})
CLOSER_EVERY_S: Final = 0.5
"""Least seconds between two pictures of the main stream: each means decoding a group of pictures."""
CLOSER_SHARE: Final = 0.2
"""Share of the time that decoding them may take, at most; the analysis of all cameras waits for it."""
CLOSER_OFF_S: Final = 0.25
"""Seconds that such a picture may be off; further off, the vehicles are elsewhere in it."""
TALLEST_SHARE: Final = 0.4
"""A plate is at most this share of its vehicle's height: a vehicle too small for that is not looked at."""
UPPER_PART: Final = 0.35
"""Share of a vehicle's height, from above, in which its plate never hangs."""
ONE_LINE_ASPECT: Final = 2.6
"""Width to height from which a plate has one line, which no two-wheeler's has."""
WIDEST_ON_TWO_WHEELER: Final = 0.6
"""Share of a two-wheeler's width above which a plate is that of the car behind it."""
MARGIN, CLOSER_MARGIN = 0.06, 0.12
SAME_PLATE_IOU: Final = 0.4
LONGEST_PAUSE_S: Final = 30.0
LOOKS_BEFORE_PAUSE: Final = 6
"""After each so many looks at a standing vehicle the pause between them doubles."""
_SMALLEST_CROP: Final = 16


@dataclass(frozen=True, slots=True)
class PlateModels:
    """What reading plates takes."""

    finder: Finder
    reader: Reader


@dataclass(slots=True)
class _Looked:
    at: float
    times: int


class PlateSearch:
    """The looks of one camera over time. Not thread-safe."""

    def __init__(
        self,
        models: Callable[[], PlateModels],
        closer: CloserLook | None = None,
        stopwatch: Callable[[], float] = time.perf_counter,
    ) -> None:
        """``models`` is asked at the first look; ``closer`` gives the main stream's pictures, None if there is one."""
        self._models = models
        self._closer = closer
        self._stopwatch = stopwatch
        self._closer_at = float("-inf")
        self._closer_pause = CLOSER_EVERY_S
        self._looked: dict[int, _Looked] = {}
        self._at: float | None = None
        self._given: dict[int, Glimpse | None] = {}
        self._budget = 0.0
        self.looks = 0
        """Vehicles that were looked at, since the start."""

    def look(self, frame: Frame, vehicles: Sequence[Track], wanted: Sequence[Track], how: PlateLook) -> list[Glimpse]:
        """What the plates of ``wanted`` give at the instant of ``frame``; each vehicle is looked at once at most.

        ``vehicles`` are all tracks of the instant: a plate goes to the vehicle that it hangs on, wanted or not. Raises
        :class:`ioc.core.errors.ModelError` if a network fails.
        """
        self._begin(frame, vehicles, how)
        due = self._due(frame, wanted, how)
        if due:
            picture = self._picture(frame)
            if picture is not None:
                self._look_at(picture, picture is not frame, vehicles, due, how)
        ids = {t.id for t in wanted}
        return [g for track, g in self._given.items() if g is not None and track in ids]

    def _begin(self, frame: Frame, vehicles: Sequence[Track], how: PlateLook) -> None:
        if frame.at == self._at:
            return
        passed = 1.0 if self._at is None else max(0.0, frame.at - self._at)
        self._budget = min(max(1.0, how.per_s), self._budget + passed * how.per_s)
        self._at = frame.at
        self._given = {}
        alive = {t.id for t in vehicles}
        self._looked = {track: seen for track, seen in self._looked.items() if track in alive}

    def _due(self, frame: Frame, wanted: Sequence[Track], how: PlateLook) -> list[Track]:
        """Who is to be looked at now: least looked at first, then the largest, as far as the budget goes."""
        tall = 0.0 if self._closer else how.min_height_px / TALLEST_SHARE / frame.size[1]
        due = [
            t
            for t in wanted
            if t.id not in self._given
            and t.last_seen >= frame.at
            and t.box.height >= tall
            and self._waited(t, frame.at, how)
        ]
        due.sort(key=lambda t: (self._looked[t.id].times if t.id in self._looked else 0, -t.box.area, t.id))
        return due[: int(self._budget)]

    def _waited(self, track: Track, at: float, how: PlateLook) -> bool:
        seen = self._looked.get(track.id)
        if seen is None:
            return True
        pause = how.every_s
        if track.still_since is not None:
            pause = min(LONGEST_PAUSE_S, pause * 2.0 ** min(seen.times // LOOKS_BEFORE_PAUSE, 16))
        return not 0 <= at - seen.at < pause - 1e-6

    def _picture(self, frame: Frame) -> Frame | None:
        """The picture to read; None where the main stream was decoded only just now."""
        if self._closer is None:
            return frame
        if 0 <= frame.at - self._closer_at < self._closer_pause - 1e-6:
            return None
        self._closer_at = frame.at
        begin = self._stopwatch()
        closer = self._closer(frame.at)
        self._closer_pause = max(CLOSER_EVERY_S, (self._stopwatch() - begin) / CLOSER_SHARE)
        return closer if closer is not None and abs(closer.at - frame.at) <= CLOSER_OFF_S else frame

    def _look_at(
        self, picture: Frame, closer: bool, vehicles: Sequence[Track], due: Sequence[Track], how: PlateLook
    ) -> None:
        models = self._models()
        at = self._at
        assert at is not None
        found: list[Detection] = []
        for track in due:
            self._given[track.id] = None
            self._looked[track.id] = _Looked(at, self._looked[track.id].times + 1 if track.id in self._looked else 1)
            found += _plates_of(models.finder, picture.image, track, CLOSER_MARGIN if closer else MARGIN)
        self._budget -= len(due)
        self.looks += len(due)
        high = [d for d in found if d.box.height * picture.size[1] >= how.min_height_px]
        present = [t for t in vehicles if t.last_seen >= at]
        for track, plate in owners(high, present, picture.size[0] / picture.size[1]):
            if self._given.get(track.id) is None:
                self._given[track.id] = _read(models.reader, picture.image, track, plate, at)


def owners(plates: Sequence[Detection], vehicles: Sequence[Track], aspect: float) -> list[tuple[Track, Detection]]:
    """Which plate hangs on which vehicle, the surest plates first; a plate that hangs on none is left out.

    The smallest vehicle that holds the plate in its lower part, two-wheelers before cars, since they stand in front of them;
    each vehicle takes one plate. ``aspect`` is the picture's width to height.
    """
    bound: list[tuple[Track, Detection]] = []
    free = {t.id: t for t in vehicles}
    for plate in _distinct(plates):
        fitting = [t for t in free.values() if _may_hang(plate.box, t, aspect)]
        if fitting:
            owner = min(fitting, key=lambda t: (t.label not in TWO_WHEELERS, t.box.area, t.id))
            del free[owner.id]
            bound.append((owner, plate))
    return bound


def _distinct(plates: Iterable[Detection]) -> list[Detection]:
    """One find for each plate: the same one is seen in the crops of all vehicles that overlap there."""
    kept: list[Detection] = []
    for plate in sorted(plates, key=lambda d: (-d.confidence, d.box.as_tuple())):
        if all(plate.box.iou(other.box) < SAME_PLATE_IOU for other in kept):
            kept.append(plate)
    return kept


def _may_hang(plate: Box, track: Track, aspect: float) -> bool:
    x, y = plate.centre
    vehicle = _enlarged(track.box, MARGIN)
    if not (vehicle.x1 <= x <= vehicle.x2 and track.box.y1 + UPPER_PART * track.box.height <= y <= vehicle.y2):
        return False
    if track.label not in TWO_WHEELERS:
        return plate.width <= vehicle.width
    if plate.height <= 0 or plate.width * aspect / plate.height >= ONE_LINE_ASPECT:
        return False
    return plate.width <= WIDEST_ON_TWO_WHEELER * vehicle.width


def _enlarged(box: Box, margin: float) -> Box:
    dx, dy = margin * box.width, margin * box.height
    return Box.clipped(box.x1 - dx, box.y1 - dy, box.x2 + dx, box.y2 + dy)


def _plates_of(finder: Finder, image: NDArray[np.uint8], track: Track, margin: float) -> list[Detection]:
    """Plates in a vehicle's crop, boxes in 0..1 of the whole picture."""
    height, width = image.shape[:2]
    box = _enlarged(track.box, margin)
    x1, x2 = round(box.x1 * width), round(box.x2 * width)
    y1, y2 = round(box.y1 * height), round(box.y2 * height)
    if x2 - x1 < _SMALLEST_CROP or y2 - y1 < _SMALLEST_CROP:
        return []
    w, h = (x2 - x1) / width, (y2 - y1) / height
    left, top = x1 / width, y1 / height
    return [
        Detection(
            d.label,
            d.confidence,
            Box.clipped(left + d.box.x1 * w, top + d.box.y1 * h, left + d.box.x2 * w, top + d.box.y2 * h),
        )
        for d in finder.find(np.ascontiguousarray(image[y1:y2, x1:x2]), vehicle=True)
    ]


def _read(reader: Reader, image: NDArray[np.uint8], track: Track, plate: Detection, at: float) -> Glimpse | None:
    patch = np.ascontiguousarray(cut_plate(image, plate.box))
    (reading,) = reader.read([patch], motorcycle=track.label in TWO_WHEELERS)
    if reading.unreadable is not None or not reading.text:
        return None
    return Glimpse(
        track=track.id,
        at=at,
        text=reading.text,
        raw=reading.raw,
        confidence=reading.confidence,
        characters=reading.characters,
        box=plate.box,
        height_px=plate.box.height * image.shape[0],
        sharpness=sharpness(patch),
        alternatives=reading.alternatives,
        lines=reading.lines,
        upper=reading.upper,
        colour=reading.colour,
        patch=patch,
    )


def sharpness(patch: NDArray[np.uint8]) -> float:
    """Variance of the Laplacian of a uint8 (H, W, 3) BGR crop at one fixed size: a small one enlarged counts as blurred."""
    grey = cv2.resize(cv2.cvtColor(patch, cv2.COLOR_BGR2GRAY), (128, 64), interpolation=cv2.INTER_LINEAR)
    return float(cv2.Laplacian(grey, cv2.CV_32F).var())
