"""Connections to the MQTT broker: acknowledge late, come back with capped, jittered waits."""

from __future__ import annotations

import asyncio
import logging
import random
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn

import aiomqtt
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, wait_random_exponential

from api.metrics import Metrics
from ioc.core.config import Broker
from ioc.core.types import WorkerStatus

log = logging.getLogger("ioc.api.bus")

INFLIGHT = 100
"""Messages that are handled at once, at most; the broker's own bound is the same."""
KEEPALIVE_S = 15


@dataclass(slots=True)
class BusState:
    """What the bus said last. Written by the loop's thread, read by any."""

    connected: dict[str, bool] = field(default_factory=dict)
    """Connection -> whether it stands."""
    workers: dict[str, WorkerStatus] = field(default_factory=dict)
    statuses: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Camera -> its last status."""

    @property
    def up(self) -> bool:
        """Whether every connection stands."""
        return bool(self.connected) and all(self.connected.values())

    def worker_gone(self, worker: str) -> bool:
        """Whether a worker's last will has come in."""
        known = self.workers.get(worker)
        return known is not None and known.state == "offline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Waits between attempts to connect: random, growing up to ``cap`` seconds."""

    first: float = 0.25
    cap: float = 5.0


class LateAckClient(aiomqtt.Client):
    """An aiomqtt client that acknowledges a QoS 1 message when :meth:`ack` is called and not before.

    aiomqtt 2 acknowledges as soon as it has queued a message, so that a process that dies loses its queue. The paho client
    under it can wait; aiomqtt does not offer that yet, which is why its attribute ``_client`` is used here.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._client.manual_ack_set(True)

    def ack(self, message: aiomqtt.Message) -> None:
        """The message is in safe hands. Without a connection this does nothing: the broker sends the message again."""
        if message.qos:
            self._client.ack(message.mid, message.qos)


def make_client(broker: Broker, identifier: str, *, persistent: bool, will: aiomqtt.Will | None = None) -> LateAckClient:
    """A client that is not connected yet. A persistent one's session stays with the broker while it is away."""
    context = ssl.create_default_context(cafile=str(broker.ca_file) if broker.ca_file else None) if broker.tls else None
    return LateAckClient(
        broker.host,
        broker.port,
        identifier=identifier,
        username=broker.username,
        password=broker.password.read() if broker.password else None,
        clean_session=not persistent,
        keepalive=KEEPALIVE_S,
        max_inflight_messages=INFLIGHT,
        tls_context=context,
        will=will,
    )


async def keep_connected(
    name: str,
    make: Callable[[], LateAckClient],
    work: Callable[[LateAckClient], Awaitable[None]],
    state: BusState,
    metrics: Metrics,
    backoff: Backoff,
) -> NoReturn:
    """Connect, do the work until the connection ends, and again, until cancelled."""
    state.connected[name] = False
    while True:
        client = await _connect(name, make, backoff)
        state.connected[name] = True
        metrics.connects.labels(name).inc()
        metrics.connected.labels(name).set(1)
        log.info("%s: connected to the broker", name)
        try:
            await work(client)
        except* aiomqtt.MqttError as errors:
            log.warning("%s: connection ended: %s", name, errors.exceptions[0])
        except* Exception as errors:
            metrics.faults.labels(name).inc()
            log.exception("%s: fault, the connection is made anew", name, exc_info=errors)
        finally:
            state.connected[name] = False
            metrics.connected.labels(name).set(0)
            await _leave(client)
        await asyncio.sleep(random.uniform(0, backoff.first))


async def _connect(name: str, make: Callable[[], LateAckClient], backoff: Backoff) -> LateAckClient:
    def tell(attempt: RetryCallState) -> None:
        if (attempt.outcome is not None and attempt.attempt_number in (1, 10)) or attempt.attempt_number % 100 == 0:
            cause = attempt.outcome.exception() if attempt.outcome else None
            log.warning("%s: no connection to the broker (attempt %d): %s", name, attempt.attempt_number, cause)

    retrying = AsyncRetrying(
        retry=retry_if_exception_type((aiomqtt.MqttError, OSError)),
        wait=wait_random_exponential(multiplier=backoff.first, max=backoff.cap),
        before_sleep=tell,
    )
    async for attempt in retrying:
        with attempt:
            client = make()
            await client.__aenter__()
    return client


async def _leave(client: LateAckClient) -> None:
    try:
        await client.__aexit__(None, None, None)
    except aiomqtt.MqttError as error:
        log.debug("the connection could not be closed in good order: %s", error)
