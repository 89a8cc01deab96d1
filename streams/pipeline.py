"""One camera's way from frames to events. No threads, no network, no clock: the same for a live camera and for a file."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel

from ioc.core import wire
from ioc.core.config import Camera
from ioc.core.errors import ConfigError, DetectorError
from ioc.core.incidents import State, Transition, advance, finish
from ioc.core.passages import Passage
from ioc.core.ports import (
    DetectorSpec,
    Rule,
    RuleContext,
    RuleZone,
    Scene,
    StreamHealth,
)
from ioc.core.snapshots import Snapshot
from ioc.core.types import Alert, AlertEvent, Count, Frame, Observation, PlateRead, Track
from streams.counting import CountSeries
from streams.scene import BlindScene, LiveScene
from streams.senses import Senses
from streams.thumbnail import Thumbnail

log = logging.getLogger(__name__)

PICTURE = "picture"
"""Name under which a snapshot keeps what was learnt of the camera's picture, beside those of the rules."""
KNOWN_PLATES = 256
"""Vehicles whose plates are remembered, for the rules that tell who did something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """What one instant gave."""

    events: tuple[AlertEvent, ...] = ()
    """Without evidence: who writes it adds it."""
    counts: tuple[Count, ...] = ()
    passages: tuple[Passage, ...] = ()
    """Plates that were read; without evidence, as the events are."""
    tracks: tuple[Track, ...] = ()
    looked: bool = False
    """Whether the detector was called; an unchanged picture keeps the detections of the last one."""


@dataclass(slots=True)
class _Running:
    spec: DetectorSpec[Any]
    rule: Rule
    state: State


class CameraAnalysis:
    """All rules of one camera over time. Not thread-safe: one loop feeds it.

    A rule that fails raises :class:`ioc.core.errors.DetectorError` out of :meth:`analyse`, after the other rules had their
    turn; the failing one keeps its state and sees the next frame.
    """

    def __init__(
        self,
        *,
        site: str,
        timezone: str,
        camera: Camera,
        registry: Mapping[str, DetectorSpec[Any]],
        senses: Senses,
    ) -> None:
        self.camera = camera.id
        self._site = site
        self._senses = senses
        self._known_plates: dict[int, PlateRead] = {}
        self._rules = _rules(camera, registry, RuleContext(site=site, camera=camera.id, timezone=timezone))
        self._series = CountSeries(site, camera.id)
        self._previous: Thumbnail | None = None

    @property
    def kinds(self) -> tuple[str, ...]:
        """Alert kinds that run on this camera."""
        return tuple(self._rules)

    def analyse(self, at: float, frame: Frame | None, stream: StreamHealth | None = None) -> Analysis:
        """One instant at ``at`` (s). ``frame`` is None while the stream is lost, as ``stream`` says."""
        if frame is None:
            blind = BlindScene(camera=self.camera, at=at, stream=stream or StreamHealth(lost_for=0.0))
            found = self._run(blind, at, [r for r in self._rules.values() if r.spec.blind])
            self._senses.lose()
            return found
        thumbnail = Thumbnail.of(frame.image)
        looks = self._senses.looks
        scene = LiveScene(
            frame=frame,
            thumbnail=thumbnail,
            previous=self._previous,
            senses=self._senses,
            plate_of=self._known_plates.get,
        )
        try:
            # Behind a cover the street is not empty: as without a picture, no time passes for what happens in it.
            found = self._run(scene, at, [r for r in self._rules.values() if r.spec.blind or not thumbnail.blank])
        finally:
            self._previous = thumbnail
        return replace(found, tracks=self._senses.tracks, looked=self._senses.looks > looks)

    def finish(self, at: float) -> tuple[AlertEvent, ...]:
        """Close what is open, for the end of a file."""
        events: list[AlertEvent] = []
        for running in self._rules.values():
            running.state, transitions = finish(running.state, at)
            events += [self._event(t) for t in transitions]
        return tuple(events)

    def finish_passages(self, at: float) -> tuple[Passage, ...]:
        """Tell of the vehicles that are passing, for the end of a file or of the worker."""
        passed = [p for r in self._rules.values() if hasattr(r.rule, "finish") for p in r.rule.finish(at)]
        return tuple(p for p in passed if not p.again)

    def snapshot(self) -> Snapshot:
        """The state of every rule and what the rules have learnt, to be kept over a restart."""
        return Snapshot(
            states={kind: running.state for kind, running in self._rules.items()},
            learnt={k: dict(r.rule.remember()) for k, r in self._rules.items() if hasattr(r.rule, "remember")}
            | ({PICTURE: picture} if (picture := self._senses.remember()) else {}),
        )

    def restore(self, kept: Snapshot) -> None:
        """Go on with what was kept; kinds that no longer run are forgotten, and so is what a rule cannot use any more."""
        for kind, running in self._rules.items():
            running.state = kept.states.get(kind, running.state)
            if kind in kept.learnt and hasattr(running.rule, "recall"):
                self._recall(f"the rule {kind}", running.rule.recall, kept.learnt[kind])
        self._recall("the camera's picture", self._senses.recall, kept.learnt.get(PICTURE, {}))

    def _recall(self, what: str, recall: Callable[[Mapping[str, Any]], None], learnt: Mapping[str, Any]) -> None:
        try:
            recall(learnt)
        except (ValueError, LookupError, TypeError) as error:
            log.warning("%s: what %s had learnt cannot be used: %r", self.camera, what, error)

    def _run(self, scene: Scene, at: float, rules: Sequence[_Running]) -> Analysis:
        events: list[AlertEvent] = []
        counts: list[Count] = []
        passages: list[Passage] = []
        faults: list[tuple[str, Exception]] = []
        for running in rules:
            try:
                seen = list(running.rule.observe(scene))
                samples = list(running.rule.counts(scene)) if hasattr(running.rule, "counts") else []
                passed = list(running.rule.passages(scene)) if hasattr(running.rule, "passages") else []
            except Exception as error:  # noqa: BLE001 - one rule's fault must not blind the others; raised below
                faults.append((running.spec.kind, error))
                continue
            running.state, transitions = advance(running.state, seen, at, running.rule.policy)
            events += [self._event(t) for t in transitions]
            counts += self._series.add(samples, at)
            self._known_plates |= {p.track: p.read for p in passed}
            passages += [p for p in passed if not p.again]
        while len(self._known_plates) > KNOWN_PLATES:
            del self._known_plates[next(iter(self._known_plates))]
        found = Analysis(events=tuple(events), counts=tuple(counts), passages=tuple(passages))
        if faults:
            kind, first = faults[0]
            raise AnalysisError(f"{self.camera}: rule {kind}: {first!r}", found) from first
        return found

    def _event(self, transition: Transition) -> AlertEvent:
        incident = transition.incident
        seen: Observation = incident.observation
        opened_at = incident.opened_at
        assert opened_at is not None, "a transition belongs to an alert"
        ident = wire.alert_id(self._site, self.camera, seen.kind, seen.subject, opened_at)
        detail = dict(seen.detail)
        detail["held_s"] = round((incident.closed_at or transition.at) - incident.started_at, 3)
        alert = Alert(
            id=ident,
            site=self._site,
            camera=self.camera,
            kind=seen.kind,
            subject=seen.subject,
            zone=seen.zone,
            severity=incident.severity,
            confidence=seen.confidence,
            started_at=incident.started_at,
            opened_at=opened_at,
            closed_at=incident.closed_at,
            box=seen.box,
            detail=detail,
        )
        return AlertEvent(
            id=wire.event_id(ident, transition.phase, incident.sequence),
            phase=transition.phase,
            sequence=incident.sequence,
            at=transition.at,
            alert=alert,
        )


class AnalysisError(DetectorError):
    """A rule failed. What the other rules found in the same instant comes along: it must not be lost with it."""

    def __init__(self, text: str, found: Analysis) -> None:
        self.found = found
        super().__init__(text)


def _rules(camera: Camera, registry: Mapping[str, DetectorSpec[Any]], context: RuleContext) -> dict[str, _Running]:
    wanted: dict[str, list[RuleZone[BaseModel]]] = {}
    for zone in camera.all_zones():
        for kind, settings in zone.rules.items():
            if kind not in registry:
                raise ConfigError([f"camera {camera.id}: unknown alert kind {kind!r}; there are: {', '.join(registry)}"])
            parsed = registry[kind].settings.model_validate(settings or {})
            wanted.setdefault(kind, []).append(RuleZone(zone, parsed))
    return {k: _Running(registry[k], registry[k].factory(zones, context), State()) for k, zones in wanted.items()}
