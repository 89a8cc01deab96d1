"""The outbox: messages on disk until the broker has acknowledged them.

One SQLite file per worker in write-ahead mode. ``synchronous=FULL`` writes the log through to the disk before :meth:`put`
returns, so that an event outlives a killed process and a power cut; at a few events a second the price is not felt.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from pathlib import Path

from ioc.core.errors import StorageError

log = logging.getLogger(__name__)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS outbox (
  number INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, payload BLOB NOT NULL
)"""


class SqliteOutbox:
    """:class:`ioc.core.ports.Outbox` in one file. May be used from several threads.

    ``limit`` bounds the rows: past it :meth:`put` raises, because a message that is silently dropped looks like a quiet
    street. A file that is no usable database is set aside as ``<name>.broken`` and an empty one is started;
    :attr:`set_aside` names it.
    """

    def __init__(self, path: Path, *, limit: int = 100_000) -> None:
        self.path = path
        self.set_aside: Path | None = None
        self._limit = limit
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._db = self._open()
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.OperationalError):
                    raise
                self._set_aside(error)
                self._db = self._open()
        except (OSError, sqlite3.Error) as error:
            raise StorageError(f"cannot open the outbox {path}: {error}") from error
        self._rows = int(self._db.execute("SELECT count(*) FROM outbox").fetchone()[0])

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None, timeout=10)
        try:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=FULL")
            db.execute(_SCHEMA)
            (state,) = db.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.Error:
            db.close()
            raise
        if state != "ok":
            db.close()
            raise sqlite3.DatabaseError(str(state))
        return db

    def _set_aside(self, error: sqlite3.Error) -> None:
        number = 0
        target = self.path.with_name(f"{self.path.name}.broken")
        while target.exists():
            number += 1
            target = self.path.with_name(f"{self.path.name}.broken{number}")
        self.path.rename(target)
        for suffix in ("-wal", "-shm"):
            side = self.path.with_name(self.path.name + suffix)
            if side.exists():
                side.rename(target.with_name(target.name + suffix))
        self.set_aside = target
        log.error("the outbox %s is damaged (%s); it is kept as %s and a new one is started", self.path, error, target)

    def __len__(self) -> int:
        return self._rows

    def put(self, topic: str, payload: bytes) -> None:
        """Durable when it returns. Raises :class:`ioc.core.errors.StorageError` if full or the disk is."""
        with self._lock:
            if self._rows >= self._limit:
                raise StorageError(f"the outbox {self.path} is full: {self._rows} messages wait for the broker")
            try:
                self._db.execute("INSERT INTO outbox (topic, payload) VALUES (?, ?)", (topic, payload))
            except sqlite3.Error as error:
                raise StorageError(f"cannot write the outbox {self.path}: {error}") from error
            self._rows += 1

    def pending(self, after: int = 0, limit: int = 100) -> list[tuple[int, str, bytes]]:
        """Oldest first: (number, topic, payload) with numbers above ``after``."""
        with self._lock:
            try:
                rows = self._db.execute(
                    "SELECT number, topic, payload FROM outbox WHERE number > ? ORDER BY number LIMIT ?", (after, limit)
                ).fetchall()
            except sqlite3.Error as error:
                raise StorageError(f"cannot read the outbox {self.path}: {error}") from error
        return [(int(n), str(t), bytes(p)) for n, t, p in rows]

    def done(self, number: int) -> None:
        """The broker has acknowledged it; a number that is gone already is no error."""
        with self._lock:
            try:
                gone = self._db.execute("DELETE FROM outbox WHERE number = ?", (number,)).rowcount
            except sqlite3.Error as error:
                raise StorageError(f"cannot write the outbox {self.path}: {error}") from error
            self._rows -= gone

    def close(self) -> None:
        """Release the file."""
        with self._lock:
            self._db.close()
