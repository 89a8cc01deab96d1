"""The supervisor: who is restarted, when, how often, and that nobody is left behind."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ioc.supervisor import Program, RestartPolicy, Supervisor, after_death, describe_exit

WAIT_S = 30.0
POLICY = RestartPolicy(budget=3, window_s=60.0, first_s=1.0, cap_s=3.0)


@pytest.mark.parametrize(
    ("deaths", "at", "luck", "remembered", "delay"),
    [
        ((), 100.0, 1.0, 1, 1.0),
        ((), 100.0, 0.0, 1, 0.5),  # luck spreads the delay over its upper half
        ((99.0,), 100.0, 1.0, 2, 2.0),  # doubled
        ((98.0, 99.0), 100.0, 1.0, 3, 3.0),  # capped
        ((97.0, 98.0, 99.0), 100.0, 1.0, 4, None),  # budget spent
        ((10.0, 20.0, 99.0), 100.0, 1.0, 2, 2.0),  # old deaths are forgotten
        ((40.0,), 100.0, 1.0, 1, 1.0),  # exactly the window ago: forgotten
    ],
)
def test_after_death(deaths: tuple[float, ...], at: float, luck: float, remembered: int, delay: float | None) -> None:
    kept, wait = after_death(deaths, at, POLICY, luck)
    assert (len(kept), kept[-1], wait) == (remembered, at, delay)


def test_exit_codes_in_words() -> None:
    assert "killed by signal 9" in describe_exit(-9)
    assert "exited with code 3" in describe_exit(3)


QUICK = RestartPolicy(budget=2, window_s=60.0, first_s=0.01, cap_s=0.01)
SLEEPS = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"


class Log:
    """Collects what is said and lets a test wait for it."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self._more = asyncio.Event()

    def __call__(self, name: str, line: str) -> None:
        self.lines.append((name, line))
        self._more.set()

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(WAIT_S):
            while not true():
                self._more.clear()
                await self._more.wait()

    def count(self, name: str, text: str) -> int:
        return sum(n == name and text in line for n, line in self.lines)


def program(name: str, code: str, stage: int = 0, ready: Callable[[], bool] | None = None) -> Program:
    return Program(name=name, argv=(sys.executable, "-c", code), stage=stage, ready=ready)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_killed_process_comes_back_and_no_other_is_touched() -> None:
    log, stop = Log(), asyncio.Event()
    supervisor = Supervisor([program("a", SLEEPS), program("b", SLEEPS)], log, policy=QUICK)
    running = asyncio.create_task(supervisor.run(stop))
    await log.until(lambda: log.count("a", "up") == 1 and log.count("b", "up") == 1)
    first_a, first_b = supervisor.pids["a"], supervisor.pids["b"]
    os.kill(first_a, signal.SIGKILL)
    await log.until(lambda: log.count("a", "up") == 2)
    assert supervisor.pids["a"] != first_a
    assert supervisor.pids["b"] == first_b
    assert log.count("ioc", "a: bị tín hiệu 9 dừng / killed by signal 9; khởi động lại sau") == 1
    second_a = supervisor.pids["a"]
    stop.set()
    await running
    assert not any(map(alive, (second_a, first_b)))
    assert supervisor.failed == {}
    assert supervisor.pids == {}


async def test_past_the_budget_the_failure_is_reported_and_others_go_on() -> None:
    log, stop = Log(), asyncio.Event()
    supervisor = Supervisor([program("bad", "raise SystemExit(3)"), program("good", SLEEPS)], log, policy=QUICK)
    running = asyncio.create_task(supervisor.run(stop))
    await log.until(lambda: "bad" in supervisor.failed and log.count("good", "up") == 1)
    assert log.count("ioc", "bad: thoát với mã 3 / exited with code 3; khởi động lại") == QUICK.budget
    assert log.count("ioc", "restart budget spent, given up") == 1
    assert alive(supervisor.pids["good"])
    stop.set()
    await running


async def test_returns_when_nothing_is_left_to_run() -> None:
    log = Log()
    supervisor = Supervisor([program("bad", "raise SystemExit(3)")], log, policy=QUICK)
    await asyncio.wait_for(supervisor.run(asyncio.Event()), WAIT_S)
    assert "code 3" in supervisor.failed["bad"]


async def test_a_program_that_cannot_be_started_is_given_up() -> None:
    log = Log()
    supervisor = Supervisor([Program(name="x", argv=("/nonexistent/program",))], log, policy=QUICK)
    await asyncio.wait_for(supervisor.run(asyncio.Event()), WAIT_S)
    assert "cannot be started" in supervisor.failed["x"]


async def test_stages_start_in_order_and_stop_in_the_opposite_order(tmp_path: Path) -> None:
    ended = tmp_path / "ended"
    code = """
import pathlib, signal, sys, time
def end(*_):
    with open({ended!r}, "a") as file:
        file.write("{name}\\n")
    sys.exit()
signal.signal(signal.SIGTERM, end)
pathlib.Path({up!r}).touch()
print("up", flush=True)
time.sleep(600)
"""
    log, stop = Log(), asyncio.Event()
    ups = {name: tmp_path / name for name in ("first", "second", "third")}
    programs = [
        program(name, code.format(ended=str(ended), name=name, up=str(up)), stage, ready=up.exists)
        for stage, (name, up) in enumerate(ups.items())
    ]
    running = asyncio.create_task(Supervisor(programs, log, policy=QUICK).run(stop))
    await log.until(lambda: log.count("third", "up") == 1)
    assert [name for name, line in log.lines if line == "up"] == ["first", "second", "third"]
    stop.set()
    await running
    assert ended.read_text().split() == ["third", "second", "first"]


async def test_who_does_not_stop_is_killed() -> None:
    log, stop = Log(), asyncio.Event()
    supervisor = Supervisor([program("stubborn", STUBBORN)], log, policy=QUICK, grace_s=0.2)
    running = asyncio.create_task(supervisor.run(stop))
    await log.until(lambda: log.count("stubborn", "up") == 1)
    pid = supervisor.pids["stubborn"]
    stop.set()
    await asyncio.wait_for(running, WAIT_S)
    assert not alive(pid)
    assert log.count("ioc", "does not stop, killed") == 1


async def test_a_stop_during_the_wait_for_readiness_is_heeded() -> None:
    log, stop = Log(), asyncio.Event()
    supervisor = Supervisor([program("a", SLEEPS, 0, ready=lambda: False), program("b", SLEEPS, 1)], log, policy=QUICK)
    running = asyncio.create_task(supervisor.run(stop))
    await log.until(lambda: log.count("a", "up") == 1)
    stop.set()
    await asyncio.wait_for(running, WAIT_S)
    assert log.count("b", "up") == 0


async def test_long_and_broken_lines_are_forwarded() -> None:
    code = r"import sys; sys.stdout.buffer.write(b'x' * 200_000 + b'\n\xff\xfe bad\nlast'); sys.stdout.flush(); sys.exit(1)"
    log = Log()
    once = RestartPolicy(budget=0)
    await asyncio.wait_for(Supervisor([program("a", code)], log, policy=once).run(asyncio.Event()), WAIT_S)
    lines = [line for name, line in log.lines if name == "a"]
    assert sum(line.count("x") for line in lines) == 200_000
    assert lines[-2:] == ["\ufffd\ufffd bad", "last"]


def test_no_orphan_outlives_a_killed_launcher() -> None:
    """The launcher is ended by SIGKILL, so that it can do nothing for its child; the child ends by itself."""
    child = "import os, time; from ioc import lifeline; lifeline.hold(os.environ); print(os.getpid(), flush=True)"
    child += "; time.sleep(600)"
    launcher = f"""
import asyncio, sys
from ioc.supervisor import Program, Supervisor
program = Program(name="child", argv=(sys.executable, "-c", {child!r}))
asyncio.run(Supervisor([program], lambda name, line: print(line, flush=True)).run(asyncio.Event()))
"""
    with subprocess.Popen([sys.executable, "-c", launcher], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        watch = os.pidfd_open(pid)
        process.kill()
    # the descriptor becomes readable when the process ends
    ready, _, _ = select.select([watch], [], [], WAIT_S)
    os.close(watch)
    assert ready
