"""The live hub: one bounded queue per connected console.

Alerts are never dropped silently: a client whose queue is full is told to come back (close code 1013) and reads the list
again. Everything else is the latest value of its key and replaces what was not sent yet; pictures go out last.
All methods belong to the event loop's thread, except :meth:`Hub.call`.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from api.metrics import Metrics
from api.present import shown_to
from api.schemas import AlertOut, CameraStatusOut, CountOut
from ioc.core.ports import Clock
from ioc.core.wire import iso

log = logging.getLogger("ioc.api.live")

PING_S = 5.0
TOTALS_S = 1.0
"""Totals are counted anew at most this often, seconds."""
SHARE = 10
"""A large store takes longer to count: then it is counted less often, so that this stays under a tenth of the time."""
QUEUE = 1000
"""Alerts that may wait for one client."""
Visible = frozenset[str] | None
"""Cameras somebody may see; None means all."""


class LiveClient:
    """One connection's outgoing messages and what it watches."""

    def __init__(
        self, *, user_id: int, visible: Visible, police: bool = False, expires_at: float | None = None, limit: int = QUEUE
    ) -> None:
        self.user_id = user_id
        self.visible = visible
        self.police = police
        self.expires_at = expires_at
        self.watching: frozenset[str] = frozenset()
        self.dropped_pictures = 0
        self.overflowed = asyncio.Event()
        self.ended = asyncio.Event()
        self._limit = limit
        self._queue: deque[str] = deque()
        self._latest: dict[tuple[str, ...], str] = {}
        self._pictures: dict[str, bytes] = {}
        self._wake = asyncio.Event()

    def sees(self, camera: str) -> bool:
        """Whether the account may see the camera."""
        return self.visible is None or camera in self.visible

    def push(self, text: str) -> None:
        """Queue a message that must arrive; a full queue marks the client as overflowed."""
        if len(self._queue) >= self._limit:
            self._queue.clear()
            self.overflowed.set()
        elif not self.overflowed.is_set():
            self._queue.append(text)
            self._wake.set()

    def push_latest(self, key: tuple[str, ...], text: str) -> None:
        """Queue a value that replaces an unsent one of the same key."""
        self._latest[key] = text
        self._wake.set()

    def push_picture(self, camera: str, payload: bytes) -> None:
        """Queue a picture in place of an unsent one of the same camera."""
        self.dropped_pictures += camera in self._pictures
        self._pictures[camera] = payload
        self._wake.set()

    async def next(self) -> str | bytes:
        """The next message to send: what must arrive, then latest values, then pictures."""
        while True:
            if self._queue:
                return self._queue.popleft()
            if self._latest:
                return self._latest.pop(next(iter(self._latest)))
            if self._pictures:
                return self._pictures.pop(next(iter(self._pictures)))
            self._wake.clear()
            await self._wake.wait()

    def watch(self, cameras: Iterable[str]) -> None:
        """Replace the watched cameras; those that the account may not see are left out."""
        self.watching = frozenset(c for c in cameras if self.sees(c))
        self._pictures = {c: p for c, p in self._pictures.items() if c in self.watching}


class Hub:
    """All live connections of this process."""

    def __init__(
        self,
        clock: Clock,
        metrics: Metrics,
        load_totals: Callable[[Visible], Mapping[str, Any]],
        *,
        pace: float = TOTALS_S,
    ) -> None:
        """``load_totals`` counts alerts of some cameras and may block; ``pace`` is the least time between two counts, s."""
        self._clock, self._metrics, self._load_totals, self._pace = clock, metrics, load_totals, pace
        self._clients: set[LiveClient] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._dirty = asyncio.Event()
        self.interest_changed = asyncio.Event()

    def join(self, client: LiveClient) -> None:
        """A console has connected."""
        self._clients.add(client)
        self._metrics.live_clients.set(len(self._clients))

    def leave(self, client: LiveClient) -> None:
        """A console has gone."""
        self._clients.discard(client)
        self._metrics.live_clients.set(len(self._clients))
        self._metrics.live_dropped.inc(client.dropped_pictures)
        self.interest_changed.set()

    def watch(self, client: LiveClient, cameras: Iterable[str]) -> None:
        """A console shows other cameras than before."""
        client.watch(cameras)
        self.interest_changed.set()

    def wanted(self) -> frozenset[str]:
        """Cameras that somebody watches."""
        return frozenset[str]().union(*(c.watching for c in self._clients))

    def alerts(self, alerts: Iterable[AlertOut]) -> None:
        """Alerts are new or have changed."""
        for alert in alerts:
            text, shown = _alert_text(alert), shown_to(alert, police=False)
            masked = text if shown is alert else _alert_text(shown)
            for client in self._clients:
                if client.sees(alert.camera):
                    client.push(text if client.police else masked)
        self._dirty.set()

    def camera(self, camera: str, status: CameraStatusOut) -> None:
        """A camera's health was reported."""
        text = f'{{"type":"camera","camera":{json.dumps(camera)},"status":{status.model_dump_json()}}}'
        for client in self._clients:
            if client.sees(camera):
                client.push_latest(("camera", camera), text)

    def count(self, count: CountOut) -> None:
        """A point of a count series came in."""
        text = f'{{"type":"count","count":{count.model_dump_json()}}}'
        for client in self._clients:
            if client.sees(count.camera):
                client.push_latest(("count", count.camera, count.zone or "", count.label), text)

    def picture(self, camera: str, payload: bytes) -> None:
        """A live picture came in; ``payload`` goes out as it is."""
        for client in self._clients:
            if camera in client.watching:
                client.push_picture(camera, payload)

    def end_user(self, user_id: int) -> None:
        """End the connections of an account that was changed or logged out; what may still look connects again."""
        for client in self._clients:
            if client.user_id == user_id:
                client.ended.set()

    def call(self, function: Callable[..., None], *args: Any) -> None:
        """Run one of the other methods from any thread, later."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function, *args)

    def ping(self) -> None:
        """Tell every console the server's time, and end logins whose time is over."""
        now = self._clock.now()
        text = json.dumps({"type": "ping", "server_time": iso(now)})
        for client in self._clients:
            client.push_latest(("ping",), text)
            if client.expires_at is not None and client.expires_at <= now:
                client.ended.set()

    async def push_totals(self) -> None:
        """Count anew, once for every set of cameras that is watched, and tell everybody."""
        groups: dict[Visible, list[LiveClient]] = {}
        for client in self._clients:
            groups.setdefault(client.visible, []).append(client)
        for visible, clients in groups.items():
            totals = await asyncio.to_thread(self._load_totals, visible)
            text = json.dumps({"type": "totals", "totals": totals})
            for client in clients:
                client.push_latest(("totals",), text)

    async def run(self) -> None:
        """Pings and totals, until cancelled."""
        self._loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._pinging(), name="live-ping")
            group.create_task(self._counting(), name="live-totals")

    async def _pinging(self) -> None:
        while True:
            await asyncio.sleep(PING_S)
            self.ping()

    async def _counting(self) -> None:
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            started = self._clock.monotonic()
            try:
                await self.push_totals()
            except SQLAlchemyError as error:
                self._metrics.store_faults.inc()
                log.error("totals could not be counted: %s", error)
                self._dirty.set()
            await asyncio.sleep(max(self._pace, SHARE * (self._clock.monotonic() - started)))


def _alert_text(alert: AlertOut) -> str:
    return f'{{"type":"alert","alert":{alert.model_dump_json()}}}'
