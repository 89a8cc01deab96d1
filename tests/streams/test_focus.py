"""How sharp a camera's pictures are, against its own past."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from streams.focus import CALM, LEARN_S, STEP_S, UsualFocus, edge_widths
from streams.thumbnail import Thumbnail
from tests.fakes.places import grainy, place

SIZE = (640, 360)


def picture(seed=1, blur=0.0, gain=1.0, lift=0.0, at=0.0, size=SIZE):
    """A made-up place as a camera with a lens sees it: no edge is sharper than a pixel, and noise comes after the lens."""
    image = cv2.GaussianBlur(place(seed, size=size), (0, 0), float(np.hypot(0.7, blur)))
    grey = grainy(image * gain + lift, at, spread=1.5)
    return Thumbnail.of(np.repeat(grey[..., None], 3, axis=2))


def feed(focus, start, seconds, step=1.0, **how):
    return [focus.sharpness(picture(at=at, **how), at) for at in np.arange(start, start + seconds, step)]


LEARNT = LEARN_S + 1
"""The first picture stands for no time."""


@pytest.fixture
def focus():
    made = UsualFocus()
    assert set(feed(made, 0.0, LEARNT)) == {None}
    return made


@pytest.mark.parametrize("blur", [1.0, 2.0, 4.0])
def test_the_width_of_edges_is_that_of_the_blur(blur):
    expected = np.hypot(CALM, np.hypot(0.7, blur))
    assert np.nanmedian(edge_widths(picture(blur=blur))) == pytest.approx(expected, rel=0.2)


def test_a_plain_picture_has_no_edges():
    assert np.isnan(edge_widths(Thumbnail.of(np.full((360, 640, 3), 120, np.uint8)))).all()


@pytest.mark.parametrize("size", [(1, 1), (16, 9), (432, 1), (1920, 1080)])
def test_any_size_of_picture(size):
    assert edge_widths(Thumbnail.of(np.zeros((size[1], size[0], 3), np.uint8))).shape == (40,)


@pytest.mark.parametrize(
    ("how", "least", "most"),
    [
        ({}, 0.9, 1.0),
        ({"gain": 0.3, "lift": 130}, 0.8, 1.0),  # fog
        ({"gain": 0.35}, 0.8, 1.0),  # night
        ({"seed": 2}, 0.8, 1.0),  # another place, as sharp: not this fault
        ({"blur": 2.5}, 0.2, 0.5),
        ({"blur": 6.0}, 0.0, 0.25),
    ],
)
def test_only_blur_makes_edges_wider(focus, how, least, most):
    found = feed(focus, LEARNT, 5, **how)
    assert least <= min(found) <= max(found) <= most


def test_a_picture_that_shows_nothing_tells_nothing(focus):
    assert focus.sharpness(Thumbnail.of(np.full((360, 640, 3), 40, np.uint8)), LEARN_S) is None


def test_another_resolution_is_learnt_anew(focus):
    assert set(feed(focus, LEARNT, LEARNT, size=(800, 450), blur=3.0)) == {None}
    assert feed(focus, 2 * LEARNT, 1, size=(800, 450), blur=3.0)[0] > 0.9


def test_a_slow_drift_is_not_followed_within_hours(focus):
    focus.recall({**focus.remember(), "age_s": 86_400.0})
    hours = 1
    for at in np.arange(LEARNT, hours * 3600, STEP_S):
        last = focus.sharpness(picture(blur=2.5 * at / (hours * 3600), at=at), at)
    assert last < 0.5


def test_what_stays_is_taken_as_meant(focus, monkeypatch):
    monkeypatch.setattr("streams.focus.ACCEPT_S", 60.0)
    found = feed(focus, LEARNT, 100, blur=3.0)
    assert max(found[:60]) < 0.5
    assert found[62] is None, "it is learnt anew"
    assert found[-1] > 0.9


def test_a_clock_that_jumps_back_breaks_nothing(focus):
    assert feed(focus, -500.0, 3)[-1] > 0.9
    assert feed(focus, LEARN_S, 3)[-1] > 0.9


def test_what_was_learnt_is_carried_on(focus):
    again = UsualFocus()
    again.recall(json.loads(json.dumps(focus.remember())))
    assert feed(again, 1e6, 2, blur=3.0)[-1] < 0.5


def test_nothing_learnt_is_nothing_to_keep():
    fresh = UsualFocus()
    assert fresh.remember() == {}
    fresh.recall({})
    assert set(feed(fresh, 0.0, LEARN_S)) == {None}


@pytest.mark.parametrize(
    "broken",
    [{"shape": [360, 640]}, {"shown": [1.0]}, {"usual": None}, {"age_s": "old"}, {"age_s": 1.0}, {"shape": "wide"}],
)
def test_what_cannot_be_used_changes_nothing(focus, broken):
    kept = focus.remember()
    wrong = {**kept, **broken} if broken != {"shape": [360, 640]} else broken
    with pytest.raises((ValueError, LookupError, TypeError)):
        focus.recall(wrong)
    assert focus.remember() == kept
