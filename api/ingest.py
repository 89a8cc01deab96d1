"""Events from the bus into the store, and on to the live hub.

A message is acknowledged only after the store has it, and the broker keeps the session of a replica that is away: what was
published meanwhile, or was under way when this process died, comes again. The store takes repeats without a change.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

import aiomqtt
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from api import present
from api.bus import LateAckClient
from api.context import Context
from api.messages import TypedEvent, decode_event
from api.schemas import AlertOut, CountOut
from api.store import alerts, readings
from api.store.watchlist import Watch
from ioc.core import wire
from ioc.core.errors import WireError
from ioc.core.types import AlertEvent, Count, PlateRead, WorkerStatus

log = logging.getLogger("ioc.api.ingest")

CHANNELS: tuple[wire.Channel, ...] = ("alert", "plate", "count")
BATCH = 100
LINGER_S = 0.02
"""How long the first message of a batch waits for others."""
STORE_WAIT_S = (0.2, 5.0)
"""First and longest wait before a store that is away is tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """Which of several API processes this is."""

    name: str = "1"
    """Names the persistent session: a restart with the same name misses nothing."""
    share: str | None = None
    """Group of a shared subscription: its replicas divide the events among them."""


@dataclass(slots=True)
class Batch:
    """Events to be stored together."""

    alerts: list[AlertEvent] = field(default_factory=list)
    plates: list[PlateRead] = field(default_factory=list)
    counts: dict[str, Count] = field(default_factory=dict)

    def add(self, key: str, event: TypedEvent) -> None:
        """Sort one event in."""
        if isinstance(event, AlertEvent):
            self.alerts.append(event)
        elif isinstance(event, PlateRead):
            self.plates.append(event)
        else:
            self.counts[key] = event


def presence(site: str, replica: Replica, now: float, *, online: bool) -> tuple[str, bytes]:
    """Topic and payload that say whether this replica takes events."""
    name = f"api-{replica.name}"
    status = WorkerStatus(site=site, worker=name, at=now, state="online" if online else "offline")
    return wire.topic("worker", site, name), wire.encode_status(status)


class Ingest:
    """The persistent session of one replica."""

    def __init__(self, ctx: Context, replica: Replica) -> None:
        self._ctx, self._replica = ctx, replica
        self._watch = Watch()

    def filters(self) -> list[tuple[str, int]]:
        """Topic filters with their QoS."""
        prefix = f"$share/{self._replica.share}/" if self._replica.share else ""
        return [(prefix + wire.subscription(channel, self._ctx.config.site.id), 1) for channel in CHANNELS]

    async def work(self, client: LateAckClient) -> None:
        """Take messages until the connection ends. Raises :class:`aiomqtt.MqttError` in a group.

        A kept session sends what waited at once, and the embedded broker answers nothing else while a hundred messages are
        not acknowledged: so messages are taken from the first moment, not after the subscription is confirmed.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self._receive(client), name="ingest-receive")
            await client.subscribe(self.filters())
            topic, payload = presence(self._ctx.config.site.id, self._replica, self._ctx.clock.now(), online=True)
            await client.publish(topic, payload, qos=1, retain=True)

    async def _receive(self, client: LateAckClient) -> None:
        messages = client.messages
        while True:
            received = [await anext(messages)]
            await asyncio.sleep(LINGER_S)
            while len(messages) and len(received) < BATCH:
                received.append(await anext(messages))
            await self.take(received)
            for message in received:
                client.ack(message)

    async def take(self, messages: Sequence[aiomqtt.Message]) -> None:
        """Store what the messages say and tell the consoles; returns when the store has it."""
        batch = self.decode(messages)
        started = self._ctx.clock.monotonic()
        changed = await self.store(batch)
        self._ctx.metrics.store_seconds.observe(self._ctx.clock.monotonic() - started)
        self._ctx.hub.alerts(changed)
        for c in batch.counts.values():
            self._ctx.hub.count(
                CountOut(camera=c.camera, zone=c.zone, label=c.label, at=c.at, count=c.count, window=c.window)
            )

    def decode(self, messages: Sequence[aiomqtt.Message]) -> Batch:
        """The events in messages; what is malformed is counted, logged and passed over."""
        batch = Batch()
        for message in messages:
            topic = str(message.topic)
            channel = topic.rpartition("/")[2]
            self._ctx.metrics.messages.labels(channel).inc()
            try:
                batch.add(*decode_event(topic, bytes(message.payload)))
            except WireError as error:
                self._ctx.metrics.malformed.labels(channel).inc()
                log.warning("malformed message on %s passed over: %s", topic, error)
        return batch

    async def store(self, batch: Batch) -> list[AlertOut]:
        """Store a batch, waiting for a store that is away; the alerts that changed."""
        wait = STORE_WAIT_S[0]
        while True:
            try:
                return await asyncio.to_thread(self._write, batch)
            except (OperationalError, InterfaceError) as error:
                self._ctx.metrics.store_faults.inc()
                log.error("the store does not take events, trying again in %.1f s: %s", wait, error.orig)
                await asyncio.sleep(wait)
                wait = min(2 * wait, STORE_WAIT_S[1])
            except (SQLAlchemyError, ValueError, OverflowError) as error:
                self._ctx.metrics.store_faults.inc()
                log.error("the store refuses a batch, its events are stored one by one: %s", error)
                return await self._one_by_one(batch)

    async def _one_by_one(self, batch: Batch) -> list[AlertOut]:
        changed: list[AlertOut] = []
        singles = [Batch(alerts=[a]) for a in batch.alerts] + [Batch(plates=[p]) for p in batch.plates]
        for single in singles + [Batch(counts={key: c}) for key, c in batch.counts.items()]:
            try:
                changed += await asyncio.to_thread(self._write, single)
            except (OperationalError, InterfaceError):
                changed += await self.store(single)
            except (SQLAlchemyError, ValueError, OverflowError) as error:
                self._ctx.metrics.malformed.labels("store").inc()
                log.error("the store refuses an event, it is passed over: %s", error)
        return changed

    def _write(self, batch: Batch) -> list[AlertOut]:
        metrics = self._ctx.metrics
        with self._ctx.database.write() as session:
            rows = alerts.ingest(session, batch.alerts, self._ctx.clock.now())
            fresh = readings.ingest_plates(session, batch.plates)
            rows += self._watch.raise_alerts(session, fresh, self._ctx.clock.now())
            readings.ingest_counts(session, batch.counts)
        metrics.stored.labels("alerts").inc(len(rows))
        metrics.stored.labels("plate_reads").inc(len(fresh))
        metrics.stored.labels("counts").inc(len(batch.counts))
        return [present.alert(row, self._ctx.names) for row in rows]
