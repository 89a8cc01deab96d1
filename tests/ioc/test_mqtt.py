"""A worker's link on real brokers: the embedded one, and Mosquitto as production runs it."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from ioc.adapters.mqtt import Message, MqttLink
from ioc.core.config import Broker, Secret
from ioc.core.wire import CLOUD_EVENT
from tests.conftest import EmbeddedBroker
from tests.ioc.mqtt_parts import MOSQUITTO, OPENSSL, Mosquitto, Subscriber, eventually, make_certificates

V311 = MQTTProtocolVersion.MQTTv311
PASSWORD = "mật khẩu"
needs_mosquitto = pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed")
BOTH = ["embedded", pytest.param("mosquitto", marks=needs_mosquitto)]
DYING = """
import sys, threading
from ioc.adapters.mqtt import Message, MqttLink
from ioc.core.config import Broker
url, embedded, topic = sys.argv[1:]
link = MqttLink(
    Broker(url=url, embedded=embedded == "True"), topic.replace("/", "-"),
    birth=Message(topic=topic, payload=b"online"), will=Message(topic=topic, payload=b"offline"),
)
link.start()
threading.Event().wait()
"""

Link = Callable[..., MqttLink]


@pytest.fixture(scope="module")
def shared_mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    one = Mosquitto(tmp_path_factory.mktemp("mosquitto"))
    one.start()
    yield one
    one.stop()


@pytest.fixture(params=BOTH)
def broker(request: pytest.FixtureRequest) -> EmbeddedBroker | Mosquitto:
    """Each of the two, shared by tests that keep apart by their topics."""
    name = "shared_broker" if request.param == "embedded" else "shared_mosquitto"
    found: EmbeddedBroker | Mosquitto = request.getfixturevalue(name)
    return found


@pytest.fixture
def topic() -> str:
    return f"test/{uuid.uuid4()}"


def settings(broker: EmbeddedBroker | Mosquitto, **more: Any) -> Broker:
    return Broker(url=broker.url, embedded=isinstance(broker, EmbeddedBroker), **more)


@pytest.fixture
def link() -> Iterator[Link]:
    """Makes links, starts them and stops them in the end."""
    made: list[MqttLink] = []

    def make(config: Broker, **more: Any) -> MqttLink:
        one = MqttLink(config, f"link-{uuid.uuid4()}", **more)
        made.append(one)
        one.start()
        return one

    yield make
    for one in made:
        one.stop()


@pytest.fixture
def subscribe() -> Iterator[Callable[..., Subscriber]]:
    made: list[Subscriber] = []

    def make(broker: EmbeddedBroker | Mosquitto, *args: Any) -> Subscriber:
        made.append(Subscriber(broker.port, *args))
        return made[-1]

    yield make
    for one in made:
        one.close()


Subscribe = Callable[..., Subscriber]


def test_birth_is_told_and_kept_and_a_farewell_replaces_it(
    broker: EmbeddedBroker | Mosquitto, topic: str, link: Link, subscribe: Subscribe
) -> None:
    watcher = subscribe(broker, topic)
    one = link(
        settings(broker),
        birth=Message(topic=topic, payload=b"online"),
        will=Message(topic=topic, payload=b"died"),
    )
    watcher.until(lambda: watcher.payloads() == [b"online"])
    late = subscribe(broker, topic)
    late.until(lambda: bool(late.got))
    assert (late.got[0].payload, late.got[0].retained) == (b"online", True)
    one.stop(Message(topic=topic, payload=b"farewell"))
    watcher.until(lambda: len(watcher.got) == 2)
    after = subscribe(broker, topic)
    after.until(lambda: bool(after.got))
    assert after.payloads() == [b"farewell"]
    assert watcher.payloads() == [b"online", b"farewell"], "who says farewell leaves no will"


def test_a_killed_process_leaves_its_will(broker: EmbeddedBroker | Mosquitto, topic: str, subscribe: Subscribe) -> None:
    watcher = subscribe(broker, topic)
    config = settings(broker)
    process = subprocess.Popen([sys.executable, "-c", DYING, config.url, str(config.embedded), topic])
    try:
        watcher.until(lambda: watcher.payloads() == [b"online"])
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    watcher.until(lambda: watcher.payloads() == [b"online", b"offline"])
    late = subscribe(broker, topic)
    late.until(lambda: bool(late.got))
    assert (late.got[0].payload, late.got[0].retained) == (b"offline", True)


def test_retained_statuses_are_replaced(
    broker: EmbeddedBroker | Mosquitto, topic: str, link: Link, subscribe: Subscribe
) -> None:
    acks: list[int] = []
    one = link(settings(broker), on_ack=acks.append)
    eventually(lambda: one.connected)
    sent = [one.send(topic, payload, qos=1, retain=True) for payload in (b"lost", b"live")]
    eventually(lambda: set(sent) <= set(acks))
    late = subscribe(broker, topic)
    late.until(lambda: bool(late.got))
    assert [(g.payload, g.retained) for g in late.got] == [(b"live", True)]


def test_every_message_of_quality_one_is_acknowledged_once(
    broker: EmbeddedBroker | Mosquitto, topic: str, link: Link, subscribe: Subscribe
) -> None:
    watcher = subscribe(broker, topic)
    acks: list[int] = []
    one = link(settings(broker), on_ack=acks.append)
    eventually(lambda: one.connected)
    sent = [one.send(topic, str(n).encode(), qos=1, content_type=CLOUD_EVENT) for n in range(100)]
    watcher.until(lambda: len(watcher.got) >= 100)
    eventually(lambda: len(acks) >= 100)
    assert sorted(acks) == sorted(n for n in sent if n is not None)
    assert watcher.payloads() == [str(n).encode() for n in range(100)]


def test_the_type_of_the_content_is_told_where_the_broker_bears_it(
    broker: EmbeddedBroker | Mosquitto, topic: str, link: Link, subscribe: Subscribe
) -> None:
    """rumqttd 0.20 panics when it has to pass properties to a client of MQTT 3.1.1, and delivers nothing from then on."""
    old, new = subscribe(broker, topic, V311), subscribe(broker, topic)
    one = link(settings(broker))
    eventually(lambda: one.connected)
    for payload in (b"first", b"second"):
        one.send(topic, payload, qos=1, content_type=CLOUD_EVENT)
    old.until(lambda: len(old.got) == 2)
    new.until(lambda: len(new.got) == 2)
    assert old.payloads() == new.payloads() == [b"first", b"second"]
    assert {g.content_type for g in new.got} == {None if isinstance(broker, EmbeddedBroker) else CLOUD_EVENT}


@pytest.mark.parametrize("kind", BOTH)
def test_a_broker_that_comes_back_finds_the_link_again(
    kind: str, tmp_path: Path, topic: str, link: Link, subscribe: Subscribe
) -> None:
    own: EmbeddedBroker | Mosquitto = EmbeddedBroker(tmp_path) if kind == "embedded" else Mosquitto(tmp_path)
    own.start()
    try:
        connects: list[None] = []
        got: list[tuple[str, bytes]] = []
        one = link(
            settings(own),
            birth=Message(topic=f"{topic}/status", payload=b"online"),
            subscriptions=[f"{topic}/in"],
            on_message=lambda name, payload: got.append((name, payload)),
            on_connect=lambda: connects.append(None),
        )
        eventually(lambda: one.connected and len(connects) == 1)
        own.stop()
        eventually(lambda: not one.connected)
        assert one.send(f"{topic}/out", b"nobody hears it", qos=1) is None
        own.start()
        eventually(lambda: len(connects) == 2)
        watcher = subscribe(own, f"{topic}/#")
        watcher.until(lambda: watcher.payloads() == [b"online"])
        # its subscriptions are back: what it sends to itself comes
        eventually(lambda: one.send(f"{topic}/in", b"hello", qos=1) is not None and bool(got))
        assert set(got) == {(f"{topic}/in", b"hello")}
    finally:
        own.stop()


@pytest.fixture(params=BOTH)
def locked(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[EmbeddedBroker | Mosquitto, Path]]:
    """A broker that asks for a password, and the file that holds it."""
    secret = tmp_path / "secret"
    secret.write_text(PASSWORD, encoding="utf-8")
    own: EmbeddedBroker | Mosquitto
    if request.param == "embedded":
        own = EmbeddedBroker(tmp_path)
        (tmp_path / "broker.yaml").write_text(
            f"site: {{id: test}}\nbroker: {{url: '{own.url}', username: ioc, password: {{file: {secret}}}}}\n",
            encoding="utf-8",
        )
    else:
        accounts = tmp_path / "accounts"
        subprocess.run(["mosquitto_passwd", "-c", "-b", str(accounts), "ioc", PASSWORD], check=True, capture_output=True)
        own = Mosquitto(tmp_path, lines=("allow_anonymous false", f"password_file {accounts}"))
    own.start()
    yield own, secret
    own.stop()


def test_a_wrong_password_is_refused_and_said(
    locked: tuple[EmbeddedBroker | Mosquitto, Path], link: Link, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    own, secret = locked
    wrong = tmp_path / "wrong"
    wrong.write_text("another", encoding="utf-8")
    caplog.set_level(logging.INFO)
    refused = link(settings(own, username="ioc", password=Secret(file=wrong)))
    eventually(lambda: f"the broker at {own.url} refuses" in caplog.text)
    right = link(settings(own, username="ioc", password=Secret(file=secret)))
    eventually(lambda: right.connected)
    assert not refused.connected
    assert "another" not in caplog.text, "no password in the log"


@needs_mosquitto
@pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")
@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")  # paho's, after a handshake that failed
def test_encryption_with_an_authority_of_ones_own(
    tmp_path: Path, topic: str, link: Link, caplog: pytest.LogCaptureFixture
) -> None:
    ca, cert, key = make_certificates(tmp_path)
    own = Mosquitto(tmp_path, lines=("allow_anonymous true", f"certfile {cert}", f"keyfile {key}"), tls=True)
    own.start()
    try:
        acks: list[int] = []
        trusting = link(settings(own, ca_file=ca), on_ack=acks.append)
        eventually(lambda: trusting.connected)
        sent = trusting.send(topic, b"secret", qos=1)
        eventually(lambda: acks == [sent])
        wary = link(settings(own))
        eventually(lambda: "certificate verify failed" in caplog.text)
        assert not wary.connected
        wary.stop()
    finally:
        own.stop()


def test_no_broker_is_said_with_its_address(link: Link, caplog: pytest.LogCaptureFixture) -> None:
    one = link(Broker(url="mqtt://127.0.0.1:9"))
    eventually(lambda: "no connection to the broker at mqtt://127.0.0.1:9" in caplog.text)
    assert "refused" in caplog.text
    assert not one.connected
    assert one.send("test/x", b"", qos=1) is None
