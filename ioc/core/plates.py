"""The grammar of Vietnamese registration plates, pure. A reading is described by it and never forced into it.

Letters I, J, O, Q and W are on no plate; Đ is a letter of its own and is never folded to D. The patterns stand in
:mod:`ioc.core.plate_patterns`, what may be taken for what in :mod:`ioc.core.plate_evidence`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from ioc.core.plate_patterns import PATTERNS, PROVINCES, RELAXED, Flag, Pattern, PlateColour

__all__ = [
    "ALPHABET", "MAX_LENGTH", "PATTERNS", "PROVINCES", "Flag", "Pattern", "PlateColour", "PlateMatch",
    "classify", "display", "normalise", "province_code", "strict", "upper_length",
]  # fmt: skip

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZĐ"
"""Every character that a canonical text may hold."""

MAX_LENGTH = 10
"""Characters of the longest pattern (an electric motorbike, a foreign mission's motorbike)."""

_ETHS = str.maketrans({"\u00d0": "Đ", "\u0189": "Đ"})  # typed for Đ and drawn alike, yet other code points
_NOT_A_CHARACTER = re.compile(r"[^0-9A-ZĐ]")

# Series of blue plates (state bodies, police): only the first eleven letters are issued.
_BLUE_SERIES = "ABCDEFGHKLM"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateMatch:
    """What the grammar says about one text."""

    text: str
    """Canonical text: [0-9A-ZĐ] without separators."""
    pattern: str | None
    """Name of the likeliest pattern that the text fits, None where it fits none."""
    candidates: tuple[str, ...]
    """All patterns that fit the text and what is known of the plate, likeliest first."""
    near: str | None
    """Where no pattern fits: the pattern whose shape fits but for one flagged fault."""
    flags: frozenset[Flag]

    @property
    def ambiguous(self) -> bool:
        """Whether several patterns fit."""
        return Flag.AMBIGUOUS in self.flags

    @property
    def displays(self) -> tuple[str, ...]:
        """The printed form under each candidate; of the near pattern or the bare text where none fits."""
        names = self.candidates or ((self.near,) if self.near else ())
        return tuple(display(self.text, name) for name in names) or (self.text,)


def normalise(text: str) -> str:
    """Upper case, only [0-9A-ZĐ]; Đ stays Đ. The result may be empty."""
    composed = unicodedata.normalize("NFC", text).upper().translate(_ETHS)
    return _NOT_A_CHARACTER.sub("", composed)


def classify(
    text: str,
    *,
    lines: Literal[1, 2] | None = None,
    upper_length: int | None = None,
    motorcycle: bool | None = None,
    colour: PlateColour | None = None,
) -> PlateMatch:
    """Describe a reading by the grammar. Every text gets an answer; nothing is corrected or thrown away.

    ``98A12345`` is a car (98A-123.45) or an old motorbike (98-A1 2345): ``lines`` of the plate, ``upper_length``
    (characters in the upper of two lines) or the vehicle decide. What is None is unknown and decides nothing.
    """
    canonical = normalise(text)
    fitting = [p for p in PATTERNS.values() if p.compiled().fullmatch(canonical)]
    flags: set[Flag] = set()
    near: Pattern | None = None
    if not fitting:
        near, fault = _near(canonical)
        flags |= {fault} if fault else set()
    known = [p for p in fitting if _agrees(p, canonical, lines, upper_length, motorcycle)]
    if fitting and not known:
        flags.add(Flag.CONTEXT_CONFLICT)
    chosen = known or fitting
    if len(chosen) > 1:
        flags.add(Flag.AMBIGUOUS)
    if chosen and chosen[0].legacy:
        flags.add(Flag.LEGACY)
    if chosen and colour and not any(_colour_agrees(p, canonical, colour) for p in chosen):
        flags.add(Flag.UNUSUAL_COLOUR)
    return PlateMatch(
        text=canonical,
        pattern=chosen[0].name if chosen else None,
        candidates=tuple(p.name for p in chosen),
        near=near.name if near else None,
        flags=frozenset(flags),
    )


@lru_cache(maxsize=4096)
def strict(text: str) -> bool:
    """Whether a canonical text fits a pattern, unissued codes and unused letters excluded."""
    return any(p.compiled().fullmatch(text) for p in PATTERNS.values())


def display(text: str, pattern: str | None) -> str:
    """The printed form of a canonical text under a pattern's name, as ``98A-123.45``; the text itself if it does not fit.

    Raises :class:`KeyError` for a name that is no pattern.
    """
    canonical = normalise(text)
    if pattern is None:
        return canonical
    groups = _groups(PATTERNS[pattern], canonical)
    if groups is None:
        return canonical
    printed = [f"{g[:3]}.{g[3:]}" if g.isdigit() and len(g) == 5 else g for g in groups]
    return PATTERNS[pattern].layout.format(*printed)


def upper_length(text: str, pattern: str) -> int | None:
    """Characters in the upper line of a two-line plate of this pattern, None where the text does not fit."""
    groups = _groups(PATTERNS[pattern], normalise(text))
    return None if groups is None else sum(map(len, groups[: PATTERNS[pattern].upper]))


def province_code(text: str) -> str | None:
    """The two-digit code of a canonical text where its pattern has one. It says nothing about residence."""
    name = classify(text).pattern
    if name is None or name == "MILITARY":
        return None
    return normalise(text)[1:3] if name == "TEMPORARY" else normalise(text)[:2]


def _groups(pattern: Pattern, canonical: str) -> tuple[str, ...] | None:
    for relaxed in (None, *RELAXED):
        if found := pattern.compiled(relaxed).fullmatch(canonical):
            return found.groups()
    return None


def _near(canonical: str) -> tuple[Pattern, Flag] | tuple[None, None]:
    for flag in RELAXED:
        for pattern in PATTERNS.values():
            if pattern.compiled(flag).fullmatch(canonical):
                return pattern, flag
    return None, None


def _agrees(p: Pattern, text: str, lines: int | None, upper: int | None, motorcycle: bool | None) -> bool:
    if lines == 1 and p.motorcycle:
        return False
    if upper is not None and upper_length(text, p.name) != upper:
        return False
    return motorcycle is None or p.motorcycle is None or p.motorcycle == motorcycle


def _colour_agrees(pattern: Pattern, text: str, colour: PlateColour) -> bool:
    if colour not in pattern.colours:
        return False
    return colour != "blue" or text[2] in _BLUE_SERIES
