"""A camera that looks elsewhere is told from a busy street."""

from __future__ import annotations

import json

import numpy as np
import pytest

from streams.thumbnail import SIZE, Thumbnail
from streams.view import SAME, SETTLE_S, UsualView, likeness
from tests.fakes.places import grainy, place


def feed(view, image, start, seconds, step=0.5):
    """Agreement over time."""

    def thumbnail(at):
        grey = grainy(image(at) if callable(image) else image, at)
        return Thumbnail(grey, grey)

    return [view.agreement(thumbnail(at), at) for at in np.arange(start, start + seconds, step)]


@pytest.fixture
def view():
    made = UsualView()
    learning = feed(made, place(1), 0.0, SETTLE_S)
    assert learning == [None] * len(learning)
    return made


def test_the_same_place_agrees(view):
    assert min(feed(view, place(1), SETTLE_S, 5)) > 0.9


def test_another_place_does_not(view):
    feed(view, place(1), SETTLE_S, 5)
    assert max(feed(view, place(2), SETTLE_S + 5, 10)[8:]) < 0.3


def test_a_bus_before_half_of_the_picture_leaves_the_other_half(view):
    def with_bus(at):
        image = place(1).copy()
        image[20:, : SIZE[0] // 2] = 200
        return image

    assert min(feed(view, with_bus, SETTLE_S, 10)) > 0.3


def test_a_swaying_pole_agrees(view):
    assert min(feed(view, lambda at: place(1, shift=int(at * 2) % 4), SETTLE_S, 10)) > 0.5


def test_dusk_is_followed(view):
    def darker(at):
        return (place(1) * max(0.3, 1 - (at - SETTLE_S) / 400)).astype(np.uint8)

    assert min(feed(view, darker, SETTLE_S, 300, step=2.0)) > 0.5


def test_a_plain_wall_tells_nothing():
    plain = UsualView()
    assert set(feed(plain, np.full((SIZE[1], SIZE[0]), 128, np.uint8), 0.0, 20)) == {None}


def test_walkers_on_a_bare_square_do_not_vouch_for_it():
    def walkers(at):
        rng = np.random.default_rng(int(at * 10))
        image = np.full((SIZE[1], SIZE[0]), 200, np.uint8)
        for x, y in zip(rng.integers(0, SIZE[0] - 8, 25), rng.integers(0, SIZE[1] - 14, 25), strict=True):
            image[y : y + 14, x : x + 6] = 40
        return image

    assert set(feed(UsualView(), walkers, 0.0, 40)) == {None}


def test_a_clock_that_jumps_back_breaks_nothing(view):
    feed(view, place(1), -50.0, 2)
    assert min(feed(view, place(1), SETTLE_S + 1, 10)) > 0.9


def test_what_was_learnt_is_carried_on(view):
    feed(view, place(1), SETTLE_S, 5)
    again = UsualView()
    again.recall(json.loads(json.dumps(view.remember())))
    assert min(feed(again, place(1), 1e6, 5)) > 0.9
    assert max(feed(again, place(2), 1e6 + 5, 10)[8:]) < 0.3


def test_nothing_learnt_is_nothing_to_keep():
    assert UsualView().remember() == {}
    UsualView().recall({})


@pytest.mark.parametrize("broken", [{"usual": "no picture"}, {"usual": ""}, {"reliable": [1.0]}, {"typical": None}])
def test_what_cannot_be_used_changes_nothing(view, broken):
    feed(view, place(1), SETTLE_S, 2)
    kept = view.remember()
    with pytest.raises((ValueError, LookupError, TypeError)):
        view.recall({**kept, **broken})
    assert view.remember() == kept


def test_a_camera_that_was_turned_on_purpose_is_accepted_in_time(view, monkeypatch):
    monkeypatch.setattr("streams.view.ACCEPT_S", 30.0)
    feed(view, place(1), SETTLE_S, 5)
    elsewhere = feed(view, place(2), SETTLE_S + 5, 60, step=1.0)
    assert max(elsewhere[8:30]) < 0.35
    assert elsewhere[-1] > 0.9


def lit(image, sun):
    """With the shadows of a row of trees, harder than all that is drawn on the ground."""
    y, x = np.indices(image.shape)
    shade = (np.sin(x / 5 + y / 9 + 3 * np.sin(y / 7)) > 0) if sun else 0
    return np.clip(image * (1 - 0.55 * shade), 0, 255)


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        (lit(place(1), False), lit(place(1), True), True),  # the sun breaks through
        (place(1), 255 - place(1), True),  # kerbs that were darker than the road are lighter
        (place(1), place(1) // 4, True),  # night
        (place(1), place(1, shift=2), True),  # the pole sways
        (place(1), place(1, shift=15), False),
        (place(1), place(2), False),
        (lit(place(1), False), lit(place(2), True), False),
        (place(1), np.full((SIZE[1], SIZE[0]), 90), False),
        (np.full((SIZE[1], SIZE[0]), 90), np.full((SIZE[1], SIZE[0]), 90), False),
    ],
)
def test_directions_of_edges_tell_a_place_in_another_light(before, after, same):
    assert (likeness(before.astype(np.float32), after.astype(np.float32)) >= SAME) is same


def test_sun_that_breaks_through_turns_no_camera(view):
    feed(view, lit(place(1), False), SETTLE_S, 5)
    assert min(feed(view, lit(place(1), True), SETTLE_S + 5, 20)) >= 0.5
