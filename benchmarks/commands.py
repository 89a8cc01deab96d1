"""``ioc bench``: each benchmark is a command that prints a table."""

from __future__ import annotations

import click

from benchmarks.accuracy import accuracy
from benchmarks.cameras import cameras
from benchmarks.console import console
from benchmarks.plate_search import plate_search
from benchmarks.plates import plates
from benchmarks.real import crowd, parking


@click.group()
def bench() -> None:
    """Đo tốc độ và độ chính xác. / Measure speed and accuracy; each command prints a table, or JSON."""


bench.add_command(accuracy)
bench.add_command(cameras)
bench.add_command(parking)
bench.add_command(crowd)
bench.add_command(console)
bench.add_command(plates)
bench.add_command(plate_search)
