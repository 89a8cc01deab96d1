"""One analysed instant of one camera, as the detectors see it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property

from ioc.core.plate_votes import Glimpse
from ioc.core.ports import PictureHealth, PlateLook, StreamHealth
from ioc.core.types import Detection, Frame, PlateRead, StillObject, Track
from streams.thumbnail import Thumbnail

VEHICLES = frozenset({"bicycle", "motorcycle", "car", "bus", "truck"})


class LiveScene:
    """:class:`ioc.core.ports.Scene` of a frame. What costs time is asked of functions, and only when a rule asks."""

    def __init__(
        self,
        *,
        frame: Frame,
        thumbnail: Thumbnail,
        previous: Thumbnail | None,
        agreement: Callable[[PictureHealth], float | None],
        look: Callable[[], tuple[Sequence[Detection], Sequence[Track]]],
        count_people: Callable[[int], Sequence[Detection]],
        look_at_plates: Callable[[Sequence[Track], Sequence[Track], PlateLook], Sequence[Glimpse]],
        plate_of: Callable[[int], PlateRead | None],
        find_still: Callable[[Sequence[Track]], Sequence[StillObject]],
    ) -> None:
        self.camera = frame.camera
        self.at = frame.at
        self.frame = frame
        self.stream = StreamHealth()
        self._thumbnail = thumbnail
        self._previous = previous
        self._agreement = agreement
        self._look = look
        self._count_people = count_people
        self._look_at_plates = look_at_plates
        self.plate_of = plate_of
        self._find_still = find_still

    @cached_property
    def picture(self) -> PictureHealth:
        """Statistics of the picture."""
        health = self._thumbnail.health(self._previous)
        return replace(health, view=self._agreement(health))

    @cached_property
    def _seen(self) -> tuple[Sequence[Detection], Sequence[Track]]:
        return self._look()

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
            return self._count_people(tiles)
        return [d for d in self.detections if d.label == "person"]

    @cached_property
    def vehicles(self) -> Sequence[Track]:
        """Tracks of bicycles, motorcycles, cars, buses and trucks."""
        return [t for t in self.tracks if t.label in VEHICLES]

    @cached_property
    def still_objects(self) -> Sequence[StillObject]:
        """New things that lie still and are neither person nor vehicle, hidden ones included."""
        return self._find_still(self.tracks)

    def plates(self, vehicles: Sequence[Track], how: PlateLook) -> Sequence[Glimpse]:
        """What was read now of these vehicles' plates, as far as a look at each is due."""
        return self._look_at_plates(self.vehicles, vehicles, how)


class BlindScene:
    """:class:`ioc.core.ports.Scene` of a camera that gives no frames. Only :attr:`stream` says anything."""

    frame: None = None

    def __init__(self, *, camera: str, at: float, stream: StreamHealth) -> None:
        self.camera = camera
        self.at = at
        self.stream = stream

    @property
    def picture(self) -> PictureHealth:
        """There is none; asking for it is a mistake of the rule."""
        raise LookupError(f"{self.camera} gives no picture")

    @property
    def detections(self) -> Sequence[Detection]:
        """There are none; asking for them is a mistake of the rule: no picture does not mean nothing there."""
        raise LookupError(f"{self.camera} gives no picture")

    tracks = vehicles = still_objects = property(lambda self: self.detections)

    def people(self, tiles: int = 1) -> Sequence[Detection]:
        """As :attr:`detections`."""
        return self.detections

    def plates(self, vehicles: Sequence[Track], how: PlateLook) -> Sequence[Glimpse]:
        """As :attr:`detections`."""
        raise LookupError(f"{self.camera} gives no picture")

    def plate_of(self, track: int) -> PlateRead | None:
        """As :attr:`detections`."""
        raise LookupError(f"{self.camera} gives no picture")
