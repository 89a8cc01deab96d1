"""Several looks at one vehicle's plate become one text: votes per character, weighted by the reader's own probabilities.

Pure. Reads that agree count more than a single sure one: weights are added, not multiplied, and a lone read never reaches
the confidence that several reach together. The grammar breaks near ties and forces nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeVar

from ioc.core.plate_evidence import looks_like, rank
from ioc.core.plates import PlateColour, normalise
from ioc.core.types import Box

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

T = TypeVar("T")

BONUS: Final = 1.0
"""Nats for a text that fits a pattern; the reader has used the grammar already, so it only breaks near ties."""
FULL_HEIGHT: Final = 20.0
"""Pixels of height for each line of the plate from which on a look counts fully."""
LEAST_WEIGHT: Final = 0.25
SAMENESS: Final = 0.7
"""How much evidence a look brings of what it would alone, 0..1: looks at one plate share their dirt, light and angle.
Chosen on frames of plates that the reader was not trained on, so that the confidence meets the share of right texts."""
SAME_PLACE_IOU: Final = 0.6
SAME_PLACE_LOOKS: Final = 2.0
"""Looks at a plate that stands still count as so many at most: what is misread once is misread each time."""
SAME_PLATE: Final = 2.0
"""Distance (:func:`ioc.core.plate_evidence.looks_like`) up to which two texts may be looks at the same plate."""
RIVAL: Final = 0.15
"""Share of the leading character's votes from which the second one makes an alternative."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Glimpse:
    """What one look at one vehicle's plate gave."""

    track: int
    """Id of the vehicle's track."""
    at: float
    text: str
    """Canonical text, not empty."""
    raw: str
    confidence: float
    """Probability 0..1 that the text is right, as the reader says."""
    characters: tuple[float, ...]
    """Probability of each character of the text."""
    box: Box
    """The plate, in the camera's picture."""
    height_px: float
    """Height of the plate in pixels of the picture that was read."""
    sharpness: float = 0.0
    """Variance of the Laplacian of the crop at one fixed size, >= 0: larger is sharper."""
    alternatives: tuple[tuple[str, float], ...] = ()
    lines: Literal[1, 2] | None = None
    upper: int = 0
    """Characters in the upper of two lines, 0 if unknown."""
    colour: PlateColour | None = None
    patch: NDArray[np.uint8] | None = field(default=None, compare=False, repr=False)
    """The crop, uint8 (H, W, 3) BGR."""

    def __post_init__(self) -> None:
        if not self.text or self.text != normalise(self.text):
            raise ValueError(f"a glimpse needs a canonical text, got {self.text!r}")
        if len(self.characters) != len(self.text):
            raise ValueError(f"{len(self.characters)} probabilities for the {len(self.text)} characters of a plate")
        if any(not 0 <= p <= 1 for p in (self.confidence, *self.characters)):
            raise ValueError("probabilities of a plate must lie in 0..1")
        if self.height_px < 0 or self.sharpness < 0:
            raise ValueError("height and sharpness of a plate must not be negative")

    @property
    def weight(self) -> float:
        """How much the look counts, by the size of its characters."""
        return min(1.0, max(LEAST_WEIGHT, self.height_px / (FULL_HEIGHT * (self.lines or 1))))

    @property
    def quality(self) -> float:
        """Rank among the looks at one plate: larger and sharper first."""
        return self.height_px * math.sqrt(1.0 + self.sharpness)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """What several looks say together."""

    text: str
    confidence: float
    """0..1: every character agreed upon, by how many, and of what length the text is."""
    reads: int
    """Looks that agree with the text but for at most one character."""
    exact: int
    """Looks that read exactly this text."""
    alternatives: tuple[tuple[str, float], ...]
    lines: Literal[1, 2] | None
    upper: int | None
    colour: PlateColour | None
    best: Glimpse
    """The look to show: it reads the text, or comes nearest to it, and is the largest and sharpest of those."""


def sort_out(glimpses: Sequence[Glimpse]) -> tuple[tuple[Glimpse, ...], ...]:
    """Looks at one vehicle by the plate that they show, the plate that was seen first coming first.

    A track may go over to another vehicle, in dense traffic above all; the looks at two plates are no votes on one text.
    Each look joins the nearest of the surer ones, within :data:`SAME_PLATE`, or begins a plate of its own.
    """
    plates: list[list[Glimpse]] = []
    for g in sorted(glimpses, key=lambda g: (-g.weight * g.confidence, g.at)):
        distance, nearest = min(((looks_like(p[0].text, g.text), i) for i, p in enumerate(plates)), default=(math.inf, 0))
        if distance <= SAME_PLATE:
            plates[nearest].append(g)
        else:
            plates.append([g])
    ordered = (tuple(sorted(plate, key=lambda g: g.at)) for plate in plates)
    return tuple(sorted(ordered, key=lambda plate: plate[0].at))


def vote(glimpses: Sequence[Glimpse], *, bonus: float = BONUS) -> Vote | None:
    """The text that the looks agree upon; None without looks.

    Texts of different length are voted by length group: the group with the largest weight wins, and what the others weigh
    lowers the confidence; one that only misses characters (an edge was hidden) does so by a quarter.
    """
    if not glimpses:
        return None
    length = _length(glimpses)
    group = [g for g in glimpses if len(g.text) == length]
    shares = [_shares(g) for g in group]
    votes = [_tally(group, shares, i) for i in range(length)]
    totals = [sum(v.values()) for v in votes]
    candidates = {"".join(max(v, key=lambda c: (v[c], c)) for v in votes), *(g.text for g in group)}
    candidates |= _swaps(votes)
    scored = ((t, sum(math.log(max(v[c] / s, 1e-6)) for c, v, s in zip(t, votes, totals, strict=True))) for t in candidates)
    texts = [text for text, _ in rank(scored, bonus)]
    text = texts[0]
    fresh = [_freshness(g, group) for g in group]
    agreeing = [g for g in group if _differing(g.text, text) <= 1]
    nearest = min(_differing(g.text, text) for g in group)
    shown = [g for g in group if _differing(g.text, text) == nearest]
    rated = {t: _confidence(t, shares, votes, fresh) * _length_share(t, glimpses) for t in texts[:6]}
    # The text's own figure is never below an alternative's: the grammar put it first on purpose, and may cost confidence.
    others = sorted(((t, min(p, rated[text])) for t, p in rated.items() if t != text), key=lambda o: (-o[1], o[0]))
    return Vote(
        text=text,
        confidence=rated[text],
        reads=len(agreeing),
        exact=sum(g.text == text for g in group),
        alternatives=tuple(others[:5]),
        lines=_most((g.lines, g.confidence) for g in shown),
        upper=_most((g.upper or None, g.confidence) for g in shown),
        colour=_most((g.colour, g.weight) for g in shown),
        best=max(shown, key=lambda g: (g.quality, -g.at)),
    )


def _length(glimpses: Sequence[Glimpse]) -> int:
    weights: dict[int, float] = {}
    for g in glimpses:
        weights[len(g.text)] = weights.get(len(g.text), 0.0) + g.weight * g.confidence
    return max(weights, key=lambda n: (weights[n], n))


def _shares(g: Glimpse) -> list[dict[str, float]]:
    """Probability of the characters at each position, as far as the look names any."""
    shares = [{c: p} for c, p in zip(g.text, g.characters, strict=True)]
    for text, p in g.alternatives:
        if len(text) == len(g.text):
            for share, c, own in zip(shares, text, g.text, strict=True):
                if c != own:
                    share[c] = min(1.0 - share[own], share.get(c, 0.0) + p)
    return shares


def _tally(group: Sequence[Glimpse], shares: Sequence[Sequence[dict[str, float]]], i: int) -> dict[str, float]:
    votes: dict[str, float] = {}
    for g, share in zip(group, shares, strict=True):
        for c, p in share[i].items():
            votes[c] = votes.get(c, 0.0) + g.weight * p
    return votes if sum(votes.values()) > 0 else dict.fromkeys(votes, 1e-9)


def _swaps(votes: Sequence[dict[str, float]]) -> set[str]:
    """The leading text with one character exchanged for its strongest rival."""
    ordered = [sorted(v, key=lambda c: (-v[c], c)) for v in votes]
    leading = [o[0] for o in ordered]
    swaps = set()
    for i, o in enumerate(ordered):
        if len(o) > 1 and votes[i][o[1]] >= RIVAL * votes[i][o[0]]:
            swaps.add("".join([*leading[:i], o[1], *leading[i + 1 :]]))
    return swaps


def _freshness(g: Glimpse, group: Sequence[Glimpse]) -> float:
    """How much evidence a look brings, 0..1: by its size, and less where others saw the plate in the same place."""
    alike = sum(other.weight for other in group if other is g or other.box.iou(g.box) >= SAME_PLACE_IOU)
    return SAMENESS * g.weight * min(1.0, SAME_PLACE_LOOKS / alike)


def _confidence(
    text: str, shares: Sequence[Sequence[dict[str, float]]], votes: Sequence[dict[str, float]], fresh: Sequence[float]
) -> float:
    """Product over the characters of how clearly each leads and of how much evidence it has."""
    product = 1.0
    for i, c in enumerate(text):
        own = votes[i].get(c, 0.0)
        against = sum(votes[i].values()) - own
        lead = own**2 / (own**2 + against**2) if own > 0 else 0.0
        doubt = 1.0
        for share, evidence in zip(shares, fresh, strict=True):
            doubt *= (1.0 - min(share[i].get(c, 0.0), 0.999)) ** evidence
        product *= lead * (1.0 - doubt)
    return product


def _length_share(text: str, glimpses: Sequence[Glimpse]) -> float:
    own = against = 0.0
    for g in glimpses:
        mass = g.weight * g.confidence
        if len(g.text) == len(text):
            own += mass
        else:
            against += mass * (0.25 if misses_only(g.text, text) else 1.0)
    return own**2 / (own**2 + against**2) if own > 0 else 0.0


def misses_only(part: str, whole: str) -> bool:
    """Whether ``part`` is ``whole`` with characters left out, or all of it."""
    rest = iter(whole)
    return all(c in rest for c in part)


def _differing(a: str, b: str) -> int:
    return sum(x != y for x, y in zip(a, b, strict=True))


def _most(weighted: Iterable[tuple[T | None, float]]) -> T | None:
    sums: dict[T, float] = {}
    for value, weight in weighted:
        if value is not None:
            sums[value] = sums.get(value, 0.0) + weight
    return max(sums, key=lambda v: (sums[v], str(v))) if sums else None
