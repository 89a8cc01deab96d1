"""Runs migrations on the connection that :func:`api.store.database.migrate` hands in."""

from __future__ import annotations

from alembic import context

from api.store.tables import Base


def run() -> None:
    """Migrate inside the caller's transaction."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=Base.metadata,
        render_as_batch=True,
        compare_type=True,
    )
    context.run_migrations()


run()
