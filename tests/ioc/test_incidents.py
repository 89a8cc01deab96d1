"""Tables of the incident machine: seconds in, transitions out."""

from __future__ import annotations

import pytest

from ioc.core.incidents import Policy, State, advance, finish
from ioc.core.types import Box, Observation, Phase, Severity

CAR = Observation(kind="parking", subject="kerb:7", zone="kerb", confidence=0.8)


def run(policy, script, step=1.0):
    """Feed a string, one character an instant: '#' seen, '.' absent; return [(phase, at)]."""
    state, out = State(), []
    for i, char in enumerate(script):
        state, transitions = advance(state, [CAR] if char == "#" else [], i * step, policy)
        out += [(t.phase.value, t.at) for t in transitions]
    return out


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("#####", []),  # not yet long enough
        ("######", [("opened", 5.0)]),  # held exactly confirm_s
        ("######....", [("opened", 5.0), ("closed", 8.0)]),  # absent longer than hold_s
        ("####..##", [("opened", 6.0)]),  # a short absence breaks nothing and its seconds count
        ("##...####", []),  # an absence beyond hold_s starts again
        ("######..##....", [("opened", 5.0), ("closed", 12.0)]),  # one alert through a short absence
        ("#..#..#..#..#", []),  # a flicker never confirms: seen too small a share of the time
        ("######...######", [("opened", 5.0), ("closed", 8.0), ("opened", 14.0)]),  # gone and back: a new alert
    ],
)
def test_confirm_hold_close(script, expected):
    assert run(Policy(confirm_s=5, hold_s=2, min_share=0.5), script) == expected


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("#....####", [("opened", 8.0)]),  # a moment long ago is forgotten: it does not count as time without evidence
        ("#.####", [("opened", 4.0)]),  # a shorter absence than pause_s breaks nothing
        ("####......#..........", [("opened", 3.0), ("closed", 19.0)]),  # once open, hold_s counts
    ],
)
def test_a_pause_before_the_alert_is_shorter_than_the_hold_after(script, expected):
    assert run(Policy(confirm_s=3, hold_s=8, pause_s=1, min_share=0.5), script) == expected


@pytest.mark.parametrize("step", [0.04, 0.2, 0.4, 1.0])
def test_dwell_is_seconds_whatever_the_frame_rate(step):
    events = run(Policy(confirm_s=10, hold_s=2), "#" * int(15 / step), step)
    assert [p for p, _ in events] == ["opened"]
    assert 10 <= events[0][1] <= 10 + step + 1e-9


def test_since_of_the_evidence_counts():
    seen = Observation(kind="parking", subject="kerb:7", since=97.0)
    state, first = advance(State(), [seen], 100.0, Policy(confirm_s=5))
    state, second = advance(state, [seen], 102.0, Policy(confirm_s=5))
    assert first == ()
    assert [t.phase for t in second] == [Phase.OPENED]
    assert second[0].incident.started_at == 97.0


def test_evidence_older_than_the_confirmation_opens_at_once():
    seen = Observation(kind="parking", subject="kerb:7", since=10.0)
    _, transitions = advance(State(), [seen], 100.0, Policy(confirm_s=5))
    assert [t.phase for t in transitions] == [Phase.OPENED]


@pytest.mark.parametrize("jump", [60.0, -60.0, 0.0])
def test_a_gap_or_a_jump_of_the_clock_is_neither_evidence_nor_absence(jump):
    policy = Policy(confirm_s=5, hold_s=2)
    state = State()
    for at in (0.0, 1.0, 2.0):
        state, out = advance(state, [CAR], at, policy)
        assert out == ()
    state, out = advance(state, [CAR], 2.0 + jump, policy)
    assert out == ()
    for i in range(1, 4):
        state, out = advance(state, [CAR], 2.0 + jump + i, policy)
    assert [t.phase for t in out] == [Phase.OPENED]
    state, out = advance(state, [], 5.0 + jump + 100, policy)
    assert out == (), "an open alert survives a gap in observing"


def test_severity_rises_and_never_falls_while_open():
    policy = Policy(confirm_s=0, hold_s=1, severity=Severity.LOW)
    state, phases = State(), []
    for at, severity in enumerate([Severity.LOW, Severity.HIGH, Severity.MEDIUM, Severity.CRITICAL]):
        o = Observation(kind="flood", subject="road", severity=severity)
        state, out = advance(state, [o], float(at), policy)
        phases += [(t.phase.value, t.incident.severity.value, t.incident.sequence) for t in out]
    assert phases == [("opened", "low", 0), ("updated", "high", 1), ("updated", "critical", 2)]


def test_a_late_fact_is_told_at_once_kept_and_corrected():
    policy, state, out = Policy(confirm_s=1, hold_s=2, late_facts=("plate",)), State(), []
    for at, plate in enumerate([None, None, None, "98A12345", "98A12345", None, "98A12346", None, None]):
        seen = Observation(kind="parking", subject="kerb:7", detail={"n": at} | ({"plate": plate} if plate else {}))
        state, transitions = advance(state, [seen] if at != 7 else [], float(at), policy)
        out += [(t.phase.value, t.at, t.incident.observation.detail.get("plate")) for t in transitions]
    assert out == [("opened", 1.0, None), ("updated", 3.0, "98A12345"), ("updated", 6.0, "98A12346")]
    (incident,) = state.incidents.values()
    assert incident.observation.detail == {"n": 8, "plate": "98A12346"}, "newer evidence without it takes nothing away"


def test_updates_come_at_most_every_update_s():
    events = run(Policy(confirm_s=0, update_s=3), "#" * 10)
    assert events == [("opened", 0.0), ("updated", 3.0), ("updated", 6.0), ("updated", 9.0)]


def test_cooldown_lasts_while_the_subject_keeps_coming_back():
    policy = Policy(confirm_s=0, hold_s=0, cooldown_s=3)
    assert run(policy, "#.#.#.#...#") == [("opened", 0.0), ("closed", 1.0), ("opened", 10.0)]


def test_the_most_severe_of_several_observations_counts():
    weak = Observation(kind="fire", subject="a", confidence=0.9, severity=Severity.LOW)
    strong = Observation(kind="fire", subject="a", confidence=0.4, severity=Severity.CRITICAL)
    _, out = advance(State(), [weak, strong], 0.0, Policy(confirm_s=0))
    assert out[0].incident.severity is Severity.CRITICAL


def test_subjects_are_independent():
    policy = Policy(confirm_s=2, hold_s=1)
    a, b = (Observation(kind="parking", subject=s) for s in "ab")
    state, opened = State(), []
    for at in range(6):
        state, out = advance(state, [a] + ([b] if at >= 2 else []), float(at), policy)
        opened += [(t.incident.observation.subject, t.at) for t in out]
    assert opened == [("a", 2.0), ("b", 4.0)]


def test_finish_closes_what_is_open_and_forgets_candidates():
    policy = Policy(confirm_s=2)
    state = State()
    for at in range(4):
        state, _ = advance(state, [CAR], float(at), policy)
    state, _ = advance(state, [CAR, Observation(kind="parking", subject="new")], 4.0, policy)
    state, out = finish(state, 4.5)
    assert [(t.phase, t.incident.observation.subject, t.incident.closed_at) for t in out] == [(Phase.CLOSED, "kerb:7", 4.5)]
    assert not state.incidents


@pytest.mark.parametrize("bad", [{"confirm_s": -1}, {"confirm_s": 1, "hold_s": -1}, {"confirm_s": 1, "min_share": 2}])
def test_policy_validates(bad):
    with pytest.raises(ValueError, match=r"must"):
        Policy(**bad)


def test_each_observation_has_its_own_policy():
    lost, frozen = (Observation(kind="camera", subject=s) for s in ("lost", "frozen"))
    policies = {"lost": Policy(confirm_s=2), "frozen": Policy(confirm_s=4)}
    state, opened = State(), []
    for at in range(6):
        state, out = advance(state, [lost, frozen], float(at), lambda o: policies[o.subject])
        opened += [(t.incident.observation.subject, t.at) for t in out]
    assert opened == [("lost", 2.0), ("frozen", 4.0)]


def car(subject, box, label="car"):
    return Observation(kind="parking", subject=subject, zone="kerb", box=box, detail={"label": label})


PLACE = Box(0.1, 0.1, 0.3, 0.3)


@pytest.mark.parametrize(
    ("second", "alerts"),
    [
        (car("kerb:9", PLACE), 1),  # the tracker gave the same car a new id
        (car("kerb:9", Box(0.11, 0.1, 0.31, 0.3)), 1),
        (car("kerb:9", PLACE, "bus"), 2),  # a bus that stands before the car is not the car
        (car("kerb:9", Box(0.6, 0.1, 0.8, 0.3)), 2),  # another place
    ],
)
def test_a_subject_keeps_its_incident_under_a_new_name(second, alerts):
    policy = Policy(confirm_s=3, hold_s=5, same_place_iou=0.5)
    state, events = State(), []
    for at in range(30):
        state, out = advance(state, [car("kerb:7", PLACE) if at < 6 else second], float(at), policy)
        events += [(t.phase.value, t.incident.observation.subject) for t in out]
    assert [e for e in events if e[0] == "opened"] == [("opened", "kerb:7"), ("opened", "kerb:9")][:alerts]
    assert [e for e in events if e[0] == "closed"] == [("closed", "kerb:7")] * (alerts - 1)


def test_two_cars_side_by_side_do_not_swap():
    policy = Policy(confirm_s=1, hold_s=5, same_place_iou=0.3)
    a, b = car("kerb:1", PLACE), car("kerb:2", Box(0.2, 0.1, 0.4, 0.3))
    state, opened = State(), []
    for at in range(10):
        state, out = advance(state, [a, b], float(at), policy)
        opened += [t.incident.observation.subject for t in out]
    assert sorted(opened) == ["kerb:1", "kerb:2"]
    assert not state.names
