"""Live pictures for the console: small JPEGs with boxes, sent only while somebody looks."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from typing import Protocol

from ioc.core import wire
from ioc.core.errors import InputError
from ioc.core.ports import Clock, Publisher
from ioc.core.types import Frame, Track
from streams.decoder import Picture
from streams.history import encode_jpeg
from streams.slot import Slot, wait_any

log = logging.getLogger(__name__)

WIDTH = 480
QUALITY = 60
BOXES_S = 1.0
"""Boxes this much older than a picture are not drawn in it: what they stood for has moved on."""


class View(Protocol):
    """What is needed of a camera's reader."""

    view: Slot[Picture]
    viewed: bool


class LivePictures:
    """Compresses and publishes in a thread of its own, whatever the analysis does.

    Pictures come from the readers' ``view`` slots, which share ``ready``; one that comes too fast replaces the one that
    waits.
    """

    def __init__(
        self, site: str, views: Mapping[str, View], publisher: Publisher, *, ready: threading.Condition, clock: Clock
    ) -> None:
        self._site = site
        self._views = views
        self._publisher = publisher
        self._ready = ready
        self._clock = clock
        self._wanted_until = dict.fromkeys(views, 0.0)
        self._seen: dict[str, tuple[float, Sequence[Track]]] = {}
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
        if camera in self._views:
            self._wanted_until[camera] = until
            self._views[camera].viewed = until > self._clock.now()

    def saw(self, camera: str, at: float, tracks: Sequence[Track]) -> None:
        """What the newest analysis saw, in the frame of time ``at``."""
        self._seen[camera] = (at, tracks)

    def _run(self) -> None:
        slots = [v.view for v in self._views.values()]
        while not self._stopping.is_set():
            wait_any(self._ready, slots, 0.5)
            self.work(self._clock.now())

    def work(self, now: float) -> None:
        """Send the pictures that wait, and close the views at which nobody looks any more."""
        for camera, view in self._views.items():
            picture = view.view.take()
            if view.viewed and now >= self._wanted_until[camera]:
                view.viewed = False
            if picture is None or not view.viewed:
                continue
            at, tracks = self._seen.get(camera, (float("-inf"), ()))
            shown = tracks if abs(picture.at - at) <= BOXES_S else ()
            try:
                payload = picture_message(picture.frame(camera, WIDTH), [t for t in shown if t.last_seen >= at])
            except InputError as error:
                log.error("no live picture of %s: %s", camera, error)
                continue
            self._publisher.publish(wire.topic("picture", self._site, camera), payload)
            self.sent += 1


def picture_message(frame: Frame, tracks: Sequence[Track]) -> bytes:
    """A frame and the boxes of tracks as the message of the topic ``picture``."""
    boxes = tuple((t.label, t.id, *t.box.as_tuple()) for t in tracks)
    jpeg = encode_jpeg(frame.image, WIDTH, QUALITY)
    return wire.encode_picture(wire.LivePicture(camera=frame.camera, at=frame.at, boxes=boxes, jpeg=jpeg))
