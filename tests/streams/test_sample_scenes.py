"""Every sample clip: what its truth says is found, nothing else fires, and the events are those on record."""

from __future__ import annotations

import json
import math
from functools import cache
from pathlib import Path

import pytest

import detectors
from ioc.core.config_file import parse_config
from ioc.core.types import AlertEvent, Phase
from ioc.core.wire import encode_event
from ioc.demo import camera_section, read_clip, slug
from sample_videos import truth
from streams.replay import replay
from streams.setup import SharedModels, camera_analysis

FOLDER = Path(truth.__file__).parent
CLIPS = sorted(FOLDER.glob("*.mp4"))
KINDS = frozenset(detectors.discover())
LATE = {"parking": 1.0, "crowd": 5.0, "camera": 1.0}
"""Seconds by which an alert may come after its rule's own time."""
LATE_OTHERS = 10.0
WAITS = {"parking": "dwell_s", "crowd": "confirm_s", "camera": "covered_s"}
"""The setting that says how long a rule of the kind waits."""


@cache
def events_of(clip: Path):
    section = camera_section(read_clip(clip), KINDS, str(clip))
    config = parse_config(json.dumps({"site": {"id": "sample"}, "cameras": [section]}), rules=detectors.rule_settings())
    analysis = camera_analysis(config, config.cameras[0], SharedModels(config))
    waits = {
        (kind, zone.id): getattr(
            detectors.discover()[kind].settings.model_validate(settings or {}), WAITS.get(kind, ""), 0.0
        )
        for zone in config.cameras[0].all_zones()
        for kind, settings in zone.rules.items()
    }
    return list(replay(analysis, config.cameras[0], clip)), waits


def waiting(event):
    """An event whose kind no rule can see yet. The mark is strict: it fails as soon as one does."""
    return pytest.mark.xfail(strict=True, reason=f"no rule for {event.kind} yet") if event.kind not in KINDS else ()


EVENTS = [
    pytest.param(clip, event, marks=waiting(event), id=f"{clip.stem}-{event.kind}-{event.start_s:g}")
    for clip in CLIPS
    for event in truth.load(clip.with_suffix(".truth.json")).events
]


def opened(clip):
    return [e for e in events_of(clip)[0] if isinstance(e, AlertEvent) and e.phase is Phase.OPENED]


@pytest.mark.parametrize(("clip", "event"), EVENTS)
def test_every_event_of_the_truth_is_found(clip, event):
    zone = slug(event.zone) or None
    due = event.start_s + next(
        (s for (kind, z), s in events_of(clip)[1].items() if kind == event.kind and z in (zone, "picture")), 0.0
    )
    late = LATE.get(event.kind, LATE_OTHERS)
    times = [e.at for e in opened(clip) if e.alert.kind == event.kind and e.alert.zone in (zone, None)]
    assert [t for t in times if due - 1.0 <= t <= due + late], f"due at {due:.1f} s, there were {times}"


@pytest.mark.parametrize("clip", CLIPS, ids=lambda c: c.stem)
def test_nothing_else_fires(clip):
    expected = [e.kind for e in truth.load(clip.with_suffix(".truth.json")).events if e.kind in KINDS]
    assert sorted(e.alert.kind for e in opened(clip)) == sorted(expected)


def alike(a, b):
    """Equal, but for the last digits of numbers: another processor rounds a network's sums in another order."""
    if isinstance(a, float) and isinstance(b, float | int):
        return math.isclose(a, b, abs_tol=0.02)
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(alike(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(alike, a, b))
    return a == b


@pytest.mark.parametrize("clip", CLIPS, ids=lambda c: c.stem)
def test_the_events_are_those_on_record(clip):
    record = clip.with_suffix(".golden.jsonl").read_text(encoding="utf-8").splitlines()
    found = [encode_event(e).decode() for e in events_of(clip)[0]]
    assert len(found) == len(record)
    for now, then in zip(found, record, strict=True):
        assert alike(json.loads(now), json.loads(then)), f"now {now}\nthen {then}"


def test_there_are_sample_scenes():
    assert CLIPS
