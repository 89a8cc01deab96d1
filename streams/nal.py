"""What the bytes of H.264 and H.265 say without a decoder (ITU-T H.264 and H.265, 7.3.1 and annex B)."""

from __future__ import annotations

START = b"\x00\x00\x00\x01"
NAL_CODECS = frozenset({"h264", "hevc"})
"""Codecs whose samples are NAL units, by FFmpeg's names."""

_H264_SETS = frozenset({7, 8, 13, 15})  # sequence, picture, sequence extension, subset sequence
_HEVC_SETS = frozenset({32, 33, 34})  # video, sequence, picture


def parameter_sets(data: bytes, codec: str) -> bytes:
    """The parameter sets before the first slice of an Annex B access unit, each behind a start code; empty if none."""
    wanted = _H264_SETS if codec == "h264" else _HEVC_SETS
    found: list[bytes] = []
    position = _next(data, 0)
    while position is not None and not _is_slice(data[position], codec):
        after = _next(data, position)
        if _kind(data[position], codec) in wanted:
            # No NAL unit ends in a zero byte: those belong to the next start code.
            end = after - 3 if after is not None else len(data)
            found.append(START + data[position:end].rstrip(b"\x00"))
        position = after
    return b"".join(found)


def is_reference(data: bytes, codec: str) -> bool:
    """Whether other pictures may depend on this one: true unless its first slice says that none does."""
    position = _next(data, 0)
    while position is not None:
        head = data[position]
        if _is_slice(head, codec):
            return head & 0x60 != 0 if codec == "h264" else not (_kind(head, codec) < 16 and _kind(head, codec) % 2 == 0)
        position = _next(data, position)
    return True


def _next(data: bytes, position: int) -> int | None:
    """Where the first NAL unit behind ``position`` begins, behind its start code; None if there is no more."""
    found = data.find(b"\x00\x00\x01", position)
    return found + 3 if 0 <= found < len(data) - 3 else None


def _kind(head: int, codec: str) -> int:
    return head & 0x1F if codec == "h264" else head >> 1 & 0x3F


def _is_slice(head: int, codec: str) -> bool:
    kind = _kind(head, codec)
    return 1 <= kind <= 5 if codec == "h264" else kind < 32
