"""Starts the processes of one machine, restarts those that die, within a budget, and stops all of them in order.

:func:`after_death` decides and is pure; :class:`Supervisor` acts. No process's death touches another process.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ioc import lifeline

GRACE_S = 10.0
"""Seconds between the request to stop and the kill."""
READY_S = 30.0
"""Seconds to wait for a stage to be ready; the next one is started all the same."""
CHUNK = 65536


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One process to keep running."""

    name: str
    """Prefix of its log lines, unique."""
    argv: tuple[str, ...]
    """Command line."""
    stage: int = 0
    """Stages start in rising and stop in falling order."""
    ready: Callable[[], bool] | None = None
    """Asked until True before the next stage starts; None: at once. Must return within a second."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Added to the launcher's own environment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartPolicy:
    """How often a process may die before it is left alone."""

    budget: int = 5
    """Restarts within the window."""
    window_s: float = 300.0
    """Seconds after which a death is forgotten."""
    first_s: float = 0.5
    """Seconds before the first restart; doubled with each further one in the window."""
    cap_s: float = 30.0
    """Largest delay, seconds."""


def after_death(
    deaths: Sequence[float], at: float, policy: RestartPolicy, luck: float
) -> tuple[tuple[float, ...], float | None]:
    """The deaths to remember, and seconds until the restart, or None where the budget is spent.

    ``deaths`` are times (s) in the same clock as ``at``; ``luck`` in 0..1 spreads the delay over its upper half, so that
    processes that died together do not come back together.
    """
    recent = (*(d for d in deaths if at - d < policy.window_s), at)
    if len(recent) > policy.budget:
        return recent, None
    delay = min(policy.cap_s, policy.first_s * 2 ** (len(recent) - 1))
    return recent, delay * (0.5 + luck / 2)


def describe_exit(code: int) -> str:
    """What an exit code of :mod:`subprocess` says, for people."""
    if code < 0:
        return f"bị tín hiệu {-code} dừng / killed by signal {-code}"
    return f"thoát với mã {code} / exited with code {code}"


class Supervisor:
    """Runs programs until it is told to stop.

    ``say`` receives (program name, line) for each line of output, and for the supervisor's own words under the name ``ioc``.
    ``failed`` holds the programs whose restart budget is spent, ``pids`` the process ids of those that run.
    """

    def __init__(
        self,
        programs: Sequence[Program],
        say: Callable[[str, str], None],
        *,
        policy: RestartPolicy | None = None,
        grace_s: float = GRACE_S,
    ) -> None:
        self.programs = tuple(programs)
        self.failed: dict[str, str] = {}
        self.pids: dict[str, int] = {}
        self._say = say
        self._policy = policy or RestartPolicy()
        self._grace_s = grace_s
        self._stops = {p.name: asyncio.Event() for p in programs}

    async def run(self, stop: asyncio.Event) -> None:
        """Start everything, return when ``stop`` is set or no program is left, all processes ended by then."""
        tasks: dict[str, asyncio.Task[None]] = {}
        stopping = asyncio.create_task(_until(stop), name="stop")
        try:
            for stage in sorted({p.stage for p in self.programs}):
                members = [p for p in self.programs if p.stage == stage]
                for program in members:
                    tasks[program.name] = asyncio.create_task(self._keep(program), name=program.name)
                await self._wait_ready(members, stopping)
            while tasks and not stopping.done() and not all(task.done() for task in tasks.values()):
                running = [task for task in tasks.values() if not task.done()]
                await asyncio.wait([stopping, *running], return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            for stage in sorted({p.stage for p in self.programs}, reverse=True):
                names = [p.name for p in self.programs if p.stage == stage and p.name in tasks]
                for name in names:
                    self._stops[name].set()
                await asyncio.gather(*(tasks[name] for name in names))

    async def _wait_ready(self, members: Sequence[Program], stopping: asyncio.Task[None]) -> None:
        deadline = time.monotonic() + READY_S
        for program in members:
            while program.ready is not None and not await asyncio.to_thread(program.ready):
                if stopping.done() or program.name in self.failed:
                    return
                if time.monotonic() > deadline:
                    self._say("ioc", f"{program.name}: chưa sẵn sàng sau / not ready after {READY_S:.0f} s")
                    return
                await asyncio.sleep(0.05)

    async def _keep(self, program: Program) -> None:
        """Start one program and start it again, until it is to stop or its budget is spent."""
        stop = self._stops[program.name]
        deaths: tuple[float, ...] = ()
        while not stop.is_set():
            end = await self._once(program, stop)
            if stop.is_set():
                return
            deaths, delay = after_death(deaths, time.monotonic(), self._policy, random.random())
            if delay is None:
                self.failed[program.name] = end
                self._say("ioc", f"{program.name}: {end}; quá số lần khởi động lại, bỏ / restart budget spent, given up")
                return
            self._say("ioc", f"{program.name}: {end}; khởi động lại sau / restarted in {delay:.1f} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), delay)

    async def _once(self, program: Program, stop: asyncio.Event) -> str:
        """One life of a program. Returns how it ended, for people."""
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", **program.environment, lifeline.VARIABLE: "1"}
        try:
            process = await asyncio.create_subprocess_exec(
                *program.argv,
                stdin=asyncio.subprocess.PIPE,  # held open: see ioc.lifeline
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                env=environment,
                start_new_session=True,  # Ctrl-C goes to the launcher alone, which stops the others in order
            )
        except OSError as error:
            return f"không chạy được / cannot be started: {error}"
        self.pids[program.name] = process.pid
        assert process.stdout is not None
        reader = asyncio.create_task(self._forward(program.name, process.stdout))
        ended = asyncio.create_task(process.wait())
        asked = asyncio.create_task(stop.wait())
        await asyncio.wait([ended, asked], return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if not ended.done():
            await self._end(process, ended, program.name)
        del self.pids[program.name]
        await asyncio.wait([reader], timeout=1.0)  # a grandchild may hold the pipe open
        reader.cancel()
        return describe_exit(ended.result())

    async def _end(self, process: asyncio.subprocess.Process, ended: asyncio.Task[int], name: str) -> None:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        done, _ = await asyncio.wait([ended], timeout=self._grace_s)
        if not done:
            self._say("ioc", f"{name}: không dừng sau {self._grace_s:.0f} s, buộc dừng / does not stop, killed")
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await ended

    async def _forward(self, name: str, stream: asyncio.StreamReader) -> None:
        rest = b""
        while chunk := await stream.read(CHUNK):
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > CHUNK:
                lines, rest = [*lines, rest], b""
            for line in lines:
                self._say(name, line.decode("utf-8", "replace").rstrip("\r"))
        if rest:
            self._say(name, rest.decode("utf-8", "replace"))


async def _until(event: asyncio.Event) -> None:
    await event.wait()


def python(*args: str) -> tuple[str, ...]:
    """Command line of an ``ioc`` sub-command with this very interpreter."""
    return (sys.executable, "-m", "ioc", *args)
