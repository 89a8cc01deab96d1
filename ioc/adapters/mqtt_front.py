"""One port for MQTT 3.1.1 and MQTT 5, in front of a broker that has a port for each.

The CONNECT packet names its protocol level, and so the port to pass the connection on to. What follows is passed on as it
is, so acknowledgements, wills and sessions are the broker's; with one exception: the *properties* that MQTT 5 adds to a
message are taken out, since rumqttd 0.20 breaks down when a message with properties meets a subscriber of MQTT 3.1.1.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from enum import IntEnum

LOOPBACK = "127.0.0.1"
CONNECT, PUBLISH = 1, 3
WILL_FLAG = 0x04
NO_PROPERTIES = b"\x00"
MAX_PACKET = 8 * 1024 * 1024
"""Bytes of one message with its headers, at most."""
FIRST_PACKET_S = 10.0
"""Seconds that a client may take to send its CONNECT packet."""
CHUNK = 65536


class Level(IntEnum):
    """Protocol level in a CONNECT packet (MQTT 3.1.1 and MQTT 5, section 3.1.2.2)."""

    V4 = 4
    V5 = 5


class MalformedError(ValueError):
    """Bytes that are no packet of MQTT; the connection ends."""


def varint(data: bytes, at: int) -> tuple[int, int]:
    """A variable byte integer (MQTT 5, section 1.5.5) at a position, and the position behind it."""
    value = 0
    for count in range(4):
        if at + count >= len(data):
            raise MalformedError("packet ends within a length")
        value |= (data[at + count] & 0x7F) << (7 * count)
        if not data[at + count] & 0x80:
            return value, at + count + 1
    raise MalformedError("length of more than four bytes")


def as_varint(value: int) -> bytes:
    """The opposite of :func:`varint`."""
    out = bytearray()
    while True:
        value, low = divmod(value, 128)
        out.append(low | (0x80 if value else 0))
        if not value:
            return bytes(out)


def text_end(data: bytes, at: int) -> int:
    """The position behind a string or binary value, which two bytes of length precede."""
    if at + 2 > len(data):
        raise MalformedError("packet ends within a string")
    return at + 2 + int.from_bytes(data[at : at + 2], "big")


def without_properties(data: bytes, at: int) -> bytes:
    """The data with the properties that begin at a position replaced by none."""
    length, start = varint(data, at)
    if start + length > len(data):
        raise MalformedError("packet ends within its properties")
    return data[:at] + NO_PROPERTIES + data[start + length :]


def plain_publish(first: int, body: bytes) -> bytes:
    """Body of an MQTT 5 PUBLISH packet without properties; ``first`` is the packet's first byte, which holds the QoS.

    A topic alias is a property too: a packet that has nothing but an alias for its topic is refused.
    """
    at = text_end(body, 0)
    if at == 2:
        raise MalformedError("topic aliases are not supported")
    return without_properties(body, at + (2 if first & 0x06 else 0))


def plain_connect(body: bytes) -> bytes:
    """Body of an MQTT 5 CONNECT packet whose will, if there is one, has no properties. The session's own ones stay."""
    if len(body) < 10:
        raise MalformedError("CONNECT is too short")
    if not body[7] & WILL_FLAG:
        return body
    length, start = varint(body, 10)
    return without_properties(body, text_end(body, start + length))


def protocol_level(body: bytes) -> int:
    """The level that the body of a CONNECT packet names. Raises :class:`MalformedError` for another protocol."""
    if len(body) < 10 or body[:6] != b"\x00\x04MQTT":
        raise MalformedError("not the protocol MQTT")
    return body[6]


async def read_packet(reader: asyncio.StreamReader, only: int | None = None) -> tuple[int, bytes]:
    """First byte and body of the next packet, which must be of the type ``only`` if one is given.

    Raises :class:`MalformedError`, and asyncio.IncompleteReadError at the end of the connection.
    """
    first = await reader.readexactly(1)
    if only is not None and first[0] >> 4 != only:
        raise MalformedError("another packet than expected")
    length = b""
    while not length or length[-1] & 0x80:
        length += await reader.readexactly(1)
        if len(length) > 4:
            raise MalformedError("length of more than four bytes")
    size, _ = varint(length, 0)
    if size > MAX_PACKET:
        raise MalformedError(f"packet of {size} bytes")
    return first[0], await reader.readexactly(size)


async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, ports: Mapping[Level, int]) -> None:
    """Serve one client: find its level, connect to that port on this machine, and pass packets on both ways.

    A client of another protocol is disconnected, as section 3.1 of the specification asks.
    """
    onward: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(FIRST_PACKET_S):
            first, body = await read_packet(reader, CONNECT)
        level = Level(protocol_level(body))
        back, onward = await asyncio.open_connection(LOOPBACK, ports[level])
        body = plain_connect(body) if level is Level.V5 else body
        onward.write(bytes([first]) + as_varint(len(body)) + body)
        there = _copy(reader, onward) if level is Level.V4 else _copy_plain(reader, onward)
        ways = [asyncio.create_task(there), asyncio.create_task(_copy(back, writer))]
        _, rest = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in rest:
            way.cancel()
    except (OSError, ValueError, TimeoutError, asyncio.IncompleteReadError):
        pass  # the connection ends here, and the client learns it from that
    finally:
        for end in (writer, onward):
            if end is not None:
                end.close()
                with contextlib.suppress(OSError):
                    await end.wait_closed()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await source.read(CHUNK):
            target.write(chunk)
            await target.drain()


async def _copy_plain(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, MalformedError, asyncio.IncompleteReadError):
        while True:
            first, body = await read_packet(source)
            if first >> 4 == PUBLISH:
                body = plain_publish(first, body)
            target.write(bytes([first]) + as_varint(len(body)) + body)
            await target.drain()
