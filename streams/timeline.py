"""Time stamps of a stream become times that rise: capture time for a live camera, stream time for a file. Pure."""

from __future__ import annotations

JUMP_S = 1.0
"""A presentation time this far behind the latest is a restarted clock, not a picture out of order."""
STEP = 1e-6
"""Smallest distance of two pictures, seconds."""


class _Restarts:
    """Tells a restarted clock (a looped file, a rebooted camera) from pictures that are merely out of order."""

    def __init__(self) -> None:
        self._latest: float | None = None
        self._decoding: float | None = None

    def seen(self, media: float, decoding: float | None) -> bool:
        """Take the next time stamp (seconds); true if the stream's clock has jumped back with it."""
        back = self._decoding is not None and decoding is not None and decoding < self._decoding
        back = back or (self._latest is not None and media < self._latest - JUMP_S)
        self._latest = media if back or self._latest is None else max(self._latest, media)
        if decoding is not None or back:
            self._decoding = decoding
        return back


class LiveTimeline:
    """Capture time of a live camera: the stream's own clock laid against the arrivals.

    A picture cannot arrive before it was taken, so the smallest (arrival - stream time) seen is the best guess of the
    offset between the clocks; late packets (bursts, a stalled network) do not move it. The guess may rise by ``leak``
    seconds per second, which follows a camera whose clock runs slow.
    """

    def __init__(self, *, leak: float = 0.001, lag_s: float = 10.0) -> None:
        self._leak = leak
        self._lag = lag_s
        self._offset: float | None = None
        self._arrived = 0.0
        self._media: float | None = None
        self._latest: float | None = None
        self._restarts = _Restarts()
        self.restarts = 0
        """How often the stream's clock or the wall clock has jumped."""

    def place(self, media: float | None, decoding: float | None, arrival: float) -> float:
        """Capture time (s since the epoch) of a picture.

        ``media`` and ``decoding`` are the stream's presentation and decoding time (s) or None, ``arrival`` the wall clock.
        """
        if media is None:
            return self._rising(arrival, arrival)
        if self._restarts.seen(media, decoding):
            self._anew()
        here = arrival - media
        if self._offset is None:
            self._offset = here
        else:
            passed = max(0.0, arrival - self._arrived)
            self._offset = min(self._offset + self._leak * passed, here)
            # Hours behind means that the clock of this machine was set, or that the stream's clock stood still.
            if here - self._offset > self._lag:
                self._anew()
                self._offset = here
        self._arrived = arrival
        at = media + self._offset
        if self._media is not None and media < self._media:
            return at  # out of order: shown before the one that came before it
        self._media = media
        return self._rising(at, arrival)

    def _rising(self, at: float, arrival: float) -> float:
        if self._latest is not None and at <= self._latest:
            if self._latest - arrival > JUMP_S:  # the wall clock was set back: follow it
                self._anew()
            else:
                at = self._latest + STEP
        self._latest = at
        return at

    def _anew(self) -> None:
        self.restarts += 1
        self._offset = None
        self._media = None


class FileTimeline:
    """Stream time of a file: 0 at its first picture, rising; where the file's clock jumps back it goes on without a gap."""

    def __init__(self) -> None:
        self._shift: float | None = None
        self._latest = 0.0
        self._restarts = _Restarts()
        self.restarts = 0
        """How often the file's clock has jumped back."""

    def place(self, media: float | None, decoding: float | None, duration: float) -> float:
        """Seconds since the first picture. Arguments in seconds; ``duration`` is the picture's own, for missing times."""
        time = decoding if media is None else media
        if time is None:
            self._latest = self._latest + duration if self._shift is not None else 0.0
            self._shift = self._shift or 0.0
            return self._latest
        if self._shift is None:
            self._shift = -time
        if self._restarts.seen(time, decoding):
            self.restarts += 1
            self._shift = self._latest + duration - time
        placed = max(0.0, time + self._shift)
        self._latest = max(self._latest, placed)
        return placed
