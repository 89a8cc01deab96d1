"""From pixels to water maps, and the task ``water`` of the harness, on made-up networks and pictures."""

from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from ioc.core.errors import InputError, ModelError
from models import water_evaluation
from models.evaluation import Options, find_task
from models.water import Surfaces, WaterSegmenter, at_all, input_size
from models.water_data import read_masked, read_tiles
from models.water_evaluation import evaluate
from models.water_folds import FOLDS, fold_of


class Blue:
    """A network for which blue is water and green is wet: blue, green and depth tell how sure it is."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def run(self, array: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        self.shapes.append(array.shape)
        _, _, height, width = array.shape
        cells = array[0].reshape(3, height // 16, 16, width // 16, 16).mean(axis=(2, 4))
        return [np.clip(np.stack([cells[2], cells[1]])[None], 0.02, 0.98).astype(np.float32)]


def picture(
    share: float, colour: tuple[int, int, int] = (255, 0, 0), size: tuple[int, int] = (320, 240)
) -> NDArray[np.uint8]:
    """A black picture (BGR) whose lower ``share`` is coloured."""
    image = np.zeros((size[1], size[0], 3), np.uint8)
    image[round(size[1] * (1 - share)) :] = colour
    return image


@pytest.mark.parametrize(
    ("size", "taken"),
    [((1920, 1080), (512, 288)), ((640, 480), (448, 320)), ((1080, 1920), (288, 512)), ((1, 1), (384, 384))],
)
def test_the_input_keeps_shape_and_area(size: tuple[int, int], taken: tuple[int, int]) -> None:
    assert input_size(*size, 448 * 320) == taken


def test_a_map_covers_the_picture_and_knows_red_from_blue() -> None:
    network = Blue()
    found = WaterSegmenter(network, pixels=448 * 320).surfaces(picture(0.5, size=(640, 480)))
    assert network.shapes == [(1, 3, 320, 448)]
    assert found.flood.shape == (20, 28)
    assert found.flood[:9].max() == pytest.approx(0.02)
    assert found.flood[11:].min() == pytest.approx(0.98)
    assert WaterSegmenter(network, pixels=448 * 320).look(picture(1, (0, 0, 255))).max() == pytest.approx(0.02)


@pytest.mark.parametrize("image", [np.zeros((0, 5, 3), np.uint8), np.zeros((5, 5), np.uint8), np.zeros((5, 5, 3))])
def test_what_is_no_picture_is_refused(image: NDArray[np.uint8]) -> None:
    with pytest.raises(InputError):
        WaterSegmenter(Blue(), pixels=2048).look(image)


def test_a_network_of_another_kind_is_refused() -> None:
    class Strange:
        def run(self, array: NDArray[np.float32]) -> list[NDArray[np.float32]]:
            return [np.zeros((1, 10, 300), np.float32)]

    with pytest.raises(ModelError, match="rows, columns"):
        WaterSegmenter(Strange(), pixels=2048).look(picture(1))
    with pytest.raises(ModelError, match="at least"):
        WaterSegmenter(Blue(), pixels=10)


@pytest.mark.parametrize(
    ("flood", "wet", "verdict"),
    [(0.3, 0.9, "flood"), (0.25, 0.25, "flood"), (0.1, 0.9, "wet"), (0.0, 0.3, "wet"), (0.05, 0.1, "dry")],
)
def test_a_quarter_of_the_cells_decides_on_the_picture(flood: float, wet: float, verdict: str) -> None:
    def cells(share: float) -> NDArray[np.float32]:
        flat = np.full(400, 0.03, np.float32)
        flat[: round(400 * share)] = 0.9
        return flat.reshape(20, 20)

    assert Surfaces(cells(flood), cells(wet)).verdict() == verdict


def test_one_sure_cell_is_no_flood() -> None:
    cells = np.full((20, 28), 0.02, np.float32)
    cells[10, 10] = 1.0
    assert at_all(cells) < 0.1
    assert 0.97 < at_all(np.ones((20, 28), np.float32)) <= 1


def tiles(folder: Path, rows: list[tuple[str, str, float, tuple[int, int, int]]]) -> Path:
    """A tiles.csv of (camera, label, share, colour)."""
    lines = ["image,camera,label,confidence,origin_label"]
    for number, (camera, label, share, colour) in enumerate(rows):
        cv2.imwrite(str(folder / f"{number}.png"), picture(share, colour, (320, 240 + number)))
        lines.append(f"{number}.png,{camera},{label},{'low' if number % 2 else 'high'},flood")
    (folder / "tiles.csv").write_text("\n".join(lines) + "\n")
    return folder


BLUE, GREEN, BLACK = (255, 0, 0), (0, 255, 0), (0, 0, 0)
ROWS = [
    ("a", "flood", 0.6, BLUE),
    ("b", "wet", 0.6, GREEN),
    ("c", "dry", 0.6, BLACK),
    ("d", "dry", 0.5, BLUE),
    ("e", "flood", 0.0, BLACK),
]


@pytest.fixture
def blue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(water_evaluation, "open_water", lambda *_, **__: WaterSegmenter(Blue(), pixels=320 * 256))


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "manifest.toml"
    path.write_text(
        '[[model]]\nname = "water"\ntask = "segment"\nfile = "w.onnx"\nsha256 = "' + "0" * 64 + '"\ninput = [320, 256]\n'
        'labels = ["flood", "wet"]\nlicence = "x"\nprovenance = "a test"\ntraining = "training.txt"\n'
    )
    (tmp_path / "training.txt").write_text("")
    return path


@pytest.mark.usefixtures("blue")
def test_figures_of_tiles(tmp_path: Path, manifest: Path) -> None:
    report = evaluate(tiles(tmp_path, ROWS), Options(manifest=manifest, sheet=tmp_path / "sheet.jpg"))
    figures = report.figures
    assert (figures["pictures"], figures["cameras"]) == (5, 5)
    assert figures["right_flooded_or_not"] == pytest.approx(3 / 5)
    assert (figures["floods_found"], figures["others_right"]) == (0.5, pytest.approx(2 / 3))
    assert figures["right_flood_wet_dry"] == pytest.approx(3 / 5)
    assert figures["mistakes_on_sheet"] == 2
    assert cv2.imread(str(tmp_path / "sheet.jpg")) is not None
    tables = {b.title: b.rows for b in report.breakdowns}
    assert tables["what was said"] == (("flood", 1, 0, 1), ("wet", 0, 1, 0), ("dry", 1, 0, 1))
    assert tables["right by label confidence"] == (("high", 3, pytest.approx(2 / 3)), ("low", 2, 0.5))


@pytest.mark.usefixtures("blue")
def test_one_fold_of_cameras_is_judged(tmp_path: Path, manifest: Path) -> None:
    root = tiles(tmp_path, ROWS)
    counts = [sum(fold_of(camera) == fold for camera, *_ in ROWS) for fold in range(FOLDS)]
    for fold, count in enumerate(counts):
        if count:
            assert evaluate(root, Options(manifest=manifest, fold=fold)).figures["pictures"] == count
    with pytest.raises(InputError, match="folds 0 to 3"):
        evaluate(root, Options(manifest=manifest, fold=FOLDS))


@pytest.mark.usefixtures("blue")
def test_figures_of_masks(tmp_path: Path, manifest: Path) -> None:
    for part in ("images", "masks"):
        (tmp_path / part).mkdir()
    for name, seen, true in (("right", 0.5, 0.5), ("half", 0.25, 0.5)):
        cv2.imwrite(str(tmp_path / "images" / f"{name}.png"), picture(seen))
        cv2.imwrite(str(tmp_path / "masks" / f"{name}.png"), picture(true, (255, 255, 255)))
    report = evaluate(tmp_path, Options(manifest=manifest, sheet=tmp_path / "sheet.jpg"))
    assert report.figures["iou"] == pytest.approx(0.75)
    assert report.figures["mistakes_on_sheet"] == 1


@pytest.mark.usefixtures("blue")
def test_pictures_of_the_training_are_refused(tmp_path: Path, manifest: Path) -> None:
    root = tiles(tmp_path, ROWS)
    (tmp_path / "training.txt").write_text(f"{hashlib.sha256((root / '3.png').read_bytes()).hexdigest()}  3.png\n")
    with pytest.raises(InputError, match=r"3\.png: model 'water' was trained on"):
        evaluate(root, Options(manifest=manifest))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("image,camera,label\n", "no picture to judge"),
        ("image,camera,label\nx.png,a,flood\n", r"tiles\.csv:2: there is no picture"),
        ("image,camera,label\n0.png,a,moist\n", r"tiles\.csv:2: label must be one of flood, wet, dry"),
        ("image,label\n0.png,wet\n", "expected the columns"),
    ],
)
def test_a_broken_table_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    tiles(tmp_path, ROWS[:1])
    (tmp_path / "tiles.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_tiles(tmp_path)


def test_a_folder_of_neither_kind_and_a_missing_mask_are_named(tmp_path: Path, manifest: Path) -> None:
    with pytest.raises(InputError, match="neither"):
        evaluate(tmp_path, Options(manifest=manifest))
    (tmp_path / "images").mkdir()
    cv2.imwrite(str(tmp_path / "images" / "a.png"), picture(0.5))
    with pytest.raises(InputError, match="has no mask"):
        read_masked(tmp_path)


def test_the_harness_knows_the_task() -> None:
    assert find_task("water") is evaluate
