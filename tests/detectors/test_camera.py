"""Faults of a camera, with the debounce."""

from __future__ import annotations

from dataclasses import replace

import pytest

from detectors.camera import DETECTOR, Settings
from ioc.core.incidents import State, advance
from ioc.core.ports import RuleContext, RuleZone, StreamHealth
from ioc.core.types import WHOLE_PICTURE, Zone
from tests.fakes.scenes import ORDINARY, FakeScene

PICTURE = Zone(id="picture", name="", polygon=WHOLE_PICTURE)
CONTEXT = RuleContext(site="s", camera="cam", timezone="UTC")


def rule(**settings):
    return DETECTOR.factory([RuleZone(PICTURE, Settings(**settings))], CONTEXT)


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({}, []),
        ({"change": None}, []),  # the first picture
        ({"change": 0.0}, ["frozen"]),
        ({"change": 0.001}, []),  # a calm night still has noise
        ({"detail": 0.0, "contrast": 0.02}, ["covered"]),
        ({"detail": 0.0, "contrast": 0.02, "brightness": 0.0}, ["covered"]),  # black
        ({"detail": 0.02, "contrast": 0.05, "brightness": 0.1}, []),  # a dark street with a few lamps
        ({"view": 0.0}, ["turned"]),
        ({"view": 0.5}, []),  # a crowd over the whole square leaves half of it
        ({"view": 0.0, "detail": 0.0, "contrast": 0.02}, ["covered"]),  # a cloth is not another view
        ({"detail": 0.0, "contrast": 0.3}, []),  # fog with a bright sky above still shows something
        ({"detail": 0.0, "contrast": 0.02, "sharpness": 0.9}, []),  # a dim bare road: what little there is, is sharp
        ({"detail": 0.0, "contrast": 0.02, "sharpness": 0.2}, ["covered"]),  # a hand just before the lens
        ({"hidden": 0.4}, ["part-covered"]),
        ({"hidden": 0.1}, []),  # a spider's thread in a corner
        ({"hidden": 0.4, "sharpness": 0.3, "view": 0.2}, ["part-covered"]),  # what hides is out of focus and another view
        ({"hidden": 0.4, "detail": 0.0, "contrast": 0.02}, ["covered"]),  # and now all of it
        ({"sharpness": 0.9}, []),
        ({"sharpness": 0.6}, []),  # softer at night
        ({"sharpness": 0.5}, ["defocused"]),
        ({"sharpness": 0.3, "view": 0.1}, ["defocused"]),  # so blurred that the view cannot be told
    ],
)
def test_faults_of_the_picture(changes, faults):
    scene = FakeScene(picture=replace(ORDINARY, **changes))
    assert [o.subject for o in rule().observe(scene)] == faults


def test_a_part_that_is_covered_reads_as_covered_with_its_share():
    (seen,) = rule().observe(FakeScene(picture=replace(ORDINARY, hidden=0.437)))
    assert seen.detail == {"fault": "covered", "share": 0.44}
    assert rule(part_covered_s=12).policy(seen).confirm_s == 12


def test_a_night_that_turns_grey_is_no_fault():
    switched = replace(ORDINARY, brightness=0.25, contrast=0.15, change=0.3)
    assert not list(rule().observe(FakeScene(picture=switched)))


def test_lost_after_the_debounce_and_back():
    lost = rule(lost_s=10)
    state, events = State(), []
    for at in range(40):
        blind = at >= 5 and at < 25
        stream = StreamHealth(lost_for=at - 4.0, reason="timeout", text="no data") if blind else StreamHealth()
        state, out = advance(
            state, lost.observe(FakeScene(at=float(at), stream=stream, blind=blind)), float(at), lost.policy
        )
        events += [(t.phase.value, t.at, t.incident.observation.detail.get("reason")) for t in out]
    assert events == [("opened", 14.0, "timeout"), ("closed", 26.0, "timeout")]


def test_a_short_break_is_debounced():
    lost = rule(lost_s=10)
    state, events = State(), []
    for at in range(40):
        blind = 5 <= at < 14
        stream = StreamHealth(lost_for=at - 4.0) if blind else StreamHealth()
        state, out = advance(
            state, lost.observe(FakeScene(at=float(at), stream=stream, blind=blind)), float(at), lost.policy
        )
        events += out
    assert events == []
