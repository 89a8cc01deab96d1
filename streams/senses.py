"""What one camera's scenes can be asked for beside the picture itself: models and memories, each asked when a rule asks.

A part that costs much has a rate of its own and answers with its last result in between.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, NoReturn, TypeVar

from ioc.core.crowd import CrowdCounter, CrowdMap
from ioc.core.plate_votes import Glimpse
from ioc.core.ports import ObjectDetector, PictureHealth, PlateLook, Tracker
from ioc.core.types import Detection, FireSight, Frame, StillObject, Track
from ioc.core.water import WaterFinder, WaterMap
from streams.cover import PartCover
from streams.fires import FireWatch
from streams.focus import UsualFocus
from streams.gate import Gate
from streams.plates import PlateSearch
from streams.still import StillThings
from streams.thumbnail import Thumbnail
from streams.view import UsualView

PEOPLE_EVERY_S = 2.0
"""Least seconds between two searches of the picture in tiles, each worth several ordinary looks."""
FIRE_EVERY_S = 0.5
WATER_EVERY_S = 2.0
DENSITY_EVERY_S = 1.0
VIEW_EVERY_S = 1.0
FOCUS_EVERY_S = 1.0
COVER_EVERY_S = 1.0
PLAIN = 0.02
"""Share of edge pixels below which a picture shows too little to be compared with the usual view."""

DetectorFor = Callable[[int], ObjectDetector]
"""Number of tiles a side -> a detector that searches in that many; 1 is the plain one. All share one session."""

T = TypeVar("T")


class Paced(Generic[T]):
    """The result of something that is done every ``every_s`` seconds at most, by the pictures' own time."""

    def __init__(self, every_s: float) -> None:
        self._every_s = every_s
        self._made: tuple[float, T] | None = None

    def at(self, at: float, make: Callable[[], T]) -> T:
        """The result for the time ``at`` (s): the last one, or a new one where that is due or the clock was set back."""
        if self._made is None or not 0 <= at - self._made[0] < self._every_s:
            self._made = (at, make())
        return self._made[1]


class Senses:
    """The senses of one camera; not thread-safe."""

    def __init__(
        self,
        *,
        street: DetectorFor,
        tracker: Tracker,
        plates: PlateSearch | None = None,
        fire: Callable[[], ObjectDetector] | None = None,
        water: Callable[[], WaterFinder] | None = None,
        density: Callable[[], CrowdCounter] | None = None,
        gate: Gate | None = None,
    ) -> None:
        """``fire``, ``water`` and ``density`` are asked for the model at the first look. None: no rule may ask."""
        self._street = street
        self._tracker = tracker
        self._plates = plates
        self._fire = fire
        self._water = water
        self._density = density
        self._gate = gate or Gate()
        self._usual_view = UsualView()
        self._usual_focus = UsualFocus()
        self._part_cover = PartCover()
        self._still = StillThings()
        self._detections: Sequence[Detection] = ()
        self._looked_at = float("inf")
        self._people: dict[int, Paced[Sequence[Detection]]] = {}
        self._fires: Paced[Sequence[FireSight]] = Paced(FIRE_EVERY_S)
        self._fire_watch = FireWatch()
        self._waters: Paced[WaterMap] = Paced(WATER_EVERY_S)
        self._densities: Paced[CrowdMap] = Paced(DENSITY_EVERY_S)
        self._views: Paced[float | None] = Paced(VIEW_EVERY_S)
        self._focuses: Paced[float | None] = Paced(FOCUS_EVERY_S)
        self._covers: Paced[float | None] = Paced(COVER_EVERY_S)
        self.tracks: tuple[Track, ...] = ()
        """Those of the last look."""
        self.looks = 0
        """Calls of the street detector for the whole picture, since the start."""

    def look(self, frame: Frame, thumbnail: Thumbnail) -> tuple[Sequence[Detection], Sequence[Track]]:
        """Street objects now, and followed over time; an unchanged picture keeps the detections of the last one."""
        opened = self._gate.opens(thumbnail, frame.at)
        if opened:
            self.looks += 1
            self._detections = self._street(1).detect(frame.image)
        seen = {t.id for t in self.tracks if t.last_seen >= self._looked_at}
        self.tracks = tuple(self._tracker.update(self._detections, frame.at))
        self._looked_at = frame.at
        if opened and any(t.id in seen and t.last_seen < frame.at for t in self.tracks):
            # A detector that wavers misses an object now and then; a still picture would keep the miss until the deadline.
            self._gate.distrust()
        return self._detections, self.tracks

    def people(self, frame: Frame, tiles: int) -> Sequence[Detection]:
        """People, searched for in ``tiles`` x ``tiles`` parts of the picture."""
        paced = self._people.setdefault(tiles, Paced(PEOPLE_EVERY_S))
        return paced.at(frame.at, lambda: [d for d in self._street(tiles).detect(frame.image) if d.label == "person"])

    def plates(self, frame: Frame, vehicles: Sequence[Track], wanted: Sequence[Track], how: PlateLook) -> Sequence[Glimpse]:
        """What is read of the plates of ``wanted``, some of all ``vehicles``."""
        return (self._plates or _no_model("plates")).look(frame, vehicles, wanted, how)

    def still_objects(self, frame: Frame, tracks: Sequence[Track]) -> Sequence[StillObject]:
        """New things that lie still and are none of the ``tracks``."""
        return self._still.observe(frame, tracks)

    def fires(self, frame: Frame) -> Sequence[FireSight]:
        """Fire and smoke, and how the picture has moved there; every picture is remembered, some are looked at."""
        detector = self._fire or _no_model("fire")
        self._fire_watch.note(frame)
        return self._fires.at(frame.at, lambda: self._fire_watch.sights(detector().detect(frame.image)))

    def water(self, frame: Frame) -> WaterMap:
        """Where the picture shows flood water."""
        model = self._water or _no_model("water")
        return self._waters.at(frame.at, lambda: WaterMap(at=frame.at, cells=model().look(frame.image)))

    def density(self, frame: Frame) -> CrowdMap:
        """How many heads each part of the picture shows."""
        model = self._density or _no_model("density")
        return self._densities.at(frame.at, lambda: CrowdMap(at=frame.at, cells=model().look(frame.image)))

    def view(self, thumbnail: Thumbnail, health: PictureHealth, at: float) -> float | None:
        """How much of the camera's usual view is left; a picture that shows nothing is not looked at."""
        return self._views.at(at, lambda: self._usual_view.agreement(thumbnail, at) if health.detail >= PLAIN else None)

    def sharpness(self, thumbnail: Thumbnail, at: float) -> float | None:
        """How sharp the picture is, as a part of how sharp this camera's pictures are."""
        return self._focuses.at(at, lambda: self._usual_focus.sharpness(thumbnail, at))

    def hidden(self, thumbnail: Thumbnail, at: float) -> float | None:
        """How much of the picture something on the lens hides."""
        return self._covers.at(at, lambda: self._part_cover.share(thumbnail, at))

    def remember(self) -> dict[str, Any]:
        """What was learnt of the camera's picture, as JSON carries it; empty while there is nothing."""
        learnt = {
            "view": self._usual_view.remember(),
            "focus": self._usual_focus.remember(),
            "cover": self._part_cover.remember(),
        }
        return {name: known for name, known in learnt.items() if known}

    def recall(self, learnt: Mapping[str, Any]) -> None:
        """Go on with what :meth:`remember` gave. Raises ValueError, LookupError or TypeError for anything else."""
        self._usual_view.recall(learnt.get("view", {}))
        self._usual_focus.recall(learnt.get("focus", {}))
        self._part_cover.recall(learnt.get("cover", {}))

    def lose(self) -> None:
        """The stream is lost: nothing is seen, and so nothing is followed."""
        self.tracks = ()


def _no_model(name: str) -> NoReturn:
    raise LookupError(f"a rule asks for {name}, and no model for it was given")
