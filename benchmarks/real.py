"""``ioc bench parking`` and ``ioc bench crowd``: the rules on real footage, counted."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from benchmarks.footage import DATA, Still, bays_config, counted_moments, held, stills, write_clip

FPS = 10
EMPTY_S, HELD_S, DWELL_S = 4.0, 16.0, 8.0
ARRIVES = EMPTY_S


@dataclass(frozen=True, slots=True)
class Stay:
    """What a still gave when it was held as a clip."""

    still: str
    occupied: int
    found: int
    """Occupied bays with exactly one alert at the dwell."""
    doubled: int
    early: int
    false: int
    """Free bays with an alert."""
    delay: float | None
    """Largest difference of an alert's time to arrival plus dwell, seconds."""


def replay_still(still: Still, empty: Still, *, look_size: int, rate: float, folder: Path) -> dict[str, list[float]]:
    """Bay -> times (s) of its alerts, in a clip of the empty lot, then the still, then the empty lot."""
    import detectors
    from ioc.core.config_file import parse_config
    from ioc.core.types import AlertEvent, Phase
    from streams.replay import replay
    from streams.setup import SharedModels, camera_analysis

    clip = folder / f"{still.path.stem}.mp4"
    if not clip.exists():
        parts = [(empty.path, EMPTY_S), (still.path, HELD_S), (empty.path, EMPTY_S)]
        write_clip(clip, held(parts, FPS), FPS)
    text = bays_config(str(clip), still.bays, dwell_s=DWELL_S, look_size=look_size, rate=rate)
    config = parse_config(text, rules=detectors.rule_settings())
    analysis = camera_analysis(config, config.cameras[0], SharedModels(config))
    alerts: dict[str, list[float]] = {}
    for event in replay(analysis, config.cameras[0], clip):
        if isinstance(event, AlertEvent) and event.phase is Phase.OPENED:
            alerts.setdefault(event.alert.zone or "", []).append(event.at)
    return alerts


def judge(still: Still, alerts: dict[str, list[float]]) -> Stay:
    """Compare the alerts with the labels."""
    due = ARRIVES + DWELL_S
    taken = still.occupied
    times = [t for bay in taken for t in alerts.get(bay, [])]
    return Stay(
        still=still.path.stem,
        occupied=len(taken),
        found=sum(len(alerts.get(bay, [])) == 1 for bay in taken),
        doubled=sum(len(alerts.get(bay, [])) > 1 for bay in taken),
        early=sum(t < due - 1.0 for t in times),
        false=sum(len(found) for bay, found in alerts.items() if bay not in taken),
        delay=max((abs(t - due) for t in times), default=None),
    )


def _stays(look_size: int, rate: float, data: Path) -> Iterator[Stay]:
    lot = stills(data)
    empty = next(s for s in lot if not s.occupied)
    with tempfile.TemporaryDirectory() as folder:
        for still in lot:
            if still.occupied:
                yield judge(still, replay_still(still, empty, look_size=look_size, rate=rate, folder=Path(folder)))


@click.command()
@click.option("--look-size", default=960, show_default=True, help="Longer side at which vehicles are looked for, pixels.")
@click.option("--rate", default=4.0, show_default=True, help="Analysed frames per second.")
@click.option("--data", type=click.Path(path_type=Path), default=DATA, help="Folder of the labelled data.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a still.")
def parking(look_size: int, rate: float, data: Path, as_json: bool) -> None:
    """Parked cars of real car-park stills, each held as a clip: one alert an occupied bay, none for a free one."""
    from rich.console import Console
    from rich.progress import track
    from rich.table import Table

    total = sum(bool(s.occupied) for s in stills(data))
    rows = track(_stays(look_size, rate, data), total=total, console=Console(stderr=True), transient=True)
    found = list(rows)
    if as_json:
        click.echo("\n".join(json.dumps(asdict(row)) for row in found))
        return
    table = Table("still", "occupied", "one alert", "doubled", "early", "false", "worst delay s")
    for row in found:
        delay = "-" if row.delay is None else f"{row.delay:.2f}"
        table.add_row(row.still, *map(str, (row.occupied, row.found, row.doubled, row.early, row.false)), delay)
    sums = [sum(getattr(r, n) for r in found) for n in ("occupied", "found", "doubled", "early", "false")]
    table.add_row("all", *map(str, sums), f"{max((r.delay or 0.0) for r in found):.2f}", style="bold")
    Console().print(table)


@click.command()
@click.option("--look-size", default=640, show_default=True, help="Longer side at which people are looked for, pixels.")
@click.option("--tiles", default="1,2,3", show_default=True, help="Numbers of tiles a side to compare.")
@click.option("--data", type=click.Path(path_type=Path), default=DATA, help="Folder of the labelled data.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a moment and setting.")
def crowd(look_size: int, tiles: str, data: Path, as_json: bool) -> None:
    """People counted on real clips at the moments at which somebody has counted by eye."""
    from rich.console import Console
    from rich.table import Table

    rows = list(count_people(look_size, [int(t) for t in tiles.split(",")], data))
    if as_json:
        click.echo("\n".join(json.dumps(row) for row in rows))
        return
    table = Table("clip", "at s", "by eye", "tiles", "found", "off %")
    for row in rows:
        table.add_row(*(str(row[key]) for key in ("clip", "at", "people", "tiles", "found")), f"{row['off']:+.0%}")
    Console().print(table)


def count_people(look_size: int, tiles: list[int], data: Path = DATA) -> Iterator[dict[str, object]]:
    """For each counted moment and setting: the median of what is found within half a second around it."""
    from statistics import median_low

    from ioc.core.config_file import parse_config
    from streams.decoder import file_frames
    from streams.setup import SharedModels

    config = parse_config("site: {id: bench}")
    models = SharedModels(config)
    for moment in counted_moments(data):
        frames = [f for f in file_frames(moment.video, camera="clip", start=0.0, rate=4) if abs(f.at - moment.at) <= 0.5]
        for k in tiles:
            detector = models.street(look_size)(k)
            found = median_low([sum(d.label == "person" for d in detector.detect(f.image)) for f in frames])
            yield {
                "clip": moment.video.stem,
                "at": moment.at,
                "people": moment.people,
                "uncertainty": moment.uncertainty,
                "tiles": k,
                "found": found,
                "off": found / moment.people - 1,
            }
