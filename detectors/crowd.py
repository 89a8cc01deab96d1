"""More people in a zone than an operator allows, and how many there are over time.

Evidence at one instant: people whose feet are in the zone reach the threshold. Time adds the confirmation. No law names a
density; the threshold is the operator's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydantic import Field

from ioc.core.config import Part
from ioc.core.geometry import contains
from ioc.core.incidents import Policy
from ioc.core.ports import DetectorSpec, RuleContext, RuleZone, Sample, Scene
from ioc.core.types import Box, Detection, Observation, Severity


class Settings(Part):
    """Settings of one zone."""

    threshold: int = Field(20, ge=1, le=10_000, description="People in the zone from which on it is a crowd")
    confirm_s: float = Field(5, ge=0, le=3600, description="Seconds the threshold must hold before an alert opens")
    hold_s: float = Field(10, ge=0, le=3600, description="Seconds below the threshold after which the alert closes")
    tiles: int = Field(
        1, ge=1, le=4, description="Search the picture in tiles x tiles parts as well: finds small people, costs more"
    )
    count_every_s: float = Field(10, ge=1, le=3600, description="Seconds between two points of the count series")


class Crowd:
    """The rule of one camera."""

    def __init__(self, zones: Sequence[RuleZone[Settings]], context: RuleContext) -> None:
        self._zones = tuple(zones)
        self._policies = {z.zone.id: Policy(confirm_s=z.settings.confirm_s, hold_s=z.settings.hold_s) for z in zones}

    def observe(self, scene: Scene) -> Iterable[Observation]:
        """One observation for each zone that holds a crowd now."""
        for rule in self._zones:
            people = _inside(rule, scene)
            threshold = rule.settings.threshold
            if len(people) >= threshold:
                yield Observation(
                    kind="crowd",
                    subject=rule.zone.id,
                    zone=rule.zone.id,
                    confidence=_confidence(people, threshold),
                    box=_hull([p.box for p in people]),
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
            yield Sample(
                zone=rule.zone.id, label="person", count=len(_inside(rule, scene)), window=rule.settings.count_every_s
            )


def _inside(rule: RuleZone[Settings], scene: Scene) -> list[Detection]:
    return [p for p in scene.people(rule.settings.tiles) if contains(rule.zone.polygon, p.box.foot)]


def _confidence(people: Sequence[Detection], threshold: int) -> float:
    """That of the person who decides: were one at this place missing, the threshold would not be reached."""
    return sorted((p.confidence for p in people), reverse=True)[threshold - 1]


def _severity(count: int, threshold: int) -> Severity:
    if count >= 3 * threshold:
        return Severity.CRITICAL
    return Severity.HIGH if count >= 2 * threshold else Severity.MEDIUM


def _hull(boxes: Sequence[Box]) -> Box:
    return Box(min(b.x1 for b in boxes), min(b.y1 for b in boxes), max(b.x2 for b in boxes), max(b.y2 for b in boxes))


DETECTOR = DetectorSpec(
    kind="crowd",
    settings=Settings,
    factory=Crowd,
    title={"vi": "Tụ tập đông người", "en": "Crowd"},
    needs=frozenset({"street"}),
)
