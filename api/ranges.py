"""Byte ranges of HTTP (RFC 9110, section 14), pure."""

from __future__ import annotations

import re

from api.errors import RangeRefusedError

_RANGE = re.compile(r"^bytes=(\d{0,18})-(\d{0,18})$")


def parse_range(header: str | None, size: int) -> tuple[int, int] | None:
    """(start, end) with the end exclusive, None where the whole file is to be sent: no header, several ranges, other units.

    Raises :class:`RangeRefusedError` where no byte of the range exists.
    """
    match = _RANGE.match(header.strip()) if header else None
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if first == "":
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < int(first):
            return None
    if start >= end:
        raise RangeRefusedError(f"the file has {size} bytes", headers={"Content-Range": f"bytes */{size}"})
    return start, end
