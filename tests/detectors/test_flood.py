"""Flood water in a zone: share, gauge, what stands before it, what is remembered, what a configuration may say."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import detectors
from detectors.flood import DETECTOR, Settings
from ioc.core.config_file import parse_config
from ioc.core.errors import ConfigError
from ioc.core.incidents import State, advance
from ioc.core.ports import RuleContext, RuleZone
from ioc.core.types import Box, Detection, Phase, Severity, Zone
from ioc.core.water import WaterMap
from tests.fakes.scenes import ORDINARY, FakeScene

ROAD = Zone(id="road", name="Road", polygon=((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0)))
CONTEXT = RuleContext(site="s", camera="cam", timezone="UTC")
POLE = [{"x": 0.95, "y": y, "cm": cm} for y, cm in ((0.95, 5), (0.85, 10), (0.75, 20), (0.65, 40))]


def rule(zone=ROAD, **settings):
    return DETECTOR.factory([RuleZone(zone, Settings(**settings))], CONTEXT)


def water(share, at=0.0, probability=0.9):
    """A map of 10 x 20 cells whose lower half is under water up to ``share`` of its columns, from the left."""
    cells = np.full((10, 20), 0.05, np.float32)
    cells[5:, : round(20 * share)] = probability
    return WaterMap(at=at, cells=cells)


def scene(share=0.0, at=0.0, before=(), made=None):
    return FakeScene(at=at, water=made or water(share, at), detections=tuple(before))


def seen(flood, *scenes):
    return [list(flood.observe(s)) for s in scenes][-1]


@pytest.mark.parametrize(
    ("share", "severity"),
    [(0.0, None), (0.25, None), (0.3, Severity.MEDIUM), (0.65, Severity.MEDIUM), (0.75, Severity.HIGH)],
)
def test_the_share_of_the_zone_is_the_evidence(share, severity):
    found = seen(rule(), scene(share))
    assert [(o.kind, o.subject, o.severity) for o in found] == ([("flood", "road", severity)] if severity else [])
    if found:
        assert found[0].detail == {"water_share": share, "trend": "steady"}
        assert found[0].confidence == 0.9
        assert found[0].box.as_tuple() == pytest.approx((0.0, 0.5, share, 1.0))


def test_water_outside_the_zone_is_none():
    small = replace(ROAD, polygon=((0.5, 0.5), (1.0, 0.5), (1.0, 1.0), (0.5, 1.0)))
    assert seen(rule(small), scene(0.5)) == []
    assert seen(rule(small), scene(0.7))[0].detail["water_share"] == 0.4


def test_a_wet_road_that_the_network_is_unsure_of_stays_quiet():
    assert seen(rule(), scene(made=water(1.0, probability=0.4))) == []
    assert seen(rule(probability=0.3), scene(made=water(1.0, probability=0.4)))


def test_people_and_vehicles_before_the_road_are_left_out():
    """The one dry part is hidden by a bus: what is in sight is all under water. A bus that hides all leaves none."""
    bus = Detection("bus", 0.9, Box(0.5, 0.3, 1.0, 1.0))
    assert seen(rule(), scene(0.5, before=[bus]))[0].detail["water_share"] == 1.0
    assert seen(rule(), scene(0.5, before=[replace(bus, box=Box(0.0, 0.3, 0.8, 1.0))])) == []


def test_a_car_that_looks_like_water_raises_nothing():
    car = Detection("car", 0.9, Box(0.0, 0.5, 0.4, 1.0))
    assert seen(rule(), scene(0.4, before=[car])) == []


def test_a_covered_camera_says_nothing_of_water():
    flood = rule()
    assert seen(flood, replace(scene(1.0), picture=replace(ORDINARY, detail=0.005))) == []
    assert list(flood.counts(replace(scene(1.0, at=1.0), picture=replace(ORDINARY, detail=0.005)))) == []
    assert seen(flood, scene(1.0, at=2.0))


def test_one_map_is_looked_at_once_and_its_reading_lasts_until_the_next():
    flood, first = rule(), scene(0.5, at=1.0)
    assert seen(flood, first)
    later = FakeScene(at=2.5, water=first.water, detections=(Detection("car", 0.9, Box(0.0, 0.0, 1.0, 1.0)),))
    assert seen(flood, later), "the car came after the picture that the map was made of"


def test_a_zone_between_the_cells_takes_the_one_of_its_middle():
    tiny = replace(ROAD, polygon=((0.26, 0.81), (0.27, 0.81), (0.27, 0.82), (0.26, 0.82)))
    assert seen(rule(tiny), scene(0.5))[0].detail["water_share"] == 1.0
    assert seen(rule(tiny), scene(0.1)) == []


@pytest.mark.parametrize(
    ("rows", "level", "depth", "severity"),
    [
        (0, None, None, None),
        (1, None, None, None),  # at the lowest mark, 5 cm: less than a flood
        (2, 10.0, "light", Severity.MEDIUM),
        (3, 20.0, "medium", Severity.HIGH),
        (4, 40.0, "heavy", Severity.CRITICAL),
    ],
)
def test_the_gauge_tells_the_depth(rows, level, depth, severity):
    cells = np.full((10, 20), 0.05, np.float32)
    if rows:
        cells[10 - rows :, 18:] = 0.9
    found = seen(rule(gauge=POLE), scene(made=WaterMap(at=0.0, cells=cells)))
    told = [(o.detail["depth_cm"], o.detail["level"], o.severity) for o in found]
    assert told == ([(level, depth, severity)] if depth else [])


def test_a_wide_puddle_at_a_gauge_is_told_as_one_and_is_of_low_severity():
    cells = np.full((10, 20), 0.05, np.float32)
    cells[9:, :] = 0.9
    cells[5:, :10] = 0.9
    (found,) = seen(rule(gauge=POLE), scene(made=WaterMap(at=0.0, cells=cells)))
    assert (found.detail["level"], found.detail["depth_cm"], found.severity) == ("puddle", 5.0, Severity.LOW)


def test_a_reflection_above_a_dry_mark_is_no_level():
    cells = np.full((10, 20), 0.05, np.float32)
    cells[6:8, 18:] = 0.9
    assert seen(rule(gauge=POLE), scene(made=WaterMap(at=0.0, cells=cells))) == []


def test_a_hidden_mark_says_nothing():
    cells = np.full((10, 20), 0.05, np.float32)
    cells[7:, 18:] = 0.9
    cells[8, 18:] = 0.05
    man = Detection("person", 0.9, Box(0.9, 0.82, 1.0, 0.88))
    (found,) = seen(rule(gauge=POLE), scene(made=WaterMap(at=0.0, cells=cells), before=[man]))
    assert found.detail["depth_cm"] == 20.0


def test_rising_and_falling():
    flood = rule(course_s=60)
    rising = [scene(0.3 + i * 0.05, at=i * 5.0) for i in range(10)]
    assert seen(flood, *rising)[0].detail["trend"] == "rising"
    assert seen(flood, *[scene(0.75 - i * 0.05, at=100 + i * 5.0) for i in range(9)])[0].detail["trend"] == "falling"


def test_the_dry_reference_outlives_a_restart():
    """What the network has always seen in a zone is no flood, also after the worker was started again."""
    flood = rule(dry_s=600)
    for i in range(400):
        list(flood.observe(scene(0.4, at=i * 5.0)))
    kept = json.loads(json.dumps(flood.remember()))
    assert kept == {"dry": {"road": 0.4}}
    again = rule()
    assert seen(again, scene(0.5))
    again.recall(kept)
    assert seen(again, scene(0.5, at=2.0)) == []
    assert seen(again, scene(0.9, at=4.0))[0].detail["water_share"] == pytest.approx(0.833)


@pytest.mark.parametrize(
    ("kept", "error"),
    [({}, LookupError), ({"dry": {"road": 3.0}}, ValueError), ({"dry": {"road": "x"}}, ValueError), ({"dry": 1}, TypeError)],
)
def test_a_strange_memory_is_refused_and_changes_nothing(kept, error):
    flood = rule()
    with pytest.raises(error):
        flood.recall(kept)
    assert flood.remember() == {"dry": {"road": 0.0}}


def test_a_zone_that_is_gone_is_forgotten():
    flood = rule()
    flood.recall({"dry": {"old": 0.3}})
    assert flood.remember() == {"dry": {"road": 0.0}}


def test_series_of_share_and_level():
    cells = np.full((10, 20), 0.9, np.float32)
    samples = list(rule(gauge=POLE, count_every_s=30).counts(scene(made=WaterMap(at=0.0, cells=cells))))
    assert [(s.label, s.count) for s in samples] == [("water-percent", 100), ("water-cm", 40)]
    assert {(s.zone, s.window) for s in samples} == {("road", 30)}
    assert [s.count for s in rule().counts(scene(0.25))] == [25]


def test_the_water_must_stand_before_an_alert_opens_and_a_splash_opens_none():
    flood = rule(confirm_s=6, hold_s=60)
    state, phases = State(), []
    for i in range(300):
        share = 0.9 if i == 10 or 60 <= i < 200 else 0.0
        state, changed = advance(state, list(flood.observe(scene(share, at=i * 1.0))), i * 1.0, flood.policy)
        phases += [(t.phase, t.at) for t in changed if t.phase is not Phase.UPDATED]
    assert phases == [(Phase.OPENED, 66.0), (Phase.CLOSED, 260.0)]


def config(gauge):
    zone = {"id": "road", "polygon": [[0, 0.5], [1, 0.5], [1, 1]], "rules": {"flood": {"gauge": gauge}}}
    camera = {"id": "cam", "url": "rtsp://192.0.2.1/", "zones": [zone]}
    return parse_config(json.dumps({"site": {"id": "s"}, "cameras": [camera]}), rules=detectors.rule_settings())


@pytest.mark.parametrize(
    ("gauge", "message"),
    [
        ([{"x": 1.2, "y": 0.5, "cm": 10}], "less than or equal to 1"),
        ([{"x": 0.5, "y": -0.1, "cm": 10}], "greater than or equal to 0"),
        ([{"x": 0.5, "y": 0.9, "cm": 20}, {"x": 0.5, "y": 0.8, "cm": 10}], "heights must rise"),
        ([{"x": 0.5, "y": 0.9, "cm": 10}, {"x": 0.5, "y": 0.8, "cm": 10}], "heights must rise"),
        ([{"x": 0.5, "y": 0.9, "cm": 10}, {"x": 0.5, "y": 0.9, "cm": 20}], "same place"),
        ([{"x": 0.5, "y": 0.9}], "cm"),
    ],
)
def test_a_gauge_that_cannot_be_is_refused_with_its_place(gauge, message):
    with pytest.raises(ConfigError, match=message) as caught:
        config(gauge)
    assert "cameras[0].zones[0].rules.flood" in str(caught.value)
    assert config([{"x": 0.5, "y": 0.9, "cm": 10}, {"x": 0.5, "y": 0.8, "cm": 20}])
