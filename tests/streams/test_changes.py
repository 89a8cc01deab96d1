"""What a change of the ground is, from two pictures of it; and how far a camera has shaken."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from streams.changes import EDGE_GAIN, edge_gain, is_compact, moved_back, shift_between, small_grey, working_copy
from tests.fakes.places import place

SIZE = (80, 60)
PLAIN = np.full((60, 80, 3), (118, 120, 124), np.uint8)
RICH = np.repeat(place(3, SIZE)[..., None], 3, axis=2)


def area(x=30, y=20, w=16, h=14):
    mask = np.zeros((60, 80), bool)
    mask[y : y + h, x : x + w] = True
    return mask


def put(ground, colour=(30, 28, 60)):
    image = ground.copy()
    image[area()] = colour
    image[24:28, 34:38] = (90, 80, 95)
    return image


def lit(ground, factor, soft=0.0):
    light = np.ones(ground.shape[:2], np.float32)
    light[area()] = factor
    if soft:
        light = cv2.GaussianBlur(light, (0, 0), soft)
    return np.clip(ground * light[..., None], 0, 255).astype(np.uint8)


@pytest.mark.parametrize("ground", [PLAIN, RICH], ids=["plain", "rich"])
def test_a_thing_gains_edges_and_uncovered_ground_loses_them(ground):
    if ground is PLAIN:
        assert edge_gain(area(), put(ground), ground) >= EDGE_GAIN
        assert edge_gain(area(), ground, put(ground)) < 0
    assert edge_gain(area(), put(ground, (20, 220, 240)), ground) > edge_gain(area(), ground, put(ground, (20, 220, 240)))


@pytest.mark.parametrize(
    ("ground", "factor", "soft"),
    [(PLAIN, 0.6, 0.0), (PLAIN, 0.8, 0.0), (PLAIN, 1.5, 5.0), (RICH, 0.6, 0.0), (RICH, 1.3, 3.0)],
    ids=["hard shadow", "light shadow", "patch of sun", "shadow on a texture", "lamp on a texture"],
)
def test_light_is_no_thing(ground, factor, soft):
    assert edge_gain(area(), lit(ground, factor, soft), ground) < EDGE_GAIN


def test_a_thing_fills_its_box_and_leaves_do_not():
    assert is_compact(area())
    assert not is_compact(np.eye(30, dtype=bool))


@pytest.mark.parametrize("shift", [(0.0, 0.0), (1.0, 0.0), (-2.0, 1.5), (4.0, -3.0)])
def test_a_shaken_picture_is_found_back(shift):
    still = small_grey(np.repeat(place(4, (320, 180))[..., None], 3, axis=2))
    dx, dy = shift_between(still, moved_back(still, -shift[0], -shift[1]))
    assert (dx, dy) == pytest.approx(shift, abs=0.1)


def test_somebody_who_passes_is_no_shift():
    still = small_grey(np.repeat(place(4, (320, 180))[..., None], 3, axis=2))
    now = still.copy()
    now[30:70, 40:90] = 200
    assert shift_between(still, now) == pytest.approx((0.0, 0.0), abs=0.15)


@pytest.mark.parametrize("size", [(320, 180), (768, 432), (1920, 1080), (100, 400), (7, 5)])
def test_any_picture_has_a_working_copy(size):
    small = working_copy(np.full((size[1], size[0], 3), 90, np.uint8))
    assert small.shape[1] == 320
    assert (small == 90).all()
