"""Comma-separated files with a header, read with the numbers of their lines."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from ioc.core.errors import InputError


def read_rows(path: Path, columns: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
    """(line, row) of a CSV file. Raises :class:`InputError` naming file and line unless each row has the columns."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            rows = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read: {error}") from error
    for number, row in rows:
        if any(not row.get(column) for column in columns):
            raise InputError(f"{path}:{number}: expected the columns {', '.join(columns)}")
    return rows
