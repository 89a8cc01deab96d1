"""A client of the operations API that notes when each event reaches it, over the connection that consoles use."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http.cookies import SimpleCookie
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from ioc.core.errors import InputError

USER = "admin"
COOKIE = "ioc_session"
JsonObject = Mapping[str, Any]


@dataclass(slots=True)
class Sightings:
    """What came. Times are seconds since the epoch."""

    counts: list[tuple[float, float]] = field(default_factory=list)
    """(capture time, arrival) of each point of a count series."""
    alerts: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Alert -> (time of the frame that opened it, first arrival)."""
    statuses: dict[str, list[JsonObject]] = field(default_factory=dict)
    """Camera -> its statuses, oldest first; each with ``seconds``, the time it was sent."""

    def take(self, message: JsonObject, now: float) -> None:
        """Note one message of the live connection that came at ``now``."""
        match message.get("type"):
            case "count":
                self.counts.append((seconds(message["count"]["at"]), now))
            case "alert":
                alert = message["alert"]
                self.alerts.setdefault(alert["id"], (seconds(alert["opened_at"]), now))
            case "camera":
                status = message["status"]
                self.statuses.setdefault(message["camera"], []).append({**status, "seconds": seconds(status["at"])})


def seconds(text: str) -> float:
    """An RFC 3339 time as seconds since the epoch."""
    return datetime.fromisoformat(text).timestamp()


def log_in(url: str, password: str) -> str:
    """The session cookie's value. Raises :class:`InputError`."""
    body = json.dumps({"username": USER, "password": password}).encode()
    request = urllib.request.Request(f"{url}/api/v1/session", body, {"Content-Type": "application/json"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=30) as answer:
            jar = SimpleCookie(answer.headers.get("Set-Cookie", ""))
    except OSError as error:
        raise InputError(f"cannot log in at {url}: {error}") from error
    if COOKIE not in jar:
        raise InputError(f"cannot log in at {url}: the answer holds no session")
    return jar[COOKIE].value


async def watch(url: str, cookie: str, seen: Sightings) -> None:
    """Note what the live connection says until cancelled. Raises :class:`InputError` when it breaks."""
    address = f"{url.replace('http', 'ws', 1)}/api/v1/live"
    try:
        async with connect(address, additional_headers={"Cookie": f"{COOKIE}={cookie}"}, proxy=None) as connection:
            await _note(connection, seen)
    except (OSError, WebSocketException) as error:
        raise InputError(f"the live connection to {url} broke: {error}") from error
    raise InputError(f"the API at {url} ended the live connection")


async def _note(connection: ClientConnection, seen: Sightings) -> None:
    async for text in connection:
        now = time.time()
        if isinstance(text, str):
            seen.take(json.loads(text), now)


async def until_live(seen: Sightings, cameras: frozenset[str], timeout_s: float) -> bool:
    """Wait until every camera gives pictures; whether they do within ``timeout_s`` seconds."""

    def live() -> bool:
        return all(seen.statuses.get(c) and seen.statuses[c][-1]["state"] != "lost" for c in cameras)

    try:
        async with asyncio.timeout(timeout_s):
            while not live():
                await asyncio.sleep(0.1)
    except TimeoutError:
        return False
    return True
