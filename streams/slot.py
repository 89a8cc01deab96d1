"""Hand-over between a camera's thread and the analysis: one place, the latest wins, the loss is counted."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class Slot(Generic[T]):
    """Holds at most one item. Several slots may share one condition, so that a single loop can wait for all of them."""

    def __init__(self, ready: threading.Condition | None = None) -> None:
        self.ready = ready or threading.Condition()
        """Notified whenever an item comes or goes."""
        self._item: T | None = None
        self.stale = 0
        """Items that were replaced before anybody took them."""

    def put(self, item: T) -> None:
        """Lay an item down; one that still lies there is dropped and counted."""
        with self.ready:
            self.stale += self._item is not None
            self._item = item
            self.ready.notify_all()

    def offer(self, item: T, timeout: float) -> bool:
        """Lay an item down when the place is free; false if it has not become free within ``timeout`` seconds."""
        with self.ready:
            if not self.ready.wait_for(lambda: self._item is None, timeout):
                return False
            self._item = item
            self.ready.notify_all()
            return True

    def clear(self) -> None:
        """Drop what lies there; it counts as stale."""
        with self.ready:
            self.stale += self._item is not None
            self._item = None
            self.ready.notify_all()

    def take(self, timeout: float = 0.0) -> T | None:
        """The item, waiting for it up to ``timeout`` seconds; None if there is none."""
        with self.ready:
            if self._item is None and timeout > 0:
                self.ready.wait_for(lambda: self._item is not None, timeout)
            item, self._item = self._item, None
            if item is not None:
                self.ready.notify_all()
            return item

    @property
    def full(self) -> bool:
        """Whether an item lies there."""
        return self._item is not None


def wait_any(ready: threading.Condition, slots: Sequence[Slot[T]], timeout: float) -> bool:
    """Wait up to ``timeout`` seconds until one of the slots, which share ``ready``, is full; whether one is."""
    with ready:
        return ready.wait_for(lambda: any(s.full for s in slots), timeout)
