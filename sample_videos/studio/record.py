"""Writes a stage's truth: every frame measured from the projected meshes, compact enough to be committed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from sample_videos.studio.measure import BoxF, Outlines, Seen, measure, plates
from sample_videos.studio.stage import Actor, Event, Stage, ZoneSpec
from sample_videos.truth import FORMAT

MIN_CHAR_PX = 3.0


def _numbers(box: BoxF) -> list[float]:
    return [round(v, 4) for v in box]


def _row(seen: Seen) -> list[float]:
    """[id, whole box, visible share], and the box of the part in view where that is smaller."""
    visible = round(seen.visible, 2)
    row: list[float] = [seen.id, *_numbers(seen.box), visible]
    if visible > 0 and seen.seen is not None and _numbers(seen.seen) != _numbers(seen.box):
        row += _numbers(seen.seen)
    return row


def _frame(outlines: Outlines, index: int, last: dict[str, Any]) -> dict[str, Any]:
    """What is to be seen in one frame; between two steps of the actors it is that of the frame before, `last`."""
    stage = outlines.stage
    t = index / stage.fps
    if index % stage.step and not stage.painted:
        return last | ({} if stage.water is None else {"water": round(stage.water(t), 3)})
    found, mask = measure(outlines, t)
    for subject in stage.painted:
        box = subject.box(t)
        if box is not None:
            found.append(Seen(subject.id, box, box, 1.0))
    frame: dict[str, Any] = {"boxes": [_row(s) for s in found]}
    placed = stage.placed(t)
    tags = [
        p for a in stage.actors if a.id in placed for p in plates(stage, a, placed[a.id], mask) if p.char_px >= MIN_CHAR_PX
    ]
    if tags:
        frame["plates"] = [[p.id, *_numbers(p.box), round(p.char_px, 1)] for p in tags]
    people = {z.id: people_in(stage, z, found) for z in stage.zones if "crowd" in z.rules}
    if people:
        frame["people"] = people
    if stage.water is not None:
        frame["water"] = round(stage.water(t), 3)
    return frame


def people_in(stage: Stage, zone: ZoneSpec, found: list[Seen]) -> int:
    """How many people stand in a zone: those whose box has the middle of its lower edge inside the polygon."""
    labels = {a.id: a.label for a in stage.actors} | {p.id: p.label for p in stage.painted}
    polygon = np.array(zone.polygon, dtype=np.float32)
    feet = [((s.box[0] + s.box[2]) / 2, s.box[3]) for s in found if labels[s.id] == "person"]
    return sum(cv2.pointPolygonTest(polygon, foot, False) >= 0 for foot in feet)


def _subject(actor: Actor) -> dict[str, Any]:
    plate = actor.plate
    tag = (
        None
        if plate is None
        else {"text": plate.text, "lines": list(plate.lines), "colour": plate.colour, "pattern": plate.pattern}
    )
    return {"id": actor.id, "label": actor.label, "detail": actor.detail, "plate": tag}


def write(stage: Stage, path: Path) -> None:
    """Measure every frame of the stage and write the truth file, one frame a line. Subjects never seen are left out."""
    outlines = Outlines(stage)
    frames: list[dict[str, Any]] = []
    for index in range(stage.frames):
        frames.append(_frame(outlines, index, frames[-1] if frames else {}))
    shown = {int(row[0]) for frame in frames for row in frame["boxes"]}
    subjects = [_subject(a) for a in stage.actors if a.label]
    subjects += [{"id": p.id, "label": p.label, "detail": p.detail, "plate": None} for p in stage.painted]
    head: dict[str, Any] = {
        "format": FORMAT,
        "clip": stage.name,
        "title": stage.title,
        "width": stage.camera.width,
        "height": stage.camera.height,
        "fps": stage.fps,
        "zones": [_zone(zone) for zone in stage.zones],
        "events": [_event(event) for event in stage.events],
        "subjects": [s for s in subjects if s["id"] in shown],
    }
    path.write_text(text(head, frames), encoding="utf-8")


def _zone(zone: ZoneSpec) -> dict[str, Any]:
    return {"id": zone.id, "name": zone.name, "polygon": [list(p) for p in zone.polygon], "rules": zone.rules}


def _event(event: Event) -> dict[str, Any]:
    return {"kind": event.kind, "subjects": list(event.subjects), "zone": event.zone, "start_s": event.start_s,
            "end_s": event.end_s, "note": event.note}  # fmt: skip


def text(head: dict[str, Any], frames: list[dict[str, Any]]) -> str:
    """The truth file's JSON: the head to be read by people, then one frame a line."""
    top = json.dumps(head, ensure_ascii=False, indent=1)[:-2]
    rows = ",\n".join("  " + json.dumps(f, separators=(",", ":")) for f in frames)
    return f'{top},\n "frames": [\n{rows}\n ]\n}}\n'
