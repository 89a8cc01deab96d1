"""What an operator does over HTTP."""

from __future__ import annotations

import uuid

import pytest

from api.store import alerts, audit
from api.workflow import Role
from ioc.core.types import Severity
from tests.api.conftest import AT, event, picture

API = "/api/v1"
ALERT = event().alert.id
URL = f"{API}/alerts/{ALERT}"


@pytest.fixture
def operator(people, ingest):
    ingest(people.database, event(evidence=(picture("gate/1/ảnh 1.jpg"),)))
    return people.log_in("an", Role.OPERATOR)


def test_an_alert_reads_as_agreed(operator):
    answer = operator.get(URL)
    assert answer.headers["ETag"] == '"0"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json() == {
        "id": ALERT, "site": "bac-ninh", "camera": "gate", "camera_name": "Cổng chính", "kind": "parking",
        "subject": "kerb:1", "zone": "kerb", "zone_name": "Lề đường", "severity": "medium", "confidence": 0.875,
        "started_at": "2027-01-15T07:42:51.000Z", "opened_at": "2027-01-15T07:43:21.000Z", "closed_at": None,
        "updated_at": "2027-01-15T08:00:00.000Z", "active": True, "status": "new", "assignee": None, "revision": 0,
        "sequence": 0, "box": {"x1": 0.1, "y1": 0.2, "x2": 0.3, "y2": 0.4},
        "detail": {"label": "car", "dwell_s": 30.5},
        "evidence": [{
            "role": "during", "url": "/api/v1/evidence/gate/1/%E1%BA%A3nh%201.jpg", "media_type": "image/jpeg",
            "sha256": "a" * 64, "bytes": 9, "at": "2027-01-15T07:43:20.000Z", "duration": None,
        }],
        "evidence_missing": None, "history": [],
    }  # fmt: skip


def test_a_shift(operator, people):
    people.add("binh", Role.POLICE)
    steps = [
        ("acknowledge", None, "acknowledged"),
        ("notes", {"note": "Đã gọi tổ trật tự"}, "acknowledged"),
        ("assign", {"assignee": "binh", "note": "nhờ anh"}, "in_progress"),
        ("resolve", {"note": "xe đã đi"}, "resolved"),
        ("reopen", {}, "acknowledged"),
        ("false-alarm", None, "false_alarm"),
    ]
    for revision, (act, body, status) in enumerate(steps):
        answer = operator.post(f"{URL}/{act}", json=body, headers={"If-Match": f'"{revision}"'})
        assert answer.status_code == 200, answer.text
        assert (answer.json()["status"], answer.json()["revision"]) == (status, revision + 1)
        assert answer.headers["ETag"] == f'"{revision + 1}"'
    found = operator.get(URL).json()
    assert found["assignee"] == "binh"
    assert [(h["action"], h["note"], h["to_status"]) for h in found["history"]] == [
        ("acknowledge", None, "acknowledged"),
        ("note", "Đã gọi tổ trật tự", "acknowledged"),
        ("assign", "nhờ anh", "in_progress"),
        ("resolve", "xe đã đi", "resolved"),
        ("reopen", None, "acknowledged"),
        ("false-alarm", None, "false_alarm"),
    ]
    with people.database.read() as session:
        lines = [row for row in audit.page(session, 99, None) if row.action.startswith("alert.")]
        assert audit.verify(session) is None
    assert [row.action.removeprefix("alert.") for row in reversed(lines)] == [h["action"] for h in found["history"]]
    assert {row.target for row in lines} == {ALERT}
    assert {row.actor for row in lines} == {"an"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 428),
        ({"If-Match": '"1"'}, 412),
        ({"If-Match": "yesterday"}, 412),
        ({"If-Match": '"0"'}, 200),
        ({"If-Match": 'W/"0"'}, 200),
        ({"If-Match": "0"}, 200),
        ({"If-Match": "*"}, 200),
    ],
)
def test_preconditions(operator, headers, status):
    answer = operator.post(f"{URL}/acknowledge", headers=headers)
    assert answer.status_code == status
    assert operator.get(URL).json()["revision"] == (1 if status == 200 else 0)


def test_two_operators_at_once(operator, people):
    binh = people.log_in("binh", Role.OPERATOR)
    first = operator.post(f"{URL}/acknowledge", headers={"If-Match": '"0"'})
    second = binh.post(f"{URL}/resolve", headers={"If-Match": '"0"'})
    assert (first.status_code, second.status_code) == (200, 412)
    assert second.headers["content-type"] == "application/problem+json"
    assert operator.get(URL).json()["status"] == "acknowledged"


def test_illegal_acts_answer_409(operator):
    answer = operator.post(f"{URL}/reopen", headers={"If-Match": '"0"'})
    assert answer.status_code == 409
    assert "acknowledge" in answer.json()["detail"]


@pytest.mark.parametrize("assignee", ["nobody", "viewer1", "elsewhere"])
def test_alerts_go_to_those_who_may_act(operator, people, assignee):
    people.add("viewer1", Role.VIEWER)
    people.add("elsewhere", Role.OPERATOR, cameras=["square"])
    answer = operator.post(f"{URL}/assign", json={"assignee": assignee}, headers={"If-Match": '"0"'})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "body.assignee"
    assert [a["username"] for a in operator.get(f"{API}/assignees").json()["items"]] == ["an", "elsewhere"]


def test_the_same_key_acts_once(operator, people, make_app):
    key = {"If-Match": '"0"', "Idempotency-Key": str(uuid.uuid4())}
    first = operator.post(f"{URL}/acknowledge", json={"note": "ừ"}, headers=key)
    operator.post(f"{URL}/resolve", headers={"If-Match": '"1"'})
    again = operator.post(f"{URL}/acknowledge", json={"note": "ừ"}, headers=key)
    assert again.status_code == 200
    assert again.json() == first.json()
    assert again.headers["ETag"] == first.headers["ETag"] == '"1"'
    assert [h["action"] for h in operator.get(URL).json()["history"]] == ["acknowledge", "resolve"]
    other = operator.post(f"{URL}/acknowledge", json={"note": "không"}, headers=key)
    assert other.status_code == 422
    assert other.json()["errors"][0]["path"] == "header.Idempotency-Key"
    restarted = type(operator)(make_app(people.database))  # another process on the same store
    restarted.headers, restarted.cookies = operator.headers, operator.cookies
    assert restarted.post(f"{URL}/acknowledge", json={"note": "ừ"}, headers=key).json() == first.json()


def test_a_refused_act_leaves_its_key_free(operator):
    key = str(uuid.uuid4())
    assert operator.post(f"{URL}/reopen", headers={"If-Match": '"0"', "Idempotency-Key": key}).status_code == 409
    answer = operator.post(f"{URL}/resolve", headers={"If-Match": '"0"', "Idempotency-Key": key})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("act", "body", "path"),
    [
        ("notes", {}, "body.note"),
        ("notes", {"note": "  "}, "body.note"),
        ("notes", {"note": "a\0b"}, "body.note"),
        ("notes", {"note": "x" * 2001}, "body.note"),
        ("notes", {"note": "x", "more": 1}, "body.more"),
        ("assign", {"assignee": "Không hợp lệ"}, "body.assignee"),
        ("acknowledge", [], "body"),
    ],
)
def test_wrong_bodies(operator, act, body, path):
    answer = operator.post(f"{URL}/{act}", json=body, headers={"If-Match": '"0"'})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert path in [e["path"] for e in answer.json()["errors"]]


def test_list_filters_and_pages(operator, people, ingest):
    ingest(
        people.database, *(event(n) for n in range(2, 8)), event(8, kind="crowd", severity=Severity.HIGH),
        event(9, closed_at=AT + 99),
    )  # fmt: skip
    first = operator.get(f"{API}/alerts", params={"limit": 4}).json()
    rest = operator.get(f"{API}/alerts", params={"limit": 50, "cursor": first["next_cursor"]}).json()
    subjects = [int(a["subject"].partition(":")[2]) for a in first["items"] + rest["items"]]
    assert subjects == [9, 8, 7, 6, 5, 4, 3, 2, 1]
    assert (first["total"], rest["total"], rest["next_cursor"]) == (9, 9, None)
    for query, numbers in (
        ("kind=crowd", [8]),
        ("kind=crowd&kind=parking&active=false", [9]),
        ("severity=high&severity=low", [8]),
        ("since=2027-01-15T07:43:28Z", [9, 8]),
        ("since=2027-01-15T14:43:28%2B07:00", [9, 8]),
        ("until=2027-01-15T07:43:22Z", [1]),
        ("status=resolved", []),
        ("camera=square", []),
    ):
        items = operator.get(f"{API}/alerts?{query}").json()["items"]
        assert [int(a["subject"].partition(":")[2]) for a in items] == numbers, query


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=x",
        "status=open",
        "since=yesterday",
        "since=2027-01-15",
        "since=2027-01-15T07:43:28",  # without an offset nobody knows when that was
        "cursor=%00",
        "kind=%00",
        "active=maybe",
    ],
)
def test_wrong_queries(operator, query):
    answer = operator.get(f"{API}/alerts?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"].startswith("query.")


def test_counts_and_cameras_and_system(operator):
    assert operator.get(f"{API}/counts").json() == {"items": []}
    gate = operator.get(f"{API}/cameras").json()["items"][0]
    assert gate["location"] == {"lat": 21.186, "lon": 106.076}
    assert gate["zones"][0] == {
        "id": "kerb", "name": "Lề đường", "polygon": [[0, 0], [1, 0], [1, 1]], "kinds": ["parking"],
    }  # fmt: skip
    system = operator.get(f"{API}/system").json()
    assert system["site"] == {"id": "bac-ninh", "name": "IOC Bắc Ninh", "timezone": "Asia/Ho_Chi_Minh"}
    assert {k["kind"] for k in system["kinds"] if k["suspected"]} == {"parking", "dumping", "plate"}
    assert system["statuses"][0]["actions"] == ["acknowledge", "assign", "resolve", "false-alarm", "note"]


def test_alerts_of_cameras_that_left_the_configuration_stay(operator, people, ingest):
    ingest(people.database, event(3, camera="gone", zone=None))
    (alert,) = operator.get(f"{API}/alerts?camera=gone").json()["items"]
    assert (alert["camera_name"], alert["zone_name"]) == ("gone", None)


def test_totals_are_the_lists_own(operator, people):
    with people.database.read() as session:
        assert operator.get(f"{API}/alerts/totals").json() == alerts.totals(session, None)
