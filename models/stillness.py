"""When is an object still? Pure geometry over time, in seconds; nothing here knows frames."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from models.corners import Corners

BORDER: Final = 0.012
"""An edge so near the picture's border is the border's, not the object's: boxes of cut objects end a little before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StillSettings:
    """What counts as standing."""

    after: float = 1.5
    """Seconds within tolerance until an object counts as still; it then counts as still since they began."""
    tolerance: float = 0.2
    """Motion that is still none, as a fraction of the object's own width or height: jitter of boxes, a swaying load."""
    leave: float = 0.6
    """Seconds that motion has to last before a still object counts as moving: one bad box breaks no dwell."""
    wait: float = 0.25
    """The same for an object that is not yet known to be still."""
    grow: float = 3.0
    """Time constant in seconds with which the remembered place follows a box that shows more of the object."""
    shrink: float = 60.0
    """The same for a box that shows less of it: something in front hides the rest."""


def displacement(before: Corners, now: Corners) -> float:
    """How far an object has moved, as a fraction of its own size before.

    Something that passes in front of an object, or uncovers it, moves one edge of its box, or both edges of one axis
    inwards; both edges of an axis move the same way, or all apart, only if the object itself does. An edge at the
    picture's border says nothing, the opposite one is then taken alone.
    """
    moves: list[float] = []
    shrinks: list[float] = []
    for low, high in ((0, 2), (1, 3)):
        size = max(before[high] - before[low], 1e-6)
        first, second = (now[low] - before[low]) / size, (now[high] - before[high]) / size
        if min(before[low], now[low]) < BORDER:
            moves.append(0.0 if max(before[high], now[high]) > 1 - BORDER else abs(second))
        elif max(before[high], now[high]) > 1 - BORDER:
            moves.append(abs(first))
        elif first > 0 > second:
            shrinks.append(min(first, -second))
        else:
            moves.append(min(abs(first), abs(second)))
    return max(moves) if moves else min(shrinks)


class Stillness:
    """The standing or moving of one object, fed with its boxes."""

    __slots__ = ("_settings", "anchor", "anchor_at", "at", "away_since", "place", "since")

    def __init__(self, box: Corners, at: float, settings: StillSettings) -> None:
        self._settings = settings
        self.restart(box, at)

    def restart(self, box: Corners, at: float) -> None:
        """Begin anew: the object is where ``box`` is since ``at`` (s), not yet known to be still."""
        self.anchor = box
        self.anchor_at = self.at = at
        self.place: Corners = box
        """Where the whole object stands, as far as boxes have shown it."""
        self.since: float | None = None
        """Since when it is still, or None."""
        self.away_since: float | None = None

    def observe(self, box: Corners, at: float) -> bool:
        """Take one box; True if the object has left its place. It stays remembered there until :meth:`restart`."""
        if displacement(self.anchor, box) > self._settings.tolerance:
            if self.away_since is None:
                self.away_since = at
            return at - self.away_since >= (self._settings.wait if self.since is None else self._settings.leave)
        self.away_since = None
        self._follow(box, at - self.at)
        self.at = at
        if self.since is None and at - self.anchor_at >= self._settings.after - 1e-6:
            self.since = self.anchor_at
        return False

    @property
    def leaving(self) -> bool:
        """Whether it was last seen away from its place: on its way, or a bad box."""
        return self.away_since is not None

    def shift(self, seconds: float) -> None:
        """The clock was set: move all times along."""
        self.anchor_at += seconds
        self.at += seconds
        self.since = None if self.since is None else self.since + seconds
        self.away_since = None if self.away_since is None else self.away_since + seconds

    def _follow(self, box: Corners, step: float) -> None:
        wide, narrow = (1 - math.exp(-step / t) for t in (self._settings.grow, self._settings.shrink))
        x1, y1, x2, y2 = self.place
        self.place = (
            x1 + (box[0] - x1) * (wide if box[0] < x1 else narrow),
            y1 + (box[1] - y1) * (wide if box[1] < y1 else narrow),
            x2 + (box[2] - x2) * (wide if box[2] > x2 else narrow),
            y2 + (box[3] - y2) * (wide if box[3] > y2 else narrow),
        )
