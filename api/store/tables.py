"""The tables. Times are seconds since the Unix epoch (UTC); JSON columns hold what :mod:`ioc.core.wire` carries."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, Double, ForeignKey, Index, Integer, MetaData, String, Text, false
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
Serial = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite numbers rows by itself for INTEGER keys alone."""
Bytewise = String(200).with_variant(String(200, collation="C"), "postgresql")
"""Text that is ordered by its bytes, so that all texts of one beginning stand together whatever the database's language."""


class Base(DeclarativeBase):
    """Base of all tables; constraints have stable names, so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        float: Double(),
        str: String(200),
        dict[str, Any]: Json,
        list[Any]: Json,
    }


class AlertRow(Base):
    """An alert: what the camera says (up to ``sequence``) and, beside it, what operators did (``status``...``revision``)."""

    __tablename__ = "alerts"
    __table_args__ = (
        Index("ix_alerts_opened_at_id", "opened_at", "id"),
        Index("ix_alerts_status_opened_at", "status", "opened_at"),
        Index("ix_alerts_camera_opened_at", "camera", "opened_at"),
        Index("ix_alerts_updated_at", "updated_at"),
        Index("ix_alerts_closed_at", "closed_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    site: Mapped[str]
    camera: Mapped[str]
    kind: Mapped[str]
    subject: Mapped[str]
    zone: Mapped[str | None]
    severity: Mapped[str]
    confidence: Mapped[float]
    started_at: Mapped[float]
    opened_at: Mapped[float]
    closed_at: Mapped[float | None]
    box: Mapped[list[Any] | None]
    detail: Mapped[dict[str, Any]]
    evidence: Mapped[list[Any]]
    evidence_missing: Mapped[str | None] = mapped_column(Text)
    sequence: Mapped[int]
    status: Mapped[str]
    assignee: Mapped[str | None]
    revision: Mapped[int]
    updated_at: Mapped[float]


class HistoryRow(Base):
    """One operator's act on an alert."""

    __tablename__ = "alert_history"

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    alert_id: Mapped[str] = mapped_column(ForeignKey("alerts.id"), index=True)
    at: Mapped[float]
    actor: Mapped[str]
    action: Mapped[str]
    note: Mapped[str | None] = mapped_column(Text)
    assignee: Mapped[str | None]
    from_status: Mapped[str]
    to_status: Mapped[str]


class CountRow(Base):
    """One point of a count series; ``id`` is the event's id."""

    __tablename__ = "counts"
    __table_args__ = (Index("ix_counts_camera_at", "camera", "at"), Index("ix_counts_at_id", "at", "id"))

    id: Mapped[str] = mapped_column(primary_key=True)
    site: Mapped[str]
    camera: Mapped[str]
    zone: Mapped[str | None]
    label: Mapped[str]
    at: Mapped[float]
    count: Mapped[int]
    window: Mapped[float]


class PlateRow(Base):
    """One passage of a vehicle whose plate was read."""

    __tablename__ = "plate_reads"
    __table_args__ = (
        Index("ix_plate_reads_text_at_id_camera", "text", "at", "id", "camera"),  # a search reads it alone, see store.plates
        Index("ix_plate_reads_camera_at", "camera", "at"),
        Index("ix_plate_reads_at_id", "at", "id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    site: Mapped[str]
    camera: Mapped[str]
    at: Mapped[float]
    text: Mapped[str] = mapped_column(Bytewise)
    raw: Mapped[str]
    pattern: Mapped[str | None]
    confidence: Mapped[float]
    alternatives: Mapped[list[Any]]
    colour: Mapped[str | None]
    lines: Mapped[int | None]
    vehicle: Mapped[str | None]
    direction: Mapped[str | None]
    box: Mapped[list[Any] | None]
    evidence: Mapped[list[Any]]


class PlateTextRow(Base):
    """Another text that a plate read may stand for: its raw text or an alternative, where it is not the read's own text."""

    __tablename__ = "plate_texts"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 - SQLAlchemy reads it as it is

    text: Mapped[str] = mapped_column(Bytewise, primary_key=True)
    read_id: Mapped[str] = mapped_column(ForeignKey("plate_reads.id", ondelete="CASCADE"), primary_key=True, index=True)
    source: Mapped[str]
    confidence: Mapped[float]


class WatchRow(Base):
    """A plate, or a pattern of plates, that police look out for."""

    __tablename__ = "watchlist"
    __table_args__ = (
        Index("ix_watchlist_created_at_id", "created_at", "id"),
        Index("ix_watchlist_updated_at_revision", "updated_at", "revision"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str]
    match: Mapped[str]
    reason: Mapped[str] = mapped_column(Text)
    case_number: Mapped[str]
    severity: Mapped[str]
    note: Mapped[str | None] = mapped_column(Text)
    valid_until: Mapped[float | None]
    cameras: Mapped[list[Any] | None]
    active: Mapped[bool]
    min_confidence: Mapped[float]
    cooldown_s: Mapped[float]
    author: Mapped[str]
    created_at: Mapped[float]
    updated_at: Mapped[float]
    watching_since: Mapped[float]
    """Since when it means what it means now: reads from before raise nothing."""
    revision: Mapped[int]
    hits: Mapped[int]
    last_hit_at: Mapped[float | None]


class EvidenceRow(Base):
    """A file in the evidence store that an alert or a plate read names: who may see it, and as what it is served."""

    __tablename__ = "evidence_files"

    key: Mapped[str] = mapped_column(String(500), primary_key=True)
    site: Mapped[str]
    camera: Mapped[str]
    owner: Mapped[str] = mapped_column(index=True)
    role: Mapped[str]
    media_type: Mapped[str]
    sha256: Mapped[str]
    bytes: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[float]
    police_only: Mapped[bool] = mapped_column(server_default=false())
    """Whether only plate reads name it, which not everybody may see."""


class CameraStatusRow(Base):
    """The last known status of a camera."""

    __tablename__ = "camera_status"

    camera: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[float]
    status: Mapped[dict[str, Any]]


class UserRow(Base):
    """An account. ``cameras`` None means all of them."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str]
    role: Mapped[str]
    language: Mapped[str]
    cameras: Mapped[list[Any] | None]
    password_hash: Mapped[str]
    active: Mapped[bool]
    created_at: Mapped[float]


class SessionRow(Base):
    """A login of the console; only the digest of the cookie is kept."""

    __tablename__ = "sessions"

    digest: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[float]
    expires_at: Mapped[float]
    address: Mapped[str]


class TokenRow(Base):
    """A service's bearer token; only its digest is kept."""

    __tablename__ = "api_tokens"

    digest: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str]
    created_at: Mapped[float]
    expires_at: Mapped[float | None]


class IdempotencyRow(Base):
    """The answer to a request that carried an Idempotency-Key."""

    __tablename__ = "idempotency_keys"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    fingerprint: Mapped[str]
    answer: Mapped[dict[str, Any]]
    created_at: Mapped[float] = mapped_column(index=True)


class AuditRow(Base):
    """One line of the audit log: ``hash`` covers the line and the hash before it. Triggers refuse changes."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(Serial, primary_key=True)
    at: Mapped[float]
    actor: Mapped[str]
    action: Mapped[str]
    target: Mapped[str]
    detail: Mapped[dict[str, Any]]
    address: Mapped[str]
    previous: Mapped[str]
    hash: Mapped[str] = mapped_column(unique=True)
