"""New things that lie still in the picture and that no model knows by name, and who brought them.

:mod:`streams.ground` finds what has changed on the ground, :mod:`streams.owners` who was there; here a change becomes a
thing that keeps its number while somebody stands before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ioc.core.types import Box, Frame, StillObject, Track
from streams.changes import within, working_copy
from streams.ground import Change, Ground
from streams.owners import IS_ITSELF, LATE_S, Past

EVERY_S: Final = 0.3
"""Least seconds between two comparisons: what lies still can wait."""
FIRST_S: Final = 1.0
"""Seconds from the beginning on in which everybody is seen who was there before."""
SAME_IOU: Final = 0.25
SAME_DOUBT: Final = 0.5
"""Overlap of a thing with itself a moment ago, and of a change that may be one."""
FORGET_S: Final = 3.0
"""Seconds out of sight, while nothing hides it, after which a thing has gone."""
EMERGES_S: Final = 2.0
"""Seconds in which a thing comes into view."""
PROOFS: Final = 3
"""Comparisons, one after the other, in which a thing must look like one before a doubtful look or none is enough."""
DOUBTS: Final = 4
"""Comparisons, one after the other, after which what looks like a thing only half is one if somebody was there: on an old
heap and in leaves a new thing shows hardly more edges than they had."""
HIDDEN: Final = 0.3
"""Share of a thing that somebody must cover to hide it."""
GONE: Final = 0.35
"""Share of the box of somebody who stood there from the beginning that changes at least when they go: a bag that lands on a
heap changes less of it, and whoever stands fills half of their box."""


class StillThings:
    """The still things of one camera; not thread-safe."""

    def __init__(self) -> None:
        self._ground = Ground()
        self._past = Past()
        self._at = self._compared_at = float("-inf")
        self._known: list[StillObject] = []
        self._excused: dict[int, float] = {}
        """Thing -> when it was last seen, or hidden by somebody."""
        self._proofs: dict[int, int] = {}
        """Thing -> how often it looked like one."""
        self._came: dict[int, float] = {}
        """Thing -> when its place was first seen changed."""
        self._doubts: list[tuple[Box, int]] = []
        """Changes that look like things only half, and in how many comparisons they did."""
        self._fixtures: dict[int, Box] = {}
        """Track -> where it has stood since before the ground was known."""
        self._number = 0

    def observe(self, frame: Frame, tracks: Sequence[Track]) -> list[StillObject]:
        """Things that lie still in the frame; ``tracks`` are people and vehicles, which are none."""
        at = frame.at
        if at < self._at:
            self._forget()
        self._past.add(at, [t for t in tracks if not self._is_fixture(t)])
        if at - self._compared_at < EVERY_S - 1e-3:
            self._carry_on(at)
        else:
            self._compare(frame, tracks)
        self._at = at
        return list(self._known)

    def _forget(self) -> None:
        self._known = []
        self._fixtures = {}
        self._doubts = []
        self._past.clear()
        self._compared_at = float("-inf")

    def _carry_on(self, at: float) -> None:
        """Between two comparisons what was seen is still there."""
        self._known = [replace(t, last_seen=at) if t.last_seen >= self._at else t for t in self._known]

    def _compare(self, frame: Frame, tracks: Sequence[Track]) -> None:
        at = self._compared_at = frame.at
        picture = working_copy(frame.image)
        bodies = [t for t in tracks if not self._is_fixture(t)]
        busy = _mask([t.box for t in bodies], picture.shape[:2])
        changes = self._ground.observe(picture, busy, at)
        self._follow(tracks, bodies, busy)
        if changes is None:
            self._known = []
        else:
            self._update(changes, at, busy, bodies)

    def _follow(self, tracks: Sequence[Track], bodies: Sequence[Track], busy: NDArray[np.bool_]) -> None:
        """Follow what has stood since the beginning: what goes was somebody, and the ground that they hid is not known."""
        moving, here = {t.id for t in bodies}, {t.id for t in tracks}
        followed = {t.id: t.box for t in tracks if t.id not in moving}
        for number, box in self._fixtures.items():
            if number in moving:
                self._ground.forget(box)
            elif number not in here and _covered(busy, box) > HIDDEN:
                followed[number] = box
            elif number not in here and self._ground.changed(box) >= GONE:
                self._ground.forget(box)
        self._fixtures = followed

    def _is_fixture(self, track: Track) -> bool:
        """Whether a "person" is none: a heap, a statue, a poster; things are put there too.

        It has never moved, and was there before the ground was known, or has appeared where the picture shows the ground.
        """
        if track.label != "person" or track.still_since is None:
            return False
        if track.id in self._fixtures or track.still_since <= self._ground.began + FIRST_S:
            return True
        return track.still_since <= track.first_seen and self._ground.shows(track.box)

    def _update(self, changes: Sequence[Change], at: float, busy: NDArray[np.bool_], tracks: Sequence[Track]) -> None:
        left = list(changes)
        self._weigh(left)
        kept: list[StillObject] = []
        for thing in self._known:
            sure = self._proofs[thing.id] >= PROOFS
            match = max(
                (c for c in left if c.thing or sure or self._is_settled(c)),
                key=lambda c: _alike(thing.box, c.box),
                default=None,
            )
            if match is not None and _alike(thing.box, match.box) >= SAME_IOU:
                left.remove(match)
                kept.append(self._owned(replace(thing, box=match.box, last_seen=at), at))
                self._excused[thing.id] = at
                self._proofs[thing.id] += match.thing
            elif any(t.box.iou(thing.box) > IS_ITSELF for t in tracks):
                continue  # somebody, whom the detector has found only now
            elif _covered(busy, thing.box) > HIDDEN:
                kept.append(thing)
                self._excused[thing.id] = at
            elif sure and at - self._excused[thing.id] <= FORGET_S:
                kept.append(thing)
        for change in left:
            box = change.box
            part = any(t.box.intersection(box) > 0.5 * box.area for t in kept)  # of a thing that comes into view again
            if part or not (change.thing or self._is_settled(change)) or self._past.is_somebody(box):
                continue
            thing = self._new(change, at)
            if change.thing or thing.owner is not None:
                kept.append(thing)
                self._proofs[thing.id] = 1 if change.thing else PROOFS
        self._known = kept
        self._excused = {t.id: self._excused.get(t.id, at) for t in kept}
        self._proofs = {t.id: self._proofs[t.id] for t in kept}
        self._came = {t.id: self._came[t.id] for t in kept}

    def _weigh(self, changes: Sequence[Change]) -> None:
        """Count the comparisons in which each of the changes was there."""
        before = self._doubts
        self._doubts = [
            (c.box, 1 + max((count for box, count in before if c.box.iou(box) >= SAME_DOUBT), default=0)) for c in changes
        ]

    def _is_settled(self, change: Change) -> bool:
        return any(box == change.box and count >= DOUBTS for box, count in self._doubts)

    def _new(self, change: Change, at: float) -> StillObject:
        self._number += 1
        thing = StillObject(id=self._number, box=change.box, first_seen=at, last_seen=at, since=change.since)
        self._came[thing.id] = change.came
        return self._owned(thing, at)

    def _owned(self, thing: StillObject, at: float) -> StillObject:
        """The thing with its owner, looked for while it comes into view: at first a corner of it is seen."""
        if thing.owner is not None or thing.since is None or at - thing.first_seen > EMERGES_S:
            return thing
        owner = self._past.owner(thing.box, thing.since, min(thing.first_seen, self._came[thing.id] + LATE_S))
        if owner is None:
            return thing
        return replace(
            thing,
            owner=owner.body.id,
            owner_label=owner.body.label,
            owner_came=owner.came,
            vehicle=owner.vehicle.id if owner.vehicle else None,
        )


def _alike(known: Box, box: Box) -> float:
    """Overlap, 0..1; a box that holds the known one is the same thing, of which more is seen."""
    inside = known.intersection(box) / known.area if known.area else 0.0
    return max(known.iou(box), inside if inside > 0.6 else 0.0)


def _mask(boxes: Sequence[Box], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Pixels within the boxes, which are widened by a tenth for shadows and late boxes."""
    mask = np.zeros(shape, bool)
    for box in boxes:
        mask[within(box, shape, wider=0.1)] = True
    return mask


def _covered(mask: NDArray[np.bool_], box: Box) -> float:
    part = mask[within(box, mask.shape)]
    return float(part.mean()) if part.size else 0.0
