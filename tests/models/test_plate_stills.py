"""Where plates of still pictures are looked for, and on what they hang; networks that see what a script says."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ioc.core.types import Box, Detection
from models.plate_reader import PlateReading
from models.plate_sheet import MOST, PlateSheet
from models.plate_stills import distinct, owner_of, plates_of
from tests.fakes.plates import ScriptedReader
from tests.fakes.vision import ScriptedDetector

Picture = NDArray[np.uint8]
CAR = Detection("car", 0.9, Box(0.1, 0.2, 0.5, 0.8))
BIKE = Detection("motorcycle", 0.8, Box(0.3, 0.5, 0.4, 0.8))
PERSON = Detection("person", 0.9, Box(0.6, 0.2, 0.9, 0.9))


class Finder:
    """Sees ``whole`` on whole pictures and ``crop`` on every vehicle's crop."""

    size, crop_size = 640, 320

    def __init__(self, whole: list[Detection], crop: list[Detection]) -> None:
        self.whole, self.crop = whole, crop
        self.crops: list[tuple[int, ...]] = []

    def find(self, image: Picture, *, vehicle: bool = False) -> list[Detection]:
        if vehicle:
            self.crops.append(image.shape)
        return self.crop if vehicle else self.whole


def look(finder: Finder, *vehicles: Detection, shape: tuple[int, int] = (1080, 1920)) -> list[tuple[str | None, Box]]:
    street = ScriptedDetector(lambda call: list(vehicles))
    image = np.zeros((*shape, 3), np.uint8)
    return [(plate.vehicle, plate.box) for plate in plates_of(image, finder, ScriptedReader(), street)]


def test_a_small_vehicle_is_looked_at_with_more_pixels_and_its_plate_lies_in_the_whole_picture() -> None:
    finder = Finder([], [Detection("plate", 0.9, Box(0.25, 0.5, 0.75, 0.75))])
    small = Detection("car", 0.9, Box(0.5, 0.5, 0.6, 0.7))
    ((vehicle, box),) = look(finder, small)
    assert vehicle == "car"
    assert box.centre == pytest.approx((0.55, 0.49 + 0.22 * 0.625), abs=0.005)
    assert small.box.x1 < box.x1 < box.x2 < small.box.x2
    assert len(finder.crops) == 1


@pytest.mark.parametrize(
    ("seen", "shape"),
    [
        (Detection("car", 0.9, Box(0.0, 0.0, 1.0, 1.0)), (1080, 1920)),  # fills the picture: the crop shows no more
        (Detection("car", 0.9, Box(0.5, 0.5, 0.505, 0.51)), (1080, 1920)),  # ten pixels
        (PERSON, (1080, 1920)),
        (CAR, (120, 160)),  # a small picture is enlarged already
    ],
)
def test_crops_that_would_show_no_more_are_not_looked_at(seen: Detection, shape: tuple[int, int]) -> None:
    finder = Finder([], [Detection("plate", 0.9, Box(0.4, 0.4, 0.6, 0.6))])
    assert look(finder, seen, shape=shape) == []
    assert finder.crops == []


def test_a_plate_seen_twice_is_one() -> None:
    sure, again = Detection("plate", 0.9, Box(0.1, 0.1, 0.2, 0.2)), Detection("plate", 0.6, Box(0.11, 0.1, 0.21, 0.2))
    other = Detection("plate", 0.5, Box(0.5, 0.1, 0.6, 0.2))
    assert distinct([again, other, sure]) == [sure, other]


def test_a_plate_hangs_on_the_two_wheeler_before_the_car() -> None:
    plate = Box(0.33, 0.7, 0.37, 0.74)
    assert owner_of(plate, [CAR, BIKE]) == BIKE
    assert owner_of(plate, [CAR]) == CAR
    assert owner_of(Box(0.25, 0.7, 0.45, 0.74), [CAR, BIKE]) == CAR  # wider than the motorcycle
    assert owner_of(Box(0.9, 0.9, 0.95, 0.95), [CAR, BIKE]) is None


def test_the_reader_is_told_what_the_plate_hangs_on() -> None:
    reader = ScriptedReader()
    found = [Detection("plate", 0.9, Box(0.33, 0.7, 0.37, 0.74)), Detection("plate", 0.9, Box(0.9, 0.1, 0.95, 0.15))]
    street = ScriptedDetector(lambda call: [CAR, BIKE])
    read = plates_of(np.zeros((400, 400, 3), np.uint8), Finder(found, []), reader, street)
    assert reader.motorcycles == [None, True]  # from the top down
    assert [plate.vehicle for plate in read] == [None, "motorcycle"]


def test_what_cannot_be_read_is_said_and_not_hidden() -> None:
    found = [Detection("plate", 0.9, Box(0.3, 0.7, 0.4, 0.74))]
    (plate,) = plates_of(
        np.zeros((200, 200, 3), np.uint8), Finder(found, []), ScriptedReader(lambda crop: None), ScriptedDetector()
    )
    reading: PlateReading = plate.reading
    assert plate.written == ""
    assert plate.to_json(200, 200)["unreadable"] == reading.unreadable == "no character seen"


def test_a_full_sheet_counts_what_it_leaves_out() -> None:
    sheet = PlateSheet(MOST + 2)
    for number in range(MOST + 2):
        sheet.add(f"{number}.png", np.zeros((4, 4, 3), np.uint8), [])
    assert sheet.left_out == 2
