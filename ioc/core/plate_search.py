"""What somebody looks for among plate reads, pure: exact texts, wildcards, parts of a plate, and texts that look like one.

Texts are canonical as in :mod:`ioc.core.plates`: upper case, without separators, Đ never folded to D.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from ioc.core.errors import IocError
from ioc.core.plate_evidence import confusable
from ioc.core.plates import ALPHABET, MAX_LENGTH, PATTERNS, display, normalise

TYPED = 64
"""Characters of a text as it is typed, at most."""
LENGTH = 16
"""Characters of a text without separators, at most; the longest plate has ten."""
STARS = 4
"""Stars in a pattern, at most."""
EXCHANGES = 3
"""Confusable characters by which a text may differ from one that it looks like."""
PER_EXCHANGE = 0.3
"""What one exchange takes off the likeness, as in :func:`ioc.core.plate_evidence.looks_like`."""
MASK = re.compile(r"[*?]")
_SEPARATORS = " \t.,-_/:·•‐‑‒–—"


class Match(StrEnum):
    """How a text is compared."""

    EXACT = "exact"
    WILDCARD = "wildcard"
    PARTIAL = "partial"
    LOOKS_LIKE = "looks_like"


LEAST = {Match.EXACT: 1, Match.WILDCARD: 2, Match.PARTIAL: 2, Match.LOOKS_LIKE: 4}
"""Characters, wildcards not counted, below which a text says too little for the way it is compared."""


class PlateQueryError(IocError):
    """A text that cannot be looked for; the words are for the person who typed it."""


@dataclass(frozen=True, slots=True)
class PlateQuery:
    """What is looked for."""

    text: str
    """Canonical text; with ``*`` and ``?`` where ``match`` is a wildcard."""
    match: Match

    @property
    def prefix(self) -> str:
        """The characters that every text found begins with; may be empty."""
        return "" if self.match in (Match.PARTIAL, Match.LOOKS_LIKE) else MASK.split(self.text, maxsplit=1)[0]

    @property
    def like(self) -> str:
        """As an SQL LIKE pattern; canonical texts hold nothing that would have to be escaped."""
        pattern = self.text.replace("*", "%").replace("?", "_")
        return f"%{pattern}%" if self.match is Match.PARTIAL else pattern

    def fits(self, text: str) -> bool:
        """Whether a canonical text is meant."""
        if self.match is Match.EXACT:
            return text == self.text
        if self.match is Match.PARTIAL:
            return self.text in text
        if self.match is Match.LOOKS_LIKE:
            return exchanges(self.text, text) is not None
        return _expression(self.text).fullmatch(text) is not None


def parse_query(typed: str, match: Match | None = None) -> PlateQuery:
    """What a person typed, as a query; ``match`` None takes wildcards where there are any, else the exact text.

    Raises :class:`PlateQueryError` in Vietnamese and English.
    """
    if len(typed) > TYPED:
        raise PlateQueryError(f"nhiều nhất {TYPED} ký tự / at most {TYPED} characters")
    text = _canonical(typed)
    masked = MASK.search(text) is not None
    chosen = match or (Match.WILDCARD if masked else Match.EXACT)
    if masked and chosen is not Match.WILDCARD:
        raise PlateQueryError("chỉ tìm theo mẫu mới dùng * và ? / * and ? are for wildcard searches alone")
    if chosen is Match.WILDCARD and not masked:
        raise PlateQueryError("mẫu cần * hoặc ? / a wildcard pattern needs * or ?")
    text = re.sub(r"\*+", "*", text)
    if text.count("*") > STARS:
        raise PlateQueryError(f"nhiều nhất {STARS} dấu * / at most {STARS} stars")
    if len(text) > LENGTH:
        raise PlateQueryError(f"biển số dài nhất {LENGTH} ký tự / a plate has at most {LENGTH} characters")
    if len(MASK.sub("", text)) < LEAST[chosen]:
        least = LEAST[chosen]
        raise PlateQueryError(f"cần ít nhất {least} chữ số hoặc chữ cái / at least {least} letters or digits are needed")
    if chosen is Match.LOOKS_LIKE and len(text) > MAX_LENGTH:
        raise PlateQueryError(f"biển số dài nhất {MAX_LENGTH} ký tự / a plate has at most {MAX_LENGTH} characters")
    return PlateQuery(text, chosen)


def exchanges(a: str, b: str, most: int = EXCHANGES) -> int | None:
    """How many confusable characters turn one canonical text into the other; None where that is not all, or more than
    ``most``.
    """
    if len(a) != len(b):
        return None
    count = 0
    for x, y in zip(a, b, strict=True):
        if x != y:
            count += 1
            if count > most or y not in confused_with(x):
                return None
    return count


def variants(text: str, most: int = EXCHANGES) -> dict[str, int]:
    """Every text that :func:`exchanges` can turn ``text`` into, with their number; the text itself with 0.

    300 to 1,500 for nine plates in ten; at most 16,176 for ten characters that are all taken for five others.
    """
    found = [("", 0)]
    for char in text:
        kept = [(begin + char, count) for begin, count in found]
        other = [(begin + o, count + 1) for begin, count in found if count < most for o in confused_with(char)]
        found = kept + other
    return dict(found)


def likeness(count: int) -> float:
    """1.0 for the same text, 0.3 less for each exchange."""
    return round(1.0 - PER_EXCHANGE * count, 6)


def printed(text: str, pattern: str | None) -> str:
    """The printed form of a canonical text, also where the pattern's name is of another version and unknown here."""
    return display(text, pattern if pattern in PATTERNS else None)


@lru_cache(maxsize=len(ALPHABET))
def confused_with(char: str) -> str:
    """The characters that are taken for this one."""
    return "".join(other for other in ALPHABET if other != char and confusable(char, other))


def _canonical(typed: str) -> str:
    text = ""
    for char in unicodedata.normalize("NFC", typed):
        if char in _SEPARATORS:
            continue
        meant = char if char in "*?" else normalise(char)
        if len(meant) != 1:  # nothing of it stands on plates, or it is a ligature
            raise PlateQueryError(f"ký tự không có trên biển số / no plate has the character {char!r}")
        text += meant
    return text


@lru_cache(maxsize=1024)
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace("*", ".*").replace("?", "."))
