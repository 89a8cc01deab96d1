"""Parked cars of a real car park in the dark. Skips where the labelled development data is absent."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from benchmarks.footage import DATA, held, read, stills, write_clip
from benchmarks.real import EMPTY_S, FPS, HELD_S, judge, replay_still

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"no development data in {DATA}")

STILL = "seq1_2013-02-22_07_05_01"
LIGHT, NOISE = 0.25, 3.0
"""Part of the daylight that is left, and grey levels of noise that the sensor adds then."""


def in_the_dark(path, folder):
    image = read(path) * LIGHT
    noise = np.random.default_rng(0).normal(0, NOISE, image.shape)
    dark = folder / f"{path.stem}.png"
    cv2.imwrite(str(dark), np.clip(image + noise, 0, 255).astype(np.uint8))
    return dark


def test_parked_cars_are_found_in_the_dark_and_free_bays_stay_quiet(tmp_path):
    lot = stills()
    still, empty = next(s for s in lot if s.path.stem == STILL), next(s for s in lot if not s.occupied)
    free, taken = (in_the_dark(path, tmp_path) for path in (empty.path, still.path))
    parts = [(free, EMPTY_S), (taken, HELD_S), (free, EMPTY_S)]
    write_clip(tmp_path / f"{STILL}.mp4", held(parts, FPS), FPS)
    stay = judge(still, replay_still(still, empty, look_size=640, rate=4, folder=tmp_path))
    assert (stay.occupied, stay.found, stay.doubled, stay.early, stay.false) == (6, 6, 0, 0, 0)
    assert stay.delay <= 1.0
