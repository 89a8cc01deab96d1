"""Pre- and post-processing on arrays made by hand; no model is run."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ioc.core.errors import InputError, ModelError
from ioc.core.ports import ObjectDetector
from models.yolo import Canvas, Letterbox, Raw, StreetDetector, decode, preprocess, suppress

LABELS = ("person", "bicycle", "motorcycle", "car", "bus", "truck")
Picture = NDArray[np.uint8]


@pytest.mark.parametrize(
    ("width", "height", "longest", "size", "inner", "offset"),
    [
        (768, 432, 640, (640, 384), (640, 360), (0, 12)),  # 16:9, a third less than the square
        (768, 432, 416, (416, 256), (416, 234), (0, 11)),
        (432, 768, 640, (384, 640), (360, 640), (12, 0)),  # upright
        (640, 640, 640, (640, 640), (640, 640), (0, 0)),
        (640, 384, 640, (640, 384), (640, 384), (0, 0)),  # fits as it is
        (320, 240, 640, (640, 480), (640, 480), (0, 0)),  # small ones are enlarged
        (1, 1, 640, (640, 640), (640, 640), (0, 0)),
        (5000, 1, 416, (416, 32), (416, 1), (0, 15)),  # never thinner than one pixel
    ],
)
def test_the_input_is_the_smallest_rectangle(
    width: int, height: int, longest: int, size: tuple[int, int], inner: tuple[int, int], offset: tuple[int, int]
) -> None:
    box = Letterbox.fit(width, height, longest)
    assert (box.size, box.inner, box.offset) == (size, inner, offset)


def test_a_network_of_one_size_gets_that_size() -> None:
    box = Letterbox.inside(768, 432, (640, 640))
    assert (box.size, box.inner, box.offset) == ((640, 640), (640, 360), (0, 140))
    array, used = preprocess(np.zeros((432, 768, 3), np.uint8), (640, 640))
    assert array.shape == (1, 3, 640, 640)
    assert used == box


@pytest.mark.parametrize("longest", [0, 16, 100, 639, -32])
def test_sizes_that_the_network_cannot_take(longest: int) -> None:
    with pytest.raises(ModelError, match="multiple of 32"):
        Letterbox.fit(10, 10, longest)


def test_preprocessing_turns_bgr_bytes_into_rgb_fractions() -> None:
    image = np.zeros((32, 64, 3), np.uint8)
    image[:] = (255, 51, 0)  # blue, green, red
    array, box = preprocess(image, 64)
    assert array.shape == (1, 3, 32, 64)
    assert array.dtype == np.float32
    assert box.inner == (64, 32)
    for channel, value in enumerate((0.0, 0.2, 1.0)):
        np.testing.assert_allclose(array[0, channel], value, atol=1e-6)


def test_the_border_is_grey_and_the_picture_untouched() -> None:
    image = np.full((20, 64, 3), 200, np.uint8)
    before = image.copy()
    array, box = preprocess(image, 64)
    assert box.offset == (0, 6)
    np.testing.assert_allclose(array[0, :, :6], 114 / 255, atol=1e-6)
    np.testing.assert_allclose(array[0, :, 26:], 114 / 255, atol=1e-6)
    np.testing.assert_allclose(array[0, :, 6:26], 200 / 255, atol=1e-6)
    np.testing.assert_array_equal(image, before)


def test_a_canvas_is_reused_and_holds_nothing_of_the_picture_before() -> None:
    canvas = Canvas()
    first, _ = preprocess(np.full((64, 64, 3), 255, np.uint8), 64, canvas)
    second, _ = preprocess(np.zeros((40, 64, 3), np.uint8), 64, canvas)  # the same input size, with a border
    assert np.shares_memory(first, second)
    assert second.max() == pytest.approx(114 / 255)
    third, _ = preprocess(np.full((20, 64, 3), 255, np.uint8), 64, canvas)  # another size
    assert third.shape == (1, 3, 32, 64)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((4, 4), np.uint8), "a grey one"),
        (np.zeros((4, 4, 1), np.uint8), "a grey one"),
        (np.zeros((4, 4, 4), np.uint8), "alpha channel"),
        (np.zeros((0, 4, 3), np.uint8), "must not be empty"),
        (np.zeros((4, 0, 3), np.uint8), "must not be empty"),
        (np.zeros((4, 4, 3), np.float32), "got float32"),
        (np.zeros((2, 4, 4, 3), np.uint8), "an array of shape"),
        (None, "NoneType"),
    ],
)
def test_what_is_no_picture_is_a_clear_error(image: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        preprocess(image, 64)


def network_output(*rows: tuple[float, float, float, float, int, float], classes: int = 6) -> NDArray[np.float32]:
    """(1, 4 + classes, n) of rows centre x, centre y, width, height in input pixels, class, score."""
    output = np.zeros((1, 4 + classes, len(rows)), np.float32)
    for column, (x, y, w, h, kind, score) in enumerate(rows):
        output[0, :4, column] = x, y, w, h
        output[0, 4 + kind, column] = score
    return output


def test_decoding_goes_back_to_pixels_of_the_picture() -> None:
    box = Letterbox.fit(1280, 720, 640)  # half the size, 12 pixels of border above
    output = network_output((100, 112, 40, 20, 3, 0.9), (320, 192, 10, 10, 0, 0.2))
    found = decode(output, box, confidence=0.25, classes=6)
    np.testing.assert_allclose(found.boxes, [[160, 180, 240, 220]], atol=1e-3)
    np.testing.assert_allclose(found.scores, [0.9], atol=1e-6)
    assert found.classes.tolist() == [3]


def test_decoding_cuts_at_the_picture_and_drops_what_lies_in_the_border() -> None:
    box = Letterbox.fit(1280, 720, 640)
    output = network_output((0, 192, 40, 20, 3, 0.9), (320, 5, 30, 8, 3, 0.9))  # over the left edge; in the grey above
    found = decode(output, box, confidence=0.25, classes=6)
    np.testing.assert_allclose(found.boxes, [[0, 340, 40, 380]], atol=1e-3)


def test_the_surest_class_of_an_anchor_wins_and_scores_stay_below_one() -> None:
    output = network_output((100, 112, 40, 20, 3, 0.5), (200, 112, 40, 20, 0, 1.0001))
    output[0, 4 + 5, 0] = 0.6
    found = decode(output, Letterbox.fit(640, 360, 640), confidence=0.25, classes=6)
    assert found.classes.tolist() == [5, 0]
    assert found.scores.max() <= 1.0


@pytest.mark.parametrize("shape", [(1, 84, 100), (2, 10, 100), (10, 100), (1, 100, 10)])
def test_an_output_that_fits_no_labels_is_an_error(shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match="as 6 labels need"):
        decode(np.zeros(shape, np.float32), Letterbox.fit(64, 64, 64), confidence=0.2, classes=6)


def test_scores_that_are_no_numbers_are_an_error_and_not_an_empty_street() -> None:
    output = np.full((1, 10, 5), np.nan, np.float32)
    with pytest.raises(ModelError, match="no numbers"):
        decode(output, Letterbox.fit(64, 64, 64), confidence=0.2, classes=6)


def raw(*rows: tuple[float, float, float, float, float, int]) -> Raw:
    array = np.array(rows, np.float32).reshape(-1, 6)
    return Raw(array[:, :4].copy(), array[:, 4].copy(), array[:, 5].astype(np.intp))


GROUPS = (0, 1, 1, 3, 3, 3)


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        ([], []),
        ([(0, 0, 10, 10, 0.5, 3)], [(0.5, 3)]),
        ([(0, 0, 10, 10, 0.5, 3), (0, 0, 10, 9, 0.8, 3)], [(0.8, 3)]),  # the same car twice
        ([(0, 0, 10, 10, 0.5, 3), (0, 0, 10, 9, 0.8, 5)], [(0.8, 5)]),  # a van: car and truck
        ([(0, 0, 10, 10, 0.5, 1), (0, 0, 10, 9, 0.8, 2)], [(0.8, 2)]),  # bicycle and motorcycle
        ([(0, 0, 10, 10, 0.5, 0), (0, 0, 10, 9, 0.8, 2)], [(0.8, 2), (0.5, 0)]),  # a rider is no motorcycle
        ([(0, 0, 10, 10, 0.5, 3), (5, 0, 15, 10, 0.8, 3)], [(0.8, 3), (0.5, 3)]),  # IoU 1/3: two cars
    ],
)
def test_suppression_within_groups(
    rows: list[tuple[float, float, float, float, float, int]], kept: list[tuple[float, int]]
) -> None:
    found = suppress(raw(*rows), GROUPS, iou=0.6)
    got = [(round(s, 3), c) for s, c in zip(found.scores.tolist(), found.classes.tolist(), strict=True)]
    assert got == kept


class FakeSession:
    """Sees one car in the middle of whatever it is given."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def run(self, array: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        self.shapes.append(array.shape)
        height, width = array.shape[2:]
        return [
            network_output((width / 2, height / 2, width / 4, 16, 3, 0.8), (width / 2, height / 2, width / 4, 15, 5, 0.4))
        ]


def test_a_detector_gives_fractions_of_the_picture() -> None:
    session = FakeSession()
    detector = StreetDetector(session, LABELS, size=640)
    port: ObjectDetector = detector
    (found,) = port.detect(np.zeros((432, 768, 3), np.uint8))
    assert session.shapes == [(1, 3, 384, 640)]
    assert (found.label, round(found.confidence, 3)) == ("car", 0.8)
    assert found.box.centre == pytest.approx((0.5, 0.5), abs=1e-3)
    assert found.box.width == pytest.approx(0.25, abs=1e-3)
    assert tuple(port.labels) == LABELS


@pytest.mark.parametrize("settings", [{"size": 100}, {"confidence": 1.5}, {"iou": 0.0}])
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ModelError):
        StreetDetector(FakeSession(), LABELS, **settings)


def test_threads_do_not_share_an_input() -> None:
    """Two cameras may ask at once: each call must see its own picture's array."""
    meet = threading.Barrier(2, timeout=10)
    arrays: list[float] = []

    class Slow(FakeSession):
        def run(self, array: NDArray[np.float32]) -> list[NDArray[np.float32]]:
            meet.wait()  # both have filled their inputs
            arrays.append(float(array.mean()))
            return super().run(array)

    detector = StreetDetector(Slow(), LABELS, size=64)
    pictures = [np.full((64, 64, 3), value, np.uint8) for value in (0, 255)]
    threads = [threading.Thread(target=detector.detect, args=(picture,)) for picture in pictures]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(round(value, 3) for value in arrays) == [0.0, 1.0]
