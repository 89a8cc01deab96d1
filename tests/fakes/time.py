"""A clock that stands still until a test moves it."""

from __future__ import annotations


class FrozenClock:
    """Implements ioc.core.ports.Clock."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.at = now

    def now(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at

    def advance(self, seconds: float) -> None:
        self.at += seconds
