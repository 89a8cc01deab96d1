"""The table of plate patterns: what :mod:`ioc.core.plates` reads texts by.

Basis: Circular 79/2024/TT-BCA with its amendments 13/2025, 51/2025 and 37/2026; older forms stay on the road and are
flagged as legacy.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

PlateColour = Literal["white", "yellow", "blue", "red"]


class Flag(StrEnum):
    """What a person should know about a reading beside its text."""

    AMBIGUOUS = "ambiguous"
    """Several patterns fit and neither the line break nor the vehicle decides."""
    LEGACY = "legacy"
    """The pattern is no longer issued and stays legal."""
    UNISSUED_CODE = "unissued_code"
    """The shape fits; the province's or the foreign mission's code was issued to nobody."""
    UNUSED_LETTER = "unused_letter"
    """The shape fits; a letter stands where no plate has it."""
    ZERO_NUMBER = "zero_number"
    """The shape fits; the running number is all zeros."""
    UNUSUAL_COLOUR = "unusual_colour"
    """The plate's colour is not one that the pattern is issued in."""
    CONTEXT_CONFLICT = "context_conflict"
    """The pattern fits the text and contradicts the line break, the number of lines or the vehicle."""


_MACROS = {
    "P": r"(?:1[124-9]|[23]\d|4[013789]|[5-7]\d|8[0-689]|9[02-57-9])",
    "L20": "[A-HK-NPS-VX-Z]",
    "L21": "[A-HK-NPR-VX-Z]",
    "N5": r"(?!0{5})\d{5}",
    "N4": r"(?!0{4})\d{4}",
    "N3": r"(?!000)\d{3}",
    "N2": r"(?!00)\d\d",
    "C": r"(?:(?!000)[0-7]\d\d|8[0-3]\d|84[0-3]|88[5-9]|890)",
    "RES": "(?:CD|RM|HC|KT|LD|DA|MK|CT|LB)",
}
_LETTERS = "[A-ZĐ]"
RELAXED: Mapping[Flag, Mapping[str, str]] = MappingProxyType(
    {
        Flag.UNISSUED_CODE: {"P": r"\d\d", "C": r"\d{3}"},
        Flag.ZERO_NUMBER: {"N5": r"\d{5}", "N4": r"\d{4}", "N3": r"\d{3}", "N2": r"\d\d"},
        Flag.UNUSED_LETTER: {"L20": _LETTERS, "L21": _LETTERS},
    }
)
"""What each fault of a text relaxes in the macros; the likelier fault first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """One form of plate."""

    name: str
    template: str
    """Regular expression over the canonical text; ``<P>`` and the like are macros, groups are printed parts."""
    layout: str
    """How the groups are printed, with :meth:`str.format` fields."""
    upper: int
    """How many of the groups stand in the upper line where the plate has two lines."""
    motorcycle: bool | None
    """True for two-wheelers (always two lines), False for all others, None where both carry it."""
    legacy: bool = False
    colours: tuple[PlateColour, ...] = ("white", "yellow", "blue")

    def compiled(self, relaxed: Flag | None = None) -> re.Pattern[str]:
        """The pattern's expression, with the macros of one flag relaxed."""
        return _compiled(self.template, relaxed)


@lru_cache(maxsize=256)
def _compiled(template: str, relaxed: Flag | None) -> re.Pattern[str]:
    macros = _MACROS | dict(RELAXED[relaxed] if relaxed else {})
    for name, expression in macros.items():
        template = template.replace(f"<{name}>", expression)
    return re.compile(template)


_WHITE_OR_BLUE: tuple[PlateColour, ...] = ("white", "blue")
_WHITE: tuple[PlateColour, ...] = ("white",)

PATTERNS: Mapping[str, Pattern] = MappingProxyType(
    {
        pattern.name: pattern
        for pattern in (
            Pattern(name="CAR", template="(<P><L20>)(<N5>)", layout="{0}-{1}", upper=1, motorcycle=False),
            Pattern(name="CAR_OLD4", template="(<P><L20>)(<N4>)", layout="{0}-{1}", upper=1, motorcycle=False),
            Pattern(
                name="CAR_SERIES",
                template="(<P>(?:CD|RM|HC|KT))(<N5>)",
                layout="{0}-{1}",
                upper=1,
                motorcycle=False,
            ),
            Pattern(
                name="CAR_LEGACY_SERIES",
                template="(<P>(?:LD|DA|MK|TD|TĐ|R|CT|LB))(<N5>|<N4>)",
                layout="{0}-{1}",
                upper=1,
                motorcycle=False,
                legacy=True,
            ),
            Pattern(
                name="MOTO",
                template="(<P>)((?!<RES>)<L20><L21>)(<N5>)",
                layout="{0}-{1} {2}",
                upper=2,
                motorcycle=True,
                colours=_WHITE,
            ),
            Pattern(
                name="MOTO_DIGIT",
                template="(<P>)(<L20>[1-9])(<N5>)",
                layout="{0}-{1} {2}",
                upper=2,
                motorcycle=True,
                colours=_WHITE_OR_BLUE,
            ),
            Pattern(
                name="MOTO_OLD4",
                template="(<P>)(<L20>[1-9]|<L20><L21>)(<N4>)",
                layout="{0}-{1} {2}",
                upper=2,
                motorcycle=True,
                legacy=True,
                colours=_WHITE_OR_BLUE,
            ),
            Pattern(
                name="EMOTO",
                template="(<P>)(M[ĐD][1-9]|MĐ)(<N5>)",
                layout="{0}-{1} {2}",
                upper=2,
                motorcycle=True,
                legacy=True,
                colours=_WHITE_OR_BLUE,
            ),
            Pattern(
                name="FOREIGN_CAR",
                template="(<P>)(<C>)(NG|QT|CV|NN)(<N2>)",
                layout="{0}-{1}-{2}-{3}",
                upper=2,
                motorcycle=False,
                colours=_WHITE,
            ),
            Pattern(
                name="FOREIGN_MOTO",
                template="(<P>)(<C>)(NG|QT|CV|NN)(<N3>)",
                layout="{0}-{1} {2}-{3}",
                upper=2,
                motorcycle=True,
                colours=_WHITE,
            ),
            Pattern(
                name="TEMPORARY",
                template="(T<P>)(<N5>)",
                layout="{0}-{1}",
                upper=1,
                motorcycle=None,
                colours=_WHITE,
            ),
            Pattern(
                name="MILITARY",
                template=r"([ABHKPQTVCDN][A-Z])(\d\d)(\d\d)",
                layout="{0}-{1}-{2}",
                upper=1,
                motorcycle=None,
                colours=("red",),
            ),
        )
    }
)
"""Every pattern by name, the likelier first where two fit one text."""

_PROVINCES = """11 Cao Bằng; 12 Lạng Sơn; 14 Quảng Ninh; 15,16,34 Hải Phòng; 17,89 Hưng Yên; 18,35,90 Ninh Bình;
19,28,88 Phú Thọ; 20,97 Thái Nguyên; 21,24 Lào Cai; 22,23 Tuyên Quang; 25 Lai Châu; 26 Sơn La; 27 Điện Biên;
29,30,31,32,33,40 Hà Nội; 36 Thanh Hóa; 37 Nghệ An; 38 Hà Tĩnh; 39,60,93 Đồng Nai;
41,50,51,52,53,54,55,56,57,58,59,61,72 TP. Hồ Chí Minh; 43,92 Đà Nẵng; 47,78 Đắk Lắk; 48,49,86 Lâm Đồng; 62,70 Tây Ninh;
63,66 Đồng Tháp; 64,71,84 Vĩnh Long; 65,83,95 Cần Thơ; 67,68 An Giang; 69,94 Cà Mau; 73,74 Quảng Trị; 75 Huế;
76,82 Quảng Ngãi; 77,81 Gia Lai; 79,85 Khánh Hòa; 80 Cục Cảnh sát giao thông; 98,99 Bắc Ninh"""

PROVINCES: Mapping[str, str] = MappingProxyType(
    {
        code: name
        for entry in _PROVINCES.split(";")
        for codes, name in (entry.strip().split(" ", 1),)
        for code in codes.split(",")
    }
)
"""Name of the province (or central body) by the two-digit code, as of 1 July 2025."""
