"""The task ``street``: figures for a detector whose answers are known, and what it refuses."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from ioc.core.errors import InputError, ModelError
from ioc.core.types import Box, Detection
from models.datasets import read_dataset
from models.evaluation import Breakdown, Options, Report, find_task
from models.looking import Seen, look
from models.manifest import MANIFEST, find_model
from models.pictures import read_picture
from models.sheet import Mistake, worst, write_sheet
from models.street_bays import bays_taken
from models.street_counts import count_heads, read_points
from models.street_evaluation import evaluate, judge

NAMES = "names: [person, car, truck, ignore]\n"


class Told:
    """A detector that knows what to say from the grey level of the picture."""

    labels = ("person", "car", "truck")

    def __init__(self, answers: dict[int, list[Detection]]) -> None:
        self.answers = answers

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        return self.answers[int(image[0, 0, 0])]


def add(folder: Path, name: str, level: int, labels: Sequence[str]) -> Path:
    """A grey picture with label lines."""
    for part in ("images", "labels"):
        (folder / part).mkdir(exist_ok=True)
    (folder / "data.yaml").write_text(NAMES)
    (folder / "labels" / f"{name}.txt").write_text("\n".join(labels))
    path = folder / "images" / f"{name}.png"
    cv2.imwrite(str(path), np.full((100, 200, 3), level, np.uint8))
    return path


CAR = "1 0.25 0.5 0.3 0.4"
CAR_BOX = Box(0.1, 0.3, 0.4, 0.7)
PERSON = "0 0.75 0.5 0.1 0.04"
PERSON_BOX = Box(0.7, 0.48, 0.8, 0.52)
ELSEWHERE = Box(0.5, 0.0, 0.6, 0.1)


@pytest.fixture
def answers(tmp_path: Path) -> Told:
    """Three pictures: a car seen as a truck, and a person; a missed car and a false one; a person where none is judged."""
    add(tmp_path, "a", 10, [CAR, PERSON])
    add(tmp_path, "b", 20, [CAR])
    add(tmp_path, "c", 30, ["3 0.5 0.05 1.0 0.1"])
    return Told(
        {
            10: [Detection("truck", 0.9, CAR_BOX), Detection("person", 0.8, PERSON_BOX)],
            20: [Detection("car", 0.7, ELSEWHERE), Detection("car", 0.1, CAR_BOX)],
            30: [Detection("person", 0.6, ELSEWHERE)],
        }
    )


def test_figures_by_hand(tmp_path: Path, answers: Told) -> None:
    figures, (labels, sizes, confusions) = judge(read_dataset(tmp_path), answers, Options())
    assert (figures["pictures"], figures["objects"]) == (3, 3)
    assert figures["precision"] == pytest.approx(2 / 3), "the truck on a car is right, the ignored one is not judged"
    assert figures["recall"] == pytest.approx(2 / 3), "what is below the threshold does not count"
    assert figures["false_per_picture"] == pytest.approx(1 / 3)
    # person 1; car: a false one at 0.7 before a right one at 0.1 of two, so a half of a half; truck: none to find
    assert figures["map50"] == pytest.approx((1 + 0.25) / 2)
    assert labels.rows == (("person", 1, 1.0, 1.0, 1.0), ("car", 2, 0.0, 0.0, 0.25), ("truck", 0, 0.0, None, None))
    assert [row[1:] for row in sizes.rows] == [(0, None), (1, 1.0), (2, 0.5)]
    assert confusions.rows == (("car", "truck", 1),)


def test_what_the_data_set_does_not_label_is_not_judged(tmp_path: Path, answers: Told) -> None:
    (tmp_path / "data.yaml").write_text("names: {1: car, 2: truck, 3: ignore}\n")
    (tmp_path / "labels" / "a.txt").write_text(CAR)
    figures, _ = judge(read_dataset(tmp_path), answers, Options())
    assert figures["precision"] == 0.5, "the two people are no mistakes here"


def test_another_threshold(tmp_path: Path, answers: Told) -> None:
    figures, _ = judge(read_dataset(tmp_path), answers, Options(confidence=0.05))
    assert figures["recall"] == 1.0
    assert figures["confidence"] == 0.05


def test_the_sheet_shows_false_and_missed_ones(tmp_path: Path, answers: Told) -> None:
    sheet = tmp_path / "worst.jpg"
    figures, _ = judge(read_dataset(tmp_path), answers, Options(sheet=sheet))
    assert figures["mistakes_on_sheet"] == 2
    assert read_picture(sheet).shape == (244, 8 * 224, 3)


def test_a_sheet_without_mistakes_and_one_that_cannot_be_written(tmp_path: Path) -> None:
    assert write_sheet(tmp_path / "none.jpg", []) == 0
    assert read_picture(tmp_path / "none.jpg").max() > 200, "says so in words"
    with pytest.raises(InputError, match=r"gone/a\.jpg: the sheet cannot be written"):
        write_sheet(tmp_path / "gone" / "a.jpg", [])


def test_the_worst_come_first_in_turn(tmp_path: Path) -> None:
    box = (0.1, 0.1, 0.2, 0.2)
    weights = (0.3, 0.9, 0.5)
    mistakes = [Mistake(tmp_path, box, "false", str(w), w) for w in weights]
    mistakes += [Mistake(tmp_path, box, "missed", f"m{w}", w) for w in weights[:2]]
    assert [m.caption for m in worst(mistakes, most=4)] == ["0.9", "m0.9", "0.5", "m0.3"]


def test_a_fault_names_the_picture(tmp_path: Path) -> None:
    class Broken(Told):
        def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
            raise ModelError("out of memory")

    with pytest.raises(ModelError, match=r"a\.png: out of memory"):
        look(Broken({}), np.zeros((4, 4, 3), np.uint8), tmp_path / "a.png")


def test_a_corrupt_picture_is_not_skipped(tmp_path: Path, answers: Told) -> None:
    (tmp_path / "images" / "b.png").write_bytes(b"broken")
    with pytest.raises(InputError, match=r"b\.png: not a picture"):
        judge(read_dataset(tmp_path), answers, Options())


def test_the_shipped_model_on_a_drawn_picture(tmp_path: Path) -> None:
    add(tmp_path, "a", 128, [CAR])
    report = evaluate(tmp_path, Options(size=96))
    assert report.model["name"] == "street"
    assert report.figures["recall"] == 0.0, "there is no car on a grey picture"
    assert isinstance(report.figures["ms_per_picture"], float)
    data = json.loads(report.to_json())
    assert data["figures"]["objects"] == 1
    assert data["breakdowns"]["labels"][1] == {
        "label": "car", "objects": 1, "precision": None, "recall": 0.0, "ap50": 0.0,
    }  # fmt: skip
    assert evaluate(tmp_path, Options(size=96, tiles=2)).figures["recall"] == 0.0


def test_training_pictures_are_refused(tmp_path: Path) -> None:
    """With a manifest like the shipped one, whose list of training pictures names one of these."""
    image = add(tmp_path, "a", 128, [CAR])
    add(tmp_path, "b", 129, [CAR])
    weights = find_model("street").file
    listed = tmp_path / "street.training.txt"
    manifest = tmp_path / "manifest.toml"
    text = MANIFEST.read_text(encoding="utf-8").replace("weights/street.onnx", str(weights))
    manifest.write_text(text.replace("cards/street.training.txt", str(listed)), encoding="utf-8")
    listed.write_text("# none\n")
    options = Options(size=96, manifest=manifest)
    assert evaluate(tmp_path, options).model["training pictures"] == "known"
    listed.write_text(f"{hashlib.sha256(image.read_bytes()).hexdigest()}\n")
    with pytest.raises(InputError, match=r"a\.png: model 'street' was trained on this picture and on 0 more of 2"):
        evaluate(tmp_path, options)


def test_nothing_is_known_about_the_training_of_a_users_own_file(tmp_path: Path) -> None:
    add(tmp_path, "a", 128, [CAR])
    mine = shutil.copy(find_model("street").file, tmp_path / "mine.onnx")
    report = evaluate(tmp_path, Options(size=96, overrides={"street": {"file": mine}}))
    assert report.model["training pictures"].startswith("unknown")
    assert report.model["sha256"] == "not given"


def test_classes_that_the_model_does_not_know(tmp_path: Path) -> None:
    add(tmp_path, "a", 128, [])
    (tmp_path / "data.yaml").write_text("names: [person, fire, elephant]\n")
    with pytest.raises(InputError, match=r"data\.yaml: the street detector knows no elephant, fire"):
        evaluate(tmp_path, Options())


@pytest.fixture
def heads(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    cv2.imwrite(str(tmp_path / "images" / "a.png"), np.full((100, 200, 3), 90, np.uint8))
    cv2.imwrite(str(tmp_path / "images" / "b.png"), np.full((100, 200, 3), 90, np.uint8))
    (tmp_path / "points.csv").write_text("image,x,y\nimages/a.png,50.0,30\nimages/a.png,90,30\n")
    (tmp_path / "counts.csv").write_text("image,count\nimages/a.png,2\nimages/b.png,0\n")
    return tmp_path


def test_counting_people(heads: Path) -> None:
    assert [len(points) for points in read_points(heads).values()] == [2, 0]
    report = evaluate(heads, Options(size=96))
    assert report.figures["people"] == 2
    assert report.figures["mean_absolute_error"] == 1.0
    assert report.figures["bias"] == -1.0
    assert report.figures["heads_found"] == 0.0
    with pytest.raises(InputError, match="needs boxes"):
        evaluate(heads, Options(sheet=heads / "a.jpg"))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("points.csv", "image,x,y\nimages/a.png,50\n", r"points\.csv:2: expected the columns"),
        ("points.csv", "image,x,y\nimages/a.png,fifty,3\n", r"points\.csv:2: could not convert"),
        ("points.csv", "image,x\nimages/a.png,50\n", r"points\.csv:2: expected the columns image, x, y"),
        ("counts.csv", "image,count\nimages/a.png,3\n", r"counts\.csv:2: 3 people, but points\.csv has 2 of a\.png"),
    ],
)
def test_faulty_points_are_named(heads: Path, name: str, content: str, message: str) -> None:
    (heads / name).write_text(content)
    with pytest.raises(InputError, match=message):
        evaluate(heads, Options())


@pytest.mark.parametrize(
    ("points", "people", "hit"),
    [
        ([], [], 0),
        ([(50, 10)], [(40, 5, 60, 100)], 1),
        ([(50, 80)], [(40, 5, 60, 100)], 0),  # at the feet
        ([(50, 10), (52, 10)], [(40, 5, 60, 100)], 1),  # a box is one person
        ([(50, 10), (62, 10)], [(40, 5, 60, 100), (45, 5, 70, 100)], 2),
        ([(20, 10)], [(40, 5, 60, 100)], 0),
    ],
)
def test_heads_in_boxes(points: list[tuple[float, float]], people: list[tuple[float, ...]], hit: int) -> None:
    heads = np.array(points, np.float32).reshape(-1, 2)
    assert count_heads(heads, np.array(people, np.float32).reshape(-1, 4)) == hit


@pytest.fixture
def bays(tmp_path: Path) -> Path:
    (tmp_path / "frames").mkdir()
    cv2.imwrite(str(tmp_path / "frames" / "a.png"), np.full((100, 200, 3), 90, np.uint8))
    (tmp_path / "spaces.csv").write_text(
        "frame,space,occupied,polygon\n"
        'frames/a.png,1,1,"10,10 50,10 50,50 10,50"\n'
        'frames/a.png,2,0,"60,10 100,10 100,50 60,50"\n'
    )
    return tmp_path


def test_bays_of_a_lot(bays: Path) -> None:
    report = evaluate(bays, Options(size=96))
    assert (report.figures["occupied_bays"], report.figures["free_bays"]) == (1, 1)
    assert (report.figures["occupied_found"], report.figures["free_taken"]) == (0.0, 0.0)
    with pytest.raises(InputError, match="needs boxes"):
        evaluate(bays, Options(sheet=bays / "a.jpg"))


def test_a_bay_is_taken_by_what_stands_in_it() -> None:
    polygons = [((0, 50), (40, 50), (40, 90), (0, 90)), ((60, 50), (100, 50), (100, 90), (60, 90))]
    boxes = np.array([[0.05, 0.2, 0.15, 0.8], [0.3, 0.0, 0.5, 0.5], [0.3, 0.5, 0.5, 0.9]], np.float32)

    def seen(*labels: str) -> Seen:
        return Seen(boxes[: len(labels)], np.ones(len(labels), np.float32), labels, 0, 0)

    assert bays_taken(polygons, seen(), 200, 100) == [False, False]
    assert bays_taken(polygons, seen("car", "car"), 200, 100) == [True, False], "the second one stands behind its bay"
    assert bays_taken(polygons, seen("person", "car", "truck"), 200, 100) == [False, True]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('frames/a.png,1,1,"10,10 50,10"', "three corners"),
        ('frames/a.png,1,2,"10,10 50,10 50,50"', "occupied to be 0 or 1"),
        ('frames/a.png,1,1,"10,10 50 50,50"', "the polygon '10,10 50 50,50'"),
        ("frames/a.png,1,1", "expected the columns frame, space, occupied, polygon"),
    ],
)
def test_faulty_bays_are_named(bays: Path, row: str, message: str) -> None:
    (bays / "spaces.csv").write_text(f"frame,space,occupied,polygon\n{row}\n")
    with pytest.raises(InputError, match=f"spaces.csv:2: .*{message}"):
        evaluate(bays, Options())


def test_tasks_are_found_by_name() -> None:
    assert find_task("street") is evaluate
    with pytest.raises(ModelError, match="no task is called 'dreams'; there are street"):
        find_task("dreams")


def test_a_report_is_the_same_text_for_the_same_figures() -> None:
    table = Breakdown("labels", ("label", "recall"), (("ô tô", 0.5), ("xe máy", None)))
    first, second = (
        Report(task="street", dataset=Path("x"), model={"name": "street"}, figures={"recall": 0.5}, breakdowns=(table,))
        for _ in range(2)
    )
    assert first.to_json() == second.to_json()
    assert "ô tô" in first.to_json()
    assert len(list(first.tables())) == 2
    with pytest.raises(ValueError, match="do not fit its columns"):
        Breakdown("labels", ("label",), (("a", 1),))
