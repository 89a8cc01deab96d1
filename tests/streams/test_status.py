"""A camera's state from what its reader and its analysis say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ioc.core.types import CameraState
from streams.reader import ReaderStatus
from streams.status import Work, camera_status

READER = ReaderStatus(
    state=CameraState.LIVE, since=0.0, size=(768, 432), fps=25.0, frames_in=100, dropped={"rate": 80, "stale": 0}
)
WORK = Work(analysed=20, rate=4.0, latency=0.05)


@pytest.mark.parametrize(
    ("reader", "work", "state", "reason"),
    [
        ({}, {}, "live", None),
        ({"state": CameraState.LOST, "reason": "timeout", "text": "no data"}, {}, "lost", "timeout"),
        ({"state": CameraState.LOST, "reason": "refused"}, {"fault": "x"}, "lost", "refused"),
        ({}, {"fault": "cam: rule crowd: broken"}, "degraded", "detector"),
        ({}, {"delivery": "disk full"}, "degraded", "outbox"),
        ({}, {"rate": 1.9}, "degraded", "overloaded"),
        ({}, {"rate": 2.1}, "live", None),
        ({"fps": 1.0}, {"rate": 0.9}, "live", None),  # a slow camera is not a slow worker
        ({"since": 95.0}, {"rate": 0.0}, "live", None),  # it has only just come
        ({"state": CameraState.DEGRADED, "reason": "refused", "text": "main stream: refused"}, {}, "degraded", "refused"),
    ],
)
def test_state_and_reason(reader, work, state, reason):
    status = camera_status(
        replace(READER, **reader), replace(WORK, **work), site="s", camera="c", worker="w", at=100.0, wanted=4.0
    )
    assert (status.state.value, status.reason) == (state, reason)


def test_everything_dropped_is_told_by_reason():
    status = camera_status(READER, replace(WORK, failed=3), site="s", camera="c", worker="w", at=100.0, wanted=4.0)
    assert status.dropped == {"rate": 80, "failed": 3}
    assert (status.frames_in, status.frames_analysed, status.fps, status.latency) == (100, 20, 25.0, 0.05)
