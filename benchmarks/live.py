"""The whole system as ``ioc run`` starts it, on cameras over real RTSP, watched for a while."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from benchmarks.processes import Usage, between, usage
from benchmarks.viewer import JsonObject, Sightings, log_in, until_live, watch
from ioc.adapters.broker import LOOPBACK, accepts, free_ports
from ioc.core.config_file import load_config
from ioc.core.errors import InputError
from ioc.demo import PASSWORD, is_ready
from ioc.launch import CAMERAS, plan
from ioc.sample_cameras import address
from ioc.supervisor import Program, Supervisor, python

START_S = 180.0
"""Seconds until the API answers, and then until all cameras give pictures, at most."""
WARM_S = 5.0
"""Seconds between the first pictures and the measurement."""
TOLD = re.compile(r"camera (\S+): (\d+) frames analysed, (\d+) detector calls")
"""What a worker says of each camera when it ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What is measured."""

    cameras: int
    seconds: float
    rate: float
    """Analysed frames per second that each camera asks for."""
    look_size: int
    workers: int | None
    """Worker processes; None: as the product chooses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What was seen."""

    seconds: float
    frames_in: float
    """Per second, all cameras together; so are :attr:`analysed` and :attr:`looks`."""
    analysed: float
    looks: float
    """Detector calls per second."""
    dropped: Mapping[str, int]
    """Frames that were not analysed, by reason. ``rate``: more than asked for."""
    usage: Mapping[str, Usage]
    """By process."""
    counts: Sequence[float]
    """Seconds from capture to the arrival at a client of the API, of each point of a count series."""
    alerts: Sequence[float]
    """The same, from the frame that opened an alert."""

    @property
    def workers(self) -> Usage:
        """All worker processes together."""
        of = [u for name, u in self.usage.items() if name.startswith("worker-")]
        return Usage(cpu_s=sum(u.cpu_s for u in of), rss_mb=sum(u.rss_mb for u in of), pss_mb=sum(u.pss_mb for u in of))


def configuration(setting: Setting, urls: Sequence[str], *, api: int, mqtt: int) -> dict[str, Any]:
    """A camera for each address, with rules that always have something to do, all over the picture.

    ``api`` and ``mqtt`` are ports of the loopback address.
    """
    rules = {"crowd": {"threshold": 3, "confirm_s": 1, "hold_s": 2, "count_every_s": 1}, "parking": {"dwell_s": 10}}
    zone = {"id": "all", "polygon": [[0, 0], [1, 0], [1, 1], [0, 1]], "rules": rules}
    facts = {"rate": setting.rate, "look_size": setting.look_size, "zones": [zone]}
    return {
        "site": {"id": "bench"},
        "broker": {"url": f"mqtt://{LOOPBACK}:{mqtt}"},
        "store": {"url": "sqlite:///ioc.db"},
        "evidence": {"url": "evidence"},
        "api": {"host": LOOPBACK, "port": api},
        "workers": {"state": "workers", "count": setting.workers},
        "cameras": [{"id": f"cam-{n}", "url": url, **facts} for n, url in enumerate(urls, start=1)],
    }


class Output:
    """Keeps the processes' lines, for the case that something fails, and what workers say in the end."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.told: dict[str, tuple[int, int]] = {}
        """Camera -> (analysed frames, detector calls) in its worker's whole life."""

    def __call__(self, name: str, line: str) -> None:
        """One line of a process."""
        with self._file.open("a", encoding="utf-8") as file:
            file.write(f"{name} | {line}\n")
        found = TOLD.search(line)
        if found:
            self.told[found[1]] = (int(found[2]), int(found[3]))

    def tail(self, lines: int = 15) -> str:
        """The last lines."""
        text = self._file.read_text(encoding="utf-8") if self._file.exists() else ""
        return "\n".join(text.splitlines()[-lines:])


@contextlib.asynccontextmanager
async def running(programs: Sequence[Program], output: Output) -> AsyncIterator[Supervisor]:
    """The programs, started in order and stopped at the end."""
    supervisor, stop = Supervisor(programs, output), asyncio.Event()
    task = asyncio.create_task(supervisor.run(stop), name="supervisor")
    try:
        yield supervisor
    finally:
        stop.set()
        await task


async def measure(setting: Setting, clips: Path, folder: Path) -> Live:
    """Run everything in ``folder`` on cameras that send the clips of ``clips``. Raises :class:`InputError`."""
    api, password = free_ports(1)[0], secrets.token_urlsafe(12)
    programs = programs_of(setting, clips, folder, api, password)
    output, seen = Output(folder / "ioc.log"), Sightings()
    url = f"http://{LOOPBACK}:{api}"
    async with running(programs, output) as supervisor:
        await _ready(api, output)
        cookie = await asyncio.to_thread(log_in, url, password)
        watching = asyncio.create_task(watch(url, cookie, seen), name="viewer")
        try:
            wanted = frozenset(f"cam-{n + 1}" for n in range(setting.cameras))
            live = asyncio.create_task(until_live(seen, wanted, START_S), name="until live")
            await asyncio.wait([live, watching], return_when=asyncio.FIRST_COMPLETED)
            if not live.done() or not live.result():
                live.cancel()
                raise InputError(f"not all cameras gave pictures within {START_S:.0f} s:\n{output.tail()}")
            await asyncio.sleep(WARM_S)
            begin, before = time.time(), _usages(supervisor)
            await asyncio.wait([watching], timeout=setting.seconds)
            end, after = time.time(), _usages(supervisor)
        finally:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching  # tells why it broke, if it did
    return summary(seen, output.told, between(before, after), begin, end)


def programs_of(setting: Setting, clips: Path, folder: Path, api: int, password: str) -> list[Program]:
    """What ``ioc run`` starts, and an RTSP server for the clips; the configuration is written into ``folder``.

    ``api`` is the API's port, ``password`` its administrator's.
    """
    mqtt, rtsp = free_ports(2)
    names = sorted(path.name for path in clips.glob("*.mp4"))
    urls = [address(LOOPBACK, rtsp, names[n % len(names)]) for n in range(setting.cameras)]
    path = folder / "ioc.yaml"
    path.write_text(yaml.safe_dump(configuration(setting, urls, api=api, mqtt=mqtt)), encoding="utf-8")
    cameras = Program(
        name="cameras",
        argv=python("cameras", str(clips), "--port", str(rtsp)),
        stage=CAMERAS,
        ready=lambda: accepts(LOOPBACK, rtsp),
    )
    return [
        replace(p, environment={PASSWORD: password}) if p.name == "serve" else p
        for p in [*plan(load_config(path), path, os.cpu_count() or 1), cameras]
    ]


async def _ready(port: int, output: Output) -> None:
    try:
        async with asyncio.timeout(START_S):
            while not await asyncio.to_thread(is_ready, port):
                await asyncio.sleep(0.2)
    except TimeoutError:
        raise InputError(f"the API was not ready within {START_S:.0f} s:\n{output.tail()}") from None


def _usages(supervisor: Supervisor) -> dict[str, Usage]:
    return {name: usage(pid) for name, pid in supervisor.pids.items()}


def summary(
    seen: Sightings, told: Mapping[str, tuple[int, int]], used: Mapping[str, Usage], begin: float, end: float
) -> Live:
    """The figures of the time between ``begin`` and ``end`` (s since the epoch)."""
    dropped: Counter[str] = Counter()
    frames_in = analysed = looks = 0.0
    for camera, statuses in seen.statuses.items():
        inside = [s for s in statuses if begin <= s["seconds"] <= end]
        if len(inside) < 2:
            continue
        first, last = inside[0], inside[-1]
        span = last["seconds"] - first["seconds"]
        frames_in += (last["frames_in"] - first["frames_in"]) / span
        rate = (last["frames_analysed"] - first["frames_analysed"]) / span
        analysed += rate
        dropped.update(_lost(first, last))
        frames, calls = told.get(camera, (0, 0))
        looks += rate * (calls / frames) if frames else 0.0
    return Live(
        seconds=end - begin,
        frames_in=frames_in,
        analysed=analysed,
        looks=looks,
        dropped=dict(sorted(dropped.items())),
        usage=dict(used),
        counts=tuple(arrival - at for at, arrival in seen.counts if begin <= at <= end),
        alerts=tuple(arrival - at for at, arrival in seen.alerts.values() if begin <= at <= end),
    )


def _lost(first: JsonObject, last: JsonObject) -> dict[str, int]:
    return {reason: number - first["dropped"].get(reason, 0) for reason, number in last["dropped"].items()}
