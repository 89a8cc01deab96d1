"""Mosquitto in a process of its own, a subscriber that remembers everything, and certificates, for tests of MQTT."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from ioc.adapters.broker import LOOPBACK, accepts, free_ports

WAIT_S = 30.0
MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
OPENSSL = shutil.which("openssl")


class Mosquitto:
    """The real broker with a configuration of its own, on a free port of this machine; everything in ``folder``."""

    def __init__(self, folder: Path, *, lines: Sequence[str] = ("allow_anonymous true",), tls: bool = False) -> None:
        assert MOSQUITTO is not None, "ask for the fixture, which skips where it is not installed"
        self.port = free_ports(1)[0]
        self.url = f"mqtt{'s' if tls else ''}://{'localhost' if tls else LOOPBACK}:{self.port}"
        self._log = folder / "mosquitto.log"
        self._config = folder / "mosquitto.conf"
        # Started by root it would become another user, who may not read the test's folder.
        own = [f"listener {self.port} {LOOPBACK}", "user root", "persistence false", *lines]
        self._config.write_text("\n".join(own) + "\n", encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and return when it accepts connections."""
        assert MOSQUITTO is not None
        with self._log.open("ab") as log:
            self._process = subprocess.Popen([MOSQUITTO, "-c", str(self._config)], stdout=log, stderr=log)
        deadline = time.monotonic() + WAIT_S
        while not accepts(LOOPBACK, self.port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"mosquitto did not start:\n{self._log.read_text(encoding='utf-8')}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Take it away at once, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@dataclass(frozen=True)
class Got:
    """A message that arrived."""

    topic: str
    payload: bytes
    retained: bool
    content_type: str | None


class Subscriber:
    """Subscribes to one filter with QoS 1, on a broker of this machine without accounts."""

    def __init__(self, port: int, pattern: str, protocol: MQTTProtocolVersion = MQTTProtocolVersion.MQTTv5) -> None:
        self.got: list[Got] = []
        self._changed = threading.Condition()
        self._subscribed = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id=f"test-{uuid.uuid4()}", protocol=protocol)
        self._client.on_connect = lambda client, *_: client.subscribe(pattern, qos=1)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._take
        self._client.connect(LOOPBACK, port)
        self._client.loop_start()
        assert self._subscribed.wait(WAIT_S), "no broker"

    def until(self, true: Callable[[], bool]) -> None:
        """Wait until a condition on what has come holds."""
        with self._changed:
            assert self._changed.wait_for(true, WAIT_S), f"waited in vain; got {self.got}"

    def payloads(self) -> list[bytes]:
        """What has come, in order."""
        return [one.payload for one in self.got]

    def close(self) -> None:
        """Leave."""
        self._client.disconnect()
        self._client.loop_stop()

    def _take(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        kind = getattr(message.properties, "ContentType", None)
        with self._changed:
            self.got.append(Got(message.topic, bytes(message.payload), message.retain, kind))
            self._changed.notify_all()


def make_certificates(folder: Path) -> tuple[Path, Path, Path]:
    """A certificate authority, and a certificate and key for ``localhost`` that it signed."""
    ca, ca_key, cert, key, request, names = (
        folder / name for name in ("ca.crt", "ca.key", "server.crt", "server.key", "server.csr", "names.cnf")
    )
    names.write_text("subjectAltName = DNS:localhost\n", encoding="utf-8")
    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    _openssl("req", "-x509", *new, "-keyout", ca_key, "-out", ca, "-subj", "/CN=Test CA", "-days", "2")
    _openssl("req", *new, "-keyout", key, "-out", request, "-subj", "/CN=localhost")
    signed = ("-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-days", "2", "-extfile", names)
    _openssl("x509", "-req", "-in", request, "-out", cert, *signed)
    return ca, cert, key


def _openssl(*args: str | Path) -> None:
    assert OPENSSL is not None
    subprocess.run([OPENSSL, *map(str, args)], check=True, capture_output=True)


def eventually(true: Callable[[], bool]) -> None:
    """Wait for what nobody tells about."""
    deadline = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)
