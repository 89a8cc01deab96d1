"""Prometheus figures of one API process."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

BUCKETS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Metrics:
    """One registry per application, so that several can live in one process."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.requests = Counter(
            "ioc_http_requests", "Answered HTTP requests", ["method", "route", "status"], registry=registry
        )
        self.request_seconds = Histogram(
            "ioc_http_request_seconds", "Seconds until an answer began", ["route"], buckets=BUCKETS, registry=registry
        )
        self.messages = Counter("ioc_mqtt_messages", "Messages received from the bus", ["channel"], registry=registry)
        self.malformed = Counter(
            "ioc_mqtt_malformed", "Messages that were refused and passed over", ["channel"], registry=registry
        )
        self.connects = Counter("ioc_mqtt_connects", "Connections made to the broker", ["client"], registry=registry)
        self.connected = Gauge("ioc_mqtt_connected", "1 while the broker is connected", ["client"], registry=registry)
        self.faults = Counter("ioc_bus_faults", "Unexpected faults while handling messages", ["client"], registry=registry)
        self.stored = Counter("ioc_ingest_changes", "Rows that messages changed or added", ["table"], registry=registry)
        self.store_faults = Counter("ioc_ingest_store_faults", "Batches the store did not take at once", registry=registry)
        self.store_seconds = Histogram(
            "ioc_ingest_batch_seconds", "Seconds to store a batch", buckets=BUCKETS, registry=registry
        )
        self.live_clients = Gauge("ioc_live_clients", "Open live connections", registry=registry)
        self.live_overflows = Counter("ioc_live_overflows", "Live connections closed for being too slow", registry=registry)
        self.live_dropped = Counter(
            "ioc_live_pictures_dropped", "Pictures replaced by a newer one before they were sent", registry=registry
        )

    def text(self) -> bytes:
        """All figures in Prometheus' text format."""
        return generate_latest(self.registry)
