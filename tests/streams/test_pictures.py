"""Live pictures go out only while somebody looks, at the rate that was asked for."""

from __future__ import annotations

import threading

import cv2
import numpy as np
import pytest

from ioc.core import wire
from streams.pictures import WIDTH, LivePictures, picture_message
from streams.worker import interest_handler
from tests.fakes.bus import FakeLink
from tests.fakes.scenes import blank_frame, track


class WaitingLink(FakeLink):
    def __init__(self):
        super().__init__()
        self.arrived = threading.Semaphore(0)

    def publish(self, *args, **kwargs):
        super().publish(*args, **kwargs)
        self.arrived.release()


@pytest.fixture
def pictures():
    made = LivePictures("s", {"cam": 4.0, "other": 4.0}, WaitingLink())
    made.start()
    yield made
    made.stop()


def test_nobody_looks_nothing_is_sent(pictures):
    pictures.offer(blank_frame(10.0), (), 10.0)
    pictures.want("cam", 9.0)
    pictures.offer(blank_frame(10.5), (), 10.5)
    pictures.want("other", 99.0)
    pictures.offer(blank_frame(11.0), (), 11.0)
    assert not pictures._publisher.arrived.acquire(timeout=0.2)


def test_who_looks_gets_pictures_at_the_rate(pictures):
    link = pictures._publisher
    pictures.want("cam", 100.0)
    for i in range(11):
        at = 10.0 + i * 0.1
        pictures.offer(blank_frame(at), (track(at=at),), at)
        if i % 3 == 0:
            assert link.arrived.acquire(timeout=5)
    topics = {t for t, _, qos, retain in link.published if (qos, retain) == (0, False)}
    assert topics == {"ioc/v1/s/cam/picture"}
    assert 4 <= len(link.published) <= 5


def test_a_message_shows_what_is_seen_now():
    seen, hidden = track(1, at=5.0), track(2, at=5.0, last_seen=3.0)
    picture = wire.decode_picture(picture_message(blank_frame(5.0, size=(1920, 1080)), (seen, hidden)))
    assert picture.boxes == (("car", 1, 0.4, 0.4, 0.6, 0.6),)
    assert (picture.camera, picture.at) == ("cam", 5.0)
    assert cv2.imdecode(np.frombuffer(picture.jpeg, np.uint8), cv2.IMREAD_COLOR).shape[:2] == (270, WIDTH)


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("ioc/v1/s/cam/interest", b"{}"),
        ("ioc/v1/s/cam/interest", b"\xff"),
        ("else", b'{"until": 1}'),
        ("ioc/v1/s/x/interest", b'{"until": 9}'),
    ],
)
def test_malformed_and_foreign_interest_changes_nothing(pictures, topic, payload):
    interest_handler(pictures)(topic, payload)
    assert set(pictures._wanted_until.values()) == {0.0}


def test_interest_is_taken(pictures):
    interest_handler(pictures)("ioc/v1/s/cam/interest", b'{"until": 77.5}')
    assert pictures._wanted_until == {"cam": 77.5, "other": 0.0}
