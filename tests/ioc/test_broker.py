"""The embedded broker: one port for both protocol versions, wills, accounts, clear words when it cannot start."""

from __future__ import annotations

import socket
import subprocess
import threading
import tomllib
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ioc.adapters import broker
from ioc.adapters.broker import BrokerSettings, delivers, free_ports
from ioc.adapters.mqtt_front import Level
from ioc.core.errors import ConfigError
from ioc.supervisor import python
from tests.conftest import EmbeddedBroker

WAIT_S = 20.0
V311, V5 = MQTTProtocolVersion.MQTTv311, MQTTProtocolVersion.MQTTv5


class Client:
    """A paho client that remembers what came, with waits instead of sleeps."""

    def __init__(self, port: int, protocol: MQTTProtocolVersion, *, will: str | None = None) -> None:
        self.got: list[tuple[str, bytes, bool]] = []
        self._changed = threading.Condition()
        self._flags = {"connected": False, "subscribed": False, "refused": False}
        self.paho = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"test-{uuid.uuid4()}", protocol=protocol)
        self.paho.on_connect = lambda *a: self._set("refused" if a[3].is_failure else "connected")
        self.paho.on_disconnect = lambda *a: self._set("refused")
        self.paho.on_subscribe = lambda *a: self._set("subscribed")
        self.paho.on_message = self._message
        if will:
            properties = Properties(PacketTypes.WILLMESSAGE)  # type: ignore[no-untyped-call]  # paho leaves it untyped
            properties.ContentType = "application/json"
            self.paho.will_set(will, b"gone", qos=1, retain=True, properties=properties if protocol == V5 else None)
        self._port = port

    def connect(self, username: str | None = None, password: str | None = None) -> None:
        if username:
            self.paho.username_pw_set(username, password)
        self.paho.connect("127.0.0.1", self._port)
        self.paho.loop_start()
        self.until(lambda: self._flags["connected"] or self._flags["refused"])

    @property
    def refused(self) -> bool:
        return self._flags["refused"] and not self._flags["connected"]

    def subscribe(self, topic: str) -> None:
        self.paho.subscribe(topic, qos=1)
        self.until(lambda: self._flags["subscribed"])

    def until(self, true: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(true, WAIT_S), f"waited in vain; got {self.got}"

    def crash(self) -> None:
        """End without a DISCONNECT packet."""
        sock = self.paho.socket()
        assert isinstance(sock, socket.socket)
        sock.shutdown(socket.SHUT_RDWR)
        self.paho.loop_stop()

    def close(self) -> None:
        self.paho.disconnect()
        self.paho.loop_stop()

    def _set(self, flag: str) -> None:
        with self._changed:
            self._flags[flag] = True
            self._changed.notify_all()

    def _message(self, _client: object, _data: object, message: mqtt.MQTTMessage) -> None:
        with self._changed:
            self.got.append((message.topic, bytes(message.payload), message.retain))
            self._changed.notify_all()


@pytest.fixture
def clients() -> Iterator[list[Client]]:
    made: list[Client] = []
    yield made
    for client in made:
        client.close()


@pytest.mark.parametrize(("sender", "receiver"), [(V311, V5), (V5, V311)])
def test_both_protocol_versions_meet_on_one_port(
    shared_broker: EmbeddedBroker, clients: list[Client], sender: MQTTProtocolVersion, receiver: MQTTProtocolVersion
) -> None:
    topic = f"test/{uuid.uuid4()}"
    out, back = Client(shared_broker.port, sender), Client(shared_broker.port, receiver)
    clients += [out, back]
    out.connect()
    back.connect()
    back.subscribe(f"{topic}/+")
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]  # paho leaves it untyped
    properties.ContentType = "application/json"
    picture = bytes(300_000)  # more than the library's default limit of 20 kB
    for payload in (b"small", picture):
        out.paho.publish(f"{topic}/a", payload, qos=1, properties=properties if sender == V5 else None).wait_for_publish(
            WAIT_S
        )
    back.until(lambda: len(back.got) == 2)
    assert [payload for _, payload, _ in back.got] == [b"small", picture]


def test_a_crashed_client_leaves_its_retained_will(shared_broker: EmbeddedBroker, clients: list[Client]) -> None:
    topic = f"test/{uuid.uuid4()}/status"
    watcher = Client(shared_broker.port, V311)
    worker = Client(shared_broker.port, V5, will=topic)
    clients += [watcher]
    watcher.connect()
    watcher.subscribe(topic)
    worker.connect()
    worker.paho.publish(topic, b"here", qos=1, retain=True).wait_for_publish(WAIT_S)
    worker.crash()
    watcher.until(lambda: len(watcher.got) == 2)
    assert [payload for _, payload, _ in watcher.got] == [b"here", b"gone"]
    late = Client(shared_broker.port, V5)
    clients += [late]
    late.connect()
    late.subscribe(topic)
    late.until(lambda: bool(late.got))
    assert late.got == [(topic, b"gone", True)]


def test_only_the_account_gets_in(tmp_path: Path, clients: list[Client], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_BROKER_PASSWORD", 'mật "khẩu" \\ x')
    locked = EmbeddedBroker(tmp_path)
    (tmp_path / "broker.yaml").write_text(
        f"site: {{id: test}}\nbroker: {{url: '{locked.url}', username: ioc, password: {{env: TEST_BROKER_PASSWORD}}}}\n"
    )
    locked.start()
    try:
        for protocol in (V311, V5):
            right, wrong, nobody = (Client(locked.port, protocol) for _ in range(3))
            clients += [right, wrong, nobody]
            right.connect("ioc", 'mật "khẩu" \\ x')
            wrong.connect("ioc", "another")
            nobody.connect()
            assert (right.refused, wrong.refused, nobody.refused) == (False, True, True)
    finally:
        locked.stop()


def test_what_is_not_mqtt_is_disconnected(shared_broker: EmbeddedBroker) -> None:
    with socket.create_connection((shared_broker.host, shared_broker.port), timeout=WAIT_S) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert plain.recv(100) == b""


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    config = tmp_path / "ioc.yaml"
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        config.write_text(f"site: {{id: test}}\nbroker: {{url: 'mqtt://127.0.0.1:{port}'}}\n")
        done = subprocess.run(python("broker", str(config)), capture_output=True, text=True, timeout=WAIT_S, check=False)
    assert done.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("level", [Level.V4, Level.V5])
async def test_a_broker_that_delivers_passes_the_check(shared_broker: EmbeddedBroker, level: Level) -> None:
    assert await delivers(BrokerSettings(), level, shared_broker.port)


async def test_a_broker_that_only_listens_fails_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broker, "CHECK_S", 0.3)
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        assert not await broker.delivers(BrokerSettings(), Level.V4, deaf.getsockname()[1])


def test_an_open_door_to_the_network_needs_an_account() -> None:
    with pytest.raises(ConfigError, match=r"broker\.username: needed"):
        BrokerSettings(host="0.0.0.0")
    assert BrokerSettings(host="0.0.0.0", username="ioc", password="x").username == "ioc"


def test_settings_as_toml_are_bounded() -> None:
    settings = BrokerSettings(username='a "b"', password="c\\d")
    parsed = tomllib.loads(settings.toml({Level.V4: 1, Level.V5: 2}))
    assert parsed["v4"]["1"]["listen"] == "127.0.0.1:1"
    assert parsed["v5"]["1"]["connections"]["auth"] == {'a "b"': "c\\d"}
    assert parsed["router"]["max_segment_size"] * parsed["router"]["max_segment_count"] <= 32 * 2**20


def test_free_ports_differ() -> None:
    assert len(set(free_ports(5))) == 5
