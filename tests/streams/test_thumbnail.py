"""Statistics of small grey pictures, and the gate that uses them."""

from __future__ import annotations

import numpy as np
import pytest

from streams.gate import Gate, GateSettings
from streams.thumbnail import Thumbnail


def street(seed=0, size=(432, 768)):
    rng = np.random.default_rng(seed)
    base = (np.indices(size).sum(axis=0) // 40 % 2 * 90 + 80).astype(np.int16)
    return np.repeat(np.clip(base + rng.normal(0, 6, size), 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def test_noise_moves_nothing_and_a_car_does():
    a, b = Thumbnail.of(street(1)), Thumbnail.of(street(2))
    assert a.moved(b) < 2
    moved = street(2)
    moved[200:230, 300:350] = 250
    assert a.moved(Thumbnail.of(moved)) > 8


def test_exposure_moves_nothing():
    brighter = np.clip(street(1).astype(int) + 12, 0, 255).astype(np.uint8)
    assert Thumbnail.of(street(1)).moved(Thumbnail.of(brighter)) < 2


@pytest.mark.parametrize(
    ("image", "covered"),
    [
        (street(), False),
        (np.zeros((432, 768, 3), np.uint8), True),
        (np.full((432, 768, 3), 140, np.uint8), True),
    ],
)
def test_detail_tells_a_street_from_a_cloth(image, covered):
    health = Thumbnail.of(image).health(None)
    assert (health.detail < 0.01 and health.contrast < 0.12) is covered
    assert health.change is None


def test_change_is_zero_only_for_the_same_picture():
    a = Thumbnail.of(street(1))
    assert a.health(Thumbnail.of(street(1))).change == 0
    assert a.health(Thumbnail.of(street(2))).change > 0.0005


@pytest.mark.parametrize("size", [(1, 1), (9, 16), (1080, 1920), (432, 1)])
def test_any_size_of_picture(size):
    assert Thumbnail.of(np.zeros((*size, 3), np.uint8)).grey.shape == (90, 160)


def test_gate_opens_for_change_deadline_and_a_clock_set_back():
    gate = Gate(GateSettings(moved=4, deadline_s=1.0))
    same, other = Thumbnail.of(street(1)), Thumbnail.of(np.flip(street(1), axis=1).copy())
    answers = [
        gate.opens(p, at) for p, at in [(same, 0.0), (same, 0.5), (same, 1.0), (other, 1.2), (other, 1.4), (other, 0.3)]
    ]
    assert answers == [True, False, True, True, False, True]
