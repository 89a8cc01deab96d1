"""Who was beside a place when something came to lie there."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import mode
from typing import Final

from ioc.core.geometry import beside
from ioc.core.types import Box, Track

PAST_S: Final = 120.0
"""Seconds for which everybody's way is remembered."""
REACH: Final = 0.8
"""How far beside somebody a thing may come to lie to be theirs, in widths of their box."""
LARGEST: Final = 1.0
"""How large a thing is at most that somebody brings, in areas of their own box."""
LATE_S: Final = 1.5
"""Seconds after which a thing is found at the latest, once it lies free."""
TRAVELLED: Final = 0.5
"""How far a vehicle must have been seen to move, in the smaller side of its box, to have brought anything."""
LOST_S: Final = 2.5
"""Seconds for which the tracker may lose somebody who comes into view again at about the same place."""
PARKED_S: Final = 20.0
"""A vehicle that has stood for so long before a thing came is parked: people bring things, it does not."""
DEPTH: Final = 0.8
"""How far before or behind somebody a thing may come to lie, in heights of their box."""
IS_ITSELF: Final = 0.35
"""IoU with a vehicle or person seen lately above which a thing is just that."""
RIDES: Final = 0.3
"""Share of a person's or a two-wheeler's box that lies in the other's while they ride."""
RIDING_SHARE: Final = 0.6
"""Share of the time for which they must do so: who passes a parked one does not."""
STEPS_OUT: Final = 0.5
"""How far beside a car somebody is seen first who comes out of it, in widths of the car."""
TWO_WHEELERS: Final = frozenset({"bicycle", "motorcycle"})


@dataclass(frozen=True, slots=True)
class Owner:
    """Who brought a thing, in which vehicle, and when the first of both was seen."""

    body: Track
    vehicle: Track | None
    came: float


class Past:
    """The ways of people and vehicles lately; not thread-safe."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, tuple[Track, ...]]] = deque()

    def add(self, at: float, tracks: Sequence[Track]) -> None:
        """Remember who was seen at ``at`` (s)."""
        self._seen.append((at, tuple(t for t in tracks if t.last_seen >= at)))
        while self._seen and at - self._seen[0][0] > PAST_S:
            self._seen.popleft()

    def clear(self) -> None:
        """Forget: the clock was set, or the camera looks elsewhere."""
        self._seen.clear()

    def is_somebody(self, box: Box) -> bool:
        """Whether somebody was seen lately where ``box`` is now: it is them, missed by the detector."""
        return any(t.box.iou(box) > IS_ITSELF for _, tracks in self._seen for t in tracks)

    def owner(self, box: Box, since: float, at: float) -> Owner | None:
        """Who brought what lies in ``box`` now, at ``at`` (s), and did not at ``since``: the nearest to it in between."""
        near = [
            (math.dist(reach.foot, box.foot), -seen_at, t.id, t)
            for seen_at, tracks in self._between(since - LATE_S, at)
            for t in tracks
            if not _parked(t, since) and _may_reach(reach := _with_ride(t, tracks), box) and self._travels(t)
        ]
        if not near:
            return None
        body = min(near)[-1]
        vehicle = body if body.label != "person" else self._vehicle_of(body, since - LATE_S)
        return Owner(body, vehicle, min(self._came_at(t) for t in (body, vehicle) if t is not None))

    def _travels(self, track: Track) -> bool:
        """Whether a vehicle was seen to move: a shadow or a machine that is taken for one now and then never does."""
        if track.label == "person":
            return True
        middles = [t.box.centre for _, tracks in self._seen for t in tracks if t.id == track.id]
        return any(math.dist(middles[0], m) >= TRAVELLED * min(track.box.width, track.box.height) for m in middles)

    def _came_at(self, track: Track) -> float:
        """When somebody was first seen, also under the numbers that the tracker gave them before it lost them."""
        first = next((me for _, tracks in self._seen for me in tracks if me.id == track.id), track)
        for at, tracks in reversed(self._seen):
            if not first.first_seen - LOST_S <= at < first.first_seen:
                continue
            before = [t for t in tracks if t.label == first.label and beside(t.box, first.box, REACH)]
            if before:
                return min(first.first_seen, *(self._came_at(t) for t in before))
        return first.first_seen

    def _vehicle_of(self, person: Track, since: float) -> Track | None:
        """What a person rides, or the car beside which they appeared as it had just come to a halt."""
        seen = [(me, tracks) for _, tracks in self._seen for me in tracks if me.id == person.id]
        rides = [t.id for me, tracks in seen for t in tracks if _rides(me, t)]
        if rides and rides.count(mode(rides)) >= RIDING_SHARE * len(seen):
            return next(t for me, tracks in reversed(seen) for t in tracks if t.id == mode(rides))
        if not seen:
            return None
        me, tracks = seen[0]
        near = [t for t in tracks if self._came(t, since) and (_rides(me, t) or _beside_car(me, t))]
        return min(near, key=lambda t: math.dist(t.box.foot, me.box.foot), default=None)

    def _came(self, vehicle: Track, since: float) -> bool:
        """Whether a vehicle came while somebody watched, not long before ``since``: a parked one tells nothing."""
        return self._seen[0][0] < vehicle.first_seen and since - vehicle.first_seen < PAST_S

    def _between(self, start: float, end: float) -> Iterator[tuple[float, tuple[Track, ...]]]:
        return ((at, tracks) for at, tracks in self._seen if start <= at <= end)


def _parked(track: Track, since: float) -> bool:
    return track.label != "person" and track.still_since is not None and track.still_since <= since - PARKED_S


def _with_ride(track: Track, tracks: Sequence[Track]) -> Box:
    """Somebody's box, together with that of the two-wheeler they ride."""
    if track.label != "person":
        return track.box
    boxes = [track.box, *(t.box for t in tracks if _rides(track, t))]
    return Box(min(b.x1 for b in boxes), min(b.y1 for b in boxes), max(b.x2 for b in boxes), max(b.y2 for b in boxes))


def _may_reach(body: Box, thing: Box) -> bool:
    """Whether somebody may have put or thrown a thing there: beside them, about as far away, no larger than they."""
    side, down = REACH * body.width, 0.25 * body.height
    around = Box.clipped(body.x1 - side, body.y1, body.x2 + side, body.y2 + down)
    deep = abs(body.foot[1] - thing.foot[1])
    return (
        deep <= DEPTH * body.height
        and thing.area <= LARGEST * body.area
        and around.intersection(thing) >= 0.5 * thing.area > 0
    )


def _rides(person: Track, vehicle: Track) -> bool:
    common = person.box.intersection(vehicle.box)
    return vehicle.label in TWO_WHEELERS and common > 0 and common >= RIDES * min(person.box.area, vehicle.box.area)


def _beside_car(person: Track, vehicle: Track) -> bool:
    return vehicle.label not in TWO_WHEELERS | {"person"} and beside(vehicle.box, person.box, STEPS_OUT)
