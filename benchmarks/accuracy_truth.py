"""Sample clips and their truth files as cases to be judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.accuracy_types import WHOLE, Case, Expected, PeopleTruth, PlatesTruth, PlateTruth
from detectors import everywhere
from ioc.core.geometry import beside
from ioc.core.types import Box, Point
from ioc.demo import camera_section, read_clip, slug
from sample_videos.truth import EventTruth, FrameTruth, Truth, load

SUFFIX: Final = ".truth.json"
EVERYWHERE: Final = "picture"
"""Zone of the rules that apply to the whole picture."""
PLATE_PX: Final = 16.0
"""Height of a plate from which on it counts as legible, pixels."""
SHOWN_S: Final = 1.0
"""Seconds for which it must be legible: enough for two looks."""
FLAME_PX: Final = 16.0
"""Height from which on a flame is plain to see, pixels."""
HALF: Final = 0.5
"""Share of the road zone under water from which on the delay of a flood alert counts."""
REACH: Final = 0.6
"""How far beside a thing its owner is still there, in widths of their box."""


def truth_cases(folder: Path, kinds: frozenset[str], group: str) -> list[Case]:
    """The folder's clips that have a truth file, by name. Raises TruthError or InputError for a broken one."""
    return [truth_case(path, kinds, group) for path in sorted(folder.glob("*" + SUFFIX)) if video_of(path).is_file()]


def video_of(truth: Path) -> Path:
    """The clip beside a truth file."""
    return truth.with_name(truth.name.removesuffix(SUFFIX) + ".mp4")


def truth_case(path: Path, kinds: frozenset[str], group: str) -> Case:
    """One clip with its truth: its own zones, and the whole picture for the kinds that they do not name."""
    truth, clip = load(path), read_clip(video_of(path))
    assert clip is not None, "the truth file is there"
    section = camera_section(clip, kinds, str(video_of(path)))
    zoned = {kind for zone in section["zones"] for kind in zone["rules"]}
    return Case(
        name=truth.clip,
        group=group,
        video=video_of(path),
        length_s=truth.duration_s,
        camera=with_the_rest(section, kinds - zoned),
        kinds=kinds & (everywhere() | zoned),
        expected=tuple(_expected(truth, e) for e in truth.events),
        people=tuple(PeopleTruth(zone=slug(z), at_s=f.t, people=n) for f in truth.frames for z, n in f.people.items()),
        plates=plates_of(truth),
    )


def with_the_rest(section: Mapping[str, Any], kinds: frozenset[str]) -> dict[str, Any]:
    """A camera that also looks for ``kinds`` in the whole picture, with their defaults."""
    rules: dict[str, Any] = {kind: {} for kind in sorted(kinds & everywhere())}
    return {**section, "rules": {**rules, **section.get("rules", {})}}


def plates_of(truth: Truth) -> PlatesTruth:
    """The plates of a clip: legible for long enough, or faint."""
    shown: Counter[int] = Counter()
    best: dict[int, tuple[float, float, Box]] = {}
    for frame in truth.frames:
        visible = {s.id for s in frame.sightings if s.visible > 0.9}
        for plate in frame.plates:
            height = (plate.box[3] - plate.box[1]) * truth.height
            if height >= PLATE_PX and plate.id in visible:
                shown[plate.id] += 1
                best[plate.id] = max(best.get(plate.id, (0.0, 0.0, WHOLE)), (height, frame.t, Box(*plate.box)), key=_first)
    texts = {s.id: s.plate.text for s in truth.subjects if s.plate is not None}
    seen = [i for i, frames in sorted(shown.items()) if frames >= SHOWN_S * truth.fps and i in texts]
    legible = tuple(PlateTruth(text=texts[i], at_s=best[i][1], box=best[i][2]) for i in seen)
    return PlatesTruth(legible=legible, faint=tuple(sorted({*texts.values()} - {p.text for p in legible})))


def bounds(polygon: Sequence[Point]) -> Box:
    """The box around a polygon."""
    xs, ys = zip(*polygon, strict=True)
    return Box.clipped(min(xs), min(ys), max(xs), max(ys))


def _first(value: tuple[float, float, Box]) -> float:
    return value[0]


def _expected(truth: Truth, event: EventTruth) -> Expected:
    due = _due(truth, event)
    zones = {z.id: bounds(z.polygon) for z in truth.zones}
    return Expected(
        kind=event.kind,
        zone=slug(event.zone) or None,
        start_s=event.start_s,
        due_s=due,
        end_s=truth.duration_s if event.end_s is None else event.end_s,
        box=_box(truth.at(due), event) or zones.get(event.zone, WHOLE),
    )


def _due(truth: Truth, event: EventTruth) -> float:
    """When the event is plain: the flame high enough, half of the road under water, the owner away."""
    later = [f for f in truth.frames if f.t >= event.start_s]
    match event.kind:
        case "fire":
            plain = [f for f in later if any(_height(truth, f, i) >= FLAME_PX for i in event.subjects)]
        case "flood":
            plain = [f for f in later if f.water >= HALF]
        case "dumping":
            owners = _beside(truth.at(event.start_s), event)
            plain = [f for f in later if not owners & _beside(f, event)]
        case _:
            plain = later
    return plain[0].t if plain else event.start_s


def _height(truth: Truth, frame: FrameTruth, subject: int) -> float:
    label = truth.subject(subject).label
    seen = [s.seen for s in frame.sightings if s.id == subject and s.seen is not None and label == "fire"]
    return max(((box[3] - box[1]) * truth.height for box in seen), default=0.0)


def _beside(frame: FrameTruth, event: EventTruth) -> frozenset[int]:
    """Who is beside the event's subjects."""
    thing = _box(frame, event)
    others = [s for s in frame.sightings if s.id not in event.subjects and s.seen is not None]
    return frozenset(s.id for s in others if thing and s.seen and beside(Box(*s.seen), thing, REACH))


def _box(frame: FrameTruth, event: EventTruth) -> Box | None:
    """The box around the event's subjects, as far as they are in view."""
    seen = [s.seen for s in frame.sightings if s.id in event.subjects and s.seen is not None]
    if not seen:
        return None
    return Box(min(b[0] for b in seen), min(b[1] for b in seen), max(b[2] for b in seen), max(b[3] for b in seen))
