"""A subscriber that remembers everything, for tests that look at what really crosses the broker."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from ioc.core import wire
from ioc.core.errors import WireError
from ioc.core.types import AlertEvent, WorkerStatus

SITES = ("s", "pklot")
"""Ids of the sites in these tests."""


class Collector:
    """Connects to a broker (and again after it was away) and decodes what workers send."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.messages: list[tuple[str, bytes, bool]] = []
        self._arrived = threading.Condition()
        self._ready = threading.Event()
        self.client = paho.Client(CallbackAPIVersion.VERSION2, client_id="collector", protocol=paho.MQTTv5)
        self.client.reconnect_delay_set(min_delay=1, max_delay=1)
        self.client.on_connect = lambda client, *_: self._listen(client)
        self.client.on_subscribe = lambda *_: self._ready.set()
        self.client.on_message = lambda client, userdata, m: self._take(m.topic, bytes(m.payload), m.retain)
        self.client.connect_async(parts.hostname, parts.port)
        self.client.loop_start()
        assert self._ready.wait(20), "no broker"

    def _listen(self, client):
        """Subscribe, and say so as the operations API does: workers hold their events back until then."""
        client.subscribe("ioc/v1/#", qos=1)
        for site in SITES:
            status = WorkerStatus(site=site, worker="api-collector", at=0.0, state="online")
            client.publish(wire.topic("worker", site, status.worker), wire.encode_status(status), qos=1, retain=True)

    def _take(self, topic, payload, retain):
        with self._arrived:
            self.messages.append((topic, payload, retain))
            self._arrived.notify_all()

    def wait(self, condition: Callable[[], bool], seconds: float = 30.0) -> None:
        """Until the condition on what has arrived holds."""
        with self._arrived:
            assert self._arrived.wait_for(condition, seconds), f"not within {seconds} s; there were {self.topics()}"

    def topics(self) -> list[str]:
        return sorted({t for t, _, _ in self.messages})

    def alerts(self) -> list[AlertEvent]:
        """Alert events in the order of arrival, repeats included."""
        return [
            event
            for topic, payload, _ in list(self.messages)
            if topic.endswith("/alert")
            for event in [wire.decode_event(payload)[1]]
            if isinstance(event, AlertEvent)
        ]

    def phases(self, camera: str | None = None) -> list[tuple[str, str]]:
        """(phase, kind) of alert events, each event once."""
        seen: dict[str, tuple[str, str]] = {}
        for e in self.alerts():
            if camera in (None, e.alert.camera):
                seen.setdefault(e.id, (e.phase.value, e.alert.kind))
        return list(seen.values())

    def statuses(self, camera: str) -> list:
        found = []
        for topic, payload, _ in list(self.messages):
            if topic.endswith(f"/{camera}/status"):
                try:
                    found.append(wire.decode_status(payload))
                except WireError:
                    continue
        return found

    def stop(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def eventually(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Until a condition that nobody tells about holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.05)
