"""Camera states and live pictures from the bus to the consoles, and the consoles' interest back to the workers."""

from __future__ import annotations

import asyncio
import logging

from sqlalchemy.exc import SQLAlchemyError

from api import present
from api.bus import LateAckClient
from api.context import Context
from api.messages import decode_picture, decode_status, decode_worker
from api.store import readings
from ioc.core import wire
from ioc.core.errors import WireError
from ioc.core.types import CameraStatus

log = logging.getLogger("ioc.api.feed")

INTEREST_S = 2.0
"""How often interest is repeated."""
INTEREST_FOR_S = 6.0
"""How long it holds."""
KEEP_S = 5.0
"""How often camera states are written to the store."""


class Feed:
    """A clean session: retained states come with each connection, pictures are never queued."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._unsaved: dict[str, CameraStatus] = {}

    async def work(self, client: LateAckClient) -> None:
        """Take messages and publish interest until the connection ends. Raises :class:`aiomqtt.MqttError` in a group."""
        site = self._ctx.config.site.id
        async with asyncio.TaskGroup() as group:
            group.create_task(self._receive(client), name="feed-receive")
            await client.subscribe([(wire.subscription("status", site), 1), (wire.subscription("worker", site), 1)])
            await client.subscribe(wire.subscription("picture", site), qos=0)
            group.create_task(self._interest(client), name="feed-interest")
            group.create_task(self._keep(), name="feed-keep")

    def handle(self, topic: str, payload: bytes) -> None:
        """One message; what is malformed is counted, logged and passed over."""
        name = topic.rpartition("/")[2]
        try:
            channel, _, _ = wire.parse_topic(topic)
            self._ctx.metrics.messages.labels(channel).inc()
            if channel == "picture":
                self._ctx.hub.picture(decode_picture(topic, payload), payload)
            elif channel == "worker":
                self._worker(topic, payload)
            else:
                self._status(decode_status(topic, payload))
        except WireError as error:
            self._ctx.metrics.malformed.labels(name).inc()
            log.warning("malformed message on %s passed over: %s", topic, error)

    async def keep(self) -> None:
        """Write the newest camera states to the store."""
        batch, self._unsaved = self._unsaved, {}
        if batch:
            await asyncio.to_thread(self._write, batch)

    def _status(self, status: CameraStatus) -> None:
        plain = present.plain_status(status)
        self._ctx.bus.statuses[status.camera] = plain
        self._unsaved[status.camera] = status
        self._push(status.camera)

    def _worker(self, topic: str, payload: bytes) -> None:
        worker = decode_worker(topic, payload)
        before = self._ctx.bus.workers.get(worker.worker)
        self._ctx.bus.workers[worker.worker] = worker
        if before is None or before.state != worker.state:
            log.info("%s is %s", worker.worker, worker.state)
            for camera, plain in self._ctx.bus.statuses.items():
                if plain["worker"] == worker.worker:
                    self._push(camera)

    def _push(self, camera: str) -> None:
        plain = self._ctx.bus.statuses[camera]
        gone = self._ctx.bus.worker_gone(plain["worker"])
        self._ctx.hub.camera(camera, present.status(plain, worker_gone=gone))

    async def _receive(self, client: LateAckClient) -> None:
        async for message in client.messages:
            self.handle(str(message.topic), bytes(message.payload))
            client.ack(message)

    async def _interest(self, client: LateAckClient) -> None:
        changed = self._ctx.hub.interest_changed
        while True:
            changed.clear()
            until = self._ctx.clock.now() + INTEREST_FOR_S
            payload = wire.encode_status(wire.Interest(until=until))
            for camera in sorted(self._ctx.hub.wanted()):
                await client.publish(wire.topic("interest", self._ctx.config.site.id, camera), payload, qos=0)
            try:
                await asyncio.wait_for(changed.wait(), INTEREST_S)
            except TimeoutError:
                continue

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(KEEP_S)
            await self.keep()

    def _write(self, batch: dict[str, CameraStatus]) -> None:
        plain = {name: (status, present.plain_status(status)) for name, status in batch.items()}
        try:
            with self._ctx.database.write() as session:
                readings.keep_statuses(session, plain)
        except SQLAlchemyError as error:  # the states are live in memory, and the next ones are written again
            self._ctx.metrics.store_faults.inc()
            log.error("camera states could not be stored: %s", error)
