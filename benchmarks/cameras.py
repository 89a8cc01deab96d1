"""``ioc bench cameras``: cameras over real RTSP through the whole system, and the cost of a frame apart from the network."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from benchmarks.footage import DATA

if TYPE_CHECKING:
    from benchmarks.live import Live, Setting
    from benchmarks.outside import Outside

STREET = DATA / "traffic" / "videos" / "intel_car-detection.mp4"
"""The clip on which the closest peer was measured, 768x432; used for the cost of a frame where it is there."""
PEER = "3.0-4.9"
"""CPU milliseconds per frame outside the detector that were measured for it."""


@click.command()
@click.option("--cameras", "number", type=click.IntRange(1, 64), default=4, show_default=True, help="RTSP cameras.")
@click.option("--seconds", type=click.FloatRange(5), default=60.0, show_default=True, help="How long to measure.")
@click.option(
    "--rate",
    type=click.FloatRange(0.1, 30),
    default=4.0,
    show_default=True,
    help="Analysed frames per second that a camera asks for.",
)
@click.option("--look-size", default=640, show_default=True, help="Longer side at which objects are looked for, pixels.")
@click.option("--workers", type=click.IntRange(1), help="Worker processes; one per core but one by default.")
@click.option(
    "--clips",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of clips that the cameras send; else the sample clips, or a generated one.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of tables.")
def cameras(
    number: int, seconds: float, rate: float, look_size: int, workers: int | None, clips: Path | None, as_json: bool
) -> None:
    """Real RTSP cameras: frames per second, CPU, memory, drops, latency to the API, and a frame's cost by stage."""
    import asyncio

    from benchmarks import live
    from benchmarks.camera_clips import prepare

    setting = live.Setting(cameras=number, seconds=seconds, rate=rate, look_size=look_size, workers=workers)
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="ioc-bench-") as name:
        folder = Path(name)
        (folder / "clips").mkdir()
        served = prepare(clips, folder / "clips")
        click.echo(f"{number} camera, {seconds:.0f} s …", err=True)
        seen = asyncio.run(live.measure(setting, folder / "clips", folder))
        outside = _outside(setting, STREET if clips is None and STREET.is_file() else served[0])
    report = {
        "machine": {"cores": os.cpu_count(), "load_before": load},
        "setting": {**asdict(setting), "clips": [path.name for path in served]},
        "live": {**asdict(seen), "workers": asdict(seen.workers)},
        "outside": {**asdict(outside), "total": outside.total},
    }
    click.echo(json.dumps(report)) if as_json else show(setting, seen, outside, load)


def _outside(setting: Setting, clip: Path) -> Outside:
    import cv2

    from benchmarks.live import configuration
    from benchmarks.outside import measure
    from detectors import rule_settings
    from ioc.core.config_file import parse_config

    cv2.setNumThreads(1)  # as in a worker
    text = json.dumps(configuration(setting, ["clip"], api=0, mqtt=1883))  # JSON is YAML
    return measure(parse_config(text, rules=rule_settings()), clip)


def show(setting: Setting, seen: Live, outside: Outside, load: float) -> None:
    """Print the tables; ``load`` is the machine's load average before."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    busy = f"{os.cpu_count()} cores, load average before: {load:.1f}"
    console.print(f"{setting.cameras} RTSP cameras, {seen.seconds:.0f} s; {busy}")
    table = Table("what", "figure")
    for row in figures(setting, seen):
        table.add_row(*row)
    console.print(table)
    table = Table("process", "CPU s", "CPU s per camera-minute", "RSS MB", "PSS MB")
    minutes = setting.cameras * seen.seconds / 60
    for name, used in seen.usage.items():
        table.add_row(name, *(f"{v:.1f}" for v in (used.cpu_s, used.cpu_s / minutes, used.rss_mb, used.pss_mb)))
    console.print(table)
    title = (
        f"CPU ms per analysed frame apart from the network; {outside.clip}, {outside.frames} frames, {outside.looks} looks"
    )
    table = Table("stage", "ms", title=title)
    for stage in ("convert", "prepare", "analyse", "remember", "total", "decode"):
        table.add_row(stage, f"{getattr(outside, stage):.2f}", style="bold" if stage == "total" else None)
    table.add_row("closest peer's total", PEER)
    console.print(table)


def figures(setting: Setting, seen: Live) -> Iterator[tuple[str, str]]:
    """Rows of what was seen."""
    minutes = setting.cameras * seen.seconds / 60
    yield "frames in /s", f"{seen.frames_in:.1f}"
    yield "analysed frames /s", f"{seen.analysed:.2f} (asked for: {setting.cameras * setting.rate:g})"
    yield "detector calls /s", f"{seen.looks:.2f}"
    yield "worker CPU s per camera-minute", f"{seen.workers.cpu_s / minutes:.1f}"
    if seen.analysed:
        yield "worker CPU ms per analysed frame", f"{seen.workers.cpu_s / seen.seconds / seen.analysed * 1e3:.0f}"
    for reason, lost in seen.dropped.items():
        yield f"dropped: {reason}", str(lost)
    yield "worker memory RSS / PSS MB", f"{seen.workers.rss_mb:.0f} / {seen.workers.pss_mb:.0f}"
    yield "capture to API client, counts, s", percentiles(seen.counts)
    yield "capture to API client, alerts, s", percentiles(seen.alerts)


def percentiles(values: Sequence[float]) -> str:
    """p50 and p95 with the number of values, or a dash for none."""
    import numpy as np

    if not values:
        return "-"
    middle, high = np.percentile(np.asarray(values), (50, 95))
    return f"p50 {middle:.2f}, p95 {high:.2f} (n = {len(values)})"
