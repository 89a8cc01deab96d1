"""Parameter sets are found where cameras put them; pictures that nothing depends on are known."""

from __future__ import annotations

import pytest

from streams.nal import is_reference, parameter_sets

SPS, PPS, IDR = b"\x67\x42\x00\x1e", b"\x68\xce\x0f", b"\x65\x88\x84\x00\x21"
VPS_5, SPS_5, PPS_5, IDR_5 = b"\x40\x01\x0c", b"\x42\x01\x01", b"\x44\x01\xc1", b"\x26\x01\xaf"
LONG, SHORT = b"\x00\x00\x00\x01", b"\x00\x00\x01"


@pytest.mark.parametrize(
    ("codec", "data", "expected"),
    [
        ("h264", LONG + SPS + LONG + PPS + LONG + IDR, LONG + SPS + LONG + PPS),
        ("h264", SHORT + SPS + SHORT + PPS + SHORT + IDR, LONG + SPS + LONG + PPS),  # start codes of three bytes
        ("h264", LONG + b"\x09\xf0" + LONG + SPS + LONG + PPS + LONG + b"\x06\x05" + LONG + IDR, LONG + SPS + LONG + PPS),
        ("h264", LONG + IDR, b""),
        ("h264", LONG + IDR + LONG + SPS, b""),  # behind a slice they belong to the next picture
        ("hevc", LONG + VPS_5 + LONG + SPS_5 + LONG + PPS_5 + LONG + IDR_5, LONG + VPS_5 + LONG + SPS_5 + LONG + PPS_5),
        ("h264", b"", b""),
        ("h264", LONG, b""),  # a start code and nothing behind it
    ],
)
def test_parameter_sets(codec: str, data: bytes, expected: bytes) -> None:
    assert parameter_sets(data, codec) == expected


@pytest.mark.parametrize(
    ("codec", "data", "expected"),
    [
        ("h264", LONG + SPS + LONG + IDR, True),
        ("h264", LONG + b"\x41\x9a", True),
        ("h264", LONG + b"\x01\x9a", False),  # nal_ref_idc 0
        ("h264", SHORT + b"\x09\xf0" + SHORT + b"\x06\x05" + SHORT + b"\x01\x9a", False),
        ("hevc", LONG + b"\x02\x01", True),  # TRAIL_R
        ("hevc", LONG + b"\x00\x01", False),  # TRAIL_N
        ("hevc", LONG + IDR_5, True),
        ("h264", b"nonsense", True),
        ("h264", b"", True),
    ],
)
def test_whether_others_depend_on_a_picture(codec: str, data: bytes, expected: bool) -> None:
    assert is_reference(data, codec) is expected
