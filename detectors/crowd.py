"""More people in a zone than an operator allows, and how many there are over time.

Evidence at one instant: people whose feet are in the zone reach the threshold. Time adds the confirmation. No law names a
density; the threshold is the operator's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

from pydantic import Field

from ioc.core.config import Part
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
    count_every_s: float = Field(10, ge=1, le=3600, description="Seconds between two points of the count series")


class Crowd:
    """The rule of one camera."""

    def __init__(self, zones: Sequence[RuleZone[Settings]], context: RuleContext) -> None:
        self._zones = tuple(zones)
        self._counts = {z.zone.id: ZoneCount(z) for z in zones}
        self._policies = {z.zone.id: Policy(confirm_s=z.settings.confirm_s, hold_s=z.settings.hold_s) for z in zones}

    def observe(self, scene: Scene) -> Iterable[Observation]:
        """One observation for each zone that holds a crowd now."""
        for rule in self._zones:
            people = self._counts[rule.zone.id].people(scene)
            threshold = rule.settings.threshold
            if len(people) >= threshold:
                yield Observation(
                    kind="crowd",
                    subject=rule.zone.id,
                    zone=rule.zone.id,
                    confidence=_confidence(people, threshold),
                    box=hull(p.box for p in people),
                    severity=_severity(len(people), threshold),
                    detail={"count": len(people), "threshold": threshold},
                )

    def policy(self, observation: Observation) -> Policy:
        """Confirmation and hold of the observation's zone."""
        assert observation.zone is not None
        return self._policies[observation.zone]

    def counts(self, scene: Scene) -> Iterable[Sample]:
        """People in each zone now."""
        for rule in self._zones:
            count = len(self._counts[rule.zone.id].people(scene))
            yield Sample(zone=rule.zone.id, label="person", count=count, window=rule.settings.count_every_s)


class ZoneCount:
    """The people of one zone, by the cheapest search that finds them."""

    def __init__(self, rule: RuleZone[Settings]) -> None:
        self._rule = rule
        self._searched_at: float | None = None
        self._found: Sequence[Detection] = ()
        self._plain_does = False

    def people(self, scene: Scene) -> Sequence[Detection]:
        """People whose feet are in the zone; of the last finest search where one look would not do."""
        tiles = self._rule.settings.tiles
        if tiles != "auto":
            return self._inside(scene.people(tiles))
        plain = self._inside(scene.people())
        sparse = self._plain_does and len(plain) < NEAR[0] * self._rule.settings.threshold
        gap = self._gap(len(plain)) * (SPARSE_TIMES if sparse else 1)
        if self._searched_at is None or not 0 <= scene.at - self._searched_at < gap:
            self._found, self._searched_at = self._inside(scene.people(FINEST)), scene.at
            self._plain_does = len(self._found) >= FEW and len(plain) >= ENOUGH * len(self._found)
        # What was found in parts is some seconds old: who has come since is seen by the look at the whole.
        return plain if sparse or len(plain) > len(self._found) else self._found

    def _gap(self, plain: int) -> float:
        share = max(plain, len(self._found)) / self._rule.settings.threshold
        return BUSY_S if NEAR[0] <= share < NEAR[1] else CALM_S if share >= NEAR[0] / 2 else QUIET_S

    def _inside(self, people: Sequence[Detection]) -> Sequence[Detection]:
        return [p for p in people if contains(self._rule.zone.polygon, p.box.foot)]


def _confidence(people: Sequence[Detection], threshold: int) -> float:
    """That of the person who decides: were one at this place missing, the threshold would not be reached."""
    return sorted((p.confidence for p in people), reverse=True)[threshold - 1]


def _severity(count: int, threshold: int) -> Severity:
    if count >= 3 * threshold:
        return Severity.CRITICAL
    return Severity.HIGH if count >= 2 * threshold else Severity.MEDIUM


DETECTOR = DetectorSpec(
    kind="crowd",
    settings=Settings,
    factory=Crowd,
    title={"vi": "Tụ tập đông người", "en": "Crowd"},
    needs=frozenset({"street"}),
)
