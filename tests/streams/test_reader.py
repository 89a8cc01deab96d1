"""A camera reader on a real RTSP server: frames, states, evidence, faults, and a clean end."""

from __future__ import annotations

import gc
import io
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import av
import pytest

from ioc.adapters.clock import SystemClock
from ioc.core.config import Camera, Secret
from ioc.core.errors import ConfigError, StorageError
from ioc.core.types import CameraState, Frame
from streams.backoff import Backoff
from streams.reader import CameraReader
from tests.streams.rtsp import FakeCamera, number_in, write_clip

QUICK = Backoff(first_s=0.05, cap_s=0.2)
LIVE, DEGRADED, LOST = CameraState.LIVE, CameraState.DEGRADED, CameraState.LOST
Open = Callable[..., CameraReader]


@pytest.fixture
def reading() -> Iterator[Open]:
    """Starts readers and stops them after the test."""
    readers: list[CameraReader] = []

    def start(url: str | Path, *, width: int | None = None, **camera: object) -> CameraReader:
        settings = {"id": "gate", "url": str(url), "timeout_s": 0.6, "rate": 30, **camera}
        reader = CameraReader(Camera.model_validate(settings), clock=SystemClock(), width=width, backoff=QUICK)
        readers.append(reader)
        reader.start()
        return reader

    yield start
    for reader in readers:
        reader.request_stop()
    assert all(reader.stop(10) for reader in readers)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def becomes(reader: CameraReader, state: CameraState, reason: str | None = None) -> None:
    until(lambda: (reader.status().state, reader.status().reason) == (state, reason))


def frames(reader: CameraReader, count: int) -> list[Frame]:
    taken: list[Frame] = []
    until(lambda: len(taken) == count or not (frame := reader.take(1.0)) or bool(taken.append(frame)))
    return taken


def test_a_camera_goes_live_and_gives_frames(server: FakeCamera, reading: Open) -> None:
    reader = reading(server.url("large.mp4"), width=192)
    got = frames(reader, 8)
    numbers = [number_in(f.image) for f in got]
    assert numbers == sorted(numbers)
    assert {(f.camera, f.size) for f in got} == {("gate", (192, 108))}
    assert all(a.at < b.at for a, b in pairwise(got))
    status = reader.status()
    assert (status.state, status.reason, status.text, status.size) == (LIVE, None, None, (384, 216))
    assert status.frames_in >= 8
    assert status.fps > 0


def test_before_the_first_picture_it_is_connecting(server: FakeCamera, reading: Open) -> None:
    server.silent.set()
    status = reading(server.url("day.mp4"), timeout_s=1).status()
    assert (status.state, status.reason, status.frames_in) == (LOST, "connecting", 0)


def test_every_picture_is_accounted_for(server: FakeCamera, reading: Open) -> None:
    reader = reading(server.url("day.mp4"), rate=4)
    got = frames(reader, 4)
    until(lambda: reader.status().dropped["stale"] >= 2)  # nobody takes any more
    status = reader.status()
    waiting = int(reader.slot.full)
    assert status.frames_in == sum(status.dropped.values()) + len(got) + waiting
    assert status.dropped["rate"] > status.dropped["stale"]
    assert status.dropped["undecodable"] == 0


def test_the_rate_can_change_while_running(server: FakeCamera, reading: Open) -> None:
    reader = reading(server.url("day.mp4"), rate=0.01)
    assert len(frames(reader, 1)) == 1
    until(lambda: reader.status().frames_in > 5)
    assert reader.take() is None  # the next one would be due after 100 s
    reader.rate = 30
    assert reader.rate == 30
    assert len(frames(reader, 3)) == 3


@pytest.mark.parametrize(
    ("path", "user", "reason"),
    [("night.mp4", None, "no_such_path"), ("day.mp4", "admin", "unauthorised")],
)
def test_what_is_wrong_is_named(server: FakeCamera, reading: Open, path: str, user: str | None, reason: str) -> None:
    server.user = ("admin", "right") if user else None
    reader = reading(server.url(path), username=user)
    becomes(reader, LOST, reason)
    assert "127.0.0.1" in str(reader.status().text)


def test_a_password_comes_from_its_file(server: FakeCamera, reading: Open, tmp_path: Path) -> None:
    server.user = ("admin", "p@ss/word")
    (tmp_path / "secret").write_text("p@ss/word\n", encoding="utf-8")
    becomes(reading(server.url("day.mp4"), username="admin", password={"file": tmp_path / "secret"}), LIVE)


def test_a_password_that_cannot_be_read_is_told_at_once() -> None:
    camera = Camera(id="gate", url="rtsp://127.0.0.1/1", username="admin", password=Secret(env="IOC_TEST_NOT_SET"))
    with pytest.raises(ConfigError, match="IOC_TEST_NOT_SET"):
        CameraReader(camera, clock=SystemClock())


def test_a_camera_that_dies_is_lost_and_comes_back(server: FakeCamera, reading: Open) -> None:
    reader = reading(server.url("day.mp4"))
    other = reading(server.url("large.mp4"), id="other")
    becomes(reader, LIVE)
    server.down()
    becomes(reader, LOST, "refused")
    since = reader.status().since
    assert reader.status().fps == 0
    connections = server.connections
    server.up()
    becomes(reader, LIVE)
    becomes(other, LIVE)
    assert reader.status().since > since
    assert server.connections == connections + 2
    before, after = reader.status().frames_in, frames(reader, 3)
    assert reader.status().frames_in > before
    assert after[0].at > since


def test_a_silent_camera_is_lost_by_timeout_and_comes_back(server: FakeCamera, reading: Open) -> None:
    reader = reading(server.url("day.mp4"))
    becomes(reader, LIVE)
    server.silent.set()
    becomes(reader, LOST, "timeout")
    server.silent.clear()
    becomes(reader, LIVE)


def test_garbage_is_counted_and_named(server: FakeCamera, reading: Open) -> None:
    reader = reading(server.url("day.mp4"))
    becomes(reader, LIVE)
    server.garbled.set()
    becomes(reader, LOST, "undecodable")
    assert reader.status().dropped["undecodable"] > 0
    server.garbled.clear()
    becomes(reader, LIVE)


def test_evidence_from_the_ring(server: FakeCamera, reading: Open) -> None:
    reader = reading(server.url("day.mp4"))
    seen = frames(reader, 20)
    clip = reader.clip(seen[8].at, seen[14].at)
    assert clip.start <= seen[8].at + 1e-3
    assert clip.start + clip.duration >= seen[14].at
    picture = reader.picture_at(seen[10].at)
    assert picture is not None
    assert picture.at == pytest.approx(seen[10].at, abs=1e-3)
    assert (picture.image == seen[10].image).all()
    with pytest.raises(StorageError, match="no pictures of that time"):
        reader.clip(seen[0].at - 100, seen[0].at - 90)


@pytest.mark.parametrize(
    ("codec", "options", "terse"),
    [
        ("libx264", {"bf": "3", "b-adapt": "0", "tune": "film"}, False),  # and the server's times count on as sent
        ("libx264", {}, True),
        ("libx265", {"preset": "ultrafast", "x265-params": "keyint=10:log-level=none"}, True),
    ],
    ids=["B pictures", "terse", "hevc"],
)
def test_streams_of_other_makes(server: FakeCamera, reading: Open, codec: str, options: dict[str, str], terse: bool) -> None:
    server.terse = terse
    path = write_clip(server.root_dir / f"{codec}{len(options)}.mp4", codec=codec, options=options)
    reader = reading(server.url(path.name))
    got = frames(reader, 12)
    assert [number_in(f.image) for f in got] == list(range(12))
    steps = [b.at - a.at for a, b in pairwise(got[1:])]
    assert sum(steps) / len(steps) == pytest.approx(0.1, abs=0.02)
    with av.open(io.BytesIO(reader.clip(got[0].at, got[6].at).data)) as container:
        played = [number_in(f.to_ndarray(format="bgr24")) for f in container.decode(video=0)]
    assert played[:5] == list(range(5))


def test_no_picture_before_the_first_one(server: FakeCamera, reading: Open) -> None:
    server.silent.set()
    assert reading(server.url("day.mp4")).picture_at(0) is None


def test_the_sub_stream_is_analysed_and_the_main_stream_kept(server: FakeCamera, reading: Open) -> None:
    reader = reading(server.url("large.mp4"), sub_url=server.url("day.mp4"))
    seen = frames(reader, 15)
    until(lambda: (reader.ring.span or (0, 0))[1] > seen[10].at + 0.3)
    assert {f.size for f in seen} == {(192, 108)}
    large = reader.picture_at(seen[10].at)
    small = reader.picture_at(seen[10].at, width=96)
    assert large is not None
    assert small is not None
    assert (large.size, small.size) == ((384, 216), (96, 54))
    assert abs(large.at - seen[10].at) < 0.11
    assert reader.status().state is LIVE


def test_a_lost_main_stream_degrades_the_camera(server: FakeCamera, reading: Open) -> None:
    reader = reading(server.url("night.mp4"), sub_url=server.url("day.mp4"))
    becomes(reader, DEGRADED, "no_such_path")
    assert str(reader.status().text).startswith("main stream: ")
    assert frames(reader, 2)


def test_a_file_waits_and_loses_nothing(reading: Open, tmp_path: Path) -> None:
    reader = reading(write_clip(tmp_path / "a.mp4", seconds=1))
    got = frames(reader, 10)
    assert [number_in(f.image) for f in got] == list(range(10))
    becomes(reader, LOST, "ended")
    assert reader.status().dropped == {"rate": 0, "stale": 0, "undecodable": 0}
    assert reader.clip(got[0].at, got[-1].at).duration == pytest.approx(1.0, abs=0.01)


def test_a_file_that_changes_its_resolution(reading: Open, tmp_path: Path) -> None:
    parts = [write_clip(tmp_path / f"{w}.h264", size=(w, 108), seconds=0.5).read_bytes() for w in (192, 256)]
    (tmp_path / "both.h264").write_bytes(b"".join(parts))
    reader = reading(tmp_path / "both.h264")
    assert [f.size for f in frames(reader, 10)] == [(192, 108)] * 5 + [(256, 108)] * 5
    assert reader.status().size == (256, 108)


def test_readers_leave_no_threads_and_no_handles(server: FakeCamera, reading: Open) -> None:
    def held() -> tuple[int, int]:
        named = [t for t in threading.enumerate() if t.name.startswith("camera ")]
        return len(named), sum(1 for _ in Path("/proc/self/fd").iterdir())

    first: tuple[int, int] | None = None
    for _ in range(3):
        some = [reading(server.url("day.mp4"), sub_url=server.url("large.mp4")) for _ in range(3)]
        for reader in some:
            becomes(reader, LIVE)
        for reader in some:
            reader.request_stop()
        assert all(reader.stop(10) for reader in some)
        until(lambda: not server.sessions)
        gc.collect()
        if first is None:  # what the first use of a library keeps open is no leak
            first = held()
        most = first[1]
        until(lambda most=most: held()[1] <= most)  # the server's ends of the connections close a moment later
        assert held()[0] == 0


def test_a_stop_does_not_wait_for_a_silent_camera(server: FakeCamera, reading: Open) -> None:
    server.silent.set()
    reader = reading(server.url("day.mp4"), timeout_s=2)
    until(lambda: server.connections == 1)
    assert not reader.stop(0.05)
    assert reader.stop(10)
