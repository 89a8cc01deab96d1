"""Tiles: where they lie, what they cut, and that an object seen in several is one."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ioc.core.errors import InputError, ModelError
from models.tiles import TiledDetector, is_cut, merge, tile_corners, without_parts
from models.yolo import Raw, StreetDetector


@pytest.mark.parametrize(
    ("width", "height", "k", "overlap"), [(768, 432, 2, 0.2), (768, 432, 3, 0.25), (100, 50, 1, 0.0), (3, 3, 4, 0.2)]
)
def test_tiles_cover_the_picture(width: int, height: int, k: int, overlap: float) -> None:
    tiles = tile_corners(width, height, k, overlap)
    assert len(tiles) == k * k
    seen = np.zeros((height, width), bool)
    for x1, y1, x2, y2 in tiles:
        assert 0 <= x1 < x2 <= width
        assert 0 <= y1 < y2 <= height
        seen[y1:y2, x1:x2] = True
    assert seen.all()


def test_neighbours_overlap_as_wanted() -> None:
    first, second, *_ = tile_corners(1000, 500, 2, 0.2)
    assert (first[2] - second[0]) / (first[2] - first[0]) == pytest.approx(0.2, abs=0.01)


@pytest.mark.parametrize(("k", "overlap"), [(0, 0.2), (2, 1.0), (2, -0.1)])
def test_tiles_that_cannot_be(k: int, overlap: float) -> None:
    with pytest.raises(ModelError, match="tiles need"):
        tile_corners(100, 100, k, overlap)


def test_only_inner_borders_cut() -> None:
    boxes = np.array([[0, 10, 20, 30], [30, 10, 60, 30], [30, 10, 50, 30], [10, 40, 20, 60]], np.float32)
    tile = (0, 0, 60, 60)
    assert is_cut(boxes, tile, 100, 60).tolist() == [False, True, False, False]
    assert is_cut(boxes, tile, 60, 100).tolist() == [False, False, False, True]


def raw(*rows: tuple[float, float, float, float, float, int]) -> Raw:
    array = np.array(rows, np.float32).reshape(-1, 6)
    return Raw(array[:, :4].copy(), array[:, 4].copy(), array[:, 5].astype(np.intp))


@pytest.mark.parametrize(
    ("rows", "cut", "kept"),
    [
        # a whole car and its two halves from two tiles
        ([(0, 0, 100, 40, 0.5, 3), (0, 0, 50, 40, 0.9, 3), (50, 0, 100, 40, 0.8, 3)], [0, 1, 1], {0}),
        # two parts alone, the larger one holds most of the smaller
        ([(0, 0, 60, 40, 0.5, 3), (40, 0, 60, 40, 0.9, 3)], [1, 1], {0}),
        # two parts beside each other: nothing says that they are one
        ([(0, 0, 50, 40, 0.5, 3), (50, 0, 90, 40, 0.9, 3)], [1, 1], {0, 1}),
        # a cut person before a whole car stays: another group
        ([(0, 0, 100, 40, 0.5, 3), (10, 0, 30, 40, 0.6, 0)], [0, 1], {0, 1}),
        # a small whole person before a large whole one stays
        ([(0, 0, 100, 200, 0.5, 0), (10, 100, 40, 180, 0.6, 0)], [0, 0], {0, 1}),
        ([], [], set()),
    ],
)
def test_merging(rows: list[tuple[float, float, float, float, float, int]], cut: list[int], kept: set[int]) -> None:
    found = merge(raw(*rows), np.array(cut, bool), (0, 1, 1, 3, 3, 3), iou=0.6)
    assert {tuple(box) for box in found.boxes.tolist()} == {rows[i][:4] for i in kept}


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        ([(0, 0, 50, 150, 0.5, 0), (5, 0, 45, 60, 0.9, 0)], {1}),  # a bust in its person: the surer
        ([(0, 0, 50, 150, 0.9, 0), (5, 70, 45, 148, 0.5, 0)], {0}),  # the legs
        ([(0, 0, 50, 150, 0.9, 0), (30, 2, 60, 140, 0.5, 0)], {0, 1}),  # somebody half behind another
        ([(0, 0, 100, 150, 0.9, 0), (75, 5, 98, 60, 0.5, 0)], {0, 1}),  # a head over a shoulder
        ([(0, 0, 50, 150, 0.9, 0), (5, 0, 45, 60, 0.5, 3)], {0, 1}),  # not a person
        ([(0, 0, 50, 150, 0.9, 3), (5, 0, 45, 60, 0.5, 3)], {0, 1}),  # cars are left to the usual suppression
        ([], set()),
    ],
)
def test_a_person_is_counted_once(rows: list[tuple[float, float, float, float, float, int]], kept: set[int]) -> None:
    found = raw(*rows)
    left = without_parts(found, found.classes == 0)
    assert {tuple(box) for box in left.boxes.tolist()} == {rows[i][:4] for i in kept}


class OneBlob:
    """A network that sees a person wherever the input is bright."""

    def run(self, array: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        rows, columns = np.nonzero(array[0, 0] > 0.9)
        output = np.zeros((1, 5, 1), np.float32)
        if len(rows):
            x1, x2, y1, y2 = columns.min(), columns.max() + 1, rows.min(), rows.max() + 1
            output[0, :, 0] = (x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1, 0.9
        return [output]


@pytest.mark.parametrize("where", [(20, 20), (190, 90), (180, 20), (380, 180)])
def test_one_object_is_one_detection_wherever_it_lies(where: tuple[int, int]) -> None:
    image = np.zeros((200, 400, 3), np.uint8)
    x, y = where
    image[y : y + 20, x : x + 20] = 255
    detector = TiledDetector(StreetDetector(OneBlob(), ("person",), size=416), k=2)
    (found,) = detector.detect(image)
    assert found.box.centre == pytest.approx(((x + 10) / 400, (y + 10) / 200), abs=0.01)
    assert detector.labels == ("person",)


def test_what_is_no_picture_is_refused() -> None:
    with pytest.raises(InputError, match="grey"):
        TiledDetector(StreetDetector(OneBlob(), ("person",))).detect(np.zeros((4, 4), np.uint8))
