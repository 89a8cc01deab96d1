"""The rules on real footage. Skips where the labelled development data is absent."""

from __future__ import annotations

from functools import cache

import pytest

import detectors
from benchmarks.footage import DATA, bays_config, counted_moments, held, stills, write_clip
from benchmarks.real import DWELL_S, EMPTY_S, FPS, HELD_S, count_people, judge, replay_still
from ioc.core.config_file import parse_config
from streams.setup import RunningWorker, SharedModels
from tests.streams.bus import Collector
from tests.streams.rtsp import FakeCamera
from tests.streams.running import running

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"no development data in {DATA}")

STILL = "seq1_2013-02-22_07_05_01"
LOOK_SIZE = 640


@cache
def lot():
    every = stills()
    return next(s for s in every if s.path.stem == STILL), next(s for s in every if not s.occupied)


@pytest.fixture(scope="module")
def clip_folder(tmp_path_factory):
    """The lot empty, then with its parked cars, then empty again, as one H.264 clip."""
    folder = tmp_path_factory.mktemp("lot")
    still, empty = lot()
    parts = [(empty.path, EMPTY_S), (still.path, HELD_S), (empty.path, EMPTY_S)]
    write_clip(folder / f"{STILL}.mp4", held(parts, FPS), FPS)
    return folder


def test_one_alert_a_parked_car_and_none_for_a_free_bay(clip_folder):
    still, empty = lot()
    stay = judge(still, replay_still(still, empty, look_size=LOOK_SIZE, rate=4, folder=clip_folder))
    assert stay.occupied == 6
    assert (stay.found, stay.doubled, stay.early, stay.false) == (6, 0, 0, 0)
    assert stay.delay <= 1.0


def test_half_of_the_frames_move_no_alert_by_a_second(clip_folder):
    still, empty = lot()
    full, half = (replay_still(still, empty, look_size=LOOK_SIZE, rate=r, folder=clip_folder) for r in (5.0, 2.5))
    assert set(full) == set(half) == set(still.occupied)
    assert max(abs(full[bay][0] - half[bay][0]) for bay in full) < 1.0


def test_parked_cars_over_rtsp(clip_folder, tmp_path, own_broker):
    """The same lot as a camera: RTSP, worker, broker, one event an occupied bay."""
    still, _ = lot()
    camera = FakeCamera(clip_folder)
    text = bays_config(camera.url(f"{STILL}.mp4", loop=False), still.bays, dwell_s=DWELL_S, look_size=LOOK_SIZE, rate=4)
    text = text.replace(
        "site: {id: pklot}",
        f"site: {{id: pklot}}\nbroker: {{url: '{own_broker.url}'}}\n"
        f"evidence: {{url: {tmp_path}/evidence}}\nworkers: {{state: {tmp_path}/state}}",
    )
    config = parse_config(text, rules=detectors.rule_settings())
    collector = Collector(own_broker.url)
    try:
        with running(RunningWorker(config, "w", config.cameras, SharedModels(config))):
            collector.wait(
                lambda: bool(collector.statuses("lot")) and collector.statuses("lot")[-1].state.value == "live", 60
            )
            collector.wait(lambda: collector.statuses("lot")[-1].state.value == "lost", 90)
    finally:
        collector.stop()
        camera.end()
    opened = [e for e in collector.alerts() if e.phase.value == "opened"]
    assert sorted(e.alert.zone for e in opened) == sorted(still.occupied)
    begin = min(e.alert.started_at for e in opened)
    assert all(DWELL_S - 1 <= e.at - begin <= DWELL_S + 3 for e in opened), "the cars are there from one instant on"


def test_people_are_counted_within_a_fifth():
    """On the clip that somebody has counted, with the tiles that so small people need."""
    rows = list(count_people(640, [3]))
    assert len(rows) == len(counted_moments()) == 3
    off = [abs(row["found"] - row["people"]) / row["people"] for row in rows]
    assert sum(off) / len(off) <= 0.2
