"""What is kept goes on where it stopped."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ioc.core.errors import StorageError
from ioc.core.incidents import Policy, State, advance, resumed
from ioc.core.snapshots import Snapshot, decode_snapshot, encode_snapshot
from ioc.core.types import Box, Observation

POLICY = Policy(confirm_s=2, hold_s=1, cooldown_s=9, same_place_iou=0.5)


def car(subject):
    return Observation(kind="parking", subject=subject, zone="kerb", box=Box(0.1, 0.1, 0.3, 0.3), detail={"label": "car"})


def some_state():
    state = State()
    script = [["a"], ["a"], ["a"], [], [], ["b"], ["c"], []]
    for at, subjects in enumerate(script):
        state, _ = advance(state, [car(s) for s in subjects], float(at), POLICY)
    return state


def test_there_and_back():
    state = some_state()
    assert state.cooling
    assert state.incidents
    ((kind, kept),) = decode_snapshot(encode_snapshot(Snapshot({"parking": state}))).states.items()
    assert (kind, kept) == ("parking", resumed(state))
    assert (kept.incidents, kept.cooling, kept.at) == (state.incidents, state.cooling, state.at)


def test_what_was_learnt_there_and_back():
    learnt = {"flood": {"dry": {"road": 0.125}, "since": None, "words": ["ngập"]}}
    assert decode_snapshot(encode_snapshot(Snapshot({}, learnt))) == Snapshot({}, learnt)


def test_a_restart_opens_no_second_alert():
    state = State()
    for at in range(5):
        state, out = advance(state, [car("kerb:7")], float(at), POLICY)
    state = decode_snapshot(encode_snapshot(Snapshot({"parking": state}))).states["parking"]
    opened = []
    for at in range(60, 90):  # a minute later, and the tracker counts from one again
        state, out = advance(state, [car("kerb:1")], float(at), POLICY)
        opened += out
    assert opened == []


def kept_with_a_parked_car():
    state = State()
    for at in range(5):
        state, _ = advance(state, [car("kerb:1")], float(at), POLICY)
    return decode_snapshot(encode_snapshot(Snapshot({"parking": state}))).states["parking"]


def test_another_vehicle_with_an_old_number_refutes_nothing():
    """The tracker counts from one again: what drives past as number one is not what was parked as number one."""
    state, out = kept_with_a_parked_car(), []
    passing = replace(car("kerb:1"), box=Box(0.6, 0.6, 0.8, 0.8), holds=False)
    for at in range(60, 70):
        state, new = advance(state, [passing, car("kerb:2")], float(at), POLICY)
        out += new
    assert out == []


def test_what_is_not_yet_known_to_stand_refutes_nothing():
    """A tracker needs a second or two to see that a vehicle stands."""
    state, out = kept_with_a_parked_car(), []
    for at, still in enumerate("........##########", start=0):
        seen = replace(car("kerb:1"), holds=still == "#")
        state, new = advance(state, [seen], 60 + at / 10, POLICY)
        out += new
    assert out == []


def test_another_vehicle_with_an_old_number_has_an_alert_of_its_own():
    state, out = kept_with_a_parked_car(), []
    other = replace(car("kerb:1"), box=Box(0.6, 0.6, 0.8, 0.8))
    for at in range(60, 66):
        state, new = advance(state, [other, car("kerb:2")], float(at), POLICY)
        out += new
    assert [(t.phase.value, t.incident.observation.subject) for t in out] == [("opened", "kerb:1'")]
    assert {subject for _, subject in state.incidents} == {"kerb:1", "kerb:1'"}


def test_subjects_without_a_place_keep_their_names():
    policy = Policy(confirm_s=1, hold_s=1)
    lost = Observation(kind="camera", subject="lost")
    state = State()
    for at in range(3):
        state, _ = advance(state, [lost], float(at), policy)
    state = decode_snapshot(encode_snapshot(Snapshot({"camera": state}))).states["camera"]
    state, out = advance(state, [lost], 3.0, policy)
    assert out == ()
    assert len(state.incidents) == 1


@pytest.mark.parametrize(
    "data", [b"", b"{}", b'{"version": 99, "states": {}, "learnt": {}}', b'{"version": 3, "states": {"a": 1}, "learnt": {}}']
)
def test_anything_else_is_refused(data):
    with pytest.raises(StorageError):
        decode_snapshot(data)
