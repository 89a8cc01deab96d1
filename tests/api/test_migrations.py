"""The schema goes up and down, and is what the models say."""

from __future__ import annotations

import threading

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from api.store.database import migrate, open_database
from api.store.tables import Base


def test_models_and_migrations_agree(own_database):
    with own_database.engine.connect() as connection:
        found = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(found, Base.metadata) == []


def test_down_and_up(own_database):
    migrate(own_database, "base")
    assert set(inspect(own_database.engine).get_table_names()) <= {"alembic_version"}
    migrate(own_database)
    assert set(inspect(own_database.engine).get_table_names()) == {*Base.metadata.tables, "alembic_version"}


def test_a_second_start_finds_everything(own_database, own_store):
    open_database(own_store).dispose()
    own_database.ping()


def test_replicas_may_start_at_once(own_database, own_store):
    migrate(own_database, "base")
    faults = []

    def start():
        try:
            open_database(own_store).dispose()
        except Exception as error:  # noqa: BLE001 - whatever it is, the test shows it
            faults.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    own_database.ping()
