"""The embedded MQTT broker: rumqttd, as the wheel of ``iotcore`` brings it, in a process of its own.

For one machine and for tests. What it holds lives in memory: a restart forgets sessions and retained messages, and its
clients bring them back (the workers' outboxes are on disk). Production uses Mosquitto or EMQX.

rumqttd listens for MQTT 3.1.1 and MQTT 5 on two ports; :mod:`ioc.adapters.mqtt_front` joins them to the one that clients
expect.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ioc.adapters.mqtt_front import Level, relay
from ioc.core.errors import ConfigError, IocError

LOOPBACK = "127.0.0.1"
MAX_PAYLOAD = 4 * 1024 * 1024
"""Bytes of one message at most; a live picture of 1280x720 has about 0.2 MB."""
SEGMENT = 1024 * 1024
SEGMENTS = 16
"""Per topic filter the broker keeps at most SEGMENT * SEGMENTS bytes for readers that lag behind or are away. The library's
default is 1 GB a filter, which live pictures fill within the hour."""
CHECK_S = 5.0
"""Seconds between two checks that the broker delivers, and for one to succeed."""
FAILURES = 3
"""Failed checks in a row after which the process ends, to be started anew."""


class BrokerError(IocError):
    """The embedded broker cannot start or go on; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerSettings:
    """Where the broker listens, and who may connect."""

    host: str = LOOPBACK
    """Address to bind; the loopback address keeps it to this machine."""
    port: int = 1883
    """TCP port, 1..65535."""
    username: str | None = None
    """The one account that may connect; None lets everybody in, which is for the loopback address only."""
    password: str = ""
    """The account's password, in clear."""

    def __post_init__(self) -> None:
        if not 1 <= self.port <= 65535:
            raise ConfigError([f"broker.url: the embedded broker needs a port in 1..65535, not {self.port}"])
        if self.username is None and not numeric(self.host).startswith("127."):
            raise ConfigError([f"broker.username: needed, since the embedded broker listens on {self.host}"])

    def toml(self, ports: dict[Level, int]) -> str:
        """The settings in the form that rumqttd reads; ``ports`` are its own, one per protocol level."""
        lines = [
            "id = 0",
            "[router]",
            "id = 0",
            "max_connections = 1000",
            "max_outgoing_packet_count = 200",
            f"max_segment_size = {SEGMENT}",
            f"max_segment_count = {SEGMENTS}",
        ]
        for level, port in ports.items():
            lines += [
                f"[v{level}.1]",
                f'name = "mqtt{level}"',
                f'listen = "{LOOPBACK}:{port}"',
                "next_connection_delay_ms = 1",
                f"[v{level}.1.connections]",
                "connection_timeout_ms = 60000",
                f"max_payload_size = {MAX_PAYLOAD}",
                "max_inflight_count = 100",
                "dynamic_filters = true",
            ]
            if self.username is not None:  # JSON strings are TOML strings as well
                lines += [f"[v{level}.1.connections.auth]", f"{json.dumps(self.username)} = {json.dumps(self.password)}"]
        return "\n".join(lines) + "\n"


def numeric(host: str) -> str:
    """The IPv4 address of a host name. Raises :class:`BrokerError` for an unknown name."""
    try:
        return socket.gethostbyname(host)
    except OSError as error:
        raise BrokerError(f"unknown host name {host!r} in broker.url: {error}") from error


def accepts(host: str, port: int, timeout: float = 0.3) -> bool:
    """Whether something accepts TCP connections there, waiting at most ``timeout`` seconds."""
    try:
        with socket.create_connection((host, port), timeout=timeout):
            return True
    except OSError:
        return False


def free_ports(count: int) -> list[int]:
    """TCP ports of the loopback address on which nothing listens at this moment."""
    taken = [socket.socket() for _ in range(count)]
    try:
        for one in taken:
            one.bind((LOOPBACK, 0))
        return [one.getsockname()[1] for one in taken]
    finally:
        for one in taken:
            one.close()


async def serve(settings: BrokerSettings, stop: asyncio.Event, ready: Callable[[], None] = lambda: None) -> None:
    """Run the broker in this process until ``stop`` is set; the process has to end then, since the library cannot stop.

    Calls ``ready`` once connections are accepted. Raises :class:`BrokerError`, for instance when the port is taken.
    """
    ports = dict(zip((Level.V4, Level.V5), free_ports(2), strict=True))
    engine = start_engine(settings, ports)
    while not all([await asyncio.to_thread(accepts, LOOPBACK, port) for port in ports.values()]):
        if not engine.is_alive():
            raise BrokerError("the embedded broker ended while it started")
        await asyncio.sleep(0.02)
    try:
        server = await asyncio.start_server(lambda r, w: relay(r, w, ports), numeric(settings.host), settings.port)
    except OSError as error:
        raise BrokerError(f"the embedded broker cannot listen on {settings.host}:{settings.port}: {error}") from error
    ready()
    failures = 0
    while not stop.is_set():
        try:
            await asyncio.wait_for(stop.wait(), CHECK_S)
        except TimeoutError:
            checks = await asyncio.gather(*(delivers(settings, level, port) for level, port in ports.items()))
            failures = 0 if all(checks) else failures + 1
            if failures == FAILURES or not engine.is_alive():
                raise BrokerError("the embedded broker delivers no more") from None
    server.close()


async def delivers(settings: BrokerSettings, level: Level, port: int) -> bool:
    """Whether a message sent to the broker at that port of this machine comes back, within :data:`CHECK_S`.

    A panic inside the library leaves its ports open and its locks poisoned: nothing else tells.
    """
    import aiomqtt

    topic = f"broker/check/{os.getpid()}/{level}"
    client = aiomqtt.Client(
        LOOPBACK,
        port,
        username=settings.username,
        password=settings.password or None,
        protocol=aiomqtt.ProtocolVersion(level),
        timeout=CHECK_S,
    )
    try:
        async with asyncio.timeout(CHECK_S), client:
            await client.subscribe(topic)
            await client.publish(topic, b"here")
            async for _ in client.messages:
                return True
    except (aiomqtt.MqttError, TimeoutError):
        pass
    return False


def start_engine(settings: BrokerSettings, ports: dict[Level, int]) -> threading.Thread:
    """Start rumqttd in a thread of this process. Raises :class:`BrokerError`."""
    from iotcore import IotCoreBroker

    # rumqttd reports every packet at the level ERROR through its tracing spans
    logging.getLogger("rumqttd").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory(prefix="ioc-broker-") as folder:
        path = Path(folder) / "broker.toml"
        path.touch(mode=0o600)
        path.write_text(settings.toml(ports), encoding="utf-8")
        try:
            broker = IotCoreBroker(config_path=str(path))
            broker.check_ports()
        except (OSError, ValueError, RuntimeError) as error:
            raise BrokerError(f"the embedded broker cannot start: {error}") from error
    engine = threading.Thread(target=broker.run_forever, name="rumqttd", daemon=True)
    engine.start()
    return engine
