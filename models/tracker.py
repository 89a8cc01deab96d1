"""Objects followed over time: a library associates, this module remembers.

What an operations centre needs beyond association: since when a vehicle stands, in seconds, although frames are dropped, a
bus passes in front of it or the detector misses it; and one label for a vehicle although the detector wavers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ioc.core.types import Box, Detection, Track
from models.association import Association
from models.labels import group_of
from models.stillness import Corners, Stillness, StillSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackerSettings:
    """Times in seconds, overlaps as intersection over union."""

    memory: float = 20.0
    """How long a still object that is hidden, or missed by the detector, is remembered."""
    remembered: frozenset[str] = frozenset({"vehicle", "two-wheeler"})
    """Groups of labels whose still objects are remembered."""
    lifespan: float = 1.0
    """How long any other object is kept without a detection."""
    least: float = 0.25
    """Confidence from which a detection may begin a track; weaker ones may continue one."""
    sure: float = 0.35
    """Confidence from which a new track is shown at once."""
    weak: float = 2.0
    """After how many seconds a track is shown that was never seen so surely: a parked car in the dark, no flicker."""
    overlap: float = 0.05
    """Least overlap of a detection with the box where its track is expected, both enlarged (``models.association``)."""
    same_place: float = 0.5
    """Overlap from which a new detection is the object that is remembered there."""
    held: float = 2.0
    """An object that takes up a remembered one's identity and drives on within this time was another one."""
    vote: float = 10.0
    """Time constant with which old votes for a label fade."""
    still: StillSettings = field(default_factory=StillSettings)


class _Body:
    """One object."""

    __slots__ = (
        "box",
        "confidence",
        "first_seen",
        "group",
        "id",
        "key",
        "label",
        "last_seen",
        "resumed",
        "shown",
        "still",
        "votes",
    )

    def __init__(self, number: int, key: str | None, seen: Detection, at: float, settings: TrackerSettings) -> None:
        self.id = number
        self.key = key
        self.group = group_of(seen.label)
        self.label = seen.label
        self.votes: dict[str, float] = {}
        self.first_seen = self.last_seen = at
        self.still = Stillness(corners(seen.box), at, settings.still)
        self.shown = False
        """Whether it is told of: a flicker of weak detections is not."""
        self.resumed: tuple[float, float] | None = None
        """(when it was taken up again, when it had been seen before), or None."""
        self.see(seen, at, settings)

    def see(self, seen: Detection, at: float, settings: TrackerSettings) -> None:
        """A detection supports it."""
        fade = math.exp((self.last_seen - at) / settings.vote)
        for label in self.votes:
            self.votes[label] *= fade
        self.votes[seen.label] = self.votes.get(seen.label, 0.0) + seen.confidence
        # Ties go to the present label: it may only lose to a better one.
        self.label = max(self.votes, key=lambda label: (self.votes[label], label == self.label))
        self.box = seen.box
        self.confidence = seen.confidence
        self.last_seen = at
        self.shown |= seen.confidence >= settings.sure or at - self.first_seen >= settings.weak

    def track(self, at: float) -> Track:
        """Its public face; a hidden still object is where it stands."""
        hidden = self.last_seen < at and self.still.since is not None
        return Track(
            id=self.id,
            label=self.label,
            box=Box.clipped(*self.still.place) if hidden else self.box,
            confidence=self.confidence,
            first_seen=self.first_seen,
            last_seen=self.last_seen,
            still_since=self.still.since,
        )


class StreetTracker:
    """Follows the objects of one camera; see :class:`ioc.core.ports.Tracker`. Same input, same ids."""

    def __init__(self, settings: TrackerSettings | None = None) -> None:
        self._settings = settings or TrackerSettings()
        self._groups: dict[str, Association] = {}
        self._bodies: list[_Body] = []
        self._by_key: dict[str, _Body] = {}
        self._last: float | None = None
        self._next = 1

    def update(self, detections: Sequence[Detection], at: float) -> list[Track]:
        """Tracks after the frame of time ``at`` (s), by rising id, hidden ones that are still remembered included.

        A clock that was set back moves all remembered times with it, so that durations stay true.
        """
        step = 0.0 if self._last is None else at - self._last
        if step < 0:
            self._shift(step)
            step = 0.0
        self._last = at
        for seen, key in self._associate(detections, step):
            self._continue(seen, key, at)
        self._forget(at)
        return [body.track(at) for body in self._bodies if body.shown]

    def _associate(self, detections: Sequence[Detection], step: float) -> Iterable[tuple[Detection, str | None]]:
        """Each detection with the key of its track. A group has its own association, so no person takes a car's track."""
        by_group: dict[str, list[Detection]] = {group: [] for group in self._groups}
        for seen in detections:
            if seen.box.area > 0:  # what lies outside the picture overlaps with nothing and would begin a track each time
                by_group.setdefault(group_of(seen.label), []).append(seen)
        for group, members in by_group.items():
            association = self._groups.get(group)
            if association is None:
                s = self._settings
                association = self._groups[group] = Association(least=s.least, overlap=s.overlap, lifespan=s.lifespan)
            yield from zip(members, association.update(members, step), strict=True)

    def _continue(self, seen: Detection, key: str | None, at: float) -> None:
        """Give one detection to the object it shows."""
        box = corners(seen.box)
        body = None if key is None else self._by_key.get(key)
        if body is not None and not self._plausible(body, box):
            self._detach(body)
            body = None
        if body is None:
            body = self._take_up(seen, box, key, at)
            if body is None:
                return
        if body.last_seen >= at:
            return  # begun by this very detection, or a second frame of the same time
        if body.still.observe(box, at):
            if body.key is not None and body.resumed is not None and at - body.resumed[0] <= self._settings.held:
                self._give_back(body, body.key, body.resumed, seen, at)
                return
            body.still.restart(box, at)
        body.see(seen, at, self._settings)

    def _take_up(self, seen: Detection, box: Corners, key: str | None, at: float) -> _Body | None:
        """The hidden object that stands where ``box`` is, else a new one, else, for an unsure detection, None."""
        group = group_of(seen.label)
        hidden = [b for b in self._bodies if b.last_seen < at and b.still.since is not None and b.group == group]
        score, _, body = max(((_match(b.still.place, box), -b.id, b) for b in hidden), default=(0.0, 0, None))
        if body is None or score < self._settings.same_place:
            return None if key is None else self._begin(seen, key, at)
        if key is not None:
            self._detach(body)
            body.key = key
            self._by_key[key] = body
            body.resumed = (at, body.last_seen)
        return body

    def _begin(self, seen: Detection, key: str, at: float) -> _Body:
        body = _Body(self._next, key, seen, at, self._settings)
        self._next += 1
        self._bodies.append(body)
        self._by_key[key] = body
        return body

    def _give_back(self, body: _Body, key: str, resumed: tuple[float, float], seen: Detection, at: float) -> None:
        """What took up a remembered object's identity drives on: it gets its own, the other one is hidden as before."""
        self._detach(body)
        body.resumed = None
        body.last_seen = resumed[1]
        body.box = Box.clipped(*body.still.place)
        body.still.away_since = None
        self._begin(seen, key, at).first_seen = resumed[0]

    def _plausible(self, body: _Body, box: Corners) -> bool:
        """Whether a still object can have this box next; else the association has jumped to something else."""
        if body.still.since is None:
            return True
        return _overlap(corners(body.box), box) >= 0.3 or _match(body.still.place, box) >= 0.3

    def _detach(self, body: _Body) -> None:
        if body.key is not None:
            self._by_key.pop(body.key, None)
            body.key = None

    def _forget(self, at: float) -> None:
        kept = [body for body in self._bodies if at - body.last_seen <= self._patience(body)]
        if len(kept) < len(self._bodies):
            self._bodies = kept
            self._by_key = {body.key: body for body in kept if body.key is not None}

    def _patience(self, body: _Body) -> float:
        known = body.still.since is not None and body.group in self._settings.remembered
        return self._settings.memory if known else self._settings.lifespan

    def _shift(self, seconds: float) -> None:
        for body in self._bodies:
            body.first_seen += seconds
            body.last_seen += seconds
            body.still.shift(seconds)
            if body.resumed is not None:
                body.resumed = (body.resumed[0] + seconds, body.resumed[1] + seconds)


def corners(box: Box) -> Corners:
    """x1, y1, x2, y2."""
    return box.x1, box.y1, box.x2, box.y2


def _shared(a: Corners, b: Corners) -> float:
    w = min(a[2], b[2]) - max(a[0], b[0])
    h = min(a[3], b[3]) - max(a[1], b[1])
    return w * h if w > 0 and h > 0 else 0.0


def _area(a: Corners) -> float:
    return (a[2] - a[0]) * (a[3] - a[1])


def _overlap(a: Corners, b: Corners) -> float:
    """Intersection over union."""
    shared = _shared(a, b)
    return shared / (_area(a) + _area(b) - shared) if shared else 0.0


def _match(place: Corners, box: Corners) -> float:
    """How well a box fits a remembered place, 0..1: their overlap, or 1 for a box inside it that shows a part of it."""
    shared = _shared(place, box)
    if not shared:
        return 0.0
    if shared >= 0.8 * _area(box) and shared >= 0.15 * _area(place):
        return 1.0
    return shared / (_area(place) + _area(box) - shared)
