"""Errors as problem details (RFC 9457): the one place that decides a status."""

from __future__ import annotations

import http
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import InterfaceError, OperationalError
from starlette.exceptions import HTTPException

from api.errors import ApiError, InvalidError
from api.fields import FieldError, Problem
from ioc.adapters.evidence import EvidenceNotFoundError
from ioc.core.errors import ConfigError, IocError, StorageError

log = logging.getLogger("ioc.api")

PROBLEM_JSON = "application/problem+json"
STATUS_OF: Sequence[tuple[type[Exception], int]] = (
    (EvidenceNotFoundError, 404),
    (StorageError, 503),
    (OperationalError, 503),
    (InterfaceError, 503),
    (ConfigError, 404),
    (IocError, 500),
)
"""Errors that know no HTTP, the first that fits counts. ConfigError: an unknown camera."""

WORDS: Mapping[str, str] = {
    "missing": "bắt buộc phải có / required",
    "string_too_short": "cần ít nhất {min_length} ký tự / at least {min_length} characters",
    "string_too_long": "nhiều nhất {max_length} ký tự / at most {max_length} characters",
    "extra_forbidden": "không có trường này / there is no such field",
}
"""What is wrong with a field, by pydantic's name of the fault, where people see it; its own words for the rest."""


def install(app: FastAPI) -> None:
    """Answer every error with a problem."""
    for kind in (IocError, RequestValidationError, HTTPException, OperationalError, InterfaceError, Exception):
        app.add_exception_handler(kind, handle)


async def handle(request: Request, error: Exception) -> Response:
    """The answer to a request that failed."""
    problem, headers = describe(error)
    if problem.status >= 500:
        log.error("%s %s: %s", request.method, request.url.path, error, exc_info=error)
    return response(problem, headers)


def describe(error: Exception) -> tuple[Problem, dict[str, str]]:
    """(problem, headers of the answer) for an error."""
    if isinstance(error, ApiError):
        fields = error.errors if isinstance(error, InvalidError) else ()
        errors = [FieldError(path=path, message=message) for path, message in fields]
        return Problem(title=error.title, status=error.status, detail=str(error), errors=errors or None), error.headers
    if isinstance(error, RequestValidationError):
        errors = [field_error(fault) for fault in error.errors()]
        return Problem(title="Invalid request", status=422, detail=_summary(errors), errors=errors), {}
    if isinstance(error, HTTPException):
        title = http.HTTPStatus(error.status_code).phrase
        return Problem(title=title, status=error.status_code, detail=str(error.detail)), dict(error.headers or {})
    for kind, status in STATUS_OF:
        if isinstance(error, kind):
            known = isinstance(error, IocError)
            detail = str(error) if known and status != 500 else "the server could not do this; its log says why"
            return Problem(title=http.HTTPStatus(status).phrase, status=status, detail=detail), {}
    detail = "the server could not do this; its log says why"
    return Problem(title="Internal Server Error", status=500, detail=detail), {}


def response(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """A problem as the answer."""
    body = problem.model_dump_json(exclude_none=True)
    return Response(body, problem.status, headers=headers, media_type=PROBLEM_JSON)


def field_error(fault: Any) -> FieldError:
    """One fault that pydantic found, in words."""
    path = ".".join(str(part) for part in fault["loc"]) or "body"
    words = WORDS.get(fault["type"])
    message = words.format(**fault.get("ctx", {})) if words else str(fault["msg"]).removeprefix("Value error, ")
    return FieldError(path=path, message=message)


def _summary(errors: Sequence[FieldError]) -> str:
    return "; ".join(f"{e.path}: {e.message}" for e in errors[:3]) or "the request is not valid"
