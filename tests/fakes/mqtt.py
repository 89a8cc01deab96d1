"""An MQTT client without a broker, for code that takes an api.bus.LateAckClient."""

from __future__ import annotations

import asyncio
import itertools

import aiomqtt


class FakeMqtt:
    """Hands out messages that the test puts in; keeps what is acknowledged, published and subscribed."""

    def __init__(self) -> None:
        self.acknowledged: list[int] = []
        self.published: list[tuple[str, bytes, int, bool]] = []
        self.subscribed: list = []
        self._queue: asyncio.Queue[aiomqtt.Message] = asyncio.Queue()
        self._numbers = itertools.count(1)

    def put(self, topic: str, payload: bytes, qos: int = 1) -> int:
        number = next(self._numbers)
        self._queue.put_nowait(message(topic, payload, number, qos))
        return number

    @property
    def messages(self):
        return self

    def __aiter__(self):
        return self

    def __len__(self) -> int:
        return self._queue.qsize()

    async def __anext__(self) -> aiomqtt.Message:
        return await self._queue.get()

    def ack(self, got: aiomqtt.Message) -> None:
        self.acknowledged.append(got.mid)

    async def subscribe(self, topic, qos=0) -> None:
        self.subscribed += topic if isinstance(topic, list) else [(topic, qos)]

    async def publish(self, topic, payload, qos=0, retain=False) -> None:
        self.published.append((topic, payload, qos, retain))


def message(topic: str, payload: bytes, number: int = 1, qos: int = 1) -> aiomqtt.Message:
    """A message as aiomqtt gives it."""
    return aiomqtt.Message(topic, payload, qos, False, number, None)
