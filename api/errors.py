"""What the operations API refuses, each with the HTTP status that says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ioc.core.errors import IocError


class ApiError(IocError):
    """Base: a request that is not fulfilled. ``title`` is the kind of fault, the text says what to do."""

    status: ClassVar[int] = 400
    title: ClassVar[str] = "Bad request"

    def __init__(self, detail: str, *, headers: dict[str, str] | None = None) -> None:
        self.headers = headers or {}
        super().__init__(detail)


class UnauthenticatedError(ApiError):
    """Nobody is logged in, or the login has ended."""

    status = 401
    title = "Not logged in"


class ForbiddenError(ApiError):
    """The account may not do this."""

    status = 403
    title = "Not allowed"


class NotFoundError(ApiError):
    """There is no such thing, or the account may not see it."""

    status = 404
    title = "Not found"


class ConflictError(ApiError):
    """The state of the thing does not allow the act."""

    status = 409
    title = "Not possible in this state"


class StaleError(ApiError):
    """Somebody else changed the thing since it was read."""

    status = 412
    title = "Changed in the meantime"


class TooLargeError(ApiError):
    """The request's body is too long."""

    status = 413
    title = "Request too large"


class RangeRefusedError(ApiError):
    """The asked part of a file does not exist."""

    status = 416
    title = "Range not satisfiable"


class InvalidError(ApiError):
    """A field is wrong. ``errors`` holds (path, message)."""

    status = 422
    title = "Invalid request"

    def __init__(self, detail: str, errors: Sequence[tuple[str, str]] = ()) -> None:
        self.errors = tuple(errors)
        super().__init__(detail)


class PreconditionRequiredError(ApiError):
    """The request must say which revision it means."""

    status = 428
    title = "If-Match is missing"


class TooManyError(ApiError):
    """Too many attempts."""

    status = 429
    title = "Too many attempts"


class UnavailableError(ApiError):
    """A part of the system is away at the moment."""

    status = 503
    title = "Not available at the moment"
