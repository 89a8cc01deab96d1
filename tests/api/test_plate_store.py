"""Searches through plate reads, on SQLite and PostgreSQL alike."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from dataclasses import replace

import pytest
from sqlalchemy import text

from api.errors import InvalidError, NotFoundError
from api.store import plates, readings
from api.store.plate_pages import Search
from ioc.core.plate_search import Match, parse_query
from ioc.core.types import PlateRead
from tests.api.conftest import AT, event, picture


def read(name: str, plate: str, **more) -> PlateRead:
    """The read of a plate; ``name`` is its id, the later the greater."""
    at = more.pop("at", AT + int(name[1:] or 0))
    values = {"site": "bac-ninh", "camera": "gate", "raw": plate, "pattern": "CAR", "confidence": 0.9, "colour": "white",
              "vehicle": "car"}  # fmt: skip
    return PlateRead(id=name, at=at, text=plate, **values | more)


def keep(database, *reads: PlateRead) -> list[PlateRead]:
    with database.write() as session:
        return readings.ingest_plates(session, reads)


def look(database, typed=None, match=None, *, limit=50, cursor=None, **more):
    query = None if typed is None else parse_query(typed, match)
    with database.read() as session:
        return plates.search(session, Search(query=query, **more), limit, cursor)


def ids(found) -> list[str]:
    return [row.id for row, _ in found.reads]


TRAFFIC = (
    read("r1", "98A12345"),
    read("r2", "98A12346", camera="square"),
    read("r3", "98A12845", vehicle="bus"),
    read("r4", "98A12345", colour="yellow", camera="square"),
    read("r5", "98A1245", pattern=None),
    read("r6", "29MĐ101658", pattern="EMOTO"),
    read("r7", "29MD101658", pattern=None),
    read("r8", "29ME10165", pattern=None),
    read("r9", "99A00001"),
)


@pytest.mark.parametrize(
    ("typed", "match", "more", "found"),
    [
        ("98A-123.45", None, {}, "r4 r1"),
        ("98A-123.45", None, {"camera": ["gate"]}, "r1"),
        ("98A-123.45", None, {"colour": ["yellow", "blue"]}, "r4"),
        ("98A-123.45", None, {"since": AT + 2}, "r4"),
        ("98A-123.45", None, {"until": AT + 4}, "r1"),
        ("98A-123.45", None, {"visible": ["square"]}, "r4"),
        ("98A-123.45", None, {"visible": ["square"], "camera": ["gate"]}, ""),
        ("98A-123.45", None, {"visible": []}, ""),
        ("98A-12?.45", None, {}, "r4 r3 r1"),
        ("98A-12?.45", None, {"vehicle": ["bus"]}, "r3"),
        ("98A-12*45", None, {}, "r5 r4 r3 r1"),
        ("*45", None, {}, "r5 r4 r3 r1"),
        ("29MĐ*", None, {}, "r6"),  # Đ is no D
        ("29MD*", None, {}, "r7"),  # and does not stand between D and E
        ("29M*", None, {}, "r8 r7 r6"),
        ("2345", Match.PARTIAL, {}, "r4 r1"),
        ("9999", Match.PARTIAL, {}, ""),
        (None, None, {"since": AT, "until": AT + 3}, "r2 r1"),
        (None, None, {"since": AT, "until": AT + 9, "camera": ["square"]}, "r4 r2"),
    ],
)
def test_what_is_found(database, typed, match, more, found):
    keep(database, *TRAFFIC)
    page = look(database, typed, match, **more)
    assert ids(page) == found.split()
    assert (page.total, page.capped, page.more) == (len(found.split()), False, None)


def test_what_looks_like_a_text_comes_in_order_of_likeness_and_confidence(database):
    keep(
        database,
        read("r1", "98A12345", confidence=0.6),
        read("r2", "98A12346", confidence=1.0),  # one exchange: 0.7
        read("r3", "98A12945", raw="98A1Z345", alternatives=(("98A12345", 0.3), ("98A12346", 0.04)), confidence=0.66),
        read("r4", "98A17345"),  # 2 and 7 are not taken for each other
        read("r5", "98A12375", raw="98412346", confidence=0.95),  # the raw text by two exchanges: 0.4
        read("r6", "9BA12345", confidence=0.9),  # one exchange: 0.63
    )
    page = look(database, "98A-123.45", Match.LOOKS_LIKE)
    assert [(row.id, m.where, m.text, m.exchanges, m.score) for row, m in page.reads] == [
        ("r2", "text", "98A12346", 1, 0.7),
        ("r6", "text", "9BA12345", 1, 0.63),
        ("r1", "text", "98A12345", 0, 0.6),
        ("r3", "raw", "98A1Z345", 1, 0.462),
        ("r5", "raw", "98412346", 2, 0.38),
    ]
    assert page.total == 5


@pytest.mark.parametrize(("typed", "match"), [("98A*", None), ("98A12345", Match.LOOKS_LIKE), (None, None)])
def test_pages_join_without_gap_or_double_while_new_reads_come(database, typed, match):
    more = {} if typed else {"since": AT - 100, "until": AT + 100}
    keep(database, *[read(f"r{n}", f"98A1234{n % 2 + 5}", at=AT + n // 3, confidence=0.5 + n % 4 / 10) for n in range(20)])
    whole = ids(look(database, typed, match, **more))
    seen, cursor, searches = [], None, set()
    for number in range(1, 8):
        page = look(database, typed, match, limit=3, cursor=cursor, **more)
        assert page.cursor.page == number
        searches.add(page.cursor.search)
        seen += ids(page)
        keep(database, read(f"r{100 + number}", "98A12345", at=AT + 50, confidence=1.0))
        cursor = page.more.encode() if page.more else None
    assert cursor is None
    assert seen == whole
    assert len(searches) == 1


def test_a_cursor_belongs_to_its_search(database):
    keep(database, *TRAFFIC)
    cursor = look(database, "98A*", limit=1).more.encode()
    assert ids(look(database, "98A*", limit=1, cursor=cursor)) == ["r4"]
    other = [{"typed": "98A1*"}, {"typed": "98A*", "camera": ["gate"]}, {"typed": "98A*", "visible": ["gate"]}]
    for wanted in other:
        with pytest.raises(InvalidError, match="not one of this search"):
            look(database, **wanted, cursor=cursor)


def test_cursors_that_are_none(database):
    keep(database, *TRAFFIC)
    wanted = Search(query=parse_query("98A*"))
    search, mark = "0b8f6c1e-6df0-4d57-9a3e-0a3f6f1b2c3d", wanted.fingerprint
    faults = [
        b"", b"[]", b"{}", b"nonsense", b"[[[[", b"\xff", json.dumps(["x", 2, mark, None, 1, "r"]).encode(),
        json.dumps([search, 1, mark, None, 1, "r"]).encode(), json.dumps([search, 2, mark, None, 1, 7]).encode(),
        json.dumps([search, 2, mark, None, 1, "r\0"]).encode(), json.dumps([search, 2, mark, None, "x", "r"]).encode(),
        json.dumps([search, 2, mark, None, float("nan"), "r"]).encode(),
        json.dumps([search, 2, mark, 0.5, 1, "r"]).encode(),  # of a ranked search
    ]  # fmt: skip
    for fault in faults:
        with pytest.raises(InvalidError), database.read() as session:
            plates.search(session, wanted, 5, urlsafe_b64encode(fault).decode().rstrip("="))
    with pytest.raises(InvalidError):
        look(database, "98A*", cursor="%%%")


def test_more_than_are_counted(database, monkeypatch):
    monkeypatch.setattr(plates, "COUNTED", 4)
    keep(database, *[read(f"r{n}", "98A12345") for n in range(10, 20)])
    for typed, match in (("98A12345", None), ("98A*", None), ("A123", Match.PARTIAL)):
        page = look(database, typed, match, limit=3)
        assert (ids(page), page.total, page.capped) == (["r19", "r18", "r17"], 4, True)
        assert ids(look(database, typed, match, limit=3, cursor=page.more.encode())) == ["r16", "r15", "r14"]
    keep(database, *[read(f"s{n}", f"98A9999{n}", at=AT + n) for n in range(6)])  # the oldest, and last by text
    seen, cursor = [], None
    while cursor is not None or not seen:
        page = look(database, "98A*", limit=3, cursor=cursor)
        assert (page.total, page.capped) == (4, True)
        seen, cursor = seen + ids(page), page.more.encode() if page.more else None
    assert seen == [f"r{n}" for n in range(19, 9, -1)] + [f"s{n}" for n in range(5, -1, -1)]
    page = look(database, "98A12345", Match.LOOKS_LIKE, limit=9)
    assert (ids(page), page.total, page.capped) == (["r19", "r18", "r17", "r16"], 4, True)


def test_only_new_reads_are_told_and_their_other_texts_kept_once(database):
    first = read("r1", "98A12345", raw="98A-123.4S", alternatives=(("98A1234S", 0.1), ("98A12345", 0.9), ("98A12346", 0.05)))
    assert keep(database, first, read("r2", "98A12345"), first) == [first, read("r2", "98A12345")]
    assert keep(database, replace(first, text="98A99999"), read("r3", "98A12345")) == [read("r3", "98A12345")]
    with database.read() as session:
        rows = session.execute(text("SELECT text, read_id, source, confidence FROM plate_texts ORDER BY text")).all()
        assert [tuple(r) for r in rows] == [("98A12346", "r1", "alternative", 0.05), ("98A1234S", "r1", "raw", 0.9)]
        assert plates.find(session, "r1", ["gate"]).text == "98A12345"
        for read_id, visible in (("r1", ["square"]), ("r1", []), ("r9", None)):
            with pytest.raises(NotFoundError):
                plates.find(session, read_id, visible)


def test_texts_that_no_plate_is_long_enough_for_are_not_kept(database):
    long = "ﬁ" * 200  # twice as long in capitals
    keep(database, read("r1", "98A12345", raw=long, alternatives=(("9" * 4000, 0.1), ("---", 0.1), ("98A123456789", 0.1))))
    with database.read() as session:
        assert session.execute(text("SELECT count(*) FROM plate_texts")).scalar() == 0
        assert plates.find(session, "r1", None).raw == long


def test_a_removed_read_takes_its_texts_along(database):
    keep(database, read("r1", "98A12345", alternatives=(("98A12346", 0.1),)))
    with database.write() as session:
        session.execute(text("DELETE FROM plate_reads"))
        assert session.execute(text("SELECT count(*) FROM plate_texts")).scalar() == 0


def test_files_of_reads_are_for_police_until_an_alert_names_them(database, ingest):
    from api.store import alerts

    keep(database, read("r1", "98A12345", evidence=(picture("gate/r1/plate.jpg"),)))
    with database.read() as session:
        assert alerts.find_evidence(session, "gate/r1/plate.jpg", None, police=True).police_only
        with pytest.raises(NotFoundError):
            alerts.find_evidence(session, "gate/r1/plate.jpg", None, police=False)
    ingest(database, event(evidence=(picture("gate/r1/plate.jpg"), picture("gate/1/during.jpg"))))
    keep(database, read("r2", "98A12345", evidence=(picture("gate/1/during.jpg"),)))
    with database.read() as session:
        for key in ("gate/r1/plate.jpg", "gate/1/during.jpg"):
            assert not alerts.find_evidence(session, key, None, police=False).police_only
