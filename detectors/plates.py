"""The plates of vehicles that pass: one read for each passage, no alert.

Evidence at one instant: what a look at a vehicle's plate gave. Time adds the votes of all looks at the vehicle
(:mod:`ioc.core.passages`); a passage that is read too seldom or too unsurely is not told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from pydantic import Field

from ioc.core import passages as core
from ioc.core.config import Part
from ioc.core.geometry import contains
from ioc.core.incidents import Policy
from ioc.core.passage_memory import from_json, to_json
from ioc.core.plate_votes import Glimpse
from ioc.core.ports import DetectorSpec, PlateLook, RuleContext, RuleZone, Scene
from ioc.core.types import Observation, Track

VehicleClass = Literal["bicycle", "motorcycle", "car", "bus", "truck"]
STANDS_AT = 0.2
"""Where in its box a vehicle is, share of the height above the lower edge: about where its plate hangs."""


KNOWN_TIMES = 4.0
"""How many times seldomer a moving vehicle is looked at whose plate is known already."""


class Settings(Part):
    """Settings of one zone."""

    classes: tuple[VehicleClass, ...] = Field(
        ("motorcycle", "car", "bus", "truck"), min_length=1, description="Vehicle classes whose plates are read"
    )
    min_height_px: float = Field(
        16, ge=8, le=200, description="Height of a plate below which it is not read, pixels of the main stream"
    )
    min_reads: int = Field(2, ge=1, le=16, description="Agreeing looks below which a passage is not told")
    min_confidence: float = Field(0.8, ge=0, le=1, description="Confidence below which a passage is not told")
    every_s: float = Field(0.4, ge=0.05, le=10, description="Least seconds between two looks at one vehicle")
    looks_per_s: float = Field(
        8, gt=0, le=100, description="Looks a second at most, all vehicles of the camera together: bounds what plates cost"
    )
    gone_s: float = Field(1.5, ge=0.2, le=60, description="Seconds unseen after which a vehicle has passed")
    stay_s: float = Field(4, ge=0, le=600, description="Seconds after which a vehicle that is still there may be told")
    enough_reads: int = Field(4, ge=1, le=16, description="Agreeing looks after which a vehicle is not read any more")
    again_s: float = Field(
        60, ge=0, le=86_400, description="Seconds that a vehicle must be out of sight until its plate is told again"
    )

    def look(self) -> PlateLook:
        """How plates of the zone are looked at."""
        return PlateLook(min_height_px=self.min_height_px, every_s=self.every_s, per_s=self.looks_per_s)

    def policy(self) -> core.Policy:
        """When a passage of the zone is told."""
        names = ("min_reads", "min_confidence", "gone_s", "stay_s", "enough_reads", "again_s")
        return core.Policy(**{name: getattr(self, name) for name in names})


class Plates:
    """The rule of one camera."""

    def __init__(self, zones: Sequence[RuleZone[Settings]], context: RuleContext) -> None:
        self._zones = tuple(zones)
        self._context = context
        self._policies = {z.zone.id: z.settings.policy() for z in zones}
        self._state = core.State()

    def observe(self, scene: Scene) -> Iterable[Observation]:
        """Nothing: a plate that was read is no alert."""
        return ()

    def policy(self, observation: Observation) -> Policy:
        """As for alerts, of which there are none."""
        return Policy(confirm_s=0.0)

    def passages(self, scene: Scene) -> Iterable[core.Passage]:
        """The passages that are told now."""
        if scene.frame is None:
            return self._advance(core.Instant(at=scene.at, seen=()))
        vehicles = scene.vehicles
        seen: list[tuple[Track, str]] = []
        glimpses: list[Glimpse] = []
        taken: set[int] = set()
        for rule in self._zones:
            inside = [t for t in vehicles if t.id not in taken and t.last_seen >= scene.at and _inside(rule, t)]
            taken.update(t.id for t in inside)
            seen += [(t, rule.zone.id) for t in inside]
            known = {t.id for t in inside if core.settled(self._state, t.id)}
            if unknown := [t for t in inside if t.id not in known]:
                glimpses += scene.plates(unknown, rule.settings.look())
            # A track may go over to another vehicle while it moves; one that stands is not looked at for nothing.
            if moving := [t for t in inside if t.id in known and t.still_since is None]:
                look = rule.settings.look()
                glimpses += scene.plates(moving, replace(look, every_s=KNOWN_TIMES * look.every_s))
        alive = frozenset(t.id for t in vehicles)
        return self._advance(core.Instant(at=scene.at, seen=seen, glimpses=glimpses, alive=alive))

    def finish(self, at: float) -> Iterable[core.Passage]:
        """The passages that end because the stream does."""
        self._state, found = core.finish(
            self._state, at, self._policy_of, site=self._context.site, camera=self._context.camera
        )
        return found

    def remember(self) -> Mapping[str, Any]:
        """What was told lately, and the looks at vehicles that are passing."""
        return to_json(self._state)

    def recall(self, learnt: Mapping[str, Any]) -> None:
        """Go on with what was told and half seen; raises as the port says."""
        self._state = from_json(learnt)

    def _advance(self, now: core.Instant) -> tuple[core.Passage, ...]:
        self._state, found = core.advance(
            self._state, now, self._policy_of, site=self._context.site, camera=self._context.camera
        )
        return found

    def _policy_of(self, zone: str) -> core.Policy:
        return self._policies[zone]


def _inside(rule: RuleZone[Settings], track: Track) -> bool:
    return track.label in rule.settings.classes and contains(rule.zone.polygon, track.box.ground(STANDS_AT))


DETECTOR = DetectorSpec(
    kind="plates",
    settings=Settings,
    factory=Plates,
    title={"vi": "Biển số", "en": "Licence plate"},
    blind=True,
    needs=frozenset({"street", "plate-finder", "plate-reader"}),
)
