"""From a message on the bus to something the store can take; nothing else gets through."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from ioc.core import wire
from ioc.core.errors import WireError
from ioc.core.types import Alert, AlertEvent, CameraStatus, Count, PlateRead, WorkerStatus

LATEST = 4_102_444_800.0
"""1 January 2100: a later time is a broken clock."""
NAME = 200
"""Characters of a name or id."""
TEXT = 4000
"""Characters of any other text."""
INTEGER = 2**31 - 1
FREE_TEXT = frozenset({"evidence_missing", "text"})

TypedEvent = AlertEvent | PlateRead | Count


def decode_event(topic: str, payload: bytes) -> tuple[str, TypedEvent]:
    """(id of the event, the event) of a message. Raises :class:`ioc.core.errors.WireError`."""
    channel, site, camera = wire.parse_topic(topic)
    envelope, event = wire.decode_event(payload)
    expected = {"alert": AlertEvent, "plate": PlateRead, "count": Count}.get(channel)
    if expected is None or not isinstance(event, expected):
        raise WireError(f"an event of type {envelope.type} on a topic for {channel}")
    value = event.alert if isinstance(event, AlertEvent) else event
    _same_place(value, site, camera)
    _name("id", envelope.id)
    _sane("data", envelope.data)
    for item in () if isinstance(value, Count) else value.evidence:
        _time("evidence.at", item.at)
        if not 0 <= item.bytes < 2**53:
            raise WireError(f"evidence.bytes: {item.bytes} is no size")
    if isinstance(event, AlertEvent):
        _alert(event)
    else:
        _time("at", event.at)
    _names(value)
    return envelope.id, event


def decode_status(topic: str, payload: bytes) -> CameraStatus:
    """A camera's health. Raises :class:`ioc.core.errors.WireError`."""
    _, site, camera = wire.parse_topic(topic)
    status = wire.decode_status(payload)
    _same_place(status, site, camera)
    for name, at in (("at", status.at), ("since", status.since if status.since is not None else 0.0)):
        _time(name, at)
    for name, value in (("fps", status.fps), ("latency", status.latency), ("dropped", dict(status.dropped))):
        _sane(name, value)
    _names(status)
    return status


def decode_worker(topic: str, payload: bytes) -> WorkerStatus:
    """Birth or death of a worker. Raises :class:`ioc.core.errors.WireError`."""
    _, site, name = wire.parse_topic(topic)
    status = wire.decode_worker(payload)
    if (status.site, status.worker) != (site, name):
        raise WireError(f"{status.site}/{status.worker} on the topic of {site}/{name}")
    return status


def decode_picture(topic: str, payload: bytes) -> str:
    """The camera of a live picture that may be passed on as it is. Raises :class:`ioc.core.errors.WireError`."""
    _, _, camera = wire.parse_topic(topic)
    picture = wire.decode_picture(payload)
    if picture.camera != camera:
        raise WireError(f"a picture of {picture.camera} on the topic of {camera}")
    return camera


def _alert(event: AlertEvent) -> None:
    alert = event.alert
    _time("at", event.at)
    _time("started_at", alert.started_at)
    _time("opened_at", alert.opened_at)
    if alert.closed_at is not None:
        _time("closed_at", alert.closed_at)
    if not 0 <= event.sequence <= INTEGER:
        raise WireError(f"sequence: {event.sequence} is out of range")
    if not 0.0 <= alert.confidence <= 1.0:
        raise WireError(f"confidence: {alert.confidence} is not in 0..1")


def _same_place(value: Alert | PlateRead | Count | CameraStatus, site: str, camera: str) -> None:
    if (value.site, value.camera) != (site, camera):
        raise WireError(f"{value.site}/{value.camera} on the topic of {site}/{camera}")


def _time(name: str, at: float) -> None:
    if not 0.0 <= at <= LATEST:  # refuses NaN too
        raise WireError(f"{name}: {at} is no time")


def _name(name: str, value: str) -> None:
    if not 1 <= len(value) <= NAME:
        raise WireError(f"{name}: {len(value)} characters, 1 to {NAME} are possible")


def _names(value: Any) -> None:
    for field in fields(value):
        part = getattr(value, field.name)
        if isinstance(part, str) and field.name not in FREE_TEXT:
            _name(field.name, part)


def _sane(path: str, value: Any, depth: int = 0) -> None:
    """Refuse what databases and browsers cannot hold: NUL characters, numbers that are none, endless nesting."""
    if depth > 12:
        raise WireError(f"{path}: nested too deeply")
    if isinstance(value, str):
        if len(value) > TEXT or "\0" in value:
            raise WireError(f"{path}: text with a NUL or of more than {TEXT} characters")
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise WireError(f"{path}: {value} is no number")
    elif isinstance(value, int):
        if abs(value) >= 2**53:
            raise WireError(f"{path}: the number is too large")
    elif isinstance(value, Mapping):
        for key, part in value.items():
            _sane(path, str(key), depth + 1)
            _sane(f"{path}.{key}", part, depth + 1)
    elif isinstance(value, list | tuple):
        for number, part in enumerate(value):
            _sane(f"{path}.{number}", part, depth + 1)
