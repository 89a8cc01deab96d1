"""Rubbish that somebody leaves behind in a watched zone.

Evidence at one instant: a new thing lies still in the zone, a person or vehicle was beside it when it came, and nobody is
beside it now. Time adds that it stays. A bag that is taken away again, a parked vehicle, a standing person, a shadow and a
lamp are no evidence. The alert reads "suspected" until a person confirms it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from pydantic import Field, model_validator

from ioc.core.config import Part
from ioc.core.geometry import beside, contains
from ioc.core.incidents import Policy
from ioc.core.ports import DetectorSpec, RuleContext, RuleZone, Scene
from ioc.core.types import Box, Observation, Severity, StillObject, Track

DEPTH: Final = 0.4
"""How far before or behind somebody a thing is still beside them, in heights of their box."""


class Settings(Part):
    """Settings of one zone."""

    stays_s: float = Field(6, ge=0, le=3600, description="Seconds a thing must lie after its owner has left")
    passing_s: float = Field(6, ge=0, le=600, description="Seconds somebody may pass or hide it without breaking that")
    smallest: float = Field(0.0006, gt=0, le=1, description="Share of the picture below which a thing is too small to tell")
    largest: float = Field(0.06, gt=0, le=1, description="Share of the picture above which it is no rubbish")
    reach: float = Field(
        0.6, ge=0, le=5, description="How far beside a person or vehicle a thing is still theirs, in widths of their box"
    )

    @model_validator(mode="after")
    def _ordered(self) -> Settings:
        if self.smallest >= self.largest:
            raise ValueError(f"smallest ({self.smallest}) must lie below largest ({self.largest})")
        return self


class Dumping:
    """The rule of one camera."""

    def __init__(self, zones: Sequence[RuleZone[Settings]], context: RuleContext) -> None:
        self._zones = tuple(zones)
        self._policies = {z.zone.id: _policy(z.settings) for z in zones}

    def observe(self, scene: Scene) -> Iterable[Observation]:
        """One observation for each thing that lies in a zone without its owner."""
        bodies = [t for t in scene.tracks if t.last_seen >= scene.at]
        for rule in self._zones:
            for thing in scene.still_objects:
                if self._left(rule, thing, bodies, scene.at):
                    yield Observation(
                        kind="dumping",
                        subject=f"{rule.zone.id}:{thing.id}",
                        zone=rule.zone.id,
                        confidence=0.6,
                        box=thing.box,
                        detail=_detail(thing, scene),
                    )

    def policy(self, observation: Observation) -> Policy:
        """How long a thing must lie in the observation's zone."""
        assert observation.zone is not None
        return self._policies[observation.zone]

    @staticmethod
    def _left(rule: RuleZone[Settings], thing: StillObject, bodies: Sequence[Track], at: float) -> bool:
        s = rule.settings
        if thing.owner is None or thing.last_seen < at:
            return False
        if not s.smallest <= thing.box.area <= s.largest or not contains(rule.zone.polygon, thing.box.ground(0.2)):
            return False
        return not any(_near(t.box, thing.box, s.reach) and _matters(t, thing) for t in bodies)


def _near(body: Box, thing: Box, reach: float) -> bool:
    """Whether somebody is beside a thing: in the picture, and as far from the camera, by where both touch the ground."""
    return beside(body, thing, reach) and abs(body.foot[1] - thing.foot[1]) <= DEPTH * body.height


def _matters(body: Track, thing: StillObject) -> bool:
    """Whether somebody beside a thing keeps it from lying alone: not a stranger who stood there before it came."""
    came = thing.first_seen if thing.since is None else thing.since
    stood = body.still_since is not None and body.still_since < came
    return not stood or body.id in (thing.owner, thing.vehicle)


def _detail(thing: StillObject, scene: Scene) -> dict[str, object]:
    """Who brought it and since when they were seen: the picture before that shows the street without them."""
    detail: dict[str, object] = {"brought_by": thing.owner_label, "track": thing.owner, "suspected": True}
    if thing.owner_came is not None:
        detail["came_at"] = thing.owner_came
    read = scene.plate_of(thing.vehicle) if thing.vehicle is not None else None
    return detail | ({"plate": read.text} if read else {})


def _policy(settings: Settings) -> Policy:
    return Policy(
        confirm_s=settings.stays_s,
        hold_s=settings.passing_s,
        min_share=0.5,
        severity=Severity.MEDIUM,
        same_place_iou=0.3,
        # The vehicle that brought it is often read only when it drives off.
        late_facts=("plate",),
        # What lies there is alerted once; when it is cleared away the place is new again.
        cooldown_s=0.0,
    )


DETECTOR = DetectorSpec(
    kind="dumping",
    settings=Settings,
    factory=Dumping,
    title={"vi": "Đổ rác trái phép", "en": "Illegal dumping"},
    needs=frozenset({"street"}),
)
