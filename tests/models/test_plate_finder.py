"""The finder's logic, on made-up network outputs. No weights are needed."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ioc.core.errors import InputError, ModelError
from models.plate_finder import PlateFinder, working_size

Picture = NDArray[np.uint8]


class FakeRunner:
    """Sees one plate at fixed pixels of its input, twice, and a weak one beside."""

    def __init__(self, rows: list[tuple[float, float, float, float, float]]) -> None:
        self.rows = rows
        self.shapes: list[tuple[int, ...]] = []

    def run(self, array: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        self.shapes.append(array.shape)
        return [np.array(self.rows, np.float32).T[None]]


ROWS = [(160.0, 80.0, 64.0, 32.0, 0.9), (162.0, 81.0, 64.0, 32.0, 0.8), (40.0, 40.0, 20.0, 10.0, 0.2)]


def test_overlapping_finds_are_one_plate_in_unit_coordinates() -> None:
    runner = FakeRunner(ROWS)
    found = PlateFinder(runner, size=320).find(np.zeros((160, 320, 3), np.uint8))
    assert [d.label for d in found] == ["plate"]
    assert found[0].confidence == pytest.approx(0.9)
    assert found[0].box.as_tuple() == pytest.approx((128 / 320, 64 / 160, 192 / 320, 96 / 160))
    assert runner.shapes == [(1, 3, 160, 320)]


def test_a_vehicle_is_looked_at_with_fewer_pixels_than_a_street() -> None:
    runner = FakeRunner(ROWS)
    finder = PlateFinder(runner, size=640, crop_size=256)
    street = np.zeros((720, 1280, 3), np.uint8)
    finder.find(street)
    finder.find(street, vehicle=True)
    assert runner.shapes == [(1, 3, 384, 640), (1, 3, 160, 256)]


@pytest.mark.parametrize(
    ("shape", "size", "expected"),
    [
        ((720, 1280, 3), 640, 640),
        ((100, 100, 3), 640, 224),  # twice as large, rounded up to a multiple of 32
        ((1, 1, 3), 640, 64),
        ((472, 303, 3), 320, 320),
    ],
)
def test_small_pictures_are_not_blown_up(shape: tuple[int, ...], size: int, expected: int) -> None:
    assert working_size(np.zeros(shape, np.uint8), size) == expected


def test_one_pixel_is_a_picture_without_plates() -> None:
    assert PlateFinder(FakeRunner([(8, 8, 2, 2, 0.1)])).find(np.zeros((1, 1, 3), np.uint8)) == []


@pytest.mark.parametrize("shape", [(40, 90), (40, 90, 4), (0, 90, 3)])
def test_what_is_no_bgr_picture_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError):
        PlateFinder(FakeRunner(ROWS)).find(np.zeros(shape, np.uint8))


def test_a_size_that_is_no_multiple_of_the_stride_is_refused() -> None:
    with pytest.raises(ModelError, match="multiple of 32"):
        PlateFinder(FakeRunner(ROWS), size=300)
