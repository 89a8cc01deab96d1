"""Is this frame worth a detector call? An unchanged picture has the detections of the last one."""

from __future__ import annotations

from dataclasses import dataclass

from streams.thumbnail import Thumbnail


@dataclass(frozen=True, slots=True)
class GateSettings:
    """When to look again."""

    moved: float = 4.0
    """Grey levels by which a block of the picture must differ from the last looked-at one."""
    deadline_s: float = 1.0
    """Look at least this often, whatever the picture says: what moves slowly enough changes nothing from frame to frame."""


class Gate:
    """Remembers the last picture that was looked at."""

    def __init__(self, settings: GateSettings | None = None) -> None:
        self._settings = settings or GateSettings()
        self._seen: Thumbnail | None = None
        self._at = 0.0

    def opens(self, picture: Thumbnail, at: float) -> bool:
        """Whether the picture of time ``at`` (s) is to be looked at; if so it becomes the reference."""
        waited = at - self._at
        due = self._seen is None or not 0 <= waited < self._settings.deadline_s
        if due or self._seen is None or picture.moved(self._seen) >= self._settings.moved:
            self._seen, self._at = picture, at
            return True
        return False

    def distrust(self) -> None:
        """Have the next picture looked at, whatever it shows: what was seen in the last one is not to be kept for long."""
        self._seen = None
