"""The shipped water network: it loads, fits its code, and knows the sample streets and, where they lie, real floods."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.evaluation import Options
from models.manifest import read_manifest
from models.water import WaterSegmenter
from models.water_catalog import WATER, open_water
from models.water_evaluation import evaluate
from models.water_folds import HELD_OUT
from sample_videos import truth

CLIPS = Path(truth.__file__).parent
DATA = Path(__file__).parents[3] / "shared" / "data" / "flood"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"the development data is not at {DATA}")


@pytest.fixture(scope="module")
def finder() -> WaterSegmenter:
    return open_water()


def share(finder: WaterSegmenter, clip: str, second: float) -> float:
    """The share of the clip's road that shows water."""
    capture = cv2.VideoCapture(str(CLIPS / f"{clip}.mp4"))
    capture.set(cv2.CAP_PROP_POS_MSEC, second * 1000)
    read, frame = capture.read()
    capture.release()
    assert read
    cells = finder.look(np.asarray(frame, np.uint8))
    polygon = json.loads((CLIPS / f"{clip}.truth.json").read_text(encoding="utf-8"))["zones"][0]["polygon"]
    road: NDArray[np.uint8] = np.zeros(cells.shape, np.uint8)
    cv2.fillPoly(road, [np.round(np.array(polygon) * cells.shape[::-1] - 0.5).astype(np.int32)], (1,))
    return float((cells[road > 0] >= 0.5).mean())


def test_the_shipped_file_fits_the_manifest() -> None:
    entry = read_manifest()[WATER]
    assert (entry.task, entry.labels) == ("segment", ("flood", "wet"))
    assert entry.file.stat().st_size <= 6_000_000
    assert entry.card is not None
    assert entry.card.is_file()
    assert entry.training is not None
    listed = entry.training.read_text(encoding="utf-8").splitlines()
    assert len(listed) > 500
    assert not [line for line in listed if "smurfs" in line], "no flood clip was trained on"


@pytest.mark.parametrize(
    ("clip", "second", "least", "most"),
    [("street_floods", 2.0, 0.0, 0.1), ("street_floods", 26.0, 0.5, 1.0), ("wet_street", 5.0, 0.0, 0.2)],
)
def test_flooded_and_wet_sample_streets(finder: WaterSegmenter, clip: str, second: float, least: float, most: float) -> None:
    assert least <= share(finder, clip, second) <= most


@needs_data
def test_held_out_masks() -> None:
    figures = evaluate(DATA / "falak", Options(fold=HELD_OUT)).figures
    assert isinstance(figures["iou"], float)
    assert figures["iou"] > 0.45
