"""The incident machine's state as JSON, so that a restarted worker goes on instead of alerting again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from ioc.core.errors import StorageError
from ioc.core.incidents import Incident, State, resumed

VERSION = 2


class _Kept(BaseModel):
    model_config = ConfigDict(extra="forbid")

    at: float | None
    incidents: list[Incident]
    cooling: list[tuple[tuple[str, str], float]]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: int
    states: dict[str, _Kept]


_FILE = TypeAdapter(_File)


def encode_states(states: Mapping[str, State]) -> bytes:
    """States by alert kind as JSON bytes."""
    kept: dict[str, Any] = {
        kind: _Kept(
            at=s.at,
            incidents=list(s.incidents.values()),
            cooling=list(s.cooling.items()),
        )
        for kind, s in states.items()
    }
    return json.dumps(_File(version=VERSION, states=kept).model_dump(mode="json"), ensure_ascii=False).encode()


def decode_states(data: bytes) -> dict[str, State]:
    """The opposite. Raises :class:`ioc.core.errors.StorageError` for anything else, another version included."""
    try:
        file = _FILE.validate_json(data)
    except ValidationError as error:
        raise StorageError(f"not a kept state: {error.errors(include_input=False)[0]['msg']}") from error
    if file.version != VERSION:
        raise StorageError(f"kept state of version {file.version}, this program keeps version {VERSION}")
    return {
        kind: resumed(
            State(
                incidents={(i.observation.kind, i.observation.subject): i for i in kept.incidents},
                cooling=dict(kept.cooling),
                at=kept.at,
            )
        )
        for kind, kept in file.states.items()
    }
