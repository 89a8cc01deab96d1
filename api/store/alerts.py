"""Alerts: what cameras report, what operators do, and the lists."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from api.errors import InvalidError, NotFoundError, StaleError
from api.store.tables import AlertRow, Base, EvidenceRow, HistoryRow
from api.workflow import Action, Status, after
from ioc.core.types import Alert, AlertEvent, EvidenceItem

CAMERA_COLUMNS = (
    "severity", "confidence", "started_at", "opened_at", "closed_at", "box", "detail", "evidence", "evidence_missing",
    "sequence", "updated_at",
)  # fmt: skip
"""What a later event of the camera replaces. Operators' columns are not among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which alerts; empty collections mean: any. ``visible`` None means all cameras, else those the account may see."""

    status: Collection[str] = ()
    kind: Collection[str] = ()
    camera: Collection[str] = ()
    severity: Collection[str] = ()
    active: bool | None = None
    since: float | None = None
    until: float | None = None
    visible: Collection[str] | None = None


def upsert(dialect: str, table: type[Base]) -> Any:
    """An INSERT of a database (``sqlite`` or ``postgresql``) that knows ON CONFLICT.

    Give the rows to ``execute`` and not to ``values``: so the statement's text is made once and kept.
    """
    return (sqlite if dialect == "sqlite" else postgresql).insert(table.__table__)


@cache
def _upsert_alerts(dialect: str) -> Any:
    insert = upsert(dialect, AlertRow)
    return insert.on_conflict_do_update(
        index_elements=["id"],
        set_={name: insert.excluded[name] for name in CAMERA_COLUMNS},
        where=insert.excluded.sequence > AlertRow.sequence,
    ).returning(*AlertRow.__table__.columns)


@cache
def upsert_once(dialect: str, table: type[Base], key: str) -> Any:
    """An INSERT of what is not there yet."""
    return upsert(dialect, table).on_conflict_do_nothing(index_elements=[key])


def ingest(session: Session, events: Iterable[AlertEvent], now: float) -> list[AlertRow]:
    """Keep the newest event of every alert; what changed, as it is now. Old and repeated events change nothing."""
    newest: dict[str, AlertEvent] = {}
    for event in events:
        known = newest.get(event.alert.id)
        if known is None or event.sequence > known.sequence:
            newest[event.alert.id] = event
    if not newest:
        return []
    # in the order of ids, so that two replicas never wait for each other's rows
    rows = [_row(newest[key], now) for key in sorted(newest)]
    connection = session.connection()
    returned = connection.execute(_upsert_alerts(connection.dialect.name), rows).mappings()
    changed = [AlertRow(**row) for row in returned]
    alerts = [newest[row.id].alert for row in changed]
    keep_evidence(session, [(a.site, a.camera, a.id, item) for a in alerts for item in a.evidence])
    return sorted(changed, key=lambda row: (row.opened_at, row.id))


@cache
def _open_to_all(dialect: str) -> Any:
    insert = upsert(dialect, EvidenceRow)
    return insert.on_conflict_do_update(
        index_elements=["key"], set_={"police_only": insert.excluded.police_only}, where=EvidenceRow.police_only
    )


def keep_evidence(
    session: Session, items: Iterable[tuple[str, str, str, EvidenceItem]], *, police_only: bool = False
) -> None:
    """Note which camera a file belongs to, as (site, camera, owner, item); the first note of a key stays.

    ``police_only`` says that a plate read names the files; one that an alert names too is for all who see that alert.
    """
    values = [
        {
            "key": i.key, "site": site, "camera": camera, "owner": owner, "role": i.role, "media_type": i.media_type,
            "sha256": i.sha256, "bytes": i.bytes, "at": i.at, "police_only": police_only,
        }
        for site, camera, owner, i in sorted(items, key=lambda item: item[3].key)
    ]  # fmt: skip
    if values:
        dialect = session.connection().dialect.name
        statement = upsert_once(dialect, EvidenceRow, "key") if police_only else _open_to_all(dialect)
        session.connection().execute(statement, values)


def plain_evidence(item: EvidenceItem) -> dict[str, Any]:
    """An item as JSON."""
    return {
        "role": item.role, "key": item.key, "media_type": item.media_type, "sha256": item.sha256, "bytes": item.bytes,
        "at": item.at, "duration": item.duration,
    }  # fmt: skip


def find_evidence(session: Session, key: str, visible: Collection[str] | None, *, police: bool) -> EvidenceRow:
    """What is known of a file; ``police`` says that the account may see what plate reads name. Raises
    :class:`NotFoundError`.
    """
    row = session.get(EvidenceRow, key)
    if row is None or (visible is not None and row.camera not in visible) or (row.police_only and not police):
        raise NotFoundError(f"no evidence {key!r}")
    return row


def find(session: Session, alert_id: str, visible: Collection[str] | None, *, lock: bool = False) -> AlertRow:
    """One alert. Raises :class:`NotFoundError` also for one that the account may not see."""
    query = select(AlertRow).where(AlertRow.id == alert_id)
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None or (visible is not None and row.camera not in visible):
        raise NotFoundError(f"no alert {alert_id!r}")
    return row


def history(session: Session, alert_id: str) -> list[HistoryRow]:
    """Operators' acts on an alert, oldest first."""
    return list(session.scalars(select(HistoryRow).where(HistoryRow.alert_id == alert_id).order_by(HistoryRow.id)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What an operator asks for. ``revision`` is the one that was read; None skips the comparison."""

    action: Action
    actor: str
    revision: int | None
    note: str | None = None
    assignee: str | None = None


def act(session: Session, row: AlertRow, wish: Act, now: float) -> None:
    """Carry out an operator's act on a locked row. Raises :class:`StaleError` or :class:`ConflictError`."""
    if wish.revision is not None and wish.revision != row.revision:
        raise StaleError(f"the alert is at revision {row.revision}, the request means {wish.revision}: read it again")
    before = Status(row.status)
    row.status = after(before, wish.action).value
    if wish.action is Action.ASSIGN:
        row.assignee = wish.assignee
    row.revision += 1
    row.updated_at = now
    session.add(
        HistoryRow(
            alert_id=row.id, at=now, actor=wish.actor, action=wish.action.value, note=wish.note,
            assignee=wish.assignee, from_status=before.value, to_status=row.status,
        )
    )  # fmt: skip
    session.flush()


def page(session: Session, wanted: Filter, limit: int, cursor: str | None) -> tuple[list[AlertRow], str | None, int]:
    """(newest first, cursor of the next page or None, how many there are on all pages)."""
    conditions = _conditions(wanted)
    total = session.scalar(select(func.count()).select_from(AlertRow).where(*conditions)) or 0
    query = select(AlertRow).where(*conditions).order_by(AlertRow.opened_at.desc(), AlertRow.id.desc()).limit(limit + 1)
    if cursor is not None:
        query = query.where(tuple_(AlertRow.opened_at, AlertRow.id) < tuple_(*parse_cursor(cursor)))
    rows = list(session.scalars(query))
    more = make_cursor(rows[limit - 1].opened_at, rows[limit - 1].id) if len(rows) > limit else None
    return rows[:limit], more, total


def changed_since(session: Session, at: float) -> list[AlertRow]:
    """Alerts that changed at or after a time, oldest change first."""
    return list(session.scalars(select(AlertRow).where(AlertRow.updated_at >= at).order_by(AlertRow.updated_at)))


def totals(session: Session, visible: Collection[str] | None) -> dict[str, Any]:
    """How many alerts there are: by status, and of those not yet done by kind and severity; ``active``: seen right now."""
    conditions = _conditions(Filter(visible=visible))
    waiting = (Status.NEW.value, Status.ACKNOWLEDGED.value, Status.IN_PROGRESS.value)

    def grouped(column: Any, *where: ColumnElement[bool]) -> dict[str, int]:
        query: Select[Any] = select(column, func.count()).where(*conditions, *where).group_by(column)
        return {str(name): int(number) for name, number in session.execute(query).all()}

    open_only = AlertRow.status.in_(waiting)  # named one by one: so the index on the status is of use
    active = select(func.count()).select_from(AlertRow).where(*conditions, AlertRow.closed_at.is_(None))
    return {
        "by_status": {s.value: 0 for s in Status} | grouped(AlertRow.status),
        "by_kind": grouped(AlertRow.kind, open_only),
        "by_severity": grouped(AlertRow.severity, open_only),
        "active": session.scalar(active) or 0,
    }


def make_cursor(at: float, row_id: str) -> str:
    """Where the next page begins, as an opaque text."""
    return base64.urlsafe_b64encode(f"{at!r}|{row_id}".encode()).decode().rstrip("=")


def parse_cursor(cursor: str) -> tuple[float, str]:
    """The opposite of :func:`make_cursor`. Raises :class:`InvalidError`."""
    try:
        at, _, row_id = (
            base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode().partition("|")
        )
        if not row_id or "\0" in row_id:
            raise ValueError("no row")
        return float(at), row_id
    except (ValueError, binascii.Error):
        raise InvalidError("the cursor is not one of this list", [("query.cursor", "not a cursor")]) from None


def _conditions(wanted: Filter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    for column, values in (
        (AlertRow.status, wanted.status), (AlertRow.kind, wanted.kind), (AlertRow.camera, wanted.camera),
        (AlertRow.severity, wanted.severity),
    ):  # fmt: skip
        if values:
            conditions.append(or_(*(column == value for value in values)))
    if wanted.visible is not None:
        conditions.append(AlertRow.camera.in_(wanted.visible))
    if wanted.active is not None:
        conditions.append(AlertRow.closed_at.is_(None) if wanted.active else AlertRow.closed_at.is_not(None))
    if wanted.since is not None:
        conditions.append(AlertRow.opened_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(AlertRow.opened_at < wanted.until)
    return conditions


def _row(event: AlertEvent, now: float) -> dict[str, Any]:
    a: Alert = event.alert
    return {
        "id": a.id, "site": a.site, "camera": a.camera, "kind": a.kind, "subject": a.subject, "zone": a.zone,
        "severity": a.severity.value, "confidence": a.confidence, "started_at": a.started_at, "opened_at": a.opened_at,
        "closed_at": a.closed_at, "box": list(a.box.as_tuple()) if a.box else None, "detail": dict(a.detail),
        "evidence": [plain_evidence(item) for item in a.evidence], "evidence_missing": a.evidence_missing,
        "sequence": event.sequence, "status": Status.NEW.value, "assignee": None, "revision": 0, "updated_at": now,
    }  # fmt: skip
