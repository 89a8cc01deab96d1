"""Live pictures for the console: small JPEGs with boxes, sent only while somebody looks."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence

from ioc.core import wire
from ioc.core.errors import InputError
from ioc.core.ports import Publisher
from ioc.core.types import Frame, Track
from streams.decoder import Pacer
from streams.history import encode_jpeg
from streams.slot import Slot, wait_any

log = logging.getLogger(__name__)

WIDTH = 480
QUALITY = 60


class LivePictures:
    """Compresses and publishes in a thread of its own; a picture that comes too fast replaces the one that waits."""

    def __init__(self, site: str, rates: Mapping[str, float], publisher: Publisher) -> None:
        """``rates`` maps each camera to its pictures per second at most."""
        self._site = site
        self._publisher = publisher
        self._ready = threading.Condition()
        self._slots: dict[str, Slot[tuple[Frame, Sequence[Track]]]] = {c: Slot(self._ready) for c in rates}
        self._pacers = {c: Pacer(rate) for c, rate in rates.items()}
        self._wanted_until = dict.fromkeys(rates, 0.0)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pictures", daemon=True)
        self.sent = 0

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """Stop sending."""
        self._stopping.set()
        with self._ready:
            self._ready.notify_all()
        self._thread.join(2.0)

    def want(self, camera: str, until: float) -> None:
        """Somebody looks at the camera until ``until`` (s since the epoch); an unknown camera is another worker's."""
        if camera in self._wanted_until:
            self._wanted_until[camera] = until

    def offer(self, frame: Frame, tracks: Sequence[Track], now: float) -> None:
        """Show a frame with what was seen in it, if somebody looks and one is due. Returns at once."""
        if now < self._wanted_until[frame.camera] and self._pacers[frame.camera].take(frame.at):
            self._slots[frame.camera].put((frame, tracks))

    def _run(self) -> None:
        while not self._stopping.is_set():
            wait_any(self._ready, list(self._slots.values()), 0.5)
            for camera, slot in self._slots.items():
                waiting = slot.take()
                if waiting is None:
                    continue
                try:
                    payload = picture_message(*waiting)
                except InputError as error:
                    log.error("no live picture of %s: %s", camera, error)
                    continue
                self._publisher.publish(wire.topic("picture", self._site, camera), payload)
                self.sent += 1


def picture_message(frame: Frame, tracks: Sequence[Track]) -> bytes:
    """A frame and the tracks that are seen in it now, as the message of the topic ``picture``."""
    boxes = tuple((t.label, t.id, *t.box.as_tuple()) for t in tracks if t.last_seen >= frame.at)
    jpeg = encode_jpeg(frame.image, WIDTH, QUALITY)
    return wire.encode_picture(wire.LivePicture(camera=frame.camera, at=frame.at, boxes=boxes, jpeg=jpeg))
