"""People in a zone, threshold and series."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from detectors.crowd import DETECTOR, Settings
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
    assert [o.detail for o in found] == ([{"count": count, "threshold": 10}] if severity else [])


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


def test_nobody_is_a_count_too():
    (sample,) = rule().counts(FakeScene())
    assert sample.count == 0
