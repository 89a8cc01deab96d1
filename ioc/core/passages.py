"""From looks at plates to one read for each passage of a vehicle. A pure state machine, as :mod:`ioc.core.incidents` is.

A passage ends when its vehicle has not been seen for a while; it is told then. A vehicle that stays is told as soon as
enough looks agree, and not again while its track lives. What was told is not told again under another track's name for a
while either: a tracker that lost a parked vehicle must not make it pass a second time. And a track that went over from one
vehicle to another carries two plates: each is told.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal

from ioc.core import wire
from ioc.core.plate_evidence import looks_like
from ioc.core.plate_votes import SAME_PLATE, Glimpse, misses_only, sort_out, vote
from ioc.core.plates import classify
from ioc.core.types import Box, PlateRead, Track

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Direction = Literal["towards", "away", "left", "right"]
TWO_WHEELERS: Final = frozenset({"bicycle", "motorcycle"})
MOST_GLIMPSES: Final = 16
"""Looks that are kept of one passage: the best."""
SHORTEST: Final = 4
"""Characters below which no text is a plate."""
SURE: Final = 0.9
"""Least confidence at which nothing more need be read."""
SAME_PLACE_IOU: Final = 0.3
NEARLY: Final = 0.6
"""Distance (:func:`ioc.core.plate_evidence.looks_like`) up to which a text in the same place, or at nearly
the same time, is the one told before."""
SAME_TIME_S: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """When a passage is told. Lengths are seconds of the camera's time."""

    min_reads: int = 2
    """Agreeing looks below which a passage is not told."""
    min_confidence: float = 0.8
    """Confidence 0..1 below which it is not told."""
    gone_s: float = 1.5
    """Not seen for so long, the vehicle has passed."""
    stay_s: float = 4.0
    """A vehicle that is still there after this long is told as soon as ``enough_reads`` looks agree."""
    enough_reads: int = 4
    again_s: float = 60.0
    """What was told is told again only if its vehicle was not seen for so long."""


PolicyOf = Callable[[str], Policy]
"""Zone id -> what holds in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passing:
    """A vehicle that is passing, and what was seen of its plate."""

    label: str
    zone: str
    first: Box
    last: Box
    first_at: float
    last_at: float
    glimpses: tuple[Glimpse, ...] = ()
    settled: bool = False
    """Whether enough looks at the plate that was seen last agree."""
    told: tuple[str, ...] = ()
    """The texts that were told of it."""


@dataclass(frozen=True, slots=True)
class Told:
    """A text that was told, and where and when its vehicle was last seen."""

    text: str
    at: float
    vehicle: Box


@dataclass(frozen=True, slots=True)
class State:
    """All vehicles of one camera by track, and what was told lately."""

    passing: Mapping[int, Passing] = field(default_factory=dict)
    told: tuple[Told, ...] = ()
    loose: tuple[Glimpse, ...] = ()
    """Looks of vehicles that ended too unsurely to be told: they count for the track that goes on with the same plate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A passage whose plate is known, to be told unless it was."""

    read: PlateRead
    """Without evidence: who writes it adds it."""
    track: int
    zone: str
    reads: int
    """Looks that agree."""
    again: bool = False
    """Whether it was told already, under another track's name: known of this track too, but not to be told."""
    patch: NDArray[np.uint8] | None = field(default=None, compare=False, repr=False)
    """The best look's crop, uint8 (H, W, 3) BGR."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instant:
    """What one instant showed."""

    at: float
    seen: Sequence[tuple[Track, str]]
    """Vehicles seen now in a zone, and the zone's id."""
    glimpses: Sequence[Glimpse] = ()
    alive: Collection[int] = ()
    """Ids of all tracks, those seen outside the zones and the remembered ones included."""


def advance(state: State, now: Instant, policy_of: PolicyOf, *, site: str, camera: str) -> tuple[State, tuple[Passage, ...]]:
    """The state after an instant and the passages whose plates are known now, in the order of their tracks."""
    passing = _followed(state.passing, now, policy_of)
    told = _remembered(state.told, passing, now.at, policy_of)
    passages: list[Passage] = []
    kept: dict[int, Passing] = {}
    loose = [g for g in state.loose if 0 <= now.at - g.at <= SAME_TIME_S]
    for track, p in sorted(passing.items()):
        policy = policy_of(p.zone)
        ended = not 0 <= now.at - p.last_at <= policy.gone_s
        rest: list[Glimpse] = []
        if ended or (p.settled and now.at - p.first_at >= policy.stay_s):
            for looks in sort_out(p.glimpses):
                more = [g for g in loose if _one_plate(g, looks)]
                found = _tell(track, p, (*more, *looks), policy, site, camera) if ended or _enough(looks, policy) else None
                if found is None:
                    rest += looks
                    continue
                text = found.read.text
                again = _told_before(text, p.last, told, now.at, policy.again_s)
                passages.append(replace(found, again=again))
                told.append(Told(text, p.last_at, p.last))
                p = replace(p, told=(*p.told, text))
            if ended:
                loose += rest
            p = replace(p, glimpses=() if ended else tuple(rest))
        if not ended or track in now.alive:
            kept[track] = p
    return State(kept, tuple(told), tuple(loose)), tuple(passages)


def finish(state: State, at: float, policy_of: PolicyOf, *, site: str, camera: str) -> tuple[State, tuple[Passage, ...]]:
    """The state after the end of the stream and the passages that end with it."""
    later = at + max((policy_of(p.zone).gone_s for p in state.passing.values()), default=0.0) + 1.0
    return advance(state, Instant(at=later, seen=()), policy_of, site=site, camera=camera)


def settled(state: State, track: int) -> bool:
    """Whether a vehicle's plate is known, as far as one can tell: it was told, or enough looks agree already."""
    p = state.passing.get(track)
    return p is not None and p.settled


def direction(first: Box, last: Box) -> Direction | None:
    """Where a vehicle went between two boxes, seen from the camera; None if it hardly moved.

    What comes grows and sinks in the picture; what crosses keeps its size.
    """
    if not (first.area and last.area):
        return None
    dx, dy = last.centre[0] - first.centre[0], last.foot[1] - first.foot[1]
    growth = 0.5 * math.log(last.area / first.area)
    size = max(first.width, last.width)
    if abs(dx) > max(0.5 * size, 1.5 * abs(dy)) and abs(growth) < 0.5:
        return "right" if dx > 0 else "left"
    coming = dy / max(first.height, last.height) + growth
    if abs(coming) < 0.25:
        return None
    return "towards" if coming > 0 else "away"


def _followed(before: Mapping[int, Passing], now: Instant, policy_of: PolicyOf) -> dict[int, Passing]:
    passing = dict(before)
    for track, zone in now.seen:
        p = passing.get(track.id)
        if p is None:
            passing[track.id] = Passing(
                label=track.label, zone=zone, first=track.box, last=track.box, first_at=now.at, last_at=now.at
            )
        else:
            passing[track.id] = replace(p, label=track.label, zone=zone, last=track.box, last_at=now.at)
    for g in now.glimpses:
        p = passing.get(g.track)
        if p is None:
            continue
        if any(looks_like(text, g.text) <= SAME_PLATE for text in p.told):
            passing[g.track] = replace(p, settled=True)
        else:
            best = sorted((*p.glimpses, g), key=lambda x: (-x.weight * x.confidence, x.at))[:MOST_GLIMPSES]
            glimpses = tuple(sorted(best, key=lambda x: x.at))
            mine = next((looks for looks in sort_out(glimpses) if g in looks), ())
            passing[g.track] = replace(p, glimpses=glimpses, settled=_enough(mine, policy_of(p.zone)))
    return passing


def _remembered(told: Iterable[Told], passing: Mapping[int, Passing], at: float, policy_of: PolicyOf) -> list[Told]:
    """What was told lately; a vehicle that is still followed was told now."""
    here = {text: p for p in passing.values() for text in p.told[-1:]}
    longest = max((policy_of(p.zone).again_s for p in passing.values()), default=Policy().again_s)
    kept = [Told(t.text, here[t.text].last_at, here[t.text].last) if t.text in here else t for t in told]
    return [t for t in kept if 0 <= at - t.at <= max(longest, Policy().again_s)]


def _told_before(text: str, box: Box, told: Iterable[Told], at: float, again_s: float) -> bool:
    return any(0 <= at - t.at < again_s and (t.text == text or (_close(t, box, at) and _nearly(text, t.text))) for t in told)


def _nearly(text: str, told: str) -> bool:
    return looks_like(told, text) <= NEARLY or misses_only(text, told)


def _close(told: Told, box: Box, at: float) -> bool:
    return at - told.at < SAME_TIME_S or told.vehicle.iou(box) >= SAME_PLACE_IOU


def _one_plate(look: Glimpse, looks: Sequence[Glimpse]) -> bool:
    """Whether a look of another track reads what the surest of these does, or nearly so."""
    return looks_like(look.text, max(looks, key=lambda g: g.confidence).text) <= NEARLY


def _enough(glimpses: Sequence[Glimpse], policy: Policy) -> bool:
    v = vote(glimpses) if len(glimpses) >= policy.enough_reads else None
    return v is not None and v.exact >= policy.enough_reads and v.confidence >= max(policy.min_confidence, SURE)


def _tell(track: int, p: Passing, looks: Sequence[Glimpse], policy: Policy, site: str, camera: str) -> Passage | None:
    v = vote(looks)
    if v is None or len(v.text) < SHORTEST or v.reads < policy.min_reads or v.confidence < policy.min_confidence:
        return None
    motorcycle = p.label in TWO_WHEELERS
    match = classify(v.text, lines=v.lines, upper_length=v.upper, motorcycle=motorcycle, colour=v.colour)
    read = PlateRead(
        id=wire.plate_id(site, camera, str(track), v.best.at),
        site=site,
        camera=camera,
        at=v.best.at,
        text=v.text,
        raw=v.best.raw,
        pattern=match.pattern,
        confidence=v.confidence,
        alternatives=v.alternatives,
        colour=v.colour,
        lines=v.lines,
        vehicle=p.label,
        direction=direction(p.first, p.last),
        box=v.best.box,
    )
    return Passage(read=read, track=track, zone=p.zone, reads=v.reads, patch=v.best.patch)
