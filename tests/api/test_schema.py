"""The OpenAPI document is complete, and no request outside or inside it makes the server fail."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.asyncapi import document
from api.problems import PROBLEM_JSON
from api.schemas import AlertOut
from api.store import accounts, readings, watchlist
from api.workflow import Role
from ioc.core import wire
from ioc.core.types import Box, PlateRead
from tests.api.conftest import AT, event, picture

EXAMPLES = 8
"""Requests a route, database and test; more find no more and take longer."""
KNOWN = "5b0c7c2e-6df0-5d57-9a3e"
"""The example of an id in the document: there is such an alert, read and entry, so that acts get past 'not found'."""
ENTRY = {"text": "98A*", "match": "exact", "reason": "tìm xe", "case_number": "1", "severity": "high", "note": None,
         "valid_until": None, "cameras": ["gate"], "active": True, "min_confidence": 0.8, "cooldown_s": 300.0}  # fmt: skip


@pytest.fixture
def schema(database, make_app, passwords, clock, ingest, files):
    ingest(database, event(1, id=KNOWN, evidence=(picture(),)))
    files.files[picture().key] = b"x" * 100
    with database.write() as session:
        readings.ingest_plates(session, [PlateRead(
            id=KNOWN, site="bac-ninh", camera="gate", at=AT, text="98A12345", raw="98A12345", pattern="CAR", confidence=0.9,
            alternatives=(("98A12346", 0.1),), box=Box(0.1, 0.2, 0.3, 0.4), evidence=(picture("gate/r/plate.jpg"),),
        )])  # fmt: skip
        watchlist.add(session, ENTRY, "machine", clock.now()).id = KNOWN
        new = accounts.NewUser(username="machine", password_hash=passwords.hash("x"), role=Role.ADMIN)
        token = accounts.add_token(session, accounts.add_user(session, new, clock.now()), "tests", clock.now())
    app = make_app(database)
    app.state.context.bus.connected["pretended"] = True  # so that /readyz has nothing to complain of
    loaded = schemathesis.openapi.from_asgi("/openapi.json", app)
    loaded.config.update(headers={"Authorization": f"Bearer {token}"})
    return loaded


CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance,
]  # fmt: skip
FUZZ = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["inside", "outside"])
def test_no_request_makes_the_server_fail(schema, mode):
    """Requests inside the document and outside of it: answers are what it says, and failures are problems."""
    answered = Counter()
    for result in schema.get_all_operations():
        operation = result.ok()

        @FUZZ
        @given(operation.as_strategy(generation_mode=mode))
        def check(case):
            for name in {"alert_id", "read_id", "entry_id"} & set(case.path_parameters or {}):
                if mode is GenerationMode.POSITIVE:
                    case.path_parameters[name] = KNOWN
            response = case.call()
            answered[f"{case.method} {case.path}"] += 1
            case.validate_response(response, checks=CHECKS)
            if response.status_code >= 400:
                assert response.headers["content-type"] == [PROBLEM_JSON]
                assert response.json()["status"] == response.status_code

        try:
            check()
        except Unsatisfiable:  # there is nothing in this request that could be wrong
            assert mode is GenerationMode.NEGATIVE
    assert len(answered) > 14, answered


@pytest.fixture
def spec(quick_people) -> dict:
    return quick_people.client().get("/openapi.json").json()


def operations(spec: dict) -> Iterator[tuple[str, dict]]:
    for path, methods in spec["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_every_route_parameter_and_field_is_described(spec):
    silent = []
    for name, operation in operations(spec):
        if not (operation.get("summary") and operation.get("description")):
            silent.append(name)
        silent += [f"{name} {p['name']}" for p in operation.get("parameters", ()) if not p.get("description")]
    for name, schema in spec["components"]["schemas"].items():
        if not schema.get("description"):
            silent.append(name)
        silent += [f"{name}.{f}" for f, s in schema.get("properties", {}).items() if not s.get("description")]
    assert silent == []


def test_every_failure_is_a_problem(spec):
    for name, operation in operations(spec):
        for status, answer in operation["responses"].items():
            if int(status) >= 400 and "/readyz" not in name:
                assert list(answer["content"]) == [PROBLEM_JSON], f"{name} {status}"
    assert "HTTPValidationError" not in spec["components"]["schemas"]


def test_names_are_good_for_generated_types(spec):
    assert {"AlertOut", "AlertPage", "Totals", "CameraOut", "SessionOut", "Problem"} <= set(spec["components"]["schemas"])
    assert not [name for name in spec["components"]["schemas"] if "__" in name or "-" in name]
    assert set(spec["components"]["schemas"]["AlertOut"]["properties"]) == set(AlertOut.model_fields)


def test_the_bus_is_described_whole():
    spec = document()
    assert spec["asyncapi"] == "3.0.0"
    assert {c["address"] for c in spec["channels"].values()} == {t.pattern for t in wire.TOPICS.values()}
    for name, topic in wire.TOPICS.items():
        operation = spec["operations"][name]
        assert operation["bindings"]["mqtt"] == {"qos": topic.qos, "retain": topic.retained, "bindingVersion": "0.2.0"}
        assert operation["channel"] == {"$ref": f"#/channels/{name}"}
    for reference in references(spec):
        place = spec
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]
    alert = spec["components"]["schemas"]["alert"]
    assert {"specversion", "id", "source", "type", "data"} <= set(alert["properties"])
    assert "sequence" in alert["properties"]["data"]["properties"]


def references(value) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for part in value.values():
            yield from references(part)
    elif isinstance(value, list):
        for part in value:
            yield from references(part)


def test_documents_and_health_are_open(quick_people):
    client = quick_people.client()
    assert client.get("/asyncapi.json").json() == json.loads(json.dumps(document()))
    assert client.get("/healthz").json() == {"status": "ok"}
    ready = client.get("/readyz")  # there is no broker in this test
    assert (ready.status_code, ready.json()) == (503, {"status": "degraded", "store": True, "broker": False})
    metrics = client.get("/metrics").text
    assert 'ioc_http_requests_total{method="GET",route="/healthz",status="200"} 1.0' in metrics
    page = client.get("/docs").text
    assert "/api/v1/alerts/{alert_id}/acknowledge" in page
    assert "http://" not in page.replace("http://testserver", "")  # nothing comes from elsewhere
    assert "https://" not in page


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/api/v1/nothing", b"", 404),
        ("GET", "/nothing.js", b"", 404),
        ("PUT", "/api/v1/alerts", b"", 405),
        ("POST", "/api/v1/session", b"{", 422),
        ("POST", "/api/v1/session", b'{"username": "a\\ud800", "password": "x"}', 422),
        ("POST", "/api/v1/session", b'{"username": "a", "password": "' + b"x" * 300_000 + b'"}', 413),
    ],
)
def test_strange_requests(quick_people, method, path, body, status):
    answer = quick_people.client().request(method, path, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM_JSON
    assert answer.json()["status"] == status
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_body_without_a_length_is_bounded(quick_people):
    def endless():
        for _ in range(40):
            yield b"x" * 10_000

    answer = quick_people.client().post("/api/v1/session", content=endless(), headers={"content-type": "application/json"})
    assert answer.status_code == 413


def test_a_store_that_is_away_answers_503(quick_people, monkeypatch):
    from sqlalchemy.exc import OperationalError

    client = quick_people.log_in("an")

    def away():
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr(quick_people.app.state.context.database, "read", away)
    answer = client.get("/api/v1/alerts")
    assert (answer.status_code, answer.headers["content-type"]) == (503, PROBLEM_JSON)
    assert "gone" not in answer.text


def test_console(sqlite, make_app, tmp_path):
    dist = tmp_path / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text("<title>IOC</title>", encoding="utf-8")
    (dist / "assets" / "app-1f3c.js").write_text("1", encoding="utf-8")
    with TestClient(make_app(sqlite, console=dist)) as client:
        for page in ("/", "/alerts", "/alerts/5b0c"):
            answer = client.get(page)
            assert (answer.status_code, answer.text) == (200, "<title>IOC</title>"), page
            assert answer.headers["cache-control"] == "no-cache"
            assert "script-src 'self'" in answer.headers["content-security-policy"]
        assert "immutable" in client.get("/assets/app-1f3c.js").headers["cache-control"]
        for missing in ("/assets/other.js", "/api/v1/nothing"):
            answer = client.get(missing)
            assert (answer.status_code, answer.headers["content-type"]) == (404, PROBLEM_JSON)


def test_console_that_is_not_built_says_how(sqlite, make_app, tmp_path):
    with TestClient(make_app(sqlite, console=tmp_path)) as client:
        answer = client.get("/")
    assert answer.status_code == 503
    assert "hatch_build.py" in answer.text
