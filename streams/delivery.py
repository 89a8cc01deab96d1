"""From the outbox to the broker: a row goes when the broker has acknowledged its message."""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable
from typing import Protocol

from ioc.core.errors import StorageError
from ioc.core.ports import Outbox
from ioc.core.wire import CLOUD_EVENT

log = logging.getLogger(__name__)

IN_FLIGHT = 40
RESEND_S = 20.0
"""Messages in flight that long without an acknowledgement are sent again; the receiver knows a repeat by its id."""


class Link(Protocol):
    """What delivery needs of the connection."""

    @property
    def connected(self) -> bool:
        """Whether the broker answers."""
        ...

    def send(
        self, topic: str, payload: bytes, *, qos: int = 0, retain: bool = False, content_type: str | None = None
    ) -> int | None:
        """Message id, or None if it was not sent."""
        ...


class Delivery:
    """The logic of the pump, without a thread of its own.

    One thread calls :meth:`pump`. The link's thread calls :meth:`acknowledged` and :meth:`reconnected`, which only leave a
    note: the link may hold a lock of its own then that sending needs.
    """

    def __init__(self, outbox: Outbox, link: Link, listens: Callable[[], bool] = lambda: True) -> None:
        """``listens`` says whether somebody takes events now; until then they wait."""
        self._outbox = outbox
        self._link = link
        self._listens = listens
        self._notes: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        """Message ids that were acknowledged; None stands for a new connection."""
        self._flying: dict[int, tuple[int, float]] = {}
        """Message id -> (row, time of sending)."""
        self._sent_up_to = 0
        self.delivered = 0

    def acknowledged(self, mid: int) -> None:
        """The broker has the message."""
        self._notes.put(mid)

    def reconnected(self) -> None:
        """Whatever was in flight may be lost: begin again with the oldest row."""
        self._notes.put(None)

    def pump(self, now: float) -> int:
        """Send rows while the connection stands and few enough are in flight; ``now`` is monotonic seconds. Rows sent."""
        self._take_notes()
        if not (self._link.connected and self._listens()):
            return 0
        if any(now - sent > RESEND_S for _, sent in self._flying.values()):
            self._begin_again()
        room = IN_FLIGHT - len(self._flying)
        sent = 0
        for row, topic, payload in self._outbox.pending(self._sent_up_to, room) if room > 0 else ():
            mid = self._link.send(topic, payload, qos=1, content_type=CLOUD_EVENT)
            if mid is None:
                break
            self._flying[mid] = (row, now)
            self._sent_up_to = row
            sent += 1
        return sent

    def _take_notes(self) -> None:
        while True:
            try:
                mid = self._notes.get_nowait()
            except queue.Empty:
                return
            if mid is None:
                self._begin_again()
            elif mid in self._flying:  # an unknown one is the echo of a connection that broke
                row, _ = self._flying.pop(mid)
                self._done(row)

    def _begin_again(self) -> None:
        self._flying.clear()
        self._sent_up_to = 0

    def _done(self, row: int) -> None:
        try:
            self._outbox.done(row)
        except StorageError as error:
            # The broker has the message; the row goes out once more after a restart and the receiver knows it by its id.
            log.error("%s", error)
        self.delivered += 1
