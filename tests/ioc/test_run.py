"""``ioc run`` and ``ioc demo`` with their real processes: what dies comes back alone, and nothing stays behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
import yaml

from ioc.adapters.broker import LOOPBACK, free_ports
from ioc.demo import is_ready
from ioc.supervisor import python
from tests.clips import moving_square

WAIT_S = 90.0
TRUTH = '{"title": "Thử · Test", "zones": []}'


def until(true: Callable[[], bool], launcher: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not true():
        assert launcher.poll() is None, "the launcher ended"
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


def children(launcher: subprocess.Popen[str]) -> dict[str, int]:
    """Process ids of the launcher's children by command, workers by their name."""
    found = {}
    for pid in Path(f"/proc/{launcher.pid}/task/{launcher.pid}/children").read_text().split():
        with contextlib.suppress(OSError):
            words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
            if "ioc" in words:
                name = words[words.index("--worker") + 1] if "--worker" in words else words[words.index("ioc") + 1]
                found[name] = int(pid)
    return found


def is_new(launcher: subprocess.Popen[str], name: str, old: int) -> bool:
    return children(launcher).get(name, old) != old


@contextlib.contextmanager
def launched(*args: str) -> Iterator[subprocess.Popen[str]]:
    """A launcher, ended by SIGKILL if the test did not end it."""
    with subprocess.Popen(python(*args), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as launcher:
        try:
            yield launcher
        finally:
            launcher.kill()


def alive(pid: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Two cameras that play a file, two workers, and an API on a free port."""
    moving_square(tmp_path / "clip.mp4", frames=20, rate=10)
    api, mqtt = free_ports(2)
    path = tmp_path / "ioc.yaml"
    cameras = [{"id": name, "url": "clip.mp4"} for name in ("a", "b")]
    path.write_text(
        yaml.safe_dump(
            {
                "site": {"id": "test"},
                "broker": {"url": f"mqtt://{LOOPBACK}:{mqtt}"},
                "api": {"port": api},
                "workers": {"count": 2},
                "cameras": cameras,
            }
        )
    )
    return path


def test_what_is_killed_comes_back_alone_and_a_stop_leaves_nobody(config: Path) -> None:
    port = yaml.safe_load(config.read_text())["api"]["port"]
    with launched("run", str(config)) as launcher:
        until(lambda: len(children(launcher)) == 4 and is_ready(port), launcher)
        before = children(launcher)
        assert set(before) == {"broker", "serve", "worker-1", "worker-2"}
        for victim in ("worker-1", "broker"):
            os.kill(before[victim], signal.SIGKILL)
            until(partial(is_new, launcher, victim, before[victim]), launcher)
        after = children(launcher)
        assert {name for name in before if after[name] != before[name]} == {"worker-1", "broker"}
        until(lambda: is_ready(port), launcher)  # the API has found the new broker
        launcher.terminate()
        output, _ = launcher.communicate(timeout=WAIT_S)
    assert launcher.returncode == 0
    assert "worker-1: bị tín hiệu 9 dừng / killed by signal 9; khởi động lại sau" in output
    assert "everything has stopped" in output
    assert not any(map(alive, after.values()))


def test_the_demo_says_where_to_look_and_cleans_up(tmp_path: Path) -> None:
    clips = tmp_path / "clips"
    clips.mkdir()
    moving_square(clips / "clip.mp4", frames=20, rate=10)
    (clips / "clip.truth.json").write_text(TRUTH)
    port = free_ports(1)[0]
    with launched("demo", "--clips", str(clips), "--port", str(port)) as launcher:
        until(lambda: is_ready(port), launcher)
        until(lambda: len(children(launcher)) >= 4, launcher)
        assert launcher.stdout is not None
        shown: list[str] = []
        while not any("Ctrl-C" in line for line in shown):
            shown.append(launcher.stdout.readline())
        running = children(launcher)
        launcher.send_signal(signal.SIGINT)
        rest, _ = launcher.communicate(timeout=WAIT_S)
    text = "".join(shown)
    assert f"http://{LOOPBACK}:{port}" in text
    assert "Mật khẩu / Password" in text
    assert "stopped" in rest
    assert launcher.returncode == 0
    assert not any(map(alive, running.values()))
    log = Path(next(line for line in shown if "Nhật ký" in line).split()[-1])
    assert not log.parent.exists()
