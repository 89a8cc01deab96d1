"""Bad input through the harness's command: a clear error that names the file, exit code 2, and nothing skipped."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from ioc.cli import USER_ERROR, run_cli
from ioc.core.errors import ModelError
from models.commands import models
from models.evaluation import Options, find_task
from models.manifest import find_model
from models.pictures import read_picture

RENDERED = Path(__file__).with_name("plates") / "98A12345_1_white.png"
TASKS = ("street", "plates-find", "plates-read", "plates")
HEADER = "image,text,is_crop,boxes_xyxy,check,cv_fold\n"


@pytest.fixture
def street(tmp_path: Path) -> Path:
    """Two pictures in the YOLO format, of which the first, in colour, is good."""
    for part in ("images", "labels"):
        (tmp_path / part).mkdir()
    for name in ("a", "b"):
        cv2.imwrite(str(tmp_path / "images" / f"{name}.png"), np.full((90, 160, 3), 120, np.uint8))
        (tmp_path / "labels" / f"{name}.txt").write_text("0 0.5 0.5 0.2 0.4\n")
    (tmp_path / "data.yaml").write_text("names: [car]\n")
    return tmp_path


def plates(root: Path, *, crops: bool) -> Path:
    """Two pictures ``a`` and ``b`` of a rendered plate: the plate's crop, or a street on which it hangs."""
    plate = cv2.resize(read_picture(RENDERED), (120, 28), interpolation=cv2.INTER_AREA)
    image = np.full((180, 320, 3), 70, np.uint8)
    image[100:128, 90:210] = plate
    (root / "set").mkdir()
    box = "" if crops else "90,100,210,128"
    for name in ("a", "b"):
        cv2.imwrite(str(root / "set" / f"{name}.png"), plate if crops else image)
    rows = "".join(f'set/{name}.png,98A12345,{int(crops)},"{box}",human_only,0\n' for name in ("a", "b"))
    (root / "texts.csv").write_text(HEADER + rows)
    return root / "set"


def data_of(task: str, request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Path]:
    """The folder of a task's data set and its second picture."""
    if task == "street":
        root: Path = request.getfixturevalue("street")
        return root, root / "images" / "b.png"
    root = plates(tmp_path, crops=task == "plates-read")
    return root, root / "b.png"


def command(*args: object) -> int:
    return run_cli(models, ["eval", *map(str, args), "--json"])


@pytest.mark.parametrize("task", TASKS)
def test_a_corrupt_picture_is_named_and_not_skipped(
    task: str, request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, picture = data_of(task, request, tmp_path)
    picture.write_bytes(picture.read_bytes()[:60])
    assert command(task, root) == USER_ERROR
    said = capsys.readouterr()
    assert f"{picture}: the picture is truncated" in said.err
    assert said.out == ""


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("kind", [cv2.COLOR_BGR2GRAY, cv2.COLOR_BGR2BGRA])
def test_grey_and_transparent_pictures_are_looked_at(
    task: str, kind: int, request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, picture = data_of(task, request, tmp_path)
    cv2.imwrite(str(picture), cv2.cvtColor(read_picture(picture), kind))
    assert command(task, root) == 0
    figures = json.loads(capsys.readouterr().out)["figures"]
    assert figures["pictures"] == 2
    if task != "street":
        assert figures.get("exact", figures.get("recall")) == 1.0


@pytest.mark.parametrize("task", ["plates-read", "street"])
def test_a_single_pixel_is_a_miss_and_no_fault(
    task: str, request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, picture = data_of(task, request, tmp_path)
    cv2.imwrite(str(picture), np.zeros((1, 1, 3), np.uint8))
    assert command(task, root) == 0
    figures = json.loads(capsys.readouterr().out)["figures"]
    assert figures["pictures"] == 2
    assert figures.get("exact", figures.get("recall")) in (0.0, 0.5)


@pytest.mark.parametrize("task", TASKS)
def test_a_provider_that_is_not_there_is_named(
    task: str, request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, _ = data_of(task, request, tmp_path)
    assert command(task, root, "--provider", "tensorrt") == USER_ERROR
    assert "tensorrt" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("task", "model"), [("street", "street"), ("plates-find", "plate-finder"), ("plates-read", "plate-reader")]
)
def test_a_file_with_another_sum_is_refused(task: str, model: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    root, _ = data_of(task, request, tmp_path)
    file = find_model(model).file
    options = Options(overrides={model: {"file": str(file), "sha256": "0" * 64}})
    with pytest.raises(ModelError, match="0" * 64) as caught:
        find_task(task)(root, options)
    assert str(file) in str(caught.value)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('set/b.png,98A12345,0,"90,100,210",x,0', "a box must be x1,y1,x2,y2"),
        ('set/b.png,98A12345,0,"210,100,90,128",x,0', "is empty or lies outside"),
        ("set/c.png,98A12345,0,,x,0", "there is no picture"),
    ],
)
@pytest.mark.parametrize("task", ["plates-find", "plates"])
def test_a_broken_label_line_is_told_with_its_number(
    task: str, line: str, problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = plates(tmp_path, crops=False)
    table = tmp_path / "texts.csv"
    table.write_text("".join(table.read_text().splitlines(keepends=True)[:2]) + line + "\n")
    assert command(task, root) == USER_ERROR
    said = capsys.readouterr().err
    assert f"{table}:3: " in said
    assert problem in said
