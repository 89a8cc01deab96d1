"""From observations to incidents: the only place that waits.

``advance`` is a pure state machine. It is called once for every analysed instant of a camera and kind, also when nothing was
observed, and answers with the new state and the transitions that happened. It counts *observed* seconds: a gap longer than
``Policy.max_gap_s`` (a lost camera, a clock that jumps) counts neither as evidence nor as absence.

A subject's life::

    (none) --observed--> candidate --held confirm_s--> open --absent hold_s--> closed
                             |                            |
                             +--absent pause_s-> (none)   +--worse, learnt or update_s--> updated
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from ioc.core.types import Observation, Phase, Severity

Key = tuple[str, str]
"""(kind, subject)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What time adds to the evidence of one kind. All lengths are seconds."""

    confirm_s: float
    """The evidence must hold this long before an alert opens."""
    hold_s: float = 2.0
    """Evidence may be away this long (an occlusion, a missed detection) without breaking."""
    pause_s: float | None = None
    """As ``hold_s``, before the alert opens; None for ``hold_s`` itself. Where an alert is held long, what was seen for a
    moment must not count for as long: it would delay what begins next."""
    refute_s: float = 2.0
    """As ``hold_s``, for a subject that is seen while the evidence does not hold."""
    min_share: float = 0.5
    """Share 0..1 of the time until confirmation in which the evidence must be seen: a flicker never confirms."""
    severity: Severity = Severity.MEDIUM
    update_s: float = 0.0
    """Send an update at most this often while open, with the newest evidence; 0 sends updates only on a rise in severity
    and for late facts."""
    late_facts: tuple[str, ...] = ()
    """Names in the evidence's ``detail`` of what may be learnt only after the alert has opened, as a plate is. An open alert
    is updated at once when one is learnt or corrected, and what is known is kept while newer evidence lacks it."""
    cooldown_s: float = 0.0
    """After closing, the same subject opens no new alert for this long; its evidence re-opens nothing."""
    max_gap_s: float = 3.0
    """Two calls further apart than this are a gap in observing."""
    same_place_iou: float = 0.0
    """Above 0: evidence of an unknown subject that covers the box of an absent one with at least this IoU, in the same zone
    and with the same label, is that subject under a new name (a tracker lost it, a worker was restarted)."""

    def __post_init__(self) -> None:
        for name in ("confirm_s", "hold_s", "pause_s", "refute_s", "update_s", "cooldown_s"):
            if (getattr(self, name) or 0) < 0:
                raise ValueError(f"{name} must not be negative, got {getattr(self, name)}")
        if self.max_gap_s <= 0:
            raise ValueError(f"max_gap_s must be positive, got {self.max_gap_s}")
        for name in ("min_share", "same_place_iou"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must lie in 0..1, got {getattr(self, name)}")


PolicyOf = Callable[[Observation], Policy]
"""The policy of an observation; it depends on its kind, zone and subject, never on the instant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """The state behind an alert. ``opened_at`` is None while it is a candidate."""

    observation: Observation
    """The strongest evidence so far: highest severity, then the newest."""
    started_at: float
    last_seen: float
    held_s: float = 0.0
    """Observed seconds since the start."""
    seen_s: float = 0.0
    """Of these, seconds with evidence."""
    absent_s: float = 0.0
    """Observed seconds since the evidence was last seen."""
    opened_at: float | None = None
    closed_at: float | None = None
    severity: Severity = Severity.LOW
    sequence: int = 0
    updated_at: float = 0.0

    @property
    def is_open(self) -> bool:
        """An alert stands."""
        return self.opened_at is not None and self.closed_at is None


@dataclass(frozen=True, slots=True)
class State:
    """All incidents of one camera and kind."""

    incidents: Mapping[Key, Incident] = field(default_factory=dict)
    cooling: Mapping[Key, float] = field(default_factory=dict)
    """Closed subject -> seconds it must still rest."""
    names: Mapping[Key, Key] = field(default_factory=dict)
    """A subject's new name -> the name under which its incident began."""
    former: frozenset[Key] = frozenset()
    """Names given before a restart. A tracker counts from one again, so that another subject may bear one of them now."""
    at: float | None = None


def resumed(state: State) -> State:
    """The state as a restarted worker may go on with it: where the policy asks for the place, names prove nothing."""
    return replace(state, names={}, former=frozenset(state.incidents) | frozenset(state.cooling))


@dataclass(frozen=True, slots=True)
class Transition:
    """An incident opened, changed or closed at ``at``."""

    phase: Phase
    at: float
    incident: Incident


def advance(
    state: State, observations: Iterable[Observation], at: float, policy: Policy | PolicyOf
) -> tuple[State, tuple[Transition, ...]]:
    """Take one instant's observations at time ``at`` (s) and return the new state and what changed.

    Of several observations of one subject the most severe counts. ``at`` may stand still or jump back: no time passes then.
    """
    policy_of: PolicyOf = (lambda _: policy) if isinstance(policy, Policy) else policy
    passed = max(0.0, at - state.at) if state.at is not None and at >= state.at else 0.0
    seen, names = _by_subject(state, observations, policy_of)
    cooling = {key: left - passed for key, left in state.cooling.items() if left - passed > 0}
    incidents: dict[Key, Incident] = {}
    transitions: list[Transition] = []

    for key, incident in state.incidents.items():
        rule = policy_of(incident.observation)
        step = passed if passed <= rule.max_gap_s else 0.0
        found = seen.pop(key, None)
        refuted = found is not None and not found.holds
        moved = _absent(incident, step) if found is None or refuted else _present(incident, found, at, step, rule)
        hold_s = rule.hold_s if incident.is_open or rule.pause_s is None else rule.pause_s
        if moved.absent_s > (min(rule.refute_s, hold_s) if refuted else hold_s):
            if moved.is_open:
                closed = replace(moved, closed_at=at, sequence=moved.sequence + 1)
                transitions.append(Transition(Phase.CLOSED, at, closed))
                if rule.cooldown_s > 0:
                    cooling[key] = rule.cooldown_s
            continue
        moved, phase = _change(incident, moved, at, rule)
        if phase:
            transitions.append(Transition(phase, at, moved))
        incidents[key] = moved

    for key, found in seen.items():
        rule = policy_of(found)
        if not found.holds:
            continue
        if key in cooling:
            cooling[key] = rule.cooldown_s
            continue
        fresh, phase = _change(None, _candidate(found, at, rule), at, rule)
        if phase:
            transitions.append(Transition(phase, at, fresh))
        incidents[key] = fresh

    names = {new: old for new, old in names.items() if old in incidents}
    former = frozenset(key for key in state.former if key in incidents or key in cooling)
    return State(incidents, cooling, names, former, at), tuple(transitions)


def finish(state: State, at: float) -> tuple[State, tuple[Transition, ...]]:
    """Close every open incident, for the end of a file. Candidates are forgotten."""
    closed = tuple(
        Transition(Phase.CLOSED, at, replace(i, closed_at=at, sequence=i.sequence + 1))
        for i in state.incidents.values()
        if i.is_open
    )
    return State(at=at), closed


def _learnt(before: Observation, now: Observation, policy: Policy) -> bool:
    """Whether a late fact is known now that was unknown, or known otherwise, before."""
    return any(now.detail.get(name) not in (None, before.detail.get(name)) for name in policy.late_facts)


def _severity(observation: Observation, policy: Policy) -> Severity:
    return observation.severity or policy.severity


def _by_subject(
    state: State, observations: Iterable[Observation], policy_of: PolicyOf
) -> tuple[dict[Key, Observation], dict[Key, Key]]:
    """The most severe observation of each subject under the name its incident began with, and the names in force."""
    names = dict(state.names)
    best: dict[Key, Observation] = {}
    fresh: list[Observation] = []
    for o in observations:
        key = (o.kind, o.subject)
        rule = policy_of(o)
        strange = key in state.former and rule.same_place_iou > 0
        if key in names or (key in state.incidents and not strange):
            _keep(best, replace(o, subject=names.get(key, key)[1]), rule)
        elif o.holds:
            fresh.append(o)
    for o in fresh:
        key = (o.kind, o.subject)
        rule = policy_of(o)
        known = _same_place(state, best, o, rule.same_place_iou) if rule.same_place_iou > 0 else None
        if known is None and key in state.former and rule.same_place_iou > 0:
            known = _unused(key, state)
        if known:
            names[key] = known
        _keep(best, replace(o, subject=known[1]) if known else o, rule)
    return best, names


def _unused(key: Key, state: State) -> Key:
    """A name like this one that no subject of the state bears."""
    kind, subject = key
    while (kind, subject) in state.incidents or (kind, subject) in state.cooling:
        subject += "'"
    return kind, subject


def _keep(best: dict[Key, Observation], o: Observation, policy: Policy) -> None:
    key = (o.kind, o.subject)
    held = best.get(key)
    rank = (o.holds, _severity(o, policy).rank, o.confidence)
    if held is None or rank > (held.holds, _severity(held, policy).rank, held.confidence):
        best[key] = o


def _same_place(state: State, seen: Mapping[Key, Observation], o: Observation, least: float) -> Key | None:
    """The absent incident whose place the observation takes, the best overlap first."""
    if o.box is None:
        return None
    rivals: list[tuple[float, Key]] = []
    for key, incident in state.incidents.items():
        before = incident.observation
        same = (before.kind, before.zone, before.detail.get("label")) == (o.kind, o.zone, o.detail.get("label"))
        if same and key not in seen and before.box is not None:
            rivals.append((before.box.iou(o.box), key))
    overlap, best = max(rivals, default=(0.0, None))
    return best if overlap >= least else None


def _candidate(found: Observation, at: float, policy: Policy) -> Incident:
    started = min(at, found.since) if found.since is not None else at
    held = at - started
    return Incident(
        observation=found, started_at=started, last_seen=at, held_s=held, seen_s=held, severity=_severity(found, policy)
    )


def _present(incident: Incident, found: Observation, at: float, step: float, policy: Policy) -> Incident:
    if incident.opened_at is None and found.since is not None and found.since > incident.last_seen:
        return _candidate(found, at, policy)  # the evidence itself knows that it was broken
    severity = max(incident.severity, _severity(found, policy), key=lambda s: s.rank)
    # The step that ends an absence belongs to the absence: how long the evidence was back within it is not known.
    seen_s = incident.seen_s + (step if incident.absent_s == 0 else 0.0)
    known = {name: incident.observation.detail[name] for name in policy.late_facts if name in incident.observation.detail}
    return replace(
        incident,
        observation=replace(found, detail={**known, **found.detail}) if known else found,
        last_seen=at,
        held_s=incident.held_s + step,
        seen_s=seen_s,
        absent_s=0.0,
        severity=severity,
    )


def _absent(incident: Incident, step: float) -> Incident:
    return replace(incident, held_s=incident.held_s + step, absent_s=incident.absent_s + step)


def _change(before: Incident | None, now: Incident, at: float, policy: Policy) -> tuple[Incident, Phase | None]:
    if now.opened_at is None:
        enough = now.held_s >= policy.confirm_s and now.seen_s >= policy.min_share * now.held_s
        if enough and now.absent_s == 0:
            return replace(now, opened_at=at, updated_at=at), Phase.OPENED
        return now, None
    worse = before is not None and now.severity.rank > before.severity.rank
    due = policy.update_s > 0 and now.absent_s == 0 and at - now.updated_at >= policy.update_s
    if worse or due or (before is not None and _learnt(before.observation, now.observation, policy)):
        return replace(now, sequence=now.sequence + 1, updated_at=at), Phase.UPDATED
    return now, None
