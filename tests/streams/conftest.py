"""Clips and a real RTSP server for the tests of ingest."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.streams.rtsp import FakeCamera, write_clip


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with day.mp4 (192x108, 10 pictures/s, 4 s) and large.mp4 (384x216)."""
    folder = tmp_path_factory.mktemp("clips")
    write_clip(folder / "day.mp4", seconds=4)
    write_clip(folder / "large.mp4", seconds=4, size=(384, 216))
    return folder


@pytest.fixture
def server(clips: Path) -> Iterator[FakeCamera]:
    """An RTSP server over :func:`clips`."""
    logging.getLogger("fake camera").setLevel(logging.CRITICAL)
    camera = FakeCamera(clips)
    yield camera
    camera.end()
