"""What the rules of a camera keep, as JSON, so that a restarted worker goes on instead of alerting again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from ioc.core.errors import StorageError
from ioc.core.incidents import Incident, State, resumed

VERSION = 3


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the rules of one camera keep."""

    states: Mapping[str, State] = field(default_factory=dict)
    """Alert kind -> state of its incidents."""
    learnt: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Alert kind -> what its rule has learnt of the camera (:class:`ioc.core.ports.LearningRule`)."""


class _Kept(BaseModel):
    model_config = ConfigDict(extra="forbid")

    at: float | None
    incidents: list[Incident]
    cooling: list[tuple[tuple[str, str], float]]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    version: int
    states: dict[str, _Kept]
    learnt: dict[str, dict[str, Any]]


_FILE = TypeAdapter(_File)


def encode_snapshot(snapshot: Snapshot) -> bytes:
    """A snapshot as JSON bytes."""
    kept: dict[str, Any] = {
        kind: _Kept(
            at=s.at,
            incidents=list(s.incidents.values()),
            cooling=list(s.cooling.items()),
        )
        for kind, s in snapshot.states.items()
    }
    learnt = {kind: dict(known) for kind, known in snapshot.learnt.items()}
    file = _File(version=VERSION, states=kept, learnt=learnt)
    return json.dumps(file.model_dump(mode="json"), ensure_ascii=False).encode()


def decode_snapshot(data: bytes) -> Snapshot:
    """The opposite. Raises :class:`ioc.core.errors.StorageError` for anything else, another version included."""
    try:
        file = _FILE.validate_json(data)
    except ValidationError as error:
        raise StorageError(f"not a kept state: {error.errors(include_input=False)[0]['msg']}") from error
    if file.version != VERSION:
        raise StorageError(f"kept state of version {file.version}, this program keeps version {VERSION}")
    states = {
        kind: resumed(
            State(
                incidents={(i.observation.kind, i.observation.subject): i for i in kept.incidents},
                cooling=dict(kept.cooling),
                at=kept.at,
            )
        )
        for kind, kept in file.states.items()
    }
    return Snapshot(states, file.learnt)
