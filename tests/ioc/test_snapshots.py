"""What is kept goes on where it stopped."""

from __future__ import annotations

import pytest

from ioc.core.errors import StorageError
from ioc.core.incidents import Policy, State, advance
from ioc.core.snapshots import decode_states, encode_states
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
    assert decode_states(encode_states({"parking": state})) == {"parking": state}


def test_a_restart_opens_no_second_alert():
    state = State()
    for at in range(5):
        state, out = advance(state, [car("kerb:7")], float(at), POLICY)
    state = decode_states(encode_states({"parking": state}))["parking"]
    opened = []
    for at in range(60, 90):  # a minute later, and the tracker counts from one again
        state, out = advance(state, [car("kerb:1")], float(at), POLICY)
        opened += out
    assert opened == []


@pytest.mark.parametrize("data", [b"", b"{}", b'{"version": 99, "states": {}}', b'{"version": 1, "states": {"a": 1}}'])
def test_anything_else_is_refused(data):
    with pytest.raises(StorageError):
        decode_states(data)
