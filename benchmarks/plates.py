"""``ioc bench plates``: passages against plates that are known, from the pixels of a clip to the reads that are told."""

from __future__ import annotations

import csv
import json
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from benchmarks.footage import DATA

OTHER_CLIPS = ("kraten_cars.mp4", "intel_car-detection.mp4", "ahmetozlu_input_video.mp4")
"""Traffic clips whose plates nobody can read: whatever is told of them is wrong."""


@dataclass(frozen=True, slots=True)
class Known:
    """A clip and the plates that can be read in it."""

    video: Path
    texts: frozenset[str]
    """Canonical texts that must be told."""
    faint: tuple[str, ...] = ()
    """Beginnings of texts that may be told: plates that were legible to no eye, or too small or short to count."""


@dataclass(frozen=True, slots=True)
class Score:
    """What a clip gave."""

    clip: str
    plates: int
    exact: int
    """Known plates that were told, exactly."""
    wrong: int
    """Told texts that are on no vehicle of the clip."""
    doubled: int
    """Known plates told more than once."""
    told: int
    looks: int
    cpu_ms_per_look: float | None
    """Finding and reading together."""
    cpu_share: float
    """CPU seconds for plates alone, for each second of the clip."""


def filmed(data: Path = DATA) -> list[Known]:
    """Real clips whose plates were read by eye, and those without a legible plate. Empty where the data is not there."""
    folder = data / "traffic" / "videos"
    table = folder / "events.csv"
    if not table.is_file():
        return []
    texts: dict[str, set[str]] = {}
    faint: dict[str, set[str]] = {}
    with table.open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            if row["kind"] == "plates_readable":
                texts.setdefault(row["video"], set()).update(row["note"].split())
                faint.setdefault(row["video"], set()).update(re.findall(r"(\w+)\.\.\.", row["uncertainty"]))
    known = [Known(folder / video, frozenset(found), tuple(sorted(faint[video]))) for video, found in texts.items()]
    return known + [Known(folder / name, frozenset()) for name in OTHER_CLIPS if (folder / name).is_file()]


def drawn() -> list[Known]:
    """The sample clips in which a plate is legible for long enough."""
    from benchmarks.accuracy_truth import plates_of
    from sample_videos import truth

    found = []
    for name in truth.clips():
        plates = plates_of(truth.load(truth.truth_path(name)))
        if plates.legible:
            found.append(Known(truth.video_path(name), plates.texts, plates.faint))
    return found


def judge(known: Known, told: Sequence[str]) -> tuple[int, int, int]:
    """(known plates told exactly, wrong texts told, known plates told more than once)."""
    wrong = [t for t in told if t not in known.texts and not any(t.startswith(begin) for begin in known.faint)]
    doubled = [t for t in known.texts if told.count(t) > 1]
    return len(known.texts & set(told)), len(wrong), len(doubled)


def measure(known: Known, *, rate: float, look_size: int) -> Score:
    """Replay one clip with the rule on the whole picture."""
    import detectors
    from ioc.core.config_file import parse_config
    from streams.decoder import file_frames
    from streams.pipeline import CameraAnalysis
    from streams.plates import PlateSearch
    from streams.setup import SharedModels, camera_analysis

    class Timed(PlateSearch):
        seconds = 0.0

        def look(self, *args, **kwargs):  # type: ignore[no-untyped-def]  # as the method that it times
            begin = time.process_time()
            try:
                return super().look(*args, **kwargs)
            finally:
                self.seconds += time.process_time() - begin

    camera = {"id": "clip", "url": str(known.video), "rate": rate, "look_size": look_size, "rules": {"plates": {}}}
    text = json.dumps({"site": {"id": "bench"}, "cameras": [camera]})
    config = parse_config(text, rules=detectors.rule_settings())
    models = SharedModels(config)
    models.plates()
    search = Timed(models.plates)
    analysis: CameraAnalysis = camera_analysis(config, config.cameras[0], models, plates=search)
    told, at = [], 0.0
    for frame in file_frames(known.video, camera="clip", start=0.0, rate=rate):
        at = frame.at
        told += [p.read.text for p in analysis.analyse(at, frame).passages]
    told += [p.read.text for p in analysis.finish_passages(at)]
    exact, wrong, doubled = judge(known, told)
    return Score(
        clip=known.video.stem,
        plates=len(known.texts),
        exact=exact,
        wrong=wrong,
        doubled=doubled,
        told=len(told),
        looks=search.looks,
        cpu_ms_per_look=round(search.seconds / search.looks * 1e3, 1) if search.looks else None,
        cpu_share=round(search.seconds / at, 3) if at else 0.0,
    )


def _scores(rate: float, look_size: int, data: Path, wanted: str | None) -> Iterator[Score]:
    for known in [*drawn(), *filmed(data)]:
        if wanted is None or wanted in known.video.stem:
            yield measure(known, rate=rate, look_size=look_size)


@click.command()
@click.option("--rate", default=8.0, show_default=True, help="Analysed frames per second.")
@click.option("--look-size", default=640, show_default=True, help="Longer side at which vehicles are looked for, pixels.")
@click.option("--clip", help="Only clips with this in their name.")
@click.option("--data", type=click.Path(path_type=Path), default=DATA, help="Folder of the labelled data.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a clip.")
def plates(rate: float, look_size: int, clip: str | None, data: Path, as_json: bool) -> None:
    """Passages of sample and real clips against the plates that are known; prints counts, never a plate."""
    from rich.console import Console
    from rich.table import Table

    scores = []
    for score in _scores(rate, look_size, data, clip):
        scores.append(score)
        if as_json:
            click.echo(json.dumps(asdict(score)))
    if as_json:
        return
    table = Table("clip", "plates", "exact", "wrong", "doubled", "told", "looks", "CPU ms a look", "CPU s a second")
    for s in scores:
        cost = "-" if s.cpu_ms_per_look is None else f"{s.cpu_ms_per_look:.1f}"
        table.add_row(
            s.clip, *map(str, (s.plates, s.exact, s.wrong, s.doubled, s.told, s.looks)), cost, f"{s.cpu_share:.3f}"
        )
    sums = [sum(getattr(s, n) for s in scores) for n in ("plates", "exact", "wrong", "doubled", "told", "looks")]
    table.add_row("all", *map(str, sums), style="bold")
    Console().print(table)
