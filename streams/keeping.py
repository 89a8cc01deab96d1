"""What a worker keeps over a restart: snapshots of its cameras and what was told about open alerts, one file per worker."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from ioc.core.errors import StorageError
from ioc.core.snapshots import Snapshot, decode_snapshot, encode_snapshot
from streams.recorder import Record

log = logging.getLogger(__name__)

_RECORDS = TypeAdapter(dict[str, Record])


@dataclass(frozen=True, slots=True)
class Kept:
    """Camera -> snapshot, and alert id -> record."""

    cameras: Mapping[str, Snapshot]
    records: Mapping[str, Record]


def save(path: Path, kept: Kept) -> None:
    """Write the file at once or not at all. Raises :class:`ioc.core.errors.StorageError`."""
    content = {
        "cameras": {camera: json.loads(encode_snapshot(s)) for camera, s in kept.cameras.items()},
        "records": _RECORDS.dump_python(dict(kept.records), mode="json"),
    }
    temporary = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise StorageError(f"cannot keep the state in {path}: {error}") from error


def load(path: Path) -> Kept:
    """Read the file; a missing one is an empty one. A broken one is set aside with an error in the log."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        cameras = {camera: decode_snapshot(json.dumps(s).encode()) for camera, s in content["cameras"].items()}
        return Kept(cameras, _RECORDS.validate_python(content["records"]))
    except FileNotFoundError:
        return Kept({}, {})
    except (OSError, ValueError, KeyError, AttributeError, TypeError, StorageError, ValidationError) as error:
        aside = path.with_suffix(".broken")
        log.error("the kept state %s cannot be used (%s); it is set aside as %s", path, error, aside.name)
        path.replace(aside)
        return Kept({}, {})
