"""A video file through the same pipeline as a live camera: offline, deterministic, the same events every time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import av

from ioc.core.config import Camera
from ioc.core.errors import SourceError
from ioc.core.types import Frame
from ioc.core.wire import Event
from streams.decoder import file_frames
from streams.pipeline import CameraAnalysis


def replay(
    analysis: CameraAnalysis,
    camera: Camera,
    path: Path,
    *,
    start: float = 0.0,
    seen: Callable[[Frame], None] = lambda frame: None,
) -> Iterator[Event]:
    """Events of a file in the order in which they happen; time is ``start`` (s since the epoch) plus the file's own.

    Frames are taken at the camera's rate, none is dropped; each is given to ``seen`` before its events. Raises
    :class:`ioc.core.errors.SourceError`, for a truncated file after the events of what could be read.
    """
    at = start
    broken: SourceError | None = None
    frames = file_frames(path, camera=camera.id, start=start, rate=camera.rate)
    while True:
        try:
            frame = next(frames, None)
        except SourceError as error:
            frame, broken = None, error
        if frame is None:
            break
        at = frame.at
        seen(frame)
        found = analysis.analyse(at, frame)
        yield from found.events
        yield from found.counts
        yield from (passage.read for passage in found.passages)
    yield from (passage.read for passage in analysis.finish_passages(at))
    yield from analysis.finish(at)
    if broken is not None:
        raise broken


def length_s(path: Path) -> float | None:
    """Length that a file declares, in seconds; None where it declares none or cannot be read (replaying says why)."""
    try:
        with closing(av.open(str(path))) as container:
            return container.duration / av.time_base if container.duration else None
    except (av.FFmpegError, OSError, ValueError):
        return None
