"""No orphans: a process that ``ioc run`` started ends when ``ioc run`` is gone, however that went.

The launcher keeps the writing end of each child's standard input; the system closes it with the launcher, also after a
SIGKILL. The child reads it in a thread and then stops itself as if it had been asked to.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Mapping

VARIABLE = "IOC_LIFELINE"
"""Environment variable that tells a child to watch its standard input."""
GRACE_S = 15.0
"""Seconds that a child has for an orderly stop before it is ended."""
STDIN = 0


def hold(environment: Mapping[str, str], stop: Callable[[], None] | None = None) -> threading.Thread | None:
    """Start to watch standard input if the environment asks for it; returns the thread then.

    ``stop`` is called, from that thread, when the launcher is gone; by default it ends this process.
    """
    if environment.get(VARIABLE) != "1":
        return None
    thread = threading.Thread(target=_watch, args=(stop or _end,), name="lifeline", daemon=True)
    thread.start()
    return thread


def _watch(stop: Callable[[], None]) -> None:
    try:
        while os.read(STDIN, 64):
            pass
    except OSError:  # closed under us: the launcher is gone all the same
        pass
    stop()


def _end() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_S)
    os._exit(1)
