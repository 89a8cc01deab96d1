"""Runs the rules over a clip, and keeps what they told, so that only what has changed runs again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

import detectors
from benchmarks.accuracy_types import Case, CountTold, Outcome, PlatesTruth, PlateTold, Told
from ioc.core.config import Camera, Config
from ioc.core.config_file import parse_config
from ioc.core.ports import RuleContext, RuleZone
from ioc.core.types import Alert, AlertEvent, Count, Observation, Phase, PlateRead
from ioc.demo import package_folder
from streams.replay import replay
from streams.setup import SharedModels, camera_analysis

Progress = Callable[[float], None]
OUTCOME: TypeAdapter[Outcome] = TypeAdapter(Outcome)


def run(case: Case, kinds: Collection[str], progress: Progress = lambda s: None) -> dict[str, Outcome]:
    """What each of the kinds tells about the clip, at the camera's rate. Raises :class:`ioc.core.errors.IocError`."""
    config = _config(case, kinds)
    camera = config.cameras[0]
    analysis = camera_analysis(config, camera, _models(config.model_copy(update={"cameras": ()}).model_dump_json()))
    waits = _waits(config, camera)
    told: list[Told] = []
    counts: list[CountTold] = []
    reads: list[PlateRead] = []
    for event in replay(analysis, camera, case.video, seen=lambda frame: progress(frame.at)):
        if isinstance(event, AlertEvent) and event.phase is Phase.OPENED:
            told.append(_told(event.alert, waits(event.alert)))
        elif isinstance(event, Count):
            counts.append(CountTold(zone=event.zone, at_s=event.at, window_s=event.window, people=event.count))
        elif isinstance(event, PlateRead):
            reads.append(event)
    found = {kind: Outcome(told=tuple(t for t in told if t.kind == kind)) for kind in kinds}
    if "crowd" in found:
        found["crowd"] = replace(found["crowd"], counts=tuple(counts))
    if "plates" in found:
        found["plates"] = replace(found["plates"], passages=passages(case.plates or PlatesTruth(), reads))
    return found


def passages(known: PlatesTruth, reads: Collection[PlateRead]) -> tuple[PlateTold, ...]:
    """Reads compared with the known plates, without their texts."""
    numbers = {p.text: i for i, p in enumerate(known.legible)}
    found: list[PlateTold] = []
    for read in reads:
        number = numbers.get(read.text, -1)
        found.append(
            PlateTold(
                right=number >= 0,
                again=number >= 0 and any(p.number == number for p in found),
                number=number,
                faint=number < 0 and any(read.text.startswith(begin) for begin in known.faint),
                at_s=read.at,
                confidence=read.confidence,
                box=read.box,
            )
        )
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Kept:
    """Outcomes on disk, by clip, settings, code and weights; without a folder nothing is kept."""

    folder: Path | None

    def outcomes(self, case: Case, kinds: Collection[str], progress: Progress) -> dict[str, Outcome]:
        """Outcomes of the kinds: kept ones where nothing they depend on has changed, the others run together."""
        found = {kind: kept for kind in kinds if (kept := self._read(case, kind))}
        wanted = sorted(set(kinds) - found.keys())
        if wanted:
            for kind, outcome in run(case, wanted, progress).items():
                found[kind] = outcome
                self._write(case, kind, outcome)
        return found

    def _place(self, case: Case, kind: str) -> Path | None:
        return self.folder / f"{case.name}.{kind}.{fingerprint(case, kind)}.json" if self.folder else None

    def _read(self, case: Case, kind: str) -> Outcome | None:
        place = self._place(case, kind)
        try:
            return OUTCOME.validate_json(place.read_bytes()) if place else None
        except (FileNotFoundError, ValidationError):
            return None

    def _write(self, case: Case, kind: str, outcome: Outcome) -> None:
        place = self._place(case, kind)
        if place:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(OUTCOME.dump_json(outcome))


def fingerprint(case: Case, kind: str) -> str:
    """Changes with whatever the outcome depends on: the clip, the camera's settings for the kind, the code, the weights."""
    known = [p.text for p in case.plates.legible] + list(case.plates.faint) if case.plates and kind == "plates" else []
    parts = [
        _digest_file(case.video),
        json.dumps({**_section(case, [kind]), "url": ""}, sort_keys=True),
        json.dumps(known),
        _digest_code(kind),
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


@cache
def _digest_code(kind: str) -> str:
    """Of the ground, the streams, the models with their weights, and the rule of the kind."""
    own = package_folder("detectors")
    files = [own / "__init__.py", *own.glob("_*.py"), *own.glob(f"{kind}.py")]
    for name in ("ioc", "streams", "models"):
        home = package_folder(name)
        files += [p for p in home.rglob("*") if p.suffix in {".py", ".onnx", ".toml"} and "training" not in p.parts]
    return hashlib.sha256("".join(_digest_file(p) for p in sorted(files)).encode()).hexdigest()


@cache
def _digest_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@cache
def _models(config: str) -> SharedModels:
    """The models of this process; a configuration without cameras, as JSON, so that all clips share them."""
    return SharedModels(Config.model_validate_json(config))


def _section(case: Case, kinds: Collection[str]) -> dict[str, Any]:
    zones = [{**z, "rules": {k: v for k, v in z["rules"].items() if k in kinds}} for z in case.camera["zones"]]
    rules = {k: v for k, v in case.camera["rules"].items() if k in kinds}
    return {**case.camera, "zones": [z for z in zones if z["rules"]], "rules": rules}


def _config(case: Case, kinds: Collection[str]) -> Config:
    text = json.dumps({"site": {"id": "bench"}, "cameras": [_section(case, kinds)]})
    return parse_config(text, case.name, rules=detectors.rule_settings())


def _waits(config: Config, camera: Camera) -> Callable[[Alert], float]:
    """How long the rule of an alert waits: as its policy says."""
    context = RuleContext(site=config.site.id, camera=camera.id, timezone=config.site.timezone)
    zones: dict[str, list[RuleZone[Any]]] = {}
    for zone in camera.all_zones():
        for kind, settings in zone.rules.items():
            zones.setdefault(kind, []).append(
                RuleZone(zone, detectors.discover()[kind].settings.model_validate(settings or {}))
            )
    rules = {kind: detectors.discover()[kind].factory(found, context) for kind, found in zones.items()}

    def wait(alert: Alert) -> float:
        seen = Observation(kind=alert.kind, subject=alert.subject, zone=alert.zone, detail=alert.detail)
        return rules[alert.kind].policy(seen).confirm_s

    return wait


def _told(alert: Alert, wait_s: float) -> Told:
    return Told(
        kind=alert.kind,
        zone=alert.zone,
        at_s=alert.opened_at,
        wait_s=wait_s,
        confidence=alert.confidence,
        box=alert.box,
    )
