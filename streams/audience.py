"""Whether somebody listens who stores events.

The embedded broker forgets its sessions when it restarts. A worker that is back before the operations API would then
deliver its events to nobody, and the broker would acknowledge them. So events wait in the outbox until a retained status
says that an API has subscribed, but not for ever: a system without an API has listeners of its own.
"""

from __future__ import annotations

import logging
import threading

from ioc.core import wire
from ioc.core.errors import WireError
from ioc.core.ports import Clock

log = logging.getLogger(__name__)

PATIENCE_S = 30.0
API = "api-"
"""What the name of an operations API begins with, in the topic of its status."""


class Audience:
    """Fed by the link's thread, asked by the one that delivers."""

    def __init__(self, clock: Clock, *, patience_s: float = PATIENCE_S) -> None:
        """``patience_s``: seconds after a connect from which on events leave whoever listens."""
        self._clock = clock
        self._patience_s = patience_s
        self._lock = threading.Lock()
        self._since = clock.monotonic()
        self._online: set[str] = set()

    def reconnected(self) -> None:
        """A new connection: what was known may be over, and the broker tells it anew."""
        with self._lock:
            self._since = self._clock.monotonic()
            self._online.clear()

    def take(self, topic: str, payload: bytes) -> None:
        """A message of the topic ``worker``; a malformed one is logged and nothing else."""
        try:
            status = wire.decode_worker(payload)
        except WireError as error:
            log.warning("%s: %s", topic, error)
            return
        if not status.worker.startswith(API):
            return
        with self._lock:
            if status.state == "online":
                self._online.add(status.worker)
            else:
                self._online.discard(status.worker)

    @property
    def listens(self) -> bool:
        """Whether events may leave."""
        with self._lock:
            return bool(self._online) or self._clock.monotonic() - self._since >= self._patience_s
