"""The harness: tasks by name, what an evaluation gets and gives, and its output as JSON or tables.

A task is a function in a module of its own, named in :data:`TASKS` and imported only when it is run.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Protocol, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from ioc.core.errors import ModelError
from models.manifest import MANIFEST

T = TypeVar("T")
Figure = float | int | str | None
"""None: there was nothing to measure it on."""


@dataclass(frozen=True, slots=True)
class Task:
    """Something that can be judged."""

    where: str
    """``module:function`` of an :class:`Evaluate`."""
    models: tuple[str, ...]
    """Names of the networks that it runs; the first is the one that it is about."""


TASKS: Final[Mapping[str, Task]] = MappingProxyType(
    {
        "street": Task("models.street_evaluation:evaluate", ("street",)),
        "plates-find": Task("models.plate_evaluation:evaluate_find", ("plate-finder",)),
        "plates-read": Task("models.plate_evaluation:evaluate_read", ("plate-reader",)),
        "plates": Task("models.plate_evaluation:evaluate_both", ("plate-finder", "plate-reader")),
        "fire": Task("models.fire_evaluation:evaluate", ("fire",)),
        "water": Task("models.water_evaluation:evaluate", ("water",)),
        "crowd": Task("models.density_evaluation:evaluate", ("density", "street")),
    }
)


class Progressing(Protocol):
    """Passes items through and shows how far it is."""

    def __call__(self, items: Sequence[T], title: str) -> Iterable[T]:
        """The items in order."""
        ...


def silent(items: Sequence[T], title: str) -> Iterable[T]:
    """No progress shown."""
    return items


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to evaluate."""

    threads: int = 1
    """Cores that one run of a network may use; speed is compared at one."""
    providers: tuple[str, ...] = ()
    """Short names that force ONNX Runtime's provider."""
    confidence: float | None = None
    """Threshold at which precision and recall are given; None for the one that the product uses."""
    size: int | None = None
    """Longer side of the network's input in pixels; None for the one that the product uses."""
    tiles: int = 1
    """Tiles on a side in tiled detection; 1 for none."""
    fold: int | None = None
    """Judge only this cross-validation fold of a data set that has folds; None for all of it."""
    sheet: Path | None = None
    """Where to write a JPEG of the worst mistakes."""
    overrides: Mapping[str, Any] = field(default_factory=dict)
    """``models`` of the configuration."""
    manifest: Path = MANIFEST
    progress: Progressing = silent


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A table of figures: rows of equal length, the first column names the row."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Figure, ...], ...]

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"table {self.title!r} has rows that do not fit its columns {self.columns}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What an evaluation found."""

    task: str
    dataset: Path
    model: Mapping[str, str]
    """Name, file, SHA-256 and the like of what was evaluated."""
    figures: Mapping[str, Figure]
    """The headline figures."""
    breakdowns: tuple[Breakdown, ...] = ()

    def to_json(self) -> str:
        """One JSON object; the same figures give the same text."""
        return json.dumps(
            {
                "task": self.task,
                "dataset": str(self.dataset),
                "model": dict(self.model),
                "figures": dict(self.figures),
                "breakdowns": {b.title: [dict(zip(b.columns, row, strict=True)) for row in b.rows] for b in self.breakdowns},
            },
            ensure_ascii=False,
            indent=2,
        )

    def tables(self) -> Iterator[Table]:
        """The report for a person."""
        head = Table(title=f"{self.task}: {self.dataset}", caption=", ".join(f"{k} {v}" for k, v in self.model.items()))
        head.add_column("figure")
        head.add_column("value", justify="right")
        for name, value in self.figures.items():
            head.add_row(name.replace("_", " "), show(value))
        yield head
        for breakdown in self.breakdowns:
            table = Table(title=breakdown.title)
            for number, column in enumerate(breakdown.columns):
                table.add_column(column, justify="right" if number else "left")
            for row in breakdown.rows:
                table.add_row(*map(show, row))
            yield table


def show(value: Figure) -> str:
    """A figure for a person: four digits after the point, – for none."""
    if value is None:
        return "–"
    return f"{value:.4f}" if isinstance(value, float) else str(value)


Evaluate = Callable[[Path, Options], Report]
"""(data set's folder, options) -> report. Raises InputError for data that does not fit, ModelError for a model."""


def find_task(name: str, tasks: Mapping[str, Task] = TASKS) -> Evaluate:
    """The function of a task. Raises :class:`ModelError` for an unknown name."""
    module, _, function = _task(name, tasks).where.partition(":")
    found: Evaluate = getattr(import_module(module), function)
    return found


def replaced(task: str, file: Path | None, model: str | None, tasks: Mapping[str, Task] = TASKS) -> dict[str, Any]:
    """The overrides that put ``file`` in the place of ``model``, by default of the network that the task is about.

    Raises :class:`ModelError` where the file would change nothing, and a figure not its own be taken for its own.
    """
    models = _task(task, tasks).models
    if file is None:
        if model is not None:
            raise ModelError(f"--model {model} says which network --file replaces, and there is no --file")
        return {}
    if model is not None and model not in models:
        raise ModelError(f"{file}: the task {task!r} does not run {model!r}; it runs {' and '.join(models)}")
    return {model or models[0]: {"file": file}}


def _task(name: str, tasks: Mapping[str, Task]) -> Task:
    if name not in tasks:
        raise ModelError(f"no task is called {name!r}; there are {', '.join(tasks)}")
    return tasks[name]


@contextmanager
def progress_bar(console: Console) -> Iterator[Progressing]:
    """Progress on a terminal; nothing is drawn elsewhere."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:

        def track(items: Sequence[T], title: str) -> Iterable[T]:
            return bar.track(items, description=title)

        yield track
