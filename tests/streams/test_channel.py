"""A stream is kept alive; time is made of nothing here."""

from __future__ import annotations

import logging
import threading
from collections.abc import Generator

import pytest

from ioc.core.errors import SourceError
from streams.backoff import Backoff
from streams.channel import Channel
from streams.sample import Sample, StreamFormat
from tests.fakes.time import FrozenClock

SAMPLE = Sample(at=0, pts=0, timed=True, key=True, data=b"x", format=StreamFormat("h264"))
Attempt = list[Sample | Exception | float]
"""What one connection brings: samples, seconds that pass, and the error that ends it."""


class Rig:
    """A channel over scripted connections; after the last one it is told to stop."""

    def __init__(self, attempts: list[Attempt], *, again: bool = True) -> None:
        self.attempts = iter(attempts)
        self.clock = FrozenClock()
        self.lost: list[str] = []
        self.waits: list[float] = []
        self.handled = 0
        self.channel = Channel(
            "gate",
            connect=self.connect,
            again=again,
            handle=self.handle,
            lost=lambda error: self.lost.append(error.reason),
            clock=self.clock,
            backoff=Backoff(first_s=1, cap_s=8, jitter=0, stable_s=10),
            pause=self.pause,
        )

    def connect(self) -> Generator[Sample]:
        script = next(self.attempts, None)
        if script is None:
            self.channel.stopping.set()
            script = [SAMPLE]
        for step in script:
            if isinstance(step, Exception):
                raise step
            if isinstance(step, float):
                self.clock.advance(step)
            else:
                yield step

    def handle(self, sample: Sample) -> None:
        assert sample is SAMPLE
        self.handled += 1

    def pause(self, stopping: threading.Event, seconds: float) -> bool:
        self.waits.append(seconds)
        return stopping.is_set()

    def run(self) -> None:
        self.channel.start()
        assert self.channel.join(10)


def test_failures_in_a_row_wait_longer_each_time() -> None:
    rig = Rig([[SourceError("refused", "")] for _ in range(5)])
    rig.run()
    assert rig.lost == ["refused"] * 5
    assert rig.waits == [1, 2, 4, 8, 8]


def test_a_stream_that_lived_starts_the_waits_afresh() -> None:
    refused, ended = SourceError("refused", ""), SourceError("ended", "")
    rig = Rig([[refused], [refused], [SAMPLE, 11.0, SAMPLE, ended], [SAMPLE, 2.0, ended]])
    rig.run()
    assert rig.waits == [1, 2, 1, 2]  # two seconds of life are no proof
    assert rig.handled == 3


def test_a_wrong_password_waits_the_cap() -> None:
    rig = Rig([[SourceError("unauthorised", "")]])
    rig.run()
    assert rig.waits == [8]


@pytest.mark.parametrize("end", [[], [SourceError("undecodable", "truncated")]])
def test_a_file_is_read_once(end: Attempt) -> None:
    rig = Rig([[SAMPLE, SAMPLE, *end], [SAMPLE]], again=False)
    rig.run()
    assert (rig.handled, len(rig.lost), rig.waits) == (2, 1, [])


def test_a_missing_file_is_looked_for_again() -> None:
    rig = Rig([[SourceError("missing", "")], [SAMPLE]], again=False)
    rig.run()
    assert (rig.handled, rig.lost, rig.waits) == (1, ["missing", "ended"], [1])


def test_a_surprise_is_counted_logged_and_survived(caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig([[SAMPLE, ZeroDivisionError("odd")], [SAMPLE, SourceError("ended", "")]])
    with caplog.at_level(logging.ERROR, "streams.channel"):
        rig.run()
    assert rig.channel.faults == 1
    assert "odd" in caplog.text
    assert rig.lost == ["undecodable", "ended"]


def test_a_channel_that_never_started_can_be_joined() -> None:
    assert Rig([]).channel.join(0)
