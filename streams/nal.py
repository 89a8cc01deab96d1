"""Parameter sets of H.264 and H.265 streams, found in the bytes (ITU-T H.264 annex B, H.265 annex B)."""

from __future__ import annotations

START = b"\x00\x00\x00\x01"
NAL_CODECS = frozenset({"h264", "hevc"})
"""Codecs whose samples are NAL units, by FFmpeg's names."""

_H264_SETS = frozenset({7, 8, 13, 15})  # sequence, picture, sequence extension, subset sequence
_HEVC_SETS = frozenset({32, 33, 34})  # video, sequence, picture


def parameter_sets(data: bytes, codec: str) -> bytes:
    """The parameter sets before the first slice of an Annex B access unit, each behind a start code; empty if none."""
    found: list[bytes] = []
    position = data.find(b"\x00\x00\x01")
    while position >= 0 and position + 3 < len(data):
        head = data[position + 3]
        kind = head & 0x1F if codec == "h264" else head >> 1 & 0x3F
        if 1 <= kind <= 5 if codec == "h264" else kind < 32:
            break
        after = data.find(b"\x00\x00\x01", position + 3)
        if kind in (_H264_SETS if codec == "h264" else _HEVC_SETS):
            # No NAL unit ends in a zero byte: those belong to the next start code.
            found.append(START + data[position + 3 : after if after >= 0 else len(data)].rstrip(b"\x00"))
        position = after
    return b"".join(found)
