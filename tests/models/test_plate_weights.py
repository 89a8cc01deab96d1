"""The shipped plate networks: they load, fit their code, and read plates drawn here and, where it lies, real data."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from ioc.core.plates import ALPHABET
from ioc.core.types import Box
from models.manifest import read_manifest
from models.pictures import read_picture
from models.plate_catalog import FINDER, READER, open_plate_finder, open_plate_reader, read_plates_of
from models.plate_data import PlateSet, read_plates
from models.plate_finder import PlateFinder
from models.plate_reader import PlateReader, cut_plate, widen

DATA = Path(__file__).parents[3] / "shared" / "data" / "plates"
HELD_OUT = 0
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"the development data is not at {DATA}")


@pytest.fixture(scope="module")
def finder() -> PlateFinder:
    return open_plate_finder()


@pytest.fixture(scope="module")
def reader() -> PlateReader:
    return open_plate_reader()


RENDERED = sorted(Path(__file__).with_name("plates").glob("*.png"))
"""Made-up plates by this project's renderer: TEXT_LINES_COLOUR.png, Đ written DD."""


def test_the_shipped_files_fit_the_manifest() -> None:
    entries = read_manifest()
    assert entries[READER].labels == tuple(ALPHABET)
    assert entries[FINDER].labels == ("plate",)
    for name in (FINDER, READER):
        assert entries[name].card is not None
        assert entries[name].card.is_file()
        sums = entries[name].training.read_text().split() if entries[name].training else []
        assert sums
        assert all(len(line) == 64 for line in sums)


@pytest.mark.parametrize("path", RENDERED, ids=lambda path: path.stem)
def test_rendered_plates_are_read(reader: PlateReader, path: Path) -> None:
    text, lines, colour = path.stem.split("_")
    (reading,) = reader.read([read_picture(path)])
    assert (reading.text, reading.lines, reading.colour) == (text.replace("DD", "Đ"), int(lines), colour)
    assert reading.pattern is not None


def test_one_crop_and_a_batch_read_alike(reader: PlateReader) -> None:
    crops = [*map(read_picture, RENDERED), np.zeros((1, 1, 3), np.uint8)]
    together = reader.read(crops)
    alone = [reader.read([crop])[0] for crop in crops]
    assert [r.text for r in together] == [r.text for r in alone]
    assert together[-1].unreadable


def test_an_empty_street_has_no_plate(finder: PlateFinder) -> None:
    assert finder.find(np.full((360, 640, 3), 120, np.uint8)) == []


@pytest.mark.parametrize(("name", "width", "height"), [("98A12345_1_white", 120, 28), ("59H124680_2_white", 64, 46)])
def test_a_plate_is_found_where_it_hangs(finder: PlateFinder, name: str, width: int, height: int) -> None:
    street = np.full((360, 640, 3), 70, np.uint8)
    cv2.rectangle(street, (180, 60), (460, 320), (40, 30, 90), -1)
    path = next(path for path in RENDERED if path.stem == name)
    street[240 : 240 + height, 250 : 250 + width] = cv2.resize(
        read_picture(path), (width, height), interpolation=cv2.INTER_AREA
    )
    found = finder.find(street)
    assert len(found) == 1
    assert found[0].box.iou(Box(250 / 640, 240 / 360, (250 + width) / 640, (240 + height) / 360)) > 0.6


def held_out(folder: str, count: int) -> PlateSet:
    plates = read_plates(DATA / folder, fold=HELD_OUT)
    step = max(1, len(plates.pictures) // count)
    return PlateSet(plates.pictures[::step], plates.uncertain)


@needs_data
@pytest.mark.parametrize(
    ("folder", "least"), [("vn_greenparking", 0.9), ("vn_pbl4_oneline", 0.9), ("vn_vitocolerole", 0.85)]
)
def test_held_out_plates_are_read(reader: PlateReader, folder: str, least: float) -> None:
    right, total = 0, 0
    for picture in held_out(folder, 60).pictures:
        image = read_picture(picture.image)
        height, width = image.shape[:2]
        boxes = [Box(x1 / width, y1 / height, x2 / width, y2 / height) for x1, y1, x2, y2 in picture.boxes]
        crops = [cut_plate(image, box) for box in boxes] or [widen(image)]
        right += sum(r.text == text for r, text in zip(reader.read(crops), picture.texts, strict=True))
        total += len(crops)
    assert right / total >= least


@needs_data
def test_held_out_gate_pictures_end_to_end(finder: PlateFinder, reader: PlateReader) -> None:
    pictures = held_out("vn_greenparking", 40).pictures
    right = sum(
        picture.texts[0] in {r.text for _, r in read_plates_of(read_picture(picture.image), finder, reader)}
        for picture in pictures
    )
    assert right / len(pictures) >= 0.85
