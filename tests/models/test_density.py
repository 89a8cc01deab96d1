"""From pixels to people per cell, and the task ``crowd`` of the harness, on made-up networks and pictures."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from ioc.core.errors import InputError, ModelError
from ioc.core.types import Box, Detection
from models import density_evaluation
from models.density import DensityCounter, input_size
from models.density_evaluation import evaluate, read_counts
from models.evaluation import Options, find_task


class White:
    """A network for which a white cell is a person."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def run(self, array: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        self.shapes.append(array.shape)
        _, _, height, width = array.shape
        cells = array[0].reshape(3, height // 8, 8, width // 8, 8).mean(axis=(0, 2, 4))
        return [(cells > 0.5).astype(np.float32)[None, None]]


class Gives:
    def __init__(self, out: NDArray[np.float32]) -> None:
        self.out = out

    def run(self, array: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        return [self.out]


def people(*places: tuple[int, int], size: tuple[int, int] = (640, 384)) -> NDArray[np.uint8]:
    """A black picture with a white square of a cell's size in each of the (column, row) places."""
    image = np.zeros((size[1], size[0], 3), np.uint8)
    for column, row in places:
        image[row * 8 : row * 8 + 8, column * 8 : column * 8 + 8] = 255
    return image


@pytest.mark.parametrize(
    ("size", "taken"),
    [
        ((1920, 1080), (640, 352)),
        ((640, 480), (640, 480)),
        ((1080, 1920), (352, 640)),
        ((1, 1), (640, 640)),
        ((3000, 1), (640, 32)),
    ],
)
def test_the_input_keeps_the_pictures_shape(size: tuple[int, int], taken: tuple[int, int]) -> None:
    assert input_size(*size, 640) == taken


def test_a_map_adds_up_to_the_people() -> None:
    network = White()
    cells = DensityCounter(network, longest=640).look(people((3, 2), (70, 40), (71, 40)))
    assert network.shapes == [(1, 3, 384, 640)]
    assert cells.shape == (48, 80)
    assert cells.sum() == 3
    assert (cells[2, 3], cells[40, 70]) == (1, 1)


def test_a_black_picture_shows_nobody() -> None:
    assert DensityCounter(White(), longest=640).look(people()).sum() == 0


def test_fewer_than_nobody_is_nobody() -> None:
    assert DensityCounter(Gives(np.full((1, 1, 4, 4), -0.1, np.float32)), longest=32).look(people()).min() == 0


@pytest.mark.parametrize("out", [np.zeros((1, 2, 4, 4)), np.zeros((1, 4)), np.full((1, 1, 4, 4), np.nan)])
def test_a_network_that_does_not_fit_is_refused(out: NDArray[np.float64]) -> None:
    with pytest.raises(ModelError, match="density network"):
        DensityCounter(Gives(out.astype(np.float32)), longest=640).look(people())


@pytest.mark.parametrize("longest", [0, 31, 100])
def test_a_size_that_cannot_be(longest: int) -> None:
    with pytest.raises(ModelError, match="multiple of 32"):
        DensityCounter(White(), longest=longest)


@pytest.mark.parametrize("shape", [(4, 4), (4, 4, 4), (0, 4, 3)])
def test_what_is_no_picture(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError):
        DensityCounter(White(), longest=640).look(np.zeros(shape, np.uint8))


class Rows:
    """A street detector that sees eight people shoulder to shoulder in the upper left corner."""

    labels = ("person",)

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        return [Detection("person", 0.9, Box(0.02 * i, 0.0, 0.02 * i + 0.1, 0.5)) for i in range(8)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two pictures with heads: one of 12 people of whom all are seen, one of nobody in which one is seen."""
    (tmp_path / "images").mkdir()
    places = [(i, j) for i in (1, 3, 5, 7) for j in (1, 3, 5)]
    cv2.imwrite(str(tmp_path / "images" / "a.png"), people(*places))
    cv2.imwrite(str(tmp_path / "images" / "b.png"), people((40, 40)))
    rows = "".join(f"images/a.png,{8 * i + 4},{8 * j + 4}\n" for i, j in places)
    (tmp_path / "points.csv").write_text("image,x,y\n" + rows)
    (tmp_path / "counts.csv").write_text("image,count\nimages/a.png,12\nimages/b.png,0\n")
    monkeypatch.setattr(density_evaluation, "open_density", lambda *_, **__: DensityCounter(White(), longest=640))
    monkeypatch.setattr(density_evaluation, "open_detector", lambda *_: Rows())
    return tmp_path


@pytest.fixture
def options(tmp_path: Path) -> dict[str, Any]:
    """A manifest of its own, whose lists of training pictures are empty."""
    path = tmp_path / "manifest.toml"
    path.write_text(
        "".join(
            f'[[model]]\nname = "{name}"\ntask = "{task}"\nfile = "w.onnx"\nsha256 = "{"0" * 64}"\ninput = [640, 640]\n'
            f'labels = ["person"]\nlicence = "x"\nprovenance = "a test"\ntraining = "{name}.txt"\n'
            for name, task in (("density", "count"), ("street", "detect"))
        )
    )
    for name in ("density", "street"):
        (tmp_path / f"{name}.txt").write_text("")
    return {"manifest": path}


def test_figures(folder: Path, options: dict[str, Any]) -> None:
    assert find_task("crowd") is evaluate
    report = evaluate(folder, Options(**options))
    wanted = {"pictures": 2, "people": 12, "mean_absolute_error": 0.5, "mean_relative_error": 0.0, "bias": 0.5}
    assert {name: report.figures[name] for name in wanted} == wanted
    tables = json.loads(report.to_json())["breakdowns"]
    assert [(row["picture"], row["people"], row["density"]) for row in tables["pictures"]] == [
        ("a.png", 12, 12.0),
        ("b.png", 0, 1.0),
    ]
    assert [row["people"] for row in tables["by number of people"]] == ["0", "11 to 30"]


def test_boxes_and_both_together(folder: Path, options: dict[str, Any]) -> None:
    """Density alone makes somebody of nothing, boxes eight of twelve; together they tell."""
    figures = evaluate(folder, Options(tiles=3, **options)).figures
    assert figures["boxes_mean_absolute_error"] == pytest.approx((4 + 8) / 2)
    assert figures["together_mean_absolute_error"] == pytest.approx((0 + 8) / 2)


def test_numbers_alone_are_enough(folder: Path, options: dict[str, Any]) -> None:
    (folder / "points.csv").unlink()
    assert list(read_counts(folder).values()) == [12, 0]
    assert evaluate(folder, Options(**options)).figures["people"] == 12


def test_a_sheet_of_what_is_wrong(folder: Path, options: dict[str, Any]) -> None:
    sheet = folder / "sheet.jpg"
    assert evaluate(folder, Options(sheet=sheet, **options)).figures["mistakes_on_sheet"] == 1
    assert cv2.imread(str(sheet)) is not None


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("points.csv", "image,x,y\nimages/a.png,fifty,3\n", r"points\.csv:2: could not convert"),
        ("points.csv", "image,x,y\nimages/a.png,50,3\n", r"counts\.csv:2: 12 people, but points\.csv has 1"),
        ("points.csv", None, None),
        ("counts.csv", "image,count\nimages/a.png,some\n", r"counts\.csv:2: .*"),
        ("images/a.png", "no picture", r"a\.png: not a picture"),
        ("images/a.png", None, r"a\.png: cannot be read"),
    ],
)
def test_broken_input_is_named(
    folder: Path, name: str, content: str | None, message: str | None, options: dict[str, Any]
) -> None:
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_text(content)
    if message is None:
        evaluate(folder, Options(**options))
        return
    with pytest.raises(InputError, match=message):
        evaluate(folder, Options(**options))


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ("image,count\nimages/a.png,-1\n", "whole number from 0 on, got '-1'"),
        ("image,count\nimages/a.png,1\nimages/a.png,1\n", r"counts\.csv:3: .* twice"),
        ("image,count\n", "names no picture"),
        (None, r"neither points\.csv nor counts\.csv"),
    ],
)
def test_broken_numbers_are_named(folder: Path, counts: str | None, message: str, options: dict[str, Any]) -> None:
    (folder / "points.csv").unlink()
    (folder / "counts.csv").unlink()
    if counts is not None:
        (folder / "counts.csv").write_text(counts)
    with pytest.raises(InputError, match=message):
        evaluate(folder, Options(**options))


@pytest.mark.parametrize("model", ["density", "street"])
def test_pictures_of_the_training_are_refused(folder: Path, options: dict[str, Any], model: str) -> None:
    (folder / f"{model}.txt").write_text(hashlib.sha256((folder / "images" / "b.png").read_bytes()).hexdigest() + "\n")
    with pytest.raises(InputError, match=rf"b\.png: model '{model}' was trained on this picture"):
        evaluate(folder, Options(tiles=3, **options))
