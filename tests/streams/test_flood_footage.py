"""The flood rule on real clips. Skips where the development data is absent."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import detectors
from benchmarks.footage import DATA
from ioc.core.config_file import parse_config
from ioc.core.types import AlertEvent, Phase
from streams.replay import replay
from streams.setup import SharedModels, camera_analysis

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"no development data in {DATA}")

LOWER_HALF = [[0.0, 0.5], [1.0, 0.5], [1.0, 1.0], [0.0, 1.0]]
FLOOR = [[0.094, 0.417], [0.39, 0.278], [0.875, 0.417], [0.516, 0.972], [0.1875, 0.917]]
"""What ``events.csv`` gives as the floor of the room."""
HALF_COVERED_S, LATEST_S = 8.0, 30.0


def opened(clip: Path, polygon: list[list[float]]) -> list[AlertEvent]:
    """The alerts that a replay of the clip with a flood rule in one zone opens."""
    zone = {"id": "road", "polygon": polygon, "rules": {"flood": {}}}
    camera = {"id": "cam", "url": str(clip), "rules": {}, "zones": [zone]}
    config = parse_config(json.dumps({"site": {"id": "s"}, "cameras": [camera]}), rules=detectors.rule_settings())
    events = replay(camera_analysis(config, config.cameras[0], SharedModels(config)), config.cameras[0], clip)
    return [e for e in events if isinstance(e, AlertEvent) and e.phase is Phase.OPENED]


def test_a_flooded_room_is_alerted_once_and_in_time() -> None:
    (event,) = opened(DATA / "flood/videos/smurfs_room_flood.mp4", FLOOR)
    assert HALF_COVERED_S - 2 <= event.at <= HALF_COVERED_S + LATEST_S


@pytest.mark.parametrize(
    "clip",
    [
        "traffic/videos/intel_car-detection.mp4",
        pytest.param(
            "parking/videos/ltb2k_double_parking.mp4",
            marks=pytest.mark.xfail(strict=True, reason="grainy grey asphalt from near passes for water; see the card"),
        ),
        "crowd/videos/visionguard_fall_gathering.mp4",
        "fire/videos/neg_fence1.mp4",
    ],
)
def test_dry_ground_of_clips_that_nothing_was_trained_on_stays_quiet(clip: str) -> None:
    assert opened(DATA / clip, LOWER_HALF) == []
