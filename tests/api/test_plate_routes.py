"""Plate search over HTTP: nothing without a reason, nothing off the record, and every fault has its place."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy.exc import OperationalError

from api.store import audit, readings
from api.workflow import Role
from ioc.core.plate_search import Match
from ioc.core.types import Box
from tests.api.conftest import picture
from tests.api.test_plate_store import TRAFFIC, read

URL, SEARCH = "/api/v1/plates", "/api/v1/plates/search"
WHY = {"reason": "Truy tìm xe gây tai nạn", "case_number": "VA-2026/118"}
HEADERS = {"X-Search-Reason": quote(WHY["reason"]), "X-Case-Number": quote(WHY["case_number"])}


class Desk:
    """Somebody of the police with reads to look for, and what the audit log says of it."""

    def __init__(self, people) -> None:
        self._people = people
        seen = read("r10", "98A12346", raw="98A-123.4G", box=Box(0.1, 0.2, 0.3, 0.4), lines=1, direction="away",
                    alternatives=(("98A12345", 0.25),), evidence=(picture("gate/r10/plate.jpg"),))  # fmt: skip
        with people.database.write() as session:
            readings.ingest_plates(session, [*TRAFFIC, seen])
        self.police = people.log_in("police1", Role.POLICE)

    def told(self) -> list[tuple[str, str, str, dict]]:
        """Lines of the audit log about plates, oldest first."""
        with self._people.database.read() as session:
            assert audit.verify(session) is None
            rows = audit.page(session, 50, None)[::-1]
            return [(r.actor, r.action, r.target, r.detail) for r in rows if r.action.startswith("plates.")]


@pytest.fixture
def desk(people) -> Desk:
    return Desk(people)


@pytest.fixture
def quick_desk(quick_people) -> Desk:
    return Desk(quick_people)


@pytest.fixture
def police(desk):
    return desk.police


@pytest.fixture
def told(desk):
    return desk.told


def test_a_search_is_on_record_with_what_it_found(police, told):
    answer = police.post(SEARCH, json=WHY | {"text": "98A-123.45"})
    assert answer.status_code == 200
    page = answer.json()
    assert [item["id"] for item in page["items"]] == ["r4", "r1"]
    assert (page["total"], page["total_capped"], page["next_cursor"]) == (2, False, None)
    [(actor, action, target, detail)] = told()
    assert (actor, action, target) == ("police1", "plates.search", "VA-2026/118")
    assert detail == {
        "reason": WHY["reason"], "search": page["search"], "page": 1, "found": 2, "found_more": False, "shown": 2,
        "text": "98A12345", "match": "exact",
    }  # fmt: skip


def test_one_read_whole(police, told):
    [item] = police.post(
        SEARCH, json=WHY | {"text": "98A-12345", "match": "looks_like", "camera": ["gate"], "limit": 1}
    ).json()["items"]
    assert item["id"] == "r1"
    found = police.get(f"{URL}/r10").json()
    assert found == {
        "id": "r10", "site": "bac-ninh", "camera": "gate", "camera_name": "Cổng chính", "at": "2027-01-15T07:43:30.000Z",
        "text": "98A12346", "display": "98A-123.46", "raw": "98A-123.4G", "pattern": "CAR", "confidence": 0.9,
        "alternatives": [{"text": "98A12345", "confidence": 0.25}], "colour": "white", "lines": 1, "vehicle": "car",
        "direction": "away", "box": {"x1": 0.1, "y1": 0.2, "x2": 0.3, "y2": 0.4}, "match": None,
        "evidence": [{
            "role": "during", "url": "/api/v1/evidence/gate/r10/plate.jpg", "media_type": "image/jpeg", "sha256": "a" * 64,
            "bytes": 9, "at": "2027-01-15T07:43:20.000Z", "duration": None,
        }],
    }  # fmt: skip
    assert told()[-1][1:] == ("plates.view", "r10", {"plate": "98A12346", "camera": "gate"})
    assert police.get(f"{URL}/r99").status_code == 404
    assert len(told()) == 2


def test_what_looks_like_it_says_how(police):
    page = police.post(SEARCH, json=WHY | {"text": "98A12345", "match": "looks_like"}).json()
    assert [(item["id"], item["match"]["where"], item["match"]["likeness"]) for item in page["items"]] == [
        ("r4", "text", 1.0), ("r1", "text", 1.0), ("r10", "text", 0.7), ("r3", "text", 0.7), ("r2", "text", 0.7),
    ]  # fmt: skip


def test_both_doors_lead_to_the_same(police, told):
    filters = {"text": "98a12*", "camera": ["gate", "square"], "vehicle": ["car"], "colour": ["white"], "limit": 2,
               "since": "2027-01-15T07:43:20Z", "until": "2027-01-15T07:44:20+00:00"}  # fmt: skip
    by_post = police.post(SEARCH, json=WHY | filters).json()
    by_get = police.get(URL, params=filters, headers=HEADERS).json()
    plain = police.get(
        URL, params=filters, headers={k.encode(): v.encode() for k, v in zip(HEADERS, WHY.values(), strict=True)}
    )
    assert by_post["items"] == by_get["items"] == plain.json()["items"]
    assert len(by_post["items"]) == 2
    first, second, third = (detail for _, _, _, detail in told())
    assert {**first, "search": ""} == {**second, "search": ""} == {**third, "search": ""}
    assert (first["since"], first["match"], first["camera"]) == ("2027-01-15T07:43:20.000Z", "wildcard", ["gate", "square"])
    again = police.get(URL, params=filters | {"cursor": by_post["next_cursor"]}, headers=HEADERS)  # a page is a page
    assert again.json()["search"] == by_post["search"]


def test_deeper_pages_belong_to_their_search_and_are_on_record(police, told):
    ids, cursor = [], None
    for _ in range(2):
        page = police.post(SEARCH, json=WHY | {"text": "98A*", "limit": 3, "cursor": cursor}).json()
        ids += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert (ids, cursor) == (["r10", "r5", "r4", "r3", "r2", "r1"], None)
    lines = [detail for *_, detail in told()]
    assert [(line["page"], line["shown"], line["found"]) for line in lines] == [(1, 3, 6), (2, 3, 6)]
    assert len({line["search"] for line in lines}) == 1


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"reason": None}, "reason"),
        ({"reason": "  x "}, "reason"),
        ({"reason": "x" * 501}, "reason"),
        ({"reason": "mã\u0000 độc"}, "reason"),
        ({"case_number": ""}, "case_number"),
        ({"text": "98[A]"}, "text"),
        ({"text": "*?"}, "text"),
        ({"text": "9" * 65}, "text"),
        ({"text": "98A12345", "match": "wildcard"}, "text"),
        ({"text": "98A12?45", "match": "exact"}, "text"),
        ({"text": None, "match": "exact", "since": "2027-01-01T00:00:00Z", "until": "2027-01-02T00:00:00Z"}, "text"),
        ({"text": "98A12345", "match": "fuzzy"}, "match"),
        ({"text": None}, "since"),
        ({"text": None, "since": "2027-01-01T00:00:00Z"}, "until"),
        ({"since": "2027-01-02T00:00:00Z", "until": "2027-01-01T00:00:00Z"}, "until"),
        ({"since": "2027-01-02T00:00:00Z", "until": "2027-01-02T00:00:00Z"}, "until"),
        ({"since": "yesterday"}, "since"),
        ({"camera": ["nowhere"]}, "camera"),
        ({"vehicle": ["boat"]}, "vehicle.0"),
        ({"colour": ["green"]}, "colour.0"),
        ({"limit": 0}, "limit"),
        ({"limit": 201}, "limit"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"cursor": "x" * 501}, "cursor"),
    ],
)
def test_what_is_refused_is_named_and_leaves_no_trace(quick_desk, change, path):
    police = quick_desk.police
    body = {key: value for key, value in (WHY | {"text": "98A12345"} | change).items() if value is not None}
    answer = police.post(SEARCH, json=body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    [error] = answer.json()["errors"]
    assert error["path"] == f"body.{path}"
    assert error["message"] in answer.json()["detail"]
    headers = {name: quote(body.pop(field)) for name, field in zip(HEADERS, WHY, strict=True) if field in body}
    by_get = police.get(URL, params=body, headers=headers)
    assert by_get.status_code == 422
    [error] = by_get.json()["errors"]
    name = {"reason": "header.X-Search-Reason", "case_number": "header.X-Case-Number"}.get(path, f"query.{path}")
    assert error["path"] == name
    assert quick_desk.told() == []


def test_a_missing_reason_is_told_in_both_languages(quick_desk):
    police = quick_desk.police
    answer = police.post(SEARCH, json={"text": "98A12345"})
    assert {e["path"]: e["message"] for e in answer.json()["errors"]} == dict.fromkeys(
        ["body.reason", "body.case_number"], "bắt buộc phải có / required"
    )
    broken = police.get(URL, params={"text": "98A12345"}, headers=HEADERS | {"X-Search-Reason": "%ff%fe%fd"})
    assert broken.json()["errors"] == [{"path": "header.X-Search-Reason", "message": "không phải UTF-8 / not UTF-8"}]


def test_an_account_of_some_cameras_finds_theirs_alone(people, police, told):
    square = people.log_in("square", Role.POLICE, cameras=["square"])
    assert [i["id"] for i in square.post(SEARCH, json=WHY | {"text": "98A*"}).json()["items"]] == ["r4", "r2"]
    assert square.get(f"{URL}/r1").status_code == 404
    refused = square.post(SEARCH, json=WHY | {"text": "98A*", "camera": ["gate"]})
    assert [e["path"] for e in refused.json()["errors"]] == ["body.camera"]
    cursor = police.post(SEARCH, json=WHY | {"text": "98A*", "limit": 1}).json()["next_cursor"]
    assert square.post(SEARCH, json=WHY | {"text": "98A*", "limit": 1, "cursor": cursor}).status_code == 422


def test_what_cannot_be_put_on_record_is_not_shown(people, police, monkeypatch):
    def away(*_args):
        raise OperationalError("INSERT", {}, Exception("gone"))

    monkeypatch.setattr(audit, "append", away)
    for answer in (police.post(SEARCH, json=WHY | {"text": "98A12345"}), police.get(f"{URL}/r1")):
        assert answer.status_code == 503
        assert "98A" not in answer.text


def test_the_requests_of_the_how_to_page_work(quick_desk):
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "search-plates.md").read_text(encoding="utf-8")
    bodies = [json.loads(text) for text in re.findall(r"-d '(\{.*?\})'", page, re.DOTALL)]
    paths = (SEARCH, "/api/v1/watchlist")
    answers = [quick_desk.police.post(path, json=body) for path, body in zip(paths, bodies, strict=True)]
    assert [answer.status_code for answer in answers] == [200, 201]
    headers = dict(re.findall(r'-H "(X-Search-Reason|X-Case-Number): (\S+)"', page))
    assert quick_desk.police.get(URL, params={"text": "98A-123.45"}, headers=headers).json()["total"] == 2
    assert quick_desk.told()[-1][3]["reason"] == "Truy tìm xe"
    assert [match for match in Match if f"| `{match}` |" not in page] == []
