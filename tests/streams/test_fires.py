"""What moves at the place of a flame: flicker and drift of pictures whose movement is known."""

from __future__ import annotations

import numpy as np
import pytest

from ioc.core.types import Box, Detection, Frame
from streams.fires import KEPT_S, FireWatch, reversals

PLACE = Box(0.25, 0.25, 0.5, 0.5)
FLAME = Detection("fire", 0.8, PLACE)


def frame(at, level=60, spot=None, shape=(117, 208)):
    """A grey picture with its PLACE at another level."""
    image = np.full((*shape, 3), level, np.uint8)
    if spot is not None:
        h, w = shape
        image[int(0.25 * h) : int(0.5 * h), int(0.25 * w) : int(0.5 * w)] = spot
    return Frame(camera="cam", at=at, pts=at, image=image)


def watched(spots, every=0.25, **more):
    watch = FireWatch()
    for n, spot in enumerate(spots):
        watch.note(frame(n * every, spot=spot, **more))
    return watch


@pytest.mark.parametrize(
    ("name", "spots", "flickers", "drifts"),
    [
        ("a flame comes and goes", [80, 200] * 5, 1.0, 1.0),
        ("a lamp shines", [230] * 10, 0.0, 0.0),
        ("a lamp is switched on", [60] * 5 + [230] * 5, 0.0, 1.0),
        ("a car passes the place once", [60] * 4 + [180] * 2 + [60] * 4, 0.0, 0.0),
        ("the camera's noise", [100, 106] * 5, 0.0, 0.0),
        ("dusk falls", list(range(200, 100, -10)), 0.0, 1.0),
    ],
)
def test_movement_by_hand(name, spots, flickers, drifts):
    (sight,) = watched(spots).sights([FLAME])
    assert (sight.flicker, sight.drift) == (pytest.approx(flickers, abs=0.05), pytest.approx(drifts, abs=0.05)), name


def test_only_the_place_itself_counts():
    watch = watched([80, 200] * 5)
    (sight,) = watch.sights([Detection("smoke", 0.5, Box(0.6, 0.6, 0.9, 0.9))])
    assert (sight.label, sight.confidence, sight.flicker, sight.drift) == ("smoke", 0.5, 0.0, 0.0)


def test_half_a_box_that_flickers_is_half():
    (sight,) = watched([80, 200] * 5).sights([Detection("fire", 0.8, Box(0.25, 0.25, 0.75, 0.5))])
    assert sight.flicker == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("every", [0.04, 0.1, 0.25, 0.5, 1.0, 2.0])
def test_a_flame_flickers_at_every_frame_rate(every):
    spots = [(80, 200, 110, 180, 60)[n % 5] for n in range(max(6, int(3 / every)))]
    assert watched(spots, every).sights([FLAME])[0].flicker > 0.9


def test_one_picture_tells_nothing():
    assert watched([200]).sights([FLAME])[0].flicker == 0.0


def test_other_labels_are_no_sights():
    assert list(watched([80, 200] * 5).sights([Detection("car", 0.9, PLACE)])) == []


def test_a_box_of_no_size_at_the_edge_has_a_pixel():
    (sight,) = watched([80, 200] * 5).sights([Detection("fire", 0.8, Box(1.0, 1.0, 1.0, 1.0))])
    assert sight.flicker == 0.0


@pytest.mark.parametrize(
    "after",
    [frame(-100.0, spot=200), frame(100.0, spot=200), frame(2.5, spot=200, shape=(120, 160))],
    ids=["clock set back", "after a gap", "another size"],
)
def test_what_cannot_be_compared_is_forgotten(after):
    watch = watched([80, 200] * 5)
    watch.note(after)
    assert watch.sights([FLAME])[0].flicker == 0.0


def test_old_pictures_are_forgotten():
    watch = watched([80, 200] * 5 + [200] * (int(KEPT_S / 0.25) + 1))
    assert watch.sights([FLAME])[0].flicker == 0.0


def test_reversals_count_from_the_second():
    dark, light = np.zeros((1, 2), np.float32), np.array([[50, 0]], np.float32)
    assert reversals([dark, light, dark]).tolist() == [[False, False]]
    assert reversals([dark, light, dark, light]).tolist() == [[True, False]]
