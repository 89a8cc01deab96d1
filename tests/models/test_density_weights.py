"""The shipped density network: it fits its code, sees nobody where nobody is, and counts where real data lies there."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from models.density import DensityCounter
from models.density_catalog import DENSITY, open_density
from models.density_evaluation import evaluate
from models.evaluation import Options
from models.manifest import read_manifest
from sample_videos import truth

CLIPS = Path(truth.__file__).parent
DATA = Path(__file__).parents[3] / "shared" / "data" / "crowd" / "shanghai_b"


@pytest.fixture(scope="module")
def counter() -> DensityCounter:
    return open_density()


def test_the_shipped_file_fits_the_manifest() -> None:
    entry = read_manifest()[DENSITY]
    assert (entry.task, entry.labels) == ("count", ("person",))
    assert entry.file.stat().st_size <= 4_000_000
    assert sum(model.file.stat().st_size for model in read_manifest().values()) < 45_000_000
    assert entry.card is not None
    assert entry.card.is_file()
    assert entry.training is not None
    assert len(entry.training.read_text(encoding="utf-8").split()) > 200


@pytest.mark.parametrize("level", [0, 16, 128, 255])
def test_an_even_picture_shows_nobody(counter: DensityCounter, level: int) -> None:
    """A covered lens, a black night, a white-out."""
    assert counter.look(np.full((360, 640, 3), level, np.uint8)).sum() < 0.5


@pytest.mark.parametrize("clip", ["parking_no_stopping", "wet_street", "sunset_red_car", "night_street", "legal_stop"])
def test_a_street_without_people_shows_hardly_anybody(counter: DensityCounter, clip: str) -> None:
    capture = cv2.VideoCapture(str(CLIPS / f"{clip}.mp4"))
    capture.set(cv2.CAP_PROP_POS_MSEC, 3000)
    read, frame = capture.read()
    capture.release()
    assert read
    assert counter.look(np.asarray(frame, np.uint8)).sum() < 2


@pytest.mark.skipif(not DATA.is_dir(), reason=f"the development data is not at {DATA}")
def test_held_back_pictures(tmp_path: Path) -> None:
    """The four pictures that nothing was trained on, 66 people."""
    (tmp_path / "images").mkdir()
    for name in ("points.csv", "counts.csv"):
        with (DATA / name).open(encoding="utf-8", newline="") as file:
            head, *rows = csv.reader(file)
        with (tmp_path / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([head, *(row for row in rows if "test_" in row[0])])
    for image in (DATA / "images").glob("test_*"):
        (tmp_path / "images" / image.name).write_bytes(image.read_bytes())
    figures = evaluate(tmp_path, Options(tiles=3)).figures
    assert figures["people"] == 66
    assert isinstance(figures["together_mean_relative_error"], float)
    assert figures["together_mean_relative_error"] <= 0.15
