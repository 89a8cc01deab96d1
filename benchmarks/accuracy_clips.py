"""Which clips there are to judge the rules on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy_truth import bounds, truth_cases
from benchmarks.accuracy_types import Case, Expected
from benchmarks.accuracy_written import (
    SUFFIX,
    VIDEOS,
    Hold,
    Written,
    read_collection,
    read_written,
    table_rows,
    with_table,
    written_case,
)
from benchmarks.footage import Still, bays_config, grainy, held, stills, write_clip
from ioc.core.errors import InputError
from ioc.core.yaml_lines import parse_yaml
from ioc.demo import package_folder
from streams.decoder import file_frames
from streams.replay import length_s

REAL: Final = Path(__file__).with_name("real_clips.yaml")
"""Zones and settings for the real clips; holds no picture."""
SAMPLES: Final = "sample scenes"
FOOTAGE: Final = "real footage"
CAR_PARKS: Final = "real car parks"
FPS: Final = 10
EMPTY_S, STANDS_S, DWELL_S = 4.0, 16.0, 8.0
"""A car park's still as a clip: empty, then with its cars, then empty again; and the dwell of its bays."""
LOOK_SIZE: Final = 960
"""Longer side at which the cars of a whole car park are looked for, pixels."""


def sample_clips(kinds: frozenset[str]) -> list[Case]:
    """The product's own sample scenes."""
    return truth_cases(package_folder("sample_videos"), kinds, SAMPLES)


def folder_clips(folder: Path, kinds: frozenset[str], work: Path) -> list[Case]:
    """Clips of any folder and those in it: with ``.truth.json``, ``.truth.yaml``, or named in ``events.csv``.

    Raises :class:`InputError` where there is none, or one cannot be read.
    """
    places = [folder, *sorted(p for p in folder.rglob("*") if p.is_dir())]
    found = [case for place in places for case in _clips_in(place, kinds, work, folder.name)]
    if not found:
        raise InputError(f"{folder}: no clip with a truth file (.truth.json, {SUFFIX} or events.csv)")
    return found


def distinct(cases: Sequence[Case]) -> list[Case]:
    """The cases under names that differ: of equal ones the later bear their folder's name before, and a number."""
    taken: set[str] = set()
    found = []
    for case in cases:
        names = (case.name, f"{case.video.parent.name}-{case.name}", *(f"{case.name}-{i}" for i in range(2, len(cases) + 2)))
        name = next(n for n in names if n not in taken)
        taken.add(name)
        found.append(replace(case, name=name))
    return found


def _clips_in(folder: Path, kinds: frozenset[str], work: Path, group: str) -> list[Case]:
    found = truth_cases(folder, kinds, group)
    rows = table_rows(folder)
    done = {case.video for case in found}
    for video in sorted(p for p in folder.iterdir() if p.suffix in VIDEOS and p not in done):
        beside = video.with_name(video.stem + SUFFIX)
        if beside.is_file() or video.name in rows:
            written = read_written(beside) if beside.is_file() else Written()
            found.append(_case(video, written, rows.get(video.name, []), kinds, work, group))
    return found


def real_clips(data: Path, kinds: frozenset[str], work: Path) -> list[Case]:
    """The labelled development clips with the zones of :data:`REAL`; those that are not there are left out."""
    cases = []
    for name, written in read_collection(REAL).clips.items():
        video = data / name
        if video.is_file():
            rows = table_rows(video.parent).get(video.name, [])
            cases.append(_case(video, written, rows, kinds, work, FOOTAGE))
    return cases


def car_parks(data: Path, kinds: frozenset[str], work: Path) -> list[Case]:
    """Each car park still with cars as a clip in which they stand; made in ``work``, where ``kinds`` has parking."""
    if "parking" not in kinds or not (data / "parking" / "pklot" / "spaces.csv").is_file():
        return []
    lot = stills(data)
    empty = next(s for s in lot if not s.occupied)
    return [_car_park(still, empty, work) for still in lot if still.occupied]


def _car_park(still: Still, empty: Still, work: Path) -> Case:
    video = work / f"{still.path.stem}.mp4"
    if not video.exists():
        parts = [(empty.path, EMPTY_S), (still.path, STANDS_S), (empty.path, EMPTY_S)]
        write_clip(video, held(parts, FPS), FPS)
    text = bays_config(str(video), still.bays, dwell_s=DWELL_S, look_size=LOOK_SIZE, rate=4.0)
    section = parse_yaml(text, video.name).value["cameras"][0]
    return Case(
        name=f"pklot-{still.path.stem}",
        group=CAR_PARKS,
        video=video,
        length_s=2 * EMPTY_S + STANDS_S,
        camera=section,
        kinds=frozenset({"parking"}),
        expected=tuple(
            Expected(
                kind="parking",
                zone=bay.id,
                start_s=EMPTY_S,
                due_s=EMPTY_S,
                end_s=EMPTY_S + STANDS_S,
                box=bounds(bay.polygon),
            )
            for bay in still.bays
            if bay.occupied
        ),
    )


def _case(video: Path, written: Written, rows: list[dict[str, str]], kinds: frozenset[str], work: Path, group: str) -> Case:
    length = length_s(video)
    if length is None:
        raise InputError(f"{video}: tells no length; put it into an MP4 or MKV container")
    shown = hold(video, written.hold, work) if written.hold != Hold() else video
    return written_case(video.stem, shown, with_table(written, rows, length), kinds, length, group)


def hold(video: Path, how: Hold, work: Path) -> Path:
    """A copy in ``work`` whose first and last picture stand for a while."""
    target = work / f"{video.stem}.{how.before_s:g}-{how.after_s:g}.held.mp4"
    frames = list(file_frames(video, camera="clip", start=0.0))
    fps = round(len(frames) / max(frames[-1].pts, 0.1))

    def pictures() -> Iterator[NDArray[np.uint8]]:
        yield from grainy(frames[0].image, round(how.before_s * fps))
        yield from (frame.image for frame in frames)
        yield from grainy(frames[-1].image, round(how.after_s * fps))

    return target if target.exists() else write_clip(target, pictures(), fps)
