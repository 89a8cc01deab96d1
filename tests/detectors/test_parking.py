"""Where and when a vehicle counts as standing; the dwell with time added."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from detectors.parking import DETECTOR, Settings
from ioc.core.incidents import State, advance
from ioc.core.ports import RuleContext, RuleZone
from ioc.core.types import PlateRead, Zone
from tests.fakes.scenes import FakeScene, track

KERB = Zone(id="kerb", name="Kerb", polygon=((0.3, 0.5), (0.7, 0.5), (0.7, 0.7), (0.3, 0.7)))
CONTEXT = RuleContext(site="s", camera="cam", timezone="Asia/Ho_Chi_Minh")


def rule(**settings):
    return DETECTOR.factory([RuleZone(KERB, Settings(**settings))], CONTEXT)


def subjects(found):
    return [o.subject for o in found if o.holds]


@pytest.mark.parametrize(
    ("vehicle", "stands"),
    [
        (track(), True),
        (track(still_since=None), False),  # it moves
        (track(label="motorcycle"), False),  # not a class of this ban
        (track(label="bus"), True),
        (track(label="person"), False),
        (track(box=(0.4, 0.2, 0.6, 0.52)), False),  # it stands behind the zone, only its bumper reaches in
        (track(box=(0.4, 0.6, 0.6, 0.95)), False),  # it stands before the zone, only its roof reaches in
        (track(box=(0.65, 0.4, 0.95, 0.6)), False),  # beside the zone, a sixth of it inside
        (track(box=(0.55, 0.4, 0.8, 0.6)), True),  # more than half of it inside
        (track(at=5.0, last_seen=4.0), False),  # hidden now: no evidence of this instant
    ],
)
def test_what_stands_in_the_zone(vehicle, stands):
    at = 5.0 if vehicle.last_seen == 4.0 else 0.0
    found = list(rule().observe(FakeScene(at=at, tracks=(vehicle,))))
    assert subjects(found) == (["kerb:1"] if stands else [])


def test_classes_are_a_setting():
    scene = FakeScene(tracks=(track(label="motorcycle"), track(2, label="car")))
    assert subjects(rule(classes=["motorcycle"]).observe(scene)) == ["kerb:1"]


MIDNIGHT_HANOI = 1_700_000_000 - 1_700_000_000 % 86_400 - 7 * 3600


@pytest.mark.parametrize(
    ("hours", "clock", "banned"),
    [
        ([], 3, True),
        (["07:00-09:00"], 6.99, False),
        (["07:00-09:00"], 7, True),
        (["07:00-09:00"], 9, False),
        (["07:00-09:00", "16:30-18:30"], 17, True),
        (["22:00-05:00"], 23, True),
        (["22:00-05:00"], 4, True),
        (["22:00-05:00"], 12, False),
    ],
)
def test_hours_are_those_of_the_site(hours, clock, banned):
    at = MIDNIGHT_HANOI + clock * 3600
    scene = FakeScene(at=at, tracks=(track(at=at, still_since=at - 1),))
    assert bool(list(rule(hours=hours).observe(scene))) is banned


@pytest.mark.parametrize(
    "bad", [{"hours": ["7-9"]}, {"hours": ["07:00-07:00"]}, {"dwell_s": 0}, {"classes": ["tram"]}, {"x": 1}]
)
def test_settings_are_checked(bad):
    with pytest.raises(ValidationError):
        Settings(**bad)


def stay(parking, script, step):
    """'#' the car is seen standing, '.' it is hidden, ' ' it has gone; one character a second."""
    state, events = State(), []
    for i in range(int(len(script) / step)):
        at = i * step
        char = script[int(at)]
        cars = () if char == " " else (track(at=at, last_seen=at if char == "#" else 0.0, still_since=0.0),)
        if char == ".":
            cars = (track(at=at, last_seen=0.0, still_since=0.0),) if at > 0 else ()
        state, out = advance(state, parking.observe(FakeScene(at=at, tracks=cars)), at, parking.policy)
        events += [(t.phase.value, t.at) for t in out]
    return events


@pytest.mark.parametrize("step", [0.1, 0.2, 0.4, 0.8])
def test_one_alert_a_stay_at_the_dwell_through_a_bus(step):
    script = "#" * 12 + "." * 5 + "#" * 30 + " " * 30
    events = stay(rule(dwell_s=30, occlusion_s=20), script, step)
    assert [e[0] for e in events] == ["opened", "closed"]
    assert events[0][1] == pytest.approx(30, abs=1)
    assert events[1][1] == pytest.approx(47 + 20, abs=1)


def test_a_legal_stop_raises_nothing():
    assert stay(rule(dwell_s=30), "#" * 29 + " " * 60, 0.5) == []


def test_a_vehicle_that_drives_off_ends_its_stay_at_once():
    parking = rule(dwell_s=10, occlusion_s=20)
    state, events = State(), []
    for at in range(40):
        scene = FakeScene(at=float(at), tracks=(track(at=float(at), still_since=0.0 if at < 20 else None),))
        state, out = advance(state, parking.observe(scene), float(at), parking.policy)
        events += [(t.phase.value, t.at) for t in out]
    assert events == [("opened", 10.0), ("closed", 22.0)]


def test_a_vehicle_that_moves_up_begins_its_dwell_again():
    parking = rule(dwell_s=10)
    state, events = State(), []
    for at in range(30):
        since = 0.0 if at < 8 else None if at < 10 else 9.0
        scene = FakeScene(at=float(at), tracks=(track(at=float(at), still_since=since),))
        state, out = advance(state, parking.observe(scene), float(at), parking.policy)
        events += [(t.phase.value, t.at) for t in out]
    assert events == [("opened", 19.0)]


def test_the_alert_is_a_suspicion():
    (found,) = rule(dwell_s=30).observe(FakeScene(tracks=(track(),)))
    assert found.detail == {"label": "car", "limit_s": 30, "suspected": True}


def test_the_plate_is_told_where_it_was_read():
    read = PlateRead(id="r", site="s", camera="cam", at=0.0, text="98A12345", raw="98A12345", pattern="CAR", confidence=0.9)
    (found,) = rule(dwell_s=30).observe(FakeScene(tracks=(track(),), plates_known={1: read, 2: read}))
    assert found.detail["plate"] == "98A12345"
