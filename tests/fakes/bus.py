"""A broker's connection and an outbox, in memory."""

from __future__ import annotations

from ioc.core.errors import StorageError


class FakeLink:
    """Implements streams.delivery.Link: records what is sent; the test decides what is acknowledged."""

    def __init__(self):
        self.connected = True
        self.sent = []
        self.published = []
        self.refuse_after = None

    def send(self, topic, payload, *, qos=0, retain=False, content_type=None):
        if not self.connected or (self.refuse_after is not None and len(self.sent) >= self.refuse_after):
            return None
        self.sent.append((topic, payload, qos, content_type))
        return len(self.sent)

    def publish(self, topic, payload, *, qos=0, retain=False):
        if self.connected:
            self.published.append((topic, payload, qos, retain))


class MemoryOutbox:
    """Implements ioc.core.ports.Outbox."""

    def __init__(self):
        self.rows = {}
        self.number = 0
        self.broken = False

    def put(self, topic, payload):
        if self.broken:
            raise StorageError("the disk is full")
        self.number += 1
        self.rows[self.number] = (topic, payload)

    def pending(self, after=0, limit=100):
        return [(n, *self.rows[n]) for n in sorted(self.rows) if n > after][:limit]

    def done(self, number):
        self.rows.pop(number, None)
