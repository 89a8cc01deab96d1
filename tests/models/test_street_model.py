"""The committed street detector, really run: on drawn pictures, and on street footage where that is present."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from ioc.core.errors import ModelError
from models.catalog import make_tracker, open_street
from models.labels import group_of
from models.tiles import TiledDetector
from models.yolo import StreetDetector

DATA = Path(__file__).parents[3] / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is absent")
Picture = NDArray[np.uint8]


@pytest.fixture(scope="module")
def detector() -> StreetDetector:
    return open_street()


def frames(path: Path, every: int) -> Iterator[tuple[float, Picture]]:
    """(second, frame) of every n-th frame of a clip."""
    capture = cv2.VideoCapture(str(path))
    rate, number = capture.get(cv2.CAP_PROP_FPS), 0
    while capture.grab():
        if number % every == 0:
            yield number / rate, np.asarray(capture.retrieve()[1], np.uint8)
        number += 1
    capture.release()


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (2000, 3), (432, 768), (1080, 1920)])
def test_noise_of_any_shape_does_no_harm(detector: StreetDetector, shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (*shape, 3), np.uint8)
    for found in detector.detect(noise):
        assert found.label in detector.labels
        assert 0.25 <= found.confidence <= 1


@pytest.mark.parametrize("size", [320, 416, 640])
def test_grey_pictures_are_empty_streets(size: int) -> None:
    assert open_street(size=size).detect(np.full((432, 768, 3), 128, np.uint8)) == []


def test_the_same_picture_gives_the_same_answer(detector: StreetDetector) -> None:
    noise = cv2.resize(np.random.default_rng(1).integers(0, 255, (9, 16, 3), np.uint8), (768, 432))
    picture = np.asarray(noise, np.uint8)
    assert detector.detect(picture) == detector.detect(picture) == open_street(threads=2).detect(picture)


def test_what_cannot_be_asked_for() -> None:
    with pytest.raises(ModelError, match="multiple of 32"):
        open_street(size=630)
    with pytest.raises(ModelError, match="unknown provider"):
        open_street(providers=["npu"])


@needs_data
def test_vehicles_of_a_real_street_are_counted_at_three_frames_a_second() -> None:
    """22 (give or take one) vehicles go up past the line in half a minute; each track may cross it once."""
    detector, tracker = open_street(size=416), make_tracker()
    lower: set[int] = set()
    crossed: set[int] = set()
    for at, picture in frames(DATA / "traffic" / "videos" / "bgslibrary_video02.avi", every=8):
        for track in tracker.update(detector.detect(picture), at):
            x, y = track.box.centre
            if track.last_seen < at or group_of(track.label) != "vehicle" or x < 60 / 320:
                continue
            if y > 150 / 240:
                lower.add(track.id)
            elif track.id in lower:
                crossed.add(track.id)
    assert 18 <= len(crossed) <= 25


@needs_data
def test_tiles_see_more_of_a_crowd(detector: StreetDetector) -> None:
    _, picture = next(frames(DATA / "crowd" / "videos" / "yvpsr_people.mp4", every=1))
    plain, tiled = (
        [found for found in seer.detect(picture) if found.label == "person"] for seer in (detector, TiledDetector(detector))
    )
    assert len(tiled) > len(plain) > 10
