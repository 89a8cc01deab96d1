"""Motion on time lines: pure functions from seconds to places."""

from __future__ import annotations

import itertools
import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sample_videos.studio.mesh import Mesh, place
from sample_videos.studio.people import STAND, Look, Pose, person, walking
from sample_videos.studio.stage import Placed

State = Callable[[float], Placed | None]


@dataclass(frozen=True)
class Stop:
    """Be at (x, y) metres at `t` seconds; `pause` seconds of standing follow. `ease` shapes the arrival and departure."""

    t: float
    x: float
    y: float
    pause: float = 0.0


@dataclass(frozen=True)
class Where:
    """A place on a path: position and heading (radians), metres gone so far, speed in m/s."""

    x: float
    y: float
    heading: float
    gone: float
    speed: float


class Path:
    """Through stops, braking to and starting from the ones that pause; between others at even speed.

    Raises:
        ValueError: stops are not in order of time.
    """

    def __init__(self, stops: Sequence[Stop]) -> None:
        if any(b.t < a.t + a.pause for a, b in itertools.pairwise(stops)):
            raise ValueError("stops overlap in time")
        self.stops = tuple(stops)
        self.length = [0.0]
        for a, b in itertools.pairwise(stops):
            self.length.append(self.length[-1] + math.hypot(b.x - a.x, b.y - a.y))

    def _point(self, gone: float) -> tuple[float, float]:
        i = min(max(bisect_right(self.length, gone) - 1, 0), len(self.stops) - 2)
        a, b = self.stops[i], self.stops[i + 1]
        part = (gone - self.length[i]) / max(self.length[i + 1] - self.length[i], 1e-9)
        return a.x + (b.x - a.x) * part, a.y + (b.y - a.y) * part

    def at(self, t: float) -> Where | None:
        """Where a body is at `t` seconds; None before the first stop and after the last."""
        if t < self.stops[0].t or t > self.stops[-1].t + self.stops[-1].pause:
            return None
        i = 0
        while i + 1 < len(self.stops) and self.stops[i + 1].t <= t:
            i += 1
        a = self.stops[i]
        gone, speed = self.length[i], 0.0
        if i + 1 < len(self.stops) and t > a.t + a.pause:
            b = self.stops[i + 1]
            span = b.t - a.t - a.pause
            u = (t - a.t - a.pause) / span
            share, rate = _ease(u, a.pause > 0, b.pause > 0)
            gone += share * (self.length[i + 1] - self.length[i])
            speed = rate * (self.length[i + 1] - self.length[i]) / span
        return self._pose(gone, speed)

    def _pose(self, gone: float, speed: float) -> Where:
        """Heading is taken over 1.2 m around the place, so that corners of the path are turned smoothly."""
        back, ahead = max(gone - 0.6, 0.0), min(gone + 0.6, self.length[-1])
        (x0, y0), (x1, y1), (x, y) = self._point(back), self._point(ahead), self._point(gone)
        return Where((x + (x0 + x1) / 2) / 2, (y + (y0 + y1) / 2) / 2, math.atan2(y1 - y0, x1 - x0), gone, speed)


def _ease(u: float, starts: bool, stops: bool) -> tuple[float, float]:
    """Share of the way at share `u` of the time, and the speed relative to the mean."""
    if starts and stops:
        return u * u * (3 - 2 * u), 6 * u * (1 - u)
    if starts:
        return u**1.8, 1.8 * u**0.8
    if stops:
        return 1 - (1 - u) ** 1.8, 1.8 * (1 - u) ** 0.8
    return u, 1.0


def drive(mesh: Mesh, stops: Sequence[Stop], z: float = 0.0) -> State:
    """A vehicle of one mesh along a path."""
    path = Path(stops)

    def at(t: float) -> Placed | None:
        where = path.at(t)
        return None if where is None else Placed(mesh, place(where.x, where.y, z, where.heading))

    return at


class Walker:
    """A person along a path: legs swing with the way gone, stands in the pose `rest` where the path pauses.

    `face` (radians) turns the person while standing; with `fidget` > 0 it turns a little to and fro every so many
    seconds, as people who stand do. `z` is the height of the ground.
    """

    PHASES = 12

    def __init__(self, look: Look, stops: Sequence[Stop], *, z: float = 0.15, face: float | None = None, rest: Pose = STAND,
                 fidget: float = 0.0) -> None:  # fmt: skip
        self.look, self.path, self.z, self.face, self.rest, self.fidget = look, Path(stops), z, face, rest, fidget
        self._meshes: dict[object, Mesh] = {}

    def where(self, t: float) -> Where | None:
        """The person's place at `t` seconds."""
        return self.path.at(t)

    def _mesh(self, key: object, pose: Pose) -> Mesh:
        if key not in self._meshes:
            self._meshes[key] = person(self.look, pose)
        return self._meshes[key]

    def _turn(self, t: float, heading: float) -> float:
        turn = heading if self.face is None else self.face
        if self.fidget <= 0:
            return turn
        count, rest = divmod(t + self.fidget * 7.7, self.fidget)
        share = min(rest / 0.5, 1.0)
        share = share * share * (3 - 2 * share)
        return turn + 0.3 * (share if int(count) % 2 else 1 - share)

    def __call__(self, t: float) -> Placed | None:
        """The person as it stands or walks at `t` seconds."""
        where = self.path.at(t)
        if where is None:
            return None
        if where.speed > 0.05:
            phase = int(where.gone / 1.35 * self.PHASES) % self.PHASES
            brisk = round(min(max(where.speed / 1.3, 0.3), 1.4), 1)
            mesh = self._mesh((phase, brisk), walking(phase / self.PHASES, brisk))
            return Placed(mesh, place(where.x, where.y, self.z, where.heading))
        return Placed(self._mesh("rest", self.rest), place(where.x, where.y, self.z, self._turn(t, where.heading)))
