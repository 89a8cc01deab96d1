"""A worker: several cameras in one process, one analysis loop that takes the freshest frames."""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from ioc.core import wire
from ioc.core.config import Camera, Config
from ioc.core.errors import StorageError, WireError
from ioc.core.ports import Clock, EvidenceStore, Outbox, StreamHealth
from ioc.core.types import AlertEvent, CameraState, CameraStatus, Count, Frame, PlateRead, WorkerStatus
from streams.clip import Clip
from streams.delivery import Delivery, Link
from streams.history import Jpeg, PictureHistory
from streams.keeping import Kept, load, save
from streams.pictures import LivePictures
from streams.pipeline import Analysis, AnalysisError, CameraAnalysis
from streams.plate_recorder import PlateRecorder
from streams.reader import CameraReader
from streams.recorder import Recorder
from streams.slot import wait_any
from streams.status import Work, camera_status

log = logging.getLogger(__name__)

TICK_S = 0.25
STATUS_S = 2.0
KEEP_S = 5.0
BLIND_S = 1.0
FAULT_SHOWN_S = 10.0


@dataclass(slots=True)
class Watched:
    """One camera and what is known of it. Implements :class:`streams.recorder.Footage`."""

    camera: Camera
    reader: CameraReader
    analysis: CameraAnalysis
    history: PictureHistory = field(default_factory=PictureHistory)
    analysed: int = 0
    looks: int = 0
    """Detector calls: an unchanged picture needs none."""
    failed: int = 0
    last_at: float = 0.0
    """Monotonic time of the last analysis, or of the last blind instant."""
    fault: str | None = None
    fault_at: float = float("-inf")
    latencies: deque[float] = field(default_factory=lambda: deque(maxlen=100))
    counted: int = 0
    """Analysed frames at the last status."""
    told: CameraStatus | None = None

    def before(self, at: float) -> Jpeg | None:
        """A picture from before ``at``."""
        return self.history.before(at)

    def picture_at(self, at: float, width: int | None = None) -> Frame | None:
        """The main stream's picture nearest to ``at``."""
        return self.reader.picture_at(at, width)

    def clip(self, start: float, end: float) -> Clip:
        """The main stream from ``start`` to ``end``."""
        return self.reader.clip(start, end)


class Worker:
    """Runs until :meth:`stop`. The loop is the caller's thread; readers, recorder, delivery and pictures have their own."""

    def __init__(
        self,
        *,
        config: Config,
        name: str,
        cameras: Sequence[tuple[CameraReader, CameraAnalysis]],
        ready: threading.Condition,
        store: EvidenceStore,
        outbox: Outbox,
        link: Link,
        delivery: Delivery,
        pictures: LivePictures,
        clock: Clock,
        state_file: Path,
    ) -> None:
        self._site = config.site.id
        self._name = name
        self._clock = clock
        self._ready = ready
        self._outbox = outbox
        self._link = link
        self._delivery = delivery
        self._pictures = pictures
        self._state_file = state_file
        self._watched = {r.camera.id: Watched(r.camera, r, a) for r, a in cameras}
        kept = load(state_file)
        for camera, snapshot in kept.cameras.items():
            if camera in self._watched:
                self._watched[camera].analysis.restore(snapshot)
        self._recorder = Recorder(
            store=store,
            settings=config.evidence,
            cameras=self._watched,
            emit=self._emit,
            clock=clock,
            records=kept.records,
        )
        self._plates = PlateRecorder(
            store=store,
            settings=config.evidence,
            cameras=self._watched,
            emit=lambda read: self._put("plate", read.camera, read),
        )
        self._stopping = threading.Event()
        self._pump_thread = threading.Thread(target=self._pump, name="delivery", daemon=True)
        self._outbox_fault: str | None = None
        self._unsaved = False
        self._status_due = self._keep_due = 0.0
        self._status_at = clock.monotonic()

    def stop(self) -> None:
        """Ask the loop to end. May be called from a signal handler."""
        self._stopping.set()

    def run(self) -> None:
        """Read, analyse and deliver until :meth:`stop`."""
        self._recorder.start()
        self._plates.start()
        self._pictures.start()
        self._pump_thread.start()
        for watched in self._watched.values():
            watched.reader.start()
        try:
            while not self._stopping.is_set():
                self.step()
        finally:
            self._shut_down()

    def step(self) -> None:
        """One turn of the loop: the least recently analysed camera that has a frame, then what is due by the clock."""
        slots = [w.reader.slot for w in self._watched.values()]
        wait_any(self._ready, slots, TICK_S)
        for watched in sorted(self._watched.values(), key=lambda w: w.last_at):
            frame = watched.reader.take()
            if frame is not None:
                self._analyse(watched, frame)
                break
        self._look_after_the_blind()
        now = self._clock.monotonic()
        if now >= self._status_due:
            self._status_due = now + STATUS_S
            self._tell_statuses(now)
        if self._unsaved or now >= self._keep_due:
            self._keep_due = now + KEEP_S
            self._keep()

    def _analyse(self, watched: Watched, frame: Frame) -> None:
        watched.last_at = self._clock.monotonic()
        try:
            found = watched.analysis.analyse(frame.at, frame)
        except AnalysisError as error:
            self._failed(watched, error)
            found = error.found
        else:
            watched.analysed += 1
            watched.looks += found.looked
        now = self._clock.now()
        watched.latencies.append(now - frame.at)
        watched.history.add(frame.image, frame.at)
        self._hand_on(found)
        self._pictures.saw(watched.camera.id, frame.at, found.tracks)

    def _look_after_the_blind(self) -> None:
        """Let time pass for cameras that give no frames: their loss is an alert too."""
        mono, now = self._clock.monotonic(), self._clock.now()
        for watched in self._watched.values():
            if mono - watched.last_at < BLIND_S:
                continue
            status = watched.reader.status()
            if status.state is not CameraState.LOST:
                continue
            watched.last_at = mono
            health = StreamHealth(lost_for=max(0.0, now - status.since), reason=status.reason, text=status.text)
            try:
                self._hand_on(watched.analysis.analyse(now, None, health))
            except AnalysisError as error:
                self._failed(watched, error)
                self._hand_on(error.found)

    def _failed(self, watched: Watched, error: AnalysisError) -> None:
        watched.failed += 1
        watched.fault_at = self._clock.monotonic()
        if str(error) != watched.fault:
            log.error("%s", error, exc_info=error.__cause__)
        watched.fault = str(error)

    def _hand_on(self, found: Analysis) -> None:
        for event in found.events:
            log.info("%s %s on %s", event.phase.value, event.alert.kind, event.alert.camera)
            self._recorder.submit(event)
            self._unsaved = True
        for count in found.counts:
            self._put("count", count.camera, count)
        for passage in found.passages:
            self._plates.submit(passage)

    def _emit(self, event: AlertEvent) -> None:
        self._put("alert", event.alert.camera, event)

    def _put(self, channel: wire.Channel, camera: str, event: AlertEvent | Count | PlateRead) -> None:
        try:
            self._outbox.put(wire.topic(channel, self._site, camera), wire.encode_event(event))
            self._outbox_fault = None
        except StorageError as error:
            # Better a chance to arrive now than none: the broker may well be there while the disk is full.
            log.error("%s; sent without keeping", error)
            self._outbox_fault = str(error)
            self._link.send(wire.topic(channel, self._site, camera), wire.encode_event(event), qos=1)

    def _pump(self) -> None:
        while not self._stopping.wait(0.05):
            try:
                self._delivery.pump(self._clock.monotonic())
            except StorageError as error:
                self._outbox_fault = str(error)
                log.error("%s", error)
                self._stopping.wait(1.0)

    def _tell_statuses(self, now: float) -> None:
        interval = max(now - self._status_at, 1e-3)
        self._status_at = now
        at = self._clock.now()
        for watched in self._watched.values():
            rate = (watched.analysed - watched.counted) / interval
            watched.counted = watched.analysed
            recent = now - watched.fault_at < FAULT_SHOWN_S
            work = Work(
                analysed=watched.analysed,
                failed=watched.failed,
                rate=rate,
                latency=median(watched.latencies) if watched.latencies else None,
                fault=watched.fault if recent else None,
                delivery=self._outbox_fault,
            )
            watched.latencies.clear()
            status = camera_status(
                watched.reader.status(),
                work,
                site=self._site,
                camera=watched.camera.id,
                worker=self._name,
                at=at,
                wanted=watched.camera.rate,
            )
            if watched.told is None or (watched.told.state, watched.told.reason) != (status.state, status.reason):
                log.info("camera %s is %s%s", status.camera, status.state.value, f": {status.text}" if status.text else "")
            watched.told = status
            self._link.send(wire.topic("status", self._site, status.camera), wire.encode_status(status), qos=1, retain=True)

    def _keep(self) -> None:
        cameras = {camera: w.analysis.snapshot() for camera, w in self._watched.items()}
        try:
            save(self._state_file, Kept(cameras, self._recorder.records()))
            self._unsaved = False
        except StorageError as error:
            log.error("%s", error)
            self._unsaved = False

    def _shut_down(self) -> None:
        for watched in self._watched.values():
            watched.reader.request_stop()
        for watched in self._watched.values():
            self._hand_on(Analysis(passages=watched.analysis.finish_passages(self._clock.now())))
        self._plates.stop()
        self._recorder.stop()
        self._pump_thread.join(1.0)
        deadline = self._clock.monotonic() + 3.0
        while self._outbox.pending(limit=1) and self._link.connected and self._clock.monotonic() < deadline:
            self._delivery.pump(self._clock.monotonic())
            threading.Event().wait(0.02)
        self._keep()
        self._pictures.stop()
        for watched in self._watched.values():
            watched.reader.stop(0.5)
            log.info("camera %s: %d frames analysed, %d detector calls", watched.camera.id, watched.analysed, watched.looks)


def interest_handler(pictures: LivePictures) -> Callable[[str, bytes], None]:
    """Takes messages of the topic ``interest``; a malformed one is logged and nothing else."""

    def handle(topic: str, payload: bytes) -> None:
        try:
            _, _, camera = wire.parse_topic(topic)
            pictures.want(camera, wire.decode_interest(payload).until)
        except WireError as error:
            log.warning("%s: %s", topic, error)

    return handle


def worker_status(site: str, name: str, cameras: Sequence[str], at: float, *, online: bool, version: str) -> WorkerStatus:
    """Birth (``online``) or death of a worker."""
    return WorkerStatus(
        site=site,
        worker=name,
        at=at,
        state="online" if online else "offline",
        cameras=tuple(cameras),
        pid=os.getpid() if online else None,
        version=version,
    )
