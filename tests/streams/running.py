"""A worker in a thread, stopped at the end whatever happens."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from streams.setup import RunningWorker


@contextmanager
def running(worker: RunningWorker) -> Iterator[RunningWorker]:
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield worker
    finally:
        worker.worker.stop()
        thread.join(15)
        assert not thread.is_alive()
