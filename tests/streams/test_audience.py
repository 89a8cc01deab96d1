"""Events wait for a listener after each connect, and not for ever."""

from __future__ import annotations

import pytest

from ioc.core import wire
from ioc.core.types import WorkerStatus
from streams.audience import PATIENCE_S, Audience
from streams.delivery import Delivery
from tests.fakes.bus import FakeLink, MemoryOutbox
from tests.fakes.time import FrozenClock


def tell(audience, name, state):
    status = WorkerStatus(site="s", worker=name, at=0.0, state=state)
    audience.take(wire.topic("worker", "s", name), wire.encode_status(status))


@pytest.fixture
def clock():
    return FrozenClock(1000.0)


@pytest.fixture
def audience(clock):
    made = Audience(clock)
    made.reconnected()
    return made


def test_nobody_listens_until_an_api_says_so(audience):
    assert not audience.listens
    tell(audience, "worker-2", "online")
    assert not audience.listens, "another worker stores nothing"
    tell(audience, "api-1", "online")
    tell(audience, "api-2", "online")
    tell(audience, "api-1", "offline")
    assert audience.listens
    tell(audience, "api-2", "offline")
    assert not audience.listens


def test_a_new_connection_begins_anew(audience):
    tell(audience, "api-1", "online")
    audience.reconnected()
    assert not audience.listens


def test_patience_ends(audience, clock):
    clock.advance(PATIENCE_S - 0.1)
    assert not audience.listens
    clock.advance(0.1)
    assert audience.listens


def test_what_is_malformed_changes_nothing(audience, caplog):
    audience.take("ioc/v1/s/workers/api-1/status", b"malformed")
    assert not audience.listens
    assert "api-1/status" in caplog.text


def test_events_stay_in_the_outbox_meanwhile(audience):
    outbox, link = MemoryOutbox(), FakeLink()
    delivery = Delivery(outbox, link, lambda: audience.listens)
    outbox.put("t", b"event")
    assert delivery.pump(0.0) == 0
    tell(audience, "api-1", "online")
    assert delivery.pump(0.1) == 1
