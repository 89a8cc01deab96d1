"""The machine's clock."""

from __future__ import annotations

import time


class SystemClock:
    """:class:`ioc.core.ports.Clock` on the operating system's clocks."""

    def now(self) -> float:
        """Seconds since the Unix epoch (UTC)."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that never jump."""
        return time.monotonic()
