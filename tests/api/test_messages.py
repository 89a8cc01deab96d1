"""What may come in from the bus, and what is passed over."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from api import messages
from ioc.core import wire
from ioc.core.errors import WireError
from ioc.core.types import CameraState, CameraStatus, Count, PlateRead, WorkerStatus
from tests.api.conftest import AT, event, picture

TOPIC = wire.topic("alert", "bac-ninh", "gate")
EVENT = event(evidence=(picture(),))
COUNT = Count(site="bac-ninh", camera="gate", zone="kerb", label="person", at=AT, count=3)
PLATE = PlateRead(
    id="p", site="bac-ninh", camera="gate", at=AT, text="98A12345", raw="98A12345", pattern="CAR", confidence=1
)


@pytest.mark.parametrize(("channel", "value"), [("alert", EVENT), ("count", COUNT), ("plate", PLATE)])
def test_good_messages(channel, value):
    payload = wire.encode_event(value)
    key, decoded = messages.decode_event(wire.topic(channel, "bac-ninh", "gate"), payload)
    assert decoded == value
    assert key == json.loads(payload)["id"]


def changed(path: str, value) -> bytes:
    """The good event with one value changed."""
    plain = json.loads(wire.encode_event(EVENT))
    *parents, last = path.split(".")
    place = plain
    for name in parents:
        place = place[int(name)] if isinstance(place, list) else place[name]
    place[last] = value
    return json.dumps(plain).encode()


DEEP: list = []
for _ in range(40):
    DEEP = [DEEP]


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\0",
        b"null",
        b"[]",
        b'{"specversion":"1.0"}',
        b"\xff\xfe",
        wire.encode_event(EVENT)[:-1],
        changed("type", "vn.ioc.alert.closed.v1"),
        changed("type", "vn.ioc.count.v1"),
        changed("id", ""),
        changed("id", "x" * 201),
        changed("data.sequence", -1),
        changed("data.sequence", 2**40),
        changed("data.sequence", "many"),
        changed("data.at", 1e12),
        changed("data.at", float("nan")),
        changed("data.alert.opened_at", float("inf")),
        changed("data.alert.started_at", -5),
        changed("data.alert.confidence", 1.5),
        changed("data.alert.severity", "mild"),
        changed("data.alert.site", "elsewhere"),
        changed("data.alert.camera", "square"),
        changed("data.alert.subject", "a\0b"),
        changed("data.alert.subject", "x" * 201),
        changed("data.alert.kind", ""),
        changed("data.alert.box", {"x1": 0.5, "y1": 0, "x2": 0.1, "y2": 1}),
        changed("data.alert.detail", {"note": "a\0b"}),
        changed("data.alert.detail", {"n": 2**60}),
        changed("data.alert.detail", {"n": float("nan")}),
        changed("data.alert.detail", {"text": "x" * 5000}),
        changed("data.alert.detail", {"deep": DEEP}),
        changed("data.alert.evidence.0.bytes", -1),
        changed("data.alert.evidence.0.at", 1e300),
        changed("data.alert.evidence.0.role", "rumour"),
    ],
)
def test_bad_events(payload):
    with pytest.raises(WireError):
        messages.decode_event(TOPIC, payload)


@pytest.mark.parametrize(
    "topic",
    [
        "x", "ioc/v1/bac-ninh/square/alert", "ioc/v1/other/gate/alert", "ioc/v1/bac-ninh/gate/plate",
        "ioc/v1/bac-ninh/gate/status", "ioc/v2/bac-ninh/gate/alert",
    ],
)  # fmt: skip
def test_good_events_in_the_wrong_place(topic):
    with pytest.raises(WireError):
        messages.decode_event(topic, wire.encode_event(EVENT))


STATUS = CameraStatus(site="bac-ninh", camera="gate", worker="w1", at=AT, state=CameraState.LIVE, dropped={"late": 1})


@pytest.mark.parametrize(
    "status",
    [
        replace(STATUS, camera="square"), replace(STATUS, at=-1.0), replace(STATUS, since=float("inf")),
        replace(STATUS, fps=float("nan")), replace(STATUS, worker=""), replace(STATUS, dropped={"late": 2**60}),
    ],
)  # fmt: skip
def test_bad_statuses(status):
    payload = json.dumps({"site": status.site, "camera": status.camera, "worker": status.worker, "at": status.at,
                          "since": status.since, "state": "live", "fps": status.fps, "dropped": status.dropped})  # fmt: skip
    with pytest.raises(WireError):
        messages.decode_status(wire.topic("status", "bac-ninh", "gate"), payload.encode())


def test_statuses_workers_and_pictures():
    assert messages.decode_status(wire.topic("status", "bac-ninh", "gate"), wire.encode_status(STATUS)) == STATUS
    worker = WorkerStatus(site="bac-ninh", worker="w1", at=AT, state="online", cameras=("gate",))
    payload = wire.encode_status(worker)
    assert messages.decode_worker(wire.topic("worker", "bac-ninh", "w1"), payload) == worker
    with pytest.raises(WireError):
        messages.decode_worker(wire.topic("worker", "bac-ninh", "w2"), payload)
    live = wire.encode_picture(wire.LivePicture(camera="gate", at=AT, boxes=(), jpeg=b"\xff\xd8"))
    assert messages.decode_picture(wire.topic("picture", "bac-ninh", "gate"), live) == "gate"
    with pytest.raises(WireError):
        messages.decode_picture(wire.topic("picture", "bac-ninh", "square"), live)
