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


@pytest.mark.parametrize(
    ("hours", "stops", "due"),
    [
        (["07:00-09:00"], 6.5, 7 + 1 / 60),  # it stopped lawfully; from seven on it is in the way
        (["07:00-09:00"], 7.5, 7.5 + 1 / 60),
        (["07:00-08:00", "08:00-09:00"], 7.99, 7.99 + 1 / 60),  # spans that join are one
        (["22:00-05:00"], 21.5, 22 + 1 / 60),
        (["00:00-12:00", "12:00-00:00"], 11.5, 11.5 + 1 / 60),  # the whole day
    ],
)
def test_a_stay_counts_from_when_the_ban_began(hours, stops, due):
    parking, begin = rule(dwell_s=60, hours=hours), MIDNIGHT_HANOI + stops * 3600
    state, opened, at = State(), [], begin
    while at < begin + 3600:
        cars = (track(at=at, still_since=begin),)
        state, out = advance(state, parking.observe(FakeScene(at=at, tracks=cars)), at, parking.policy)
        opened += [(t.at, t.incident.started_at) for t in out]
        at += 1.0
    ((when, since),) = opened
    assert when == pytest.approx(MIDNIGHT_HANOI + due * 3600, abs=1)
    assert since == pytest.approx(when - 60, abs=1)


def test_a_stay_ends_with_the_hours_of_the_ban():
    parking, eight = rule(dwell_s=60, hours=["07:00-09:00"], occlusion_s=20), MIDNIGHT_HANOI + 8.9 * 3600
    state, events = State(), []
    for i in range(600):
        at = eight + i
        cars = (track(at=at, still_since=eight),)
        state, out = advance(state, parking.observe(FakeScene(at=at, tracks=cars)), at, parking.policy)
        events += [(t.phase.value, round(t.at - eight)) for t in out]
    assert events == [("opened", 60), ("closed", 360 + 20)]


def told(parking, scenes):
    """(subject, phase, at) of every change over scenes, one a second."""
    state, events = State(), []
    for at, tracks in enumerate(scenes):
        state, out = advance(state, parking.observe(FakeScene(at=float(at), tracks=tracks)), float(at), parking.policy)
        events += [(t.incident.observation.subject, t.phase.value, t.at) for t in out]
    return events


def test_two_vehicles_side_by_side_are_two_alerts():
    left, right = (0.35, 0.4, 0.5, 0.6), (0.46, 0.4, 0.62, 0.6)  # their boxes overlap: the nearer hides a part of the other
    scenes = [(track(1, left, at=at, still_since=0.0), track(2, right, at=at, still_since=3.0)) for at in range(20)]
    assert told(rule(dwell_s=10), scenes) == [("kerb:1", "opened", 10.0), ("kerb:2", "opened", 13.0)]


def bikes(at, since):
    return tuple(
        track(i, (0.35 + 0.05 * i, 0.5, 0.42 + 0.05 * i, 0.62), "motorcycle", still_since=t, at=float(at))
        for i, t in enumerate(since)
        if at >= t
    )


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        ([0.0, 0.0], []),  # two are no gathering
        ([0.0, 2.0, 6.0], [("kerb:gathering", "opened", 16.0)]),  # the third makes it one
        ([0.0, 2.0, 6.0, 8.0, 12.0], [("kerb:gathering", "opened", 16.0)]),  # one alert, however many come
    ],
)
def test_motorcycles_that_gather_are_one_alert(since, expected):
    assert told(rule(dwell_s=10, gathering=3), [bikes(at, since) for at in range(25)]) == expected


def test_motorcycles_may_be_banned_one_by_one():
    alerts = told(rule(dwell_s=10, classes=["motorcycle"]), [bikes(at, [0.0, 0.0, 0.0]) for at in range(15)])
    assert alerts == [(f"kerb:{i}", "opened", 10.0) for i in range(3)]


def test_a_gathering_says_how_many():
    (found,) = rule(gathering=3).observe(FakeScene(at=5.0, tracks=bikes(5, [0.0, 1.0, 2.0])))
    assert (found.detail["gathered"], found.detail["label"], found.since) == (3, "motorcycle", 2.0)
    assert (found.box.x1, found.box.x2) == pytest.approx((0.35, 0.52))


def test_a_passing_bus_hides_a_row_and_its_gathering_goes_on():
    hidden = tuple(t for t in bikes(7, [0.0, 0.0, 0.0]))
    scenes = [bikes(at, [0.0] * 3) if not 6 < at < 12 else hidden for at in range(20)]
    assert told(rule(dwell_s=10, gathering=3, occlusion_s=20), scenes) == [("kerb:gathering", "opened", 12.0)]


def test_the_alert_is_a_suspicion():
    (found,) = rule(dwell_s=30).observe(FakeScene(tracks=(track(),)))
    assert found.detail == {"label": "car", "limit_s": 30, "suspected": True}


def test_the_plate_is_told_where_it_was_read():
    read = PlateRead(id="r", site="s", camera="cam", at=0.0, text="98A12345", raw="98A12345", pattern="CAR", confidence=0.9)
    (found,) = rule(dwell_s=30).observe(FakeScene(tracks=(track(),), plates_known={1: read, 2: read}))
    assert found.detail["plate"] == "98A12345"
