"""What is searched among plate reads, and what comes back of it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal

from api.errors import InvalidError
from api.store.tables import PlateRow
from ioc.core.plate_search import PlateQuery, likeness
from ioc.core.wire import iso

NOT_THIS = "con trỏ không thuộc lần tìm này / the cursor is not one of this search"


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Which reads; empty collections mean: any. ``visible`` None means all cameras, else those the account may see."""

    query: PlateQuery | None = None
    since: float | None = None
    until: float | None = None
    camera: Collection[str] = ()
    vehicle: Collection[str] = ()
    colour: Collection[str] = ()
    visible: Collection[str] | None = None

    def plain(self) -> dict[str, Any]:
        """What was searched, as JSON, for the audit log."""
        query = {"text": self.query.text, "match": self.query.match.value} if self.query else {}
        rest = {
            "since": _iso(self.since), "until": _iso(self.until), "camera": sorted(self.camera),
            "vehicle": sorted(self.vehicle), "colour": sorted(self.colour),
        }  # fmt: skip
        return query | {name: value for name, value in rest.items() if value not in (None, [])}

    @property
    def fingerprint(self) -> str:
        """The same for the same search of somebody who sees the same cameras."""
        seen = None if self.visible is None else sorted(self.visible)
        return hashlib.sha256(json.dumps([self.plain(), seen], sort_keys=True).encode()).hexdigest()[:24]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where a page begins: behind the read (``score``, ``at``, ``read``); ``score`` is None where nothing is ranked."""

    search: str
    """Id that all pages of one search share."""
    page: int
    """1 for the first."""
    fingerprint: str
    score: float | None = None
    at: float = 0.0
    read: str = ""

    @property
    def place(self) -> tuple[float, float, str]:
        """To compare with others."""
        return (self.score or 0.0, self.at, self.read)

    def encode(self) -> str:
        """As an opaque text."""
        plain = [self.search, self.page, self.fingerprint, self.score, self.at, self.read]
        return base64.urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, wanted: Search) -> Cursor:
        """The opposite, for the search that it came from. Raises :class:`InvalidError` for one from another."""
        try:
            plain = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
            search, page, fingerprint, score, at, read = plain
            numbers = [float(at), float(score or 0)]
            uuid.UUID(search)
            cursor = cls(
                search=search, page=int(page), fingerprint=fingerprint, score=None if score is None else float(score),
                at=float(at), read=read,
            )  # fmt: skip
            if not isinstance(read, str) or "\0" in read or not 1 < cursor.page < 2**31 or not all(map(isfinite, numbers)):
                raise ValueError("no read")
        except (ValueError, TypeError, AttributeError, OverflowError, RecursionError, binascii.Error):
            raise InvalidError(NOT_THIS, [("cursor", NOT_THIS)]) from None
        if fingerprint != wanted.fingerprint:
            raise InvalidError(NOT_THIS, [("cursor", NOT_THIS)])
        return cursor


@dataclass(frozen=True, slots=True)
class Matched:
    """Which text of a read was meant."""

    where: Literal["text", "raw", "alternative"]
    text: str
    exchanges: int
    confidence: float

    @property
    def score(self) -> float:
        """Likeness times confidence; the best first."""
        return round(likeness(self.exchanges) * self.confidence, 9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One page of a search."""

    reads: Sequence[tuple[PlateRow, Matched | None]]
    more: Cursor | None
    total: int
    """Reads on all pages together, counted up to :data:`api.store.plates.COUNTED`."""
    capped: bool
    cursor: Cursor
    """Of this page."""


def _iso(at: float | None) -> str | None:
    return None if at is None else iso(at)
