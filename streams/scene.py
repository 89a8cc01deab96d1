"""One analysed instant of one camera, as the detectors see it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import NoReturn

from ioc.core.crowd import CrowdMap
from ioc.core.plate_votes import Glimpse
from ioc.core.ports import PictureHealth, PlateLook, StreamHealth
from ioc.core.types import Detection, FireSight, Frame, PlateRead, StillObject, Track
from ioc.core.water import WaterMap
from streams.senses import Senses
from streams.thumbnail import Thumbnail

VEHICLES = frozenset({"bicycle", "motorcycle", "car", "bus", "truck"})


class LiveScene:
    """:class:`ioc.core.ports.Scene` of a frame. What costs time is asked of the camera's senses, when a rule asks."""

    def __init__(
        self,
        *,
        frame: Frame,
        thumbnail: Thumbnail,
        previous: Thumbnail | None,
        senses: Senses,
        plate_of: Callable[[int], PlateRead | None],
    ) -> None:
        self.camera = frame.camera
        self.at = frame.at
        self.frame = frame
        self.stream = StreamHealth()
        self._thumbnail = thumbnail
        self._previous = previous
        self._senses = senses
        self.plate_of = plate_of

    @cached_property
    def picture(self) -> PictureHealth:
        """Statistics of the picture."""
        health = self._thumbnail.health(self._previous)
        return replace(
            health,
            view=self._senses.view(self._thumbnail, health, self.at),
            sharpness=self._senses.sharpness(self._thumbnail, self.at),
            hidden=self._senses.hidden(self._thumbnail, self.at),
        )

    @cached_property
    def _seen(self) -> tuple[Sequence[Detection], Sequence[Track]]:
        return self._senses.look(self.frame, self._thumbnail)

    @property
    def detections(self) -> Sequence[Detection]:
        """All street objects of this instant."""
        return self._seen[0]

    @property
    def tracks(self) -> Sequence[Track]:
        """Street objects followed over time, hidden ones included."""
        return self._seen[1]

    def people(self, tiles: int = 1) -> Sequence[Detection]:
        """People of this instant; ``tiles`` > 1 finds small ones, at a lower rate."""
        if tiles > 1:
            return self._senses.people(self.frame, tiles)
        return [d for d in self.detections if d.label == "person"]

    @cached_property
    def vehicles(self) -> Sequence[Track]:
        """Tracks of bicycles, motorcycles, cars, buses and trucks."""
        return [t for t in self.tracks if t.label in VEHICLES]

    @cached_property
    def still_objects(self) -> Sequence[StillObject]:
        """New things that lie still and are neither person nor vehicle, hidden ones included."""
        return self._senses.still_objects(self.frame, self.tracks)

    def plates(self, vehicles: Sequence[Track], how: PlateLook) -> Sequence[Glimpse]:
        """What was read now of these vehicles' plates, as far as a look at each is due."""
        return self._senses.plates(self.frame, self.vehicles, vehicles, how)

    @cached_property
    def fires(self) -> Sequence[FireSight]:
        """Fire and smoke, looked for at their own rate."""
        return self._senses.fires(self.frame)

    @cached_property
    def density(self) -> CrowdMap:
        """How many heads each part of the picture shows, looked at at its own rate."""
        return self._senses.density(self.frame)

    @cached_property
    def water(self) -> WaterMap:
        """Where the picture shows flood water, looked at at its own rate."""
        return self._senses.water(self.frame)


class BlindScene:
    """:class:`ioc.core.ports.Scene` of a camera that gives no frames. Only :attr:`stream` says anything."""

    frame: None = None

    def __init__(self, *, camera: str, at: float, stream: StreamHealth) -> None:
        self.camera = camera
        self.at = at
        self.stream = stream

    def _nothing(self) -> NoReturn:
        """Asking for what a picture shows is a mistake of the rule: no picture does not mean nothing there."""
        raise LookupError(f"{self.camera} gives no picture")

    picture = detections = tracks = vehicles = still_objects = fires = density = water = property(_nothing)

    def people(self, tiles: int = 1) -> Sequence[Detection]:
        """A mistake of the rule, as all that follows."""
        self._nothing()

    def plates(self, vehicles: Sequence[Track], how: PlateLook) -> Sequence[Glimpse]:
        """A mistake of the rule."""
        self._nothing()

    def plate_of(self, track: int) -> PlateRead | None:
        """A mistake of the rule."""
        self._nothing()
