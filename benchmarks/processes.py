"""What a process has used so far: CPU seconds and memory, from /proc."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ioc.core.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Of one process, all its threads together."""

    cpu_s: float
    """User and system time since its start, seconds."""
    rss_mb: float
    """Resident memory, pages shared with others included, MB."""
    pss_mb: float
    """As :attr:`rss_mb`, where a page that n processes share counts 1/n: the sum over processes is what they take."""


def parse_stat(text: str, ticks: int) -> float:
    """CPU seconds in a line of ``/proc/PID/stat``, with ``ticks`` per second. The program's name may hold spaces."""
    rest = text.rpartition(")")[2].split()
    return (int(rest[11]) + int(rest[12])) / ticks


def parse_rollup(text: str) -> tuple[float, float]:
    """(resident, proportional) MB in ``/proc/PID/smaps_rollup``."""
    rows = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    rss, pss = (int(rows[key].split()[0]) * 1024 / 1e6 for key in ("Rss", "Pss"))
    return rss, pss


def usage(pid: int) -> Usage:
    """What the process has used. Raises :class:`InputError` if it is gone, or where there is no /proc."""
    folder = Path("/proc") / str(pid)
    try:
        cpu_s = parse_stat((folder / "stat").read_text(encoding="utf-8"), os.sysconf("SC_CLK_TCK"))
        rss, pss = parse_rollup((folder / "smaps_rollup").read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read the usage of process {pid}: {error}") from error
    return Usage(cpu_s=cpu_s, rss_mb=rss, pss_mb=pss)


def between(before: Mapping[str, Usage], after: Mapping[str, Usage]) -> dict[str, Usage]:
    """By name: the CPU seconds used between two readings, and the memory at the second one."""
    return {
        name: Usage(cpu_s=end.cpu_s - before[name].cpu_s, rss_mb=end.rss_mb, pss_mb=end.pss_mb)
        for name, end in after.items()
        if name in before
    }
