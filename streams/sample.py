"""A compressed picture on its way from a source to the decoder and the ring."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StreamFormat:
    """What a decoder or a container must know before the first sample. Equal formats can share one clip."""

    codec: str
    """FFmpeg's name of the codec: h264, hevc, mjpeg, ..."""
    parameters: bytes = b""
    """H.264 and H.265: parameter sets in Annex B form. Other codecs: FFmpeg's extradata."""
    size: tuple[int, int] = (0, 0)
    """(width, height) in pixels, for codecs that do not tell it in their own data; else (0, 0)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One compressed picture (access unit), in decoding order."""

    at: float
    """Capture time, seconds since the Unix epoch. In presentation order it rises; in decoding order it need not."""
    pts: float
    """Seconds since the stream's first picture; goes on where the camera's own clock jumps."""
    timed: bool
    """Whether the stream itself told the presentation time; else it was taken from the decoding time or the arrival."""
    key: bool
    """Whether decoding can start here. Key samples of H.264 and H.265 begin with their parameter sets."""
    data: bytes
    """The picture; H.264 and H.265 in Annex B form."""
    format: StreamFormat
