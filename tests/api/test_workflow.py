"""Every status against every act."""

from __future__ import annotations

import pytest

from api.errors import ConflictError
from api.words import KINDS, SEVERITIES, STATUSES, SUSPECTED
from api.workflow import TRANSITIONS, Action, Status, after
from ioc.core.types import Severity

TABLE = {
    # status: {act: status after it}; what is missing is refused
    "new": {
        "acknowledge": "acknowledged", "assign": "in_progress", "resolve": "resolved", "false-alarm": "false_alarm",
        "note": "new",
    },
    "acknowledged": {
        "assign": "in_progress", "resolve": "resolved", "false-alarm": "false_alarm", "note": "acknowledged",
    },
    "in_progress": {
        "assign": "in_progress", "resolve": "resolved", "false-alarm": "false_alarm", "note": "in_progress",
    },
    "resolved": {"reopen": "acknowledged", "note": "resolved"},
    "false_alarm": {"reopen": "acknowledged", "note": "false_alarm"},
}  # fmt: skip


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("action", Action)
def test_table(status, action):
    expected = TABLE[status.value].get(action.value)
    if expected is None:
        with pytest.raises(ConflictError, match=status.value):
            after(status, action)
    else:
        assert after(status, action).value == expected


def test_everything_has_its_words():
    assert set(STATUSES) == set(Status)
    assert set(SEVERITIES) == set(Severity)
    assert set(KINDS) >= SUSPECTED
    for word in [*STATUSES.values(), *SEVERITIES.values(), *KINDS.values()]:
        assert word.vi
        assert word.en


def test_every_status_can_be_left_and_reached():
    assert {before for before, _ in TRANSITIONS} == set(Status)
    assert set(TRANSITIONS.values()) == set(Status)
