"""The harness's plate tasks: data sets, figures, and end to end with fakes of both networks."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from ioc.core.errors import InputError
from ioc.core.types import Box
from models.evaluation import TASKS, find_task
from models.plate_data import read_plates
from models.plate_metrics import Read, edits, reading_figures, reading_tables
from models.plate_reader import PlateReading, unreadable

HEAD = "image,text,is_crop,boxes_xyxy,check,cv_fold\n"


def reading(text: str, confidence: float, raw: str | None = None) -> PlateReading:
    return PlateReading(
        text=text,
        raw=raw or text,
        confidence=confidence,
        characters=(confidence,) * len(text),
        alternatives=(),
        pattern=None,
        flags=frozenset(),
        lines=1,
        upper=0,
        colour=None,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "gate" / "images").mkdir(parents=True)
    for name in ("a", "b", "c"):
        cv2.imwrite(str(tmp_path / "gate" / "images" / f"{name}.png"), np.zeros((40, 60, 3), np.uint8))
    (tmp_path / "texts.csv").write_text(
        HEAD
        + 'gate/images/a.png,98A-123.45,0,"10,10,30,20",human_only,0\n'
        + 'gate/images/b.png,98B1 123.45;98C-1234,0,"1,1,9,9;20,20,50,30",ocr_agrees,1\n'
        + "gate/images/c.png,98MĐ101658,1,,uncertain,0\n",
        encoding="utf-8",
    )
    return tmp_path


def test_plates_of_a_folder_its_parent_and_a_fold(folder: Path) -> None:
    both = read_plates(folder / "gate")
    assert [picture.texts for picture in both.pictures] == [("98A12345",), ("98B112345", "98C1234")]
    assert both.pictures[1].boxes[1] == (20, 20, 50, 30)
    assert both.uncertain == 1
    assert read_plates(folder).pictures == both.pictures
    assert [p.image.stem for p in read_plates(folder, fold=1).pictures] == ["b"]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('gate/images/a.png,98A12345,0,"10,10,5,20",,0', "texts.csv:2.*empty"),
        ('gate/images/a.png,98A12345,0,"10,10,5",,0', "texts.csv:2.*x1,y1,x2,y2"),
        ('gate/images/a.png,---,0,"1,1,5,5",,0', "texts.csv:2.*no plate characters"),
        ('gate/images/a.png,98A;98B,0,"1,1,5,5",,0', "texts.csv:2.*1 boxes for 2 texts"),
        ("gate/images/a.png,98A12345,yes,,,0", "texts.csv:2.*is_crop"),
        ("gate/images/a.png,98A12345", "texts.csv:2.*fields"),
        ("gate/images/none.png,98A12345,1,,,0", "texts.csv:2.*no picture"),
        ("gate/images/a.png,98A12345,1,,,x", "texts.csv:2.*cv_fold"),
        ("gate/images/a.png,98A12345,1,,,3", "no picture below .* in fold 0"),
    ],
)
def test_a_broken_line_is_named(folder: Path, line: str, problem: str) -> None:
    (folder / "texts.csv").write_text(HEAD + line + "\n", encoding="utf-8")
    with pytest.raises(InputError, match=problem):
        read_plates(folder, fold=0)


def test_a_folder_without_texts_or_columns_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no texts\.csv"):
        read_plates(tmp_path / "x")
    (tmp_path / "texts.csv").write_text("image,text\n")
    with pytest.raises(InputError, match="lacks the column is_crop"):
        read_plates(tmp_path)


@pytest.mark.parametrize(
    ("truth", "said", "pairs"),
    [
        ("98A12345", "98A12345", []),
        ("98A12345", "98A12845", [("3", "8")]),
        ("98A12345", "98A1234", [("5", "-")]),
        ("98A1234", "98A12345", [("-", "5")]),
        ("98A", "", [("9", "-"), ("8", "-"), ("A", "-")]),
    ],
)
def test_edits(truth: str, said: str, pairs: list[tuple[str, str]]) -> None:
    assert edits(truth, said) == pairs


def test_figures_of_readings() -> None:
    where = (Path("x.png"), "gate")
    box = Box(0, 0, 1, 1)
    reads = [
        Read(*where, "98A12345", reading("98A12345", 0.99), box),
        Read(*where, "98A12345", reading("98A12845", 0.95), box),
        Read(*where, "98T12345", reading("98T12345", 0.6, raw="98I12345"), box),
        Read(*where, "98A12345", None, box),
        Read(*where, "98A12345", unreadable("too small"), box),
    ]
    figures = reading_figures(reads)
    assert figures["exact"] == 2 / 5
    assert figures["exact_without_grammar"] == 1 / 5
    assert figures["character_error"] == (1 + 8 + 8) / 40
    assert figures["not_found_or_unreadable"] == 2
    assert figures["share_at_0.9"] == 2 / 5
    assert figures["precision_at_0.9"] == 1 / 2
    tables = {table.title: table for table in reading_tables(reads)}
    assert ("3", "8", 1) in tables["confusions"].rows
    assert tables["lines"].rows[0][:2] == ("1 lines", 3)
    assert sum(int(row[1] or 0) for row in tables["calibration"].rows) == 4


def test_figures_of_nothing_are_none() -> None:
    assert reading_figures([])["exact"] is None
    assert reading_figures([])["calibration_error"] is None


@pytest.mark.parametrize("task", ["plates", "plates-find", "plates-read"])
def test_the_harness_knows_the_tasks(task: str) -> None:
    assert task in TASKS
    assert callable(find_task(task))
