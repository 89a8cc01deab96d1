"""The audit log: append-only, each line bound to the one before it by SHA-256."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from api.store.database import LOCK_AUDIT
from api.store.tables import AuditRow

GENESIS = "0" * 64
"""Stands before the first line."""
CHUNK = 500
"""Lines that are checked at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who does something, and from where."""

    name: str
    address: str = ""


def append(
    session: Session, at: float, actor: Actor, action: str, target: str, detail: dict[str, Any] | None = None
) -> None:
    """Add a line, in the transaction of what it records: both happen or neither does."""
    if session.get_bind().dialect.name == "postgresql":  # SQLite's writers stand in line anyway
        session.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": LOCK_AUDIT})
    last = session.scalar(select(AuditRow.hash).order_by(AuditRow.id.desc()).limit(1)) or GENESIS
    row = AuditRow(
        at=round(at, 3), actor=actor.name, action=action, target=target, detail=detail or {}, address=actor.address,
        previous=last,
    )  # fmt: skip
    row.hash = digest(row)
    session.add(row)
    session.flush()


def digest(row: AuditRow) -> str:
    """SHA-256 (hex) over a line and the hash before it."""
    line = [row.previous, row.at, row.actor, row.action, row.target, row.detail, row.address]
    return hashlib.sha256(json.dumps(line, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def verify(session: Session) -> int | None:
    """The id of the first line that was altered, or before which one is missing; None for an unbroken chain."""
    previous, after = GENESIS, 0
    while rows := session.scalars(select(AuditRow).where(AuditRow.id > after).order_by(AuditRow.id).limit(CHUNK)).all():
        for row in rows:
            if row.previous != previous or row.hash != digest(row):
                return row.id
            previous, after = row.hash, row.id
        session.expunge_all()
    return None


def page(session: Session, limit: int, before: int | None) -> list[AuditRow]:
    """Lines, newest first, with ids below ``before``."""
    query = select(AuditRow).order_by(AuditRow.id.desc()).limit(limit)
    return list(session.scalars(query if before is None else query.where(AuditRow.id < before)))
