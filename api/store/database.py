"""The connection to the database, and migrations at start."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config as AlembicConfig
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.orm import Session, sessionmaker

from ioc.core.config import Store

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
LOCK_MIGRATE = 7_300_001
LOCK_AUDIT = 7_300_002
LOCK_WATCH = 7_300_003
"""Numbers of PostgreSQL's advisory locks."""
BUSY_MS = 15_000
"""How long SQLite waits for another writer before it gives up."""


class Database:
    """Sessions on the store. Blocking: call it from a worker thread."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._sessions = sessionmaker(engine, expire_on_commit=False)

    @property
    def is_sqlite(self) -> bool:
        """Whether the store is the embedded one."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session for reading: one consistent snapshot, rolled back at the end."""
        with self._sessions() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session for one transaction, committed at the end, rolled back on any error.

        On SQLite it takes the write lock at its start (BEGIN IMMEDIATE), so that it never fails half-way for want of it.
        """
        with self._sessions.begin() as session:
            if self.is_sqlite:
                session.connection(execution_options={"ioc_write": True})
            yield session

    def ping(self) -> None:
        """Ask the database for a sign of life. Raises :class:`sqlalchemy.exc.SQLAlchemyError`."""
        with self.engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def dispose(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def open_database(store: Store) -> Database:
    """The database of the configuration, its schema brought up to date. The folder of an SQLite file is made."""
    url = make_url(store.url)
    if url.get_backend_name() == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
        if store.password is not None:
            url = url.set(password=store.password.read())
        engine = create_engine(url, pool_size=10, max_overflow=20, pool_pre_ping=True)
    else:
        if url.database:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(url, pool_size=10, max_overflow=20)
        _prepare_sqlite(engine)
    database = Database(engine)
    migrate(database)
    return database


def migrate(database: Database, revision: str = "head") -> None:
    """Bring the schema up (or, in tests, down) to a revision; several replicas may start at once."""
    with database.engine.connect().execution_options(ioc_write=True) as connection, connection.begin():
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": LOCK_MIGRATE})
        config = alembic_config(connection)
        if revision == "head":
            command.upgrade(config, revision)
        else:
            command.downgrade(config, revision)


def alembic_config(connection: Connection) -> AlembicConfig:
    """Alembic's settings for one connection."""
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def _prepare_sqlite(engine: Engine) -> None:
    """Write-ahead log, foreign keys, durable commits, and transactions that begin where the code says so."""

    @event.listens_for(engine, "connect")
    def _connect(dbapi: Any, _record: Any) -> None:
        dbapi.isolation_level = None  # the driver shall not begin transactions by itself
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_MS}"):
            dbapi.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        immediate = connection.get_execution_options().get("ioc_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
