"""What is looked for among plates, and what looks like what."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ioc.core.plate_evidence import looks_like
from ioc.core.plate_search import (
    EXCHANGES,
    Match,
    PlateQueryError,
    confused_with,
    exchanges,
    likeness,
    parse_query,
    variants,
)
from ioc.core.plates import ALPHABET


@pytest.mark.parametrize(
    ("typed", "match", "text", "meant"),
    [
        ("98A-123.45", None, "98A12345", Match.EXACT),
        (" 98a 123.45 ", None, "98A12345", Match.EXACT),
        ("98-mđ1 016.58", None, "98MĐ101658", Match.EXACT),  # Đ stays Đ
        ("98-M\u00d01 016.58", None, "98MĐ101658", Match.EXACT),  # another Đ, drawn alike
        ("98-MD1 016.58", None, "98MD101658", Match.EXACT),
        ("98A-12?.45", None, "98A12?45", Match.WILDCARD),
        ("98a***", None, "98A*", Match.WILDCARD),
        ("*123*", Match.WILDCARD, "*123*", Match.WILDCARD),
        ("123.4", Match.PARTIAL, "1234", Match.PARTIAL),
        ("98A–123", Match.LOOKS_LIKE, "98A123", Match.LOOKS_LIKE),
    ],
)
def test_what_is_typed(typed, match, text, meant):
    query = parse_query(typed, match)
    assert (query.text, query.match) == (text, meant)


@pytest.mark.parametrize(
    ("typed", "match"),
    [
        ("", None),
        (" - . ", None),
        ("9" * 65, None),
        ("98A-123.45-678901234", None),
        ("98[AB]12345", None),  # no pattern of ours
        ("98A%", None),
        ("98A\0", None),
        ("98A😀", None),
        ("ﬁ98", None),  # upper case would make two letters of it; no keyboard types it
        ("*?*", None),
        ("*1*", None),  # nearly everything
        ("1*2*3*4*5*6", None),
        ("98A12345", Match.WILDCARD),
        ("98A12?45", Match.EXACT),
        ("98A12?45", Match.LOOKS_LIKE),
        ("98A*", Match.PARTIAL),
        ("1", Match.PARTIAL),
        ("98A", Match.LOOKS_LIKE),
        ("98A12345678", Match.LOOKS_LIKE),
    ],
)
def test_what_cannot_be_looked_for(typed, match):
    with pytest.raises(PlateQueryError, match=" / "):  # in both languages
        parse_query(typed, match)


@pytest.mark.parametrize(
    ("typed", "match", "prefix", "like", "fits", "not_fits"),
    [
        ("98A-123.45", None, "98A12345", "98A12345", ["98A12345"], ["98A123456", "98D12345"]),
        ("98A-12?.45", None, "98A12", "98A12_45", ["98A12345", "98A12Đ45"], ["98A1245", "98A123345"]),
        ("98*45", None, "98", "98%45", ["9845", "98A12345"], ["98A123456"]),
        ("?8A*", None, "", "_8A%", ["98A", "18A1"], ["8A1"]),
        ("A123", Match.PARTIAL, "", "%A123%", ["98A12345", "A123"], ["98A1245"]),
        ("98A12345", Match.LOOKS_LIKE, "", "98A12345", ["98A12345", "984I2345"], ["98A1234", "98A12349", "98C12345"]),
    ],
)
def test_what_is_meant(typed, match, prefix, like, fits, not_fits):
    query = parse_query(typed, match)
    assert (query.prefix, query.like) == (prefix, like)
    assert [query.fits(text) for text in [*fits, *not_fits]] == [True] * len(fits) + [False] * len(not_fits)


@pytest.mark.parametrize(
    ("a", "b", "count"),
    [
        ("98A12345", "98A12345", 0),
        ("98A12345", "98A12346", 1),
        ("98B12345", "98812345", 1),
        ("29Đ12345", "29D12345", 1),
        ("29Đ12345", "29012345", None),  # Đ is taken for D, and D for 0, which is another matter
        ("98A00000", "98A888OO", None),  # five exchanges
        ("98A00000", "98A888O0", None),  # four
        ("98A00000", "98A88800", 3),
        ("98A12345", "98A1234", None),
        ("98A12345", "98A12342", None),
    ],
)
def test_exchanges(a, b, count):
    assert exchanges(a, b) == exchanges(b, a) == count
    assert (b in variants(a)) is (count is not None)


PLATES = st.text(alphabet=ALPHABET, min_size=1, max_size=7)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(PLATES, st.data())
def test_variants_are_what_exchanges_reach(text, data):
    found = variants(text)
    assert found[text] == 0
    other = data.draw(st.sampled_from(sorted(found)))
    assert exchanges(text, other) == found[other] <= EXCHANGES
    assert likeness(found[other]) == pytest.approx(1 - sum(0.3 for x, y in zip(text, other, strict=True) if x != y))
    assert looks_like(text, other) == pytest.approx(1 - likeness(found[other]))
    assert text in variants(other)


def test_the_number_of_variants_is_bounded():
    assert 100 < len(variants("98A12345")) < 1000
    assert max(len(confused_with(c)) for c in ALPHABET) == 5
    assert len(variants("0" * 10)) == 16_176
