"""``ioc bench cameras``: its arithmetic on made-up readings, and once for real."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import av
import numpy as np
import pytest
import yaml
from numpy.typing import NDArray

from benchmarks.camera_clips import SIZE, as_camera, prepare, street
from benchmarks.cameras import figures, percentiles
from benchmarks.live import Live, Setting, configuration, summary
from benchmarks.outside import Output, Outside, Player, Recorder, run
from benchmarks.processes import Usage, between, parse_rollup, parse_stat, usage
from benchmarks.viewer import Sightings
from detectors import rule_settings
from ioc.core.config_file import parse_config
from ioc.core.errors import InputError
from ioc.supervisor import python
from tests.streams.rtsp import write_clip

SETTING = Setting(cameras=2, seconds=60, rate=4, look_size=640, workers=None)
T = 1_700_000_000.0
ROLLUP = "55d0-7ffc ---p 00000000 00:00 0   [rollup]\nRss:   2000 kB\nPss:   1000 kB\nPss_Dirty:  10 kB\n"


def test_processor_time_of_a_program_whose_name_has_spaces() -> None:
    numbers = " ".join(str(n) for n in range(1, 30))
    assert parse_stat(f"12 (tmux: (server)) S {numbers}", 100) == (11 + 12) / 100


def test_memory_is_told_in_megabytes() -> None:
    assert parse_rollup(ROLLUP) == (2.048, 1.024)


def test_the_usage_of_this_process_and_of_none() -> None:
    mine = usage(os.getpid())
    assert mine.rss_mb >= mine.pss_mb > 1
    assert mine.cpu_s > 0
    with pytest.raises(InputError, match="process 999999999"):
        usage(999_999_999)


def test_usage_between_two_readings_leaves_out_what_was_restarted() -> None:
    one, two = Usage(cpu_s=3, rss_mb=9, pss_mb=8), Usage(cpu_s=5, rss_mb=7, pss_mb=6)
    assert between({"a": one}, {"a": two, "b": two}) == {"a": Usage(cpu_s=2, rss_mb=7, pss_mb=6)}


def status(at: float, frames_in: int, analysed: int, **dropped: int) -> dict[str, object]:
    return {"seconds": at, "frames_in": frames_in, "frames_analysed": analysed, "dropped": dropped, "state": "live"}


def test_rates_drops_and_latencies_are_those_of_the_window() -> None:
    seen = Sightings(
        counts=[(T - 1, T), (T + 1, T + 1.25), (T + 70, T + 71)],
        alerts={"early": (T - 1, T + 9), "in": (T + 2, T + 2.5)},
        statuses={
            "cam-1": [status(T - 1, 0, 0), status(T + 2, 100, 10, rate=9), status(T + 12, 350, 50, rate=20, stale=3)],
            "cam-2": [status(T + 3, 7, 7)],
        },
    )
    live = summary(seen, {"cam-1": (60, 30)}, {}, T, T + 60)
    assert (live.frames_in, live.analysed, live.looks) == (25.0, 4.0, 2.0)
    assert live.dropped == {"rate": 11, "stale": 3}
    assert live.counts == (0.25,)
    assert live.alerts == (0.5,)


def test_messages_of_the_live_connection_are_noted() -> None:
    seen = Sightings()
    alert = {"id": "a", "opened_at": "2023-11-14T22:13:20.000Z"}
    count = {"camera": "cam-1", "at": "2023-11-14T22:13:20.500Z"}
    for message in (
        {"type": "alert", "alert": alert},
        {"type": "count", "count": count},
        {"type": "camera", "camera": "cam-1", "status": {"at": "2023-11-14T22:13:21Z", "state": "live"}},
        {"type": "alert", "alert": alert},  # an update of the same alert
        {"type": "ping"},
    ):
        seen.take(message, T + 2 + len(seen.counts))
    assert seen.alerts == {"a": (T, T + 2)}
    assert seen.counts == [(T + 0.5, T + 2)]
    assert seen.statuses["cam-1"][0]["seconds"] == T + 1


def test_workers_are_added_up_and_told_per_camera_minute() -> None:
    used = {name: Usage(cpu_s=30, rss_mb=100, pss_mb=80) for name in ("worker-1", "worker-2", "serve")}
    live = Live(seconds=60, frames_in=50, analysed=8, looks=6, dropped={"rate": 5}, usage=used, counts=(0.1, 0.3), alerts=())
    rows = dict(figures(SETTING, live))
    assert rows["worker CPU s per camera-minute"] == "30.0"
    assert rows["worker CPU ms per analysed frame"] == "125"
    assert rows["worker memory RSS / PSS MB"] == "200 / 160"
    assert rows["dropped: rate"] == "5"
    assert rows["capture to API client, counts, s"] == percentiles((0.1, 0.3)) == "p50 0.20, p95 0.29 (n = 2)"
    assert rows["capture to API client, alerts, s"] == "-"


def test_the_configuration_is_valid() -> None:
    made = configuration(SETTING, ["rtsp://x/1", "rtsp://x/2"], api=8000, mqtt=1883)
    parsed = parse_config(yaml.safe_dump(made), rules=rule_settings())
    assert [c.id for c in parsed.cameras] == ["cam-1", "cam-2"]


def test_generated_pictures_move() -> None:
    pictures = street()
    first, second = next(pictures), next(pictures)
    assert first.shape == (SIZE[1], SIZE[0], 3)
    assert np.abs(first.astype(int) - second).max() > 40


def test_clips_are_sent_as_cameras_send_them(tmp_path: Path) -> None:
    given, into = tmp_path / "given", tmp_path / "into"
    given.mkdir()
    into.mkdir()
    with pytest.raises(InputError, match="no clips"):
        prepare(given, into)
    plain = write_clip(given / "plain.mp4", seconds=1)
    reordered = write_clip(given / "reordered.mp4", seconds=1, options={"bf": "2", "tune": "film", "preset": "fast"})
    with av.open(str(reordered)) as container:
        assert container.streams.video[0].codec_context.has_b_frames
    assert [path.name for path in prepare(given, into)] == ["plain.mp4", "reordered.mp4"]
    assert (into / "plain.mp4").read_bytes() == plain.read_bytes()
    with av.open(str(into / "reordered.mp4")) as container:
        stream = container.streams.video[0]
        assert not stream.codec_context.has_b_frames
        assert sum(1 for _ in container.decode(stream)) == 10


def test_what_is_no_clip_is_named(tmp_path: Path) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("no video")
    with pytest.raises(Exception, match=r"text\.mp4"):
        as_camera(text, tmp_path / "out.mp4")


class Blind:
    """A network that sees nothing, and counts how often it is asked."""

    def __init__(self) -> None:
        self.calls = 0

    def run(self, array: NDArray[np.float32]) -> Output:
        self.calls += 1
        return [np.zeros((1, 10, 8), np.float32)]


def test_recorded_answers_replace_the_network(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", seconds=3)
    text = yaml.safe_dump(configuration(SETTING, ["clip"], api=0, mqtt=1883))
    config = parse_config(text, rules=rule_settings())
    labels = ("person", "bicycle", "motorcycle", "car", "bus", "truck")
    network = Blind()
    recorder = Recorder(network)
    first = run(config, clip, recorder, labels, 5.0)
    asked = network.calls
    again = run(config, clip, Player(recorder.outputs), labels, 5.0)
    assert asked > first.looks, "the crowd rule has looked for small people as well"
    assert (first.frames_in, first.frames, first.looks) == (30, 15, 15)
    assert (again.frames_in, again.frames, again.looks) == (30, 15, 15)
    assert (len(recorder.outputs), network.calls) == (asked, asked)
    assert set(again.spent) == {"decode", "convert", "prepare", "analyse", "remember"}


def test_the_total_leaves_decoding_out() -> None:
    made = Outside(clip="c", frames_in=1, frames=1, looks=1, decode=9, convert=1, prepare=2, analyse=3, remember=4)
    assert made.total == 10


def test_it_runs(tmp_path: Path) -> None:
    """Broker, API, a worker and an RTSP camera, for a few seconds."""
    write_clip(tmp_path / "clip.mp4", seconds=4)
    command = python("bench", "cameras", "--cameras", "1", "--seconds", "5", "--clips", str(tmp_path), "--json")
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    live = report["live"]
    assert live["frames_in"] > 0
    assert live["analysed"] >= live["looks"] > 0
    assert live["counts"]
    assert all(0 < latency < 60 for latency in live["counts"])
    assert set(live["usage"]) == {"broker", "serve", "cameras", "worker-1"}
    assert live["workers"]["cpu_s"] > 0
    assert report["outside"]["total"] > 0
    assert report["outside"]["clip"] == "clip.mp4"
