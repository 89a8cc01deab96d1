"""People in a zone, threshold and series."""

from __future__ import annotations

import pytest

from detectors.crowd import DETECTOR, Settings
from ioc.core.ports import RuleContext, RuleZone
from ioc.core.types import Severity, Zone
from tests.fakes.scenes import FakeScene, person

SQUARE = Zone(id="square", name="Square", polygon=((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0)))
CONTEXT = RuleContext(site="s", camera="cam", timezone="UTC")


def rule(**settings):
    return DETECTOR.factory([RuleZone(SQUARE, Settings(**settings))], CONTEXT)


def people(n, y=0.8):
    return tuple(person(0.05 + 0.9 * i / max(n, 1), y) for i in range(n))


@pytest.mark.parametrize(
    ("count", "severity"),
    [(9, None), (10, Severity.MEDIUM), (19, Severity.MEDIUM), (20, Severity.HIGH), (30, Severity.CRITICAL)],
)
def test_threshold_and_severity(count, severity):
    found = list(rule(threshold=10).observe(FakeScene(detections=people(count))))
    assert [o.severity for o in found] == ([severity] if severity else [])
    assert [o.detail for o in found] == ([{"count": count, "threshold": 10}] if severity else [])


def test_feet_decide_who_is_in_the_zone():
    scene = FakeScene(detections=people(4) + people(7, y=0.49))
    assert not list(rule(threshold=5).observe(scene))
    (sample,) = rule(threshold=5, count_every_s=30).counts(scene)
    assert (sample.zone, sample.label, sample.count, sample.window) == ("square", "person", 4, 30)


def test_tiles_are_asked_for():
    scene = FakeScene(detections=people(2), tiled={3: people(12)})
    assert len(list(rule(threshold=10, tiles=3).observe(scene))) == 1
    assert not list(rule(threshold=10).observe(scene))


def test_confidence_is_that_of_the_person_who_decides():
    scene = FakeScene(detections=(person(0.1, 0.8, 0.9), person(0.3, 0.8, 0.3), person(0.5, 0.8, 0.6)))
    (found,) = rule(threshold=2).observe(scene)
    assert found.confidence == 0.6


def test_nobody_is_a_count_too():
    (sample,) = rule().counts(FakeScene())
    assert sample.count == 0
