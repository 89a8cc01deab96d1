"""A worker on real RTSP cameras and a real broker; only the model's answers are made up."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import threading
from itertools import pairwise

import pytest

from ioc.core import wire
from ioc.supervisor import python
from tests.streams.bus import Collector, eventually
from tests.streams.rtsp import FakeCamera
from tests.streams.site import ScriptedModels, Workers, site_text


@pytest.fixture
def collector(own_broker):
    made = Collector(own_broker.url)
    yield made
    made.stop()


@pytest.fixture
def start(tmp_path, own_broker):
    """Starts workers in threads and stops them at the end."""
    workers = Workers(tmp_path, own_broker.url)
    yield workers.start
    workers.stop()


def test_from_a_camera_to_an_event_with_evidence(start, server, collector, tmp_path):
    stop = start({"cam": server.url("day.mp4")})
    collector.wait(lambda: ("opened", "parking") in collector.phases())
    collector.wait(lambda: ("updated", "parking") in collector.phases())
    stop()
    collector.wait(lambda: any(t == "ioc/v1/s/workers/w/status" and b'"offline"' in p for t, p, _ in collector.messages))
    opened, updated = (next(e for e in collector.alerts() if e.phase.value == p) for p in ("opened", "updated"))
    assert opened.alert.id == updated.alert.id
    assert [i.role for i in opened.alert.evidence][-1] == "during"
    assert {i.role for i in updated.alert.evidence} >= {"during", "after", "clip"}
    for item in updated.alert.evidence:
        data = (tmp_path / "evidence" / item.key).read_bytes()
        assert hashlib.sha256(data).hexdigest() == item.sha256
    live = [s for s in collector.statuses("cam") if s.state.value == "live"]
    assert live
    assert live[-1].size == (192, 108)
    assert live[-1].frames_in >= live[-1].frames_analysed > 0


def test_a_camera_that_goes_takes_nothing_from_the_others(start, clips, collector):
    first, second = FakeCamera(clips), FakeCamera(clips)
    try:
        stop = start({"gone": first.url("day.mp4"), "stays": second.url("day.mp4")}, ScriptedModels(lambda call: []))
        collector.wait(lambda: all(s and s[-1].state.value == "live" for s in map(collector.statuses, ("gone", "stays"))))
        before = collector.statuses("stays")[-1]
        first.down()
        collector.wait(lambda: ("opened", "camera") in collector.phases("gone"))
        collector.wait(lambda: collector.statuses("gone")[-1].state.value == "lost")
        lost = collector.statuses("gone")[-1]
        assert lost.reason in ("ended", "refused")
        assert lost.text
        first.up()
        collector.wait(lambda: ("closed", "camera") in collector.phases("gone"))
        collector.wait(lambda: collector.statuses("gone")[-1].state.value == "live")
        stop()
        others = collector.statuses("stays")
        assert {s.state.value for s in others[others.index(before) :]} == {"live"}
        after = others[-1]
        came = after.frames_in - before.frames_in
        assert came > 10
        assert after.dropped.get("stale", 0) - before.dropped.get("stale", 0) <= 0.1 * came
        assert collector.phases("stays") == []
    finally:
        first.end()
        second.end()


def test_a_broker_that_is_away_loses_and_doubles_nothing(start, server, own_broker, collector):
    stop = start(
        {"cam": server.url("day.mp4")}, rules="parking: {dwell_s: 1}, crowd: {threshold: 1, confirm_s: 0, count_every_s: 1}"
    )
    collector.wait(lambda: sum("/count" in t for t, _, _ in collector.messages) >= 2)
    own_broker.stop()
    threading.Event().wait(5)
    own_broker.start()
    eventually(lambda: collector.client.is_connected())
    seen = len(collector.messages)
    collector.wait(lambda: sum("/count" in t for t, _, _ in collector.messages[seen:]) >= 8)
    stop()
    counts = {}
    for topic, payload, _ in collector.messages:
        if topic.endswith("/count"):
            envelope, event = wire.decode_event(payload)
            counts[envelope.id] = event
    series = sorted(counts.values(), key=lambda c: c.at)
    assert len(series) == len({c.at for c in series}), "doubled"
    # Each point's window begins where the one before it ends: a lost point would leave a hole, however long it took.
    for before, after in pairwise(series):
        assert after.at - after.window == pytest.approx(before.at, abs=1e-3)


def test_a_failing_model_shows_as_degraded_and_not_as_a_quiet_street(start, server, collector):
    def fail(call):
        raise RuntimeError("the session is gone")

    start({"cam": server.url("day.mp4")}, ScriptedModels(fail))
    collector.wait(lambda: any(s.reason == "detector" for s in collector.statuses("cam")))
    status = next(s for s in collector.statuses("cam") if s.reason == "detector")
    assert status.state.value == "degraded"
    assert "the session is gone" in status.text
    assert status.dropped["failed"] > 0


def test_who_looks_gets_pictures(start, server, collector):
    start({"cam": server.url("day.mp4")})
    collector.wait(lambda: any(s.state.value == "live" for s in collector.statuses("cam")))
    assert not any(t.endswith("/picture") for t in collector.topics())
    collector.client.publish("ioc/v1/s/cam/interest", wire.encode_status(wire.Interest(until=9e9)))
    collector.client.publish("ioc/v1/s/cam/interest", b"malformed")
    collector.wait(lambda: any(t.endswith("/picture") for t in collector.topics()))
    payload = next(p for t, p, _ in collector.messages if t.endswith("/picture"))
    picture = wire.decode_picture(payload)
    assert picture.boxes[0][0] == "car"


def test_a_restart_opens_no_second_alert(start, server, collector):
    stop = start({"cam": server.url("day.mp4")})
    collector.wait(lambda: ("updated", "parking") in collector.phases())
    stop()
    seen = len(collector.statuses("cam"))
    stop = start({"cam": server.url("day.mp4")})
    collector.wait(lambda: len(collector.statuses("cam")) >= seen + 4)
    stop()
    assert [p for p in collector.phases() if p[0] == "opened"] == [("opened", "parking")]


def test_a_killed_worker_delivers_what_was_in_its_outbox(tmp_path, own_broker):
    """A real process: an alert while the broker is away, SIGKILL, a new process, one alert."""
    port = 9  # nobody listens at the port "discard"
    path = tmp_path / "site.yaml"
    path.write_text(site_text(tmp_path, own_broker.url, {"cam": f"rtsp://127.0.0.1:{port}/x"}, rules=""), encoding="utf-8")
    own_broker.stop()
    outbox = tmp_path / "state" / "w.outbox.db"

    def waiting():
        import sqlite3

        if not outbox.exists():
            return 0
        with sqlite3.connect(outbox, timeout=5) as db:
            try:
                return db.execute("SELECT count(*) FROM outbox").fetchone()[0]
            except sqlite3.OperationalError:
                return 0

    first = subprocess.Popen(python("worker", str(path), "--worker", "w"), stderr=subprocess.DEVNULL)
    eventually(lambda: waiting() >= 1, 60)
    first.send_signal(signal.SIGKILL)
    first.wait()
    own_broker.start()
    collector = Collector(own_broker.url)
    second = subprocess.Popen(python("worker", str(path), "--worker", "w"), stderr=subprocess.DEVNULL)
    try:
        collector.wait(lambda: ("opened", "camera") in collector.phases(), 60)
        collector.wait(lambda: len(collector.statuses("cam")) >= 3)
        eventually(lambda: waiting() == 0)
    finally:
        second.terminate()
        assert second.wait(20) == 0
        collector.stop()
    assert [p for p in collector.phases() if p[0] == "opened"] == [("opened", "camera")]
