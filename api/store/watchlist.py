"""The watchlist, and the alerts that it raises from plate reads."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.orm import Session

from api.errors import ConflictError, ForbiddenError, NotFoundError, StaleError
from api.store.alerts import make_cursor, parse_cursor, plain_evidence, upsert_once
from api.store.database import LOCK_WATCH
from api.store.tables import AlertRow, WatchRow
from api.watch import KIND, Entry, Hit, Watched
from api.workflow import Status
from ioc.core.plate_search import printed
from ioc.core.types import PlateRead
from ioc.core.wire import NAMESPACE

ENTRIES = 10_000
"""Entries of the watchlist, at most: each is held against each read."""
MEANING = frozenset({"text", "match", "cameras", "active", "min_confidence"})
"""Fields that decide what raises an alert: after their change older reads raise nothing."""


def page(
    session: Session, active: bool | None, visible: Collection[str] | None, now: float, limit: int, cursor: str | None
) -> tuple[list[WatchRow], str | None, int]:
    """(newest first, cursor of the next page or None, how many there are on all pages)."""
    query = select(WatchRow.created_at, WatchRow.id, WatchRow.cameras)
    if active is not None:
        query = query.where(_is_active(now) if active else ~_is_active(now))
    places = sorted(((at, key) for at, key, cameras in session.execute(query) if _sees(cameras, visible)), reverse=True)
    before = None if cursor is None else parse_cursor(cursor)
    left = [place for place in places if before is None or place < before]
    found = session.scalars(select(WatchRow).where(WatchRow.id.in_([key for _, key in left[:limit]])))
    rows = sorted(found, key=lambda row: (row.created_at, row.id), reverse=True)
    return rows, make_cursor(*left[limit - 1]) if len(left) > limit else None, len(places)


def find(session: Session, entry_id: str, visible: Collection[str] | None, *, lock: bool = False) -> WatchRow:
    """One entry. Raises :class:`NotFoundError` also for one of other cameras."""
    query = select(WatchRow).where(WatchRow.id == entry_id)
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None or not _sees(row.cameras, visible):
        raise NotFoundError(f"không có mục theo dõi / no watchlist entry {entry_id!r}")
    return row


def add(session: Session, fields: Mapping[str, Any], author: str, now: float) -> WatchRow:
    """A new entry. Raises :class:`ConflictError` where there are too many."""
    if (session.scalar(select(func.count()).select_from(WatchRow)) or 0) >= ENTRIES:
        raise ConflictError(f"danh sách đã đủ {ENTRIES} mục / the watchlist has {ENTRIES} entries already")
    row = WatchRow(
        id=str(uuid.uuid4()), author=author, created_at=now, updated_at=now, watching_since=now, revision=0, hits=0,
        last_hit_at=None, **fields,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def change(session: Session, row: WatchRow, fields: Mapping[str, Any], now: float) -> frozenset[str]:
    """Set what was sent; the names of what it changed. Nothing changed is no new revision."""
    expired = row.valid_until is not None and row.valid_until <= now
    changed = frozenset(name for name, value in fields.items() if getattr(row, name) != value)
    if not changed:
        return changed
    for name in changed:
        setattr(row, name, fields[name])
    if changed & MEANING or expired:
        row.watching_since = now
    row.revision += 1
    row.updated_at = now
    session.flush()
    return changed


def check(row: WatchRow, revision: int | None, visible: Collection[str] | None) -> None:
    """Raises :class:`StaleError` where another revision is meant, :class:`ForbiddenError` where the entry reaches beyond the
    account's cameras.
    """
    if visible is not None and (row.cameras is None or not set(row.cameras) <= set(visible)):
        raise ForbiddenError(
            "mục này còn áp dụng cho camera ngoài quyền của tài khoản / the entry is for cameras beyond the account's too"
        )
    if revision is not None and revision != row.revision:
        raise StaleError(
            f"mục ở phiên bản {row.revision}: hãy đọc lại / the entry is at revision {row.revision}: read again"
        )


class Watch:
    """Raises alerts from reads. It keeps the entries between batches: reading them each time takes longer than the reads."""

    def __init__(self) -> None:
        self._seen: tuple[Any, ...] = ()
        self._watched = Watched()

    def raise_alerts(self, session: Session, reads: Iterable[PlateRead], now: float) -> list[AlertRow]:
        """Alerts of reads that are new in the store, as far as an entry waits for them; in the reads' own transaction."""
        reads = sorted(reads, key=lambda r: (r.at, r.id))
        if not reads:
            return []
        self._look(session)
        hits = [found for read in reads for found in self._watched.hits(read)]
        if not hits:
            return []
        if session.get_bind().dialect.name == "postgresql":  # two replicas: one vehicle's cool-down is seen by both
            session.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": LOCK_WATCH})
        raised = []
        for found in hits:
            row = session.get(WatchRow, found.entry.id)
            alert = None if row is None or _told(session, found) else _raise(session, found, row, now)
            if alert is not None:
                raised.append(alert)
        return raised

    def _look(self, session: Session) -> None:
        """Read the entries anew if one was added, changed or removed, by whichever replica: a figure differs then."""
        changed, count = WatchRow.updated_at, func.count()
        figures = select(count, func.max(changed), func.sum(changed), func.sum(WatchRow.revision)).select_from(WatchRow)
        seen = tuple(session.execute(figures).one())
        if seen != self._seen:
            self._watched = Watched(_entry(row) for row in session.scalars(select(WatchRow).where(WatchRow.active)))
            self._seen = seen


def _raise(session: Session, found: Hit, row: WatchRow, now: float) -> AlertRow | None:
    """The alert of a hit, None where it was there already (a read that comes again after it was deleted)."""
    read = found.read
    values = {
        "id": str(uuid.uuid5(NAMESPACE, f"watch/{read.id}/{found.entry.id}")), "site": read.site, "camera": read.camera,
        "kind": KIND, "subject": found.entry.subject, "zone": None, "severity": row.severity,
        "confidence": read.confidence, "started_at": read.at, "opened_at": read.at, "closed_at": read.at,
        "box": list(read.box.as_tuple()) if read.box else None, "detail": _detail(found, row),
        "evidence": [plain_evidence(item) for item in read.evidence], "evidence_missing": None, "sequence": 0,
        "status": Status.NEW.value, "assignee": None, "revision": 0, "updated_at": now,
    }  # fmt: skip
    connection = session.connection()
    statement = upsert_once(connection.dialect.name, AlertRow, "id").returning(*AlertRow.__table__.columns)
    stored = connection.execute(statement, values).mappings().first()
    if stored is None:
        return None
    row.hits = WatchRow.hits + 1  # counted by the database: two replicas may hit at once
    row.last_hit_at = max(read.at, row.last_hit_at or 0.0)
    session.flush()
    return AlertRow(**stored)


def _told(session: Session, found: Hit) -> bool:
    """Whether the same vehicle was told of at this camera within the cool-down, before or after."""
    entry, read = found.entry, found.read
    query = select(AlertRow.detail).where(
        AlertRow.camera == read.camera,
        AlertRow.opened_at > read.at - entry.cooldown_s,
        AlertRow.opened_at < read.at + entry.cooldown_s,
        AlertRow.kind == KIND,
        AlertRow.subject == entry.subject,
    )
    key, vehicle = ("pattern", entry.text) if entry.one_vehicle else ("plate", read.text)
    return any(detail.get(key) == vehicle for detail in session.scalars(query))


def _detail(found: Hit, row: WatchRow) -> dict[str, Any]:
    read = found.read
    return {
        "plate": read.text, "display": printed(read.text, read.pattern), "read": read.id, "match": row.match,
        "likeness": found.likeness, "suspected": found.suspected, "entry": row.id, "pattern": row.text,
        "reason": row.reason, "case_number": row.case_number, "note": row.note, "vehicle": read.vehicle,
        "colour": read.colour,
    }  # fmt: skip


def _entry(row: WatchRow) -> Entry:
    return Entry(
        id=row.id, text=row.text, looks_like=row.match == "looks_like", min_confidence=row.min_confidence,
        cooldown_s=row.cooldown_s, since=row.watching_since, until=row.valid_until,
        cameras=None if row.cameras is None else frozenset(row.cameras),
    )  # fmt: skip


def _is_active(now: float) -> ColumnElement[bool]:
    return WatchRow.active & (WatchRow.valid_until.is_(None) | (WatchRow.valid_until > now))


def _sees(cameras: Collection[str] | None, visible: Collection[str] | None) -> bool:
    return visible is None or cameras is None or bool(set(cameras) & set(visible))
