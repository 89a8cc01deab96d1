"""Frames in, events out: rules together, with a scripted detector and without threads or a clock."""

from __future__ import annotations

import numpy as np
import pytest

import detectors
from ioc.core.config import Camera
from ioc.core.config_file import parse_config
from ioc.core.errors import ConfigError
from ioc.core.ports import DetectorSpec, StreamHealth
from ioc.core.snapshots import Snapshot
from ioc.core.types import Box, Frame
from streams.pipeline import AnalysisError, CameraAnalysis
from streams.senses import Senses
from tests.fakes.places import grainy, place
from tests.fakes.vision import PassThroughTracker, ScriptedDetector, detection

CAR = detection("car", Box(0.4, 0.4, 0.6, 0.6))
SITE = """
site: {id: s}
cameras:
  - id: cam
    url: x.mp4
    rules: {camera: {lost_s: 5, frozen_s: 8, covered_s: 3}}
    zones:
      - id: kerb
        polygon: [[0, 0], [1, 0], [1, 1], [0, 1]]
        rules:
          parking: {dwell_s: 10}
          crowd: {threshold: 3, confirm_s: 2, count_every_s: 5, tiles: 1}
"""


def picture(seed, noise=True):
    """A street of a kind: structure that stays, and the noise that every sensor has."""
    base = (np.indices((108, 192)).sum(axis=0) // 12 % 2 * 120 + 60).astype(np.int16)
    grain = np.random.default_rng(seed).integers(-9, 10, base.shape) if noise else 0
    return np.repeat(np.clip(base + grain, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def frame(at, image=None):
    return Frame(camera="cam", at=at, pts=at, image=picture(int(at * 1000)) if image is None else image)


def analysis(detector, registry=None, text=SITE):
    camera = parse_config(text).cameras[0]
    return CameraAnalysis(
        site="s",
        timezone="UTC",
        camera=camera,
        registry=registry or detectors.discover(),
        senses=Senses(
            street=lambda tiles: detector,
            tracker=PassThroughTracker(),
        ),
    )


def drive(made, seconds, step=0.5, start=0.0, image=None):
    """Events as (phase, kind, at) and counts as (at, count)."""
    events, counts = [], []
    for i in range(int(seconds / step) + 1):
        at = start + i * step
        found = made.analyse(at, frame(at, image))
        events += [(e.phase.value, e.alert.kind, e.at) for e in found.events]
        counts += [(c.at, c.count) for c in found.counts]
    return events, counts


def test_a_car_and_a_crowd_become_events():
    people = [detection("person", Box(0.1 * i, 0.7, 0.1 * i + 0.05, 0.9)) for i in range(4)]
    made = analysis(ScriptedDetector(lambda call: [CAR, *people]))
    events, counts = drive(made, 12)
    assert events == [("opened", "crowd", 2.0), ("opened", "parking", 10.0)]
    assert counts == [(5.0, 4), (10.0, 4)]
    closed = made.finish(12.5)
    assert sorted((e.phase.value, e.alert.kind, e.alert.closed_at) for e in closed) == [
        ("closed", "crowd", 12.5),
        ("closed", "parking", 12.5),
    ]


def test_an_event_is_complete():
    made = analysis(ScriptedDetector(lambda call: [CAR]))
    (event,) = [e for i in range(24) for e in made.analyse(i * 0.5, frame(i * 0.5)).events]
    alert = event.alert
    assert (alert.site, alert.camera, alert.kind, alert.zone, alert.subject) == ("s", "cam", "parking", "kerb", "kerb:1")
    assert (alert.started_at, alert.opened_at, alert.closed_at) == (0.0, 10.0, None)
    assert alert.box == CAR.box
    assert alert.detail == {"label": "car", "limit_s": 10.0, "suspected": True, "held_s": 10.0}


def test_the_same_frames_give_the_same_events():
    first, second = (
        [e for i in range(24) for e in made.analyse(i * 0.5, frame(i * 0.5)).events]
        for made in (analysis(ScriptedDetector(lambda call: [CAR])) for _ in range(2))
    )
    assert first == second


def test_an_unchanged_picture_is_looked_at_once_a_second():
    detector = ScriptedDetector(lambda call: [CAR])
    events, _ = drive(analysis(detector), 12, step=0.1)
    assert 12 <= detector.calls <= 14, "noise alone is no reason to look"
    assert events == [("opened", "parking", pytest.approx(10.0, abs=0.2))], "and time goes on all the same"


def test_a_moving_picture_is_looked_at_each_time():
    detector = ScriptedDetector()
    made = analysis(detector)
    for i in range(10):
        image = picture(i)
        image[40:70, i * 18 : i * 18 + 18] = 255
        made.analyse(i * 0.1, frame(i * 0.1, image))
    assert detector.calls == 10


def test_faults_of_the_picture():
    still = picture(0)
    assert drive(analysis(ScriptedDetector()), 12, image=still)[0] == [("opened", "camera", 8.5)]
    black = np.full((108, 192, 3), 3, np.uint8)
    assert ("opened", "camera", 3.0) in drive(analysis(ScriptedDetector()), 5, image=black)[0]


def colour(grey):
    return np.repeat(grey[..., None], 3, axis=2)


def test_a_camera_that_is_turned_away():
    made = analysis(ScriptedDetector())
    events = []
    for i in range(80):
        at = i * 0.5
        found = made.analyse(at, frame(at, colour(grainy(place(1 if at < 20 else 2, (192, 108)), at))))
        events += [(e.alert.subject, e.at) for e in found.events]
    assert [subject for subject, _ in events] == ["turned"]
    assert 20 + 5 <= events[0][1] <= 20 + 5 + 5, "the debounce, and the seconds until the average has turned as well"


def test_a_lost_stream_is_an_alert_and_stops_the_other_rules():
    detector = ScriptedDetector(lambda call: [CAR])
    made = analysis(detector)
    drive(made, 5)
    events = []
    for at in range(6, 66):
        events += made.analyse(float(at), None, StreamHealth(lost_for=at - 5.0, reason="timeout", text="no data")).events
    assert [(e.phase.value, e.alert.subject, e.at) for e in events] == [("opened", "lost", 10.0)]
    assert events[0].alert.detail["reason"] == "timeout"
    back, _ = drive(made, 8, start=66.0)
    assert ("closed", "camera", 66.5) in back
    assert [e for e in back if e[1] == "parking"] == [("opened", "parking", 71.0)], "the minute without frames is no dwell"


def test_a_rule_that_fails_is_raised_and_takes_nothing_with_it():
    class Broken:
        def observe(self, scene):
            raise RuntimeError("out of order")

        def policy(self, observation):
            raise AssertionError

    good = detectors.discover()
    spec = DetectorSpec(
        kind="crowd", settings=good["crowd"].settings, factory=lambda zones, context: Broken(), title={"vi": "", "en": ""}
    )
    made = analysis(ScriptedDetector(lambda call: [CAR]), {**good, "crowd": spec})
    opened = []
    for i in range(24):
        with pytest.raises(AnalysisError, match=r"cam: rule crowd: .*out of order") as caught:
            made.analyse(i * 0.5, frame(i * 0.5))
        opened += caught.value.found.events
    assert [(e.alert.kind, e.at) for e in opened] == [("parking", 10.0)]


def test_a_failing_model_is_never_an_empty_street():
    def fail(call):
        raise RuntimeError("the session is gone")

    made = analysis(ScriptedDetector(fail))
    with pytest.raises(AnalysisError, match="session is gone"):
        made.analyse(0.0, frame(0.0))


def test_what_is_kept_goes_on_after_a_restart():
    see = ScriptedDetector(lambda call: [CAR])
    first = analysis(see)
    events, _ = drive(first, 12)
    second = analysis(see)
    second.restore(first.snapshot())
    again, _ = drive(second, 30, start=20.0)
    assert [e for e in events + again if e[1] == "parking"] == [("opened", "parking", 10.0)]


def test_a_resolution_change_and_a_clock_that_jumps_back_break_nothing():
    made = analysis(ScriptedDetector(lambda call: [CAR]))
    drive(made, 6)
    big = np.repeat(np.repeat(picture(1), 2, axis=0), 2, axis=1)
    events, _ = drive(made, 6, start=3.0, image=None)
    made.analyse(9.5, frame(9.5, big))
    assert [e[:2] for e in events] in ([("opened", "parking")], [])


def test_an_unknown_kind_is_named():
    with pytest.raises(ConfigError, match="unknown alert kind 'meteor'"):
        analysis(ScriptedDetector(), text=SITE.replace("parking:", "meteor:"))


def test_tiles_are_searched_at_their_own_rate():
    plain, tiled = ScriptedDetector(), ScriptedDetector(lambda call: [detection("person", Box(0.1, 0.1, 0.2, 0.5))] * 3)
    camera: Camera = parse_config(SITE.replace("tiles: 1", "tiles: 2")).cameras[0]
    made = CameraAnalysis(
        site="s",
        timezone="UTC",
        camera=camera,
        registry=detectors.discover(),
        senses=Senses(
            street=lambda tiles: tiled if tiles == 2 else plain,
            tracker=PassThroughTracker(),
        ),
    )
    events, _ = drive(made, 6, step=0.25)
    assert tiled.calls == 4, "every two seconds"
    assert ("opened", "crowd", 2.0) in events


class Learning:
    """A rule that counts pictures and must not start again from none."""

    def __init__(self, zones, context):
        self.pictures = 0

    def observe(self, scene):
        self.pictures += 1
        return ()

    def policy(self, observation):
        raise AssertionError("nothing is observed")

    def remember(self):
        return {"pictures": self.pictures}

    def recall(self, learnt):
        self.pictures = int(learnt["pictures"])


def learning():
    spec = DetectorSpec(kind="learning", settings=detectors.discover()["camera"].settings, factory=Learning, title={})
    return analysis(
        ScriptedDetector(),
        registry={**detectors.discover(), "learning": spec},
        text=SITE.replace("rules: {camera:", "rules: {learning: {}, camera:"),
    )


def test_what_a_rule_has_learnt_outlives_a_restart():
    before = learning()
    drive(before, 2)
    after = learning()
    after.restore(before.snapshot())
    drive(after, 1)
    assert after.snapshot().learnt == {"learning": {"pictures": 5 + 3}}


def test_what_a_rule_cannot_use_is_told_and_left(caplog):
    made = learning()
    made.restore(Snapshot(learnt={"learning": {"frames": 7}, "gone": {"a": 1}}))
    assert "what the rule learning had learnt cannot be used" in caplog.text
    assert made.snapshot().learnt == {"learning": {"pictures": 0}}
