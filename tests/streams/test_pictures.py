"""Live pictures go out while somebody looks, with the boxes of the newest analysis, and do not wait for it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import cv2
import numpy as np
import pytest

from ioc.core import wire
from streams.pictures import BOXES_S, WIDTH, LivePictures, picture_message
from streams.slot import Slot
from streams.worker import interest_handler
from tests.fakes.bus import FakeLink
from tests.fakes.scenes import blank_frame, track
from tests.fakes.time import FrozenClock


@dataclass
class FakePicture:
    """In place of streams.decoder.Picture."""

    at: float

    def frame(self, camera, width=None):
        return blank_frame(self.at, camera)


@dataclass
class FakeView:
    """Implements streams.pictures.View."""

    view: Slot
    viewed: bool = False


@dataclass
class Bench:
    clock: FrozenClock = field(default_factory=lambda: FrozenClock(100.0))
    link: FakeLink = field(default_factory=FakeLink)
    ready: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self):
        self.views = {c: FakeView(Slot(self.ready)) for c in ("cam", "other")}
        self.pictures = LivePictures("s", self.views, self.link, ready=self.ready, clock=self.clock)

    def show(self, camera="cam"):
        self.views[camera].view.put(FakePicture(self.clock.at))
        self.pictures.work(self.clock.at)

    @property
    def sent(self):
        return [(topic, wire.decode_picture(payload)) for topic, payload, _, _ in self.link.published]


@pytest.fixture
def bench():
    return Bench()


def test_nobody_looks_nothing_is_sent(bench):
    bench.show()
    bench.pictures.want("other", 199.0)
    bench.show()
    assert bench.sent == []
    assert [v.viewed for v in bench.views.values()] == [False, True]


def test_who_looks_gets_pictures_until_the_wish_ends(bench):
    bench.pictures.want("cam", 106.0)
    for _ in range(9):
        bench.show()
        bench.clock.advance(1.0)
    assert [(t, p.at) for t, p in bench.sent] == [("ioc/v1/s/cam/picture", 100.0 + i) for i in range(6)]
    assert not bench.views["cam"].viewed


def test_a_wish_for_the_past_opens_nothing(bench):
    bench.pictures.want("cam", 99.0)
    assert not bench.views["cam"].viewed


@pytest.mark.parametrize(("age", "drawn"), [(0.0, 1), (BOXES_S, 1), (BOXES_S + 0.1, 0)])
def test_boxes_of_the_newest_analysis_are_drawn_while_they_are_fresh(bench, age, drawn):
    at = 100.0 - age
    bench.pictures.want("cam", 106.0)
    bench.pictures.saw("cam", at, [track(1, at=at), track(2, at=at, last_seen=at - 3)])
    bench.show()
    assert len(bench.sent[0][1].boxes) == drawn


def test_a_message_holds_a_small_jpeg():
    picture = wire.decode_picture(picture_message(blank_frame(5.0, size=(1920, 1080)), (track(1, at=5.0),)))
    assert picture.boxes == (("car", 1, 0.4, 0.4, 0.6, 0.6),)
    assert (picture.camera, picture.at) == ("cam", 5.0)
    assert cv2.imdecode(np.frombuffer(picture.jpeg, np.uint8), cv2.IMREAD_COLOR).shape[:2] == (270, WIDTH)


def test_the_thread_sends(bench):
    bench.pictures.want("cam", 199.0)
    bench.pictures.start()
    bench.views["cam"].view.put(FakePicture(100.0))
    with bench.ready:
        bench.ready.wait_for(lambda: not bench.views["cam"].view.full, 5)
    bench.pictures.stop()
    assert len(bench.sent) == 1


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("ioc/v1/s/cam/interest", b"{}"),
        ("ioc/v1/s/cam/interest", b"\xff"),
        ("else", b'{"until": 199}'),
        ("ioc/v1/s/x/interest", b'{"until": 199}'),
    ],
)
def test_malformed_and_foreign_interest_changes_nothing(bench, topic, payload):
    interest_handler(bench.pictures)(topic, payload)
    assert not any(v.viewed for v in bench.views.values())


def test_interest_is_taken(bench):
    interest_handler(bench.pictures)("ioc/v1/s/cam/interest", b'{"until": 177.5}')
    assert [v.viewed for v in bench.views.values()] == [True, False]
