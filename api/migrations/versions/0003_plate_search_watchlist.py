"""Plate search and watchlist: texts beside the one that was read, a byte order that prefixes can rely on, files that police
alone may see, and the watchlist.
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from ioc.core.plates import MAX_LENGTH, normalise

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
SHORT = sa.String(length=200)
BYTEWISE = sa.String(length=200).with_variant(sa.String(length=200, collation="C"), "postgresql")
CHUNK = 1000


def upgrade() -> None:
    """Apply."""
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("plate_reads", "text", type_=BYTEWISE, existing_type=SHORT, existing_nullable=False)
    op.drop_index("ix_plate_reads_text_at", "plate_reads")
    op.create_index("ix_plate_reads_text_at_id_camera", "plate_reads", ["text", "at", "id", "camera"])
    op.create_table(
        "plate_texts",
        sa.Column("text", BYTEWISE, nullable=False),
        sa.Column("read_id", SHORT, nullable=False),
        sa.Column("source", SHORT, nullable=False),
        sa.Column("confidence", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["read_id"], ["plate_reads.id"], name=op.f("fk_plate_texts_read_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("text", "read_id", name=op.f("pk_plate_texts")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_plate_texts_read_id", "plate_texts", ["read_id"])
    op.create_table(
        "watchlist",
        sa.Column("id", SHORT, nullable=False),
        sa.Column("text", SHORT, nullable=False),
        sa.Column("match", SHORT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("case_number", SHORT, nullable=False),
        sa.Column("severity", SHORT, nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("valid_until", sa.Double(), nullable=True),
        sa.Column("cameras", JSON, nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("min_confidence", sa.Double(), nullable=False),
        sa.Column("cooldown_s", sa.Double(), nullable=False),
        sa.Column("author", SHORT, nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.Column("watching_since", sa.Double(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("hits", sa.Integer(), nullable=False),
        sa.Column("last_hit_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watchlist")),
    )
    op.create_index("ix_watchlist_created_at_id", "watchlist", ["created_at", "id"])
    op.create_index("ix_watchlist_updated_at_revision", "watchlist", ["updated_at", "revision"])
    op.add_column("evidence_files", sa.Column("police_only", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("UPDATE evidence_files SET police_only = true WHERE owner IN (SELECT id FROM plate_reads)")
    _fill_texts()


def downgrade() -> None:
    """Take back."""
    op.drop_column("evidence_files", "police_only")
    op.drop_table("watchlist")
    op.drop_table("plate_texts")
    op.drop_index("ix_plate_reads_text_at_id_camera", "plate_reads")
    op.create_index("ix_plate_reads_text_at", "plate_reads", ["text", "at"])
    if op.get_bind().dialect.name == "postgresql":
        op.alter_column("plate_reads", "text", type_=sa.String(200, collation="default"), existing_nullable=False)


def _fill_texts() -> None:
    """The other texts of reads that are there already."""
    bind = op.get_bind()
    after = ""
    insert = sa.text(
        "INSERT INTO plate_texts (text, read_id, source, confidence) VALUES (:text, :read_id, :source, :confidence)"
    )
    query = sa.text(
        "SELECT id, text, raw, confidence, alternatives FROM plate_reads WHERE id > :after ORDER BY id LIMIT :limit"
    )
    while rows := bind.execute(query, {"after": after, "limit": CHUNK}).all():
        values = []
        for row in rows:
            others = json.loads(row.alternatives) if isinstance(row.alternatives, str) else row.alternatives
            found: dict[str, tuple[str, float]] = {normalise(row.raw): ("raw", row.confidence)}
            for text, confidence in others:
                found.setdefault(normalise(text), ("alternative", confidence))
            values += [
                {"text": text, "read_id": row.id, "source": source, "confidence": confidence}
                for text, (source, confidence) in found.items()
                if 0 < len(text) <= MAX_LENGTH and text != row.text
            ]
        if values:
            bind.execute(insert, values)
        after = rows[-1].id
