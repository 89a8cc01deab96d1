"""Fires and what is none, on real clips. Skips where the development data is absent."""

from __future__ import annotations

import csv
import json
from functools import cache

import cv2
import numpy as np
import pytest

import detectors
from benchmarks.footage import DATA
from ioc.core.config_file import parse_config
from ioc.core.types import AlertEvent, Frame, Phase
from streams.replay import replay
from streams.setup import SharedModels, camera_analysis

VIDEOS = DATA / "fire" / "videos"
pytestmark = pytest.mark.skipif(not VIDEOS.is_dir(), reason=f"no development data in {DATA}")

DUE_S = 5.0
"""Seconds from a flame that is plain to see to the alert."""
BURNING = ["besir_wildfire.mp4", "furg_house6.mp4", "l0kxh_fire3_pump.mp4", "punpayut_smoke.mp4", "sukhit_workshop_fire.mp4"]
QUIET = ["neg_fence1.mp4", "neg_vahicles3.mp4", "../../traffic/videos/kraten_cars.mp4"]


def watching(name):
    """A camera that looks for fire in its whole picture, and its analysis."""
    camera = {"id": "clip", "url": str(VIDEOS / name), "rules": {"fire": {}}}
    config = parse_config(json.dumps({"site": {"id": "test"}, "cameras": [camera]}), rules=detectors.rule_settings())
    return config.cameras[0], camera_analysis(config, config.cameras[0], SharedModels(config))


@cache
def alerts(name):
    """When a fire alert opened, seconds from the start of the clip."""
    camera, analysis = watching(name)
    events = replay(analysis, camera, VIDEOS / name)
    return [e.at for e in events if isinstance(e, AlertEvent) and e.phase is Phase.OPENED]


@cache
def rows():
    with (VIDEOS / "events.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def begins(name, *kinds):
    """The first second of any of these kinds of rows."""
    return min(float(row["start_s"]) for row in rows() if row["video"] == name and row["kind"] in kinds)


@pytest.mark.parametrize("name", BURNING)
def test_a_fire_is_told_soon_after_the_flame_is_plain(name):
    first = begins(name, "flame_first_visible", "flame", "smoke")
    plain = begins(name, "flame")
    assert [at for at in alerts(name) if first - 0.2 <= at <= plain + DUE_S], f"plain at {plain} s, told at {alerts(name)}"


@pytest.mark.parametrize("name", BURNING)
def test_nothing_is_told_before_it_burns(name):
    first = begins(name, "flame_first_visible", "flame", "smoke")
    assert [at for at in alerts(name) if at < first - 0.2] == []


@pytest.mark.parametrize("name", QUIET)
def test_a_clip_without_fire_stays_quiet(name):
    assert alerts(name) == []


def test_glare_and_sunsets_as_a_slow_film_stay_quiet():
    """Every third picture stands for two seconds under a camera's noise; the next comes at once, which moves all of it."""
    _, analysis = watching("glare")
    rng = np.random.default_rng(1)
    opened, at = [], 0.0
    for path in sorted((DATA / "fire" / "dfire_negatives" / "images").iterdir())[::3]:
        still = cv2.resize(cv2.imread(str(path)), (640, 360), interpolation=cv2.INTER_AREA)
        for _ in range(8):
            picture = np.clip(still + rng.normal(0, 2, still.shape), 0, 255).astype(np.uint8)
            seen = analysis.analyse(at, Frame(camera="clip", at=at, pts=at, image=picture))
            opened += [(path.name, e.at) for e in seen.events if e.phase is Phase.OPENED]
            at += 0.25
    assert opened == []
