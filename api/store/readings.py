"""Count series, plate reads and camera states."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from api.store.alerts import keep_evidence, plain_evidence, upsert, upsert_once
from api.store.tables import CameraStatusRow, CountRow, PlateRow, PlateTextRow
from ioc.core.plates import MAX_LENGTH, normalise
from ioc.core.types import CameraStatus, Count, PlateRead


def ingest_counts(session: Session, counts: Mapping[str, Count]) -> None:
    """Keep points of series by the id of their event; a repeated one changes nothing."""
    if not counts:
        return
    values = [
        {
            "id": key, "site": c.site, "camera": c.camera, "zone": c.zone, "label": c.label, "at": c.at, "count": c.count,
            "window": c.window,
        }
        for key, c in counts.items()
    ]  # fmt: skip
    connection = session.connection()
    connection.execute(upsert_once(connection.dialect.name, CountRow, "id"), values)


def ingest_plates(session: Session, reads: Iterable[PlateRead]) -> list[PlateRead]:
    """Keep plate reads by id; those that were not there yet, oldest first. A repeated one changes nothing."""
    unique = {read.id: read for read in reads}
    if not unique:
        return []
    values = [plain_read(read) for _, read in sorted(unique.items())]
    connection = session.connection()
    statement = upsert_once(connection.dialect.name, PlateRow, "id").returning(PlateRow.__table__.c.id)
    fresh = [unique[key] for key in connection.scalars(statement, values)]
    if others := [plain for read in fresh for plain in other_texts(read)]:
        connection.execute(insert(PlateTextRow), others)
    keep_evidence(session, [(r.site, r.camera, r.id, item) for r in fresh for item in r.evidence], police_only=True)
    return sorted(fresh, key=lambda r: (r.at, r.id))


def plain_read(r: PlateRead) -> dict[str, Any]:
    """A read as the store keeps it."""
    return {
        "id": r.id, "site": r.site, "camera": r.camera, "at": r.at, "text": r.text, "raw": r.raw, "pattern": r.pattern,
        "confidence": r.confidence, "alternatives": [list(a) for a in r.alternatives], "colour": r.colour,
        "lines": r.lines, "vehicle": r.vehicle, "direction": r.direction,
        "box": list(r.box.as_tuple()) if r.box else None, "evidence": [plain_evidence(i) for i in r.evidence],
    }  # fmt: skip


def other_texts(read: PlateRead) -> list[dict[str, Any]]:
    """What else a read may stand for, each text once, as the store keeps it; no text that is too long to be a plate."""
    found = {normalise(read.raw): ("raw", read.confidence)}
    for text, confidence in read.alternatives:
        found.setdefault(normalise(text), ("alternative", confidence))
    return [
        {"text": text, "read_id": read.id, "source": source, "confidence": confidence}
        for text, (source, confidence) in found.items()
        if 0 < len(text) <= MAX_LENGTH and text != read.text
    ]


def keep_statuses(session: Session, statuses: Mapping[str, tuple[CameraStatus, dict[str, Any]]]) -> None:
    """Keep the newest status of cameras: camera -> (status, the same as JSON)."""
    if not statuses:
        return
    values = [{"camera": name, "at": status.at, "status": plain} for name, (status, plain) in sorted(statuses.items())]
    connection = session.connection()
    insert = upsert(connection.dialect.name, CameraStatusRow)
    statement = insert.on_conflict_do_update(
        index_elements=["camera"],
        set_={"at": insert.excluded.at, "status": insert.excluded.status},
        where=insert.excluded.at >= CameraStatusRow.at,
    )
    connection.execute(statement, values)


def statuses(session: Session) -> dict[str, dict[str, Any]]:
    """The last known status of every camera, as JSON."""
    return {row.camera: row.status for row in session.scalars(select(CameraStatusRow))}


def counts(
    session: Session,
    *,
    camera: Collection[str],
    zone: Collection[str],
    label: Collection[str],
    since: float | None,
    until: float | None,
    visible: Collection[str] | None,
    limit: int,
) -> list[CountRow]:
    """The newest points that fit, oldest first; empty collections mean: any."""
    query = select(CountRow).order_by(CountRow.at.desc(), CountRow.id.desc()).limit(limit)
    for column, values in ((CountRow.camera, camera), (CountRow.zone, zone), (CountRow.label, label)):
        if values:
            query = query.where(column.in_(values))
    if visible is not None:
        query = query.where(CountRow.camera.in_(visible))
    if since is not None:
        query = query.where(CountRow.at >= since)
    if until is not None:
        query = query.where(CountRow.at < until)
    return list(session.scalars(query))[::-1]
