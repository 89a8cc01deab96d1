"""What the layers ask of each other and of the world, as protocols. Adapters and fakes implement them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from pydantic import BaseModel

from ioc.core.crowd import CrowdMap
from ioc.core.incidents import Policy
from ioc.core.passages import Passage
from ioc.core.plate_votes import Glimpse
from ioc.core.types import Detection, FireSight, Frame, Observation, PlateRead, StillObject, Track, Zone
from ioc.core.water import WaterMap

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Clock(Protocol):
    """Time as an object, so that a test can freeze it."""

    def now(self) -> float:
        """Seconds since the Unix epoch (UTC)."""
        ...

    def monotonic(self) -> float:
        """Seconds that never jump."""
        ...


class ObjectDetector(Protocol):
    """A picture in, detections out. Raises :class:`ioc.core.errors.ModelError`; never returns 'nothing seen' on a fault."""

    @property
    def labels(self) -> Sequence[str]:
        """Every label it can give."""
        ...

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        """Objects in a uint8 (H, W, 3) BGR picture; boxes in 0..1."""
        ...


class Tracker(Protocol):
    """Detections of successive frames in, tracks out."""

    def update(self, detections: Sequence[Detection], at: float) -> list[Track]:
        """Tracks after the frame of time ``at`` (s), hidden ones that are still remembered included."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureHealth:
    """Statistics of one picture, computed from pixels alone."""

    brightness: float
    """Mean grey level, 0..1."""
    contrast: float
    """Standard deviation of the grey levels, 0..1."""
    detail: float
    """Share 0..1 of the thumbnail's pixels that lie on an edge; about 0 for a covered camera."""
    change: float | None
    """Mean absolute difference to the previous picture, 0..1; None for the first."""
    view: float | None = None
    """How much of the camera's usual view is left, 1 (all) to 0 (it looks elsewhere); None while that is not known."""
    sharpness: float | None = None
    """Usual width of edges as a part of that in this picture, 1 (as sharp as usual) to 0; None while that is not known."""
    hidden: float | None = None
    """Share 0..1 of the picture that something on the lens hides while the rest stands; None while that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamHealth:
    """Whether frames come in. ``lost_for`` is None while they do, else seconds without a frame."""

    lost_for: float | None = None
    reason: str | None = None
    text: str | None = None


class Scene(Protocol):
    """One analysed instant of one camera, as detectors see it. Everything is computed at most once, when first asked."""

    @property
    def camera(self) -> str:
        """Id of the camera."""
        ...

    @property
    def at(self) -> float:
        """Time of the instant, seconds since the Unix epoch."""
        ...

    @property
    def frame(self) -> Frame | None:
        """The picture, or None when the stream is lost: only :attr:`stream` is of use then."""
        ...

    @property
    def stream(self) -> StreamHealth:
        """Whether frames come in."""
        ...

    @property
    def picture(self) -> PictureHealth:
        """Statistics of the picture."""
        ...

    @property
    def detections(self) -> Sequence[Detection]:
        """All street objects of this instant."""
        ...

    @property
    def tracks(self) -> Sequence[Track]:
        """Street objects followed over time, hidden ones included (``last_seen`` < ``at``)."""
        ...

    def people(self, tiles: int = 1) -> Sequence[Detection]:
        """People of this instant. With ``tiles`` > 1 the picture is searched in ``tiles`` x ``tiles`` overlapping parts as
        well, which finds small people and costs as many times more, so at a lower rate.
        """
        ...

    @property
    def still_objects(self) -> Sequence[StillObject]:
        """New things that lie still and are neither person nor vehicle, hidden ones included (``last_seen`` < ``at``)."""
        ...

    @property
    def fires(self) -> Sequence[FireSight]:
        """Fire and smoke, and how the picture moves there. Needs the model ``fire``."""
        ...

    @property
    def water(self) -> WaterMap:
        """Where the picture shows flood water. Needs the model ``water``."""
        ...

    @property
    def density(self) -> CrowdMap:
        """How many heads each part of the picture shows, for people who are packed. Needs the model ``density``."""
        ...

    @property
    def vehicles(self) -> Sequence[Track]:
        """Tracks of bicycles, motorcycles, cars, buses and trucks."""
        ...

    def plates(self, vehicles: Sequence[Track], how: PlateLook) -> Sequence[Glimpse]:
        """Looks at the plates of these vehicles, as far as each is due, high enough and affordable: what was read now.

        Needs the models ``plate-finder`` and ``plate-reader``. Rules that ask for the same vehicle at the same instant get
        the same look.
        """
        ...

    def plate_of(self, track: int) -> PlateRead | None:
        """The plate of a track's vehicle, where a rule of the camera has read it, also when the vehicle has left."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateLook:
    """How plates are looked at."""

    min_height_px: float = 16.0
    """Height of a plate, in pixels of the picture that is read, below which it is left alone."""
    every_s: float = 0.4
    """Least seconds between two looks at one vehicle; longer for one that stands."""
    per_s: float = 8.0
    """Looks a second at most, all vehicles of the camera together."""


SettingsT = TypeVar("SettingsT", bound=BaseModel)


@dataclass(frozen=True)
class RuleZone(Generic[SettingsT]):
    """One zone in which a rule applies, with that rule's parsed settings."""

    zone: Zone
    settings: SettingsT


class Rule(Protocol):
    """A detector made for one camera: observes, and says what time adds."""

    def observe(self, scene: Scene) -> Iterable[Observation]:
        """What this instant shows."""
        ...

    def policy(self, observation: Observation) -> Policy:
        """What time adds to this observation. Depends on its zone and subject, never on the instant."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One value of a count series at one instant."""

    zone: str | None
    label: str
    count: int
    window: float
    """Seconds over which samples are gathered into one point."""


class Counter(Protocol):
    """A rule that also feeds count series."""

    def counts(self, scene: Scene) -> Iterable[Sample]:
        """The counts of this instant."""
        ...


class PassageReader(Protocol):
    """A rule that also tells of passages: one read of a plate for each vehicle that passes."""

    def passages(self, scene: Scene) -> Iterable[Passage]:
        """The passages that are told at this instant, one without a picture included."""
        ...

    def finish(self, at: float) -> Iterable[Passage]:
        """The passages that end at ``at`` (s) because the stream does."""
        ...


class LearningRule(Protocol):
    """A rule that learns something of its camera that must outlive a restart of the worker."""

    def remember(self) -> Mapping[str, Any]:
        """What was learnt, as values that JSON carries."""
        ...

    def recall(self, learnt: Mapping[str, Any]) -> None:
        """Go on with what :meth:`remember` gave, maybe of another version of the program. Raises ValueError, LookupError
        or TypeError for what it cannot use, and has then changed nothing.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleContext:
    """What a rule may know about its camera besides its zones."""

    site: str
    camera: str
    timezone: str
    """IANA name, for rules with hours."""


@dataclass(frozen=True, kw_only=True)
class DetectorSpec(Generic[SettingsT]):
    """The one constant of a detector module: ``DETECTOR``."""

    kind: str
    """Name of the alert kind, also the key under ``rules`` in the configuration."""
    settings: type[SettingsT]
    """Pydantic model of the settings; unknown keys are errors."""
    factory: Callable[[Sequence[RuleZone[SettingsT]], RuleContext], Rule]
    """Makes the rule of one camera from the zones it applies in."""
    title: Mapping[str, str]
    """The kind's name for people: {"vi": ..., "en": ...}."""
    blind: bool = False
    """Whether the rule also observes an instant without a picture; for other rules no time passes then."""
    zoned: bool = False
    """Whether it means something only where somebody has drawn a zone, not in the whole picture."""
    needs: frozenset[str] = frozenset()
    """Models that the parts of the scene it asks for need, by name in the manifest."""


class EvidenceStore(Protocol):
    """Files that prove alerts, by key."""

    def put(self, key: str, data: bytes, media_type: str) -> None:
        """Write once; the same key with the same bytes is no error. Raises :class:`ioc.core.errors.StorageError`."""
        ...

    def get(self, key: str) -> bytes:
        """Read. Raises :class:`ioc.core.errors.StorageError` if absent or unreadable."""
        ...


class Outbox(Protocol):
    """Messages that must not be lost, on disk until the broker has them."""

    def put(self, topic: str, payload: bytes) -> None:
        """Durable when it returns."""
        ...

    def pending(self, after: int = 0, limit: int = 100) -> list[tuple[int, str, bytes]]:
        """Oldest first: (number, topic, payload) with numbers above ``after``."""
        ...

    def done(self, number: int) -> None:
        """The broker has acknowledged it."""
        ...


class Publisher(Protocol):
    """Sends messages to the bus."""

    def publish(self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False) -> None:
        """Send now or drop (QoS 0), or hand to the client's queue (QoS 1)."""
        ...
