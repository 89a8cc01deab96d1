"""What the grammar and the shapes of the letters say about a doubtful reading: evidence, never a correction.

A reader's own probabilities come first. The grammar adds a bounded bonus to readings that fit a pattern, so that a plate
that fits none, clearly read, stays as it was read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import product
from types import MappingProxyType

from ioc.core.plates import normalise, strict

AS_DIGIT: Mapping[str, str] = MappingProxyType(
    {"O": "0", "Q": "0", "D": "0", "I": "1", "J": "1", "Z": "2", "A": "4", "S": "5", "G": "6", "T": "7", "B": "8", "L": "14"}
)
"""Letter -> digits that it may have been, where the pattern wants a digit."""

AS_LETTER: Mapping[str, str] = MappingProxyType(
    {"0": "D", "2": "Z", "4": "A", "5": "S", "6": "G", "7": "TZ", "8": "B", "O": "D", "Q": "D"}
)
"""Character -> letters that it may have been, where the pattern wants a letter. 1 and I have no safe letter."""

LOOK_ALIKES = ("DĐ", "VY", "KX", "MNH", "CG", "EF", "PFR", "UV", "38", "80", "56", "17", "90")
"""Groups of letters, or of digits, that are taken for each other."""

MASKS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "car": ("DDLDDDDD", "DDLDDDD", "DDLLDDDDD"),
        "motorcycle": ("DDL?DDDDD", "DDL?DDDD", "DDLL?DDDDD"),
        "foreign": ("DDDDDLLDD", "DDDDDLLDDD"),
        "temporary": ("LDDDDDDD",),
        "military": ("LLDDDD",),
    }
)
"""Where a digit (D), a letter (L) or either (?) stands in the plates of a family."""

_SAFE_AT_EITHER: Mapping[str, str] = MappingProxyType({"0": "D", "I": "1"})
_SUBSTITUTION, _LOOK_ALIKE = 1.0, 0.3


def _pairs() -> frozenset[frozenset[str]]:
    pairs = {frozenset((a, b)) for group in LOOK_ALIKES for a in group for b in group if a != b}
    for table in (AS_DIGIT, AS_LETTER):
        pairs |= {frozenset((seen, meant)) for seen, meanings in table.items() for meant in meanings}
    return frozenset(pairs | {frozenset("71"), frozenset("OQ"), frozenset("IJ")})


_CONFUSABLE = _pairs()


def confusable(a: str, b: str) -> bool:
    """Whether two different characters are taken for each other on plates."""
    return frozenset((a, b)) in _CONFUSABLE


def suggestions(text: str, limit: int = 8) -> tuple[str, ...]:
    """Other texts that the reading may stand for: confusable characters exchanged by position so that a pattern fits.

    For readers that give no probabilities. Fewest exchanges first, at most ``limit``; the reading itself is never
    among them, and a reading that already fits a pattern gets none.
    """
    canonical = normalise(text)
    if strict(canonical):
        return ()
    found: dict[str, int] = {}
    for mask in (m for masks in MASKS.values() for m in masks if len(m) == len(canonical)):
        options = [_options(kind, char) for kind, char in zip(mask, canonical, strict=True)]
        if not all(options) or _count(options) > 256:
            continue
        for chars in product(*options):
            candidate = "".join(chars)
            if candidate != canonical and strict(candidate):
                found.setdefault(candidate, sum(a != b for a, b in zip(candidate, canonical, strict=True)))
    return tuple(sorted(found, key=lambda t: (found[t], t)))[:limit]


def rank(candidates: Iterable[tuple[str, float]], bonus: float) -> tuple[tuple[str, float], ...]:
    """Readings with their log probability, best first, after ``bonus`` (>= 0, nats) for each that fits a pattern.

    The bonus is finite on purpose: a reading that leads by more than it stays first although it fits nothing.
    """
    if bonus < 0:
        raise ValueError(f"bonus must be at least 0, got {bonus}")
    scored = [(text, score + (bonus if strict(text) else 0.0)) for text, score in candidates]
    return tuple(sorted(scored, key=lambda item: (-item[1], item[0])))


def looks_like(a: str, b: str) -> float:
    """Distance between two texts: 0 the same; 0.3 for a confusable exchange, 1 for any other, lost or added character.

    A Levenshtein distance with weights (Wagner and Fischer 1974) over the canonical texts.
    """
    left, right = normalise(a), normalise(b)
    row = [float(j) for j in range(len(right) + 1)]
    for i, x in enumerate(left, start=1):
        diagonal, row[0] = row[0], float(i)
        for j, y in enumerate(right, start=1):
            cost = 0.0 if x == y else _LOOK_ALIKE if confusable(x, y) else _SUBSTITUTION
            diagonal, row[j] = row[j], min(diagonal + cost, row[j] + 1.0, row[j - 1] + 1.0)
    return row[-1]


@lru_cache(maxsize=1024)
def _options(kind: str, char: str) -> str:
    """What one character may be at a position of a kind, itself first where it may stand."""
    if kind == "?":
        return char + _SAFE_AT_EITHER.get(char, "")
    if kind == "D":
        return char if char.isdigit() else AS_DIGIT.get(char, "")
    if char.isdigit() or char in "OQ":
        return AS_LETTER.get(char, "")
    return char


def _count(options: Iterable[str]) -> int:
    total = 1
    for option in options:
        total *= len(option)
    return total
