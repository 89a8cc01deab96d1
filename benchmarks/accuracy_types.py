"""What ``ioc bench accuracy`` judges: clips with what is known of them, and what the rules told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ioc.core.types import Box

WHOLE = Box(0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Something that a rule must tell. Times are seconds of the clip."""

    kind: str
    zone: str | None
    """Id of the configured zone; None where the picture as a whole is meant."""
    start_s: float
    """When it begins: an alert before that, and before the rule's own wait is over, is a false one."""
    due_s: float
    """From which moment the delay counts: the flame is plain to see, the owner has left, the car stands."""
    end_s: float
    """When it is over."""
    uncertainty_s: float = 0.0
    """How far the times may be off."""
    box: Box = WHOLE
    """About where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateTruth:
    """A vehicle with a plate that can be read."""

    text: str
    at_s: float
    """When it is read best."""
    box: Box = WHOLE


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatesTruth:
    """All plates of a clip."""

    legible: tuple[PlateTruth, ...] = ()
    faint: tuple[str, ...] = ()
    """Beginnings of texts that may be told: plates too small, too short in view or too blurred to count."""

    @property
    def texts(self) -> frozenset[str]:
        """The texts that must be told."""
        return frozenset(p.text for p in self.legible)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleTruth:
    """People in a zone at one time."""

    zone: str
    at_s: float
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A clip and what is known of it."""

    name: str
    group: str
    """Clips that are summed up together: rendered scenes say nothing of real streets."""
    video: Path
    length_s: float
    camera: Mapping[str, Any]
    """As a camera of the configuration, with the rules of every kind that is judged."""
    kinds: frozenset[str]
    """Kinds that are judged: whatever they tell that is not expected is false."""
    expected: tuple[Expected, ...] = ()
    people: tuple[PeopleTruth, ...] = ()
    plates: PlatesTruth | None = None
    """None where nobody knows the plates; the kind is then not judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An alert that opened."""

    kind: str
    zone: str | None
    at_s: float
    wait_s: float
    """How long its rule waits before it tells."""
    confidence: float
    box: Box | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CountTold:
    """A point of a count series."""

    zone: str | None
    at_s: float
    window_s: float
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateTold:
    """A passage. The text of a right one is not kept: it is a real vehicle's."""

    right: bool
    again: bool
    """The same plate had been told before."""
    number: int
    """Of the legible plate, in the order of the truth; -1 for a wrong or a faint one."""
    faint: bool
    at_s: float
    confidence: float
    box: Box | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one kind gave on one clip."""

    told: tuple[Told, ...] = ()
    counts: tuple[CountTold, ...] = ()
    passages: tuple[PlateTold, ...] = ()
