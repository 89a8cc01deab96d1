"""The last seconds of a stream, compressed, so that evidence from before an alert exists."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field

from streams.sample import Sample


@dataclass(slots=True)
class _Group:
    """A key sample and those that depend on it (a group of pictures)."""

    samples: list[Sample]
    bytes: int = 0
    latest: float = field(default=float("-inf"))

    def add(self, sample: Sample) -> None:
        self.samples.append(sample)
        self.bytes += len(sample.data)
        self.latest = max(self.latest, sample.at)

    @property
    def start(self) -> float:
        return self.samples[0].at


class PacketRing:
    """Samples of one stream, at least the last ``seconds`` of them as long as they fit into ``max_bytes``.

    Whole groups of pictures leave it, so that what it holds can be decoded from its first sample on. Any thread may use it.
    """

    def __init__(self, *, seconds: float, max_bytes: int) -> None:
        if seconds <= 0 or max_bytes <= 0:
            raise ValueError(f"a ring needs a positive length and size, got {seconds!r} s and {max_bytes!r} bytes")
        self._seconds = seconds
        self._max_bytes = max_bytes
        self._groups: deque[_Group] = deque()
        self._bytes = 0
        self._lock = threading.Lock()
        self.evicted_for_size = 0
        """Groups that left before their time because of ``max_bytes``: evidence is shorter than asked for."""

    def append(self, sample: Sample) -> None:
        """Add the next sample, in decoding order. Samples before the first key sample are of no use and are not kept."""
        with self._lock:
            if sample.key:
                self._groups.append(_Group([]))
            elif not self._groups:
                return
            self._groups[-1].add(sample)
            self._bytes += len(sample.data)
            self._evict(self._groups[-1].latest)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._groups.clear()
            self._bytes = 0

    @property
    def bytes(self) -> int:
        """Size of the samples held."""
        return self._bytes

    @property
    def span(self) -> tuple[float, float] | None:
        """(earliest, latest) capture time held, seconds since the epoch, or None while empty."""
        with self._lock:
            return (self._groups[0].start, max(g.latest for g in self._groups)) if self._groups else None

    def between(self, start: float, end: float) -> list[Sample]:
        """Samples for the time from ``start`` to ``end`` (s), in decoding order, from the key sample at or before ``start``.

        Where the ring begins later, from its first key sample. Empty if nothing of that time is held.
        """
        with self._lock:
            groups = list(self._groups)
            samples = [list(g.samples) for g in groups]
        first = max((i for i, g in enumerate(groups) if g.start <= start), default=0)
        if not groups or groups[0].start > end or max(g.latest for g in groups[first:]) < start:
            return []
        picked: list[Sample] = []
        for group in samples[first:]:
            if group[0].at > end:
                break
            picked += group
        # Within the last group samples after the last wanted one (in decoding order) go; those it depends on stay.
        while picked and picked[-1].at > end:
            picked.pop()
        return picked

    def group_at(self, at: float) -> list[Sample]:
        """The group of pictures that holds the time ``at`` (s), or the nearest one; empty while the ring is."""
        with self._lock:
            if not self._groups:
                return []
            before = [g for g in self._groups if g.start <= at]
            return list((before[-1] if before else self._groups[0]).samples)

    def _evict(self, now: float) -> None:
        while len(self._groups) > 1 and (
            self._bytes > self._max_bytes or self._groups[1].start <= now - self._seconds or self._groups[0].start > now
        ):
            self.evicted_for_size += self._bytes > self._max_bytes
            self._bytes -= self._groups.popleft().bytes
        if self._bytes > self._max_bytes:  # one endless group: without its start the rest is worthless
            self.evicted_for_size += 1
            self._groups.clear()
            self._bytes = 0
