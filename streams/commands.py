"""Commands of the streams: worker, replay, check. What is heavy is imported when a command runs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ioc.core.config import Camera, Config
    from ioc.core.wire import Event

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
def check(config: Path) -> None:
    """Kiểm tra tệp cấu hình. / Check a configuration; every fault is named with file, line and path."""
    from detectors import rule_settings
    from ioc.core.config_doubts import doubts
    from ioc.core.config_file import load_config

    found = load_config(config, rule_settings())
    for doubt in doubts(config, found):
        click.echo(f"cảnh báo / warning: {doubt}", err=True)
    zones = sum(len(c.zones) for c in found.cameras)
    click.echo(f"{config}: OK — {len(found.cameras)} camera, {zones} vùng / zones")


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--worker", "name", default="worker-1", show_default=True, help="Name of this worker in topics and files.")
@click.option("--cameras", help="Ids of its cameras, separated by commas; else all that are enabled.")
def worker(config: Path, name: str, cameras: str | None) -> None:
    """Phân tích các camera. / Read cameras, analyse them and send alerts, until stopped."""
    import logging
    import signal

    import cv2

    from detectors import rule_settings
    from ioc.core.config_file import load_config
    from streams.setup import RunningWorker

    cv2.setNumThreads(1)  # its pool costs small pictures more than it saves, and the cores are shared with other workers
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    site = load_config(config, rule_settings())
    wanted = [site.camera(c.strip()) for c in cameras.split(",")] if cameras else [c for c in site.cameras if c.enabled]
    running = RunningWorker(site, name, wanted)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: running.worker.stop())
    running.run()


@click.command()
@click.argument("videos", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--config", type=FILE, help="Configuration with the camera; a sample clip brings its own zones.")
@click.option(
    "--camera", "name", help="Id of the camera whose zones and rules apply; else the only one, or that of the video."
)
@click.option("--json", "as_json", is_flag=True, help="One CloudEvent a line instead of a line for people.")
@click.option(
    "--start",
    type=click.DateTime(["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"]),
    help="Time (UTC) of the first frame, for rules with hours; else 1970-01-01T00:00:00, so that times count from zero.",
)
def replay(videos: tuple[Path, ...], config: Path | None, name: str | None, as_json: bool, start: datetime | None) -> None:
    """Phát lại video qua cùng một chuỗi xử lý. / Replay videos offline: the same events, byte for byte, every time."""
    from ioc.core.wire import encode_event
    from streams.replay import replay as run
    from streams.setup import SharedModels, camera_analysis

    begin = start.replace(tzinfo=UTC).timestamp() if start else 0.0
    for video in videos:
        site, camera = _camera(video, config, name)
        analysis = camera_analysis(site, camera, SharedModels(site))
        with _progress(video) as progress:
            for event in run(analysis, camera, video, start=begin, progress=progress):
                click.echo(encode_event(event).decode() if as_json else _line(event, begin))


def _camera(video: Path, config: Path | None, name: str | None) -> tuple[Config, Camera]:
    """The configuration and the camera that a video is replayed as. Raises :class:`ioc.core.errors.ConfigError`."""
    import json

    from detectors import rule_settings
    from ioc.core.config_file import load_config, parse_config
    from ioc.core.errors import ConfigError
    from ioc.demo import camera_section, read_clip

    rules = rule_settings()
    if config is not None:
        site = load_config(config, rules)
    elif sample := read_clip(video):
        camera = camera_section(sample, frozenset(rules), str(video))
        site = parse_config(json.dumps({"site": {"id": "sample"}, "cameras": [camera]}), str(video), rules=rules)
    else:
        click.echo(f"{video}: không có vùng / no zones (--config): only the camera's own faults are looked for", err=True)
        site = parse_config("site: {id: replay}\ncameras: [{id: replay, url: file}]", rules=rules)
    if name is not None:
        return site, site.camera(name)
    here = [c for c in site.cameras if Path(c.url).name == video.name] or list(site.cameras)
    if len(here) != 1:
        ids = ", ".join(c.id for c in site.cameras) or "none"
        raise ConfigError([f"{config}: which camera is {video.name}? Name one with --camera; there are: {ids}"])
    return site, here[0]


def _line(event: Event, begin: float) -> str:
    """One event for people: seconds from the start, what, where."""
    from ioc.core.types import AlertEvent, Count

    if isinstance(event, AlertEvent):
        alert = event.alert
        facts = ", ".join(f"{k}={v}" for k, v in alert.detail.items() if v is not None)
        return (
            f"{event.at - begin:8.2f} s  {event.phase.value:8} {alert.kind:8} {alert.zone or '-':12} "
            f"{alert.severity.value:8} {facts}"
        )
    if isinstance(event, Count):
        return f"{event.at - begin:8.2f} s  count    {event.label:8} {event.zone or '-':12} {event.count}"
    return f"{event.at - begin:8.2f} s  plate    {event.text:12} {event.confidence:.2f}"


@contextmanager
def _progress(video: Path) -> Iterator[Callable[[float], None]]:
    """A bar on the error stream where that is a terminal, so that the events stay clean."""
    if not sys.stderr.isatty():
        yield lambda seconds: None
        return
    from rich.console import Console
    from rich.progress import Progress

    from streams.replay import length_s

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(video.name, total=length_s(video))
        yield lambda seconds: bar.update(task, completed=seconds)
