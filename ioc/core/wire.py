"""Messages on the bus: topics, CloudEvents 1.0 (structured mode) and retained statuses.

Encoding is deterministic: keys in a fixed order, numbers rounded to :data:`DIGITS`, so that a replay repeats its bytes.
Decoding raises :class:`ioc.core.errors.WireError` for anything that is not what its topic promises.
"""

from __future__ import annotations

import json
import struct
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from ioc.core.errors import WireError
from ioc.core.types import AlertEvent, CameraStatus, Count, Phase, PlateRead, WorkerStatus

ROOT = "ioc/v1"
NAMESPACE = uuid.UUID("0b5fd6a7-4f7c-5d0c-9d0e-1f6f3a1f8f10")
DIGITS = 4
CLOUD_EVENT = "application/cloudevents+json"
Channel = Literal["alert", "plate", "count", "status", "picture", "interest", "worker"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One kind of topic: what a reader of the reference needs to know."""

    pattern: str
    message: str
    qos: int
    retained: bool
    text: str


TOPICS: Mapping[Channel, Topic] = {
    "alert": Topic(
        pattern=f"{ROOT}/{{site}}/{{camera}}/alert",
        message="CloudEvent vn.ioc.alert.{opened,updated,closed}.v1",
        qos=1,
        retained=False,
        text="An alert opened, changed or closed. Complete in itself; a receiver keeps the highest sequence.",
    ),
    "plate": Topic(
        pattern=f"{ROOT}/{{site}}/{{camera}}/plate",
        message="CloudEvent vn.ioc.plate.read.v1",
        qos=1,
        retained=False,
        text="One passage of a vehicle whose plate was read.",
    ),
    "count": Topic(
        pattern=f"{ROOT}/{{site}}/{{camera}}/count",
        message="CloudEvent vn.ioc.count.v1",
        qos=1,
        retained=False,
        text="One point of a count series.",
    ),
    "status": Topic(
        pattern=f"{ROOT}/{{site}}/{{camera}}/status",
        message="CameraStatus",
        qos=1,
        retained=True,
        text="Health of a camera: live, degraded or lost, with the reason.",
    ),
    "picture": Topic(
        pattern=f"{ROOT}/{{site}}/{{camera}}/picture",
        message="LivePicture (header length, JSON header, JPEG)",
        qos=0,
        retained=False,
        text="The camera's live picture with its boxes, sent only while somebody looks.",
    ),
    "interest": Topic(
        pattern=f"{ROOT}/{{site}}/{{camera}}/interest",
        message="Interest",
        qos=0,
        retained=False,
        text="Somebody looks at the camera: pictures are wanted until the given time.",
    ),
    "worker": Topic(
        pattern=f"{ROOT}/{{site}}/workers/{{worker}}/status",
        message="WorkerStatus",
        qos=1,
        retained=True,
        text="Birth of a worker process and, as its last will, its death.",
    ),
}


def topic(channel: Channel, site: str, name: str) -> str:
    """The topic of a channel for a camera (or worker) of that name."""
    return TOPICS[channel].pattern.format(site=site, camera=name, worker=name)


def subscription(channel: Channel, site: str) -> str:
    """The filter that matches a channel for all cameras (or workers) of a site."""
    return topic(channel, site, "+")


def parse_topic(text: str) -> tuple[Channel, str, str]:
    """(channel, site, camera or worker) of a topic. Raises :class:`WireError`."""
    parts = text.split("/")
    if "/".join(parts[:2]) == ROOT:
        if len(parts) == 6 and parts[3] == "workers" and parts[5] == "status":
            return "worker", parts[2], parts[4]
        for channel in TOPICS:
            if len(parts) == 5 and channel == parts[4] != "worker":
                return channel, parts[2], parts[3]
    raise WireError(f"not a topic of this system: {text!r}")


class CloudEvent(BaseModel):
    """The envelope (CloudEvents 1.0, structured mode). ``source`` and ``id`` together identify a duplicate."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"] = "1.0"
    id: str = Field(min_length=1)
    source: str = Field(min_length=1)
    type: str
    subject: str | None = None
    time: datetime
    datacontenttype: Literal["application/json"] = "application/json"
    data: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePicture:
    """A small picture of a camera and what was seen in it; boxes are (x1, y1, x2, y2) in 0..1."""

    camera: str
    at: float
    boxes: tuple[tuple[str, int | None, float, float, float, float], ...]
    """(label, track id or None, x1, y1, x2, y2)."""
    jpeg: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Interest:
    """Pictures of a camera are wanted until ``until`` (s since the epoch)."""

    until: float


T = TypeVar("T")
Event = AlertEvent | PlateRead | Count
_EVENT = TypeAdapter(AlertEvent)
_PLATE = TypeAdapter(PlateRead)
_COUNT = TypeAdapter(Count)
_STATUS = TypeAdapter(CameraStatus)
_WORKER = TypeAdapter(WorkerStatus)
_INTEREST = TypeAdapter(Interest)
_HEAD = struct.Struct(">I")
_PREFIX = "vn.ioc"


def alert_id(site: str, camera: str, kind: str, subject: str, opened_at: float) -> str:
    """Id of an alert: the same incident of the same footage always gets the same id."""
    return str(uuid.uuid5(NAMESPACE, f"alert/{site}/{camera}/{kind}/{subject}/{opened_at:.3f}"))


def event_id(alert: str, phase: Phase, sequence: int) -> str:
    """Id of an alert's event."""
    return str(uuid.uuid5(NAMESPACE, f"event/{alert}/{phase.value}/{sequence}"))


def plate_id(site: str, camera: str, track: str, at: float) -> str:
    """Id of a plate read."""
    return str(uuid.uuid5(NAMESPACE, f"plate/{site}/{camera}/{track}/{at:.3f}"))


def iso(at: float) -> str:
    """RFC 3339 time in UTC with milliseconds."""
    return datetime.fromtimestamp(round(at, 3), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def encode_event(event: Event) -> bytes:
    """One CloudEvent as JSON bytes."""
    if isinstance(event, AlertEvent):
        a = event.alert
        kind, ident, subject = f"alert.{event.phase.value}", event.id, f"{a.kind}/{a.subject}"
        site, camera, data = a.site, a.camera, _EVENT.dump_python(event, mode="json")
    elif isinstance(event, PlateRead):
        kind, ident, subject = "plate.read", event.id, event.text
        site, camera, data = event.site, event.camera, _PLATE.dump_python(event, mode="json")
    else:
        kind, subject = "count", f"{event.zone or 'picture'}/{event.label}"
        site, camera, data = event.site, event.camera, _COUNT.dump_python(event, mode="json")
        ident = str(uuid.uuid5(NAMESPACE, f"count/{site}/{camera}/{subject}/{event.at:.3f}"))
    envelope = {
        "specversion": "1.0",
        "id": ident,
        "source": f"urn:ioc:{site}:{camera}",
        "type": f"{_PREFIX}.{kind}.v1",
        "subject": subject,
        "time": iso(event.at),
        "datacontenttype": "application/json",
        "data": data,
    }
    return _json(envelope)


def decode_event(payload: bytes) -> tuple[CloudEvent, Event]:
    """The envelope and its event. Raises :class:`WireError`."""
    try:
        envelope = CloudEvent.model_validate_json(payload)
        event = _event(envelope)
    except (ValidationError, ValueError) as error:
        raise WireError(f"not an event of this system: {_short(error)}") from error
    return envelope, event


def _event(envelope: CloudEvent) -> Event:
    if envelope.type == f"{_PREFIX}.plate.read.v1":
        return _PLATE.validate_python(envelope.data)
    if envelope.type == f"{_PREFIX}.count.v1":
        return _COUNT.validate_python(envelope.data)
    if not envelope.type.startswith(f"{_PREFIX}.alert."):
        raise WireError(f"unknown event type {envelope.type!r}")
    event = _EVENT.validate_python(envelope.data)
    if envelope.type != f"{_PREFIX}.alert.{event.phase.value}.v1":
        raise WireError(f"event of phase {event.phase.value} in an envelope of type {envelope.type}")
    return event


def encode_status(status: CameraStatus | WorkerStatus | Interest) -> bytes:
    """A plain JSON message."""
    adapter: TypeAdapter[Any] = TypeAdapter(type(status))
    return _json(adapter.dump_python(status, mode="json"))


def decode_status(payload: bytes) -> CameraStatus:
    """A camera's status. Raises :class:`WireError`."""
    return _decode(_STATUS, payload)


def decode_worker(payload: bytes) -> WorkerStatus:
    """A worker's status. Raises :class:`WireError`."""
    return _decode(_WORKER, payload)


def decode_interest(payload: bytes) -> Interest:
    """A wish for pictures. Raises :class:`WireError`."""
    return _decode(_INTEREST, payload)


def encode_picture(picture: LivePicture) -> bytes:
    """Big-endian uint32 length of the header, the header as JSON, the JPEG."""
    header = _json({"camera": picture.camera, "at": picture.at, "boxes": picture.boxes})
    return _HEAD.pack(len(header)) + header + picture.jpeg


def decode_picture(payload: bytes) -> LivePicture:
    """The opposite of :func:`encode_picture`. Raises :class:`WireError`."""
    try:
        (length,) = _HEAD.unpack_from(payload)
        header = json.loads(payload[_HEAD.size : _HEAD.size + length])
        jpeg = payload[_HEAD.size + length :]
        boxes = tuple((str(b[0]), b[1], *(float(v) for v in b[2:6])) for b in header["boxes"])
        picture = LivePicture(camera=str(header["camera"]), at=float(header["at"]), boxes=boxes, jpeg=jpeg)
    except (struct.error, ValueError, KeyError, IndexError, TypeError) as error:
        raise WireError(f"not a live picture: {_short(error)}") from error
    if not jpeg.startswith(b"\xff\xd8"):
        raise WireError("not a live picture: no JPEG behind the header")
    return picture


def _decode(adapter: TypeAdapter[T], payload: bytes) -> T:
    try:
        return adapter.validate_json(payload)
    except ValidationError as error:
        raise WireError(f"not the message its topic promises: {_short(error)}") from error


def _json(value: Any) -> bytes:
    return json.dumps(_rounded(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, DIGITS)
    if isinstance(value, Mapping):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value


def _short(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(str(p) for p in first['loc']) or 'message'}: {first['msg']}"
    return f"{type(error).__name__}: {error}"
