"""The state of a camera in one word, with its reason: pure."""

from __future__ import annotations

from dataclasses import dataclass

from ioc.core.types import CameraState, CameraStatus
from streams.reader import ReaderStatus

TOO_SLOW = 0.5
"""A camera that gets less than this share of the looks it asks for is degraded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What was done with a camera's frames."""

    analysed: int = 0
    """Since the worker started."""
    failed: int = 0
    """Frames on which a rule or model failed."""
    rate: float = 0.0
    """Analysed frames per second, over the last interval."""
    latency: float | None = None
    """Median seconds from capture to the end of analysis, over the last interval."""
    fault: str | None = None
    """The newest failure of a rule or model, if it is recent."""
    delivery: str | None = None
    """Why events cannot be kept for delivery, if so."""


def camera_status(
    reader: ReaderStatus, work: Work, *, site: str, camera: str, worker: str, at: float, wanted: float
) -> CameraStatus:
    """Live, degraded or lost. ``wanted`` is the analysed frames per second that the configuration asks for."""
    state, reason, text = reader.state, reader.reason, reader.text
    if state is CameraState.LIVE:
        state, reason, text = _analysis_state(reader, work, at, wanted)
    dropped = {name: number for name, number in reader.dropped.items() if number}
    if work.failed:
        dropped["failed"] = work.failed
    return CameraStatus(
        site=site,
        camera=camera,
        worker=worker,
        at=at,
        state=state,
        reason=reason,
        text=text,
        since=reader.since,
        size=reader.size,
        fps=round(reader.fps, 2),
        frames_in=reader.frames_in,
        frames_analysed=work.analysed,
        dropped=dropped,
        latency=work.latency,
    )


def _analysis_state(
    reader: ReaderStatus, work: Work, at: float, wanted: float
) -> tuple[CameraState, str | None, str | None]:
    if work.fault is not None:
        return CameraState.DEGRADED, "detector", work.fault
    if work.delivery is not None:
        return CameraState.DEGRADED, "outbox", work.delivery
    due = min(wanted, reader.fps)
    if at - reader.since > 10 and due > 0 and work.rate < TOO_SLOW * due:
        return CameraState.DEGRADED, "overloaded", f"{work.rate:.1f} of {due:.1f} frames/s analysed"
    return CameraState.LIVE, None, None
