"""A row goes exactly when its message is acknowledged."""

from __future__ import annotations

import pytest

from streams.delivery import IN_FLIGHT, RESEND_S, Delivery
from tests.fakes.bus import FakeLink, MemoryOutbox


@pytest.fixture
def parts():
    outbox, link = MemoryOutbox(), FakeLink()
    return outbox, link, Delivery(outbox, link)


def fill(outbox, count):
    for i in range(count):
        outbox.put("t", str(i).encode())


def payloads(link):
    return [int(p) for _, p, _, _ in link.sent]


def test_rows_go_when_acknowledged(parts):
    outbox, link, delivery = parts
    fill(outbox, 3)
    assert delivery.pump(0.0) == 3
    assert delivery.pump(0.1) == 0, "nothing is sent twice while it is in flight"
    assert len(outbox.rows) == 3
    delivery.acknowledged(2)
    delivery.pump(0.2)
    assert sorted(outbox.rows) == [1, 3]
    delivery.acknowledged(1)
    delivery.acknowledged(3)
    delivery.pump(0.3)
    assert not outbox.rows
    assert delivery.delivered == 3
    assert all(qos == 1 and kind == "application/cloudevents+json" for _, _, qos, kind in link.sent)


def test_few_are_in_flight(parts):
    outbox, link, delivery = parts
    fill(outbox, IN_FLIGHT + 10)
    assert delivery.pump(0.0) == IN_FLIGHT
    delivery.acknowledged(1)
    assert delivery.pump(0.1) == 1
    assert payloads(link) == list(range(IN_FLIGHT + 1))


def test_the_echo_of_a_broken_connection_is_ignored(parts):
    outbox, link, delivery = parts
    fill(outbox, 2)
    delivery.pump(0.0)
    delivery.reconnected()
    delivery.acknowledged(1)
    delivery.pump(1.0)
    assert len(outbox.rows) == 2
    assert payloads(link) == [0, 1, 0, 1]


def test_a_broker_that_is_away_costs_nothing(parts):
    outbox, link, delivery = parts
    link.connected = False
    fill(outbox, 200)
    for t in range(60):
        assert delivery.pump(float(t)) == 0
    link.connected = True
    delivery.reconnected()
    t, acked = 60.0, 0
    while outbox.rows:
        delivery.pump(t)
        for mid in range(acked + 1, len(link.sent) + 1):
            delivery.acknowledged(mid)
        acked = len(link.sent)
        t += 0.1
    assert payloads(link) == list(range(200))


def test_what_was_in_flight_at_a_break_is_sent_again(parts):
    outbox, link, delivery = parts
    fill(outbox, 3)
    delivery.pump(0.0)
    delivery.acknowledged(2)
    link.connected = False
    delivery.pump(1.0)
    link.connected = True
    delivery.reconnected()
    delivery.pump(2.0)
    assert payloads(link) == [0, 1, 2, 0, 2]


def test_a_lost_acknowledgement_is_asked_for_again(parts):
    outbox, link, delivery = parts
    fill(outbox, 1)
    delivery.pump(0.0)
    delivery.pump(RESEND_S - 1)
    assert len(link.sent) == 1
    delivery.pump(RESEND_S + 1)
    assert len(link.sent) == 2


def test_a_link_that_takes_no_more_is_asked_later(parts):
    outbox, link, delivery = parts
    fill(outbox, 5)
    link.refuse_after = 2
    assert delivery.pump(0.0) == 2
    link.refuse_after = None
    assert delivery.pump(0.1) == 3
    assert payloads(link) == [0, 1, 2, 3, 4]
