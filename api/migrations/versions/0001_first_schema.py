"""First schema: alerts and operators' acts, counts, plate reads, accounts, and the append-only audit log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
SHORT = sa.String(length=200)

SQLITE_GUARD = (
    "CREATE TRIGGER audit_no_{verb} BEFORE {verb} ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
)
POSTGRES_FUNCTION = """
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$
"""
POSTGRES_GUARD = (
    "CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit EXECUTE FUNCTION audit_refuse()"
)


def upgrade() -> None:
    """Apply."""
    _alerts()
    _readings()
    _accounts()
    _audit()


def downgrade() -> None:
    """Take back."""
    for table in reversed(TABLES):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_refuse()")


TABLES = (
    "alerts",
    "alert_history",
    "evidence_files",
    "counts",
    "plate_reads",
    "camera_status",
    "users",
    "sessions",
    "api_tokens",
    "idempotency_keys",
    "audit",
)


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", SHORT, nullable=False),
        sa.Column("site", SHORT, nullable=False),
        sa.Column("camera", SHORT, nullable=False),
        sa.Column("kind", SHORT, nullable=False),
        sa.Column("subject", SHORT, nullable=False),
        sa.Column("zone", SHORT, nullable=True),
        sa.Column("severity", SHORT, nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("started_at", sa.Double(), nullable=False),
        sa.Column("opened_at", sa.Double(), nullable=False),
        sa.Column("closed_at", sa.Double(), nullable=True),
        sa.Column("box", JSON, nullable=True),
        sa.Column("detail", JSON, nullable=False),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("evidence_missing", sa.Text(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("status", SHORT, nullable=False),
        sa.Column("assignee", SHORT, nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index("ix_alerts_camera_opened_at", "alerts", ["camera", "opened_at"])
    op.create_index("ix_alerts_opened_at_id", "alerts", ["opened_at", "id"])
    op.create_index("ix_alerts_status_opened_at", "alerts", ["status", "opened_at"])
    op.create_index("ix_alerts_updated_at", "alerts", ["updated_at"])
    op.create_table(
        "alert_history",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("alert_id", SHORT, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("actor", SHORT, nullable=False),
        sa.Column("action", SHORT, nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("assignee", SHORT, nullable=True),
        sa.Column("from_status", SHORT, nullable=False),
        sa.Column("to_status", SHORT, nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name=op.f("fk_alert_history_alert_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_history")),
    )
    op.create_index("ix_alert_history_alert_id", "alert_history", ["alert_id"])
    op.create_table(
        "evidence_files",
        sa.Column("key", sa.String(length=500), nullable=False),
        sa.Column("site", SHORT, nullable=False),
        sa.Column("camera", SHORT, nullable=False),
        sa.Column("owner", SHORT, nullable=False),
        sa.Column("role", SHORT, nullable=False),
        sa.Column("media_type", SHORT, nullable=False),
        sa.Column("sha256", SHORT, nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_evidence_files")),
    )
    op.create_index("ix_evidence_files_owner", "evidence_files", ["owner"])


def _readings() -> None:
    op.create_table(
        "counts",
        sa.Column("id", SHORT, nullable=False),
        sa.Column("site", SHORT, nullable=False),
        sa.Column("camera", SHORT, nullable=False),
        sa.Column("zone", SHORT, nullable=True),
        sa.Column("label", SHORT, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("window", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counts")),
    )
    op.create_index("ix_counts_at_id", "counts", ["at", "id"])
    op.create_index("ix_counts_camera_at", "counts", ["camera", "at"])
    op.create_table(
        "plate_reads",
        sa.Column("id", SHORT, nullable=False),
        sa.Column("site", SHORT, nullable=False),
        sa.Column("camera", SHORT, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("text", SHORT, nullable=False),
        sa.Column("raw", SHORT, nullable=False),
        sa.Column("pattern", SHORT, nullable=True),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.Column("alternatives", JSON, nullable=False),
        sa.Column("colour", SHORT, nullable=True),
        sa.Column("lines", sa.Integer(), nullable=True),
        sa.Column("vehicle", SHORT, nullable=True),
        sa.Column("direction", SHORT, nullable=True),
        sa.Column("box", JSON, nullable=True),
        sa.Column("evidence", JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plate_reads")),
    )
    op.create_index("ix_plate_reads_at_id", "plate_reads", ["at", "id"])
    op.create_index("ix_plate_reads_camera_at", "plate_reads", ["camera", "at"])
    op.create_index("ix_plate_reads_text_at", "plate_reads", ["text", "at"])
    op.create_table(
        "camera_status",
        sa.Column("camera", SHORT, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("status", JSON, nullable=False),
        sa.PrimaryKeyConstraint("camera", name=op.f("pk_camera_status")),
    )


def _accounts() -> None:
    op.create_table(
        "users",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("username", SHORT, nullable=False),
        sa.Column("display_name", SHORT, nullable=False),
        sa.Column("role", SHORT, nullable=False),
        sa.Column("language", SHORT, nullable=False),
        sa.Column("cameras", JSON, nullable=True),
        sa.Column("password_hash", SHORT, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("username", name=op.f("uq_users_username")),
    )
    op.create_table(
        "sessions",
        sa.Column("digest", SHORT, nullable=False),
        sa.Column("user_id", SERIAL, nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.Column("address", SHORT, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sessions")),
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])
    op.create_table(
        "api_tokens",
        sa.Column("digest", SHORT, nullable=False),
        sa.Column("user_id", SERIAL, nullable=False),
        sa.Column("name", SHORT, nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_api_tokens_user_id")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_api_tokens")),
    )
    op.create_index("ix_api_tokens_user_id", "api_tokens", ["user_id"])
    op.create_table(
        "idempotency_keys",
        sa.Column("user_id", SERIAL, nullable=False),
        sa.Column("key", SHORT, nullable=False),
        sa.Column("fingerprint", SHORT, nullable=False),
        sa.Column("answer", JSON, nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_idempotency_keys_user_id")),
        sa.PrimaryKeyConstraint("user_id", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("actor", SHORT, nullable=False),
        sa.Column("action", SHORT, nullable=False),
        sa.Column("target", SHORT, nullable=False),
        sa.Column("detail", JSON, nullable=False),
        sa.Column("address", SHORT, nullable=False),
        sa.Column("previous", SHORT, nullable=False),
        sa.Column("hash", SHORT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sa.UniqueConstraint("hash", name=op.f("uq_audit_hash")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(POSTGRES_FUNCTION)
        op.execute(POSTGRES_GUARD)
    else:
        for verb in ("UPDATE", "DELETE"):
            op.execute(SQLITE_GUARD.format(verb=verb))
