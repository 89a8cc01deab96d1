"""People in a zone, threshold and series."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from detectors.crowd import DETECTOR, Settings
from ioc.core.crowd import CrowdMap
from ioc.core.ports import RuleContext, RuleZone
from ioc.core.types import Severity, Zone
from tests.fakes.scenes import FakeScene, person

SQUARE = Zone(id="square", name="Square", polygon=((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0)))
CONTEXT = RuleContext(site="s", camera="cam", timezone="UTC")


def rule(tiles=1, **settings):
    settings["tiles"] = tiles
    return DETECTOR.factory([RuleZone(SQUARE, Settings(**settings))], CONTEXT)


def people(n, y=0.8):
    return tuple(person(0.05 + 0.9 * i / max(n, 1), y) for i in range(n))


@pytest.mark.parametrize(
    ("count", "severity"),
    [(9, None), (10, Severity.MEDIUM), (19, Severity.MEDIUM), (20, Severity.HIGH), (30, Severity.CRITICAL)],
)
def test_threshold_and_severity(count, severity):
    found = list(rule(threshold=10).observe(FakeScene(detections=people(count))))
    assert [o.severity for o in found] == ([severity] if severity else [])
    assert [o.detail for o in found] == ([{"count": count, "threshold": 10, "counted": "boxes"}] if severity else [])


def test_feet_decide_who_is_in_the_zone():
    scene = FakeScene(detections=people(4) + people(7, y=0.49))
    assert not list(rule(threshold=5).observe(scene))
    (sample,) = rule(threshold=5, count_every_s=30).counts(scene)
    assert (sample.zone, sample.label, sample.count, sample.window) == ("square", "person", 4, 30)


def test_tiles_are_asked_for():
    scene = FakeScene(detections=people(2), tiled={3: people(12)})
    assert len(list(rule(threshold=10, tiles=3).observe(scene))) == 1
    assert not list(rule(threshold=10).observe(scene))


class Street:
    """A square over time: how many people one look and the finest search see, and at which times it was searched."""

    def __init__(self, plain, fine):
        self.plain, self.fine, self.searched = plain, fine, []

    def at(self, at):
        street = self

        class Scene(FakeScene):
            def people(self, tiles=1):
                if tiles > 1:
                    assert tiles == 3
                    street.searched.append(self.at)
                return list(people(street.fine(self.at) if tiles > 1 else street.plain(self.at)))

        return Scene(at=at)


def counts(crowd, street, until, step=0.5):
    found = []
    for i in range(int(until / step)):
        (sample,) = crowd.counts(street.at(i * step))
        found.append(sample.count)
    return found


def test_small_people_are_counted_in_tiles_near_the_threshold():
    street = Street(plain=lambda at: 6, fine=lambda at: 15)
    assert set(counts(rule(tiles="auto", threshold=20), street, 10)) == {15}
    assert street.searched == [0, 2, 4, 6, 8]


def test_large_people_need_no_tiles():
    street = Street(plain=lambda at: 9 + (at > 5), fine=lambda at: 10)
    assert counts(rule(tiles="auto", threshold=30), street, 20)[-1] == 10
    assert street.searched == [0, 12], "but are looked for now and then"


def test_people_who_hide_each_other_as_they_gather_are_counted_in_tiles():
    street = Street(plain=lambda at: 5 if at < 6 else 10, fine=lambda at: 5 if at < 6 else 14)
    assert counts(rule(tiles="auto", threshold=12), street, 9)[-1] == 14
    assert street.searched == [0, 6, 8]


def test_an_empty_square_is_searched_seldom_and_a_crowd_on_it_found():
    street = Street(plain=lambda at: 0, fine=lambda at: 0 if at < 15 else 25)
    found = counts(rule(tiles="auto", threshold=20), street, 30)
    assert street.searched == [0, 10, 20, 24, 28]
    assert next(i * 0.5 for i, n in enumerate(found) if n) == 20


def test_a_clock_set_back_searches_again():
    street = Street(plain=lambda at: 0, fine=lambda at: 5)
    crowd = rule(tiles="auto", threshold=100)
    for at in (50.0, 20.0):
        list(crowd.counts(street.at(at)))
    assert street.searched == [50.0, 20.0]


@pytest.mark.parametrize("tiles", [0, 5, "many"])
def test_settings_are_checked(tiles):
    with pytest.raises(ValidationError):
        Settings(tiles=tiles)


def test_confidence_is_that_of_the_person_who_decides():
    scene = FakeScene(detections=(person(0.1, 0.8, 0.9), person(0.3, 0.8, 0.3), person(0.5, 0.8, 0.6)))
    (found,) = rule(threshold=2).observe(scene)
    assert found.confidence == 0.6


def pack(heads, at=0.0, where=0.3):
    """Eight people shoulder to shoulder in the zone who have boxes, and a map of ``heads`` around them, all before them."""
    cells = np.zeros((36, 64), np.float32)
    cells[20:27, int(where * 64) : int(where * 64) + 10] = heads / 70
    rows = tuple(person(where + 0.01 + 0.02 * i, 0.8, width=0.06, height=0.3) for i in range(8))
    return FakeScene(at=at, detections=rows, density=CrowdMap(at=at, cells=cells))


def test_packed_people_are_counted_by_their_heads():
    (found,) = rule(threshold=12).observe(pack(30))
    assert found.detail == {"count": 30, "threshold": 12, "counted": "density"}
    assert found.severity is Severity.HIGH
    assert found.confidence == pytest.approx(0.8 * 8 / 12), "four of twelve have no box"
    (sample,) = rule().counts(pack(30))
    assert sample.count == 30


def test_packed_people_outside_of_the_zone_are_not_counted():
    left = Zone(id="left", name="Left", polygon=((0.0, 0.5), (0.3, 0.5), (0.3, 1.0), (0.0, 1.0)))
    crowd = DETECTOR.factory([RuleZone(left, Settings(tiles=1, threshold=5))], CONTEXT)
    assert not list(crowd.observe(pack(60, where=0.31)))
    assert [o.detail["count"] for o in crowd.observe(pack(60, where=0.1))] == [60]


@pytest.mark.parametrize("settings", [{"density": False}, {"packed": 20}])
def test_heads_are_not_counted_where_that_is_switched_off(settings):
    (sample,) = rule(**settings).counts(pack(30))
    assert sample.count == 8


def test_the_map_is_not_asked_for_where_people_stand_apart():
    """Nor would it change a count: the scene of this test has none, and asking would fail."""
    (sample,) = rule().counts(FakeScene(detections=people(12)))
    assert sample.count == 12


def test_a_pack_is_searched_in_tiles_less_often():
    searched = []

    class Scene(FakeScene):
        def people(self, tiles=1):
            if tiles > 1:
                searched.append(self.at)
            return list(self.detections)

    crowd = rule(tiles="auto", threshold=12)
    for at in range(10):
        packed = pack(10.0 if at < 4 else 30.0, float(at))
        list(crowd.counts(Scene(at=packed.at, detections=packed.detections, density=packed.density)))
    assert searched == [0, 2, 4, 8], "near the threshold by boxes, then well above it by heads"


def test_a_restarted_rule_counts_the_same():
    assert [next(iter(rule().counts(pack(30, at)))).count for at in (5.0, 6.0)] == [30, 30]


def test_nobody_is_a_count_too():
    (sample,) = rule().counts(FakeScene())
    assert sample.count == 0
