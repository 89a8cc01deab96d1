"""A clock that stands until it is told."""

from __future__ import annotations


class FrozenClock:
    """Implements ioc.core.ports.Clock."""

    def __init__(self, at=1_700_000_000.0):
        self.at = at

    def now(self):
        return self.at

    def monotonic(self):
        return self.at
