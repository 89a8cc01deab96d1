"""More people in a zone than an operator allows, and how many there are over time.

Evidence at one instant: people whose feet are in the zone reach the threshold. Where they stand apart their boxes are
counted, where they are packed the heads of a density map (:mod:`ioc.core.crowd_count`). Time adds the confirmation. No law
names a density; the threshold is the operator's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Annotated, Literal

from pydantic import Field

from ioc.core.config import Part
from ioc.core.crowd_count import PACKED, HeadCount, head_count, touching
from ioc.core.geometry import contains, hull
from ioc.core.incidents import Policy
from ioc.core.ports import DetectorSpec, RuleContext, RuleZone, Sample, Scene
from ioc.core.types import Detection, Observation, Severity

FINEST = 3
"""Tiles a side of the search that ``tiles: auto`` trusts."""
BUSY_S, CALM_S, QUIET_S = 2.0, 4.0, 10.0
"""Seconds between two such searches: near the threshold; from a quarter of it on and well above it; below."""
NEAR = (0.5, 1.25)
"""Parts of the threshold between which a search may decide."""
SPARSE_TIMES = 3
"""So many times as long while there are few and one look finds all of them; more hide each other."""
ENOUGH = 0.9
"""Share of the people of the finest search from which on one look at the whole picture does as well."""
FEW = 3
"""People that must be there to tell."""


class Settings(Part):
    """Settings of one zone."""

    threshold: int = Field(20, ge=1, le=10_000, description="People in the zone from which on it is a crowd")
    confirm_s: float = Field(5, ge=0, le=3600, description="Seconds the threshold must hold before an alert opens")
    hold_s: float = Field(10, ge=0, le=3600, description="Seconds below the threshold after which the alert closes")
    tiles: Annotated[int, Field(ge=1, le=4)] | Literal["auto"] = Field(
        "auto",
        description="Search the picture in tiles x tiles parts as well, 1 to 4: finds small people, costs more; `auto` does "
        "so where one look misses people, and seldom while there are few",
    )
    density: bool = Field(True, description="Count heads instead of bodies where people hide each other")
    packed: float = Field(
        PACKED,
        ge=1,
        le=20,
        description="Heads in one person's box from which on people are packed, and heads are counted there",
    )
    count_every_s: float = Field(10, ge=1, le=3600, description="Seconds between two points of the count series")


@dataclass(frozen=True, slots=True)
class Seen:
    """The people of a zone at one instant."""

    people: Sequence[Detection]
    """Those in the zone who have a box."""
    heads: HeadCount

    @property
    def count(self) -> int:
        """How many there are, to the nearest whole number."""
        return round(self.heads.people)


class Crowd:
    """The rule of one camera."""

    def __init__(self, zones: Sequence[RuleZone[Settings]], context: RuleContext) -> None:
        self._zones = tuple(zones)
        self._counts = {z.zone.id: ZoneCount(z) for z in zones}
        self._policies = {z.zone.id: Policy(confirm_s=z.settings.confirm_s, hold_s=z.settings.hold_s) for z in zones}

    def observe(self, scene: Scene) -> Iterable[Observation]:
        """One observation for each zone that holds a crowd now."""
        for rule in self._zones:
            seen = self._counts[rule.zone.id].seen(scene)
            threshold = rule.settings.threshold
            if seen.count >= threshold:
                yield Observation(
                    kind="crowd",
                    subject=rule.zone.id,
                    zone=rule.zone.id,
                    confidence=_confidence(seen.people, threshold),
                    box=hull(p.box for p in seen.people),
                    severity=_severity(seen.count, threshold),
                    detail={
                        "count": seen.count,
                        "threshold": threshold,
                        "counted": "density" if seen.heads.packed else "boxes",
                    },
                )

    def policy(self, observation: Observation) -> Policy:
        """Confirmation and hold of the observation's zone."""
        assert observation.zone is not None
        return self._policies[observation.zone]

    def counts(self, scene: Scene) -> Iterable[Sample]:
        """People in each zone now."""
        for rule in self._zones:
            count = self._counts[rule.zone.id].seen(scene).count
            yield Sample(zone=rule.zone.id, label="person", count=count, window=rule.settings.count_every_s)


class ZoneCount:
    """The people of one zone, by the cheapest search that finds them, and by their heads where they are packed."""

    def __init__(self, rule: RuleZone[Settings]) -> None:
        self._rule = rule
        self._searched_at: float | None = None
        self._found: Sequence[Detection] = ()
        self._plain_does = False
        self._packed = False

    def seen(self, scene: Scene) -> Seen:
        """Who is in the zone now; the map of heads is asked for only where people of the zone touch each other."""
        people = self._people(scene)
        inside, settings = self._inside(people), self._rule.settings
        self._packed = False
        boxes = [p.box for p in people]
        groups = touching(boxes) if settings.density and inside else []
        if not any(self._holds(people[i]) for group in groups for i in group):
            return Seen(inside, HeadCount(len(inside), len(inside)))
        heads = head_count(boxes, scene.density, self._rule.zone.polygon, packed=settings.packed)
        self._packed = heads.packed > 0
        return Seen(inside, heads)

    def _people(self, scene: Scene) -> Sequence[Detection]:
        """Everybody in the picture; of the last finest search where one look would not do for the zone."""
        tiles = self._rule.settings.tiles
        if tiles != "auto":
            return scene.people(tiles)
        everybody = scene.people()
        plain = len(self._inside(everybody))
        sparse = self._plain_does and plain < NEAR[0] * self._rule.settings.threshold
        gap = self._gap(plain) * (SPARSE_TIMES if sparse else 1)
        if self._searched_at is None or not 0 <= scene.at - self._searched_at < gap:
            self._found, self._searched_at = scene.people(FINEST), scene.at
            found = len(self._inside(self._found))
            self._plain_does = found >= FEW and plain >= ENOUGH * found
        # What was found in parts is some seconds old: who has come since is seen by the look at the whole.
        return everybody if sparse or plain > len(self._inside(self._found)) else self._found

    def _gap(self, plain: int) -> float:
        share = max(plain, len(self._inside(self._found))) / self._rule.settings.threshold
        # In a pack the heads are counted all the time, and boxes only say where it is.
        busy = NEAR[0] <= share < NEAR[1] and not self._packed
        return BUSY_S if busy else CALM_S if share >= NEAR[0] / 2 else QUIET_S

    def _inside(self, people: Sequence[Detection]) -> Sequence[Detection]:
        return [p for p in people if self._holds(p)]

    def _holds(self, person: Detection) -> bool:
        return contains(self._rule.zone.polygon, person.box.foot)


def _confidence(people: Sequence[Detection], threshold: int) -> float:
    """That of the person who decides: were one at this place missing, the threshold would not be reached.

    Where heads without boxes decide, there is no such person: the middle one's, as much less as boxes are missing.
    """
    surest = sorted((p.confidence for p in people), reverse=True)
    return surest[threshold - 1] if len(surest) >= threshold else median(surest) * len(surest) / threshold


def _severity(count: int, threshold: int) -> Severity:
    if count >= 3 * threshold:
        return Severity.CRITICAL
    return Severity.HIGH if count >= 2 * threshold else Severity.MEDIUM


DETECTOR = DetectorSpec(
    kind="crowd",
    settings=Settings,
    factory=Crowd,
    title={"vi": "Tụ tập đông người", "en": "Crowd"},
    needs=frozenset({"street", "density"}),
)
