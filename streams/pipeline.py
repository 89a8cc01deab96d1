"""One camera's way from frames to events. No threads, no network, no clock: the same for a live camera and for a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel

from ioc.core import wire
from ioc.core.config import Camera
from ioc.core.errors import ConfigError, DetectorError
from ioc.core.incidents import State, Transition, advance, finish
from ioc.core.passages import Passage
from ioc.core.plate_votes import Glimpse
from ioc.core.ports import (
    DetectorSpec,
    ObjectDetector,
    PictureHealth,
    PlateLook,
    Rule,
    RuleContext,
    RuleZone,
    Scene,
    StreamHealth,
    Tracker,
)
from ioc.core.types import Alert, AlertEvent, Count, Detection, Frame, Observation, PlateRead, Track
from streams.counting import CountSeries
from streams.gate import Gate
from streams.plates import PlateSearch
from streams.scene import BlindScene, LiveScene
from streams.still import StillThings
from streams.thumbnail import Thumbnail
from streams.view import UsualView

COUNT_EVERY_S = 2.0
"""Least seconds between two searches of the picture in tiles, each worth several ordinary looks."""

VIEW_EVERY_S = 1.0
PLAIN = 0.02
"""Share of edge pixels below which a picture shows too little to be compared with the usual view."""

KNOWN_PLATES = 256
"""Vehicles whose plates are remembered, for the rules that tell who did something."""

DetectorFor = Callable[[int], ObjectDetector]
"""Number of tiles a side -> a detector that searches in that many; 1 is the plain one. All share one session."""


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
        detector: DetectorFor,
        tracker: Tracker,
        plates: PlateSearch | None = None,
        gate: Gate | None = None,
    ) -> None:
        self.camera = camera.id
        self._site = site
        self._detector = detector
        self._tracker = tracker
        self._plates = plates
        self._known_plates: dict[int, PlateRead] = {}
        self._gate = gate or Gate()
        self._rules = _rules(camera, registry, RuleContext(site=site, camera=camera.id, timezone=timezone))
        self._series = CountSeries(site, camera.id)
        self._previous: Thumbnail | None = None
        self._detections: Sequence[Detection] = ()
        self._people: dict[int, tuple[float, Sequence[Detection]]] = {}
        self._tracks: tuple[Track, ...] = ()
        self._usual = UsualView()
        self._still = StillThings()
        self._agreed: tuple[float, float | None] = (float("-inf"), None)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Alert kinds that run on this camera."""
        return tuple(self._rules)

    def analyse(self, at: float, frame: Frame | None, stream: StreamHealth | None = None) -> Analysis:
        """One instant at ``at`` (s). ``frame`` is None while the stream is lost, as ``stream`` says."""
        if frame is None:
            blind = BlindScene(camera=self.camera, at=at, stream=stream or StreamHealth(lost_for=0.0))
            found = self._run(blind, at, [r for r in self._rules.values() if r.spec.blind])
            self._tracks = ()
            return found
        thumbnail = Thumbnail.of(frame.image)
        looks = 0

        def look() -> tuple[Sequence[Detection], Sequence[Track]]:
            nonlocal looks
            if self._gate.opens(thumbnail, at):
                looks += 1
                self._detections = self._detector(1).detect(frame.image)
            self._tracks = tuple(self._tracker.update(self._detections, at))
            return self._detections, self._tracks

        def count_people(tiles: int) -> Sequence[Detection]:
            counted_at, people = self._people.get(tiles, (float("-inf"), ()))
            if not 0 <= at - counted_at < COUNT_EVERY_S:
                people = [d for d in self._detector(tiles).detect(frame.image) if d.label == "person"]
                self._people[tiles] = (at, people)
            return people

        def look_at_plates(vehicles: Sequence[Track], wanted: Sequence[Track], how: PlateLook) -> Sequence[Glimpse]:
            if self._plates is None:
                raise LookupError("a rule reads plates, and no models for plates were given")
            return self._plates.look(frame, vehicles, wanted, how)

        scene = LiveScene(
            frame=frame,
            thumbnail=thumbnail,
            previous=self._previous,
            agreement=lambda health: self._agreement(thumbnail, health, at),
            look=look,
            count_people=count_people,
            look_at_plates=look_at_plates,
            plate_of=self._known_plates.get,
            find_still=lambda tracks: self._still.observe(frame, tracks),
        )
        try:
            found = self._run(scene, at, list(self._rules.values()))
        finally:
            self._previous = thumbnail
        return replace(found, tracks=self._tracks, looked=looks > 0)

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

    def snapshot(self) -> dict[str, State]:
        """The state of every rule, to be kept over a restart."""
        return {kind: running.state for kind, running in self._rules.items()}

    def restore(self, states: Mapping[str, State]) -> None:
        """Go on with kept states; kinds that no longer run are forgotten."""
        for kind, running in self._rules.items():
            running.state = states.get(kind, running.state)

    def _agreement(self, thumbnail: Thumbnail, health: PictureHealth, at: float) -> float | None:
        """Agreement with the usual view, looked at once a second; a picture that shows nothing is not looked at."""
        told_at, told = self._agreed
        if not 0 <= at - told_at < VIEW_EVERY_S:
            told = self._usual.agreement(thumbnail, at) if health.detail >= PLAIN else None
            self._agreed = (at, told)
        return told

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
