"""Fire and smoke in a zone, from recorded sights."""

from __future__ import annotations

import pytest

from detectors.fire import DETECTOR, Settings
from ioc.core.incidents import State, advance
from ioc.core.ports import RuleContext, RuleZone
from ioc.core.types import Box, FireSight, Phase, Severity, Zone
from tests.fakes.scenes import FakeScene

HEAP = Zone(id="heap", name="Heap", polygon=((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0)))
CONTEXT = RuleContext(site="s", camera="cam", timezone="UTC")
ON_THE_HEAP = Box(0.4, 0.4, 0.5, 0.6)


def rule(**settings):
    return DETECTOR.factory([RuleZone(HEAP, Settings(**settings))], CONTEXT)


def sight(label="fire", confidence=0.7, box=ON_THE_HEAP, flicker=0.4, drift=0.4):
    return FireSight(label=label, confidence=confidence, box=box, flicker=flicker, drift=drift)


def observed(*sights, **settings):
    return list(rule(**settings).observe(FakeScene(fires=sights)))


@pytest.mark.parametrize(
    ("name", "seen", "burns"),
    [
        ("a flame", sight(), True),
        ("a barrel's small flame at night", sight(confidence=0.2, flicker=0.5), True),
        ("a flame far away, its box loose", sight(confidence=0.7, flicker=0.08), True),
        ("an unsure thing that flickers a little", sight(confidence=0.2, flicker=0.1), False),
        ("smoke alone", sight("smoke", box=Box(0.3, 0.3, 0.6, 0.9), flicker=0.0), True),
        ("a lamp, a sunset, a red car at rest", sight(flicker=0.0, drift=0.0), False),
        ("a lamp that was switched on", sight(flicker=0.0, drift=1.0), False),
        ("a white wall taken for smoke", sight("smoke", box=Box(0.3, 0.3, 0.6, 0.9), flicker=0.0, drift=0.0), False),
        ("an unsure flame", sight(confidence=0.12), False),
        ("unsure smoke", sight("smoke", 0.3, Box(0.3, 0.3, 0.6, 0.9)), False),
        ("a flame above the zone", sight(box=Box(0.4, 0.1, 0.5, 0.3)), False),
        ("smoke above the zone", sight("smoke", box=Box(0.4, 0.0, 0.5, 0.4)), False),
    ],
)
def test_evidence_at_one_instant(name, seen, burns):
    assert bool(observed(seen)) == burns, name


def test_flames_go_before_smoke_and_sure_ones_before_others():
    smoke = sight("smoke", 0.9, Box(0.3, 0.4, 0.6, 0.9))
    (found,) = observed(smoke, sight(confidence=0.5), sight(confidence=0.6, box=Box(0.1, 0.5, 0.2, 0.7)))
    assert (found.subject, found.zone, found.confidence, found.box) == ("heap", "heap", 0.6, Box(0.1, 0.5, 0.2, 0.7))
    assert found.detail == {"label": "fire", "call": "114"}


def test_nothing_seen_is_nothing():
    assert observed() == []


def test_every_threshold_is_a_setting():
    faint = sight(confidence=0.12, flicker=0.0)
    assert observed(faint, fire_confidence=0.1, flicker=0.0)
    haze = sight("smoke", 0.25, Box(0.3, 0.4, 0.6, 0.9), drift=0.0)
    assert observed(haze, smoke_confidence=0.2, drift=0.0)


def run(script, step=0.25, **settings):
    """Feed a string, one character an instant: '#' burns, '.' does not; return [(phase, at)]."""
    made, state, out = rule(**settings), State(), []
    for i, char in enumerate(script):
        seen = made.observe(FakeScene(at=i * step, fires=(sight(),) if char == "#" else ()))
        state, transitions = advance(state, list(seen), i * step, made.policy)
        out += [(t.phase, t.at, t.incident.severity) for t in transitions]
    return out


def test_a_fire_that_lasts_is_a_critical_alert_and_one_only():
    assert run("#" * 40 + "." * 8 + "#" * 40, confirm_s=2) == [(Phase.OPENED, 2.0, Severity.CRITICAL)]


def test_a_flash_is_none():
    assert run("####" + "." * 40, confirm_s=2) == []


def test_a_stray_sight_does_not_delay_the_fire_after_it():
    events = run("##" + "." * 30 + "#" * 20, confirm_s=2)
    assert [at for _, at, _ in events] == [32 * 0.25 + 2.0]


def test_the_alert_closes_when_the_fire_is_out():
    events = run("#" * 12 + "." * 100, confirm_s=2, hold_s=20)
    assert [phase for phase, _, _ in events] == [Phase.OPENED, Phase.CLOSED]
    assert events[1][1] == pytest.approx(11 * 0.25 + 20, abs=0.5)
