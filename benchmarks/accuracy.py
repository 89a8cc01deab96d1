"""``ioc bench accuracy``: every alert kind over every clip of which the truth is known."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from benchmarks.footage import DATA

if TYPE_CHECKING:
    from rich.table import Table

    from benchmarks.accuracy_judge import Total, Verdict
    from benchmarks.accuracy_run import Kept
    from benchmarks.accuracy_types import Case

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
WIDTH = 120
"""Columns of a table that goes into a file."""
Advance = Callable[[float], None]
"""Called with the seconds of footage done since the last call."""


@click.command()
@click.option("--kind", "wanted", multiple=True, help="Only this alert kind; may be given several times.")
@click.option("--clips", "folders", multiple=True, type=FOLDER, help="Judge this folder's clips, not the usual ones.")
@click.option("--clip", "part", help="Only clips with this in their name.")
@click.option("--data", type=click.Path(path_type=Path), default=DATA, help="Folder of the labelled data.")
@click.option("--sheets", type=click.Path(path_type=Path), help="Write contact sheets of every miss and false alarm here.")
@click.option("--cache", type=click.Path(path_type=Path), help="Keep results here; only what has changed runs again.")
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(1, 64), help="Clips judged at the same time.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a kind, then one for each mistake.")
def accuracy(
    wanted: tuple[str, ...],
    folders: tuple[Path, ...],
    part: str | None,
    data: Path,
    sheets: Path | None,
    cache: Path | None,
    jobs: int,
    as_json: bool,
) -> None:
    """Every alert kind over every clip with a truth file: found, missed, false alarms per hour, delays."""
    from benchmarks.accuracy_clips import car_parks, distinct, folder_clips, real_clips, sample_clips
    from benchmarks.accuracy_judge import totals
    from benchmarks.accuracy_run import Kept
    from benchmarks.accuracy_sheets import write_sheets

    every, kinds = _kinds(wanted)
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(cache or scratch) / "clips"
        work.mkdir(parents=True, exist_ok=True)
        if folders:
            cases = [case for folder in folders for case in folder_clips(folder, every, work)]
        else:
            cases = [*sample_clips(every), *real_clips(data, every, work), *car_parks(data, kinds, work)]
        cases = [case for case in distinct(cases) if case.kinds & kinds and (part or "") in case.name]
        with _progress(sum(case.length_s for case in cases)) as advance:
            verdicts = list(_verdicts(cases, kinds, Kept(cache), jobs, advance))
        mistakes = [m for verdict in verdicts for m in verdict.mistakes]
        written = write_sheets(sheets, mistakes, cases) if sheets else []
    if as_json:
        for row in totals(verdicts):
            click.echo(json.dumps(asdict(row)))
        for mistake in mistakes:
            click.echo(json.dumps({**asdict(mistake), "box": [round(v, 4) for v in mistake.box.as_tuple()]}))
        return
    _show(totals(verdicts), verdicts, written)


def _kinds(wanted: Sequence[str]) -> tuple[frozenset[str], frozenset[str]]:
    """All kinds that there are, and those that are judged. Raises :class:`click.UsageError`."""
    import detectors

    every = frozenset(detectors.discover())
    unknown = set(wanted) - every
    if unknown:
        raise click.UsageError(f"unknown alert kind {', '.join(sorted(unknown))}; there are: {', '.join(sorted(every))}")
    return every, frozenset(wanted) or every


def _verdicts(cases: Sequence[Case], kinds: frozenset[str], kept: Kept, jobs: int, advance: Advance) -> Iterator[Verdict]:
    """Verdicts in the order of the clips."""
    if jobs == 1:
        for case in cases:
            yield from judge_case(case, kinds, kept, advance)
        return
    with ProcessPoolExecutor(jobs) as pool:
        tasks = {pool.submit(judge_case, case, kinds, kept): case for case in cases}
        for done in as_completed(tasks):
            advance(tasks[done].length_s)
        for task in tasks:
            yield from task.result()


def judge_case(case: Case, kinds: frozenset[str], kept: Kept, advance: Advance = lambda s: None) -> list[Verdict]:
    """Run and judge one clip, kind by kind."""
    import cv2

    from benchmarks.accuracy_judge import judge

    cv2.setNumThreads(1)
    before = 0.0

    def progress(at: float) -> None:
        nonlocal before
        advance(at - before)
        before = at

    outcomes = kept.outcomes(case, sorted(case.kinds & kinds), progress)
    advance(case.length_s - before)
    return [judge(case, kind, outcomes[kind]) for kind in sorted(outcomes)]


@contextmanager
def _progress(seconds: float) -> Iterator[Advance]:
    """A bar on the error stream where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda s: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("footage", total=seconds)
        yield lambda s: bar.advance(task, s)


def _show(totals: Sequence[Total], verdicts: Sequence[Verdict], written: Sequence[Path]) -> None:
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    for group in dict.fromkeys(t.group for t in totals):
        here = [t for t in totals if t.group == group]
        console.print(_table(group, here))
        for line in _lines(here):
            console.print(line)
    for verdict in verdicts:
        for m in verdict.mistakes:
            sure = "" if m.confidence is None else f", confidence {m.confidence:.2f}"
            console.print(f"{m.kind}: {m.what} at {m.at_s:.1f} s in {m.clip}, {m.zone or 'whole picture'}{sure}")
    for path in written:
        console.print(f"sheet: {path}")


def _table(title: str, totals: Sequence[Total]) -> Table:
    from rich.table import Table

    table = Table(
        "kind",
        "clips",
        "hours",
        "events",
        "found",
        "missed",
        "again",
        "false",
        "false/h",
        "delay s",
        "worst s",
        "allowed s",
        title=title,
    )
    for t in totals:
        delays = (f"{v:.1f}" if v is not None else "-" for v in (t.delay_median, t.delay_worst, t.late_s))
        numbers = map(str, (t.events, t.found, t.missed, t.again, t.false))
        table.add_row(t.kind, str(t.clips), f"{t.hours:.3f}", *numbers, f"{t.false_per_hour:.1f}", *delays)
    return table


def _lines(totals: Sequence[Total]) -> Iterator[str]:
    for t in totals:
        if t.kind == "plates" and t.events:
            share = f"{t.false / t.told:.1%}" if t.told else "-"
            exact = f"{t.found} of {t.events} legible passages exact ({t.found / t.events:.0%})"
            yield f"plates: {exact}; {t.told} told, {t.false} wrong ({share})"
        if t.count_error is not None:
            yield f"crowd: mean relative error of {t.counts} counts {t.count_error:.1%}"
