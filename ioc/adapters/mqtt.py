"""A worker's link to the broker: paho-mqtt in a thread of its own, MQTT 5."""

from __future__ import annotations

import logging
import random
import ssl
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from ioc.core.config import Broker

log = logging.getLogger(__name__)

KEEPALIVE_S = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message that is sent at a fixed occasion: the birth at each connect, the will at a death."""

    topic: str
    payload: bytes


class MqttLink:
    """A connection that keeps itself up, with capped and jittered delays between attempts.

    ``on_message(topic, payload)``, ``on_ack(message id)`` and ``on_connect()`` run in the link's thread and must not block.
    Implements :class:`ioc.core.ports.Publisher`.
    """

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        *,
        birth: Message | None = None,
        will: Message | None = None,
        subscriptions: Sequence[str] = (),
        on_message: Callable[[str, bytes], None] = lambda topic, payload: None,
        on_ack: Callable[[int], None] = lambda mid: None,
        on_connect: Callable[[], None] = lambda: None,
    ) -> None:
        self._broker = broker
        self._birth = birth
        self._subscriptions = tuple(subscriptions)
        self._on_message = on_message
        self._on_ack = on_ack
        self._on_connect = on_connect
        client = paho.Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=paho.MQTTv5)
        # A different delay for each process, so that a returning broker is not met by all workers at once.
        client.reconnect_delay_set(min_delay=1, max_delay=random.randint(15, 30))
        client.max_inflight_messages_set(50)
        if broker.username is not None:
            client.username_pw_set(broker.username, broker.password.read() if broker.password else None)
        if broker.tls:
            client.tls_set_context(ssl.create_default_context(cafile=str(broker.ca_file) if broker.ca_file else None))
        if will is not None:
            client.will_set(will.topic, will.payload, qos=1, retain=True)
        client.on_connect = self._connected
        client.on_connect_fail = self._unreachable
        client.on_disconnect = self._disconnected
        client.on_message = lambda client, userdata, m: self._on_message(m.topic, bytes(m.payload))
        client.on_publish = self._published
        self._client = client
        self._answered = False
        """Whether the broker has answered on this connection."""

    @property
    def connected(self) -> bool:
        """Whether the broker answers."""
        return bool(self._client.is_connected())

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._client.connect_async(self._broker.host, self._broker.port, keepalive=KEEPALIVE_S, clean_start=True)
        self._client.loop_start()

    def stop(self, farewell: Message | None = None) -> None:
        """Say farewell (retained) where possible and disconnect; the will is not sent then."""
        if farewell is not None and self.connected:
            info = self._client.publish(farewell.topic, farewell.payload, qos=1, retain=True)
            try:
                info.wait_for_publish(timeout=1.0)
            except (ValueError, RuntimeError) as error:
                log.warning("the farewell was not sent: %s", error)
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False) -> None:
        """Send now, or drop while there is no connection."""
        self.send(topic, payload, qos=qos, retain=retain)

    def send(
        self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False, content_type: str | None = None
    ) -> int | None:
        """As :meth:`publish`; the id that ``on_ack`` will name, or None if it was not sent."""
        if not self.connected:
            return None
        properties = None
        # rumqttd, the embedded broker, breaks down on properties that it has to pass to an MQTT 3.1.1 client.
        if content_type is not None and not self._broker.embedded:
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho leaves it untyped
            properties.ContentType = content_type
        info = self._client.publish(topic, payload, qos=qos, retain=retain, properties=properties)
        return info.mid if info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS else None

    def _unreachable(self, client: paho.Client, userdata: object) -> None:
        # paho calls this while it handles the error, and hands it to nobody
        log.warning("no connection to the broker at %s, trying again: %s", self._broker.url, sys.exc_info()[1])

    def _connected(
        self,
        client: paho.Client,
        userdata: object,
        flags: paho.ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        self._answered = True
        if reason.is_failure:
            log.error("the broker at %s refuses: %s", self._broker.url, reason)
            return
        log.info("connected to the broker at %s", self._broker.url)
        for pattern in self._subscriptions:
            client.subscribe(pattern, qos=0)
        if self._birth is not None:
            client.publish(self._birth.topic, self._birth.payload, qos=1, retain=True)
        self._on_connect()

    def _disconnected(
        self,
        client: paho.Client,
        userdata: object,
        flags: paho.DisconnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        answered, self._answered = self._answered, False
        if reason.is_failure and not answered:  # as rumqttd, the embedded broker, does with an unknown account
            log.error("the broker at %s refuses without an answer: wrong user name or password?", self._broker.url)
        elif reason.is_failure:
            log.warning("the connection to the broker at %s broke: %s", self._broker.url, reason)

    def _published(
        self, client: paho.Client, userdata: object, mid: int, reason: ReasonCode, properties: Properties | None
    ) -> None:
        if reason.is_failure:
            log.error("the broker does not take message %d: %s", mid, reason)
            return
        self._on_ack(mid)
