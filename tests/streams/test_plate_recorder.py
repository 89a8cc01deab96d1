"""Evidence of a plate: what is written, and what happens when nothing can be."""

from __future__ import annotations

import hashlib
import threading

import cv2
import numpy as np
import pytest

from ioc.core.config import Evidence
from ioc.core.passages import Passage
from ioc.core.types import PlateRead
from streams.plate_recorder import MAX_WAITING, PlateRecorder
from tests.fakes.evidence import FakeFootage, MemoryStore
from tests.fakes.plates import noise

T0 = 1_700_000_000.0


def passage(ident="r1", camera="cam", patch=True):
    read = PlateRead(
        id=ident, site="s", camera=camera, at=T0 + 5, text="59K134074", raw="59K134074", pattern="MOTO_DIGIT", confidence=0.9
    )
    return Passage(track=1, read=read, zone="gate", reads=3, patch=noise(64, 48) if patch else None)


class Bench:
    def __init__(self, footage=None):
        self.store, self.told = MemoryStore(), []
        self.recorder = PlateRecorder(
            store=self.store,
            settings=Evidence(width=320),
            cameras={"cam": footage or FakeFootage(start=T0)},
            emit=self.told.append,
        )

    def roles(self):
        return [[i.role for i in read.evidence] for read in self.told]


def test_the_patch_and_an_overview():
    bench = Bench()
    bench.recorder.handle(passage())
    (read,) = bench.told
    assert bench.roles() == [["plate", "overview"]]
    for item in read.evidence:
        data, media_type = bench.store.files[item.key]
        assert item.key == f"s/cam/2023/11/14/r1/{item.role}.jpg"
        assert (item.sha256, item.bytes, item.media_type) == (hashlib.sha256(data).hexdigest(), len(data), media_type)
        assert item.at == T0 + 5
    patch = cv2.imdecode(np.frombuffer(bench.store.files[read.evidence[0].key][0], np.uint8), cv2.IMREAD_COLOR)
    assert patch.shape == (48, 64, 3), "in full size"


@pytest.mark.parametrize(
    ("footage", "given", "roles"),
    [
        (FakeFootage(start=T0 + 100), passage(), ["plate"]),  # the camera holds no picture of that time
        (FakeFootage(start=T0), passage(patch=False), ["overview"]),
        (FakeFootage(start=T0), passage(camera="gone"), ["plate"]),
    ],
)
def test_what_cannot_be_had_is_left_out(footage, given, roles):
    bench = Bench(footage)
    bench.recorder.handle(given)
    assert bench.roles() == [roles]


def test_a_full_disk_holds_no_read_back():
    bench = Bench()
    bench.store.fault = "no space left"
    bench.recorder.handle(passage())
    assert bench.roles() == [[]]


def test_a_fault_of_one_passage_ends_nothing():
    class Broken(FakeFootage):
        def picture_at(self, at, width=None):
            raise RuntimeError("decoder out of order")

    bench = Bench(Broken())
    bench.recorder.start()
    for i in range(3):
        bench.recorder.submit(passage(f"r{i}"))
    bench.recorder.stop()
    assert [r.id for r in bench.told] == ["r0", "r1", "r2"]


def test_too_many_leave_without_evidence_and_in_number():
    hold = threading.Event()

    class Slow(FakeFootage):
        def picture_at(self, at, width=None):
            hold.wait(30)
            return super().picture_at(at, width)

    bench = Bench(Slow(start=T0))
    bench.recorder.start()
    for i in range(MAX_WAITING + 10):
        bench.recorder.submit(passage(f"r{i}"))
    assert 8 <= bench.recorder.without_evidence <= 10
    hold.set()
    bench.recorder.stop(30)
    assert len({r.id for r in bench.told}) == MAX_WAITING + 10
