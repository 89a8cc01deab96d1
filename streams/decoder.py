"""Samples become pictures. Only the pictures that somebody wants are converted to BGR."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.codec.context import CodecContext
from av.packet import Packet
from av.stream import Stream
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from ioc.core.errors import SourceError
from ioc.core.types import Frame
from streams.nal import NAL_CODECS, is_reference
from streams.sample import Sample, StreamFormat
from streams.source import file_samples
from streams.timeline import STEP

TICKS = 1_000_000
"""Decoder time base, per second."""
_PENDING = 64
"""Samples whose pictures may be outstanding: more than any codec reorders."""


class _Converter:
    """Keeps the scaler of one stream between pictures: making one anew costs a third of a conversion."""

    def __init__(self) -> None:
        self._scaler = VideoReformatter()
        self._lock = threading.Lock()

    def bgr(self, raw: VideoFrame, size: tuple[int, int], mode: Interpolation) -> NDArray[np.uint8]:
        with self._lock:
            # One thread: the scaler would start a pool of its own.
            made = self._scaler.reformat(raw, *size, format="bgr24", interpolation=mode, threads=1)
        return np.asarray(made.to_ndarray(), dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded picture in the decoder's own pixel format; cheap until :meth:`frame` is called."""

    at: float
    """Capture time, seconds since the Unix epoch."""
    pts: float
    """Seconds since the stream's first picture."""
    raw: VideoFrame
    converter: _Converter

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.raw.width, self.raw.height

    def frame(self, camera: str, width: int | None = None) -> Frame:
        """As a BGR frame, scaled down to at most ``width`` pixels with its proportions kept; never scaled up."""
        have, high = self.size
        scale = min(1.0, width / have) if width else 1.0
        size = (max(2, round(have * scale)), max(2, round(high * scale)))
        # Averaging keeps a strong reduction from aliasing; else bilinear, which is faster than the default.
        mode = Interpolation.AREA if scale < 0.5 else Interpolation.BILINEAR
        return Frame(camera=camera, at=self.at, pts=self.pts, image=self.converter.bgr(self.raw, size, mode))


class Decoder:
    """One stream's decoder on one thread. Follows changes of the stream's format; pictures come out with rising times."""

    def __init__(self) -> None:
        self._format: StreamFormat | None = None
        self._context: VideoCodecContext | None = None
        self._pending: dict[int, Sample] = {}
        self._latest: tuple[float, float] | None = None
        self._converter = _Converter()
        self.failed = 0
        """Samples that could not be decoded and pictures that came out damaged, so far."""

    def decode(self, sample: Sample, *, wanted: bool = True) -> list[Picture]:
        """Pictures that are ready after this sample, in presentation order.

        With ``wanted`` false the sample is decoded only if others depend on it.
        """
        context = self._prepared(sample)
        codec = sample.format.codec
        if context is None or not (wanted or codec not in NAL_CODECS or is_reference(sample.data, codec)):
            return []
        packet = Packet(sample.data)
        ticks = round(sample.at * TICKS)
        packet.dts = ticks
        packet.pts = ticks if sample.timed else None
        self._pending[ticks] = sample
        while len(self._pending) > _PENDING:
            del self._pending[next(iter(self._pending))]
        return self._run(packet)

    def flush(self) -> list[Picture]:
        """The pictures still inside, at the end of a stream. The decoder starts afresh after it."""
        rest = self._run(None) if self._context is not None else []
        self._format = self._context = None
        self._pending.clear()
        return rest

    def _prepared(self, sample: Sample) -> VideoCodecContext | None:
        if self._context is not None and sample.format.codec == (self._format and self._format.codec):
            return self._context  # new parameter sets come in the samples themselves
        if not sample.key:
            return None
        made = CodecContext.create(sample.format.codec, "r")
        assert isinstance(made, VideoCodecContext)
        made.thread_count = 1
        if sample.format.parameters:
            made.extradata = sample.format.parameters
        if sample.format.size != (0, 0):
            made.width, made.height = sample.format.size
        self._format, self._context = sample.format, made
        return made

    def _run(self, packet: Packet[Stream] | None) -> list[Picture]:
        assert self._context is not None
        try:
            frames = self._context.decode(packet)
        except (av.FFmpegError, ValueError):
            self.failed += 1
            if packet is not None and packet.dts is not None:
                self._pending.pop(packet.dts, None)
            return []
        pictures = []
        for raw in frames:
            sample = self._sample_of(raw)
            if raw.is_corrupt or sample is None:
                self.failed += 1
            else:
                pictures.append(Picture(*self._rising(sample.at, sample.pts), raw, self._converter))
        return pictures

    def _sample_of(self, raw: VideoFrame) -> Sample | None:
        """Whose time a decoded picture has: the earliest one outstanding.

        Pictures come out in presentation order, so that this is right for streams that tell presentation times, and also
        for those (AVI, some RTSP servers) whose times merely count on in decoding order.
        """
        own = self._pending.get(raw.pts) if raw.pts is not None else None
        if own is not None and own.key:  # whatever is earlier got lost
            for ticks in [t for t in self._pending if t < (raw.pts or 0)]:
                del self._pending[ticks]
        return self._pending.pop(min(self._pending), None) if self._pending else None

    def _rising(self, at: float, pts: float) -> tuple[float, float]:
        if self._latest is not None and pts <= self._latest[1]:
            at, pts = self._latest[0] + STEP, self._latest[1] + STEP
        self._latest = (at, pts)
        return at, pts


def file_frames(
    path: Path, *, camera: str, start: float, rate: float | None = None, width: int | None = None
) -> Iterator[Frame]:
    """Frames of a video file, ``rate`` a second at most (all without), at most ``width`` pixels wide; for replays.

    The same frames in every run. Raises :class:`ioc.core.errors.SourceError`; for a truncated file after its last frame.
    """
    decoder, pacer = Decoder(), Pacer(rate)
    broken: SourceError | None = None
    samples = file_samples(path, start=start)
    while True:
        try:
            sample = next(samples, None)
        except SourceError as error:
            sample, broken = None, error
        pictures = decoder.decode(sample, wanted=pacer.wants(sample.at)) if sample else decoder.flush()
        yield from (picture.frame(camera, width) for picture in pictures if pacer.take(picture.at))
        if sample is None:
            break
    if broken is not None:
        raise broken


class Pacer:
    """Picks pictures at a rate, evenly: the first at or after each due time. Without a rate it takes all."""

    def __init__(self, rate: float | None) -> None:
        self._rate = rate
        self._due: float | None = None
        self._taken = 0.0

    @property
    def rate(self) -> float | None:
        """Pictures per second at most, or None for all; may be changed at any time, also from another thread."""
        return self._rate

    @rate.setter
    def rate(self, value: float | None) -> None:
        self._rate = value
        if self._due is not None and value is not None:
            self._due = min(self._due, self._taken + 1.0 / value)

    def wants(self, at: float) -> bool:
        """Whether a picture of this time (s) would be taken."""
        if self._rate is None or self._due is None or at >= self._due - 1e-3:
            return True
        return at < self._taken - 1.0  # the clock was set back

    def take(self, at: float) -> bool:
        """Whether to take this picture; if so the next is due one period later."""
        if not self.wants(at):
            return False
        if self._rate is not None:
            period = 1.0 / self._rate
            even = self._due is not None and 0.0 <= at - self._due < period
            self._due = (self._due if even and self._due is not None else at) + period
        self._taken = at
        return True
