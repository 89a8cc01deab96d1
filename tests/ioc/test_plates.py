"""The plate grammar. Every number is made up or is an example of the circular."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ioc.core.plate_patterns import PATTERNS, PROVINCES
from ioc.core.plates import (
    ALPHABET,
    MAX_LENGTH,
    Flag,
    classify,
    display,
    normalise,
    province_code,
    strict,
    upper_length,
)

PRINTED = [
    # (pattern, as printed on the plate)
    ("CAR", "98A-123.45"),
    ("CAR_OLD4", "98C-1234"),
    ("CAR_SERIES", "98RM-001.23"),
    ("CAR_SERIES", "98CD-001.23"),
    ("CAR_SERIES", "98HC-001.23"),
    ("CAR_SERIES", "98KT-001.23"),
    ("CAR_LEGACY_SERIES", "98R-001.23"),
    ("CAR_LEGACY_SERIES", "98LD-005.55"),
    ("CAR_LEGACY_SERIES", "98TĐ-005.55"),
    ("CAR_LEGACY_SERIES", "98R-0012"),
    ("MOTO", "98-AA 123.45"),
    ("MOTO", "98-AG 123.45"),  # G as second letter: article 37
    ("MOTO", "98-AR 123.45"),  # R as second letter: appendix 04
    ("MOTO_DIGIT", "98-B1 123.45"),
    ("MOTO_OLD4", "98-AB 1234"),
    ("EMOTO", "98-MĐ1 016.58"),
    ("EMOTO", "98-MD1 016.58"),
    ("EMOTO", "98-MĐ 016.58"),
    ("FOREIGN_CAR", "80-441-NG-02"),
    ("FOREIGN_CAR", "80-888-NN-12"),
    ("FOREIGN_MOTO", "29-121 NN-101"),
    ("TEMPORARY", "T98-235.88"),
    ("MILITARY", "KA-12-34"),
]


@pytest.mark.parametrize(("pattern", "printed"), PRINTED)
def test_each_pattern_is_recognised_and_printed_as_on_the_plate(pattern: str, printed: str) -> None:
    match = classify(printed, motorcycle=PATTERNS[pattern].motorcycle)
    assert match.pattern == pattern
    assert match.candidates == (pattern,)
    assert display(match.text, pattern) == printed
    assert match.displays == (printed,)
    assert strict(match.text)


def test_every_pattern_has_a_printed_example() -> None:
    assert {pattern for pattern, _ in PRINTED} == set(PATTERNS)


@pytest.mark.parametrize(
    ("printed", "near", "flag"),
    [
        ("99A-000.00", "CAR", Flag.ZERO_NUMBER),
        ("13A-123.45", "CAR", Flag.UNISSUED_CODE),
        ("42A-123.45", "CAR", Flag.UNISSUED_CODE),
        ("98I-123.45", "CAR", Flag.UNUSED_LETTER),
        ("98O-123.45", "CAR", Flag.UNUSED_LETTER),
        ("98Q-123.45", "CAR", Flag.UNUSED_LETTER),
        ("98J-123.45", "CAR", Flag.UNUSED_LETTER),
        ("98W-123.45", "CAR", Flag.UNUSED_LETTER),
        ("98-RA 123.45", "MOTO", Flag.UNUSED_LETTER),
        ("98-AĐ 123.45", "MOTO", Flag.UNUSED_LETTER),
        ("80-844-NG-02", "FOREIGN_CAR", Flag.UNISSUED_CODE),
        ("98-B0 123.45", None, None),
        ("100A-123.45", None, None),
        ("", None, None),
        ("12345", None, None),
    ],
)
def test_what_no_plate_carries_fits_no_pattern_and_keeps_its_text(printed: str, near: str | None, flag: Flag | None) -> None:
    match = classify(printed)
    assert (match.pattern, match.candidates, match.near) == (None, (), near)
    assert match.flags == ({flag} if flag else set())
    assert match.text == normalise(printed)
    assert not strict(match.text)


@pytest.mark.parametrize(
    ("typed", "canonical"),
    [
        ("98a-123.45", "98A12345"),
        (" 98-mđ1 016.58 ", "98MĐ101658"),
        ("98-M\u00d01 016.58", "98MĐ101658"),  # the Icelandic letter looks the same
        ("29–B1·123,45", "29B112345"),
        ("biển", "BIN"),
    ],
)
def test_normalise_keeps_only_plate_characters(typed: str, canonical: str) -> None:
    assert normalise(typed) == canonical


def test_the_line_break_or_the_vehicle_tells_a_car_from_an_old_motorbike() -> None:
    unknown = classify("98A12345")
    assert unknown.ambiguous
    assert unknown.candidates == ("CAR", "MOTO_OLD4")
    assert unknown.displays == ("98A-123.45", "98-A1 2345")
    for known in ({"lines": 1}, {"upper_length": 3}, {"motorcycle": False}):
        assert classify("98A12345", **known).candidates == ("CAR",)
    for known in ({"upper_length": 4}, {"motorcycle": True}):
        match = classify("98A12345", **known)
        assert match.candidates == ("MOTO_OLD4",)
        assert match.flags == {Flag.LEGACY}
    assert classify("98A12345", lines=2).ambiguous


def test_a_context_that_contradicts_the_text_is_flagged_and_does_not_lose_the_plate() -> None:
    match = classify("98B112345", motorcycle=False)
    assert match.pattern == "MOTO_DIGIT"
    assert Flag.CONTEXT_CONFLICT in match.flags


@pytest.mark.parametrize(
    ("text", "colour", "unusual"),
    [
        ("98A12345", "white", False),
        ("98A12345", "yellow", False),
        ("98A12345", "blue", False),
        ("98N12345", "blue", True),  # blue plates carry A to M only
        ("98B112345", "blue", False),
        ("98AA12345", "yellow", True),
        ("KA1234", "red", False),
        ("98A12345", "red", True),
    ],
)
def test_colours(text: str, colour: str, unusual: bool) -> None:
    match = classify(text, colour=colour)  # type: ignore[arg-type] # the table holds the literals
    assert (Flag.UNUSUAL_COLOUR in match.flags) is unusual


def test_legacy_patterns_are_flagged() -> None:
    assert Flag.LEGACY in classify("98LD00555", lines=1).flags
    assert Flag.LEGACY not in classify("98A12345", lines=1).flags


def test_province_codes_and_names_are_the_same_81() -> None:
    issued = {f"{code:02}" for code in range(100) if strict(f"{code:02}C1234")}
    assert issued == set(PROVINCES)
    assert len(issued) == 81
    assert PROVINCES["98"] == PROVINCES["99"] == "Bắc Ninh"
    assert province_code("98A-123.45") == "98"
    assert province_code("T98-235.88") == "98"
    assert province_code("KA-12-34") is None
    assert province_code("13A-123.45") is None


def test_upper_line_of_two() -> None:
    assert upper_length("98A12345", "CAR") == 3
    assert upper_length("98A12345", "MOTO_OLD4") == 4
    assert upper_length("98MĐ101658", "EMOTO") == 5
    assert upper_length("98AA12345", "CAR") is None


@given(st.text(max_size=16))
def test_any_text_gets_an_answer_that_keeps_its_characters(text: str) -> None:
    match = classify(text)
    assert set(match.text) <= set(ALPHABET)
    assert normalise(match.text) == match.text
    assert all(normalise(shown) == match.text for shown in match.displays)
    assert (match.pattern is not None) == strict(match.text)


@given(st.sampled_from(sorted(PATTERNS)), st.data())
def test_texts_drawn_from_a_pattern_fit_it(name: str, data: st.DataObject) -> None:
    text = data.draw(st.from_regex(PATTERNS[name].compiled(), fullmatch=True).map(normalise))
    if PATTERNS[name].compiled().fullmatch(text):  # \d also draws digits of other scripts
        assert name in classify(text).candidates
        assert len(text) <= MAX_LENGTH
