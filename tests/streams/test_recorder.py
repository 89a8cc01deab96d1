"""Evidence of an alert: what is written when, what an event says, and what happens when nothing can be written."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import replace

import pytest

from ioc.core import wire
from ioc.core.config import Evidence
from ioc.core.types import Alert, AlertEvent, Phase, Severity
from streams.recorder import LONGEST_CLIP_S, MAX_WAITING, Record, Recorder
from tests.fakes.evidence import FakeFootage, MemoryStore
from tests.fakes.time import FrozenClock

T0 = 1_700_000_000.0
SETTINGS = Evidence(before_s=5, after_s=4)


def event(phase=Phase.OPENED, at=T0 + 30, started=T0 + 15, kind="parking", subject="kerb:1", closed=None):
    ident = wire.alert_id("s", "cam", kind, subject, T0 + 30)
    alert = Alert(
        id=ident, site="s", camera="cam", kind=kind, subject=subject, zone="kerb", severity=Severity.MEDIUM, confidence=0.9,
        started_at=started, opened_at=T0 + 30, closed_at=closed,
    )  # fmt: skip
    return AlertEvent(id="pipeline", phase=phase, sequence=7, at=at, alert=alert)


class Bench:
    def __init__(self, footage=None, records=None):
        self.store, self.told, self.clock = MemoryStore(), [], FrozenClock(T0)
        self.footage = footage or FakeFootage(start=T0)
        self.recorder = Recorder(
            store=self.store,
            settings=SETTINGS,
            cameras={"cam": self.footage},
            emit=self.told.append,
            clock=self.clock,
            records=records,
        )

    @property
    def summary(self):
        return [(e.phase.value, e.sequence, [i.role for i in e.alert.evidence]) for e in self.told]


def test_pictures_at_once_and_the_rest_later():
    bench = Bench()
    bench.recorder.handle(event())
    assert bench.summary == [("opened", 0, ["before", "during"])]
    bench.recorder.work_off(T0 + 33.9)
    assert len(bench.told) == 1
    bench.recorder.work_off(T0 + 34)
    assert bench.summary[1] == ("updated", 1, ["before", "during", "after", "clip"])
    bench.recorder.handle(event(Phase.CLOSED, at=T0 + 60, closed=T0 + 60))
    assert bench.summary[2] == ("closed", 2, ["before", "during", "after", "clip"])
    assert bench.told[-1].alert.evidence_missing is None
    assert bench.footage.clips == [(T0 + 10, T0 + 34)]
    assert bench.recorder.records() == {}, "a closed alert is forgotten"


def test_files_are_named_and_summed():
    bench = Bench()
    bench.recorder.handle(event())
    bench.recorder.work_off(T0 + 34)
    alert = bench.told[-1].alert
    for item in alert.evidence:
        assert item.key == f"s/cam/2023/11/14/{alert.id}/{item.role}.{'mp4' if item.role == 'clip' else 'jpg'}"
        data, media_type = bench.store.files[item.key]
        assert (item.sha256, item.bytes, item.media_type) == (hashlib.sha256(data).hexdigest(), len(data), media_type)
    assert {i.role: i.at for i in alert.evidence} == {
        "before": T0 + 14, "during": T0 + 30, "after": T0 + 34, "clip": T0 + 10
    }  # fmt: skip


def test_before_shows_the_place_before_the_culprit_came():
    bench = Bench()
    dumped = event(kind="dumping")
    bench.recorder.handle(replace(dumped, alert=replace(dumped.alert, detail={"came_at": T0 + 8.5})))
    bench.recorder.work_off(T0 + 34)
    assert {i.role: i.at for i in bench.told[-1].alert.evidence} == {
        "before": T0 + 7.5, "during": T0 + 30, "after": T0 + 34, "clip": T0 + 3.5
    }  # fmt: skip


def test_a_culprit_who_was_there_from_the_beginning_hides_no_evidence():
    bench = Bench()
    dumped = event(kind="dumping")
    bench.recorder.handle(replace(dumped, alert=replace(dumped.alert, detail={"came_at": T0 - 60})))
    assert {i.role: i.at for i in bench.told[-1].alert.evidence} == {"before": T0 + 14, "during": T0 + 30}


def test_ids_repeat_and_sequences_rise():
    first, second = Bench(), Bench()
    for bench in (first, second):
        bench.recorder.handle(event())
        bench.recorder.handle(event(Phase.UPDATED, at=T0 + 31))
        bench.recorder.work_off(T0 + 40)
    assert [e.id for e in first.told] == [e.id for e in second.told]
    assert [e.sequence for e in first.told] == [0, 1, 2]
    assert len({e.id for e in first.told}) == 3


def test_an_alert_that_closes_before_its_after_picture_gets_it_all_the_same():
    bench = Bench()
    bench.recorder.handle(event())
    bench.recorder.handle(event(Phase.CLOSED, at=T0 + 31, closed=T0 + 31))
    bench.recorder.work_off(T0 + 40)
    assert bench.summary[-1] == ("updated", 2, ["before", "during", "after", "clip"])
    assert bench.told[-1].alert.closed_at == T0 + 31
    assert bench.recorder.records() == {}


def test_a_full_disk_holds_no_alert_back():
    bench = Bench()
    bench.store.fault = "cannot write evidence: No space left on device"
    bench.recorder.handle(event())
    bench.recorder.work_off(T0 + 40)
    assert bench.summary == [("opened", 0, []), ("updated", 1, [])]
    assert "No space left on device" in bench.told[0].alert.evidence_missing
    for role in ("before", "during", "after", "clip"):
        assert f"{role}: " in bench.told[1].alert.evidence_missing


def test_evidence_that_comes_back_is_used():
    bench = Bench()
    bench.store.fault = "No space left on device"
    bench.recorder.handle(event())
    bench.store.fault = None
    bench.recorder.work_off(T0 + 40)
    assert bench.summary[-1] == ("updated", 1, ["after", "clip"])
    assert "before: No space" in bench.told[-1].alert.evidence_missing


def test_a_camera_just_started_has_no_picture_before():
    bench = Bench(FakeFootage(start=T0 + 15))
    bench.recorder.handle(event())
    assert bench.summary == [("opened", 0, ["during"])]
    assert bench.told[0].alert.evidence_missing == "before: the camera was not yet watched when it began"


def test_a_lost_camera_shows_what_was_last_seen():
    bench = Bench(FakeFootage(start=T0, end=T0 + 15))
    bench.recorder.handle(event(kind="camera", subject="lost"))
    bench.recorder.work_off(T0 + 40)
    assert bench.summary == [("opened", 0, ["before"]), ("updated", 1, ["before", "clip"])]
    assert bench.told[-1].alert.evidence_missing is None


def test_a_clip_has_a_longest_length():
    bench = Bench(FakeFootage(start=T0 - 5000))
    bench.recorder.handle(event(started=T0 - 4000))
    bench.recorder.work_off(T0 + 40)
    assert bench.footage.clips == [(T0 + 34 - LONGEST_CLIP_S, T0 + 34)]


def test_a_restart_goes_on_counting_and_keeps_the_evidence():
    before = Bench()
    before.recorder.handle(event())
    after = Bench(records=before.recorder.records())
    after.recorder.handle(event(Phase.CLOSED, at=T0 + 90, closed=T0 + 90))
    assert after.summary == [("closed", 1, ["before", "during"])]


def test_too_many_events_leave_without_evidence():
    bench = Bench()
    for i in range(MAX_WAITING + 3):
        bench.recorder.submit(event(subject=f"kerb:{i}"))
    assert bench.recorder.without_evidence == 3
    assert [e.alert.evidence_missing for e in bench.told] == ["too many events at once"] * 3


def test_the_thread_works_and_outlives_a_fault():
    class Treacherous(FakeFootage):
        def before(self, at):
            raise RuntimeError("out of order")

    bench = Bench(Treacherous(start=T0))
    arrived = threading.Semaphore(0)
    bench.recorder._emit = lambda e: (bench.told.append(e), arrived.release())
    bench.recorder.start()
    for i in range(2):
        bench.recorder.submit(replace(event(), at=T0 + 30 + i))
        assert arrived.acquire(timeout=10)
    bench.recorder.stop()
    assert [e.alert.evidence_missing.split(";")[-1].strip() for e in bench.told] == ["internal error, see the log"] * 2


@pytest.mark.parametrize("phase", [Phase.UPDATED, Phase.CLOSED])
def test_only_an_opening_asks_for_pictures(phase):
    bench = Bench(records={event().alert.id: Record(sequence=3)})
    bench.recorder.handle(event(phase, closed=T0 + 31 if phase is Phase.CLOSED else None))
    assert bench.summary == [(phase.value, 4, [])]
    assert not bench.store.files
