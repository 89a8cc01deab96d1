"""Evidence of a plate that was read: its patch and an overview picture, each with its SHA-256.

Written on a thread of its own, so that analysis never waits for a disk or for a picture to be decoded. A read whose evidence
cannot be written leaves all the same; the log says why.
"""

from __future__ import annotations

import hashlib
import logging
import queue
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final, Literal, Protocol

from ioc.core.config import Evidence
from ioc.core.errors import InputError, StorageError
from ioc.core.passages import Passage
from ioc.core.ports import EvidenceStore
from ioc.core.types import EvidenceItem, Frame, PlateRead
from streams.history import encode_jpeg

log = logging.getLogger(__name__)

MAX_WAITING: Final = 256
PATCH_QUALITY: Final = 95


class Footage(Protocol):
    """What the recorder needs of a camera."""

    def picture_at(self, at: float, width: int | None = None) -> Frame | None:
        """The picture nearest to ``at`` (s), None if none is held."""
        ...


class PlateRecorder:
    """Takes passages, adds their evidence and hands their reads on through ``emit(read)``, in the order they came."""

    def __init__(
        self,
        *,
        store: EvidenceStore,
        settings: Evidence,
        cameras: Mapping[str, Footage],
        emit: Callable[[PlateRead], None],
    ) -> None:
        self._store = store
        self._settings = settings
        self._cameras = cameras
        self._emit = emit
        self._queue: queue.Queue[Passage | None] = queue.Queue(MAX_WAITING)
        self._thread = threading.Thread(target=self._run, name="plate-recorder", daemon=True)
        self.without_evidence = 0
        """Reads that left without evidence because too many were waiting."""

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self, wait_s: float = 3.0) -> None:
        """Finish what waits, as far as ``wait_s`` seconds allow."""
        try:
            self._queue.put(None, timeout=wait_s)
        except queue.Full:
            log.error("plates still wait for their evidence at the end; they are lost")
            return
        self._thread.join(wait_s)

    def submit(self, passage: Passage) -> None:
        """Take a passage; returns at once."""
        try:
            self._queue.put_nowait(passage)
        except queue.Full:
            self.without_evidence += 1
            log.error("too many plates wait for their evidence; read %s leaves without", passage.read.id)
            self._emit(passage.read)

    def handle(self, passage: Passage) -> None:
        """Write a passage's evidence and hand its read on."""
        read = passage.read
        items: list[EvidenceItem] = []
        try:
            if passage.patch is not None:
                patch = encode_jpeg(passage.patch, passage.patch.shape[1], PATCH_QUALITY)
                items.append(self._write(read, "plate", patch, read.at))
            footage = self._cameras.get(read.camera)
            overview = footage.picture_at(read.at, self._settings.width) if footage is not None else None
            if overview is None:
                log.warning("read %s of %s has no overview: the camera gave no picture", read.id, read.camera)
            else:
                picture = encode_jpeg(overview.image, self._settings.width)
                items.append(self._write(read, "overview", picture, overview.at))
        except (StorageError, InputError) as error:
            log.error("evidence of read %s of %s is not complete: %s", read.id, read.camera, error)
        self._emit(replace(read, evidence=tuple(items)))

    def _run(self) -> None:
        while (passage := self._queue.get()) is not None:
            try:
                self.handle(passage)
            except Exception:  # outermost loop of the thread: one passage's fault must not end the recording
                log.exception("evidence of read %s failed", passage.read.id)
                self._emit(passage.read)

    def _write(self, read: PlateRead, role: Literal["plate", "overview"], data: bytes, at: float) -> EvidenceItem:
        day = datetime.fromtimestamp(read.at, UTC).strftime("%Y/%m/%d")
        key = f"{read.site}/{read.camera}/{day}/{read.id}/{role}.jpg"
        self._store.put(key, data, "image/jpeg")
        sha256 = hashlib.sha256(data).hexdigest()
        return EvidenceItem(role=role, key=key, media_type="image/jpeg", sha256=sha256, bytes=len(data), at=at)
