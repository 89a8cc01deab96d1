"""``ioc replay``: videos offline through the code of a live camera. What is heavy is imported when it runs."""

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
    from ioc.core.types import Frame
    from ioc.core.wire import Event

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("videos", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--config", type=FILE, help="Configuration with the camera; a sample clip brings its own zones.")
@click.option(
    "--camera", "name", help="Id of the camera whose zones and rules apply; else the only one, or that of the video."
)
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    help="Alert kind to look for in the whole picture, instead of a configuration; may be given again. "
    "With neither: all kinds that need no drawn zone.",
)
@click.option("--json", "as_json", is_flag=True, help="One CloudEvent a line instead of a line for people.")
@click.option(
    "--pictures",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for a JPEG of each new alert, its place drawn.",
)
@click.option(
    "--start",
    type=click.DateTime(["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"]),
    help="Time (UTC) of the first frame, for rules with hours; else 1970-01-01T00:00:00, so that times count from zero.",
)
def replay(
    videos: tuple[Path, ...],
    config: Path | None,
    name: str | None,
    kinds: tuple[str, ...],
    as_json: bool,
    pictures: Path | None,
    start: datetime | None,
) -> None:
    """Phát lại video qua cùng một chuỗi xử lý. / Replay videos offline: the same events, byte for byte, every time."""
    from ioc.core.wire import encode_event

    if config is not None and kinds:
        raise click.UsageError("--config says what is looked for; leave --kind out")
    begin = start.replace(tzinfo=UTC).timestamp() if start else 0.0
    for video in videos:
        site, camera = _camera(video, config, name, frozenset(kinds))
        for event in _events(video, site, camera, begin, pictures):
            click.echo(encode_event(event).decode() if as_json else _line(event, begin))


def _events(video: Path, site: Config, camera: Camera, begin: float, pictures: Path | None) -> Iterator[Event]:
    """What the rules tell of a video, drawn into ``pictures`` as well."""
    from streams.alert_pictures import AlertPictures
    from streams.replay import replay as run
    from streams.setup import SharedModels, camera_analysis

    analysis = camera_analysis(site, camera, SharedModels(site))
    kept = AlertPictures(pictures, video.stem, begin) if pictures else None
    with _progress(video, begin) as progress:

        def seen(frame: Frame) -> None:
            progress(frame.at)
            if kept:
                kept.saw(frame)

        for event in run(analysis, camera, video, start=begin, seen=seen):
            yield event
            if kept:
                kept.told(event)


def _camera(video: Path, config: Path | None, name: str | None, kinds: frozenset[str]) -> tuple[Config, Camera]:
    """The configuration and the camera that a video is replayed as. Raises :class:`ioc.core.errors.ConfigError`."""
    import json

    from detectors import everywhere, rule_settings
    from ioc.core.config_file import load_config, parse_config
    from ioc.core.errors import ConfigError
    from ioc.demo import camera_section, read_clip

    rules = rule_settings()
    if config is not None:
        site = load_config(config, rules)
    elif not kinds and (sample := read_clip(video)):
        camera = camera_section(sample, frozenset(rules), str(video))
        site = parse_config(json.dumps({"site": {"id": "sample"}, "cameras": [camera]}), str(video), rules=rules)
    else:
        wanted = sorted(kinds or everywhere())
        if unknown := [kind for kind in wanted if kind not in rules]:
            raise click.BadParameter(f"{', '.join(unknown)}; there are: {', '.join(sorted(rules))}", param_hint="--kind")
        click.echo(
            f"{video}: cả khung hình, cấu hình mặc định / the whole picture with default settings: {', '.join(wanted)}",
            err=True,
        )
        camera = {"id": "replay", "url": "file", "rules": {kind: {} for kind in wanted}}
        site = parse_config(json.dumps({"site": {"id": "replay"}, "cameras": [camera]}), str(video), rules=rules)
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
def _progress(video: Path, begin: float) -> Iterator[Callable[[float], None]]:
    """A bar on the error stream where that is a terminal, so that the events stay clean; moved on by frames' times."""
    if not sys.stderr.isatty():
        yield lambda at: None
        return
    from rich.console import Console
    from rich.progress import Progress

    from streams.replay import length_s

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(video.name, total=length_s(video))
        yield lambda at: bar.update(task, completed=at - begin)
