"""Clips cut from compressed samples by putting them into a container, without re-encoding."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from operator import attrgetter

import av
from av.packet import Packet

from ioc.core.errors import StorageError
from streams.decoder import Decoder
from streams.sample import Sample, StreamFormat

CLOCK = 90_000
"""Ticks per second in the clip, as customary for video."""
_LAST_S = 0.04
"""How long the last picture stands where its neighbours do not tell."""
_CONTAINERS = {
    "h264": ("mp4", "video/mp4", "mp4"),
    "hevc": ("mp4", "video/mp4", "mp4"),
    "vp8": ("webm", "video/webm", "webm"),
    "vp9": ("webm", "video/webm", "webm"),
    "mjpeg": ("matroska", "video/x-matroska", "mkv"),
    "mpeg4": ("matroska", "video/x-matroska", "mkv"),
}
"""Codec -> (FFmpeg's container, media type, file extension). Browsers play MP4 and WebM."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A playable file in memory."""

    data: bytes
    start: float
    """Capture time of the first picture, seconds since the epoch: that of the key sample at or before the wanted start."""
    duration: float
    """Seconds."""
    media_type: str
    extension: str
    """Of the file name, without the dot."""


def make_clip(samples: Sequence[Sample]) -> Clip:
    """Put samples (in decoding order, from a key sample on) into a container; times count from the first picture.

    Where the stream's format changes on the way (another resolution), the longest part of one format is taken: a clip has
    one. Raises :class:`ioc.core.errors.StorageError` if there is nothing to put, or no container here holds the codec.
    """
    part = _longest(samples)
    if not part:
        raise StorageError("no clip: the ring holds no pictures of that time")
    form = part[0].format
    if form.codec not in _CONTAINERS:
        raise StorageError(f"no clip: nothing that plays everywhere holds {form.codec} video; set the camera to H.264")
    kind, media_type, extension = _CONTAINERS[form.codec]
    start = min(s.at for s in part)
    shown = [round((s.at - start) * CLOCK) for s in part]
    decoded = _decoding_times(shown)
    last = _last_duration(shown)
    buffer = io.BytesIO()
    try:
        _write(buffer, kind, form, part, list(zip(shown, decoded, strict=True)), last)
    except (av.FFmpegError, ValueError) as error:
        raise StorageError(f"no clip: {form.codec} video could not be put into {extension}: {error}") from error
    data = buffer.getvalue()
    if form.codec == "hevc":
        data = data.replace(b"hev1", b"hvc1", 1)  # in the index, which stands first; Apple's players know no other name
    return Clip(data, start, (max(shown) + last) / CLOCK, media_type, extension)


def _longest(samples: Sequence[Sample]) -> list[Sample]:
    parts = [list(group) for _, group in groupby(samples, attrgetter("format"))]
    return max(parts, key=lambda p: p[-1].at - p[0].at, default=[])


def _decoding_times(shown: list[int]) -> list[int]:
    """Decoding times for presentation times given in decoding order: rising, and never after the presentation.

    The streams themselves often tell none (RTP carries presentation times only). Sorted, the presentation times are the
    decoding times but for a constant delay: the largest distance by which one would come too late.
    """
    rising = sorted(shown)
    for i in range(1, len(rising)):
        rising[i] = max(rising[i], rising[i - 1] + 1)
    delay = max((r - s for r, s in zip(rising, shown, strict=True)), default=0)
    return [r - delay for r in rising]


def _last_duration(shown: list[int]) -> int:
    steps = sorted(b - a for a, b in zip(sorted(shown), sorted(shown)[1:], strict=False))
    return steps[len(steps) // 2] if steps and steps[len(steps) // 2] > 0 else round(_LAST_S * CLOCK)


def _write(
    buffer: io.BytesIO, kind: str, form: StreamFormat, part: list[Sample], times: list[tuple[int, int]], last: int
) -> None:
    size = form.size if form.size != (0, 0) else _picture_size(part[0])
    # Room for the index ahead of the pictures, so that a browser can start before it has everything.
    options = {"moov_size": str(4096 + 40 * len(part))} if kind == "mp4" else {}
    with av.open(buffer, "w", format=kind, options=options) as container:
        stream = container.add_mux_stream(form.codec, width=size[0], height=size[1])
        stream.time_base = Fraction(1, CLOCK)
        latest = max(times)[0]
        for sample, (shown, decoded) in zip(part, times, strict=True):
            packet = Packet(sample.data)
            packet.stream = stream
            packet.time_base = stream.time_base
            packet.pts, packet.dts, packet.is_keyframe = shown, decoded, sample.key
            if sample is part[-1] or shown == latest:  # of the others the container knows it from the next one
                packet.duration = last
            container.mux(packet)


def _picture_size(sample: Sample) -> tuple[int, int]:
    """(width, height) of a key sample; NAL parameter sets hold it in a form that only a decoder should read."""
    decoder = Decoder()
    pictures = [*decoder.decode(sample), *decoder.flush()]
    if not pictures:
        raise StorageError("no clip: its first picture cannot be decoded")
    return pictures[0].size
