"""New things that lie still in the picture and that no model knows by name, and who brought them.

:mod:`streams.ground` finds what has changed on the ground, :mod:`streams.owners` who was there; here a change becomes a
thing that keeps its number while somebody stands before it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ioc.core.types import Box, Frame, StillObject, Track
from streams.changes import working_copy
from streams.ground import Change, Ground
from streams.owners import IS_ITSELF, Past

EVERY_S: Final = 0.3
"""Least seconds between two comparisons: what lies still can wait."""
FIRST_S: Final = 1.0
"""Seconds from the beginning on in which everybody is seen who was there before."""
SAME_IOU: Final = 0.25
FORGET_S: Final = 3.0
"""Seconds out of sight, while nothing hides it, after which a thing has gone."""
EMERGES_S: Final = 2.0
"""Seconds in which a thing comes into view."""
PROOFS: Final = 3
"""Comparisons, one after the other, in which a thing must look like one before a doubtful look or none is enough."""
HIDDEN: Final = 0.3
"""Share of a thing that somebody must cover to hide it."""


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
        self._number = 0

    def observe(self, frame: Frame, tracks: Sequence[Track]) -> list[StillObject]:
        """Things that lie still in the frame; ``tracks`` are people and vehicles, which are none."""
        at = frame.at
        if at < self._at:
            self._forget()
        self._past.add(at, tracks)
        if at - self._compared_at < EVERY_S - 1e-3:
            self._carry_on(at)
        else:
            self._compare(frame, tracks)
        self._at = at
        return list(self._known)

    def _forget(self) -> None:
        self._known = []
        self._past.clear()
        self._compared_at = float("-inf")

    def _carry_on(self, at: float) -> None:
        """Between two comparisons what was seen is still there."""
        self._known = [replace(t, last_seen=at) if t.last_seen >= self._at else t for t in self._known]

    def _compare(self, frame: Frame, tracks: Sequence[Track]) -> None:
        at = self._compared_at = frame.at
        picture = working_copy(frame.image)
        busy = _mask([t.box for t in tracks if not self._is_fixture(t)], picture.shape[:2])
        changes = self._ground.observe(picture, busy, at)
        if changes is None:
            self._known = []
        else:
            self._update(changes, at, busy, tracks)

    def _is_fixture(self, track: Track) -> bool:
        """Whether a "person" has not moved since the beginning: a heap, a statue, a poster; things are put there too."""
        return (
            track.label == "person" and track.still_since is not None and track.still_since <= self._ground.began + FIRST_S
        )

    def _update(self, changes: Sequence[Change], at: float, busy: NDArray[np.bool_], tracks: Sequence[Track]) -> None:
        left = list(changes)
        kept: list[StillObject] = []
        for thing in self._known:
            sure = self._proofs[thing.id] >= PROOFS
            match = max((c for c in left if c.thing or sure), key=lambda c: _alike(thing.box, c.box), default=None)
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
        for box, change in ((c.box, c) for c in left if c.thing):
            part = any(t.box.intersection(box) > 0.5 * box.area for t in kept)  # of a thing that comes into view again
            if not part and not self._past.is_somebody(box):
                kept.append(self._new(change, at))
        self._known = kept
        self._excused = {t.id: self._excused.get(t.id, at) for t in kept}
        self._proofs = {t.id: self._proofs.get(t.id, 1) for t in kept}

    def _new(self, change: Change, at: float) -> StillObject:
        self._number += 1
        thing = StillObject(id=self._number, box=change.box, first_seen=at, last_seen=at, since=change.since)
        return self._owned(thing, at)

    def _owned(self, thing: StillObject, at: float) -> StillObject:
        """The thing with its owner, looked for while it comes into view: at first a corner of it is seen."""
        if thing.owner is not None or thing.since is None or at - thing.first_seen > EMERGES_S:
            return thing
        owner = self._past.owner(thing.box, thing.since, thing.first_seen)
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
    height, width = shape
    mask = np.zeros(shape, bool)
    for box in boxes:
        dx, dy = 0.1 * box.width, 0.1 * box.height
        x1, x2 = math.floor((box.x1 - dx) * width), math.ceil((box.x2 + dx) * width)
        y1, y2 = math.floor((box.y1 - dy) * height), math.ceil((box.y2 + dy) * height)
        mask[max(0, y1) : max(0, y2), max(0, x1) : max(0, x2)] = True
    return mask


def _covered(mask: NDArray[np.bool_], box: Box) -> float:
    height, width = mask.shape
    part = mask[
        math.floor(box.y1 * height) : math.ceil(box.y2 * height), math.floor(box.x1 * width) : math.ceil(box.x2 * width)
    ]
    return float(part.mean()) if part.size else 0.0
