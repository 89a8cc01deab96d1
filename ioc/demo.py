"""What ``ioc demo`` shows: the sample clips as RTSP cameras, with the zones that their truth files name.

:func:`configuration` is pure; :func:`show` writes it, starts the processes and says where to look.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import shutil
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TextIO

import click
import yaml

from ioc.adapters.broker import LOOPBACK, accepts, free_ports
from ioc.core.config_file import load_config
from ioc.core.errors import InputError
from ioc.launch import CAMERAS, check, on_stop_signal, plan
from ioc.sample_cameras import address
from ioc.supervisor import Program, Supervisor, python

WALL = 9
"""Cameras on the console's wall; with fewer clips, several cameras show the same one."""
CAPACITY = 12.0
"""Analysed frames per second that one core manages beside decoding, with room to spare."""
SLOWEST, FASTEST = 1.0, 4.0
"""Analysed frames per second of one camera: fewer would miss what happens, more would show nothing new."""
READY_S = 120.0
PASSWORD = "IOC_ADMIN_PASSWORD"
"""Environment variable from which ``ioc serve`` takes the first administrator's password."""
FIRST_LINES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A sample clip and what its truth file says about it."""

    file: str
    """File name."""
    title: str
    """For people, in both languages."""
    zones: tuple[Mapping[str, Any], ...]
    """``id``, ``name``, ``polygon`` and ``rules`` of each zone."""


def package_folder(name: str) -> Path:
    """Folder of a top-level package, which is not imported. Raises :class:`InputError` if it is not installed."""
    spec = find_spec(name)
    places = list(spec.submodule_search_locations or ()) if spec else []
    if not places:
        raise InputError(f"the package {name} is not installed")
    return Path(places[0])


def read_clips(folder: Path) -> list[Clip]:
    """The folder's clips that have a truth file, by name. Raises :class:`InputError` if there is none, or none readable."""
    clips = [clip for video in sorted(folder.glob("*.mp4")) if (clip := read_clip(video))]
    if not clips:
        raise InputError(f"không có clip mẫu / no sample clips in {folder}")
    return clips


def read_clip(video: Path) -> Clip | None:
    """What the truth file beside a clip says, None where there is none. Raises :class:`InputError` for a broken one."""
    truth = video.with_suffix(".truth.json")
    if not truth.is_file():
        return None
    try:
        said = json.loads(truth.read_text(encoding="utf-8"))
        zones = tuple({key: zone[key] for key in ("id", "name", "polygon", "rules")} for zone in said["zones"])
        return Clip(file=video.name, title=said["title"], zones=zones)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{truth}: {type(error).__name__}: {error}") from error


def camera_section(clip: Clip, kinds: frozenset[str], url: str) -> dict[str, Any]:
    """A clip as a camera of a configuration, with the rules of the known ``kinds`` only."""
    zones = [
        {**zone, "id": slug(zone["id"]), "rules": {k: v for k, v in zone["rules"].items() if k in kinds}}
        for zone in clip.zones
    ]
    return {
        "id": slug(Path(clip.file).stem),
        "name": clip.title,
        "url": url,
        "zones": [zone for zone in zones if zone["rules"]],
    }


def slug(text: str) -> str:
    """A name that may stand in topics: lower-case letters, digits and hyphens."""
    return "-".join("".join(c if c.isascii() and c.isalnum() else " " for c in text.lower()).split())


def rate_for(cameras: int, cores: int) -> float:
    """Analysed frames per second of each camera, so that a machine of so many cores keeps up with all of them."""
    share = CAPACITY * max(1, cores - 1) / cameras
    return round(min(FASTEST, max(SLOWEST, share)), 1)


def configuration(
    clips: Sequence[Clip], kinds: frozenset[str], *, cores: int, api: int, mqtt: int, rtsp: int
) -> dict[str, Any]:
    """The demo's configuration: at least :data:`WALL` cameras over the clips in turn, rules of the known ``kinds`` only.

    ``api``, ``mqtt`` and ``rtsp`` are ports of the loopback address.
    """
    count = max(WALL, len(clips))
    cameras = []
    for number in range(count):
        clip = clips[number % len(clips)]
        again = number // len(clips)
        camera = camera_section(clip, kinds, address(LOOPBACK, rtsp, clip.file))
        if again:
            camera["id"] += f"-{again + 1}"
        # cameras are named in Vietnamese, the number in front, so that short labels tell them apart
        camera["name"] = f"Camera {number + 1} · {clip.title.split(' · ')[0]}"
        cameras.append({**camera, "rate": rate_for(count, cores)})
    return {
        "site": {"id": "demo", "name": "Trung tâm điều hành mẫu · Sample operations centre"},
        "broker": {"url": f"mqtt://{LOOPBACK}:{mqtt}"},
        "store": {"url": "sqlite:///ioc.db"},
        "evidence": {"url": "evidence"},
        "api": {"host": LOOPBACK, "port": api},
        "workers": {"state": "workers"},
        "cameras": cameras,
    }


def choose_port(wanted: int) -> int:
    """The wanted port if nothing listens there, else a free one; 0 means any."""
    return free_ports(1)[0] if wanted == 0 or accepts(LOOPBACK, wanted) else wanted


@contextlib.contextmanager
def data_folder(wanted: Path | None) -> Iterator[Path]:
    """The wanted folder, made if need be, or a temporary one that goes with the demo."""
    if wanted is not None:
        wanted.mkdir(parents=True, exist_ok=True)
        yield wanted.resolve()
        return
    folder = Path(tempfile.mkdtemp(prefix="ioc-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class Output:
    """Where the processes' lines go: all into a file, the launcher's own to the terminal as well.

    It keeps the last lines of each process for the case that it fails.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.last: dict[str, list[str]] = {}

    def __call__(self, name: str, line: str) -> None:
        """One line of a process."""
        self._file.write(f"{name} | {line}\n")
        self._file.flush()
        if name == "ioc":
            click.echo(f"  {line}", err=True)
        self.last[name] = [*self.last.get(name, []), line][-FIRST_LINES:]


def is_ready(port: int) -> bool:
    """Whether the API says that it is ready."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://{LOOPBACK}:{port}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def banner(rows: Mapping[str, str]) -> str:
    """A frame with labelled lines, for the terminal."""
    width = max(map(len, rows))
    lines = [f"  {label:<{width}}   {click.style(value, bold=True)}" for label, value in rows.items()]
    rule = "─" * 78
    return "\n".join(["", rule, *lines, rule, ""])


async def _announce(port: int, password: str | None, supervisor: Supervisor, output: Output, log: Path) -> None:
    """Wait until the API is ready, then say where to look; say what went wrong if it does not become ready."""
    deadline = time.monotonic() + READY_S
    while not await asyncio.to_thread(is_ready, port):
        if "serve" in supervisor.failed or time.monotonic() > deadline:
            click.echo("\n".join(["API không chạy / the API does not run:", *output.last.get("serve", ())]), err=True)
            return
        await asyncio.sleep(0.2)
    click.echo(
        banner(
            {
                "Giao diện / Console": f"http://{LOOPBACK}:{port}",
                "Người dùng / User": "admin",
                "Mật khẩu / Password": password or "như lần trước / as before",
                "Nhật ký / Log": str(log),
                "Dừng / Stop": "Ctrl-C",
            }
        )
    )


async def _supervise(programs: Sequence[Program], output: Output, announce: Callable[[Supervisor], Any]) -> int:
    stop = asyncio.Event()
    on_stop_signal(stop.set)
    supervisor = Supervisor(programs, output)
    telling = asyncio.create_task(announce(supervisor))
    await supervisor.run(stop)
    telling.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await telling
    return 1 if supervisor.failed else 0


def show(port: int, data: Path | None, samples: Path | None = None) -> int:
    """Run the demo until it is interrupted. Returns the exit code.

    ``port`` is the console's, ``data`` the folder to keep (None: a temporary one), ``samples`` that of the clips.
    """
    samples = samples or package_folder("sample_videos")
    clips = read_clips(samples)
    kinds = frozenset(path.stem for path in package_folder("detectors").glob("*.py"))
    cores = os.cpu_count() or 1
    api = choose_port(port)
    mqtt, rtsp = free_ports(2)
    with data_folder(data) as folder:
        path = folder / "ioc.yaml"
        written = configuration(clips, kinds, cores=cores, api=api, mqtt=mqtt, rtsp=rtsp)
        path.write_text(yaml.safe_dump(written, allow_unicode=True, sort_keys=False), encoding="utf-8")
        check(path)
        cameras = Program(
            name="cameras",
            argv=python("cameras", str(samples), "--port", str(rtsp)),
            stage=CAMERAS,
            ready=lambda: accepts(LOOPBACK, rtsp),
        )
        programs = [*plan(load_config(path), path, cores), cameras]
        # the API takes the first administrator's password from its environment, and keeps an account that is there
        password = None if (folder / "ioc.db").exists() else secrets.token_urlsafe(9)
        if password:
            programs = [replace(p, environment={PASSWORD: password}) if p.name == "serve" else p for p in programs]
        log = folder / "ioc.log"
        click.echo(f"Khởi động / starting: {', '.join(p.name for p in programs)} …", err=True)
        with log.open("a", encoding="utf-8") as file:
            output = Output(file)
            code = asyncio.run(_supervise(programs, output, lambda s: _announce(api, password, s, output, log)))
    click.echo("Đã dừng / stopped.", err=True)
    return code
