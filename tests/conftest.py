"""Fixtures that tests of several packages share."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ioc.adapters import broker
from ioc.supervisor import python

START_S = 30.0


class EmbeddedBroker:
    """The embedded broker as ``ioc run`` starts it, in a process of its own, on a free port of this machine.

    ``stop`` and ``start`` let a test take it away and bring it back at the same port, empty.
    """

    def __init__(self, folder: Path) -> None:
        self.host = broker.LOOPBACK
        self.port = broker.free_ports(1)[0]
        self.url = f"mqtt://{self.host}:{self.port}"
        self._config = folder / "broker.yaml"
        self._config.write_text(f"site: {{id: test}}\nbroker: {{url: '{self.url}'}}\n", encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and return when it accepts connections."""
        environment = {**os.environ, "IOC_LIFELINE": "1"}
        self._process = subprocess.Popen(
            python("broker", str(self._config)), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env=environment
        )
        deadline = time.monotonic() + START_S
        while not broker.accepts(self.host, self.port):
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError("the embedded broker did not start")
            time.sleep(0.02)

    def stop(self) -> None:
        """Take it away at once, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            if self._process.stdin is not None:
                self._process.stdin.close()
            self._process = None


@pytest.fixture(scope="session")
def shared_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedBroker]:
    """One embedded broker for all tests that do not stop it; they keep apart by their topics."""
    one = EmbeddedBroker(tmp_path_factory.mktemp("broker"))
    one.start()
    yield one
    one.stop()


@pytest.fixture
def own_broker(tmp_path: Path) -> Iterator[EmbeddedBroker]:
    """An embedded broker for one test, which may stop it and start it again."""
    one = EmbeddedBroker(tmp_path)
    one.start()
    yield one
    one.stop()
