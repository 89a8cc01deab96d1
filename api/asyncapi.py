"""The bus as an AsyncAPI 3 document, made from :data:`ioc.core.wire.TOPICS`."""

from __future__ import annotations

import re
from functools import cache
from importlib.metadata import version
from typing import Any

from pydantic import TypeAdapter

from ioc.core import wire
from ioc.core.types import AlertEvent, CameraStatus, Count, PlateRead, WorkerStatus

PAYLOADS: dict[wire.Channel, type[Any] | None] = {
    "alert": AlertEvent,
    "plate": PlateRead,
    "count": Count,
    "status": CameraStatus,
    "worker": WorkerStatus,
    "interest": wire.Interest,
    "picture": None,
}
"""What a message of a channel holds; None is binary."""
EVENTS = frozenset({"alert", "plate", "count"})
"""Channels whose payload stands in a CloudEvent."""
MQTT_BINDING = "0.2.0"


@cache
def document() -> dict[str, Any]:
    """The whole document."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "IOC bus",
            "version": version("ioc"),
            "description": "MQTT topics between the workers that watch cameras and the operations API.",
            "license": {"name": "AGPL-3.0-or-later"},
        },
        "defaultContentType": "application/json",
        "channels": {name: _channel(name, topic) for name, topic in wire.TOPICS.items()},
        "operations": {name: _operation(name, topic) for name, topic in wire.TOPICS.items()},
        "components": {"schemas": {name: _schema(name) for name in wire.TOPICS}},
    }


def _channel(name: wire.Channel, topic: wire.Topic) -> dict[str, Any]:
    content = "application/octet-stream" if PAYLOADS[name] is None else "application/json"
    message = {
        "name": name,
        "title": topic.message,
        "contentType": wire.CLOUD_EVENT if name in EVENTS else content,
        "payload": {"$ref": f"#/components/schemas/{name}"},
    }
    parameters = {p: {"description": f"Id of the {p}"} for p in re.findall(r"{(\w+)}", topic.pattern)}
    return {"address": topic.pattern, "description": topic.text, "parameters": parameters, "messages": {name: message}}


def _operation(name: wire.Channel, topic: wire.Topic) -> dict[str, Any]:
    """From the API's side: it sends interest and receives everything else."""
    return {
        "action": "send" if name == "interest" else "receive",
        "channel": {"$ref": f"#/channels/{name}"},
        "summary": topic.text,
        "bindings": {"mqtt": {"qos": topic.qos, "retain": topic.retained, "bindingVersion": MQTT_BINDING}},
    }


def _schema(name: wire.Channel) -> dict[str, Any]:
    payload = PAYLOADS[name]
    if payload is None:
        return {"type": "string", "format": "binary", "description": "uint32 length, JSON header, JPEG"}
    template = f"#/components/schemas/{name}/definitions/{{model}}"
    adapter: TypeAdapter[Any] = TypeAdapter(payload)
    data = adapter.json_schema(ref_template=template)
    definitions = data.pop("$defs", {})
    if name not in EVENTS:
        return {**data, "definitions": definitions}
    envelope = wire.CloudEvent.model_json_schema()
    envelope["properties"]["data"] = data
    return {**envelope, "definitions": definitions}
