"""What the finder's training sees of streets: covered doubts, mined errors, windows around them; and what is held back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from ioc.core.types import Box, Detection
from models.plate_reader import PlateReading, unreadable
from models.training import plates_pictures, plates_streets
from models.training.common import sha256
from models.training.plates_pictures import BY_EYE, Labelled, cover
from models.training.plates_scenes import Scenes
from models.training.plates_score import Legible, score
from models.training.plates_streets import Street, load, mine, save, sources

DATA = Path(__file__).parents[3] / "shared" / "data"
Picture = NDArray[np.uint8]


def street(
    name: str = "a/b.jpg", plates: list[list[float]] | None = None, errors: list[list[float]] | None = None
) -> Street:
    image = np.random.default_rng(1).integers(0, 255, (240, 320, 3), np.uint8)
    boxes = [np.array(rows or [], np.float32).reshape(-1, 4) for rows in (plates, errors)]
    return Street(name, image, boxes[0], boxes[1])


class Finder:
    """Sees two plates in every picture."""

    def find(self, image: Picture) -> list[Detection]:
        return [Detection("plate", 0.9, Box(0.1, 0.1, 0.2, 0.2)), Detection("plate", 0.4, Box(0.5, 0.5, 0.6, 0.6))]


def test_doubtful_places_are_grey_and_the_picture_is_not_changed() -> None:
    image = np.zeros((50, 80, 3), np.uint8)
    out = cover(image, np.array([[10, 10, 30, 20]], np.float32))
    assert (out[10:20, 10:30] == 114).all()
    assert (out[30:] == 0).all()
    assert not image.any()


def test_a_true_plate_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "still").mkdir()
    path = tmp_path / "still" / "a.png"
    cv2.imwrite(str(path), np.full((100, 200, 3), 90, np.uint8))
    marks = tmp_path / "marks.json"
    marks.write_text(json.dumps({sha256(path): {"plates": [[20, 10, 40, 20]], "doubtful": [[150, 80, 160, 90]]}}))
    monkeypatch.setattr(plates_pictures, "BY_EYE", marks)
    monkeypatch.setattr(plates_streets, "STILLS", ("still/*.png",))
    monkeypatch.setattr(plates_streets, "CLIPS", ())
    (found,) = mine(tmp_path, Finder())
    assert found.name == "still/a.png"
    assert found.plates.tolist() == [[20, 10, 40, 20]]
    assert found.errors.tolist() == pytest.approx(np.array([[100, 50, 120, 60]]))
    assert (found.image[82, 155] == 114).all()


def test_streets_come_back_as_they_were_saved(tmp_path: Path) -> None:
    streets = [street(plates=[[10, 10, 30, 20]]), street("c.mp4@1.50", errors=[[1, 2, 3, 4], [5, 6, 7, 8]])]
    save(streets, tmp_path / "runs" / "s.npz")
    back = load(tmp_path / "runs" / "s.npz")
    assert [s.name for s in back] == ["a/b.jpg", "c.mp4@1.50"]
    assert back[0].plates.tolist() == [[10, 10, 30, 20]]
    assert back[1].errors.tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]
    assert back[0].image.shape == (240, 320, 3)


def test_windows_of_streets_show_their_plates_and_label_nothing_else() -> None:
    labelled = [Labelled(Path("gate.jpg"), np.zeros((240, 320, 3), np.uint8), np.array([[9, 9, 40, 30]], np.float32), 2)]
    wanted = [street(plates=[[100, 100, 140, 120]], errors=[[10, 10, 60, 40]]), street("d/e.jpg", errors=[[10, 10, 60, 40]])]
    scenes = Scenes(labelled, [np.zeros((240, 320, 3), np.uint8)], streets=wanted, share=1.0)
    rng = np.random.default_rng(4)
    windows = [scenes.draw(rng) for _ in range(40)]
    assert {w.image.shape for w in windows} == {(256, 256, 3)}
    counts = {len(w.boxes) for w in windows}
    assert counts == {0, 1}
    for window in windows:
        sides = window.boxes[:, 2:] - window.boxes[:, :2]
        assert (sides > 0).all()
        assert (window.boxes >= 0).all()
        assert (window.boxes <= 256).all()


def test_scores_at_each_threshold_by_hand() -> None:
    image = np.zeros((100, 200, 3), np.uint8)
    plate = np.array([[20, 10, 40, 20]], np.float32)  # where Finder is sure; its second find is false everywhere
    rows = score(Finder(), [(image, plate), (image, np.zeros((0, 4), np.float32))], (0.3, 0.5, 0.95))
    assert rows == [(0.3, 1.0, 1.5), (0.5, 1.0, 0.5), (0.95, 0.0, 0.0)]


class Reader:
    """Is sure of bright crops and of no other."""

    def read(self, crops: Sequence[Picture], *, motorcycle: bool | None = None) -> list[PlateReading]:
        return [replace(unreadable("dark"), confidence=0.9 if crop.mean() > 128 else 0.1) for crop in crops]


def test_what_cannot_be_read_is_left_out_where_that_is_asked_for() -> None:
    image = np.zeros((100, 200, 3), np.uint8)
    assert Legible(Finder(), Reader(), 0.3).find(image) == []
    image[10:20, 20:40] = 255
    assert [plate.confidence for plate in Legible(Finder(), Reader(), 0.3).find(image)] == [0.9]


@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is absent")
def test_no_picture_is_both_trained_on_and_held_back() -> None:
    trained, held = ({sha256(path) for path in sources(DATA, held_back=held)} for held in (False, True))
    assert held
    assert not trained & held


def test_labels_by_eye_are_boxes_alone() -> None:
    for key, marks in json.loads(BY_EYE.read_text()).items():
        assert len(key.split("@")[0]) == 64
        assert set(marks) == {"plates", "doubtful"}
        assert all(x1 < x2 and y1 < y2 for x1, y1, x2, y2 in (*marks["plates"], *marks["doubtful"]))
