"""Texts to render: drawn from the plate grammar, every letter well represented, and a share that fits no pattern."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ioc.core.plate_patterns import PROVINCES, PlateColour
from ioc.core.plates import ALPHABET

L20 = "ABCDEFGHKLMNPSTUVXYZ"
L21 = "ABCDEFGHKLMNPRSTUVXYZ"
L11 = "ABCDEFGHKLM"
_CODES = tuple(PROVINCES)

Shape = Literal["long", "short", "old_short", "moto"]


@dataclass(frozen=True, slots=True)
class PlateText:
    """What stands on one plate."""

    rows: tuple[str, ...]
    """One or two printed rows, with separators (``-``, ``.``)."""
    shape: Shape
    colour: PlateColour
    red_letters: bool = False

    @property
    def text(self) -> str:
        """Canonical text."""
        return "".join(c for row in self.rows for c in row if c in ALPHABET)

    @property
    def upper(self) -> int:
        """Characters in the upper line of two; 0 on a one-line plate."""
        return sum(c in ALPHABET for c in self.rows[0]) if len(self.rows) == 2 else 0


# Kind of plate -> weight. Not the streets' frequencies: rare forms are drawn often enough to be learned.
KINDS: dict[str, float] = {
    "car": 24,
    "car_old": 5,
    "series": 6,
    "legacy": 6,
    "moto": 20,
    "moto_digit": 12,
    "moto_old": 6,
    "emoto": 6,
    "foreign": 3,
    "foreign_moto": 1.5,
    "temporary": 2,
    "military": 3,
    "anything": 14,
}


def draw_text(rng: np.random.Generator, kind: str | None = None) -> PlateText:
    """One plate's text of a kind of :data:`KINDS`, or of a random one."""
    if kind is None:
        weights = np.array(list(KINDS.values()))
        kind = str(rng.choice(list(KINDS), p=weights / weights.sum()))
    return _DRAW[kind](rng)


def _pick(rng: np.random.Generator, options: str | tuple[str, ...]) -> str:
    return str(options[int(rng.integers(len(options)))])


LIKE_PAIRS = ("13", "31", "11", "17", "71", "18", "81", "10", "01", "14", "41", "16", "19", "39", "93", "65", "56", "83")
"""Neighbours of which one is lost or taken for another when the picture is blurred."""


def _digits(rng: np.random.Generator, n: int) -> str:
    if rng.random() < 0.3:
        number = "".join(_pick(rng, LIKE_PAIRS) for _ in range(n))[int(rng.integers(2)) :][:n]
    elif rng.random() < 0.05:  # lucky numbers: runs of one digit are common on the road and rare by chance
        run = int(rng.integers(2, n + 1))
        number = "".join(_pick(rng, "0123456789") for _ in range(n - run)) + _pick(rng, "123456789") * run
    else:
        number = "".join(_pick(rng, "0123456789") for _ in range(n))
    return number if int(number) else _digits(rng, n)


def _dotted(number: str) -> str:
    return f"{number[:3]}.{number[3:]}" if len(number) == 5 else number


def _car_plate(rng: np.random.Generator, series: str, number: str, colour: PlateColour) -> PlateText:
    shape: Shape = ("long", "short", "old_short")[int(rng.choice(3, p=[0.55, 0.33, 0.12]))]
    if shape == "long":
        return PlateText((f"{series}-{_dotted(number)}",), shape, colour)
    return PlateText((series, _dotted(number)), shape, colour)


def _car(rng: np.random.Generator) -> PlateText:
    colour: PlateColour = ("white", "yellow", "blue")[int(rng.choice(3, p=[0.6, 0.25, 0.15]))]
    letters = L11 if colour == "blue" else L20
    return _car_plate(rng, _pick(rng, _CODES) + _pick(rng, letters), _digits(rng, 5), colour)


def _car_old(rng: np.random.Generator) -> PlateText:
    colour: PlateColour = "blue" if rng.random() < 0.15 else "white"
    return _car_plate(rng, _pick(rng, _CODES) + _pick(rng, L20), _digits(rng, 4), colour)


def _series(rng: np.random.Generator) -> PlateText:
    series = _pick(rng, _CODES) + _pick(rng, ("CD", "RM", "RM", "HC", "KT"))
    return _car_plate(rng, series, _digits(rng, 5), "white")


def _legacy(rng: np.random.Generator) -> PlateText:
    series = _pick(rng, _CODES) + _pick(rng, ("LD", "DA", "MK", "TD", "TĐ", "TĐ", "R", "R", "CT", "LB"))
    return _car_plate(rng, series, _digits(rng, 5 if rng.random() < 0.8 else 4), "white")


def _letter(rng: np.random.Generator, letters: str) -> str:
    """A letter, those that are taken for one another more often."""
    return _pick(rng, "HMHMHNUDVB") if rng.random() < 0.25 else _pick(rng, letters)


def _moto(rng: np.random.Generator) -> PlateText:
    series = _letter(rng, L20) + _letter(rng, L21)
    return PlateText((f"{_pick(rng, _CODES)}-{series}", _dotted(_digits(rng, 5))), "moto", "white")


def _moto_digit(rng: np.random.Generator) -> PlateText:
    blue = rng.random() < 0.25
    series = (_pick(rng, L11) if blue else _letter(rng, L20)) + _pick(rng, "123456789")
    return PlateText((f"{_pick(rng, _CODES)}-{series}", _dotted(_digits(rng, 5))), "moto", "blue" if blue else "white")


def _moto_old(rng: np.random.Generator) -> PlateText:
    series = _letter(rng, L20) + _pick(rng, "123456789" if rng.random() < 0.8 else L21)
    return PlateText((f"{_pick(rng, _CODES)}-{series}", _digits(rng, 4)), "moto", "white")


def _emoto(rng: np.random.Generator) -> PlateText:
    series = "MĐ" + (_pick(rng, "123456789") if rng.random() < 0.85 else "")
    return PlateText((f"{_pick(rng, _CODES)}-{series}", _dotted(_digits(rng, 5))), "moto", "white")


def _foreign(rng: np.random.Generator) -> PlateText:
    head = f"{_pick(rng, ('80', '29', '51', '43', '41'))}-{int(rng.integers(1, 841)):03}"
    tail = f"{_pick(rng, ('NG', 'QT', 'CV', 'NN'))}-{int(rng.integers(1, 100)):02}"
    if rng.random() < 0.6:
        return PlateText((f"{head}-{tail}",), "long", "white", red_letters=True)
    return PlateText((head, tail), "short", "white", red_letters=True)


def _foreign_moto(rng: np.random.Generator) -> PlateText:
    head = f"{_pick(rng, ('80', '29', '51', '43', '41'))}-{int(rng.integers(1, 841)):03}"
    tail = f"{_pick(rng, ('NG', 'QT', 'CV', 'NN'))}-{int(rng.integers(1, 1000)):03}"
    return PlateText((head, tail), "moto", "white", red_letters=True)


def _temporary(rng: np.random.Generator) -> PlateText:
    return _car_plate(rng, "T" + _pick(rng, _CODES), _digits(rng, 5), "white")


def _military(rng: np.random.Generator) -> PlateText:
    prefix = _pick(rng, "ABHKPQTVCDN") + _pick(rng, "ABCDEGHKLMNPQRSTUVXYZ")
    number = _digits(rng, 4)
    number = f"{number[:2]}-{number[2:]}"
    if rng.random() < 0.5:
        return PlateText((f"{prefix}-{number}",), "long", "red")
    return PlateText((prefix, number), "short", "red")


_ABROAD = ("LLLDDDD", "LLLDLDD", "LLDDDLL", "LLDDDD", "LDDDDD", "LLLDDD", "DDDLLL", "LLDDDDLL", "DDLLDDDD", "LDDLLL")
"""Shapes of other countries' plates: L a letter, D a digit."""


def _anything(rng: np.random.Generator) -> PlateText:
    """Plates of other countries, and letters and digits in any order: the reader must not learn to force."""
    if rng.random() < 0.6:
        shape = _pick(rng, _ABROAD)
        text = "".join(_pick(rng, ALPHABET[10:-1] if kind == "L" else ALPHABET[:10]) for kind in shape)
    else:
        text = "".join(_pick(rng, ALPHABET) for _ in range(int(rng.integers(4, 10))))
    n = len(text)
    colour: PlateColour = "yellow" if rng.random() < 0.15 else "white"
    if rng.random() < 0.75:
        cut = int(rng.integers(2, n - 1))
        return PlateText((text if rng.random() < 0.5 else f"{text[:cut]}-{text[cut:]}",), "long", colour)
    return PlateText((text[: n // 2], text[n // 2 :]), "moto", colour)


_DRAW = {
    "car": _car, "car_old": _car_old, "series": _series, "legacy": _legacy, "moto": _moto, "moto_digit": _moto_digit,
    "moto_old": _moto_old, "emoto": _emoto, "foreign": _foreign, "foreign_moto": _foreign_moto,
    "temporary": _temporary, "military": _military, "anything": _anything,
}  # fmt: skip
