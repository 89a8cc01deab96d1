"""The values that travel from a frame to an alert. All are frozen; construction validates.

Units: times are seconds (``at`` since the Unix epoch in UTC, ``pts`` since the start of a stream), boxes and polygons are
fractions 0..1 of the picture's width and height, so that a sub-stream and a main stream agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, Self

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


LossReason = Literal[
    "connecting", "refused", "unauthorised", "no_such_path", "timeout", "undecodable", "ended", "unreachable", "missing"
]
"""Why a camera gives no frames."""


class Severity(StrEnum):
    """How urgent an alert is; there is no official scale. Ordered by :attr:`rank`."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 (low) to 3 (critical)."""
        return list(Severity).index(self)


class Phase(StrEnum):
    """What an :class:`AlertEvent` says about its alert."""

    OPENED = "opened"
    UPDATED = "updated"
    CLOSED = "closed"


class CameraState(StrEnum):
    """Health of a camera's stream."""

    LIVE = "live"
    DEGRADED = "degraded"
    LOST = "lost"


def _unit(name: str, value: float) -> None:
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"{name} must lie in 0..1, got {value!r}")


@dataclass(frozen=True, slots=True)
class Box:
    """Axis-parallel rectangle; corners (x1, y1) top left and (x2, y2) bottom right, fractions 0..1 of the picture."""

    x1: float
    y1: float
    x2: float
    y2: float

    def __post_init__(self) -> None:
        if not (0.0 <= self.x1 <= self.x2 <= 1.0 and 0.0 <= self.y1 <= self.y2 <= 1.0):
            raise ValueError(
                f"box needs 0 <= x1 <= x2 <= 1 and 0 <= y1 <= y2 <= 1, got {(self.x1, self.y1, self.x2, self.y2)}"
            )

    @classmethod
    def clipped(cls, x1: float, y1: float, x2: float, y2: float) -> Self:
        """The part of a rectangle that lies in the picture; a rectangle outside becomes empty at the border."""
        left, right = (min(max(v, 0.0), 1.0) for v in (x1, x2))
        top, bottom = (min(max(v, 0.0), 1.0) for v in (y1, y2))
        return cls(left, top, max(left, right), max(top, bottom))

    @property
    def width(self) -> float:
        """Fraction of the picture's width."""
        return self.x2 - self.x1

    @property
    def height(self) -> float:
        """Fraction of the picture's height."""
        return self.y2 - self.y1

    @property
    def area(self) -> float:
        """Fraction of the picture's area."""
        return self.width * self.height

    @property
    def centre(self) -> tuple[float, float]:
        """Middle point (x, y)."""
        return (self.x1 + self.x2) / 2, (self.y1 + self.y2) / 2

    @property
    def foot(self) -> tuple[float, float]:
        """Middle of the lower edge (x, y): where something that stands on the ground touches it."""
        return (self.x1 + self.x2) / 2, self.y2

    def ground(self, height: float) -> tuple[float, float]:
        """The point (x, y) in the middle of the box, ``height`` (share 0..1 of its own height) above its lower edge.

        A camera that looks down sees a vehicle's roof above its wheels; the middle of where it stands lies between them.
        """
        return (self.x1 + self.x2) / 2, self.y2 - height * self.height

    def intersection(self, other: Box) -> float:
        """Shared area as a fraction of the picture."""
        w = min(self.x2, other.x2) - max(self.x1, other.x1)
        h = min(self.y2, other.y2) - max(self.y1, other.y1)
        return w * h if w > 0 and h > 0 else 0.0

    def iou(self, other: Box) -> float:
        """Intersection over union, 0..1; 0 for two empty boxes."""
        shared = self.intersection(other)
        union = self.area + other.area - shared
        return shared / union if union > 0 else 0.0

    def as_tuple(self) -> tuple[float, float, float, float]:
        """(x1, y1, x2, y2)."""
        return self.x1, self.y1, self.x2, self.y2


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One picture of a camera."""

    camera: str
    at: float
    """Capture time, seconds since the Unix epoch (UTC)."""
    pts: float
    """Presentation time in the stream, seconds."""
    image: NDArray[np.uint8]
    """uint8 (H, W, 3), BGR. Nobody writes into it."""

    def __post_init__(self) -> None:
        if self.image.ndim != 3 or self.image.shape[2] != 3 or self.image.dtype.name != "uint8":
            raise ValueError(f"frame needs a uint8 (H, W, 3) image, got {self.image.dtype} {self.image.shape}")
        if 0 in self.image.shape:
            raise ValueError(f"frame needs a picture, got an empty one {self.image.shape}")

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.image.shape[1], self.image.shape[0]


@dataclass(frozen=True, slots=True)
class Detection:
    """One object that a model saw in one frame."""

    label: str
    confidence: float
    box: Box

    def __post_init__(self) -> None:
        _unit("confidence", self.confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class FireSight:
    """Fire or smoke that a model saw, and how the picture has moved at that place."""

    label: str
    """``fire`` or ``smoke``."""
    confidence: float
    box: Box
    flicker: float
    """Share 0..1 of the box's pixels that brightened and darkened in turn over the last seconds, as a lamp does not."""
    drift: float
    """Share 0..1 of the box's pixels that look otherwise than some seconds ago: smoke rises and spreads, a wall does not."""

    def __post_init__(self) -> None:
        for name in ("confidence", "flicker", "drift"):
            _unit(name, getattr(self, name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One object followed over time."""

    id: int
    label: str
    box: Box
    confidence: float
    first_seen: float
    last_seen: float
    """Time of the last frame in which a detection supported the track; earlier than now while it is hidden."""
    still_since: float | None = None
    """Since when the object has not moved, or None while it moves."""

    def __post_init__(self) -> None:
        _unit("confidence", self.confidence)
        if self.last_seen < self.first_seen:
            raise ValueError(f"track last seen at {self.last_seen} before it was first seen at {self.first_seen}")


@dataclass(frozen=True, slots=True, kw_only=True)
class StillObject:
    """Something new that lies still and that no model knows by name."""

    id: int
    box: Box
    first_seen: float
    last_seen: float
    """Earlier than now while something hides it."""
    owner: int | None = None
    """Id of the track that was beside its place when it came, or None if nobody was."""
    owner_label: str | None = None
    owner_came: float | None = None
    """When the owner, or the vehicle that brought them, was first seen."""
    vehicle: int | None = None
    """Id of the vehicle that brought it: the owner itself, or what the owner rode or came out of."""
    since: float | None = None
    """When its place was last seen without it; None means ``first_seen``."""


Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """A part of the picture in which rules apply."""

    id: str
    name: str
    polygon: tuple[Point, ...]
    """At least three corners, fractions 0..1 of the picture; validated by the configuration."""
    rules: Mapping[str, Any] = field(default_factory=dict)
    """Alert kind -> settings of that kind in this zone."""

    def __post_init__(self) -> None:
        if len(self.polygon) < 3:
            raise ValueError(f"zone {self.id!r} needs at least three corners, got {len(self.polygon)}")


WHOLE_PICTURE: tuple[Point, ...] = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One instant's evidence for one subject. It says nothing about time: :mod:`ioc.core.incidents` does that."""

    kind: str
    subject: str
    """Key of what is observed, stable while it is the same thing (a track's id, a zone's id, a fault's name)."""
    zone: str | None = None
    confidence: float = 1.0
    box: Box | None = None
    severity: Severity | None = None
    """Overrides the policy's severity, for kinds whose severity depends on what is seen."""
    since: float | None = None
    """Since when the evidence has held without a break, where the evidence itself knows (a still track does)."""
    holds: bool = True
    """False says that the subject is seen and the evidence does not hold (the vehicle drives off), which is more than not
    seeing it; it begins nothing."""
    detail: Mapping[str, Any] = field(default_factory=dict)
    """JSON-able facts for the operator: count, threshold, label, plate, reason."""

    def __post_init__(self) -> None:
        _unit("confidence", self.confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceItem:
    """One file that proves an alert."""

    role: Literal["before", "during", "after", "clip", "plate", "overview"]
    key: str
    """Name in the evidence store."""
    media_type: str
    sha256: str
    bytes: int
    at: float
    """Time of the picture, or of the clip's first frame."""
    duration: float | None = None
    """Length of a clip in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What the operator sees."""

    id: str
    site: str
    camera: str
    kind: str
    subject: str
    zone: str | None
    severity: Severity
    confidence: float
    started_at: float
    """When the evidence began."""
    opened_at: float
    """When it had held long enough."""
    closed_at: float | None = None
    box: Box | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    evidence: tuple[EvidenceItem, ...] = ()
    evidence_missing: str | None = None
    """Why evidence that should be there is not, in words; None where nothing is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertEvent:
    """A change of one alert, complete in itself."""

    id: str
    """Derived from the alert, the phase and the sequence, so that a replay repeats it."""
    phase: Phase
    sequence: int
    """0 for opened, then rising by one: a receiver keeps the highest."""
    at: float
    alert: Alert


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateRead:
    """One passage of a vehicle whose plate was read."""

    id: str
    site: str
    camera: str
    at: float
    text: str
    """Canonical text, [0-9A-ZĐ], without separators."""
    raw: str
    """What the reader saw, before the grammar."""
    pattern: str | None
    """Name of the grammar's pattern, None where none fits."""
    confidence: float
    alternatives: tuple[tuple[str, float], ...] = ()
    colour: str | None = None
    lines: int | None = None
    vehicle: str | None = None
    direction: str | None = None
    box: Box | None = None
    evidence: tuple[EvidenceItem, ...] = ()

    def __post_init__(self) -> None:
        _unit("confidence", self.confidence)
        if self.lines not in (None, 1, 2):
            raise ValueError(f"a plate has one or two lines, got {self.lines}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """A number of things in a zone at one time: a point of a series."""

    site: str
    camera: str
    zone: str | None
    label: str
    at: float
    count: int
    window: float = 0.0
    """Seconds over which the count was taken (the median of the samples in it); 0 for a single sample."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraStatus:
    """Health of one camera, published retained."""

    site: str
    camera: str
    worker: str
    at: float
    state: CameraState
    reason: str | None = None
    text: str | None = None
    """The reason in words, for a person."""
    since: float | None = None
    """Since when the state has held."""
    size: tuple[int, int] | None = None
    """(width, height) in pixels of the analysed stream."""
    fps: float = 0.0
    """Frames per second that came in, over the last interval."""
    frames_in: int = 0
    frames_analysed: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    """Reason -> frames that were not analysed, since the worker started."""
    latency: float | None = None
    """Median seconds from capture to the end of analysis, over the last interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerStatus:
    """Birth, life and death of a worker process."""

    site: str
    worker: str
    at: float
    state: Literal["online", "offline"]
    cameras: tuple[str, ...] = ()
    pid: int | None = None
    version: str | None = None
