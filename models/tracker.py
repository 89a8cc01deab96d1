"""Objects followed over time: a library associates, this module remembers.

What an operations centre needs beyond association: since when a vehicle stands, in seconds, although frames are dropped, a
bus passes in front of it or the detector misses it; and one label for a vehicle although the detector wavers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from ioc.core.types import Box, Detection, Track
from models.association import Association
from models.corners import Corners, area, beyond, corners, fit, overlap, shared, shared_by_three, step
from models.labels import group_of
from models.stillness import Stillness, StillSettings

PART: Final = 0.85
"""Share of a box that must lie in another one to be a part of it."""


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
    clear: float = 0.5
    """Confidence from which a box within another vehicle's box is a vehicle of its own, and no part of that one."""
    weak: float = 2.0
    """After how many seconds a track is shown that was never seen so surely: a parked car in the dark, no flicker."""
    overlap: float = 0.05
    """Least overlap of a detection with the box where its track is expected, both enlarged (``models.association``)."""
    same_place: float = 0.5
    """Overlap from which a new detection is the object that is remembered there."""
    beyond: float = 0.2
    """By which fraction of its width or height it may reach beyond that place: more is another object."""
    held: float = 2.0
    """An object that takes up a remembered one's identity and drives on within this time was another one."""
    vote: float = 10.0
    """Time constant with which old votes for a label fade."""
    still: StillSettings = field(default_factory=StillSettings)


class _Body:
    """One object."""

    __slots__ = (
        "best",
        "box",
        "confidence",
        "drift",
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
        self.box = seen.box
        self.best = 0.0
        """The surest look at it."""
        self.drift = (0.0, 0.0)
        """Its last step, of the middle of its box."""
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
        self.drift = step(corners(self.box), corners(seen.box))
        self.box = seen.box
        self.confidence = seen.confidence
        self.last_seen = at
        self.best = max(self.best, seen.confidence)

    @property
    def remembered(self) -> bool:
        """Whether it stands where it was seen last, and so is expected there again."""
        return self.still.since is not None and not self.still.leaving

    def track(self, at: float) -> Track:
        """Its public face; a hidden still object is where it stands."""
        hidden = self.last_seen < at and self.remembered
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
        self._boxes: list[Corners] = []
        """Everything that was detected now."""
        self._last: float | None = None
        self._next = 1

    def update(self, detections: Sequence[Detection], at: float) -> list[Track]:
        """Tracks after the frame of time ``at`` (s), by rising id, hidden ones that are still remembered included.

        A clock that was set back moves all remembered times with it, so that durations stay true.
        """
        passed = 0.0 if self._last is None else at - self._last
        if passed < 0:
            self._shift(passed)
            passed = 0.0
        self._last = at
        self._boxes = [corners(d.box) for d in detections]
        for seen, key in self._associate(detections, passed):
            self._continue(seen, key, at)
        self._forget(at)
        self._show()
        return [body.track(at) for body in self._bodies if body.shown]

    def _associate(self, detections: Sequence[Detection], passed: float) -> Iterable[tuple[Detection, str | None]]:
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
            yield from zip(members, association.update(members, passed), strict=True)

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
        whole = body.still.place if self._covered(body, box) else box
        if body.still.observe(whole, at):
            if body.key is not None and body.resumed is not None and at - body.resumed[0] <= self._settings.held:
                self._give_back(body, body.key, body.resumed, seen, at)
                return
            body.still.restart(box, at)
        body.see(seen, at, self._settings)

    def _take_up(self, seen: Detection, box: Corners, key: str | None, at: float) -> _Body | None:
        """The hidden object that stands where ``box`` is, else a new one, else, for an unsure detection, None."""
        group = group_of(seen.label)
        hidden = [b for b in self._bodies if b.last_seen < at and b.remembered and b.group == group]
        within = [b for b in hidden if beyond(b.still.place, box) <= self._settings.beyond]
        score, _, body = max(((fit(b.still.place, box), -b.id, b) for b in within), default=(0.0, 0, None))
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
        """Whether an object can have this box next; else the association has jumped to something else.

        What stands stays about where it is; what moves neither turns round nor doubles its size from one frame to the next.
        """
        before = corners(body.box)
        if body.remembered:
            return overlap(before, box) >= 0.3 or fit(body.still.place, box) >= 0.3
        common, (dx, dy), size = overlap(before, box), step(before, box), min(body.box.width, body.box.height)
        onward = body.drift[0] * dx + body.drift[1] * dy
        turned = onward < 0 and math.hypot(dx, dy) > 0.5 * size and math.hypot(*body.drift) > 0.1 * size
        return common >= 0.3 or (not turned and (common >= 0.1 or area(box) < 2.0 * max(area(before), 1e-9)))

    def _covered(self, body: _Body, box: Corners) -> bool:
        """Whether what is missing of a still object is behind something else that was detected."""
        place = body.still.place
        common = shared(place, box)
        missing = area(place) - common
        if body.still.since is None or missing < 0.1 * area(place) or common < 0.9 * area(box):
            return False
        return any(shared(place, b) - shared_by_three(place, b, box) >= 0.7 * missing for b in self._boxes if b != box)

    def _detach(self, body: _Body) -> None:
        if body.key is not None:
            self._by_key.pop(body.key, None)
            body.key = None

    def _show(self) -> None:
        """Show what was seen surely, or has lasted; a part of what is shown already only if it was seen clearly."""
        s = self._settings
        for body in self._bodies:
            if not body.shown and (body.best >= s.sure or body.last_seen - body.first_seen >= s.weak):
                body.shown = body.best >= s.clear or not self._is_part(body)

    def _is_part(self, body: _Body) -> bool:
        if body.group not in self._settings.remembered:
            return False  # people stand one before the other
        box = corners(body.box)
        return any(
            b.shown and b.group == body.group and shared(corners(b.box), box) >= PART * area(box) for b in self._bodies
        )

    def _forget(self, at: float) -> None:
        kept = [body for body in self._bodies if at - body.last_seen <= self._patience(body)]
        if len(kept) < len(self._bodies):
            self._bodies = kept
            self._by_key = {body.key: body for body in kept if body.key is not None}

    def _patience(self, body: _Body) -> float:
        known = body.remembered and body.group in self._settings.remembered
        return self._settings.memory if known else self._settings.lifespan

    def _shift(self, seconds: float) -> None:
        for body in self._bodies:
            body.first_seen += seconds
            body.last_seen += seconds
            body.still.shift(seconds)
            if body.resumed is not None:
                body.resumed = (body.resumed[0] + seconds, body.resumed[1] + seconds)
