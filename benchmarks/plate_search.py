"""``ioc bench plate-search``: how long searches take among a million plate reads."""

from __future__ import annotations

import json
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ioc.core.plate_search import Match, confused_with
from ioc.core.types import PlateRead

if TYPE_CHECKING:  # the rest is imported when the command runs: `ioc --help` stays quick
    from api.store.database import Database
    from api.store.plate_pages import Search

SITE = "bench-plate-search"
START, DAYS = 1_790_000_000.0, 30
CAMERAS = 200
CHUNK = 5000
CODES = ("98", "99", "98", "99", "98", "29", "30", "12", "20", "88", "34", "90")
"""Codes of provinces as a street of Bắc Ninh shows them: half of the vehicles are from there."""
LETTERS = "ABCDEFGHKLMNPSTUVXYZ"
VISITS = 6
"""Reads of a vehicle, on average."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What one kind of search took."""

    search: str
    aim_ms: float | None
    p50_ms: float
    p95_ms: float
    worst_ms: float
    cpu_ms: float
    """Processor time of this process, on average, which a busy machine hardly changes; without PostgreSQL's own."""
    found: float
    """Reads found, on average; counted up to ten thousand."""


def plate(rng: random.Random) -> str:
    """A car's plate."""
    return f"{rng.choice(CODES)}{rng.choice(LETTERS)}{rng.randrange(1, 100_000):05d}"


def misread(rng: random.Random, text: str) -> str:
    """A text with one character taken for another."""
    place = rng.choice([i for i, char in enumerate(text) if confused_with(char)])
    return text[:place] + rng.choice(confused_with(text[place])) + text[place + 1 :]


def reads(count: int, first: int = 0) -> Iterator[PlateRead]:
    """The same traffic each time: vehicles come again, one read in 25 is wrong, four in ten have alternatives."""
    rng = random.Random(7)
    vehicles = [plate(rng) for _ in range(max(1, count // VISITS))]
    for number in range(count):
        true = vehicles[int(len(vehicles) * rng.random() ** 1.5)]
        text = misread(rng, true) if rng.random() < 0.04 else true
        others = tuple((misread(rng, text), 0.05) for _ in range(rng.choice((0, 0, 0, 1, 2))))
        camera, confidence = rng.randrange(CAMERAS), 1 - rng.random() ** 3 / 2
        vehicle, colour = rng.choice(("car", "car", "truck", "bus")), rng.choice(("white", "white", "yellow", "blue"))
        if number >= first:
            yield PlateRead(
                id=f"bench-{number:08d}", site=SITE, camera=f"camera-{camera}", text=text, raw=text, pattern="CAR",
                at=START + number * DAYS * 86400 / count, confidence=round(confidence, 4), alternatives=others,
                colour=colour, lines=1, vehicle=vehicle,
            )  # fmt: skip


def fill(database: Database, count: int, tick: Callable[[int], None]) -> None:
    """Store the reads that are missing. Raises :class:`click.ClickException` for a database that holds others."""
    from sqlalchemy import func, insert, select, text

    from api.store import readings
    from api.store.tables import PlateRow, PlateTextRow

    with database.read() as session:
        if session.scalar(select(func.count()).where(PlateRow.site != SITE)):
            raise click.ClickException("this database holds plate reads that are not the benchmark's: give it an empty one")
        there = session.scalar(select(func.count()).select_from(PlateRow)) or 0
    tick(min(there, count))
    chunk: list[PlateRead] = []
    for read in reads(count, first=there):
        chunk.append(read)
        if len(chunk) == CHUNK or read.id == f"bench-{count - 1:08d}":
            with database.write() as session:
                session.connection().execute(insert(PlateRow), [readings.plain_read(r) for r in chunk])
                session.connection().execute(insert(PlateTextRow), [t for r in chunk for t in readings.other_texts(r)])
            tick(len(chunk))
            chunk = []
    if not database.is_sqlite:  # as PostgreSQL's own autovacuum does after a minute
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE plate_reads"))
            connection.execute(text("VACUUM ANALYZE plate_texts"))


def searches(known: Sequence[str], rng: random.Random) -> dict[str, tuple[float | None, Callable[[], Search]]]:
    """Name -> (aim in ms, what makes one search of the kind)."""
    from api.store.plate_pages import Search
    from ioc.core.plate_search import parse_query

    anything, two = Search(), Search(camera=("camera-3", "camera-77"))
    week = replace(two, since=START, until=START + 7 * 86400)

    def by(pattern: Callable[[str], str], match: Match | None = None, rest: Search = anything) -> Callable[[], Search]:
        return lambda: replace(rest, query=parse_query(pattern(rng.choice(known)), match))

    return {
        "exact": (20.0, by(str)),
        "wildcard, five known first (98A12??5)": (50.0, by(lambda t: f"{t[:5]}??{t[7]}")),
        "wildcard, four known first (98A1*)": (50.0, by(lambda t: f"{t[:4]}*")),
        "wildcard, three known first (98A*)": (50.0, by(lambda t: f"{t[:3]}*")),
        "wildcard (98A1*), two cameras": (50.0, by(lambda t: f"{t[:4]}*", rest=two)),
        "looks like": (200.0, by(str, Match.LOOKS_LIKE)),
        "looks like, a week, two cameras": (200.0, by(str, Match.LOOKS_LIKE, week)),
        "part (12345)": (None, by(lambda t: t[3:], Match.PARTIAL)),
        "part (345)": (None, by(lambda t: t[5:], Match.PARTIAL)),
        "wildcard, end known (*A12345)": (None, by(lambda t: f"*{t[2:]}")),
        "no plate, two cameras, a week": (None, lambda: week),
    }


def measure(database: Database, rounds: int, tick: Callable[[int], None]) -> list[Figure]:
    """Each search ``rounds`` times, with plates drawn anew; the first page, from the question to the rows."""
    from sqlalchemy import select

    from api.store import plates
    from api.store.tables import PlateRow

    rng = random.Random(11)
    with database.read() as session:
        every = session.scalars(select(PlateRow.text).where(PlateRow.id.like("bench-%77")).limit(20_000)).all()
    known = [text for text in every if len(text) == 8]
    figures = []
    for name, (aim, make) in searches(known, rng).items():
        took, found, busy = [], [], time.process_time()
        for _ in range(rounds):
            wanted = make()
            begin = time.perf_counter()
            with database.read() as session:
                page = plates.search(session, wanted, 50, None)
            took.append((time.perf_counter() - begin) * 1e3)
            found.append(page.total)
            tick(1)
        cpu = (time.process_time() - busy) * 1e3 / rounds
        took.sort()
        p50, p95 = took[len(took) // 2], took[min(len(took) - 1, int(len(took) * 0.95))]
        mean = sum(found) / rounds
        figures.append(Figure(name, aim, round(p50, 2), round(p95, 2), round(took[-1], 2), round(cpu, 2), mean))
    return figures


@contextmanager
def _store(url: str | None, folder: Path | None) -> Iterator[Database]:
    from api.store.database import open_database
    from ioc.core.config import Store

    with tempfile.TemporaryDirectory() as temporary:
        database = open_database(Store(url=url or f"sqlite:///{folder or Path(temporary)}/ioc.db"))
        try:
            yield database
        finally:
            database.dispose()


@click.command("plate-search")
@click.option("--reads", "count", default=1_000_000, show_default=True, type=click.IntRange(1000), help="Plate reads.")
@click.option("--rounds", default=40, show_default=True, type=click.IntRange(1), help="Searches of each kind.")
@click.option("--url", help="An empty PostgreSQL database, as store.url; it is left filled. Default: a new SQLite file.")
@click.option("--folder", type=click.Path(path_type=Path), help="Keep the SQLite file here, for another run.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a kind of search.")
def plate_search(count: int, rounds: int, url: str | None, folder: Path | None, as_json: bool) -> None:
    """Searches among many plate reads: exact, wildcard, part, looks like; milliseconds from the question to the rows."""
    from rich.console import Console
    from rich.progress import Progress
    from rich.table import Table

    with _store(url, folder) as database, Progress(console=Console(stderr=True)) as progress:
        filling = progress.add_task("lưu lượt đọc / storing reads", total=count)
        fill(database, count, lambda done: progress.advance(filling, done))
        kinds = len(searches(("98A12345",), random.Random()))
        asking = progress.add_task("tìm / searching", total=rounds * kinds)
        figures = measure(database, rounds, lambda done: progress.advance(asking, done))
    if as_json:
        for figure in figures:
            click.echo(json.dumps(asdict(figure), ensure_ascii=False))
        return
    table = Table("search", "aim ms", "p50 ms", "p95 ms", "worst ms", "CPU ms", "found")
    for f in figures:
        aim = "-" if f.aim_ms is None else f"{f.aim_ms:.0f}"
        table.add_row(
            f.search, aim, f"{f.p50_ms:.1f}", f"{f.p95_ms:.1f}", f"{f.worst_ms:.1f}", f"{f.cpu_ms:.1f}", f"{f.found:.0f}"
        )
    Console().print(table)
