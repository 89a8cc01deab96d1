"""The OpenAPI document: FastAPI's, with problems as the answer to everything that fails."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.fields import FieldError, Problem
from api.problems import PROBLEM_JSON

TAGS = (
    ("session", "Logging in and out"),
    ("alerts", "What cameras saw and what operators do about it"),
    ("cameras", "Cameras and their health"),
    ("counts", "Count series"),
    ("plates", "Searches through plate reads, each with a reason and on record"),
    ("watchlist", "Plates that police look out for"),
    ("evidence", "Pictures and clips"),
    ("users", "Accounts"),
    ("audit", "The append-only log of every act"),
    ("system", "Site, words, versions"),
    ("health", "For the machines that watch this one"),
)
DESCRIPTION = (
    "Operations API of a Smart Urban Operations Centre. Consoles log in with a session cookie and send X-CSRF-Token with "
    "every unsafe request; services send a bearer token. Errors are problem details (RFC 9457). Everything live comes over "
    "one WebSocket at /api/v1/live."
)
ANYWHERE = {"400": "The request cannot be read", "401": "Nobody is logged in", "403": "The account may not do this",
            "503": "A part of the system is away"}  # fmt: skip
ACTS = {"409": "The state does not allow it", "412": "Somebody else changed it", "428": "If-Match is missing"}
INVALID = {"422": "A field is wrong"}


def install(app: FastAPI) -> None:
    """Serve the document as /openapi.json."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = build(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's documented way to extend the document


def build(app: FastAPI) -> dict[str, Any]:
    """The whole document."""
    spec = get_openapi(
        title="IOC",
        version=version("ioc"),
        description=DESCRIPTION,
        routes=app.routes,
        tags=[{"name": name, "description": text} for name, text in TAGS],
        license_info={"name": "AGPL-3.0-or-later"},
    )
    schemas = spec["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for model in (Problem, FieldError):
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        schema.pop("$defs", None)
        schemas[model.__name__] = schema
    for path, operations in spec["paths"].items():
        for method, operation in operations.items():
            _problems(path, method, operation)
    return spec


def _problems(path: str, method: str, operation: dict[str, Any]) -> None:
    answers: dict[str, str] = {}
    if path.startswith("/api/"):
        answers |= ANYWHERE
        if operation.get("parameters") or operation.get("requestBody"):
            answers |= INVALID
        if "{" in path:
            answers["404"] = "There is no such thing"
        if path.startswith("/api/v1/alerts/") and method == "post":
            answers |= ACTS
        if path.startswith("/api/v1/users") and method != "get":
            answers["409"] = "The name is taken, or the last administrator would be gone"
        if path.startswith("/api/v1/watchlist/") and method != "get":
            answers |= {status: ACTS[status] for status in ("412", "428")}
        if path == "/api/v1/watchlist" and method == "post":
            answers["409"] = "The list is full"
        if path.startswith("/api/v1/evidence"):
            answers["416"] = "The asked part does not exist"
        if path == "/api/v1/session" and method == "post":
            answers["429"] = "Too many failed attempts"
        if operation.get("requestBody"):
            answers["413"] = "The body is too long"
    responses = operation["responses"]
    responses.pop("422", None)
    for status, text in answers.items():
        content = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
        responses[status] = {"description": text, "content": content}
