"""One port for MQTT 3.1.1 and MQTT 5, in front of a broker that has a port for each.

Only the first bytes of a connection are looked at: the CONNECT packet names its protocol level. Everything after that is
passed on as it is, so acknowledgements, wills and sessions are the broker's.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from enum import IntEnum

LOOPBACK = "127.0.0.1"
CONNECT = 0x10
FIRST_PACKET_S = 10.0
"""Seconds that a client may take to send the first bytes."""
CHUNK = 65536


class Level(IntEnum):
    """Protocol level in a CONNECT packet (MQTT 3.1.1 and MQTT 5, section 3.1.2.2)."""

    V4 = 4
    V5 = 5


def protocol_level(start: bytes) -> int | None:
    """The level that a CONNECT packet names, None while too few bytes are there. Raises ValueError for anything else.

    The packet begins with its type, its length (1 to 4 bytes, seven bits each) and the protocol's name.
    """
    if start and start[0] != CONNECT:
        raise ValueError("not a CONNECT packet")
    at = 1
    while at < len(start) and start[at] & 0x80:
        at += 1
        if at > 4:
            raise ValueError("length of more than four bytes")
    at += 1
    if len(start) < at + 7:
        return None
    if start[at : at + 6] != b"\x00\x04MQTT":
        raise ValueError("not the protocol MQTT")
    return start[at + 6]


async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, ports: Mapping[Level, int]) -> None:
    """Serve one client: find its level, connect to that port on this machine, and pass bytes on both ways.

    A client of another protocol is disconnected, as section 3.1 of the specification asks.
    """
    onward: asyncio.StreamWriter | None = None
    try:
        start, level = await _first(reader)
        if level in ports:
            back, onward = await asyncio.open_connection(LOOPBACK, ports[Level(level)])
            onward.write(start)
            ways = [asyncio.create_task(_copy(reader, onward)), asyncio.create_task(_copy(back, writer))]
            _, rest = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in rest:
                way.cancel()
    except (OSError, ValueError, TimeoutError):
        pass  # the connection ends here, and the client learns it from that
    finally:
        for end in (writer, onward):
            if end is not None:
                end.close()
                with contextlib.suppress(OSError):
                    await end.wait_closed()


async def _first(reader: asyncio.StreamReader) -> tuple[bytes, int]:
    start = b""
    async with asyncio.timeout(FIRST_PACKET_S):
        while (level := protocol_level(start)) is None:
            chunk = await reader.read(CHUNK)
            if not chunk:
                raise ValueError("ended before the first packet")
            start += chunk
    return start, level


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await source.read(CHUNK):
            target.write(chunk)
            await target.drain()
