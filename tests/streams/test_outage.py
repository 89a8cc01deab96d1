"""The broker goes away and comes back empty: worker and API meet again, and the store has every event once."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from benchmarks.viewer import COOKIE, log_in, seconds
from ioc.adapters.broker import LOOPBACK, free_ports
from ioc.demo import PASSWORD, is_ready
from ioc.supervisor import python
from tests.conftest import EmbeddedBroker
from tests.streams.bus import eventually
from tests.streams.rtsp import FakeCamera
from tests.streams.site import Workers, site_text

OUTAGE_S = float(os.environ.get("IOC_TEST_OUTAGE_S", "3"))
"""How long the broker is away."""
SECRET = "mật khẩu của phép thử"


class Api:
    """``ioc serve`` in a process of its own, and what it answers."""

    def __init__(self, folder: Path, broker_url: str) -> None:
        self._port = free_ports(1)[0]
        self._url = f"http://{LOOPBACK}:{self._port}"
        config = folder / "api.yaml"
        more = f"store: {{url: 'sqlite:///api.db'}}\napi: {{port: {self._port}}}\n"
        config.write_text(more + site_text(folder, broker_url, {"cam": "rtsp://127.0.0.1/x"}), encoding="utf-8")
        self._process = subprocess.Popen(
            python("serve", str(config)), env={**os.environ, PASSWORD: SECRET}, stderr=subprocess.DEVNULL
        )
        eventually(lambda: is_ready(self._port), 60)
        self._cookie = log_in(self._url, SECRET)

    def get(self, path: str) -> list[dict[str, Any]]:
        """The items of a list."""
        request = urllib.request.Request(f"{self._url}/api/v1/{path}", headers={"Cookie": f"{COOKIE}={self._cookie}"})
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
            items: list[dict[str, Any]] = json.load(answer)["items"]
            return items

    def counted(self) -> list[float]:
        """Times of the points of the camera's count series, oldest first."""
        return sorted(seconds(c["at"]) for c in self.get("counts?camera=cam&limit=1000"))

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait(30)


@pytest.fixture
def api(tmp_path: Path, own_broker: EmbeddedBroker) -> Iterator[Api]:
    made = Api(tmp_path, own_broker.url)
    yield made
    made.stop()


def test_the_store_has_every_event_of_an_outage_once(
    tmp_path: Path, own_broker: EmbeddedBroker, api: Api, server: FakeCamera
) -> None:
    workers = Workers(tmp_path, own_broker.url)
    rules = "parking: {dwell_s: 1}, crowd: {threshold: 99, count_every_s: 1}"
    stop = workers.start({"cam": server.url("day.mp4")}, rules=rules)
    try:
        eventually(lambda: len(api.counted()) >= 2)
        own_broker.stop()
        before = len(api.counted())
        threading.Event().wait(OUTAGE_S)
        own_broker.start()
        # Reconnecting backs off, so it may take as long as the outage.
        eventually(lambda: len(api.counted()) >= before + OUTAGE_S + 2, 60 + 2 * OUTAGE_S)
        stop()
    finally:
        workers.stop()
    series = api.counted()
    assert len(series) == len(set(series)), "nothing twice"
    assert max(b - a for a, b in pairwise(series)) < 2.5, "every second has its point, those of the outage too"
    (alert,) = api.get("alerts?kind=parking")
    assert alert["camera"] == "cam"
