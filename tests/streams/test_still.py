"""Things that come and stay, among people, shadows and lamps."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from ioc.core.types import Frame
from streams.still import StillThings
from tests.fakes.places import grainy, place
from tests.fakes.scenes import track

SIZE = (320, 180)
GROUND = np.clip(place(5, SIZE).astype(int) // 6 + 120, 0, 255).astype(np.uint8)


def frame(image, at):
    return Frame(camera="cam", at=at, pts=at, image=np.repeat(grainy(image, at, 2.5)[..., None], 3, axis=2))


def with_bag(x=150, y=100, w=16, h=18):
    image = GROUND.copy()
    image[y : y + h, x : x + w] = 20
    image[y + 4 : y + 8, x + 4 : x + 8] = 60
    return image


def watch(script, seconds, step=0.25, things=None):
    """Feed what ``script(at)`` gives as (image, tracks); the last list of things, and every owner that was told."""
    things = things or StillThings()
    found, owners = [], {}
    for at in np.arange(0.0, seconds, step):
        image, tracks = script(float(at))
        found = things.observe(frame(image, float(at)), tracks)
        owners |= {t.id: t.owner_label for t in found}
    return found, owners


def body(at, x=0.44, label="person"):
    return track(7, box=(x, 0.3, x + 0.06, 0.62), label=label, still_since=None, at=at)


def test_a_bag_that_somebody_leaves():
    def script(at):
        if at < 6:
            return GROUND, ()
        if at < 9:
            return with_bag(), (body(at, 0.40),)
        return with_bag(), ()

    found, owners = watch(script, 14)
    assert [t.owner_label for t in found] == ["person"]
    box = found[0].box
    assert abs(box.centre[0] - 158 / 320) < 0.02
    assert abs(box.centre[1] - 109 / 180) < 0.03
    assert len(owners) == 1


def test_a_bag_without_anybody_has_no_owner():
    found, _ = watch(lambda at: (GROUND if at < 6 else with_bag(), ()), 12)
    assert [t.owner for t in found] == [None]


def test_nothing_new_nothing_told():
    assert watch(lambda at: (GROUND, ()), 20) == ([], {})


def test_a_bag_that_is_taken_away_is_gone():
    found, owners = watch(lambda at: (with_bag() if 6 <= at < 10 else GROUND, ()), 18)
    assert found == []
    assert len(owners) == 1


def test_a_shadow_keeps_the_edges_of_the_ground():
    def script(at):
        image = GROUND.copy()
        if at >= 6:
            soft = np.ones(GROUND.shape, np.float32)
            soft[60:140, 80:200] = 0.6
            image = (image * cv2.GaussianBlur(soft, (0, 0), 9)).astype(np.uint8)
        return image, ()

    assert watch(script, 14)[1] == {}


def test_a_light_that_is_switched_on_is_no_thing():
    found, owners = watch(
        lambda at: (GROUND if at < 6 else np.clip(GROUND.astype(int) + 50, 0, 255).astype(np.uint8), ()), 14
    )
    assert (found, owners) == ([], {})


def test_a_person_who_stands_is_no_thing():
    def script(at):
        if at < 6:
            return GROUND, ()
        image = with_bag(145, 60, 14, 52)
        seen = at if at % 2 < 1 else at - 0.5  # missed now and then, remembered meanwhile
        return image, (track(3, box=(0.45, 0.33, 0.50, 0.63), label="person", at=at, last_seen=seen, still_since=6.0),)

    assert watch(script, 16)[1] == {}


def test_a_thing_hidden_by_a_bus_is_remembered():
    def script(at):
        image, tracks = (GROUND, ()) if at < 6 else (with_bag(), ())
        if 10 <= at < 16:
            image = image.copy()
            image[70:140, 100:240] = 200
            tracks = (track(9, box=(0.31, 0.38, 0.75, 0.78), label="bus", at=at, still_since=None),)
        return image, tracks

    found, owners = watch(script, 20)
    assert len(found) == len(owners) == 1
    assert found[0].last_seen >= 19.0


def seen_by(script, seconds=16):
    """Every thing that was told: a test of what must stay quiet."""
    return watch(script, seconds)[1]


def test_a_camera_that_shakes_sees_nothing_new():
    wide = np.clip(place(5, (340, 200)).astype(int), 0, 255).astype(np.uint8)

    def script(at):
        dx, dy = (int(3 * np.sin(7 * at)), int(2 * np.cos(5 * at))) if at >= 4 else (0, 0)
        return wide[10 + dy : 190 + dy, 10 + dx : 330 + dx], (body(at),)

    assert seen_by(script) == {}


@pytest.mark.parametrize("factor", [0.7, 1.3])
def test_exposure_that_steps_is_no_thing(factor):
    ground = place(5, SIZE)
    assert seen_by(lambda at: (np.clip(ground * (factor if at >= 6 else 1.0), 0, 255).astype(np.uint8), (body(at),))) == {}


def test_a_cloud_over_half_of_the_street_is_no_thing():
    ground = np.clip(place(5, SIZE).astype(int) // 2 + 60, 0, 255).astype(np.uint8)

    def script(at):
        light = np.ones(GROUND.shape, np.float32)
        light[:, :170] = 1.0 - 0.4 * min(1.0, max(0.0, (at - 5) / 3))
        return (ground * cv2.GaussianBlur(light, (0, 0), 6)).astype(np.uint8), (body(at),)

    assert seen_by(script) == {}


def test_who_stood_there_from_the_beginning_leaves_no_thing_behind():
    def script(at):
        there = at < 8
        return (with_bag(145, 60, 14, 52) if there else GROUND), ((body(at, 0.45),) if there else (body(at, 0.6),))

    assert seen_by(script) == {}


def test_ground_that_nobody_has_seen_free_of_an_undetected_vehicle_is_no_thing():
    """It stood there unseen by the detector, and somebody walks by as it leaves."""
    assert seen_by(lambda at: (with_bag(130, 80, 30, 24) if at < 8 else GROUND, (body(at),))) == {}


def test_a_flicker_is_no_thing():
    assert seen_by(lambda at: (with_bag() if at > 5 and at % 1.5 < 0.75 else GROUND, (body(at),))) == {}


HEAP = (0.44, 0.50, 0.56, 0.72)
"""Where an old heap lies that the detector takes for a person."""


def with_heap(bag=False):
    image = GROUND.copy()
    rng = np.random.default_rng(3)
    for _ in range(40):  # bags of every tone, over one another
        x, y, tone = rng.integers(142, 172), rng.integers(92, 122), int(rng.integers(20, 235))
        cv2.ellipse(image, (int(x), int(y)), (6, 5), 0, 0, 360, tone, -1)
    if bag:
        cv2.ellipse(image, (158, 94), (11, 9), 0, 0, 360, 225, -1)
        cv2.ellipse(image, (158, 94), (11, 9), 0, 0, 360, 60, 2)
    return image


def heap(at, seen=None):
    return track(1, box=HEAP, label="person", confidence=0.5, still_since=0.0, at=at, last_seen=seen)


def test_a_bag_thrown_onto_a_heap_that_is_taken_for_a_person():
    """It has stood there since before the ground was known, and hides nothing and owns nothing."""

    def script(at):
        tracks = [heap(at, seen=min(at, 10.0))] if at < 11 else []  # with the bag on it, it looks like nobody any more
        if 8 <= at < 11:
            tracks.append(body(at, 0.40))
        return with_heap(bag=at >= 9.5), tracks

    found, owners = watch(script, 18)
    assert set(owners.values()) == {"person"}
    assert {t.owner for t in found} == {7}, "and not the heap"
    x, y = found[0].box.centre
    assert (abs(x - 158 / 320) < 0.03, abs(y - 94 / 180) < 0.05) == (True, True)


@pytest.mark.parametrize("rises", [False, True])
def test_who_has_stood_near_since_the_beginning_does_not_hide_what_comes_after_they_have_left(rises):
    """They take up a quarter of the picture; that they go changes more of it than any thing."""
    near = (0.05, 0.02, 0.35, 0.98)
    standing = GROUND.copy()
    standing[10:174, 25:100] = 30
    standing[60:90, 40:80] = 210

    def script(at):
        if at < 8:
            return standing, (track(2, box=near, label="person", still_since=0.0, at=at),)
        tracks = [track(2, box=(0.3, 0.02, 0.6, 0.98), label="person", still_since=None, at=at)] if rises and at < 9 else []
        if 10 <= at < 13:
            tracks.append(body(at, 0.40))
        return (with_bag() if at >= 11 else GROUND), tracks

    found, owners = watch(script, 19)
    assert [t.owner_label for t in found] == ["person"]
    assert len(owners) == 1, "and the ground that they hid is no thing"


def test_a_person_where_the_ground_is_bare_hides_nothing():
    """A shadow that the detector takes for somebody from some moment on."""

    def script(at):
        tracks = [body(at, 0.40)] if 10 <= at < 12 else []
        if 7 <= at < 11.25:
            shadow = track(4, box=(0.44, 0.50, 0.54, 0.68), label="person", still_since=7.0, at=at)
            tracks.append(replace(shadow, first_seen=7.0))
        return (with_bag() if at >= 11 else GROUND), tracks

    found, _ = watch(script, 18)
    assert [t.owner for t in found] == [7]


def test_what_came_with_nobody_gets_no_owner_from_those_who_pass_it_later():
    """A logo, a lamp, a parcel of light: it was there before them, though they hide it and it is found anew."""

    def script(at):
        hides = 11 <= at < 17
        image = with_bag() if at >= 6 else GROUND
        if hides:
            image = image.copy()
            image[50:130, 135:185] = 90
        return image, ((track(7, box=(0.41, 0.28, 0.59, 0.75), label="person", still_since=None, at=at),) if hides else ())

    found, owners = watch(script, 24)
    assert len(found) == 1
    assert set(owners.values()) == {None}


def test_a_box_is_as_large_as_the_thing():
    """What is too small for a setting must not pass by a margin around it."""
    found, _ = watch(lambda at: (GROUND if at < 6 else with_bag(w=10, h=8), ()), 12)
    assert found[0].box.width * 320 == pytest.approx(11, abs=1.5)
    assert found[0].box.height * 180 == pytest.approx(9, abs=1.5)


def test_another_resolution_or_a_clock_set_back_begins_again():
    things = StillThings()
    watch(lambda at: (GROUND, ()), 6, things=things)
    half = Frame(camera="cam", at=7.0, pts=7.0, image=np.full((100, 320, 3), 90, np.uint8))
    assert things.observe(half, ()) == []
    assert things.observe(frame(with_bag(), 1.0), ()) == []
    assert things.observe(frame(with_bag(), 1.5), ()) == []
