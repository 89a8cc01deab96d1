"""What was told against what is known. Pure: no video, no model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median, median_low
from typing import Final, Literal

from benchmarks.accuracy_types import WHOLE, Case, Expected, Outcome, Told
from ioc.core.types import Box

EARLY_S: Final = 1.0
"""An alert this much before its time is early, not false."""
FEWEST: Final = 5
"""People from which on a relative error says something: one person missed of two is half."""


@dataclass(frozen=True, slots=True)
class Target:
    """How late an alert may be."""

    late_s: float
    after_wait: bool
    """Whether the rule's own wait (a dwell, a confirmation) is added to the moment from which the delay counts."""


TARGETS: Final = {
    "fire": Target(5.0, after_wait=False),
    "flood": Target(30.0, after_wait=False),
    "dumping": Target(10.0, after_wait=False),
    "parking": Target(1.0, after_wait=True),
    "crowd": Target(5.0, after_wait=True),
    "camera": Target(1.0, after_wait=True),
}
OTHERS: Final = Target(10.0, after_wait=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """Something that was missed or told wrongly."""

    kind: str
    clip: str
    what: Literal["missed", "false", "again"]
    at_s: float
    """When the alert came, or when it was due."""
    box: Box
    zone: str | None = None
    confidence: float | None = None
    """Of what was told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One kind on one clip."""

    kind: str
    clip: str
    group: str
    seconds: float
    events: int
    found: int
    delays: tuple[float, ...]
    """Seconds from when each found event was due to its alert; negative where it came before."""
    mistakes: tuple[Mistake, ...]
    count_errors: tuple[float, ...] = ()
    """Relative errors of people counted, 0..; crowd only."""
    told: int = 0
    """Alerts, or passages for plates."""

    def number(self, what: str) -> int:
        """Mistakes of a sort."""
        return sum(m.what == what for m in self.mistakes)


def judge(case: Case, kind: str, outcome: Outcome) -> Verdict:
    """Judge one kind on one clip."""
    if kind == "plates":
        return _judge_plates(case, outcome)
    expected = sorted((e for e in case.expected if e.kind == kind), key=lambda e: e.due_s)
    found, rest = _match(expected, sorted(outcome.told, key=lambda t: t.at_s))
    missed = [
        Mistake(kind=kind, clip=case.name, what="missed", at_s=e.due_s, box=e.box, zone=e.zone)
        for e in expected
        if e not in found
    ]
    wrong = [
        Mistake(
            kind=kind,
            clip=case.name,
            what="again" if any(_about(e, t) for e in found) else "false",
            at_s=t.at_s,
            box=t.box or WHOLE,
            zone=t.zone,
            confidence=t.confidence,
        )
        for t in rest
    ]
    return Verdict(
        kind=kind,
        clip=case.name,
        group=case.group,
        seconds=case.length_s,
        events=len(expected),
        found=len(found),
        delays=tuple(_delay(e, t) for e, t in found.items()),
        mistakes=(*missed, *wrong),
        count_errors=_count_errors(case, outcome) if kind == "crowd" else (),
        told=len(outcome.told),
    )


def target(kind: str) -> Target:
    """How late an alert of the kind may be."""
    return TARGETS.get(kind, OTHERS)


def _match(expected: Iterable[Expected], told: Sequence[Told]) -> tuple[dict[Expected, Told], list[Told]]:
    """Each event with its alert: the first in time at its place, else the first in its zone; and the alerts left over."""
    found: dict[Expected, Told] = {}
    left = list(told)
    for event in expected:
        fitting = [t for t in left if _about(event, t)]
        if fitting:
            chosen = min(fitting, key=lambda t: (not _overlaps(event, t), t.at_s))
            found[event] = chosen
            left.remove(chosen)
    return found, left


def _about(event: Expected, told: Told) -> bool:
    """Whether an alert may speak of an event: in its zone, not before it, not after it is over."""
    if None not in (event.zone, told.zone) and event.zone != told.zone:
        return False
    slack = EARLY_S + event.uncertainty_s
    begin = event.start_s + (told.wait_s if target(event.kind).after_wait else 0.0)
    return begin - slack <= told.at_s <= event.end_s + slack


def _overlaps(event: Expected, told: Told) -> bool:
    return told.box is None or event.box.intersection(told.box) > 0


def _delay(event: Expected, told: Told) -> float:
    return told.at_s - event.due_s - (told.wait_s if target(event.kind).after_wait else 0.0)


def _count_errors(case: Case, outcome: Outcome) -> tuple[float, ...]:
    """Each told count against the middle of what was there in its window."""
    errors = []
    for count in outcome.counts:
        begin = count.at_s - count.window_s
        there = [p.people for p in case.people if p.zone == count.zone and begin < p.at_s <= count.at_s]
        if there and median_low(there) >= FEWEST:
            errors.append(abs(count.people / median_low(there) - 1))
    return tuple(errors)


def _judge_plates(case: Case, outcome: Outcome) -> Verdict:
    legible = case.plates.legible if case.plates else ()
    told = {p.number for p in outcome.passages if p.right}
    missed = [
        Mistake(kind="plates", clip=case.name, what="missed", at_s=p.at_s, box=p.box)
        for i, p in enumerate(legible)
        if i not in told
    ]
    wrong = [
        Mistake(
            kind="plates",
            clip=case.name,
            what="again" if p.right else "false",
            at_s=p.at_s,
            box=p.box or WHOLE,
            confidence=p.confidence,
        )
        for p in outcome.passages
        if p.again or not (p.right or p.faint)
    ]
    return Verdict(
        kind="plates",
        clip=case.name,
        group=case.group,
        seconds=case.length_s,
        events=len(legible),
        found=len(told),
        delays=(),
        mistakes=(*missed, *wrong),
        told=len(outcome.passages),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """One kind over the clips of a group."""

    kind: str
    group: str
    clips: int
    hours: float
    events: int
    found: int
    missed: int
    again: int
    false: int
    false_per_hour: float
    delay_median: float | None
    delay_worst: float | None
    late_s: float | None
    """The largest delay that is allowed; None where none is."""
    told: int
    count_error: float | None
    """Mean relative error of people counted; crowd only."""
    counts: int


def totals(verdicts: Sequence[Verdict]) -> list[Total]:
    """The verdicts summed up by group, in the order in which they come, and by kind."""
    groups = list(dict.fromkeys(v.group for v in verdicts))
    kinds = sorted({v.kind for v in verdicts})
    found = [[v for v in verdicts if (v.group, v.kind) == (group, kind)] for group in groups for kind in kinds]
    return [total(of) for of in found if of]


def total(verdicts: Sequence[Verdict]) -> Total:
    """Sum up verdicts of one group and kind; there is at least one."""
    kind = verdicts[0].kind
    delays = [d for v in verdicts for d in v.delays]
    errors = [e for v in verdicts for e in v.count_errors]
    missed, false, again = (sum(v.number(w) for v in verdicts) for w in ("missed", "false", "again"))
    hours = sum(v.seconds for v in verdicts) / 3600
    return Total(
        kind=kind,
        group=verdicts[0].group,
        clips=len(verdicts),
        hours=hours,
        events=sum(v.events for v in verdicts),
        found=sum(v.found for v in verdicts),
        missed=missed,
        again=again,
        false=false,
        false_per_hour=false / hours if hours else 0.0,
        delay_median=median(delays) if delays else None,
        delay_worst=max(delays, default=None),
        late_s=None if kind == "plates" else target(kind).late_s,
        told=sum(v.told for v in verdicts),
        count_error=sum(errors) / len(errors) if errors else None,
        counts=len(errors),
    )
