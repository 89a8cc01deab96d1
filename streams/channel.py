"""One stream kept alive: connect, read, and after a failure wait and connect again, on a thread of its own."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator
from contextlib import closing

from ioc.core.errors import SourceError
from ioc.core.ports import Clock
from streams.backoff import Backoff
from streams.sample import Sample

log = logging.getLogger(__name__)

Pause = Callable[[threading.Event, float], bool]
"""Waits some seconds or until the event is set; whether it is set."""


def pause(stopping: threading.Event, seconds: float) -> bool:
    """:data:`Pause` in real time."""
    return stopping.wait(seconds)


class Channel:
    """Reads one stream until told to stop. Everything it finds goes to the callbacks, on its own thread."""

    def __init__(
        self,
        name: str,
        *,
        connect: Callable[[], Generator[Sample]],
        again: bool,
        handle: Callable[[Sample], None],
        lost: Callable[[SourceError], None],
        clock: Clock,
        backoff: Backoff,
        pause: Pause = pause,
    ) -> None:
        self._connect = connect
        self._again = again
        self._handle = handle
        self._lost = lost
        self._clock = clock
        self._backoff = backoff
        self._pause = pause
        self.stopping = threading.Event()
        """Set when the thread shall end."""
        self.faults = 0
        """Errors that nobody foresaw, counted; each is in the log."""
        # A daemon: FFmpeg cannot be interrupted while it waits for a silent camera, and the process must end in time.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def join(self, timeout: float) -> bool:
        """Wait for the thread up to ``timeout`` seconds; whether it has ended."""
        if self._thread.ident is not None:
            self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        attempt = 0
        while not self.stopping.is_set():
            began = self._clock.monotonic()
            error, read = self._read()
            if error is None:
                return
            self._lost(error)
            if read and not self._again:
                return  # a file has been read to its end, whole or not
            if read and self._clock.monotonic() - began >= self._backoff.stable_s:
                attempt = 0
            attempt += 1
            if self._pause(self.stopping, self._backoff.wait(attempt, error.reason)):
                return

    def _read(self) -> tuple[SourceError | None, bool]:
        """Why the stream broke, None when told to stop; and whether anything came."""
        read = False
        try:
            with closing(self._connect()) as samples:
                for sample in samples:
                    if self.stopping.is_set():
                        return None, read
                    read = True
                    self._handle(sample)
        except SourceError as error:
            return error, read
        except Exception as error:  # the thread's outermost loop: one camera's surprise must not end it
            self.faults += 1
            log.exception("%s: unexpected error", self._thread.name)
            return SourceError("undecodable", f"unexpected {type(error).__name__}; see the log"), read
        return SourceError("ended", "the file has ended"), read
