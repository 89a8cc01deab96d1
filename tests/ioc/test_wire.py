"""Messages survive the way there and back; everything else is refused by name."""

from __future__ import annotations

import json

import pytest

from ioc.core import wire
from ioc.core.errors import WireError
from ioc.core.types import (
    Alert,
    AlertEvent,
    Box,
    CameraState,
    CameraStatus,
    Count,
    EvidenceItem,
    Phase,
    PlateRead,
    Severity,
    WorkerStatus,
)

ITEM = EvidenceItem(role="during", key="a/b.jpg", media_type="image/jpeg", sha256="0" * 64, bytes=7, at=12.5)
ALERT = Alert(
    id=wire.alert_id("bac-ninh", "gate", "parking", "kerb:7", 1_700_000_030.0),
    site="bac-ninh",
    camera="gate",
    kind="parking",
    subject="kerb:7",
    zone="kerb",
    severity=Severity.MEDIUM,
    confidence=0.875,
    started_at=1_700_000_000.0,
    opened_at=1_700_000_030.0,
    box=Box(0.1, 0.2, 0.3, 0.4),
    detail={"label": "car", "dwell_s": 30.0},
    evidence=(ITEM,),
)
EVENT = AlertEvent(
    id=wire.event_id(ALERT.id, Phase.OPENED, 0), phase=Phase.OPENED, sequence=0, at=ALERT.opened_at, alert=ALERT
)
PLATE = PlateRead(
    id="p", site="s", camera="c", at=3.0, text="98MĐ101658", raw="98MD101658", pattern="EMOTO", confidence=0.9,
    alternatives=(("98MD101658", 0.1),), lines=2,
)  # fmt: skip
COUNT = Count(site="s", camera="c", zone="z", label="person", at=10.0, count=12, window=10.0)


@pytest.mark.parametrize("event", [EVENT, PLATE, COUNT])
def test_event_there_and_back(event):
    payload = wire.encode_event(event)
    envelope, back = wire.decode_event(payload)
    assert back == event
    assert wire.encode_event(back) == payload
    assert envelope.specversion == "1.0"
    assert envelope.source.startswith("urn:ioc:")


def test_envelope_carries_the_required_attributes():
    envelope = json.loads(wire.encode_event(EVENT))
    assert envelope["type"] == "vn.ioc.alert.opened.v1"
    assert envelope["time"] == "2023-11-14T22:13:50.000Z"
    assert envelope["source"] == "urn:ioc:bac-ninh:gate"
    assert envelope["subject"] == "parking/kerb:7"


def test_ids_repeat_and_differ():
    same = wire.alert_id("s", "c", "k", "x", 1.0)
    assert same == wire.alert_id("s", "c", "k", "x", 1.0)
    others = [("t", "c", "k", "x", 1.0), ("s", "d", "k", "x", 1.0), ("s", "c", "k", "y", 1.0), ("s", "c", "k", "x", 2.0)]
    assert len({wire.alert_id(*o) for o in others} | {same}) == 5


def _changed(**changes):
    envelope = json.loads(wire.encode_event(EVENT))
    envelope.update(changes)
    return json.dumps(envelope).encode()


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b'{"specversion":"1.0"}',
        _changed(specversion="0.3"),
        _changed(type="vn.ioc.alert.closed.v1"),
        _changed(type="org.example.other"),
        _changed(data={}),
        _changed(data={**json.loads(wire.encode_event(EVENT))["data"], "phase": "exploded"}),
        _changed(time="yesterday"),
    ],
)
def test_malformed_events_are_refused(payload):
    with pytest.raises(WireError):
        wire.decode_event(payload)


def test_a_box_outside_the_picture_is_refused():
    data = json.loads(wire.encode_event(EVENT))
    data["data"]["alert"]["box"]["x2"] = 1.5
    with pytest.raises(WireError, match="box"):
        wire.decode_event(json.dumps(data).encode())


def test_statuses_there_and_back():
    camera = CameraStatus(
        site="s",
        camera="c",
        worker="w",
        at=1.0,
        state=CameraState.LOST,
        reason="refused",
        dropped={"stale": 3},
        size=(768, 432),
    )
    worker = WorkerStatus(site="s", worker="w", at=1.0, state="offline", cameras=("a", "b"))
    interest = wire.Interest(until=5.0)
    assert wire.decode_status(wire.encode_status(camera)) == camera
    assert wire.decode_worker(wire.encode_status(worker)) == worker
    assert wire.decode_interest(wire.encode_status(interest)) == interest
    with pytest.raises(WireError):
        wire.decode_status(b'{"state": "fine"}')


def test_picture_there_and_back():
    picture = wire.LivePicture(camera="c", at=1.5, boxes=(("car", 3, 0.1, 0.2, 0.3, 0.4),), jpeg=b"\xff\xd8rest")
    assert wire.decode_picture(wire.encode_picture(picture)) == picture


@pytest.mark.parametrize(
    "payload", [b"", b"\0\0\0\2{}", b"\xff\xff\xff\xff{}", b"\0\0\0\2{}\xff\xd8", b"\0\0\0\4null\xff\xd8"]
)
def test_malformed_pictures_are_refused(payload):
    with pytest.raises(WireError):
        wire.decode_picture(payload)


@pytest.mark.parametrize("channel", wire.TOPICS)
def test_topics_there_and_back(channel):
    assert wire.parse_topic(wire.topic(channel, "bac-ninh", "gate-1")) == (channel, "bac-ninh", "gate-1")


@pytest.mark.parametrize(
    "text", ["", "ioc/v1", "ioc/v2/s/c/alert", "ioc/v1/s/c/nothing", "ioc/v1/s/c/d/alert", "ioc/v1/s/c/worker"]
)
def test_foreign_topics_are_refused(text):
    with pytest.raises(WireError):
        wire.parse_topic(text)
