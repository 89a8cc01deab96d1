"""Reads `<clip>.truth.json`: what the renderer knows about a sample clip. The shape is described in README.md here.

Boxes are (x1, y1, x2, y2) in 0..1 of the picture, times are seconds from the clip's first frame.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FORMAT = 1
BoxT = tuple[float, float, float, float]
FOLDER = Path(__file__).parent


class TruthError(ValueError):
    """A truth file that does not say what it should; the message names the file and the place in it."""


@dataclass(frozen=True, kw_only=True)
class Plate:
    """A registration: canonical text, the lines as printed, colour, the grammar's name for its pattern."""

    text: str
    lines: tuple[str, ...]
    colour: str
    pattern: str


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Somebody or something with an identity through the clip; `label` is a detector's class, such as "car"."""

    id: int
    label: str
    detail: str
    plate: Plate | None


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """One subject in one frame: its whole outline cut at the picture's edge, the part in view (None when hidden), and
    the share 0..1 of its pixels in the picture that is in view."""

    id: int
    box: BoxT
    seen: BoxT | None
    visible: float


@dataclass(frozen=True, kw_only=True)
class PlateSighting:
    """One subject's plate in one frame: box, and the height of its characters in pixels of this clip."""

    id: int
    box: BoxT
    char_px: float


@dataclass(frozen=True, kw_only=True)
class FrameTruth:
    """One frame: time (s), subjects and plates in view, people by crowd zone (those whose box has the middle of its lower
    edge inside), the share 0..1 of the road zone under water."""

    t: float
    sightings: tuple[Sighting, ...]
    plates: tuple[PlateSighting, ...]
    people: dict[str, int]
    water: float


@dataclass(frozen=True, kw_only=True)
class ZoneTruth:
    """A zone: polygon of at least three points (0..1) and, by rule, the settings that hold in it."""

    id: str
    name: str
    polygon: tuple[tuple[float, float], ...]
    rules: dict[str, dict[str, float]]


@dataclass(frozen=True, kw_only=True)
class EventTruth:
    """What happens: kind of alert, the subjects' ids, the zone's id ("" for the whole picture), start and end in seconds.

    `start_s` is when the state begins (the car stands, the bag lies), not when an alert is due: the dwell comes on top.
    `end_s` is None where the state lasts to the end of the clip.
    """

    kind: str
    subjects: tuple[int, ...]
    zone: str
    start_s: float
    end_s: float | None
    note: str


@dataclass(frozen=True, kw_only=True)
class Truth:
    """All that is known about one clip."""

    clip: str
    title: str
    width: int
    height: int
    fps: int
    zones: tuple[ZoneTruth, ...]
    subjects: tuple[Subject, ...]
    frames: tuple[FrameTruth, ...]
    events: tuple[EventTruth, ...]

    @property
    def duration_s(self) -> float:
        """The clip's length in seconds."""
        return len(self.frames) / self.fps

    def subject(self, key: int) -> Subject:
        """The subject with this id. Raises KeyError when there is none."""
        for subject in self.subjects:
            if subject.id == key:
                return subject
        raise KeyError(key)

    def at(self, t: float) -> FrameTruth:
        """The frame shown at `t` seconds (the last one after the end)."""
        return self.frames[min(max(int(t * self.fps + 1e-6), 0), len(self.frames) - 1)]


def load(path: Path) -> Truth:
    """Read and check one truth file.

    Raises:
        TruthError: the file is no JSON, has another format number, or a value is missing or out of range.
    """
    try:
        return _truth(json.loads(path.read_text(encoding="utf-8")))
    except (json.JSONDecodeError, KeyError, IndexError, TypeError, ValueError) as error:
        raise TruthError(f"{path}: {type(error).__name__}: {error}") from error


def clips() -> tuple[str, ...]:
    """The names of all committed clips that have a truth file, sorted."""
    return tuple(sorted(p.name.removesuffix(".truth.json") for p in FOLDER.glob("*.truth.json")))


def truth_path(clip: str) -> Path:
    """Where a clip's truth lies."""
    return FOLDER / f"{clip}.truth.json"


def video_path(clip: str) -> Path:
    """Where a clip's video lies."""
    return FOLDER / f"{clip}.mp4"


def _truth(raw: dict[str, Any]) -> Truth:
    if raw["format"] != FORMAT:
        raise ValueError(f"format {raw['format']} is not {FORMAT}")
    subjects = tuple(_subject(s) for s in raw["subjects"])
    known = {s.id for s in subjects}
    if len(known) != len(subjects):
        raise ValueError("subject ids repeat")
    fps = int(raw["fps"])
    frames = tuple(_frame(i / fps, row, known) for i, row in enumerate(raw["frames"]))
    zones = tuple(_zone(z) for z in raw["zones"])
    names = {z.id for z in zones} | {""}
    events = tuple(_event(e, known, names, len(frames) / fps) for e in raw["events"])
    return Truth(clip=raw["clip"], title=raw["title"], width=int(raw["width"]), height=int(raw["height"]), fps=fps,
                 zones=zones, subjects=subjects, frames=frames, events=events)  # fmt: skip


def _subject(raw: dict[str, Any]) -> Subject:
    plate = raw["plate"]
    return Subject(
        id=int(raw["id"]),
        label=str(raw["label"]),
        detail=str(raw["detail"]),
        plate=None if plate is None else Plate(text=plate["text"], lines=tuple(plate["lines"]), colour=plate["colour"],
                                               pattern=plate["pattern"]),
    )  # fmt: skip


def _box(values: list[float]) -> BoxT:
    x1, y1, x2, y2 = (float(v) for v in values)
    if not (0 <= x1 < x2 <= 1 and 0 <= y1 < y2 <= 1):
        raise ValueError(f"box {values} is not inside 0..1")
    return x1, y1, x2, y2


def _frame(t: float, raw: dict[str, Any], known: set[int]) -> FrameTruth:
    sightings = []
    for row in raw["boxes"]:
        key, visible = int(row[0]), float(row[5])
        if key not in known or not 0 <= visible <= 1:
            raise ValueError(f"frame at {t:.2f} s: bad row {row}")
        box = _box(row[1:5])
        seen = None if visible == 0 else _box(row[6:10]) if len(row) == 10 else box
        sightings.append(Sighting(id=key, box=box, seen=seen, visible=visible))
    plates = tuple(PlateSighting(id=int(r[0]), box=_box(r[1:5]), char_px=float(r[5])) for r in raw.get("plates", ()))
    if any(p.id not in known for p in plates):
        raise ValueError(f"frame at {t:.2f} s: a plate of nobody")
    water = float(raw.get("water", 0.0))
    if not 0 <= water <= 1:
        raise ValueError(f"frame at {t:.2f} s: water {water} is not in 0..1")
    people = {str(zone): int(count) for zone, count in raw.get("people", {}).items()}
    return FrameTruth(t=t, sightings=tuple(sightings), plates=plates, people=people, water=water)


def _zone(raw: dict[str, Any]) -> ZoneTruth:
    polygon = tuple((float(x), float(y)) for x, y in raw["polygon"])
    if len(polygon) < 3 or not all(0 <= v <= 1 for point in polygon for v in point):
        raise ValueError(f"zone {raw['id']}: polygon {polygon}")
    rules = {str(kind): {str(k): float(v) for k, v in settings.items()} for kind, settings in raw["rules"].items()}
    return ZoneTruth(id=str(raw["id"]), name=str(raw["name"]), polygon=polygon, rules=rules)


def _event(raw: dict[str, Any], known: set[int], zones: set[str], length: float) -> EventTruth:
    start, end = float(raw["start_s"]), raw["end_s"]
    if not 0 <= start <= length or (end is not None and not start < float(end) <= length + 1e-6):
        raise ValueError(f"event {raw['kind']}: {start} to {end} s in a clip of {length} s")
    subjects = tuple(int(s) for s in raw["subjects"])
    if not set(subjects) <= known or raw["zone"] not in zones or not math.isfinite(start):
        raise ValueError(f"event {raw['kind']}: unknown subject or zone")
    return EventTruth(kind=str(raw["kind"]), subjects=subjects, zone=str(raw["zone"]), start_s=start,
                      end_s=None if end is None else float(end), note=str(raw["note"]))  # fmt: skip
