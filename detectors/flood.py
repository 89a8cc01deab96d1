"""Flood water on a road.

Evidence at one instant: the share of the road zone that shows water, above the camera's own dry reference, or the highest
mark of a virtual gauge that is under water. People and vehicles before the road are no water and are left out. A wet road,
rain on the lens and the light of headlamps are told apart by the network; time adds that the level holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Literal

from pydantic import Field, model_validator

from detectors._water import Course, DryReference, Trend, around, centre, covers, probability_at
from ioc.core.config import Part
from ioc.core.geometry import contains
from ioc.core.incidents import Policy
from ioc.core.ports import DetectorSpec, RuleContext, RuleZone, Sample, Scene
from ioc.core.types import Box, Detection, Observation, Severity
from ioc.core.water import WaterMap

Depth = Literal["none", "puddle", "light", "medium", "heavy"]
CLASSES: Final[tuple[tuple[float, Depth, Severity], ...]] = (
    (40.0, "heavy", Severity.CRITICAL),
    (20.0, "medium", Severity.HIGH),
    (10.0, "light", Severity.MEDIUM),
    (0.0, "puddle", Severity.LOW),
)
"""Centimetres from which on a depth class holds, the deepest first."""
WIDE: Final = 0.7
"""Share of the zone from which a flood without a gauge is severe."""
RISE: Final = 0.08
"""Least change of the share that is a rise or a fall; of a level it is any change of mark."""
SEEN: Final = 0.3
"""Least part of the zone that people and vehicles must leave in sight."""


BARE: Final = 0.02
"""Share of edge pixels below which a picture shows too little to tell water from anything."""
PAUSE_S: Final = 5.0
"""Seconds without water after which what was seen before no longer counts towards an alert: two looks."""


class Mark(Part):
    """One mark of a gauge."""

    x: float = Field(ge=0, le=1, description="Where in the picture, from the left, 0 to 1")
    y: float = Field(ge=0, le=1, description="Where in the picture, from the top, 0 to 1")
    cm: float = Field(ge=0, le=500, description="Height above the road's lowest point, centimetres")


class Settings(Part):
    """Settings of one zone."""

    share: float = Field(
        0.3, gt=0, le=1, description="Share of the zone under water, above its dry reference, that is a flood"
    )
    probability: float = Field(0.6, gt=0, lt=1, description="Probability from which a cell of the picture counts as water")
    gauge: tuple[Mark, ...] = Field(
        (), description="Marks along a pole, wall or kerb, from the lowest to the highest; without them no depth is told"
    )
    level_cm: float = Field(10, ge=0, le=500, description="Water level at the gauge that is a flood, centimetres")
    confirm_s: float = Field(6, ge=0, le=3600, description="Seconds the water must stand before an alert opens")
    hold_s: float = Field(60, ge=0, le=86_400, description="Seconds without it after which the alert closes")
    update_s: float = Field(60, ge=0, le=86_400, description="Least seconds between two updates of level and course")
    course_s: float = Field(120, ge=6, le=86_400, description="Seconds over which the water is said to rise or fall")
    dry_s: float = Field(
        21_600, ge=60, le=2_592_000, description="How slowly the dry reference is learnt: the time for a change of the whole"
    )
    count_every_s: float = Field(30, ge=1, le=3600, description="Seconds between two points of the water series")

    @model_validator(mode="after")
    def _ordered(self) -> Settings:
        heights = [mark.cm for mark in self.gauge]
        if any(low >= high for low, high in pairwise(heights)):
            raise ValueError(f"gauge: heights must rise from mark to mark, got {', '.join(f'{h:g}' for h in heights)} cm")
        if len({(mark.x, mark.y) for mark in self.gauge}) < len(heights):
            raise ValueError("gauge: two marks stand in the same place")
        return self


@dataclass(frozen=True, slots=True)
class Reading:
    """What one water map shows of a zone."""

    share: float
    """Share of the zone under water above its dry reference, 0..1."""
    confidence: float
    """Mean probability of the zone's cells that are under water."""
    box: Box | None
    """Around these cells."""
    level_cm: float | None
    """Highest mark under water; None without a gauge, or where the lowest is dry."""
    trend: Trend


class _Watch:
    """One zone over time."""

    def __init__(self, rule: RuleZone[Settings]) -> None:
        self.rule = rule
        self.dry = DryReference(rule.settings.dry_s)
        self._shares = Course(rule.settings.course_s)
        self._levels = Course(rule.settings.course_s)
        self._cells: dict[tuple[int, int], tuple[tuple[int, int], ...]] = {}
        self._at: float | None = None
        self.reading: Reading | None = None
        """That of the last map; None before the first and while too little of the zone is in sight."""

    def look(self, water: WaterMap, before: Sequence[Detection], bare: bool) -> None:
        """Take a map; ``before`` are the people and vehicles of its instant. One that is known already changes nothing.

        Of a ``bare`` picture (a covered lens, darkness) nothing is said.
        """
        if water.at == self._at:
            return
        self._at = water.at
        if bare:
            self.reading = None
            return
        settings = self.rule.settings
        every = self._inside(water)
        cells = [cell for cell in every if not any(covers(d.box, centre(cell, water)) for d in before)]
        if len(cells) < SEEN * len(every):
            self.reading = None
            return
        wet = [(cell, p) for cell in cells if (p := float(water.cells[cell])) >= settings.probability]
        raw = len(wet) / len(cells)
        self.dry.learn(raw, water.at)
        share, level = self.dry.above(raw), self._level(water, before)
        self._shares.add(share, water.at)
        self._levels.add(level or 0.0, water.at)
        trend = self._levels.trend(1.0) if settings.gauge else "steady"
        self.reading = Reading(
            share=share,
            confidence=sum(p for _, p in wet) / len(wet) if wet else 0.0,
            box=around([cell for cell, _ in wet], water),
            level_cm=level,
            trend=trend if trend != "steady" else self._shares.trend(RISE),
        )

    def _inside(self, water: WaterMap) -> tuple[tuple[int, int], ...]:
        """Cells (row, column) whose centre lies in the zone; of a zone between the centres the one of its middle."""
        rows, columns = water.cells.shape
        if (rows, columns) not in self._cells:
            polygon = self.rule.zone.polygon
            every = ((r, c) for r in range(rows) for c in range(columns))
            found = [cell for cell in every if contains(polygon, centre(cell, water))]
            x, y = (sum(corner[k] for corner in polygon) / len(polygon) for k in (0, 1))
            middle = (min(rows - 1, int(y * rows)), min(columns - 1, int(x * columns)))
            self._cells[rows, columns] = tuple(found) or (middle,)
        return self._cells[rows, columns]

    def _level(self, water: WaterMap, before: Sequence[Detection]) -> float | None:
        """Height of the highest mark below which every mark in sight is under water; a hidden mark says nothing."""
        level = None
        for mark in self.rule.settings.gauge:
            if any(covers(d.box, (mark.x, mark.y)) for d in before):
                continue
            if probability_at(water, mark.x, mark.y) < self.rule.settings.probability:
                break
            level = mark.cm
        return level


class Flood:
    """The rule of one camera."""

    def __init__(self, zones: Sequence[RuleZone[Settings]], context: RuleContext) -> None:
        self._watches = {z.zone.id: _Watch(z) for z in zones}
        self._policies = {z.zone.id: _policy(z.settings) for z in zones}

    def observe(self, scene: Scene) -> Iterable[Observation]:
        """One observation for each zone that is flooded now."""
        for zone, reading in self._readings(scene):
            settings = self._watches[zone].rule.settings
            deep = reading.level_cm is not None and reading.level_cm >= settings.level_cm
            if not deep and reading.share < settings.share:
                continue
            depth, severity = _class(reading)
            detail: dict[str, Any] = {"water_share": round(reading.share, 3), "trend": reading.trend}
            if depth is not None:
                detail |= {"level": depth, "depth_cm": reading.level_cm or 0.0}
            yield Observation(
                kind="flood",
                subject=zone,
                zone=zone,
                confidence=round(reading.confidence, 3) if reading.box else settings.probability,
                box=reading.box,
                severity=severity,
                detail=detail,
            )

    def policy(self, observation: Observation) -> Policy:
        """How long water must stand in the observation's zone."""
        assert observation.zone is not None
        return self._policies[observation.zone]

    def counts(self, scene: Scene) -> Iterable[Sample]:
        """Percent of each zone under water, in steps of five, and the level in centimetres where there is a gauge."""
        for zone, reading in self._readings(scene):
            settings = self._watches[zone].rule.settings
            yield Sample(
                zone=zone, label="water-percent", count=5 * round(20 * reading.share), window=settings.count_every_s
            )
            if settings.gauge:
                level = round(reading.level_cm or 0.0)
                yield Sample(zone=zone, label="water-cm", count=level, window=settings.count_every_s)

    def remember(self) -> Mapping[str, Any]:
        """The dry reference of each zone."""
        return {"dry": {zone: round(watch.dry.value, 4) for zone, watch in self._watches.items()}}

    def recall(self, learnt: Mapping[str, Any]) -> None:
        """Go on with dry references; those of zones that are gone are forgotten. Raises as the port says."""
        values = {zone: float(value) for zone, value in dict(learnt["dry"]).items()}
        if not all(0 <= value <= 1 for value in values.values()):
            raise ValueError(f"a dry reference lies in 0..1, got {values}")
        for zone in values.keys() & self._watches.keys():
            self._watches[zone].dry.value = values[zone]

    def _readings(self, scene: Scene) -> Iterable[tuple[str, Reading]]:
        water = scene.water
        for zone, watch in self._watches.items():
            fresh = water.at == scene.at
            watch.look(water, scene.detections if fresh else (), fresh and scene.picture.detail < BARE)
            if watch.reading is not None:
                yield zone, watch.reading


def _class(reading: Reading) -> tuple[Depth | None, Severity]:
    """Depth class and severity; without a level at a gauge the share alone decides."""
    if reading.level_cm is None:
        return None, Severity.HIGH if reading.share >= WIDE else Severity.MEDIUM
    return next((depth, severity) for least, depth, severity in CLASSES if reading.level_cm >= least)


def _policy(settings: Settings) -> Policy:
    return Policy(
        confirm_s=settings.confirm_s,
        hold_s=settings.hold_s,
        pause_s=PAUSE_S,
        min_share=0.6,
        update_s=settings.update_s,
    )


DETECTOR = DetectorSpec(
    kind="flood",
    settings=Settings,
    factory=Flood,
    title={"vi": "Ngập úng", "en": "Flooding"},
    needs=frozenset({"street", "water"}),
)
"""The network that finds people and vehicles is needed to look past them."""
