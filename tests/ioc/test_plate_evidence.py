"""Evidence for doubtful readings: confusions by position, bounded grammar bonus, distance by looks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.core.plate_evidence import confusable, looks_like, rank, suggestions
from ioc.core.plates import ALPHABET, strict


@pytest.mark.parametrize(
    ("seen", "meant"),
    [
        ("9BA12345", {"98A12345"}),  # a digit must stand where B was read
        ("98412345", {"98A12345"}),  # a letter must stand where 4 was read
        ("98A1234S", {"98A12345"}),
        ("98A1L345", {"98A11345", "98A14345"}),  # L keeps both
        ("98712345", {"98T12345", "98Z12345"}),
        ("98O12345", {"98D12345"}),
        ("980A12345", {"98DA12345"}),  # DA is a legacy series
        ("98A012345", {"98AD12345"}),  # position 4 of a motorbike: only 0 -> D and I -> 1 are safe
        ("98AI12345", {"98A112345"}),
        ("T9823S88", set()),  # seven characters after T: no
        ("T98235B8", {"T9823588"}),
    ],
)
def test_suggestions_by_position(seen: str, meant: set[str]) -> None:
    found = set(suggestions(seen))
    assert meant <= found or (not meant and seen not in found)
    assert all(strict(text) for text in found)


@pytest.mark.parametrize("seen", ["98B112345", "98A12345", "", "ABC", "98112345"])
def test_no_suggestion_where_the_text_fits_or_nothing_safe_fits(seen: str) -> None:
    assert suggestions(seen) == ()


def test_rank_lifts_what_fits_but_forces_nothing() -> None:
    close = rank([("98I12345", -0.4), ("98T12345", -1.1)], bonus=1.5)
    assert close[0] == ("98T12345", pytest.approx(0.4))
    clear = rank([("98I12345", -0.01), ("98T12345", -5.0)], bonus=1.5)
    assert clear[0][0] == "98I12345"
    assert rank([], bonus=1.0) == ()
    with pytest.raises(ValueError, match="bonus"):
        rank([("A", 0.0)], bonus=-1.0)


@pytest.mark.parametrize(
    ("a", "b", "distance"),
    [
        ("98A-123.45", "98A12345", 0.0),
        ("98A12345", "9BA12345", 0.3),
        ("98A12345", "98A12347", 1.0),
        ("98A12345", "98A1234", 1.0),
        ("98MD101658", "98MĐ101658", 0.3),
        ("98V12345", "98Y12385", 1.3),
        ("", "98A", 3.0),
    ],
)
def test_looks_like(a: str, b: str, distance: float) -> None:
    assert looks_like(a, b) == pytest.approx(distance)


@given(*[st.text(ALPHABET, max_size=10)] * 3)
def test_looks_like_is_symmetric_and_bounded(a: str, b: str, c: str) -> None:
    assert looks_like(a, b) == pytest.approx(looks_like(b, a))
    assert looks_like(a, a) == 0.0
    assert looks_like(a, b) <= max(len(a), len(b))
    assert (looks_like(a, c) == 0.0) == (a == c)


def test_confusable_is_symmetric() -> None:
    for a in ALPHABET:
        for b in ALPHABET:
            assert confusable(a, b) == confusable(b, a)
    assert not confusable("A", "A")
    assert confusable("D", "Đ")
    assert not confusable("A", "1")
