"""The watchlist: what raises an alert, once, and for whom it is to be seen."""

from __future__ import annotations

import json
from dataclasses import replace
from weakref import WeakKeyDictionary

import pytest
from sqlalchemy import text

from api import present
from api.ingest import Batch, Ingest, Replica
from api.live import Hub, LiveClient
from api.metrics import Metrics
from api.store import alerts, audit, readings, watchlist
from api.watch import Entry, hit
from api.workflow import Role
from ioc.core import wire
from ioc.core.types import Box, PlateRead
from tests.api.conftest import AT, picture

URL = "/api/v1/watchlist"
BODY = {"text": "98a-123.45", "reason": "Xe bị trộm", "case_number": "VA-2026/118"}


def read(name: str = "r1", plate: str = "98A12345", **more) -> PlateRead:
    values = {"site": "bac-ninh", "camera": "gate", "at": AT + 10, "raw": plate, "pattern": "CAR", "confidence": 0.9,
              "vehicle": "car", "colour": "white", "box": Box(0.1, 0.2, 0.3, 0.4)}  # fmt: skip
    return PlateRead(id=name, text=plate, **values | more)


ENTRY = Entry(id="e", text="98A12345", since=AT, until=AT + 100)


@pytest.mark.parametrize(
    ("entry", "seen", "likeness"),
    [
        ({}, {}, 1.0),
        ({}, {"plate": "98A12346"}, None),
        ({}, {"at": AT - 0.001}, None),  # from before the entry
        ({}, {"at": AT}, 1.0),
        ({}, {"at": AT + 100}, None),  # the entry has ended
        ({"until": None}, {"at": AT + 1e6}, 1.0),
        ({}, {"confidence": 0.79}, None),
        ({}, {"confidence": 0.8}, 1.0),
        ({"min_confidence": 0.0}, {"confidence": 0.0}, 1.0),
        ({"cameras": frozenset({"square"})}, {}, None),
        ({"cameras": frozenset({"square", "gate"})}, {}, 1.0),
        ({"looks_like": True}, {}, 1.0),
        ({"looks_like": True}, {"plate": "98A12346"}, 0.7),
        ({"looks_like": True}, {"plate": "9BA12346"}, None),  # two exchanges
        ({"looks_like": True}, {"plate": "98A12349"}, None),
        ({"looks_like": True}, {"plate": "98A1234", "alternatives": (("98A12345", 0.2),)}, 0.7),
        ({}, {"plate": "98A1234", "alternatives": (("98A12345", 0.2),)}, None),
        ({"text": "98A12?45"}, {"plate": "98A12945"}, 1.0),
        ({"text": "98A*"}, {"plate": "98B12345"}, None),
        ({"text": "29Đ*"}, {"plate": "29D12345"}, None),
    ],
)
def test_what_an_entry_waits_for(entry, seen, likeness):
    found = hit(replace(ENTRY, **entry), read(**seen))
    assert (None if found is None else found.likeness) == likeness
    assert found is None or found.suspected is (likeness < 1)


def add(database, now=AT, **more) -> str:
    fields = {"text": "98A12345", "match": "exact", "reason": "Xe bị trộm", "case_number": "VA-1", "severity": "high",
              "note": None, "valid_until": None, "cameras": None, "active": True, "min_confidence": 0.8,
              "cooldown_s": 300.0}  # fmt: skip
    with database.write() as session:
        return watchlist.add(session, fields | more, "police1", now).id


WATCHES: WeakKeyDictionary = WeakKeyDictionary()


def take(database, *reads: PlateRead, now=AT + 60) -> list:
    """As the ingest does it: store and raise in one transaction, with what was kept of the list before."""
    watch = WATCHES.setdefault(database, watchlist.Watch())
    with database.write() as session:
        return watch.raise_alerts(session, readings.ingest_plates(session, reads), now)


def test_a_hit_becomes_an_alert_with_all_that_is_known(database):
    entry = add(database, severity="critical", note="Có vũ khí")
    [row] = take(database, read(evidence=(picture("gate/r1/plate.jpg"),)), read("r2", "98A99999"))
    assert (row.kind, row.subject, row.severity, row.confidence) == ("plate", f"watch:{entry}", "critical", 0.9)
    assert row.opened_at == row.started_at == row.closed_at == AT + 10
    assert row.updated_at == AT + 60
    assert row.box == [0.1, 0.2, 0.3, 0.4]
    assert [item["key"] for item in row.evidence] == ["gate/r1/plate.jpg"]
    assert row.detail == {
        "plate": "98A12345", "display": "98A-123.45", "read": "r1", "match": "exact", "likeness": 1.0, "suspected": False,
        "entry": entry, "pattern": "98A12345", "reason": "Xe bị trộm", "case_number": "VA-1", "note": "Có vũ khí",
        "vehicle": "car", "colour": "white",
    }  # fmt: skip
    with database.read() as session:
        rows, _, total = alerts.page(session, alerts.Filter(kind=["plate"]), 10, None)
        assert (total, rows[0].id, rows[0].status, rows[0].revision) == (1, row.id, "new", 0)
        found = watchlist.find(session, entry, None)
        assert (found.hits, found.last_hit_at, found.revision) == (1, AT + 10, 0)


def test_a_repeated_read_raises_nothing_again(database):
    add(database)
    [first] = take(database, read())
    assert take(database, read()) == []
    assert take(database, read(), read("r1", "98A12345", confidence=1.0)) == []
    with database.write() as session:  # the read's time to be kept is over, and a worker sends it once more
        session.execute(text("DELETE FROM plate_reads"))
        session.execute(text("UPDATE watchlist SET cooldown_s = 0"))
    assert take(database, read()) == []
    with database.read() as session:
        assert alerts.find(session, first.id, None).detail["read"] == "r1"
        assert session.execute(text("SELECT hits FROM watchlist")).scalar() == 1


def test_an_entry_raises_nothing_for_reads_from_before(database):
    take(database, read())
    add(database, now=AT + 20)
    assert take(database, read()) == []  # known
    assert take(database, read("r2", at=AT + 19)) == []  # late
    assert [row.detail["read"] for row in take(database, read("r3", at=AT + 21))] == ["r3"]


def test_every_change_of_the_list_holds_at_once(database):
    """What a process keeps of the list is given up when another one changes it, whatever its clock says."""
    first = add(database, now=AT + 5)
    assert len(take(database, read())) == 1
    second = add(database, now=AT - 50, text="98A99999")  # by a clock that goes after
    assert len(take(database, read("r2", "98A99999"))) == 1
    with database.write() as session:
        watchlist.change(session, watchlist.find(session, second, None), {"text": "98A88888"}, AT - 50)
    assert take(database, read("r3", "98A99999", at=AT + 999)) == []
    assert len(take(database, read("r4", "98A88888"))) == 1
    with database.write() as session:
        session.delete(watchlist.find(session, first, None))
    assert take(database, read("r5", at=AT + 999)) == []
    add(database, now=AT + 5, text="98A77777")
    assert len(take(database, read("r6", "98A77777"))) == 1


def test_a_late_read_from_after_the_entry_still_counts(database):
    add(database)
    [row] = take(database, read(at=AT + 5), now=AT + 86_400)
    assert (row.opened_at, row.updated_at) == (AT + 5, AT + 86_400)


@pytest.mark.parametrize(
    ("reads", "raised"),
    [
        ([("a", {}), ("b", {"at": AT + 309.9})], "a"),
        ([("a", {}), ("b", {"at": AT + 310})], "a b"),
        ([("b", {"at": AT + 200}), ("a", {})], "b"),  # the earlier one comes late
        ([("a", {}), ("b", {"at": AT + 20, "camera": "square"})], "a b"),
        ([("a", {}), ("b", {"at": AT + 200}), ("c", {"at": AT + 400})], "a c"),  # it counts from the alert, not the read
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
def test_cool_down(database, reads, raised, at_once):
    add(database)
    made = [read(name, **more) for name, more in reads]
    if at_once and raised == "b":
        raised = "a"  # in one batch the order is that of their times
    rows = take(database, *made) if at_once else [row for one in made for row in take(database, one)]
    assert [row.detail["read"] for row in rows] == raised.split()


def test_the_cool_down_of_a_pattern_is_for_each_plate(database):
    add(database, text="98A*")
    rows = take(database, read("a"), read("b", "98A99999"), read("c", at=AT + 30))
    assert [row.detail["read"] for row in rows] == ["a", "b"]


def test_a_vehicle_read_in_two_ways_is_one_vehicle(database):
    add(database, match="looks_like")
    rows = take(database, read("a", "98A12346"), read("b", at=AT + 30))
    assert [(row.detail["read"], row.detail["suspected"], row.detail["match"]) for row in rows] == [
        ("a", True, "looks_like")
    ]


def test_two_entries_raise_two_alerts(database):
    add(database)
    add(database, text="98A*")
    add(database, active=False)
    assert len({row.id for row in take(database, read())}) == 2


def test_an_unknown_pattern_stops_nothing(database):
    add(database)
    [row] = take(database, read(pattern="OF_A_LATER_VERSION"))
    assert row.detail["display"] == "98A12345"


@pytest.mark.parametrize(
    ("fields", "counts"),
    [
        ({"note": "x"}, True),
        ({"severity": "low", "cooldown_s": 5.0, "reason": "khác"}, True),
        ({"text": "98A12399"}, False),
        ({"min_confidence": 0.1}, False),
        ({"cameras": ["gate"]}, False),
    ],
)
def test_a_changed_meaning_holds_from_the_change_on(database, fields, counts):
    entry = add(database, valid_until=AT + 1000)
    with database.write() as session:
        row = watchlist.find(session, entry, None)
        assert watchlist.change(session, row, fields, AT + 50) == set(fields)
        assert watchlist.change(session, row, fields, AT + 51) == set()
        assert (row.revision, row.watching_since) == (1, AT if counts else AT + 50)


def test_an_entry_that_had_ended_begins_anew(database):
    entry = add(database, valid_until=AT + 10)
    with database.write() as session:
        watchlist.change(session, watchlist.find(session, entry, None), {"valid_until": AT + 99}, AT + 50)
    assert take(database, read(at=AT + 30)) == []  # it was not waited for then
    assert len(take(database, read("r2", at=AT + 60))) == 1


async def test_ingest_tells_of_it_live(sqlite, make_app):
    ctx = make_app(sqlite).state.context
    add(sqlite)
    ingest = Ingest(ctx, Replica())
    [told] = await ingest.store(Batch(plates=[read(), read()]))
    assert (told.kind, told.camera_name, told.active, told.detail["plate"]) == ("plate", "Cổng chính", False, "98A12345")
    assert await ingest.store(Batch(plates=[read()])) == []
    for table in ("plate_reads", "alerts"):
        assert ctx.metrics.registry.get_sample_value("ioc_ingest_changes_total", {"table": table}) == 1


async def test_live_alerts_are_masked_for_others_than_police(sqlite, clock):
    add(sqlite)
    [row] = take(sqlite, read(evidence=(picture(),)))
    hub = Hub(clock, Metrics(), lambda visible: {})
    police, operator = LiveClient(user_id=1, visible=None, police=True), LiveClient(user_id=2, visible=None)
    for one in (police, operator):
        hub.join(one)
    hub.alerts([present.alert(row, present.Names())])
    full, masked = json.loads(await police.next())["alert"], json.loads(await operator.next())["alert"]
    assert (full["detail"]["plate"], len(full["evidence"])) == ("98A12345", 1)
    assert masked == full | {"detail": {"masked": True, "suspected": False}, "evidence": []}


def test_the_alert_over_http(quick_people, files):
    entry = add(quick_people.database)
    key = "gate/r1/plate.jpg"
    files.files[key] = b"\xff\xd8"
    [row] = take(quick_people.database, read(evidence=(picture(key),)))
    clients = {role: quick_people.log_in(role.value, role) for role in Role}
    url = f"/api/v1/alerts/{row.id}"
    noted = clients[Role.POLICE].post(f"{url}/notes", json={"note": "98A-123.45"}, headers={"If-Match": '"0"'})
    assert noted.json()["detail"]["reason"] == "Xe bị trộm"
    for role, client in clients.items():
        knows = role in (Role.POLICE, Role.ADMIN)
        one, [listed] = client.get(url).json(), client.get("/api/v1/alerts").json()["items"]
        assert [a["note"] for a in one.pop("history")] == ["98A-123.45" if knows else None]
        assert one == listed
        assert (
            ("98A" in json.dumps(one)) is ("Xe b" in json.dumps(one, ensure_ascii=False)) is bool(one["evidence"]) is knows
        )
        assert one["subject"] == f"watch:{entry}"
        assert client.get(f"/api/v1/evidence/{key}").status_code == (200 if knows else 404)
        assert client.get("/api/v1/alerts/totals").json()["by_kind"] == {"plate": 1}
    key = "0b8f6c1e-6df0-4d57-9a3e-0a3f6f1b2c3d"
    for _ in range(2):  # also the kept answer of an act that is sent again
        headers = {"If-Match": '"1"', "Idempotency-Key": key}
        acted = clients[Role.OPERATOR].post(f"{url}/acknowledge", headers=headers)
        assert (acted.status_code, acted.json()["status"]) == (200, "acknowledged")
        assert acted.json()["detail"] == {"masked": True, "suspected": False}


@pytest.fixture
def police(people):
    return people.log_in("police1", Role.POLICE)


def test_an_entry_lives(people, police):
    made = police.post(URL, json=BODY)
    entry = made.json()
    assert (made.status_code, made.headers["etag"]) == (201, '"0"')
    assert entry | BODY | {"text": "98A12345"} == entry
    assert (entry["display"], entry["author"], entry["severity"], entry["active"], entry["expired"]) == (
        "98A-123.45", "police1", "high", True, False,
    )  # fmt: skip
    url = f"{URL}/{entry['id']}"
    assert police.get(url).json() == entry
    assert police.patch(url, json={"note": "x"}).status_code == 428
    assert police.patch(url, json={"note": "x"}, headers={"If-Match": '"7"'}).status_code == 412
    changes = {"note": "x", "text": "98A-12?.45", "cameras": ["gate"], "severity": "low", "reason": None}
    changed = police.patch(url, json=changes, headers={"If-Match": '"0"'})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"1"')
    after = {"note": "x", "text": "98A12?45", "display": "98A12?45", "cameras": ["gate"], "severity": "low", "revision": 1}
    assert changed.json() == entry | after | {"updated_at": changed.json()["updated_at"]}
    assert police.patch(url, json={"note": None, "cameras": None}, headers={"If-Match": '"1"'}).json()["cameras"] is None
    assert police.delete(url).status_code == 428
    assert police.delete(url, headers={"If-Match": '"1"'}).status_code == 412
    assert police.delete(url, headers={"If-Match": '"2"'}).status_code == 204
    assert police.get(url).status_code == 404
    with people.database.read() as session:
        lines = audit.page(session, 9, None)
        assert audit.verify(session) is None
    said = [(line.action, line.detail) for line in lines if line.action.startswith("watchlist")][::-1]
    assert [action for action, _ in said] == ["watchlist.add", "watchlist.change", "watchlist.change", "watchlist.remove"]
    assert said[0][1]["text"] == "98A12345"
    assert said[1][1] == {
        "case_number": "VA-2026/118",
        "note": "x",
        "text": "98A12?45",
        "cameras": ["gate"],
        "severity": "low",
    }
    assert said[2][1] == {"case_number": "VA-2026/118", "note": None, "cameras": None}
    assert said[3][1] == {"text": "98A12?45", "match": "exact", "reason": "Xe bị trộm", "case_number": "VA-2026/118"}


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"text": "98%"}, "body.text"),
        ({"text": "*"}, "body.text"),
        ({"text": "9" * 65}, "body.text"),
        ({"text": "98A*", "match": "looks_like"}, "body.text"),
        ({"match": "partial"}, "body.match"),
        ({"reason": "x"}, "body.reason"),
        ({"reason": None}, "body.reason"),
        ({"case_number": " "}, "body.case_number"),
        ({"severity": "awful"}, "body.severity"),
        ({"valid_until": "2020-01-01T00:00:00Z"}, "body.valid_until"),
        ({"valid_until": "2030-01-01T00:00:00"}, "body.valid_until"),  # without an offset
        ({"cameras": ["nowhere"]}, "body.cameras"),
        ({"cameras": []}, "body.cameras"),
        ({"min_confidence": 1.1}, "body.min_confidence"),
        ({"cooldown_s": -1}, "body.cooldown_s"),
        ({"author": "x"}, "body.author"),
    ],
)
def test_entries_that_cannot_be(quick_people, change, path):
    answer = quick_people.log_in("police1", Role.POLICE).post(URL, json=BODY | change)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["path"] for error in answer.json()["errors"]] == [path]


def test_a_change_may_not_contradict_what_stays(quick_people):
    police = quick_people.log_in("police1", Role.POLICE)
    url = f"{URL}/{police.post(URL, json=BODY | {'text': '98A*'}).json()['id']}"
    answer = police.patch(url, json={"match": "looks_like"}, headers={"If-Match": '"0"'})
    assert [error["path"] for error in answer.json()["errors"]] == ["body.text"]
    assert police.patch(url, json={"match": "looks_like", "text": "98A12345"}, headers={"If-Match": "*"}).status_code == 200


def test_an_account_of_some_cameras(quick_people):
    whole, gate = quick_people.log_in("whole", Role.POLICE), quick_people.log_in("gate", Role.POLICE, cameras=["gate"])
    own = gate.post(URL, json=BODY).json()
    assert own["cameras"] == ["gate"]
    assert gate.post(URL, json=BODY | {"cameras": ["square"]}).status_code == 422
    everywhere, square, both = (
        whole.post(URL, json=BODY | {"cameras": cameras}).json() for cameras in (None, ["square"], ["gate", "square"])
    )
    seen = gate.get(URL).json()
    assert {entry["id"] for entry in seen["items"]} == {own["id"], everywhere["id"], both["id"]}
    assert seen["total"] == 3
    assert gate.get(f"{URL}/{square['id']}").status_code == 404
    for entry in (everywhere, both):
        assert gate.delete(f"{URL}/{entry['id']}", headers={"If-Match": '"0"'}).status_code == 403
    assert gate.delete(f"{URL}/{own['id']}", headers={"If-Match": '"0"'}).status_code == 204


def test_the_list_has_pages_and_knows_what_has_ended(people, police, clock):
    made = []
    for n in range(5):
        clock.advance(1)
        made.append(police.post(URL, json=BODY | {"text": f"98A1234{n}", "active": n != 0}).json()["id"])
    soon = police.post(URL, json=BODY | {"valid_until": wire.iso(clock.now() + 10)}).json()
    clock.advance(11)
    assert police.get(f"{URL}/{soon['id']}").json()["expired"] is True
    assert {e["id"] for e in police.get(URL, params={"active": "false"}).json()["items"]} == {made[0], soon["id"]}
    seen, cursor = [], None
    while True:
        page = police.get(URL, params={"active": "true", "limit": 3} | ({"cursor": cursor} if cursor else {})).json()
        assert page["total"] == 4
        seen += [entry["id"] for entry in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == made[:0:-1]
    assert police.get(URL, params={"cursor": "nonsense"}).status_code == 422


def test_a_full_list(quick_people, monkeypatch):
    monkeypatch.setattr(watchlist, "ENTRIES", 1)
    police = quick_people.log_in("police1", Role.POLICE)
    assert [police.post(URL, json=BODY).status_code for _ in range(2)] == [201, 409]
