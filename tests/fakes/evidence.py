"""An evidence store in memory, and footage that a test makes up."""

from __future__ import annotations

import numpy as np

from ioc.core.errors import StorageError
from ioc.core.types import Frame
from streams.clip import Clip
from streams.history import Jpeg


class MemoryStore:
    """Implements ioc.core.ports.EvidenceStore."""

    def __init__(self):
        self.files = {}
        self.fault = None

    def put(self, key, data, media_type):
        if self.fault:
            raise StorageError(self.fault)
        self.files[key] = (data, media_type)

    def get(self, key):
        return self.files[key][0]


class FakeFootage:
    """Implements streams.recorder.Footage: a grey picture for every time in [start, end]."""

    def __init__(self, start=0.0, end=float("inf"), history=True):
        self.start, self.end, self.history = start, end, history
        self.clips = []

    def before(self, at):
        return Jpeg(at - 1.0, b"\xff\xd8before") if self.history and at - 1.0 >= self.start else None

    def picture_at(self, at, width=None):
        if not self.start <= at <= self.end:
            return None
        return Frame(camera="cam", at=at, pts=at, image=np.full((36, 64, 3), 120, np.uint8))

    def clip(self, start, end):
        if start > self.end:
            raise StorageError("no clip: the ring holds no pictures of that time")
        self.clips.append((start, end))
        return Clip(b"clip", max(start, self.start), end - max(start, self.start), "video/mp4", "mp4")
