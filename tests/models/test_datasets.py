"""Labelled folders: read whole, or refused with file and line."""

from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from ioc.core.errors import InputError
from models.datasets import read_dataset, refuse_overlap

DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pictures: one with a car, a motorbike and an ignored place, one empty."""
    (tmp_path / "images").mkdir()
    (tmp_path / "labels").mkdir()
    for name in ("a.jpg", "b.png"):
        cv2.imwrite(str(tmp_path / "images" / name), np.full((40, 60, 3), 90, np.uint8))
    (tmp_path / "labels" / "a.txt").write_text("0 0.5 0.5 0.2 0.4\n\n1 0.1 0.1 0.2 0.2\n2 0.75 0.75 0.5 0.5\n")
    (tmp_path / "labels" / "b.txt").write_text("")
    (tmp_path / "data.yaml").write_text(
        "path: .\ntrain: images\nval: images\nnames:\n  0: car\n  1: Motorbike\n  2: ignore\n"
    )
    return tmp_path


def test_a_folder_is_read_whole(folder: Path) -> None:
    dataset = read_dataset(folder)
    assert dataset.names == ("car", "motorcycle")
    first, second = dataset.samples
    assert (first.image.name, second.image.name) == ("a.jpg", "b.png")
    assert first.classes == ("car", "motorcycle")
    np.testing.assert_allclose(first.boxes, [[0.4, 0.3, 0.6, 0.7], [0, 0, 0.2, 0.2]], atol=1e-6)
    np.testing.assert_allclose(first.ignore, [[0.5, 0.5, 1, 1]], atol=1e-6)
    assert second.classes == ()
    assert second.boxes.shape == (0, 4)


def test_names_may_be_a_list(folder: Path) -> None:
    (folder / "data.yaml").write_text("names: [person, bicycle, ignore]\n")
    assert read_dataset(folder).names == ("person", "bicycle")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("0 0.5 0.5 0.2", "expected 'class x_centre y_centre width height', got 4 fields"),
        ("0 0.5 0.5 0.2 0.2 0.9", "got 6 fields"),
        ("car 0.5 0.5 0.2 0.2", "invalid literal"),
        ("0 0.5 x 0.2 0.2", "could not convert"),
        ("7 0.5 0.5 0.2 0.2", r"class 7 is not in data\.yaml"),
        ("0 0.5 0.5 0.0 0.2", "does not lie in the picture"),
        ("0 0.5 0.5 -0.2 0.2", "does not lie in the picture"),
        ("0 0.95 0.5 0.2 0.2", "does not lie in the picture"),
        ("0 nan 0.5 0.2 0.2", "does not lie in the picture"),
        ("0 320 180 20 40", "does not lie in the picture"),  # pixels instead of fractions
    ],
)
def test_a_broken_line_is_named_with_its_number(folder: Path, line: str, message: str) -> None:
    path = folder / "labels" / "b.txt"
    path.write_text(f"0 0.5 0.5 0.2 0.2\n{line}\n")
    with pytest.raises(InputError, match=message) as caught:
        read_dataset(folder)
    assert str(caught.value).startswith(f"{path}:2: ")


@pytest.mark.parametrize(
    ("gone", "message"),
    [
        ("data.yaml", r"data\.yaml: cannot be read"),
        ("labels/a.txt", r"a\.jpg: has no counterpart .*labels/a\.txt"),
        ("images/a.jpg", r"a\.txt: has no counterpart .*images/a\.\*"),
    ],
)
def test_what_is_missing_is_named(folder: Path, gone: str, message: str) -> None:
    (folder / gone).unlink()
    with pytest.raises(InputError, match=message):
        read_dataset(folder)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("images/notes.md", "x", r"notes\.md: expected only files with suffix"),
        ("images/a.png", "x", r"a\.png: shares its name with a\.jpg|a\.jpg: shares its name"),
        ("data.yaml", "names: 3", "names must list"),
        ("data.yaml", "names: {car: 0}", "names must list"),
        ("data.yaml", "[", r"data\.yaml: cannot be read"),
        ("data.yaml", "", "names must list"),
        ("labels/b.txt", "\udcff", r"b\.txt: cannot be read"),
    ],
)
def test_what_does_not_belong_is_named(folder: Path, name: str, content: str, message: str) -> None:
    (folder / name).write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError, match=message):
        read_dataset(folder)


def test_an_empty_or_missing_folder_is_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere: no such folder"):
        read_dataset(tmp_path / "nowhere")
    for part in ("images", "labels"):
        for path in (folder / part).iterdir():
            path.unlink()
    with pytest.raises(InputError, match="holds no pictures"):
        read_dataset(folder)


def test_pictures_of_the_training_are_refused(folder: Path) -> None:
    pictures = [folder / "images" / "a.jpg", folder / "images" / "b.png"]
    sums = [hashlib.sha256(path.read_bytes()).hexdigest() for path in pictures]
    listed = folder / "street.training.txt"
    listed.write_text(f"# made by a test\n{'0' * 64}  other.jpg\n")
    refuse_overlap(pictures, listed, "street")
    refuse_overlap(pictures, None, "street")
    listed.write_text(f"# made by a test\n{sums[1].upper()}  b.png\n")
    with pytest.raises(InputError, match=r"b\.png: model 'street' was trained on this picture and on 0 more of 2"):
        refuse_overlap(pictures, listed, "street")
    with pytest.raises(InputError, match=r"gone\.txt: cannot be read"):
        refuse_overlap(pictures, folder / "gone.txt", "street")


@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is absent")
@pytest.mark.parametrize("name", ["plates/openalpr_eu", "plates/openalpr_br", "fire/abonia", "flood/duyle"])
def test_the_development_data_is_read(name: str) -> None:
    dataset = read_dataset(DATA / name)
    assert len(dataset.samples) > 40
    assert sum(len(sample.boxes) for sample in dataset.samples) > 40
