"""Truth that a person wrote: ``<clip>.truth.yaml`` beside a clip, or a table ``events.csv`` of several clips.

The meaning of the table's columns: ``video, kind, start_s, end_s, ..., uncertainty, note``; which kinds of rows say that
something happens stands in :data:`ROWS`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml
from pydantic import BaseModel, Field, ValidationError

from benchmarks.accuracy_truth import EVERYWHERE, bounds, with_the_rest
from benchmarks.accuracy_types import WHOLE, Case, Expected, PeopleTruth, PlatesTruth, PlateTruth
from detectors import everywhere
from ioc.core.config import Part
from ioc.core.errors import InputError
from ioc.core.types import Box
from ioc.demo import slug

SUFFIX: Final = ".truth.yaml"
TABLE: Final = "events.csv"
VIDEOS: Final = frozenset({".mp4", ".avi", ".mkv", ".mov"})
ROWS: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "fire": (("flame_first_visible", "smoke", "flame"), ("flame", "smoke")),
    "flood": (("water_first_visible",), ("water_covers_part_of_floor", "water_covers_floor")),
    "dumping": (("bag_thrown",), ("bag_at_rest",)),
    "crowd": (("people_gather", "dense_crowd"), ("people_gather", "dense_crowd")),
}
"""Alert kind -> rows of a table with which it begins, and rows from which the delay counts, the surest first."""
M = TypeVar("M", bound=BaseModel)
COUNTED: Final = "people_count"
READ: Final = "plates_readable"


class WrittenEvent(Part):
    """Something that a rule must tell."""

    kind: str = Field(description="Alert kind")
    zone: str | None = Field(None, description="Id of the zone; none for the whole picture")
    start_s: float = Field(ge=0, description="When it begins; no alert may come before")
    due_s: float | None = Field(
        None, ge=0, description="From when the delay counts: the flame plain to see, the owner away, the road half covered"
    )
    end_s: float | None = Field(None, gt=0, description="When it is over; none for the clip's end")
    uncertainty_s: float = Field(0.5, ge=0, description="How far the times may be off")
    box: tuple[float, float, float, float] | None = Field(None, description="About where: x1, y1, x2, y2 in 0..1")


class WrittenCount(Part):
    """People that somebody has counted."""

    zone: str = Field(EVERYWHERE, description="Id of the zone")
    at_s: float = Field(ge=0, description="When")
    people: int = Field(ge=0, description="How many")


class WrittenPlates(Part):
    """Plates that somebody has read."""

    legible: tuple[str, ...] = Field((), description="Texts without separators, 16 pixels high or more for a second")
    faint: tuple[str, ...] = Field((), description="Beginnings of texts that may be told but need not")


class Hold(Part):
    """Still pictures before and after a clip that is too short for the rules' own waits."""

    before_s: float = Field(0.0, ge=0, le=60, description="Seconds for which the first picture stands")
    after_s: float = Field(0.0, ge=0, le=60, description="Seconds for which the last picture stands")


class Written(Part):
    """What a person knows of a clip."""

    camera: Mapping[str, Any] = Field(default_factory=dict, description="rate, look_size, zones and rules as configured")
    events: tuple[WrittenEvent, ...] = Field((), description="What must be told")
    people: tuple[WrittenCount, ...] = Field((), description="People counted by eye")
    plates: WrittenPlates | None = Field(None, description="Plates; none where nobody knows them: then not judged")
    not_judged: Mapping[str, str] = Field(default_factory=dict, description="Alert kind -> why it cannot be judged")
    hold: Hold = Field(Hold(), description="For a clip that is too short")


class Collection(Part):
    """Truth of several clips, by their path below one folder."""

    clips: Mapping[str, Written] = Field(description="Path -> what is known")


def read_written(path: Path) -> Written:
    """One ``.truth.yaml``. Raises :class:`InputError` naming file and place."""
    return _parsed(path, Written)


def read_collection(path: Path) -> Collection:
    """A file about several clips. Raises :class:`InputError` naming file and place."""
    return _parsed(path, Collection)


def table_rows(folder: Path) -> dict[str, list[dict[str, str]]]:
    """Rows of the folder's ``events.csv`` by video; empty where there is none. Raises :class:`InputError`."""
    found: dict[str, list[dict[str, str]]] = {}
    table = folder / TABLE
    if not table.is_file():
        return found
    with table.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if not {"video", "kind", "start_s", "end_s", "uncertainty", "note"} <= row.keys():
                raise InputError(f"{table}: needs the columns video, kind, start_s, end_s, uncertainty, note")
            found.setdefault(row["video"], []).append(row)
    return found


def with_table(written: Written, rows: list[dict[str, str]], length_s: float) -> Written:
    """What a person wrote and, where they wrote nothing of it, what the rows of a table say."""
    told = {e.kind for e in written.events}
    events = [e for kind in ROWS if kind not in told and (e := _event(kind, rows, length_s))]
    counts = tuple(
        WrittenCount(at_s=float(r["start_s"]), people=int(r["count"])) for r in rows if r["kind"] == COUNTED and r["count"]
    )
    read = [r for r in rows if r["kind"] == READ]
    plates = WrittenPlates(
        legible=tuple(sorted({t for r in read for t in r["note"].split()})),
        faint=tuple(sorted({t for r in read for t in re.findall(r"(\w+)\.\.\.", r["uncertainty"])})),
    )
    return written.model_copy(
        update={
            "events": (*written.events, *events),
            "people": written.people or counts,
            "plates": written.plates or (plates if read else None),
        }
    )


def written_case(name: str, video: Path, written: Written, kinds: frozenset[str], length_s: float, group: str = "") -> Case:
    """A case of what is written; ``video`` is held as it says, ``length_s`` its length without that."""
    section = {"id": slug(name) or "clip", "name": name, "url": str(video), **written.camera}
    zones = [{**z, "rules": {k: v for k, v in z.get("rules", {}).items() if k in kinds}} for z in section.get("zones", ())]
    areas = {z["id"]: bounds(z["polygon"]) for z in zones}
    section["zones"] = [z for z in zones if z["rules"]]
    section["rules"] = {k: v for k, v in section.get("rules", {}).items() if k in kinds}
    zoned = {kind for zone in zones for kind in zone["rules"]}
    judged = (kinds - written.not_judged.keys()) & (everywhere() | zoned)
    judged -= {"plates"} if written.plates is None else set()
    before = written.hold.before_s
    return Case(
        name=name,
        group=group,
        video=video,
        length_s=before + length_s + written.hold.after_s,
        camera=_only(with_the_rest(section, kinds - zoned), judged),
        kinds=judged,
        expected=tuple(_expected(e, areas, before, length_s, written.hold) for e in written.events),
        people=tuple(PeopleTruth(zone=c.zone, at_s=c.at_s + before, people=c.people) for c in written.people),
        plates=_plates(written.plates, length_s),
    )


def _only(section: Mapping[str, Any], kinds: frozenset[str]) -> dict[str, Any]:
    """The camera with the rules of these kinds alone."""
    zones = [{**z, "rules": {k: v for k, v in z["rules"].items() if k in kinds}} for z in section["zones"]]
    rules = {k: v for k, v in section["rules"].items() if k in kinds}
    return {**section, "zones": [z for z in zones if z["rules"]], "rules": rules}


def _plates(plates: WrittenPlates | None, length_s: float) -> PlatesTruth | None:
    if plates is None:
        return None
    return PlatesTruth(legible=tuple(PlateTruth(text=t, at_s=length_s / 2) for t in plates.legible), faint=plates.faint)


def _expected(event: WrittenEvent, areas: Mapping[str, Box], before: float, length_s: float, hold: Hold) -> Expected:
    return Expected(
        kind=event.kind,
        zone=event.zone,
        start_s=before + event.start_s,
        due_s=before + (event.start_s if event.due_s is None else event.due_s),
        end_s=before + (length_s + hold.after_s if event.end_s is None else event.end_s),
        uncertainty_s=event.uncertainty_s,
        box=Box(*event.box) if event.box else areas.get(event.zone or "", WHOLE),
    )


def _event(kind: str, rows: list[dict[str, str]], length_s: float) -> WrittenEvent | None:
    """The event of a kind that the rows of one clip tell of: from the first of them to the end of the last."""
    begins, sure = ROWS[kind]
    named = [r for r in rows if r["kind"] in {*begins, *sure}]
    if not named:
        return None
    plain = min(named, key=lambda r: (_rank(sure, r["kind"]), float(r["start_s"])))
    first = min(named, key=lambda r: float(r["start_s"]))
    end = max((float(r["end_s"]) for r in named if r["end_s"]), default=length_s)
    return WrittenEvent(
        kind=kind,
        start_s=float(first["start_s"]),
        due_s=float(plain["start_s"]),
        end_s=end if end < length_s - 1 else None,
        uncertainty_s=max(uncertainty(r["uncertainty"]) for r in (first, plain)),
    )


def _rank(order: tuple[str, ...], kind: str) -> int:
    return order.index(kind) if kind in order else len(order)


def uncertainty(text: str) -> float:
    """Seconds of a cell such as ``+-0.2 s`` or ``end +-1 s``; 0 where it names none."""
    found = re.search(r"\+-\s*([\d.]+)\s*s\b", text)
    return float(found[1]) if found else 0.0


def _parsed(path: Path, model: type[M]) -> M:
    try:
        return model.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InputError(f"{path}: {error}") from error
    except ValidationError as error:
        places = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise InputError("\n".join(f"{path}: {place}" for place in places)) from error
