"""From the bus into the store: nothing lost, nothing doubled, nothing stuck."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from api import ingest as module
from api.bus import Backoff, LateAckClient, keep_connected, make_client
from api.follow import follow
from api.ingest import Ingest, Replica
from api.store import alerts
from api.store.database import Database
from ioc.core import wire
from ioc.core.config import Broker
from ioc.core.types import Count, PlateRead
from tests.api.conftest import AT, event
from tests.fakes.mqtt import FakeMqtt, message
from tests.ioc.mqtt_parts import MOSQUITTO, Mosquitto

SITE = "bac-ninh"
PLATE = PlateRead(id="p", site=SITE, camera="gate", at=AT, text="98A12345", raw="98A12345", pattern="CAR", confidence=1)


def payload(number: int = 1, **more) -> bytes:
    return wire.encode_event(event(number, **more))


TOPIC = wire.topic("alert", SITE, "gate")


def stored(database: Database) -> list[str]:
    with database.read() as session:
        rows, _, _ = alerts.page(session, alerts.Filter(), 1000, None)
    return sorted(row.subject for row in rows)


async def until(condition) -> None:
    """Wait for something that another task does; a test that hangs is stopped after a minute."""
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def running(coroutine):
    task = asyncio.create_task(coroutine)
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


class Heard:
    """A hub's ears."""

    def __init__(self, ctx) -> None:
        self.alerts, self.counts = [], []
        ctx.hub.alerts = self.alerts.extend
        ctx.hub.count = self.counts.append


@pytest.fixture
def ctx(database, make_app):
    return make_app(database).state.context


@pytest.fixture
def quick(sqlite, make_app):
    return make_app(sqlite).state.context


def figure(ctx, name: str, **labels) -> float:
    return ctx.metrics.registry.get_sample_value(name, labels) or 0.0


async def test_everything_is_stored_told_and_acknowledged(ctx, monkeypatch):
    monkeypatch.setattr(ctx.hub, "_loop", None)
    mqtt = FakeMqtt()
    topics = [
        (TOPIC, payload(1)), (TOPIC, payload(2)), (TOPIC, payload(1, sequence=1)),
        (wire.topic("plate", SITE, "gate"), wire.encode_event(PLATE)),
        (wire.topic("count", SITE, "gate"),
         wire.encode_event(Count(site=SITE, camera="gate", zone=None, label="person", at=AT, count=4))),
    ]  # fmt: skip
    numbers = [mqtt.put(*pair) for pair in topics]
    async with running(Ingest(ctx, Replica()).work(mqtt)):
        await until(lambda: len(mqtt.acknowledged) == 5)
    assert mqtt.acknowledged == numbers
    assert stored(ctx.database) == ["kerb:1", "kerb:2"]
    with ctx.database.read() as session:
        assert session.execute(text("SELECT count(*) FROM plate_reads")).scalar() == 1
        assert session.execute(text("SELECT count FROM counts")).scalar() == 4
    assert mqtt.subscribed == [(f"ioc/v1/{SITE}/+/{c}", 1) for c in ("alert", "plate", "count")]
    (topic, birth, qos, retained) = mqtt.published[0]
    assert (topic, qos, retained) == (f"ioc/v1/{SITE}/workers/api-1/status", 1, True)
    assert wire.decode_worker(birth).state == "online"


async def test_replicas_share_a_subscription(quick):
    ingest = Ingest(quick, Replica(name="2", share="api"))
    assert ingest.filters()[0] == (f"$share/api/ioc/v1/{SITE}/+/alert", 1)


BAD = [b"", b"{}", b"\xff", payload(9)[:-9], payload(9, camera="square"), payload(9, subject="a\0b"), b"[" * 5000]


async def test_malformed_messages_are_counted_and_passed_over(ctx, caplog):
    mqtt = FakeMqtt()
    for bad in BAD:
        mqtt.put(TOPIC, bad)
        mqtt.put(TOPIC, payload(1))
    mqtt.put("ioc/v1/strange", b"x")
    mqtt.put(TOPIC, payload(2))
    async with running(Ingest(ctx, Replica()).work(mqtt)):
        await until(lambda: len(mqtt.acknowledged) == 2 * len(BAD) + 2)
    assert stored(ctx.database) == ["kerb:1", "kerb:2"]
    assert figure(ctx, "ioc_mqtt_malformed_total", channel="alert") == len(BAD)
    assert figure(ctx, "ioc_mqtt_malformed_total", channel="strange") == 1
    assert sum("malformed message" in r.message for r in caplog.records) == len(BAD) + 1


async def test_only_what_changed_is_told(quick):
    heard = Heard(quick)
    ingest = Ingest(quick, Replica())
    await ingest.take([message(TOPIC, payload(1)), message(TOPIC, payload(2))])
    await ingest.take([message(TOPIC, payload(1)), message(TOPIC, payload(2, sequence=1))])
    assert [(a.subject, a.sequence) for a in heard.alerts] == [("kerb:1", 0), ("kerb:2", 0), ("kerb:2", 1)]


class Faulty(Ingest):
    """A store that fails as told, once per given error."""

    def __init__(self, ctx, *errors) -> None:
        super().__init__(ctx, Replica())
        self.errors = list(errors)
        self.batches: list[int] = []

    def _write(self, batch):
        self.batches.append(len(batch.alerts))
        if self.errors:
            raise self.errors.pop(0)
        return super()._write(batch)


AWAY = OperationalError("INSERT", {}, Exception("the server has gone"))


async def test_a_store_that_is_away_holds_the_acknowledgement(quick, monkeypatch):
    monkeypatch.setattr(module, "STORE_WAIT_S", (0.01, 0.02))
    ingest, mqtt = Faulty(quick, AWAY, AWAY, AWAY), FakeMqtt()
    seen = []
    write = ingest._write
    ingest._write = lambda batch: (seen.append(list(mqtt.acknowledged)), write(batch))[1]
    mqtt.put(TOPIC, payload(1))
    async with running(ingest.work(mqtt)):
        await until(lambda: mqtt.acknowledged)
    assert seen == [[], [], [], []]  # nothing was acknowledged before the store had it
    assert stored(quick.database) == ["kerb:1"]
    assert figure(quick, "ioc_ingest_store_faults_total") == 3


async def test_one_event_that_the_store_refuses_does_not_hold_the_others(quick):
    class Picky(Faulty):
        def _write(self, batch):
            if any(e.alert.subject == "kerb:2" for e in batch.alerts):
                raise OverflowError("too large for this store")
            return super()._write(batch)

    ingest = Picky(quick)
    await ingest.take([message(TOPIC, payload(n)) for n in (1, 2, 3)])
    assert stored(quick.database) == ["kerb:1", "kerb:3"]
    assert figure(quick, "ioc_mqtt_malformed_total", channel="store") == 1


@pytest.fixture(params=["embedded", "mosquitto"])
def any_broker(request: pytest.FixtureRequest, tmp_path):
    """Each kind of broker, for one test, which may stop it and start it again."""
    if request.param == "embedded":
        yield request.getfixturevalue("own_broker")
        return
    if MOSQUITTO is None:
        pytest.skip("Mosquitto is not installed (apt-get install mosquitto)")
    lines = ("allow_anonymous true", "persistence true", f"persistence_location {tmp_path}/", "max_queued_messages 0")
    one = Mosquitto(tmp_path, lines=lines)
    one.start()
    yield one
    one.stop()


def client_of(broker, name: str, *, persistent: bool = True) -> LateAckClient:
    return make_client(Broker(url=broker.url), name, persistent=persistent)


async def publish(broker, *payloads: bytes) -> None:
    async with client_of(broker, "", persistent=False) as client:
        for one in payloads:
            await client.publish(TOPIC, one, qos=1)


def connected(ctx, broker, name: str, ingest: Ingest):
    backoff = Backoff(first=0.05, cap=0.2)
    make = lambda: client_of(broker, name)  # noqa: E731 - a factory, as the application hands one in
    return keep_connected("ingest", make, ingest.work, ctx.bus, ctx.metrics, backoff)


async def test_broker_keeps_what_comes_while_the_api_is_away(quick, any_broker):
    async with running(connected(quick, any_broker, "away", Ingest(quick, Replica()))):
        await until(lambda: quick.bus.up)
        await publish(any_broker, payload(1))
        await until(lambda: stored(quick.database) == ["kerb:1"])
    await publish(any_broker, *(payload(n) for n in range(2, 150)))
    async with running(connected(quick, any_broker, "away", Ingest(quick, Replica()))):
        await until(lambda: len(stored(quick.database)) == 149)


async def test_what_was_not_acknowledged_comes_again(quick, any_broker):
    """The process dies between taking a message and storing it."""
    async with client_of(any_broker, "dies") as client:
        await client.subscribe(Ingest(quick, Replica()).filters())
        await publish(any_broker, payload(1), payload(2))
        first = await anext(client.messages)
        assert first.payload == payload(1)
    async with running(connected(quick, any_broker, "dies", Ingest(quick, Replica()))):
        await until(lambda: stored(quick.database) == ["kerb:1", "kerb:2"])


async def test_broker_that_goes_and_comes_back(quick, any_broker):
    """The publisher repeats what it is not sure of, as a worker's outbox does; the store has each event once."""
    async with running(connected(quick, any_broker, "outage", Ingest(quick, Replica()))):
        await until(lambda: quick.bus.up)
        await publish(any_broker, *(payload(n) for n in range(1, 11)))
        await until(lambda: len(stored(quick.database)) == 10)
        await asyncio.to_thread(any_broker.stop)
        await until(lambda: not quick.bus.up)
        await asyncio.to_thread(any_broker.start)
        await until(lambda: quick.bus.up and figure(quick, "ioc_mqtt_connects_total", client="ingest") == 2)
        async with client_of(any_broker, "", persistent=False) as worker:
            await worker.subscribe(f"ioc/v1/{SITE}/workers/api-1/status", qos=1)
            assert wire.decode_worker((await anext(worker.messages)).payload).state == "online"  # now there is a taker
        await publish(any_broker, *(payload(n) for n in range(5, 21)))
        await until(lambda: len(stored(quick.database)) == 20)
    assert figure(quick, "ioc_ingest_changes_total", table="alerts") == 20


async def test_malformed_messages_on_a_real_broker(quick, shared_broker):
    async with running(connected(quick, shared_broker, "malformed", Ingest(quick, Replica()))):
        await until(lambda: quick.bus.up)
        await publish(shared_broker, b"\xff\x00", b"{}", payload(1))
        await until(lambda: stored(quick.database) == ["kerb:1"])
    assert figure(quick, "ioc_mqtt_malformed_total", channel="alert") == 2


async def test_a_fault_in_the_work_is_counted_and_begun_anew(quick, shared_broker):
    calls = []

    async def work(client):
        calls.append(client)
        if len(calls) == 1:
            raise KeyError("a mistake")
        await asyncio.Event().wait()

    make = lambda: client_of(shared_broker, "fault")  # noqa: E731
    loop = keep_connected("ingest", make, work, quick.bus, quick.metrics, Backoff(first=0.01, cap=0.02))
    async with running(loop):
        await until(lambda: len(calls) == 2)
    assert figure(quick, "ioc_bus_faults_total", client="ingest") == 1
    assert not quick.bus.up


async def test_two_replicas_divide_the_events_and_tell_all_of_them(sqlite, make_app, any_broker):
    contexts = [make_app(sqlite).state.context for _ in range(2)]
    heard = [Heard(ctx) for ctx in contexts]
    async with contextlib.AsyncExitStack() as stack:
        for number, ctx in enumerate(contexts):
            ingest = Ingest(ctx, Replica(name=str(number), share="api"))
            await stack.enter_async_context(running(connected(ctx, any_broker, f"replica-{number}", ingest)))
            await stack.enter_async_context(running(follow(ctx, every=0.02)))
        async with client_of(any_broker, "", persistent=False) as watcher:
            await watcher.subscribe(f"ioc/v1/{SITE}/workers/+/status", qos=1)
            births = {wire.decode_worker((await anext(watcher.messages)).payload).worker for _ in contexts}
        assert births == {"api-0", "api-1"}
        await publish(any_broker, *(payload(n) for n in range(30)))
        everything = {f"kerb:{n}" for n in range(30)}
        await until(lambda: all({a.subject for a in h.alerts} == everything for h in heard))
    taken = [figure(ctx, "ioc_mqtt_messages_total", channel="alert") for ctx in contexts]
    assert sum(taken) == 30
    assert min(taken) > 0
    assert len(stored(sqlite)) == 30
