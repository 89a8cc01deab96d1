"""Looks at plates: whose turn it is, at which picture, and whose plate it is."""

from __future__ import annotations

import numpy as np
import pytest

from ioc.core.errors import ModelError
from ioc.core.ports import PlateLook
from ioc.core.types import Box, Detection, Frame
from streams.plates import CLOSER_EVERY_S, PlateModels, PlateSearch, owners, sharpness
from tests.fakes.plates import ScriptedFinder, ScriptedReader, noise
from tests.fakes.scenes import track

HOW = PlateLook(min_height_px=16, every_s=0.4, per_s=8)
BIG = (0.2, 0.2, 0.8, 0.9)


def frame(at, width=640, height=480):
    return Frame(camera="cam", at=at, pts=at, image=noise(width, height))


class Street:
    def __init__(self, finder=None, reader=None, closer=None):
        self.finder, self.reader = finder or ScriptedFinder(), reader or ScriptedReader()
        self.search = PlateSearch(lambda: PlateModels(self.finder, self.reader), closer, stopwatch=lambda: 0.0)

    def look(self, at, *tracks, how=HOW, size=(640, 480), vehicles=None):
        return self.search.look(frame(at, *size), vehicles or tracks, tracks, how)


def car(ident=1, box=BIG, at=0.0, label="car", **changes):
    return track(ident, box, label, at=at, **{"still_since": None, **changes})


def test_a_plate_is_found_and_read_in_the_vehicle_it_hangs_on():
    street = Street()
    (glimpse,) = street.look(0.0, car())
    assert (glimpse.track, glimpse.text, glimpse.lines, glimpse.colour) == (1, "59K134074", 2, "white")
    assert Box(*BIG).intersection(glimpse.box) == pytest.approx(glimpse.box.area)
    assert glimpse.box.centre == pytest.approx((0.5, 0.2 + 0.7 * 0.7), abs=0.03)
    assert glimpse.height_px == pytest.approx(0.2 * 0.7 * 1.1 * 480, rel=0.1)
    assert glimpse.patch.shape[0] == pytest.approx(glimpse.height_px, rel=0.15)
    assert glimpse.sharpness > 0
    assert street.reader.motorcycles == [False]


def test_one_look_in_so_many_seconds_and_one_an_instant():
    street = Street()
    looks = [len(street.look(0.1 * i, car(at=0.1 * i))) for i in range(10)]
    assert looks == [1, 0, 0, 0, 1, 0, 0, 0, 1, 0]
    again = street.look(0.9, car(at=0.9)), street.look(1.3, car(at=1.3)), street.look(1.3, car(at=1.3))
    assert [len(g) for g in again] == [0, 1, 1], "who asks again at the same instant gets the same look"
    assert street.search.looks == 4


def test_a_standing_vehicle_is_looked_at_ever_more_seldom():
    street = Street(reader=ScriptedReader(lambda crop: None))
    for i in range(1200):
        street.look(0.1 * i, car(at=0.1 * i, still_since=0.0))
    assert 20 <= street.search.looks <= 45
    assert Street().look(0.0, car(still_since=0.0))


def test_dense_traffic_is_looked_at_in_turns_within_the_budget():
    street = Street()
    boxes = [(0.1 * i, 0.1, 0.1 * i + 0.09, 0.5) for i in range(10)] + [
        (0.1 * i, 0.5, 0.1 * i + 0.09, 0.9) for i in range(10)
    ]
    per_track = dict.fromkeys(range(1, 21), 0)
    for k in range(20):
        at = 0.25 * k
        for g in street.look(at, *(car(i + 1, box, at) for i, box in enumerate(boxes))):
            per_track[g.track] += 1
    assert street.search.looks <= 8 * 5.75
    assert min(per_track.values()) >= 2
    assert max(per_track.values()) <= 3


@pytest.mark.parametrize(
    "vehicle",
    [
        car(box=(0.2, 0.2, 0.3, 0.26)),  # a plate in it would be lower than 16 px
        car(box=(0.2, 0.2, 0.2, 0.9)),  # empty
        car(box=(1.0, 0.2, 1.0, 0.9)),
        car(last_seen=-1.0, at=-1.0),  # hidden
    ],
)
def test_who_is_not_looked_at(vehicle):
    street = Street()
    assert street.look(0.0, vehicle) == []
    assert street.finder.crops == []


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (16, 16), (5000, 1)])
def test_pictures_without_room_for_a_plate(size):
    assert Street().look(0.0, car(box=(0.0, 0.0, 1.0, 1.0)), size=size) == []


def test_a_plate_that_is_too_low_is_not_read():
    street = Street(ScriptedFinder(lambda crop: [Detection("plate", 0.9, Box(0.4, 0.7, 0.6, 0.72))]))
    assert street.look(0.0, car()) == []
    assert street.reader.crops == []


def test_a_plate_of_one_pixel_does_no_harm():
    street = Street(ScriptedFinder(lambda crop: [Detection("plate", 0.9, Box(0.5, 0.7, 0.5, 0.7))]))
    assert street.look(0.0, car()) == []
    (glimpse,) = street.look(1.0, car(at=1.0), how=PlateLook(min_height_px=0.0))
    assert glimpse.patch.shape == (1, 1, 3)
    assert sharpness(np.zeros((1, 1, 3), np.uint8)) == 0.0


def test_an_unreadable_plate_is_no_look_at_a_text():
    assert Street(reader=ScriptedReader(lambda crop: None)).look(0.0, car()) == []


def test_a_network_that_fails_is_raised():
    def fail(crop):
        raise ModelError("the session is gone")

    with pytest.raises(ModelError, match="session is gone"):
        Street(ScriptedFinder(fail)).look(0.0, car())


def test_a_clock_that_jumps_back_stops_nothing():
    street = Street()
    street.look(100.0, car(at=100.0))
    assert len(street.look(50.0, car(at=50.0))) == 1


class Main:
    """The main stream: pictures four times as large, ``off`` seconds beside the time that is asked for."""

    def __init__(self, off=0.0, gone=False):
        self.off, self.gone, self.asked = off, gone, []

    def __call__(self, at):
        self.asked.append(at)
        return None if self.gone else frame(at + self.off, 2560, 1920)


def test_the_main_stream_is_read_where_there_is_one():
    main = Main()
    street = Street(closer=main)
    small = car(box=(0.4, 0.4, 0.5, 0.5))
    (glimpse,) = street.look(0.0, small, size=(320, 240))
    assert glimpse.height_px > 30, "in pixels of the main stream"
    assert glimpse.box.centre == pytest.approx((0.45, 0.47), abs=0.01)
    for i in range(1, 20):
        street.look(0.1 * i, car(box=small.box.as_tuple(), at=0.1 * i), size=(320, 240))
    assert np.diff(main.asked).min() >= CLOSER_EVERY_S - 1e-6, "each means decoding a group of pictures"
    assert len(main.asked) == 4


def test_a_slow_main_stream_is_read_more_seldom():
    watch = iter(range(100))  # every decoding takes a second
    main = Main()
    search = PlateSearch(lambda: PlateModels(ScriptedFinder(), ScriptedReader()), main, stopwatch=lambda: float(next(watch)))
    for i in range(60):
        at = 0.25 * i
        search.look(frame(at), [car(at=at)], [car(at=at)], HOW)
    assert main.asked == [0.0, 5.0, 10.0]


@pytest.mark.parametrize("main", [Main(gone=True), Main(off=-2.0)])
def test_without_a_picture_of_that_time_the_analysed_one_is_read(main):
    (glimpse,) = Street(closer=main).look(0.0, car(), size=(320, 240))
    assert glimpse.height_px < 60


BUS = car(1, (0.1, 0.0, 0.9, 0.95), label="bus")
SEDAN = car(2, (0.3, 0.4, 0.7, 0.9))
BIKE = car(3, (0.45, 0.6, 0.55, 0.95), label="motorcycle")


def plate(x, y, width=0.03, height=0.04, sure=0.9):
    return Detection("plate", sure, Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2))


@pytest.mark.parametrize(
    ("plates", "vehicles", "expected"),
    [
        ([plate(0.5, 0.85)], [BUS], [1]),
        ([plate(0.5, 0.85)], [BUS, SEDAN], [2]),  # the smallest that holds it
        ([plate(0.5, 0.85)], [BUS, SEDAN, BIKE], [3]),  # two-wheelers stand in front
        ([plate(0.5, 0.85), plate(0.6, 0.8, 0.1, 0.03, 0.8)], [BUS, SEDAN, BIKE], [3, 2]),  # each takes one
        ([plate(0.5, 0.75, 0.12, 0.03)], [SEDAN, BIKE], [2]),  # long plate: one line, no two-wheeler's
        ([plate(0.5, 0.75, 0.09, 0.08)], [SEDAN, BIKE], [2]),  # as wide as the whole motorbike
        ([plate(0.5, 0.45)], [SEDAN], []),  # on the roof of the car: not its own
        ([plate(0.5, 0.5)], [BUS, SEDAN], [1]),  # but that of the bus behind
        ([plate(0.05, 0.5)], [BUS, SEDAN], []),
        ([plate(0.5, 0.85), plate(0.501, 0.851, sure=0.7)], [SEDAN, BIKE], [3]),  # seen in two crops, one plate
        ([], [BUS], []),
        ([plate(0.5, 0.85)], [], []),
    ],
)
def test_a_plate_goes_to_its_own_vehicle(plates, vehicles, expected):
    assert [t.id for t, _ in owners(plates, vehicles, 16 / 9)] == expected


def test_a_plate_of_a_vehicle_nobody_asked_for_is_given_to_nobody():
    street = Street(ScriptedFinder(lambda crop: [Detection("plate", 0.9, Box(0.48, 0.75, 0.52, 0.8))]))
    bike = car(2, (0.45, 0.6, 0.55, 0.9), label="motorcycle")
    assert street.look(0.0, car(), vehicles=[car(), bike]) == []
    assert [g.track for g in street.look(1.0, car(at=1.0), vehicles=[car(at=1.0)])] == [1]
