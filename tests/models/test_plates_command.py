"""``ioc plates`` as a user calls it, on plates that this project renders."""

from __future__ import annotations

import io
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result
from numpy.typing import NDArray
from rich.console import Console

from ioc.cli import discover
from ioc.core.plates import PATTERNS
from ioc.core.types import Box
from models.pictures import read_picture
from models.plate_reader import PlateReading
from models.plate_stills import StillPlate
from models.plates_command import COLOUR_WORDS, FAILED, PATTERN_WORDS, Looked, pictures_in, plates, table

RENDERED = Path(__file__).with_name("plates")
WIDE = {"COLUMNS": "240"}


def street(*names: str) -> NDArray[np.uint8]:
    """A grey street with rendered plates side by side on dark patches, (360, 640, 3)."""
    image = np.full((360, 640, 3), 70, np.uint8)
    for number, name in enumerate(names):
        crop = read_picture(RENDERED / f"{name}.png")
        height = 28 if "_1_" in name else 46
        width = round(crop.shape[1] * height / crop.shape[0])
        x = 60 + 300 * number
        cv2.rectangle(image, (x - 40, 120), (x + width + 40, 330), (40, 30, 90), -1)
        image[240 : 240 + height, x : x + width] = cv2.resize(crop, (width, height), interpolation=cv2.INTER_AREA)
    return image


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one street of two plates, a grey one, one with an alpha channel, and a single pixel."""
    car = street("98A12345_1_white", "59H124680_2_white")
    cv2.imwrite(str(tmp_path / "a.png"), car)
    (tmp_path / "inner").mkdir()
    cv2.imwrite(str(tmp_path / "inner" / "grey.png"), cv2.cvtColor(street("98A12345_1_white"), cv2.COLOR_BGR2GRAY))
    cv2.imwrite(str(tmp_path / "inner" / "rgba.png"), cv2.cvtColor(street("15MDD201658_2_white"), cv2.COLOR_BGR2BGRA))
    cv2.imwrite(str(tmp_path / "pixel.png"), np.zeros((1, 1, 3), np.uint8))
    return tmp_path


def run(*args: object) -> Result:
    return CliRunner().invoke(plates, [str(arg) for arg in args], env=WIDE, catch_exceptions=False)


def test_the_command_is_found() -> None:
    assert discover()["plates"].value == "models.plates_command:plates"


def test_a_folder_as_json_gives_each_picture_its_line(folder: Path) -> None:
    result = run(folder, "--json")
    assert result.exit_code == 0
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    texts = {Path(line["file"]).name: [plate["text"] for plate in line["plates"]] for line in lines}
    assert texts == {
        "a.png": ["98A12345", "59H124680"],
        "grey.png": ["98A12345"],
        "rgba.png": ["15MĐ201658"],
        "pixel.png": [],
    }
    car, bike = lines[0]["plates"]
    assert (car["written"], car["pattern"], car["colour"], car["lines"]) == ("98A-123.45", "CAR", "white", 1)
    assert (bike["written"], bike["pattern"], bike["lines"]) == ("59-H1 246.80", "MOTO_DIGIT", 2)
    x1, y1, x2, y2 = car["box_px"]
    assert (lines[0]["width"], lines[0]["height"]) == (640, 360)
    assert 50 < x1 < 70
    assert 230 < y1 < 250
    assert 262 < y2 < 276
    assert car["box"][0] == pytest.approx(x1 / 640, abs=1e-3)
    assert 0.5 < car["confidence"] <= 1
    assert x2 - x1 > 2 * (y2 - y1)


def test_the_table_shows_plates_as_written_and_pictures_without_any(folder: Path) -> None:
    result = run(folder)
    assert result.exit_code == 0
    shown = result.stdout
    for word in ("98A-123.45", "59-H1 246.80", "15-MĐ2 016.58", "ô tô / car", "xe máy điện", "trắng / white"):
        assert word in shown
    (row,) = [line for line in shown.splitlines() if "pixel.png" in line]
    assert "không có / none" in row


def test_a_bad_file_is_named_at_the_end_and_the_others_are_done(folder: Path) -> None:
    (folder / "broken.jpg").write_bytes(b"\xff\xd8 no picture")
    (folder / "notes.txt").write_text("beside the pictures")
    result = run(folder, folder / "absent.png", "--json")
    assert result.exit_code == FAILED
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(lines) == 6
    assert {Path(line["file"]).name for line in lines if "error" in line} == {"broken.jpg", "absent.png"}
    assert sum(len(line.get("plates", ())) for line in lines) == 4
    said = result.stderr
    assert f"{folder / 'broken.jpg'}: the picture is truncated" in said
    assert f"{folder / 'absent.png'}: cannot be read" in said
    assert f"{folder / 'notes.txt'}: bỏ qua" in said
    assert "2/6" in said


def test_a_folder_without_pictures_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "only.txt").write_text("")
    result = run(tmp_path)
    assert result.exit_code == FAILED
    assert f"{tmp_path}: không có ảnh nào / holds no picture" in result.stderr
    assert "LỖI / ERROR" in result.stdout


def test_the_sheet_shows_the_boxes_and_leaves_the_pictures_alone(folder: Path) -> None:
    before = (folder / "a.png").read_bytes()
    sheet = folder / "sheet.png"
    assert run(folder / "a.png", "--sheet", sheet).exit_code == 0
    drawn = read_picture(sheet)
    green = (drawn == (80, 220, 60)).all(axis=2)
    assert green.sum() > 500  # two frames and their labels
    assert (folder / "a.png").read_bytes() == before


@pytest.mark.parametrize(
    ("name", "message"), [("sheet.txt", "has the suffix '.txt'"), ("no/sheet.jpg", "cannot be written")]
)
def test_a_sheet_that_cannot_be_written_is_told(folder: Path, name: str, message: str) -> None:
    result = CliRunner().invoke(plates, [str(folder / "pixel.png"), "--sheet", str(folder / name)], env=WIDE)
    assert message in str(result.exception)
    assert "không có / none" in result.stdout  # what was found is not lost with it


def test_a_picture_given_twice_is_looked_at_once(folder: Path) -> None:
    files, other = pictures_in([folder, folder / "a.png"])
    assert [path.name for path in files] == ["a.png", "grey.png", "rgba.png", "pixel.png"]
    assert other == []


def test_every_pattern_and_colour_has_words() -> None:
    assert set(PATTERN_WORDS) == set(PATTERNS)
    assert set(COLOUR_WORDS) == {colour for pattern in PATTERNS.values() for colour in pattern.colours}


@pytest.mark.parametrize(
    ("confidence", "written"),
    [(0.5, "98A-123.45  "), (0.49, "98A-123.45 ? "), (0.3, "98A-123.45 ? "), (0.29, "98A-123.45 ??")],
)
def test_an_unsure_reading_is_marked(confidence: float, written: str) -> None:
    reading = PlateReading(
        text="98A12345", raw="98A12345", confidence=confidence, characters=(0.9,) * 8, alternatives=(), pattern="CAR",
        flags=frozenset(), lines=1, upper=0, colour=None,
    )  # fmt: skip
    looked = [Looked(Path("a.png"), (100, 100), (StillPlate(Box(0.1, 0.1, 0.5, 0.2), 0.9, None, reading),))]
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(table(looked))
    shown = console.export_text()
    assert written in shown
    assert "confidence below 0.5" in shown
    assert "below 0.3, perhaps no plate" in shown


def test_a_narrow_terminal_still_tells_the_pictures_apart() -> None:
    names = [f"a_rather_long_name_of_a_picture_{number}.png" for number in (1, 2)]
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(table([Looked(Path("shots") / name, (10, 10)) for name in names]))
    first = "".join(line.split("│")[1].strip() for line in console.export_text().splitlines() if line.count("│") > 5)
    assert first == "".join(names)
