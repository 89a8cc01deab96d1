"""A vehicle that stands where it may not.

Evidence at one instant: a tracked vehicle that has come to a stop in the zone. Time adds the dwell: no law
names a number of minutes, so it is a setting of each zone, and the alert reads "suspected" until a person confirms it.
Where the ban has hours, a stay counts from when they began: who stopped before did so lawfully.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from ioc.core.config import Part
from ioc.core.geometry import contains, hull
from ioc.core.incidents import Policy
from ioc.core.ports import DetectorSpec, RuleContext, RuleZone, Scene
from ioc.core.types import Observation, Severity, Track

VehicleClass = Literal["bicycle", "motorcycle", "car", "bus", "truck"]


class Settings(Part):
    """Settings of one zone."""

    dwell_s: float = Field(60, ge=1, le=86_400, description="Seconds a vehicle may stand before an alert opens")
    classes: tuple[VehicleClass, ...] = Field(
        ("car", "bus", "truck"), min_length=1, description="Vehicle classes that the ban is for"
    )
    hours: tuple[str, ...] = Field(
        (), description='Times of day of the ban, as "07:00-09:00", in the site\'s time zone; empty means always'
    )
    gathering: int = Field(
        0,
        ge=0,
        le=100,
        description="Motorcycles standing in the zone from which on they are one gathering with an alert of its own, "
        "whatever `classes` says; 0: never",
    )
    occlusion_s: float = Field(
        20, ge=0, le=600, description="Seconds a standing vehicle may be hidden (a bus before it) without breaking its stay"
    )
    ground_point: float = Field(
        0.33,
        ge=0,
        le=0.5,
        description="Where in its box a vehicle stands: share of the height above the lower edge; less for a low camera",
    )
    severity: Severity = Field(Severity.MEDIUM, description="Severity of the alert")

    @field_validator("hours")
    @classmethod
    def _times(cls, spans: tuple[str, ...]) -> tuple[str, ...]:
        for span in spans:
            parse_span(span)
        return spans


def parse_span(text: str) -> tuple[time, time]:
    """``"22:00-05:30"`` as two times of day; a span may cross midnight. Raises ValueError."""
    start, sep, end = text.partition("-")
    try:
        span = time.fromisoformat(start.strip()), time.fromisoformat(end.strip())
    except ValueError:
        sep = ""
    if not sep or span[0] == span[1]:
        raise ValueError(f'hours must look like "07:00-09:00", got {text!r}')
    return span


def in_force_since(spans: Sequence[tuple[time, time]], at: float, zone: ZoneInfo) -> float | None:
    """When the spans that hold the instant ``at`` (s since the epoch) began, None where none does.

    Spans that join are one. No spans mean always: since minus infinity, as do spans that fill the day.
    """
    if not spans:
        return -math.inf
    began = _began(spans, datetime.fromtimestamp(at, zone))
    if began is None:
        return None
    for _ in spans:
        earlier = _began(spans, began - timedelta(microseconds=1))
        if earlier is None:
            return began.timestamp()
        began = earlier
    return -math.inf


def _began(spans: Sequence[tuple[time, time]], now: datetime) -> datetime | None:
    """The earliest start of the spans that hold ``now``."""
    starts = []
    for a, b in spans:
        across = a > b and now.time() < b
        if across or (a <= now.time() and (a > b or now.time() < b)):
            starts.append(datetime.combine(now.date() - timedelta(days=across), a, now.tzinfo))
    return min(starts, default=None)


class Parking:
    """The rule of one camera."""

    def __init__(self, zones: Sequence[RuleZone[Settings]], context: RuleContext) -> None:
        self._zones = [(z, [parse_span(s) for s in z.settings.hours]) for z in zones]
        self._timezone = ZoneInfo(context.timezone)
        self._policies = {z.zone.id: _policy(z.settings) for z in zones}

    def observe(self, scene: Scene) -> Iterable[Observation]:
        """One observation for each vehicle seen to stand in a zone, and one that says so for each seen to move."""
        for rule, spans in self._zones:
            began = in_force_since(spans, scene.at, self._timezone)
            if began is None:
                continue
            yield from self._gathering(rule, scene, began)
            for track in scene.vehicles:
                hidden = track.last_seen < scene.at
                moving = track.still_since is None
                if hidden or not (moving or self._stands(rule, track)):
                    continue
                yield Observation(
                    kind="parking",
                    subject=f"{rule.zone.id}:{track.id}",
                    zone=rule.zone.id,
                    confidence=track.confidence,
                    box=track.box,
                    since=None if track.still_since is None else max(track.still_since, began),
                    holds=not moving,
                    detail={
                        "label": track.label,
                        "limit_s": rule.settings.dwell_s,
                        "suspected": True,
                        **({"plate": read.text} if (read := scene.plate_of(track.id)) else {}),
                    },
                )

    def _gathering(self, rule: RuleZone[Settings], scene: Scene, began: float) -> Iterable[Observation]:
        """Motorcycles that stand together, hidden ones too while one is seen; since the one that made them enough came."""
        enough = rule.settings.gathering
        row = [t for t in scene.vehicles if t.label == "motorcycle" and t.still_since is not None and self._in(rule, t)]
        seen = [t for t in row if t.last_seen >= scene.at]
        if not enough or len(row) < enough or not seen:
            return
        yield Observation(
            kind="parking",
            subject=f"{rule.zone.id}:gathering",
            zone=rule.zone.id,
            confidence=sorted((t.confidence for t in row), reverse=True)[enough - 1],
            box=hull(t.box for t in row),
            since=max(sorted(t.still_since for t in row if t.still_since is not None)[enough - 1], began),
            detail={
                "label": "motorcycle",
                "gathered": len(row),
                "limit_s": rule.settings.dwell_s,
                "suspected": True,
            },
        )

    def policy(self, observation: Observation) -> Policy:
        """Dwell and occlusion of the observation's zone."""
        assert observation.zone is not None
        return self._policies[observation.zone]

    def _stands(self, rule: RuleZone[Settings], track: Track) -> bool:
        return track.label in rule.settings.classes and self._in(rule, track)

    @staticmethod
    def _in(rule: RuleZone[Settings], track: Track) -> bool:
        return contains(rule.zone.polygon, track.box.ground(rule.settings.ground_point))


def _policy(settings: Settings) -> Policy:
    return Policy(
        confirm_s=settings.dwell_s,
        hold_s=settings.occlusion_s,
        min_share=0.5,
        severity=settings.severity,
        # The plate may be read only when the vehicle before it has driven off.
        late_facts=("plate",),
        # The same stay must not alert again because a tracker lost the vehicle or a worker was restarted.
        same_place_iou=0.5,
    )


DETECTOR = DetectorSpec(
    kind="parking",
    settings=Settings,
    factory=Parking,
    title={"vi": "Đỗ xe trái phép", "en": "Illegal parking"},
    zoned=True,
    needs=frozenset({"street"}),
)
