"""Readings, accounts and the audit log, on SQLite and PostgreSQL alike."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from api import present
from api.errors import ConflictError, InvalidError
from api.store import accounts, audit, readings
from api.store.audit import Actor
from api.store.tables import AuditRow, PlateRow
from api.workflow import Role
from ioc.core.types import Box, CameraState, CameraStatus, Count, PlateRead
from tests.api.conftest import AT, picture


def test_counts_once_and_in_order(database):
    def point(number, label="person", zone="plaza"):
        at = AT + number
        return Count(site="s", camera="square", zone=zone, label=label, at=at, count=number, window=10.0)

    for _ in range(2):
        with database.write() as session:
            readings.ingest_counts(session, {f"c{n}": point(n) for n in range(5)} | {"car": point(9, "car", None)})
    query = {"camera": (), "zone": (), "label": (), "since": None, "until": None, "visible": None, "limit": 3}
    with database.read() as session:
        assert [r.count for r in readings.counts(session, **query)] == [3, 4, 9]
        assert [r.count for r in readings.counts(session, **query | {"label": ["person"], "until": AT + 3})] == [0, 1, 2]
        assert [r.count for r in readings.counts(session, **query | {"zone": ["plaza"], "since": AT + 4})] == [4]
        assert readings.counts(session, **query | {"visible": ["gate"]}) == []


def test_plates_once(database):
    read = PlateRead(
        id="p1", site="s", camera="gate", at=AT, text="98MĐ101658", raw="98MD101658", pattern="EMOTO", confidence=0.9,
        alternatives=(("98MD101658", 0.1),), lines=2, box=Box(0, 0, 0.5, 0.5), evidence=(picture(),),
    )  # fmt: skip
    for _ in range(2):
        with database.write() as session:
            readings.ingest_plates(session, [read, read])
    with database.read() as session:
        rows = session.query(PlateRow).all()
    assert [(r.text, r.alternatives, r.box) for r in rows] == [("98MĐ101658", [["98MD101658", 0.1]], [0, 0, 0.5, 0.5])]


def test_newest_status_stays(database):
    def keep(at, state):
        status = CameraStatus(site="s", camera="gate", worker="w", at=at, state=state, dropped={"late": 3}, size=(64, 48))
        with database.write() as session:
            readings.keep_statuses(session, {"gate": (status, present.plain_status(status))})

    keep(AT + 5, CameraState.LIVE)
    keep(AT, CameraState.LOST)  # comes late
    with database.read() as session:
        plain = readings.statuses(session)["gate"]
    assert plain["state"] == "live"
    assert present.status(plain).dropped == {"late": 3}
    assert present.status(plain).size == (64, 48)
    assert present.status(plain, worker_gone=True).reason == "worker_offline"


def user(database, name="an", role=Role.OPERATOR):
    with database.write() as session:
        return accounts.add_user(session, accounts.NewUser(username=name, password_hash="x", role=role), AT)


def test_names_are_unique(database):
    user(database)
    with pytest.raises(ConflictError):
        user(database)
    with database.read() as session:
        assert accounts.count_users(session) == 1


def test_sessions_end(database):
    an = user(database)
    with database.write() as session:
        first, ends = accounts.open_session(session, an, AT, 100, "10.0.0.1")
        second, _ = accounts.open_session(session, an, AT, 200, "10.0.0.1")
    assert ends == AT + 100
    with database.read() as session:
        assert accounts.find_session(session, first, AT + 99)
        assert accounts.find_session(session, first, AT + 100) is None
        assert accounts.find_session(session, "guess", AT) is None
    with database.write() as session:
        accounts.close_session(session, first)
    with database.read() as session:
        assert accounts.find_session(session, first, AT) is None
        assert accounts.find_session(session, second, AT)
    with database.write() as session:
        session.merge(an).active = False
    with database.read() as session:
        assert accounts.find_session(session, second, AT) is None


def test_tokens_are_kept_as_digests(database):
    an = user(database)
    with database.write() as session:
        forever = accounts.add_token(session, an, "export", AT)
        short = accounts.add_token(session, an, "trial", AT, 10)
    with database.read() as session:
        assert accounts.find_token(session, forever, AT + 1e9).username == "an"
        assert accounts.find_token(session, short, AT + 9)
        assert accounts.find_token(session, short, AT + 10) is None
        kept = [row[0] for row in session.execute(text("SELECT digest FROM api_tokens"))]
    assert forever not in kept
    assert all(len(digest) == 64 for digest in kept)


def test_idempotency_keys(database):
    an, binh = user(database), user(database, "binh")
    with database.write() as session:
        assert accounts.recall(session, an.id, "k", "acknowledge a") is None
        accounts.remember(session, an.id, "k", "acknowledge a", {"n": 1}, AT)
    with database.write() as session:
        assert accounts.recall(session, an.id, "k", "acknowledge a") == {"n": 1}
        assert accounts.recall(session, binh.id, "k", "acknowledge a") is None  # keys belong to their account
        with pytest.raises(InvalidError):
            accounts.recall(session, an.id, "k", "resolve a")
        accounts.remember(session, binh.id, "later", "x", {}, AT + accounts.IDEMPOTENCY_S + 1)
        assert accounts.recall(session, an.id, "k", "acknowledge a") is None  # its time was over


def fill(database, lines=5):
    for number in range(lines):
        with database.write() as session:
            audit.append(
                session, AT + number / 3, Actor(name="an"), "alert.note", f"a{number}", {"note": "đã xem", "n": number}
            )


def test_audit_chain(database):
    fill(database)
    with database.read() as session:
        rows = audit.page(session, 10, None)
        assert audit.verify(session) is None
        assert [r.target for r in audit.page(session, 2, rows[1].id)] == ["a2", "a1"]
    assert [r.target for r in rows] == ["a4", "a3", "a2", "a1", "a0"]
    assert rows[-1].previous == audit.GENESIS
    assert [r.previous for r in rows[:-1]] == [r.hash for r in rows[1:]]


@pytest.mark.parametrize("change", ["UPDATE audit SET actor = 'x' WHERE id = 2", "DELETE FROM audit WHERE id = 2"])
def test_audit_log_refuses_changes(database, change):
    fill(database)
    with pytest.raises(DatabaseError, match="append-only"), database.write() as session:
        session.execute(text(change))


@pytest.mark.parametrize("change", ["UPDATE audit SET detail = '{}' WHERE id = 2", "DELETE FROM audit WHERE id = 1"])
def test_who_gets_around_the_triggers_is_found_out(own_database, change):
    fill(own_database)
    with own_database.write() as session:
        for name in ("audit_no_UPDATE", "audit_no_DELETE") if own_database.is_sqlite else ("audit_no_change ON audit",):
            session.execute(text(f"DROP TRIGGER {name}"))
        session.execute(text(change))
    with own_database.read() as session:
        assert audit.verify(session) == 2


def test_audit_lines_of_many_writers_make_one_chain(database):
    def write():
        for _ in range(5):
            with database.write() as session:
                audit.append(session, AT, Actor(name=threading.current_thread().name), "x", "y")

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as session:
        assert session.query(AuditRow).count() == 30
        assert audit.verify(session) is None
