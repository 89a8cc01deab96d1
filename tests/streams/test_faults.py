"""Bad input and full disks, through the whole worker and through the commands as users call them."""

from __future__ import annotations

import errno
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ioc.adapters.outbox import SqliteOutbox
from ioc.cli import USER_ERROR, discover, make_cli, run_cli
from ioc.core.errors import StorageError
from ioc.supervisor import python
from tests.streams.bus import Collector
from tests.streams.rtsp import FakeCamera, write_clip, write_covered_clip
from tests.streams.site import CAR, ScriptedModels, Workers

SMALL = 256 * 1024
NO_SPACE = "No space left on device"


class SmallDisk:
    """A file system of 256 kB that can be filled to the last byte."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self) -> None:
        with self._filler.open("ab", buffering=0) as file:
            try:
                while file.write(bytes(512)):
                    pass
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise

    def free(self) -> None:
        self._filler.unlink()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no small file system can be mounted here: {mounted.stderr.decode().strip()}")
    yield SmallDisk(folder)
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def collector(own_broker) -> Iterator[Collector]:
    made = Collector(own_broker.url)
    yield made
    made.stop()


@pytest.fixture
def workers(tmp_path: Path, own_broker) -> Iterator[Workers]:
    made = Workers(tmp_path, own_broker.url)
    yield made
    made.stop()


def test_a_full_evidence_disk_holds_no_alert_back(
    disk: SmallDisk, workers: Workers, server: FakeCamera, collector: Collector
) -> None:
    disk.fill()
    workers.start({"cam": server.url("day.mp4")}, evidence=disk.folder / "evidence")
    collector.wait(lambda: ("updated", "parking") in collector.phases())
    opened, updated = (next(e.alert for e in collector.alerts() if e.phase.value == p) for p in ("opened", "updated"))
    assert opened.evidence == updated.evidence == ()
    assert opened.evidence_missing is not None
    assert "during: cannot write evidence" in opened.evidence_missing
    assert NO_SPACE in opened.evidence_missing
    assert updated.evidence_missing is not None
    assert "clip: cannot write evidence" in updated.evidence_missing


def test_a_full_outbox_disk_is_told_and_alerts_leave_all_the_same(
    disk: SmallDisk, workers: Workers, server: FakeCamera, collector: Collector
) -> None:
    there = threading.Event()
    models = ScriptedModels(lambda call: [CAR] if there.is_set() else [])
    workers.start({"cam": server.url("day.mp4")}, models, state=disk.folder)
    collector.wait(lambda: any(s.state.value == "live" for s in collector.statuses("cam")))
    disk.fill()
    there.set()
    collector.wait(lambda: ("opened", "parking") in collector.phases())
    collector.wait(lambda: any(s.reason == "outbox" for s in collector.statuses("cam")))
    told = next(s for s in collector.statuses("cam") if s.reason == "outbox")
    assert told.state.value == "degraded"
    assert str(disk.folder) in told.text


def test_an_outbox_goes_on_when_its_disk_has_room_again(disk: SmallDisk) -> None:
    outbox = SqliteOutbox(disk.folder / "w.outbox.db")
    outbox.put("a", b"kept")
    disk.fill()
    with pytest.raises(StorageError, match="full"):
        outbox.put("a", bytes(SMALL))
    disk.free()
    outbox.put("a", b"after")
    assert [payload for _, _, payload in outbox.pending()] == [b"kept", b"after"]
    outbox.close()


SITE = "site: {id: t}\ncameras: [{id: cam, url: clip.mp4, rules: {camera: {covered_s: 1, frozen_s: 600}}}]\n"


@pytest.fixture
def ioc(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs a command as ``ioc`` does. Gives exit code, what it printed and what it said of faults."""
    (tmp_path / "ok.yaml").write_text(SITE, encoding="utf-8")

    def run(*args: str | Path) -> tuple[int, str, str]:
        capfd.readouterr()
        code = run_cli(make_cli(discover()), [str(a) for a in args])
        shown = capfd.readouterr()
        return code, shown.out, shown.err

    return run


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "cannot read"),
        ("", "site"),
        ("site: {id: t\n", ":"),
        ("site: {id: t}\ncameras:\n- {id: a, url: x, colour: red}\n", ":3: cameras[0].colour: unknown key"),
        (
            "site: {id: t}\ncameras:\n- {id: a, url: x, zones: [{id: z, polygon: [[0, 0], [1, 1], [1, 0], [0, 1]]}]}\n",
            ":3: cameras[0].zones[0]",
        ),
    ],
    ids=["missing", "empty", "not-yaml", "unknown-key", "crossing-polygon"],
)
@pytest.mark.parametrize("command", ["check", "worker", "replay"])
def test_a_broken_configuration_is_named(
    ioc: Callable[..., tuple[int, str, str]], tmp_path: Path, command: str, text: str | None, words: str
) -> None:
    path = tmp_path / "site.yaml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    args = (command, tmp_path / "clip.mp4", "--config", path) if command == "replay" else (command, path)
    code, out, err = ioc(*args)
    assert (code, out) == (USER_ERROR, "")
    assert str(path) in err
    if text is not None or command != "replay":  # there click itself says that there is no such file
        assert err.startswith(f"ioc: {path}")
        assert words in err
    assert "Traceback" not in err


def test_a_model_file_with_another_sum_stops_the_worker_before_it_starts(
    ioc: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    path, model = tmp_path / "site.yaml", tmp_path / "other.onnx"
    model.write_bytes(b"not the measured one")
    path.write_text(
        f"site: {{id: t}}\nmodels: {{street: {{file: {model}, sha256: '{'0' * 64}'}}}}\n"
        "cameras: [{id: a, url: 'rtsp://127.0.0.1:9/x', zones: [{id: z, polygon: [[0, 0], [1, 0], [1, 1]],"
        " rules: {crowd: {}}}]}]\n",
        encoding="utf-8",
    )
    code, out, err = ioc("worker", path)
    assert (code, out) == (USER_ERROR, "")
    assert err.count("\n") == 1
    assert str(model) in err
    assert "0" * 64 in err


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda p: None, "no such file"),
        (lambda p: p.touch(), "the file is empty (0 bytes)"),
        (lambda p: p.write_text("just a text\n" * 100), "not a video"),
        (lambda p: p.mkdir(), "not a file"),
    ],
    ids=["missing", "zero-bytes", "text", "folder"],
)
def test_replaying_what_is_no_video_is_one_clear_line(
    ioc: Callable[..., tuple[int, str, str]], tmp_path: Path, make: Callable[[Path], object], words: str
) -> None:
    video = tmp_path / "clip.mp4"
    make(video)
    code, out, err = ioc("replay", video, "--config", tmp_path / "ok.yaml")
    assert (code, out) == (USER_ERROR, "")
    assert err == f"ioc: {err.removeprefix('ioc: ').strip()}\n"
    assert str(video) in err
    assert words in err


def test_a_truncated_video_gives_the_events_of_what_is_there(
    ioc: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    whole = write_covered_clip(tmp_path / "whole.mp4").read_bytes()
    video = tmp_path / "clip.mp4"
    video.write_bytes(whole[: len(whole) * 6 // 10])
    code, out, err = ioc("replay", video, "--config", tmp_path / "ok.yaml")
    assert code == USER_ERROR
    assert [line.split()[2:4] for line in out.splitlines()] == [["opened", "camera"], ["closed", "camera"]]
    assert err.count("\n") == 1
    assert f"{video}: " in err
    assert "truncated" in err


def test_replaying_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    """Two processes, with hashes of their own, and the real model."""
    video = write_clip(tmp_path / "clip.mp4", seconds=4)
    config = tmp_path / "site.yaml"
    zone = "{id: z, polygon: [[0, 0], [1, 0], [1, 1]], rules: {crowd: {threshold: 1, count_every_s: 1}, parking: {}}}"
    config.write_text(
        f"site: {{id: t}}\ncameras: [{{id: cam, url: clip.mp4, rules: {{camera: {{frozen_s: 1, frozen_change: 1}}}},"
        f" zones: [{zone}]}}]\n",
        encoding="utf-8",
    )
    command = python("replay", str(video), "--config", str(config), "--json")
    runs = [
        subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONHASHSEED": str(seed)}) for seed in (1, 2)
    ]
    first, second = (run.communicate(timeout=120)[0] for run in runs)
    assert [run.returncode for run in runs] == [0, 0]
    assert first.count(b"vn.ioc.count.v1") >= 2
    assert first.count(b"vn.ioc.alert.") >= 2
    assert first == second
