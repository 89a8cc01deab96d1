"""The reader's logic, on made-up network outputs. No weights are needed."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ioc.core.errors import InputError, ModelError
from ioc.core.plates import ALPHABET, MAX_LENGTH, Flag
from ioc.core.types import Box
from models.plate_colour import plate_colour
from models.plate_reader import (
    CLASSES,
    HEIGHT,
    WIDTH,
    PlateReader,
    cut_plate,
    postprocess,
    preprocess,
    probabilities,
    readings,
    widen,
)

Picture = NDArray[np.uint8]


def output(text: str, upper: int = 0, doubts: dict[int, dict[str, float]] | None = None) -> NDArray[np.float32]:
    """Network output (10, 39) that holds ``text``; ``doubts`` gives probabilities of the characters of a slot."""
    shares = np.full((MAX_LENGTH, CLASSES), 1e-6)
    for slot in range(MAX_LENGTH):
        if slot < len(text):
            shares[slot, ALPHABET.index(text[slot])] = 0.999
        else:
            shares[slot, -1] = 0.999
    for slot, options in (doubts or {}).items():
        shares[slot] = 1e-6
        for char, share in options.items():
            shares[slot, ALPHABET.index(char) if char else CLASSES - 1] = share
    line = np.array([[8.0 if upper and slot >= upper else -8.0] for slot in range(MAX_LENGTH)])
    return np.concatenate([np.log(shares), line], axis=1).astype(np.float32)


class FakeRunner:
    """Gives the same prepared outputs for every crop and remembers the sizes of its batches."""

    def __init__(self, one: NDArray[np.float32]) -> None:
        self.one = one
        self.batches: list[tuple[int, ...]] = []

    def run(self, array: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        self.batches.append(array.shape)
        return [np.repeat(self.one[None], len(array), axis=0)]


def grey_crop(height: int = 40, width: int = 90, level: int = 128) -> Picture:
    return np.full((height, width, 3), level, np.uint8)


def test_a_clear_plate_keeps_its_text_and_gets_its_pattern_and_lines() -> None:
    reading = postprocess(output("98B112345", upper=4))
    assert (reading.text, reading.raw, reading.pattern) == ("98B112345", "98B112345", "MOTO_DIGIT")
    assert (reading.lines, reading.upper) == (2, 4)
    assert len(reading.characters) == 9
    assert min(reading.characters) > 0.99
    assert reading.confidence > 0.99
    assert reading.unreadable is None


def test_the_line_break_settles_what_the_text_leaves_open() -> None:
    assert postprocess(output("98A12345", upper=3)).pattern == "CAR"
    assert postprocess(output("98A12345", upper=4)).pattern == "MOTO_OLD4"
    assert postprocess(output("98A12345")).pattern == "CAR"
    assert Flag.AMBIGUOUS not in postprocess(output("98A12345")).flags


def test_a_line_break_counted_wrongly_does_not_hide_the_pattern() -> None:
    reading = postprocess(output("98B112345", upper=5))
    assert reading.pattern == "MOTO_DIGIT"
    assert Flag.CONTEXT_CONFLICT not in reading.flags


def test_the_grammar_decides_between_close_readings_and_keeps_both() -> None:
    reading = postprocess(output("98I12345", doubts={2: {"I": 0.6, "T": 0.39}}))
    assert (reading.raw, reading.text) == ("98I12345", "98T12345")
    assert reading.alternatives[0][0] == "98I12345"
    assert reading.confidence + sum(share for _, share in reading.alternatives) <= 1.0 + 1e-9


def test_a_clear_reading_is_never_forced_into_a_pattern() -> None:
    reading = postprocess(output("98I12345", doubts={2: {"I": 0.97, "T": 0.02}}))
    assert (reading.text, reading.pattern) == ("98I12345", None)
    assert Flag.UNUSED_LETTER in reading.flags
    assert postprocess(output("ABC1234")).text == "ABC1234"


def test_a_character_that_may_be_missing_gives_both_lengths() -> None:
    found = [path.text for path in readings(probabilities(output("98C1234", doubts={6: {"4": 0.6, "": 0.39}})[None])[0])]
    assert found[:2] == ["98C1234", "98C123"]


def test_nothing_seen_is_said() -> None:
    reading = postprocess(output(""))
    assert (reading.text, reading.unreadable, reading.confidence) == ("", "no character seen", 0.0)


def test_crops_are_read_in_batches_and_in_order() -> None:
    runner = FakeRunner(output("98A12345"))
    crops = [grey_crop(), grey_crop(1, 1), grey_crop(), grey_crop(200, 300), grey_crop(7, 60)]
    answers = PlateReader(runner, batch=2).read(crops)
    assert [a.unreadable is None for a in answers] == [True, False, True, True, False]
    assert "smaller than" in (answers[1].unreadable or "")
    assert runner.batches == [(2, 1, HEIGHT, WIDTH), (1, 1, HEIGHT, WIDTH)]
    assert PlateReader(runner).read([]) == []


@pytest.mark.parametrize(
    "crop",
    [
        np.zeros((40, 90), np.uint8),  # grey
        np.zeros((40, 90, 4), np.uint8),  # with alpha
        np.zeros((0, 90, 3), np.uint8),  # empty
        np.zeros((40, 90, 3), np.float32),
    ],
)
def test_what_is_no_bgr_picture_is_refused(crop: Picture) -> None:
    with pytest.raises(InputError):
        PlateReader(FakeRunner(output("98A12345"))).read([grey_crop(), crop])
    with pytest.raises(InputError):
        preprocess(crop)


@pytest.mark.parametrize(
    "broken",
    [
        np.zeros((1, MAX_LENGTH, CLASSES), np.float32),
        np.zeros((1, CLASSES + 1), np.float32),
        np.full((1, MAX_LENGTH, CLASSES + 1), np.nan, np.float32),
    ],
)
def test_a_network_that_does_not_fit_is_an_error(broken: NDArray[np.float32]) -> None:
    with pytest.raises(ModelError):
        probabilities(broken)


def test_preprocessing_changes_neither_crop_nor_range() -> None:
    crop = np.arange(40 * 90 * 3, dtype=np.uint32).reshape(40, 90, 3).astype(np.uint8)
    before = crop.copy()
    array = preprocess(crop)
    assert array.shape == (1, HEIGHT, WIDTH)
    assert array.dtype == np.float32
    assert 0 <= array.min() <= array.max() <= 255
    assert np.array_equal(crop, before)


@pytest.mark.parametrize(
    ("box", "shape"),
    [
        (Box(0.25, 0.25, 0.5, 0.5), (27, 54)),
        (Box(0.0, 0.0, 1.0, 1.0), (100, 200)),
        (Box(1.0, 1.0, 1.0, 1.0), (1, 1)),
        (Box(0.5, 0.5, 0.5, 0.5), (1, 1)),
    ],
)
def test_cut_plate_stays_in_the_picture(box: Box, shape: tuple[int, int]) -> None:
    assert cut_plate(np.zeros((100, 200, 3), np.uint8), box).shape[:2] == shape


def test_a_tight_crop_is_widened_by_its_own_border() -> None:
    wide = widen(grey_crop(40, 90, level=7))
    assert wide.shape == (42, 96, 3)
    assert (wide == 7).all()
    assert widen(grey_crop(1, 1)).shape == (3, 3, 3)


@pytest.mark.parametrize(
    ("paper", "colour"),
    [
        ((235, 235, 235), "white"),
        ((20, 190, 245), "yellow"),
        ((150, 70, 20), "blue"),
        ((40, 30, 190), "red"),
        ((190, 190, 240), "white"),  # a brake light on white paper
        ((12, 14, 13), None),
    ],
)
def test_colour_of_the_paper(paper: tuple[int, int, int], colour: str | None) -> None:
    crop = np.empty((40, 120, 3), np.uint8)
    crop[:] = paper
    crop[12:28, 20:100:8] = 20 if sum(paper) > 400 else 235
    if colour is None:
        crop[:] = paper
    assert plate_colour(crop) == colour
