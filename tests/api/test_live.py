"""The live connection: what must arrive, what may be replaced, who sees what."""

from __future__ import annotations

import asyncio
import json
import time

import pytest
from sqlalchemy.exc import OperationalError
from starlette.websockets import WebSocketDisconnect

from api import present
from api.feed import Feed
from api.follow import Seen
from api.live import Hub, LiveClient
from api.metrics import Metrics
from api.routes import live as route
from api.store import alerts
from api.workflow import Role
from ioc.core import wire
from ioc.core.types import CameraState, CameraStatus, WorkerStatus
from tests.api.conftest import AT, event
from tests.fakes.mqtt import FakeMqtt

SITE = "bac-ninh"


def out(number: int = 1, **more):
    """An alert as it goes out."""
    row = alerts._row(event(number, **more), AT)
    return present.alert(alerts.AlertRow(**row), present.Names())


def client(visible=None, **more) -> LiveClient:
    return LiveClient(user_id=1, visible=visible, **more)


@pytest.fixture
def hub(clock):
    return Hub(clock, Metrics(), lambda visible: {"active": 0 if visible is None else len(visible)})


async def drain(one: LiveClient) -> list:
    """Everything that is queued, in the order in which it would be sent."""
    got = []
    while True:
        try:
            async with asyncio.timeout(0.01):
                got.append(await one.next())
        except TimeoutError:
            return got


async def test_alerts_go_first_pictures_last(hub):
    one = client()
    hub.join(one)
    hub.watch(one, ["gate"])
    hub.picture("gate", b"picture")
    hub.camera("gate", present.status(plain(CameraState.LIVE)))
    hub.alerts([out(1), out(2)])
    got = await drain(one)
    assert [m if isinstance(m, bytes) else json.loads(m)["type"] for m in got] == ["alert", "alert", "camera", b"picture"]


async def test_latest_values_replace_each_other(hub):
    one = client()
    hub.join(one)
    hub.watch(one, ["gate", "square"])
    for n in range(5):
        hub.picture("gate", b"gate%d" % n)
        hub.picture("square", b"square%d" % n)
        hub.camera("gate", present.status(plain(CameraState.LIVE, fps=float(n))))
        hub.ping()
    got = await drain(one)
    assert [m for m in got if isinstance(m, bytes)] == [b"gate4", b"square4"]
    assert [json.loads(m)["status"]["fps"] for m in got if isinstance(m, str) and '"camera"' in m] == [4.0]
    assert one.dropped_pictures == 8


async def test_pictures_only_of_watched_cameras(hub):
    one, other = client(), client()
    hub.join(one)
    hub.join(other)
    hub.watch(one, ["gate"])
    hub.watch(other, ["square"])
    hub.picture("gate", b"x")
    assert await drain(one) == [b"x"]
    assert await drain(other) == []
    assert hub.wanted() == {"gate", "square"}
    hub.picture("gate", b"y")
    hub.watch(one, [])  # what was queued is not wanted any more
    assert await drain(one) == []
    hub.leave(other)
    assert hub.wanted() == frozenset()


async def test_camera_sets_bound_everything(hub):
    one = client(frozenset({"square"}))
    hub.join(one)
    hub.watch(one, ["gate", "square"])
    assert hub.wanted() == {"square"}
    hub.alerts([out(1), out(2, camera="square")])
    hub.camera("gate", present.status(plain(CameraState.LOST)))
    hub.picture("gate", b"x")
    assert [json.loads(m)["alert"]["camera"] for m in await drain(one)] == ["square"]
    await hub.push_totals()
    assert [json.loads(m)["totals"] for m in await drain(one)] == [{"active": 1}]


async def test_overflow_is_never_silent(hub):
    slow, quick = client(limit=3), client(limit=3)
    hub.join(slow)
    hub.join(quick)
    for number in range(6):
        hub.alerts([out(number)])
        assert len(await drain(quick)) == 1
        assert slow.overflowed.is_set() == (number >= 3)
    assert not quick.overflowed.is_set()
    assert await drain(slow) == []  # it is told to come back instead


async def test_totals_outlive_a_store_that_was_away(clock):
    answers = [OperationalError("SELECT", {}, Exception("gone")), {"active": 3}]

    def load(_visible):
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    hub, one = Hub(clock, Metrics(), load, pace=0.001), client()
    hub.join(one)
    running = asyncio.create_task(hub.run())
    hub.alerts([out(1)])
    async with asyncio.timeout(10):
        assert json.loads(await one.next())["type"] == "alert"
        assert json.loads(await one.next()) == {"type": "totals", "totals": {"active": 3}}
    running.cancel()


async def test_logins_that_end(hub, clock):
    one, other = client(expires_at=clock.now() + 5), LiveClient(user_id=2, visible=None)
    hub.join(one)
    hub.join(other)
    hub.ping()
    assert not one.ended.is_set()
    clock.advance(6)
    hub.ping()
    assert one.ended.is_set()
    assert not other.ended.is_set()
    hub.end_user(2)
    assert other.ended.is_set()


def plain(state: CameraState, **more) -> dict:
    return present.plain_status(CameraStatus(site=SITE, camera="gate", worker="w1", at=AT, state=state, **more))


# Over a real WebSocket of the application


@pytest.fixture
def operator(quick_people):
    return quick_people.log_in("an", Role.OPERATOR)


def connect(operator, **headers):
    return operator.websocket_connect("/api/v1/live", headers=headers)


def send(people, function, *args) -> None:
    """Call a method of the hub on the application's own loop."""
    hub = people.app.state.context.hub
    hub.call(getattr(hub, function), *args)


def test_hello_then_news(quick_people, operator, ingest):
    with connect(operator) as socket:
        hello = socket.receive_json()
        assert hello["type"] == "hello"
        assert hello["site"] == {"id": SITE, "name": "IOC Bắc Ninh"}
        assert hello["totals"]["active"] == 0
        ingest(quick_people.database, event(1))
        send(quick_people, "alerts", [out(1)])
        got = socket.receive_json()
        assert (got["type"], got["alert"]["id"]) == ("alert", event(1).alert.id)
        totals = socket.receive_json()
        assert (totals["type"], totals["totals"]["active"]) == ("totals", 1)


def test_an_act_reaches_every_console(quick_people, operator, ingest):
    ingest(quick_people.database, event(1))
    other = quick_people.log_in("binh", Role.VIEWER)
    with connect(other) as socket:
        socket.receive_json()
        url = f"/api/v1/alerts/{event(1).alert.id}/acknowledge"
        assert operator.post(url, headers={"If-Match": '"0"'}).status_code == 200
        got = socket.receive_json()
        assert (got["alert"]["status"], got["alert"]["revision"]) == ("acknowledged", 1)


def test_pictures_come_as_they_are(quick_people, operator):
    payload = wire.encode_picture(wire.LivePicture(camera="gate", at=AT, boxes=(), jpeg=b"\xff\xd8x"))
    hub = quick_people.app.state.context.hub
    with connect(operator) as socket:
        socket.receive_json()
        socket.send_json({"type": "watch", "cameras": ["gate", "unknown"]})
        for _ in range(1000):
            if hub.wanted():
                break
            time.sleep(0.01)
        assert hub.wanted() == {"gate"}  # interest in what is not configured is not passed on
        send(quick_people, "picture", "gate", payload)
        assert socket.receive_bytes() == payload


@pytest.mark.parametrize(
    "text", ["", "x", "[]", '{"type":"watch"}', '{"type":"watch","cameras":"gate"}', '{"type":"shout"}']
)
def test_what_is_not_understood_closes(operator, text):
    with connect(operator) as socket:
        socket.receive_json()
        socket.send_text(text)
        with pytest.raises(WebSocketDisconnect) as caught:
            socket.receive_json()
    assert caught.value.code == 1003


def test_without_a_login(quick_people):
    with quick_people.client().websocket_connect("/api/v1/live") as socket, pytest.raises(WebSocketDisconnect) as caught:
        socket.receive_json()
    assert caught.value.code == 4401


def test_from_another_site(operator):
    with pytest.raises(WebSocketDisconnect), connect(operator, origin="https://evil.example") as socket:
        socket.receive_json()
    with connect(operator, origin="http://testserver") as socket:
        assert socket.receive_json()["type"] == "hello"


def test_logging_out_closes_the_connection(operator):
    with connect(operator) as socket:
        socket.receive_json()
        assert operator.delete("/api/v1/session").status_code == 204
        with pytest.raises(WebSocketDisconnect) as caught:
            socket.receive_json()
    assert caught.value.code == 4401


class StuckSocket:
    """A console that stopped reading: sending never ends."""

    def __init__(self) -> None:
        self.closed = None

    async def send_text(self, _text):
        await asyncio.Event().wait()

    async def receive(self):
        await asyncio.Event().wait()

    async def close(self, code, _reason):
        self.closed = code


async def test_a_slow_client_is_told_to_come_back(quick_people):
    ctx = quick_people.app.state.context
    hub = Hub(ctx.clock, ctx.metrics, lambda _: {})
    socket, slow = StuckSocket(), client(limit=5)
    hub.join(slow)
    serving = asyncio.create_task(route._serve(ctx, socket, slow))
    for number in range(8):
        hub.alerts([out(number)])
        await asyncio.sleep(0)
    code, reason = await serving
    assert (code, "read the list again" in reason) == (1013, True)
    await route._close(socket, code, reason)
    assert socket.closed == 1013
    assert ctx.metrics.registry.get_sample_value("ioc_live_overflows_total") == 1


# The feed between bus and hub


@pytest.fixture
def ctx(sqlite, make_app):
    return make_app(sqlite).state.context


def heard(ctx) -> list:
    said = []
    ctx.hub.camera = lambda camera, status: said.append((camera, status.state.value, status.reason))
    return said


def status_message(state=CameraState.LIVE, camera="gate", at=AT):
    status = CameraStatus(site=SITE, camera=camera, worker="w1", at=at, state=state)
    return wire.topic("status", SITE, camera), wire.encode_status(status)


def worker_message(state):
    return wire.topic("worker", SITE, "w1"), wire.encode_status(WorkerStatus(site=SITE, worker="w1", at=AT, state=state))


async def test_cameras_of_a_dead_worker_are_lost(ctx):
    said, feed = heard(ctx), Feed(ctx)
    feed.handle(*worker_message("online"))
    feed.handle(*status_message())
    feed.handle(*worker_message("offline"))
    feed.handle(*worker_message("online"))
    assert said == [("gate", "live", None), ("gate", "lost", "worker_offline"), ("gate", "live", None)]


async def test_states_survive_a_restart(ctx, quick_people, ingest):
    feed = Feed(ctx)
    feed.handle(*status_message(at=AT))
    feed.handle(*status_message(CameraState.DEGRADED, at=AT + 1))
    await feed.keep()
    await feed.keep()  # nothing new
    item = quick_people.log_in("an").get("/api/v1/cameras").json()["items"][0]
    assert item["status"]["state"] == "degraded"


async def test_malformed_feed_messages_are_counted(ctx):
    feed = Feed(ctx)
    for topic in (status_message()[0], worker_message("online")[0], wire.topic("picture", SITE, "gate"), "x/y"):
        feed.handle(topic, b"\xff\x00")
    values = [
        ctx.metrics.registry.get_sample_value("ioc_mqtt_malformed_total", {"channel": c}) for c in ("status", "picture", "y")
    ]
    assert values == [2, 1, 1]


async def test_interest_is_published_for_what_is_watched(ctx):
    mqtt, one = FakeMqtt(), client()
    ctx.hub.join(one)
    feed = asyncio.create_task(Feed(ctx)._interest(mqtt))
    ctx.hub.watch(one, ["gate"])
    async with asyncio.timeout(10):
        while not mqtt.published:
            await asyncio.sleep(0.001)
    feed.cancel()
    (topic, payload, qos, retain) = mqtt.published[0]
    assert (topic, qos, retain) == (wire.topic("interest", SITE, "gate"), 0, False)
    assert wire.decode_interest(payload).until == ctx.clock.now() + 6


def test_versions_that_were_told_are_not_told_again():
    seen = Seen(size=2)
    assert seen.fresh(out(1))
    assert not seen.fresh(out(1))
    assert seen.fresh(out(1, sequence=1))
    assert not seen.fresh(out(1))  # older
    assert seen.fresh(out(2))
    assert seen.fresh(out(3))
    assert seen.fresh(out(1))  # forgotten: consoles drop what they know
