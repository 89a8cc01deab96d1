"""The benchmark of plate searches: the same traffic each time, every kind of search, nobody's store touched."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from benchmarks.plate_search import plate_search, reads
from ioc.core.plate_search import exchanges
from ioc.core.plates import strict


def test_traffic_is_the_same_each_time_and_looks_like_traffic() -> None:
    made = list(reads(600))
    assert made == list(reads(600))
    assert made[100:] == list(reads(600, first=100))
    assert len({r.text for r in made}) < 500  # vehicles come again
    assert sum(strict(r.text) for r in made) > 500
    assert all(exchanges(r.text, text) == 1 for r in made for text, _ in r.alternatives)
    assert [r.at for r in made] == sorted(r.at for r in made)


def test_a_small_run(tmp_path: Path) -> None:
    wanted = ["--reads", "1000", "--rounds", "2", "--folder", str(tmp_path), "--json"]
    for _ in range(2):  # the second finds everything there
        done = CliRunner().invoke(plate_search, wanted, catch_exceptions=False)
        assert done.exit_code == 0, done.output
    figures = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert len(figures) == 11
    assert all(0 < f["p50_ms"] <= f["p95_ms"] <= f["worst_ms"] for f in figures)
    assert next(f for f in figures if f["search"] == "exact")["found"] >= 1


def test_a_store_with_other_reads_is_left_alone(tmp_path: Path) -> None:
    from api.store import readings
    from api.store.database import open_database
    from ioc.core.config import Store
    from ioc.core.types import PlateRead

    database = open_database(Store(url=f"sqlite:///{tmp_path}/ioc.db"))
    read = PlateRead(id="r", site="s", camera="c", at=1.0, text="98A12345", raw="98A12345", pattern="CAR", confidence=1.0)
    with database.write() as session:
        readings.ingest_plates(session, [read])
    database.dispose()
    done = CliRunner().invoke(plate_search, ["--reads", "1000", "--folder", str(tmp_path)])
    assert done.exit_code == 1
    assert "give it an empty one" in done.output
