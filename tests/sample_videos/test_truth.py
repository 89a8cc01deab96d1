"""The truth loader: what it reads, and what it refuses with a named place."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sample_videos import truth
from sample_videos.truth import Sighting, TruthError

GOOD: dict[str, Any] = {
    "format": 1,
    "clip": "small",
    "title": "Nhỏ · Small",
    "width": 64,
    "height": 36,
    "fps": 10,
    "zones": [{"id": "z", "name": "Z", "polygon": [[0, 0], [1, 0], [1, 1]], "rules": {"crowd": {"threshold": 2}}}],
    "events": [{"kind": "crowd", "subjects": [1], "zone": "z", "start_s": 0.0, "end_s": None, "note": ""}],
    "subjects": [
        {"id": 1, "label": "person", "detail": "", "plate": None},
        {
            "id": 2,
            "label": "car",
            "detail": "",
            "plate": {"text": "98A12345", "lines": ["98A-123.45"], "colour": "white", "pattern": "CAR"},
        },
    ],
    "frames": [
        {"boxes": [[1, 0.1, 0.2, 0.3, 0.4, 0.5, 0.1, 0.2, 0.2, 0.4]], "people": {"z": 1}},
        {
            "boxes": [[1, 0.1, 0.2, 0.3, 0.4, 0], [2, 0, 0, 0.5, 0.5, 1]],
            "plates": [[2, 0.1, 0.1, 0.2, 0.2, 9.5]],
            "water": 0.25,
        },
    ],
}


def write(folder: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    raw = json.loads(json.dumps(GOOD))
    change(raw)
    path = folder / "small.truth.json"
    path.write_text(json.dumps(raw), encoding="utf-8")
    return path


def test_reads_all_that_a_truth_says(tmp_path: Path) -> None:
    found = truth.load(write(tmp_path, lambda raw: None))
    assert found.duration_s == 0.2
    assert found.frames[0].sightings == (Sighting(id=1, box=(0.1, 0.2, 0.3, 0.4), seen=(0.1, 0.2, 0.2, 0.4), visible=0.5),)
    assert found.frames[0].people == {"z": 1}
    hidden, whole = found.frames[1].sightings
    assert hidden.seen is None
    assert whole.seen == whole.box
    assert found.frames[1].water == 0.25
    assert found.frames[1].plates[0].char_px == 9.5
    assert found.subject(2).plate is not None
    assert found.zones[0].rules["crowd"] == {"threshold": 2.0}


@pytest.mark.parametrize(("t", "frame"), [(0.0, 0), (0.09, 0), (0.1, 1), (5.0, 1), (-1.0, 0)])
def test_the_frame_shown_at_a_time(tmp_path: Path, t: float, frame: int) -> None:
    found = truth.load(write(tmp_path, lambda raw: None))
    assert found.at(t) is found.frames[frame]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda raw: raw.update(format=2), "format 2"),
        (lambda raw: raw.pop("fps"), "fps"),
        (lambda raw: raw["subjects"].append(raw["subjects"][0]), "repeat"),
        (lambda raw: raw["frames"][0]["boxes"][0].__setitem__(3, 1.2), "not inside 0..1"),
        (lambda raw: raw["frames"][0]["boxes"][0].__setitem__(0, 9), "bad row"),
        (lambda raw: raw["frames"][0]["boxes"][0].__setitem__(5, 1.5), "bad row"),
        (lambda raw: raw["frames"][1]["plates"][0].__setitem__(0, 7), "plate of nobody"),
        (lambda raw: raw["frames"][1].update(water=2), "water 2"),
        (lambda raw: raw["zones"][0].update(polygon=[[0, 0], [1, 1]]), "polygon"),
        (lambda raw: raw["events"][0].update(zone="elsewhere"), "unknown subject or zone"),
        (lambda raw: raw["events"][0].update(start_s=3.0), "3.0 to None s"),
        (lambda raw: raw["events"][0].update(end_s=0.0), "0.0 to 0.0 s"),
    ],
)
def test_refuses_what_cannot_be_true_and_names_the_file(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], message: str
) -> None:
    path = write(tmp_path, change)
    with pytest.raises(TruthError, match=message) as caught:
        truth.load(path)
    assert str(path) in str(caught.value)


def test_refuses_what_is_no_json(tmp_path: Path) -> None:
    path = tmp_path / "broken.truth.json"
    path.write_text("{", encoding="utf-8")
    with pytest.raises(TruthError, match="JSONDecodeError"):
        truth.load(path)


def test_an_unknown_subject_is_a_key_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError):
        truth.load(write(tmp_path, lambda raw: None)).subject(5)
