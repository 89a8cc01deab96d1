"""The schema goes up and down, and is what the models say."""

from __future__ import annotations

import threading

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

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


def test_reads_from_before_are_found_by_their_other_texts_too(own_database):
    migrate(own_database, "0002")
    with own_database.engine.execution_options(ioc_write=True).begin() as connection:
        for number in range(3):
            connection.execute(text(READ), {"id": f"r{number}", "alternatives": '[["98A-12346", 0.2], ["98A12345", 0.7]]'})
        connection.execute(text(FILE), {"key": "read.jpg", "owner": "r1"})
        connection.execute(text(FILE), {"key": "alert.jpg", "owner": "a1"})
    migrate(own_database)
    with own_database.engine.connect() as connection:
        texts = connection.execute(text("SELECT read_id, text, source, confidence FROM plate_texts ORDER BY read_id, text"))
        assert [tuple(row) for row in texts] == [
            (f"r{n}", *rest) for n in range(3) for rest in (("98A12346", "alternative", 0.2), ("98A1234S", "raw", 0.9))
        ]
        files = connection.execute(text("SELECT key FROM evidence_files WHERE police_only"))
        assert [row.key for row in files] == ["read.jpg"]


READ = """
INSERT INTO plate_reads (id, site, camera, at, text, raw, confidence, alternatives, evidence)
VALUES (:id, 's', 'gate', 1, '98A12345', '98A-123.4S', 0.9, :alternatives, '[]')
"""
FILE = """
INSERT INTO evidence_files (key, site, camera, owner, role, media_type, sha256, bytes, at)
VALUES (:key, 's', 'gate', :owner, 'plate', 'image/jpeg', 'x', 1, 1)
"""


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
