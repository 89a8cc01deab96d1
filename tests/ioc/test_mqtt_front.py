"""The front of the embedded broker: which protocol a client speaks, and messages without properties."""

from __future__ import annotations

import asyncio

import pytest

from ioc.adapters.mqtt_front import (
    MalformedError,
    as_varint,
    plain_connect,
    plain_publish,
    protocol_level,
    read_packet,
    varint,
)


@pytest.mark.parametrize(
    ("value", "data"),
    [(0, b"\x00"), (127, b"\x7f"), (128, b"\x80\x01"), (16_383, b"\xff\x7f"), (268_435_455, b"\xff\xff\xff\x7f")],
)
def test_variable_byte_integers(value: int, data: bytes) -> None:
    assert as_varint(value) == data
    assert varint(b"x" + data + b"y", 1) == (value, 1 + len(data))


@pytest.mark.parametrize("data", [b"", b"\x80", b"\xff\xff\xff\xff\x01"])
def test_broken_integers(data: bytes) -> None:
    with pytest.raises(MalformedError):
        varint(data, 0)


@pytest.mark.parametrize(
    ("first", "body", "plain"),
    [
        (0x30, b"\x00\x01t\x00payload", b"\x00\x01t\x00payload"),  # QoS 0, nothing to take out
        (0x30, b"\x00\x01t\x03\x03\x00\x00payload", b"\x00\x01t\x00payload"),
        (0x32, b"\x00\x01t\x00\x07\x03\x03\x00\x00p", b"\x00\x01t\x00\x07\x00p"),  # QoS 1: behind the packet's id
        (0x3D, b"\x00\x01t\x00\x07\x03\x03\x00\x00", b"\x00\x01t\x00\x07\x00"),  # QoS 2, empty payload
    ],
)
def test_messages_lose_their_properties(first: int, body: bytes, plain: bytes) -> None:
    assert plain_publish(first, body) == plain


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00",
        b"\x00\x05t",  # ends within the topic
        b"\x00\x01t",  # no properties at all
        b"\x00\x01t\x09\x03",  # ends within the properties
        b"\x00\x00\x03\x23\x00\x01payload",  # an alias in place of the topic
    ],
)
def test_broken_messages_are_refused(body: bytes) -> None:
    with pytest.raises(MalformedError):
        plain_publish(0x30, body)


START = b"\x00\x04MQTT\x05"
SESSION = b"\x05\x11\x00\x00\x0e\x10"
"""Session expiry of an hour, as a property of the connection."""


def test_the_will_loses_its_properties_and_the_session_keeps_them() -> None:
    head = START + b"\x06\x00\x3c" + SESSION + b"\x00\x02id"
    will = b"\x00\x01w\x00\x04gone"
    assert plain_connect(head + b"\x04\x03\x00\x01j" + will) == head + b"\x00" + will


def test_a_connection_without_a_will_stays_as_it_is() -> None:
    body = START + b"\x02\x00\x3c" + SESSION + b"\x00\x02id"
    assert plain_connect(body) == body


@pytest.mark.parametrize(
    ("body", "level"),
    [(b"\x00\x04MQTT\x04\x02\x00\x3c", 4), (b"\x00\x04MQTT\x05\x02\x00\x3c", 5), (b"\x00\x04MQTT\x03\x02\x00\x3c", 3)],
)
def test_protocol_level(body: bytes, level: int) -> None:
    assert protocol_level(body) == level


@pytest.mark.parametrize("body", [b"", b"\x00\x06MQIsdp\x03\x02\x00\x3c", b"\x00\x04MQTT"])
def test_other_protocols_are_refused(body: bytes) -> None:
    with pytest.raises(MalformedError, match="not the protocol MQTT"):
        protocol_level(body)


async def packet(data: bytes) -> tuple[int, bytes]:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    return await read_packet(reader)


async def test_packets_are_read_whole() -> None:
    assert await packet(b"\x30\x80\x01" + bytes(128) + b"next") == (0x30, bytes(128))


@pytest.mark.parametrize("data", [b"\x30\xff\xff\xff\xff\x01", b"\x30\xff\xff\xff\x7f"])
async def test_oversized_packets_are_refused(data: bytes) -> None:
    with pytest.raises(MalformedError, match=r"length|bytes"):
        await packet(data)


async def test_the_end_within_a_packet_is_told() -> None:
    with pytest.raises(asyncio.IncompleteReadError):
        await packet(b"\x30\x05abc")
