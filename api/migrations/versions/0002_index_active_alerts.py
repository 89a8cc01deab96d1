"""An index for counting the alerts that a camera sees right now: without it every count reads the whole table."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_index("ix_alerts_closed_at", "alerts", ["closed_at"])


def downgrade() -> None:
    """Take back."""
    op.drop_index("ix_alerts_closed_at", "alerts")
