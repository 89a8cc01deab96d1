"""Cameras and files as generators of compressed pictures. Each owns its container and names what it raises."""

from __future__ import annotations

import logging
import time
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Self
from urllib.parse import unquote, urlsplit

import av
from av.bitstream import BitStreamFilterContext
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from ioc.core.errors import SourceError
from ioc.core.ports import Clock
from streams.failures import LIVE_SCHEMES, explain, failure, plain_url
from streams.nal import NAL_CODECS, parameter_sets
from streams.sample import Sample, StreamFormat
from streams.timeline import FileTimeline, LiveTimeline

log = logging.getLogger(__name__)

STILL_FORMATS = ("image2", "_pipe", "tty", "gif", "webp", "apng")
"""FFmpeg's readers of pictures and texts: what they open is no video."""
UNTIMED_FORMATS = frozenset({"mpjpeg"})
"""Live formats that carry no times: what FFmpeg gives for them is made up from a frame rate nobody stated."""
MISSING_S = 0.5
"""A file that ends this much before its declared length is truncated, seconds (and at least 2 % of the length)."""


def is_live(url: str) -> bool:
    """Whether the address is a camera (never waits, never ends by itself) rather than a file."""
    return "://" in url and urlsplit(url).scheme.lower() != "file"


def file_path(url: str) -> Path:
    """Path of a file source, given as a path or a file:// address."""
    return Path(unquote(urlsplit(url).path)) if "://" in url else Path(url)


def live_samples(url: str, *, timeout_s: float, clock: Clock, timeline: LiveTimeline | None = None) -> Generator[Sample]:
    """Pictures of a live camera as they come, over TCP. It never returns: it raises :class:`ioc.core.errors.SourceError`.

    ``timeout_s`` bounds the wait for an answer and for data (s). Close the generator to hang up; while it waits for data
    it can be closed only after that wait.
    """
    scheme = urlsplit(url).scheme.lower()
    if scheme not in LIVE_SCHEMES:
        raise failure("undecodable", url, f"cannot read {scheme}:// addresses, only {', '.join(sorted(LIVE_SCHEMES))}")
    if not urlsplit(url).hostname:
        raise failure("undecodable", url, "the address names no host")
    # Probing would hold back the first second of pictures and deliver it as one burst; RTSP describes its streams anyway.
    options = {"analyzeduration": "0"}
    if scheme.startswith("rtsp"):
        options |= {"probesize": "32", "allowed_media_types": "video", "rtsp_transport": "tcp"}
        options["timeout"] = str(int(timeout_s * 1e6))
    times = timeline or LiveTimeline()
    container = _open(url, url, options, timeout_s)
    with closing(container):
        reader = _SampleReader(container, url)
        start: float | None = None
        timed = container.format.name not in UNTIMED_FORMATS
        for packet in _packets(container, reader.stream, url, timeout_s):
            media, decoding, _ = reader.times(packet) if timed else (None, None, 0.0)
            at = times.place(media, decoding, clock.now())
            start = at if start is None else start
            yield from reader.samples(packet, at, at - start, media is not None)
    raise failure("ended", url, "the camera has ended the stream")


def file_samples(path: Path, *, start: float) -> Generator[Sample]:
    """Pictures of a video file, as fast as they are taken; ``at`` is ``start`` plus the stream time.

    Returns at the end of the file. Raises :class:`ioc.core.errors.SourceError`; for a truncated file after its last picture.
    """
    name = str(path)
    if not path.is_file():
        raise failure("missing", name, "no such file" if not path.exists() else "not a file")
    if path.stat().st_size == 0:
        raise failure("undecodable", name, "the file is empty (0 bytes)")
    times = FileTimeline()
    container = _open(f"file:{name}", name, {}, None)
    with closing(container):
        reader = _SampleReader(container, name)
        declared = _declared_length(container, reader.stream)
        end = 0.0
        for packet in _packets(container, reader.stream, name, None):
            media, decoding, duration = reader.times(packet)
            pts = times.place(media, decoding, duration)
            end = max(end, pts + duration)
            yield from reader.samples(packet, start + pts, pts, media is not None)
    if declared is not None and not times.restarts and declared - end > max(MISSING_S, 0.02 * declared):
        raise failure("undecodable", name, f"the file is truncated: pictures end at {end:.1f} s of {declared:.1f} s")


def _open(address: str, url: str, options: dict[str, str], timeout_s: float | None) -> InputContainer:
    found: SourceError | None = None
    container: InputContainer | None = None
    with _Stopwatch(timeout_s) as watch:
        try:
            container = av.open(address, options=options, timeout=(timeout_s, timeout_s), metadata_errors="replace")
        except (av.FFmpegError, OSError, ValueError) as error:
            found = explain(error, url, opening=True, timeout_s=timeout_s)
    if watch.exceeded:
        # FFmpeg calls some silences "invalid data", and opens some streams without having seen a picture.
        if container is not None:
            container.close()
        raise failure("timeout", url, f"no answer within {timeout_s:g} s")
    if found is not None or container is None:
        raise found or failure("undecodable", url, "cannot be opened")  # here, since FFmpeg's error holds credentials
    return container


def _packets(
    container: InputContainer, stream: VideoStream, url: str, timeout_s: float | None
) -> Iterator[Packet[VideoStream]]:
    found: SourceError | None = None
    packets = container.demux(stream)
    while found is None:
        with _Stopwatch(timeout_s) as watch:
            try:
                packet = next(packets, None)
            except (av.FFmpegError, OSError, ValueError) as error:
                found = explain(error, url, opening=False, timeout_s=timeout_s)
        if watch.exceeded:
            # After a silence FFmpeg first hands out the picture that it was still assembling, and then waits once more.
            found = failure("timeout", url, f"no data within {timeout_s:g} s")
        elif found is None:
            if packet is None:
                return
            if packet.size:  # the last one is empty: it tells decoders to flush
                yield packet
    raise found


def _declared_length(container: InputContainer, stream: VideoStream) -> float | None:
    """Seconds of video that the header promises; None where the container has no such header or speaks of other streams."""
    if not any(name in container.format.name for name in ("mp4", "matroska", "avi", "flv")):
        return None
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    if container.duration and len(container.streams) == 1:
        return container.duration / av.time_base
    return None


class _Stopwatch:
    """Tells whether a block took as long as a time-out (s); FFmpeg looks at its clock ten times a second."""

    def __init__(self, limit_s: float | None) -> None:
        self._limit = limit_s
        self.exceeded = False

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        self.exceeded = self._limit is not None and time.monotonic() - self._began >= 0.95 * self._limit


class _SampleReader:
    """Turns the packets of one container into samples; knows when the stream's parameters change."""

    def __init__(self, container: InputContainer, url: str) -> None:
        if any(still in container.format.name for still in STILL_FORMATS):
            raise failure("undecodable", url, "this is a picture or text, not a video")
        if not container.streams.video:
            raise failure("undecodable", url, "there is no video in it")
        self.stream: VideoStream = container.streams.video[0]
        context = self.stream.codec_context
        if context is None:
            raise failure("undecodable", url, "its video is in a format that no decoder here knows")
        self._url = url
        extra = context.extradata or b""
        # Names like "libdav1d" are a decoder's, not the codec's.
        codec = context.codec.canonical_name
        self._annex_b: BitStreamFilterContext | None = None
        if codec in NAL_CODECS and extra[:1] == b"\x01":  # as in MP4: lengths instead of start codes
            self._annex_b = BitStreamFilterContext(f"{codec}_mp4toannexb", self.stream)
            extra = b""
        self._format = StreamFormat(codec, extra, (0, 0) if codec in NAL_CODECS else (context.width, context.height))

    def times(self, packet: Packet[VideoStream]) -> tuple[float | None, float | None, float]:
        """Presentation time, decoding time (s or None) and duration (s, 0 if unknown) of a packet."""
        base = packet.time_base
        media = float(packet.pts * base) if packet.pts is not None else None
        decoding = float(packet.dts * base) if packet.dts is not None else None
        if packet.duration:
            return media, decoding, float(packet.duration * base)
        rate = self.stream.average_rate
        return media, decoding, float(1 / rate) if rate else 0.0

    def samples(self, packet: Packet[VideoStream], at: float, pts: float, timed: bool) -> Generator[Sample]:
        """The samples in a packet: one, or none while a bit stream filter waits."""
        key = packet.is_keyframe
        try:
            parts = [bytes(p) for p in self._annex_b.filter(packet)] if self._annex_b else [bytes(packet)]
        except av.FFmpegError:
            log.warning("%s: a picture at %.2f s is cut off", plain_url(self._url), pts)
            return
        for data in parts:
            whole = self._with_parameters(data) if key else data
            yield Sample(at=at, pts=pts, timed=timed, key=key, data=whole, format=self._format)

    def _with_parameters(self, data: bytes) -> bytes:
        codec, known = self._format.codec, self._format.parameters
        if codec not in NAL_CODECS:
            return known + data if codec == "mpeg4" and known and not data.startswith(known) else data
        found = parameter_sets(data, codec)
        if not found:
            return known + data
        if found != known:
            if known:
                log.info("%s: the stream's parameters have changed", plain_url(self._url))
            self._format = StreamFormat(codec, found)
        return data
