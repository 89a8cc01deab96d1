"""Kinds of fields that go over HTTP, and the shape of every failure."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)

from ioc.core.wire import iso

Instant = Annotated[
    float,
    PlainSerializer(iso, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-21T08:30:00.250Z"]}),
]
"""Seconds since the epoch inside, RFC 3339 in UTC with milliseconds outside."""


def _seconds(value: object) -> object:
    if isinstance(value, str):
        at = datetime.fromisoformat(value)
        if at.tzinfo is None:
            raise ValueError("a time needs its offset, for instance Z")
        return at.timestamp()
    raise ValueError("a time is RFC 3339 text")


InstantIn = Annotated[
    float,
    BeforeValidator(_seconds),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-21T08:30:00Z"]}),
]
"""A time in a request."""


def clean(value: str) -> str:
    """Raises :class:`ValueError` for control characters."""
    if any(ord(c) < 32 and c not in "\n\t" for c in value):
        raise ValueError("control characters are not allowed")
    return value


Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(clean)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000), AfterValidator(clean)]
Username = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
Attempt = Annotated[str, StringConstraints(max_length=200), AfterValidator(clean)]
"""What somebody types at the login: any name, any password."""
Password = Annotated[str, StringConstraints(min_length=10, max_length=200)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
Language = Literal["vi", "en"]


class Shape(BaseModel):
    """Base: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FieldError(Shape):
    """One wrong field."""

    path: str = Field(description="Where: body.note, query.limit, header.If-Match", examples=["body.username"])
    message: str = Field(description="What is wrong", examples=["Field required"])


class Problem(Shape):
    """Why a request failed (RFC 9457)."""

    type: str = Field("about:blank", description="Kind of problem as a URI; about:blank means: see status")
    title: str = Field(description="The kind of problem in words", examples=["Not found"])
    status: int = Field(description="HTTP status", examples=[404])
    detail: str = Field(description="What happened and what to do", examples=["no alert 'x'"])
    errors: list[FieldError] | None = Field(None, description="The wrong fields, where fields are wrong")
