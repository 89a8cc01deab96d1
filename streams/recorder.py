"""Evidence: an alert's pictures before, during and after, and a clip, each with its SHA-256.

The recorder works in a thread of its own, so that analysis never waits for a disk. An alert leaves at once with what can be
had at once; what comes later follows as an update. Evidence that cannot be written never holds an alert back: the alert
then says what is missing and why.
"""

from __future__ import annotations

import hashlib
import heapq
import logging
import queue
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from typing import Literal, Protocol

from ioc.core import wire
from ioc.core.config import Evidence
from ioc.core.errors import InputError, StorageError
from ioc.core.ports import Clock, EvidenceStore
from ioc.core.types import Alert, AlertEvent, EvidenceItem, Frame, Phase
from streams.clip import Clip
from streams.history import Jpeg, encode_jpeg

log = logging.getLogger(__name__)

LONGEST_CLIP_S = 40.0
MAX_WAITING = 256
Role = Literal["before", "during", "after", "clip"]


class Footage(Protocol):
    """What the recorder needs of a camera."""

    def before(self, at: float) -> Jpeg | None:
        """A picture from before ``at`` (s)."""
        ...

    def picture_at(self, at: float, width: int | None = None) -> Frame | None:
        """The picture nearest to ``at`` (s)."""
        ...

    def clip(self, start: float, end: float) -> Clip:
        """The stream from ``start`` to ``end`` (s). Raises :class:`ioc.core.errors.StorageError`."""
        ...


@dataclass(frozen=True, slots=True)
class Record:
    """What has been told about an open alert."""

    sequence: int = -1
    evidence: tuple[EvidenceItem, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(order=True, slots=True)
class _Due:
    at: float
    number: int
    alert: Alert = field(compare=False)


class Recorder:
    """Takes events, adds their evidence, numbers them and hands them on through ``emit(event)``.

    Events of an alert leave in the order in which they came. The sequence counts what leaves, so that a receiver can keep
    the highest; ids follow from it.
    """

    def __init__(
        self,
        *,
        store: EvidenceStore,
        settings: Evidence,
        cameras: Mapping[str, Footage],
        emit: Callable[[AlertEvent], None],
        clock: Clock,
        records: Mapping[str, Record] | None = None,
    ) -> None:
        self._store = store
        self._settings = settings
        self._cameras = cameras
        self._emit = emit
        self._clock = clock
        self._records: dict[str, Record] = dict(records or {})
        self._latest: dict[str, Alert] = {}
        self._queue: queue.Queue[AlertEvent | None] = queue.Queue(MAX_WAITING)
        self._due: list[_Due] = []
        self._numbers = count()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self.without_evidence = 0
        """Events that left without evidence because too many were waiting."""

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self, wait_s: float = 3.0) -> None:
        """Finish what waits, as far as ``wait_s`` seconds allow. After-pictures that are not yet due are left out."""
        self._queue.put(None)
        self._thread.join(wait_s)

    def records(self) -> dict[str, Record]:
        """What has been told about alerts that are still open, to be kept over a restart."""
        with self._lock:
            return dict(self._records)

    def submit(self, event: AlertEvent) -> None:
        """Take an event; returns at once."""
        try:
            self._queue.put_nowait(event)
        except queue.Full:
            self.without_evidence += 1
            log.error("too many events wait for their evidence; alert %s leaves without", event.alert.id)
            self._tell(event, (), ("too many events at once",))

    def _run(self) -> None:
        while True:
            wait = max(0.0, self._due[0].at - self._clock.now()) if self._due else None
            try:
                event = self._queue.get(timeout=wait)
            except queue.Empty:
                self.work_off(self._clock.now())
                continue
            if event is None:
                return
            try:
                self.handle(event)
            except Exception:  # outermost loop of the thread: one event's fault must not end the recording
                log.exception("evidence of alert %s failed", event.alert.id)
                self._tell(event, (), ("internal error, see the log",))
            self.work_off(self._clock.now())

    def handle(self, event: AlertEvent) -> None:
        """Write what an event needs at once and hand it on."""
        items: list[EvidenceItem] = []
        missing: list[str] = []
        footage = self._cameras.get(event.alert.camera)
        if event.phase is Phase.OPENED and footage is not None:
            self._before(footage, event.alert, items, missing)
            self._picture(footage, event.alert, "during", event.at, items, missing)
            due = event.at + self._settings.after_s
            heapq.heappush(self._due, _Due(due, next(self._numbers), event.alert))
        self._tell(event, tuple(items), tuple(missing))

    def work_off(self, now: float) -> None:
        """Write the after-pictures and clips that are due at ``now`` (s)."""
        while self._due and self._due[0].at <= now:
            self._after(heapq.heappop(self._due).alert, now)

    def _after(self, alert: Alert, now: float) -> None:
        items: list[EvidenceItem] = []
        missing: list[str] = []
        footage = self._cameras[alert.camera]
        end = alert.opened_at + self._settings.after_s
        if alert.kind == "camera" and alert.subject == "lost":
            end = alert.started_at  # what was last seen; nothing can come after it
        else:
            self._picture(footage, alert, "after", end, items, missing)
        start = max(_began(alert) - self._settings.before_s, end - LONGEST_CLIP_S)
        try:
            clip = footage.clip(start, end)
            items.append(self._write(alert, "clip", clip.extension, clip.media_type, clip.data, clip.start, clip.duration))
        except StorageError as error:
            missing.append(f"clip: {error}")
        with self._lock:
            latest = self._latest.get(alert.id, alert)
        event = AlertEvent(id="", phase=Phase.UPDATED, sequence=0, at=now, alert=latest)
        self._tell(event, tuple(items), tuple(missing))

    def _before(self, footage: Footage, alert: Alert, items: list[EvidenceItem], missing: list[str]) -> None:
        picture = footage.before(_began(alert)) or footage.before(alert.started_at)
        if picture is None:
            missing.append("before: the camera was not yet watched when it began")
            return
        try:
            items.append(self._write(alert, "before", "jpg", "image/jpeg", picture.data, picture.at))
        except StorageError as error:
            missing.append(f"before: {error}")

    def _picture(
        self, footage: Footage, alert: Alert, role: Role, at: float, items: list[EvidenceItem], missing: list[str]
    ) -> None:
        if alert.kind == "camera" and alert.subject == "lost":
            return
        frame = footage.picture_at(at, self._settings.width)
        if frame is None:
            missing.append(f"{role}: the camera gave no picture")
            return
        try:
            data = encode_jpeg(frame.image, self._settings.width)
            items.append(self._write(alert, role, "jpg", "image/jpeg", data, frame.at))
        except (StorageError, InputError) as error:
            missing.append(f"{role}: {error}")

    def _write(
        self, alert: Alert, role: Role, suffix: str, media_type: str, data: bytes, at: float, duration: float | None = None
    ) -> EvidenceItem:
        day = datetime.fromtimestamp(alert.opened_at, UTC).strftime("%Y/%m/%d")
        key = f"{alert.site}/{alert.camera}/{day}/{alert.id}/{role}.{suffix}"
        self._store.put(key, data, media_type)
        return EvidenceItem(
            role=role,
            key=key,
            media_type=media_type,
            sha256=hashlib.sha256(data).hexdigest(),
            bytes=len(data),
            at=at,
            duration=duration,
        )

    def _tell(self, event: AlertEvent, items: tuple[EvidenceItem, ...], missing: tuple[str, ...]) -> None:
        with self._lock:
            record = self._records.get(event.alert.id, Record())
            record = Record(record.sequence + 1, (*record.evidence, *items), (*record.missing, *missing))
            alert = replace(event.alert, evidence=record.evidence, evidence_missing="; ".join(record.missing) or None)
            ended = alert.closed_at is not None
            waits = any(d.alert.id == alert.id for d in self._due)
            if ended and not waits:
                self._records.pop(alert.id, None)
                self._latest.pop(alert.id, None)
            else:
                self._records[alert.id] = record
                self._latest[alert.id] = event.alert
        told = replace(
            event,
            id=wire.event_id(alert.id, event.phase, record.sequence),
            sequence=record.sequence,
            alert=alert,
        )
        self._emit(told)


def _began(alert: Alert) -> float:
    """When the place was last as usual: an alert starts as its culprit leaves, and they were in the picture before."""
    came = alert.detail.get("came_at")
    return min(alert.started_at, came) if isinstance(came, int | float) else alert.started_at
