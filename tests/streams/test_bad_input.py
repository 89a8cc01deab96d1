"""Input that no camera should give and every camera gives one day: zones drawn wrongly, no picture, jumps of clock and size.

The whole way from frames to events, with the real tracker and rules; only what the street detector sees is scripted.
"""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

import detectors
from benchmarks.footage import grainy
from ioc.cli import USER_ERROR, CommandGroup, discover, run_cli
from ioc.core.config_file import parse_config
from ioc.core.ports import StreamHealth
from ioc.core.types import AlertEvent, Box, Frame, Phase
from models.catalog import make_tracker
from sample_videos import truth
from streams.decoder import file_frames
from streams.pipeline import CameraAnalysis
from streams.replay import replay
from streams.senses import Senses
from streams.setup import SharedModels, camera_analysis
from tests.fakes.vision import ScriptedDetector, detection
from tests.streams.rtsp import write_clip

CAR = detection("car", Box(0.4, 0.4, 0.6, 0.6))
PEOPLE = [detection("person", Box(0.42 + 0.05 * i, 0.35, 0.45 + 0.05 * i, 0.55)) for i in range(3)]
ALL = [[0, 0], [1, 0], [1, 1], [0, 1]]
DWELL_S = 10.0
PARKING = {
    "id": "kerb",
    "polygon": ALL,
    "rules": {"parking": {"dwell_s": DWELL_S}, "crowd": {"threshold": 3, "confirm_s": 2}},
}


def configured(*zones, rules=None, rate=4.0):
    camera = {
        "id": "cam",
        "url": "x.mp4",
        "rate": rate,
        "zones": list(zones),
        "rules": {"camera": {}} if rules is None else rules,
    }
    return parse_config(json.dumps({"site": {"id": "s"}, "cameras": [camera]}), rules=detectors.rule_settings())


def analysis(*zones, see=lambda call: [CAR, *PEOPLE], rules=None):
    return CameraAnalysis(
        site="s",
        timezone="UTC",
        camera=configured(*zones, rules=rules).cameras[0],
        registry=detectors.discover(),
        senses=Senses(street=lambda tiles: ScriptedDetector(see), tracker=make_tracker()),
    )


def street(size=(192, 108)):
    """A street of a kind, uint8 (H, W, 3): walls, windows, road."""
    width, height = size
    rng = np.random.default_rng(1)
    coarse = rng.integers(50, 190, (9, 16, 3), dtype=np.uint8)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_NEAREST)


def frame(at, image):
    return Frame(camera="cam", at=at, pts=max(at, 0.0), image=image)


def drive(made, times, image=None):
    """Every event at these times; sensor noise included, so that the picture does not count as frozen."""
    pictures = grainy(street() if image is None else image, len(times))
    return [e for at, picture in zip(times, pictures, strict=True) for e in made.analyse(at, frame(at, picture)).events]


def seconds(start, end, rate=4):
    return [start + i / rate for i in range(round((end - start) * rate))]


def told(events, kind, phase=Phase.OPENED):
    """(zone, time) of each event of a kind and phase."""
    return [(e.alert.zone, e.at) for e in events if e.alert.kind == kind and e.phase is phase]


@pytest.mark.parametrize(
    ("polygon", "complaint"),
    [
        ([[1.1, 0.2], [1.5, 0.2], [1.5, 0.6]], "corner (1.1, 0.2) lies outside the picture"),  # outside altogether
        ([[0.5, 0.5], [1.2, 0.5], [0.7, 0.9]], "corner (1.2, 0.5) lies outside the picture"),  # a part of it outside
        ([[0.1, 0.1], [0.6, 0.7]], "at least 3 corners, got 2"),
        ([[0.1, 0.1], [0.6, 0.6], [0.6, 0.1], [0.1, 0.6]], "not simple"),
        ([[0.1, 0.1], [0.5, 0.1], [0.9, 0.1]], "the outline is not simple"),  # three corners in a line
    ],
)
def test_an_impossible_zone_stops_a_replay_and_is_named(tmp_path: Path, capsys, polygon, complaint) -> None:
    """It must not run as a zone in which nothing ever happens."""
    clip = write_clip(tmp_path / "a.mp4")
    site = tmp_path / "site.yaml"
    site.write_text(
        f"site: {{id: s}}\ncameras:\n  - id: a\n    url: a.mp4\n    zones:\n      - id: kerb\n        polygon: {polygon}\n"
        "        rules: {parking: {}}\n",
        encoding="utf-8",
    )
    assert run_cli(CommandGroup(found=discover()), ["replay", str(clip), "--config", str(site)]) == USER_ERROR
    told = capsys.readouterr()
    assert f"{site}:7: cameras[0].zones[0].polygon" in told.err
    assert complaint in told.err
    assert told.out == "", "and no event"


def test_overlapping_zones_alert_once_each_with_their_own_settings() -> None:
    west = {"id": "west", "polygon": [[0, 0], [0.7, 0], [0.7, 1], [0, 1]]}
    east = {"id": "east", "polygon": [[0.3, 0], [1, 0], [1, 1], [0.3, 1]]}
    made = analysis(
        {**west, "rules": {"parking": {"dwell_s": 4}, "crowd": {"threshold": 2, "confirm_s": 1}}},
        {**east, "rules": {"parking": {"dwell_s": 9}, "crowd": {"threshold": 4, "confirm_s": 1}}},
    )
    events = drive(made, seconds(0, 25))
    assert told(events, "parking") == [("west", 4.0), ("east", 9.0)]
    assert told(events, "crowd") == [("west", 1.0)], "three people are no crowd of four"


@pytest.mark.parametrize("shape", [(0, 0, 3), (0, 640, 3), (360, 0, 3)])
def test_an_empty_picture_is_no_frame(shape) -> None:
    with pytest.raises(ValueError, match="empty"):
        frame(0.0, np.zeros(shape, np.uint8))


def test_no_picture_closes_nothing_and_counts_as_no_time() -> None:
    made = analysis(PARKING)
    before = drive(made, seconds(0, 6))
    lost = [
        e for at in seconds(6, 40) for e in made.analyse(at, None, StreamHealth(lost_for=at - 6, reason="timeout")).events
    ]
    after = drive(made, seconds(40, 80))
    assert told(before, "crowd") == [("kerb", 2.0)]
    assert [e.alert.detail["fault"] for e in lost if e.phase is Phase.OPENED] == ["lost"]
    assert told([*lost, *after], "crowd", Phase.CLOSED) == [], "nobody has seen the people go"
    (parked,) = told([*before, *lost, *after], "parking")
    assert parked[1] >= 40 + 4, "half a minute without a picture is no dwell"


def test_a_black_picture_closes_nothing_and_says_that_it_is_black() -> None:
    """A cover before the lens does not mean that everybody has left."""
    seen = [CAR, *PEOPLE]
    made = analysis(PARKING, see=lambda call: list(seen))
    before = drive(made, seconds(0, 15))
    seen.clear()
    black = np.full((108, 192, 3), 3, np.uint8)
    covered = drive(made, seconds(15, 60), image=black)
    seen.extend([CAR, *PEOPLE])
    after = drive(made, seconds(60, 90))
    assert told(before, "parking") == [("kerb", DWELL_S)]
    assert [e.alert.detail["fault"] for e in covered if e.phase is Phase.OPENED] == ["covered"]
    assert told(covered, "parking", Phase.CLOSED) == told(covered, "crowd", Phase.CLOSED) == []
    assert told(after, "parking") == told(after, "crowd") == [], "the same car, the same crowd"


def test_nothing_fires_on_a_black_picture_but_the_camera_alert() -> None:
    config = configured(rules={kind: {} for kind in detectors.discover()})
    made = camera_analysis(config, config.cameras[0], SharedModels(config))
    events = drive(made, seconds(0, 12, rate=2), image=np.zeros((180, 320, 3), np.uint8))
    assert {e.alert.kind for e in events} <= {"camera"}


def test_a_resolution_that_changes_while_it_runs(tmp_path: Path) -> None:
    """From a decoded stream: the car's dwell goes on, no fault of the camera, nothing twice."""
    small = write_clip(tmp_path / "s.h264", seconds=8).read_bytes()
    large = write_clip(tmp_path / "l.h264", seconds=16, size=(384, 216), first=80).read_bytes()
    path = tmp_path / "both.h264"
    path.write_bytes(small + large)
    made = analysis(PARKING)
    sizes, events = set(), []
    for seen in file_frames(path, camera="cam", start=0.0, rate=4):
        sizes.add(seen.size)
        events += made.analyse(seen.at, seen).events
    assert sizes == {(192, 108), (384, 216)}
    ((_, at),) = told(events, "parking")
    assert at == pytest.approx(DWELL_S, abs=1.0)
    assert [e for e in events if e.phase is not Phase.OPENED] == []
    assert told(events, "camera") == []


@pytest.mark.parametrize("jump", [-3600.0, -5.0, -0.3])
def test_a_clock_that_jumps_back(jump) -> None:
    """Neither an early alert nor a second one, and the dwell is what has been seen of it."""
    made = analysis(PARKING)
    first = drive(made, seconds(1000, 1006))
    second = drive(made, seconds(1006 + jump, 1006 + jump + 30))
    third = drive(made, seconds(1006 + 2 * jump, 1006 + 2 * jump + 30))
    ((_, at),) = told([*first, *second, *third], "parking")
    assert at == pytest.approx(1006 + jump + DWELL_S - 6, abs=1.0)
    assert len(told([*first, *second, *third], "crowd")) == 1
    assert [e for e in [*first, *second, *third] if e.phase is Phase.CLOSED] == []


def test_a_clock_that_jumps_ahead_is_no_dwell() -> None:
    made = analysis(PARKING)
    events = drive(made, [*seconds(0, 6), *seconds(3600, 3630)])
    ((_, at),) = told(events, "parking")
    assert 3600 + 3 <= at <= 3600 + DWELL_S + 1


def test_a_variable_frame_rate_moves_no_alert_by_a_second(tmp_path: Path) -> None:
    """Bursts of 50 pictures a second and pauses of 0.8 s: what counts is the time that the stream tells."""
    steps = [20] * 40 + [800] * 5 + [33] * 60 + [500, 120, 700] * 12
    times = [0]
    for step in steps * 2:
        times.append(times[-1] + step)
    uneven = write_clip(tmp_path / "uneven.mp4", times=times)
    even = write_clip(tmp_path / "even.mp4", seconds=times[-1] / 1000)
    moments = []
    for clip in (uneven, even):
        camera = configured(PARKING).cameras[0]
        found = [e for e in replay(analysis(PARKING), camera, clip) if isinstance(e, AlertEvent)]
        ((_, parked),) = told(found, "parking")
        ((_, crowd),) = told(found, "crowd")
        moments.append((parked, crowd))
    assert moments[0] == pytest.approx(moments[1], abs=1.0)
    assert moments[0] == pytest.approx((DWELL_S, 2.0), abs=1.0)


def infrared(image):
    """The same street after the camera's switch to infra-red light, uint8 (H, W, 3): grey, other tones, a bright middle."""
    height, width = image.shape[:2]
    red = image.astype(np.float32) @ np.array([0.15, 0.25, 0.6], np.float32)
    y, x = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    lit = 255 * (red / 255) ** 0.8 * (1.05 - 0.45 * (x * x + y * y))
    return np.repeat(np.clip(lit, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def test_a_switch_to_infra_red_drops_nothing_beside_a_passer_by() -> None:
    """Half of the picture is new at once, and somebody who could have brought it is there."""
    walker = detection("person", Box(0.45, 0.4, 0.5, 0.7))
    made = analysis({"id": "wall", "polygon": ALL, "rules": {"dumping": {}}}, see=lambda call: [walker] if call < 80 else [])
    day = street((320, 180))
    events = drive(made, seconds(0, 16), image=day)
    events += drive(made, seconds(16, 40), image=infrared(day))
    assert [(e.alert.kind, e.alert.subject, e.at) for e in events] == []


@pytest.mark.parametrize("name", ["legal_stop", "wet_street"])
def test_a_night_that_turns_grey(name) -> None:
    """Every rule with its own models: there is nothing to alert of, not before the switch, not after it, nor back again."""
    day = next(file_frames(truth.video_path(name), camera="cam", start=0.0)).image
    zone = {"id": "road", "polygon": ALL, "rules": {"parking": {"dwell_s": 600}}}
    rest = {kind: {} for kind in detectors.discover() if kind != "parking"}
    config = configured(zone, rules=rest)
    made = camera_analysis(config, config.cameras[0], SharedModels(config))
    events = drive(made, seconds(0, 16, rate=2), image=day)
    events += drive(made, seconds(16, 32, rate=2), image=infrared(day))
    events += drive(made, seconds(32, 44, rate=2), image=day)
    assert [(e.alert.kind, e.alert.subject, e.at) for e in events] == []
