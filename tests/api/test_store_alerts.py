"""Alerts in the store, on SQLite and PostgreSQL alike."""

from __future__ import annotations

import itertools
import random

import pytest

from api.errors import ConflictError, InvalidError, NotFoundError, StaleError
from api.store import alerts
from api.workflow import Action
from ioc.core.types import Severity
from tests.api.conftest import AT, event, picture

OPENED = event(sequence=0)
UPDATED = event(sequence=1, severity=Severity.HIGH, evidence=(picture(),))
CLOSED = event(sequence=2, severity=Severity.HIGH, evidence=(picture(),), closed_at=AT + 90)


def row(database, alert_id=OPENED.alert.id):
    with database.read() as session:
        return alerts.find(session, alert_id, None)


def snapshot(database):
    found = row(database)
    return found.sequence, found.severity, found.closed_at, len(found.evidence), found.status, found.revision


@pytest.mark.parametrize("order", list(itertools.permutations([OPENED, UPDATED, CLOSED])))
def test_any_order_ends_alike(database, ingest, order):
    for one in order:
        ingest(database, one)
    assert snapshot(database) == (2, "high", AT + 90, 1, "new", 0)


def test_one_batch_may_hold_several_events_of_an_alert(database, ingest):
    changed = ingest(database, UPDATED, OPENED, CLOSED, CLOSED)
    assert [r.id for r in changed] == [OPENED.alert.id]
    assert snapshot(database)[0] == 2


def test_repeated_delivery_changes_nothing(database, ingest, clock):
    assert len(ingest(database, OPENED, UPDATED)) == 1
    before = row(database).updated_at
    clock.advance(60)
    assert ingest(database, OPENED, UPDATED, OPENED) == []
    assert row(database).updated_at == before


def test_noise_of_duplicates_gives_each_alert_once(database, ingest):
    chance = random.Random(7)
    events = [event(n, sequence=s) for n in range(40) for s in range(3)] * 3
    chance.shuffle(events)
    for start in range(0, len(events), 25):
        ingest(database, *events[start : start + 25])
    with database.read() as session:
        rows, more, total = alerts.page(session, alerts.Filter(), 200, None)
    assert total == len(rows) == 40
    assert more is None
    assert {r.sequence for r in rows} == {2}


def act(database, action, revision=None, **more):
    with database.write() as session:
        found = alerts.find(session, OPENED.alert.id, None, lock=True)
        wish = alerts.Act(action=action, actor="an", revision=revision, **more)
        alerts.act(session, found, wish, AT + 500)


def test_camera_never_overwrites_an_operator(database, ingest):
    ingest(database, OPENED)
    act(database, Action.ASSIGN, 0, assignee="an", note="đi kiểm tra")
    ingest(database, UPDATED, CLOSED)
    found = row(database)
    assert (found.status, found.assignee, found.revision) == ("in_progress", "an", 1)
    assert (found.sequence, found.closed_at) == (2, AT + 90)
    with database.read() as session:
        (line,) = alerts.history(session, found.id)
    assert (line.actor, line.action, line.note, line.assignee) == ("an", "assign", "đi kiểm tra", "an")
    assert (line.from_status, line.to_status) == ("new", "in_progress")


def test_camera_event_does_not_make_an_operator_stale(database, ingest):
    ingest(database, OPENED)
    ingest(database, UPDATED)
    act(database, Action.ACKNOWLEDGE, 0)
    assert row(database).status == "acknowledged"


def test_stale_and_illegal_acts_change_nothing(database, ingest):
    ingest(database, OPENED)
    act(database, Action.ACKNOWLEDGE, 0)
    with pytest.raises(StaleError):
        act(database, Action.RESOLVE, 0)
    with pytest.raises(ConflictError):
        act(database, Action.REOPEN, 1)
    assert (row(database).status, row(database).revision) == ("acknowledged", 1)


def test_pages_are_complete_without_repeats(database, ingest):
    same_time = [event(n, at=AT) for n in range(5)]
    ingest(database, *same_time, *(event(n) for n in range(5, 12)))
    seen, cursor = [], None
    for _ in range(10):
        with database.read() as session:
            rows, cursor, total = alerts.page(session, alerts.Filter(), 5, cursor)
        assert total == 12
        seen += [(r.opened_at, r.id) for r in rows]
        if cursor is None:
            break
    assert len(seen) == 12
    assert seen == sorted(set(seen), reverse=True)


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        ({}, [4, 3, 2, 1]),
        ({"kind": ["crowd"]}, [3]),
        ({"kind": ["crowd", "parking"]}, [4, 3, 2, 1]),
        ({"camera": ["square"]}, [2]),
        ({"severity": ["high"]}, [4]),
        ({"active": True}, [3, 2, 1]),
        ({"active": False}, [4]),
        ({"status": ["resolved"]}, []),
        ({"status": ["new", "resolved"]}, [4, 3, 2, 1]),
        ({"since": AT + 3}, [4, 3]),  # the border belongs to it
        ({"until": AT + 3}, [2, 1]),  # and here it does not
        ({"visible": ["square"]}, [2]),
        ({"visible": []}, []),
        ({"visible": ["gate"], "camera": ["square"]}, []),
    ],
)
def test_filters(database, ingest, wanted, numbers):
    ingest(
        database, event(1), event(2, camera="square"), event(3, kind="crowd"),
        event(4, severity=Severity.HIGH, closed_at=AT + 50),
    )  # fmt: skip
    with database.read() as session:
        rows, _, total = alerts.page(session, alerts.Filter(**wanted), 50, None)
    assert [int(r.subject.partition(":")[2]) for r in rows] == numbers
    assert total == len(numbers)


def test_totals(database, ingest):
    ingest(database, OPENED, event(2, camera="square", kind="crowd"), event(3, closed_at=AT + 9))
    act(database, Action.FALSE_ALARM)
    with database.read() as session:
        everything, gate = alerts.totals(session, None), alerts.totals(session, ["gate"])
    assert everything["by_status"] == {"new": 2, "acknowledged": 0, "in_progress": 0, "resolved": 0, "false_alarm": 1}
    assert everything["by_kind"] == {"parking": 1, "crowd": 1}  # what is done is not counted
    assert everything["by_severity"] == {"medium": 2}
    assert everything["active"] == 2
    assert gate["by_kind"] == {"parking": 1}
    assert gate["active"] == 1


def test_foreign_cameras_look_absent(database, ingest):
    ingest(database, event(1, evidence=(picture(),)))
    with database.read() as session:
        assert alerts.find_evidence(session, picture().key, ["gate"], police=False).media_type == "image/jpeg"
        for visible in ([], ["square"]):
            with pytest.raises(NotFoundError):
                alerts.find(session, OPENED.alert.id, visible)
            with pytest.raises(NotFoundError):
                alerts.find_evidence(session, picture().key, visible, police=True)


def test_a_key_stays_with_its_first_camera(database, ingest):
    ingest(database, event(1, evidence=(picture(),)))
    ingest(database, event(2, camera="square", evidence=(picture(),)))
    with database.read() as session:
        assert alerts.find_evidence(session, picture().key, None, police=False).camera == "gate"


@pytest.mark.parametrize("cursor", ["", "x", "====", "bm90aGluZw", "ữ", "MTIz", alerts.make_cursor(1.0, "")])
def test_wrong_cursors_are_refused(database, cursor):
    with database.read() as session, pytest.raises(InvalidError):
        alerts.page(session, alerts.Filter(), 5, cursor)


def test_changed_since(database, ingest, clock):
    ingest(database, event(1))
    clock.advance(100)
    ingest(database, event(2))
    with database.read() as session:
        assert [r.subject for r in alerts.changed_since(session, clock.now() - 50)] == ["kerb:2"]
