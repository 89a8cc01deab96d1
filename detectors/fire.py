"""Fire or smoke in a zone.

Evidence at one instant: a box of fire whose pixels flicker, or one of smoke whose pixels drift, with enough confidence. Time
adds that it lasts. What looks like fire and keeps still, as a lamp, the low sun, a red car or a poster does, is no evidence.
The product calls nobody: the alert says that a person is to call the fire brigade (114).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydantic import Field

from ioc.core.config import Part
from ioc.core.geometry import contains
from ioc.core.incidents import Policy
from ioc.core.ports import DetectorSpec, RuleContext, RuleZone, Scene
from ioc.core.types import FireSight, Observation, Severity

FIRE_BRIGADE = "114"
PAUSE_S = 1.5
"""Seconds, three looks of the detector, after which a flame that was seen for a moment is forgotten."""


class Settings(Part):
    """Settings of one zone."""

    fire_confidence: float = Field(0.17, ge=0.1, le=1, description="How sure the network must be of a free flame")
    smoke_confidence: float = Field(0.35, ge=0.1, le=1, description="How sure the network must be of smoke")
    flicker: float = Field(
        0.3,
        ge=0,
        le=1,
        description="Share of its box in which a free flame flickers; of less flicker the network must be as much surer",
    )
    drift: float = Field(0.15, ge=0, le=1, description="Share of the smoke's box that must change over some seconds")
    confirm_s: float = Field(1.75, ge=0, le=600, description="Seconds this must last before an alert opens")
    hold_s: float = Field(20, ge=0, le=3600, description="Seconds without fire and smoke after which the alert closes")


class Fire:
    """The rule of one camera."""

    def __init__(self, zones: Sequence[RuleZone[Settings]], context: RuleContext) -> None:
        self._zones = tuple(zones)
        self._policies = {z.zone.id: _policy(z.settings) for z in zones}

    def observe(self, scene: Scene) -> Iterable[Observation]:
        """One observation for each zone in which it burns or smokes now; flames go before smoke."""
        for rule in self._zones:
            burning = [s for s in scene.fires if _in_zone(rule, s) and _alive(rule.settings, s)]
            if burning:
                worst = max(burning, key=lambda s: (s.label == "fire", s.confidence))
                yield Observation(
                    kind="fire",
                    subject=rule.zone.id,
                    zone=rule.zone.id,
                    confidence=worst.confidence,
                    box=worst.box,
                    detail={"label": worst.label, "call": FIRE_BRIGADE},
                )

    def policy(self, observation: Observation) -> Policy:
        """Confirmation and hold of the observation's zone."""
        assert observation.zone is not None
        return self._policies[observation.zone]


def _in_zone(rule: RuleZone[Settings], sight: FireSight) -> bool:
    """A flame stands where it burns; smoke is where its middle is, for its foot may be hidden."""
    return contains(rule.zone.polygon, sight.box.ground(0.1) if sight.label == "fire" else sight.box.centre)


def _alive(settings: Settings, sight: FireSight) -> bool:
    if sight.label == "fire":
        # Of a flame far away the box is loose and flickers in part; what does not flicker at all is none, however sure.
        free = 1.0 if sight.flicker >= settings.flicker else sight.flicker / settings.flicker
        return sight.confidence * free >= settings.fire_confidence
    return sight.confidence >= settings.smoke_confidence and sight.drift >= settings.drift


def _policy(settings: Settings) -> Policy:
    # A flame ducks behind a passer-by or under the detector's confidence for a moment; half of the looks must see it.
    return Policy(
        confirm_s=settings.confirm_s, hold_s=settings.hold_s, pause_s=PAUSE_S, min_share=0.5, severity=Severity.CRITICAL
    )


DETECTOR = DetectorSpec(
    kind="fire",
    settings=Settings,
    factory=Fire,
    title={"vi": "Cháy, khói", "en": "Fire or smoke"},
    needs=frozenset({"fire"}),
)
