"""The benchmark of plates: what counts as read, wrong and doubled, and which clips there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.footage import DATA
from benchmarks.plates import Known, drawn, filmed, judge, measure

KNOWN = Known(Path("x.mp4"), frozenset({"98A12345", "59K134074"}), ("88F1",))


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ([], (0, 0, 0)),
        (["98A12345"], (1, 0, 0)),
        (["98A12345", "59K134074", "98A12345"], (2, 0, 1)),
        (["98A12346", "88F158812"], (0, 1, 0)),  # a misread is wrong; a faint plate is neither right nor wrong
    ],
)
def test_judging(told, expected):
    assert judge(KNOWN, told) == expected


def test_sample_clips_count_with_legible_plates_only():
    for known in drawn():
        assert known.texts
        assert known.video.is_file()
        assert not known.texts & set(known.faint)


@pytest.mark.skipif(not DATA.is_dir(), reason=f"the development data is not at {DATA}")
def test_parked_motorbikes_of_a_real_clip_are_read():
    known = next(k for k in filmed() if k.texts)
    assert len(known.texts) == 8
    assert known.faint
    score = measure(known, rate=4.0, look_size=640)
    assert score.exact >= 6
    assert (score.wrong, score.doubled) == (0, 0)
    assert score.looks > 20
    assert score.cpu_ms_per_look is not None


def test_without_the_data_there_are_no_real_clips(tmp_path):
    assert filmed(tmp_path) == []
