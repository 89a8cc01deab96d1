"""The task ``fire``: whole pictures are judged too, and a folder without labels holds pictures without fire."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from ioc.core.errors import InputError
from models.datasets import Dataset, Sample
from models.evaluation import Options, find_task
from models.fire_evaluation import alarms, evaluate, without_fire

NOTHING = np.zeros((0, 4), np.float32)


def sample(name, *classes):
    return Sample(name, np.zeros((len(classes), 4), np.float32), classes, NOTHING)


def pictures(folder, count=2):
    folder.mkdir(parents=True, exist_ok=True)
    for n in range(count):
        cv2.imwrite(str(folder / f"{n}.png"), np.full((64, 96, 3), 40 + n, np.uint8))
    return folder


def test_alarms_by_hand(tmp_path):
    data = Dataset(tmp_path, ("fire", "smoke"), (sample("a", "fire"), sample("b", "smoke"), sample("c"), sample("d")))
    assert alarms(data, [0.9, 0.1, 0.3, 0.0], 0.25) == {
        "burning_pictures": 2,
        "alarm_recall": 0.5,
        "fire_free_pictures": 2,
        "false_alarm_rate": 0.5,
    }


def test_there_is_no_rate_of_nothing(tmp_path):
    data = Dataset(tmp_path, ("fire",), (sample("a"),))
    assert alarms(data, [0.0], 0.25)["alarm_recall"] is None


@pytest.mark.parametrize("below", ["", "images"])
def test_pictures_without_labels_are_without_fire(tmp_path, below):
    pictures(tmp_path / below)
    found = without_fire(tmp_path)
    assert [s.classes for s in found.samples] == [(), ()]
    assert found.names == ("fire", "smoke")


def test_labels_without_names_are_refused(tmp_path):
    pictures(tmp_path / "images")
    (tmp_path / "labels").mkdir()
    with pytest.raises(InputError, match="names their classes"):
        without_fire(tmp_path)


@pytest.mark.parametrize("make", [lambda p: p / "nowhere", lambda p: p], ids=["no folder", "empty"])
def test_a_folder_without_pictures_is_refused(tmp_path, make):
    with pytest.raises(InputError, match=str(tmp_path)):
        without_fire(make(tmp_path))


def test_classes_that_the_detector_does_not_know_are_refused(tmp_path):
    pictures(tmp_path / "images", 1)
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "0.txt").write_text("")
    (tmp_path / "data.yaml").write_text("names: [fire, flood]\n")
    with pytest.raises(InputError, match="flood"):
        evaluate(tmp_path, Options())


def test_grey_pictures_raise_no_alarm(tmp_path):
    report = find_task("fire")(pictures(tmp_path), Options(sheet=tmp_path / "sheet.jpg"))
    assert report.figures["fire_free_pictures"] == 2
    assert report.figures["false_alarm_rate"] == 0.0
    assert (tmp_path / "sheet.jpg").is_file()
