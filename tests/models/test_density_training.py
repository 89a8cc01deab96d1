"""The pure parts of the density network's training: what is held back, whose heads show in a made crowd, where heads are."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.training import density_people
from models.training.density_crowds import Crowds
from models.training.density_people import Person, drawn
from models.training.density_pictures import VALIDATION, load_marked, load_taught, marked

SIZE = (192, 160)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(3)


@pytest.fixture
def crowds(rng: np.random.Generator) -> Crowds:
    return Crowds([drawn(rng) for _ in range(4)], rng, SIZE, drawings=4)


def street() -> NDArray[np.uint8]:
    return np.full((SIZE[1], SIZE[0], 3), 120, np.uint8)


def test_a_drawn_person_has_a_head_on_shoulders(rng: np.random.Generator) -> None:
    for _ in range(10):
        image, (x, y, size) = drawn(rng).at(24.0)
        mask = image[..., 3]
        assert size == 24
        assert mask[int(y), int(x)] > 200
        assert (mask[int(y + 1.4 * size)] > 128).sum() > 1.2 * (mask[int(y)] > 128).sum(), "shoulders are wider"


def test_a_person_has_the_size_that_is_asked_for() -> None:
    cut = Person.of(np.full((200, 80, 4), 255, np.uint8), (40.0, 20.0, 32.0))
    for size in (5.0, 13.0, 32.0, 48.0):
        image, head = cut.at(size)
        assert head[2] == size
        assert image.shape[0] == pytest.approx(200 * size / 32, abs=2)
        assert head[:2] == pytest.approx((40 * size / 32, 20 * size / 32), abs=2)


@pytest.mark.parametrize("seed", range(4))
def test_heads_of_a_made_crowd_lie_in_the_picture_and_show(seed: int) -> None:
    rng = np.random.default_rng(seed)
    picture, heads = Crowds([drawn(rng) for _ in range(3)], rng, SIZE, drawings=3).made(street())
    assert picture.shape == (SIZE[1], SIZE[0], 3)
    assert heads.shape[1] == 3
    assert ((heads[:, :2] >= 0) & (heads[:, :2] < SIZE)).all()
    assert (picture != 120).any() or not len(heads)


def test_who_is_hidden_does_not_count(crowds: Crowds) -> None:
    places = np.array([[60.0, 50.0, 20.0], [62.0, 52.0, 24.0], [150.0, 50.0, 20.0]])
    owner = np.full((SIZE[1], SIZE[0]), -1, np.int32)
    for number, (x, y, size) in enumerate(places):
        owner[int(y - size) : int(y + size), int(x - size) : int(x + size)] = number
    shown = crowds._shown(places, owner)
    assert shown[:, 0].tolist() == [62.0, 150.0]


def test_decoys_are_painted_into_the_picture(crowds: Crowds) -> None:
    assert (crowds.decoys(street()) != 120).any()


def test_every_eighth_cut_out_is_for_validation_and_a_clip_gives_few(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(density_people, "LEFT_OUT", frozenset())
    cv2.imwrite(str(tmp_path / "p.png"), np.full((40, 20, 4), 255, np.uint8))
    sources = ["a.jpg"] * 16 + ["b.mp4"] * 16
    index = [{"file": "p.png", "source": source, "head": [10, 5, 8]} for source in sources]
    (tmp_path / "index.json").write_text(json.dumps(index))
    assert len(density_people.load_people(tmp_path, validation=True)) == 2
    assert len(density_people.load_people(tmp_path, validation=False)) == 14 + density_people.OF_CLIP


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Marked pictures of all three kinds, and a teacher who knows a training picture, a street and a crowd's clip."""
    images = tmp_path / "crowd" / "shanghai_b" / "images"
    images.mkdir(parents=True)
    rows = ["image,x,y"]
    for name in ("train_IMG_1.jpg", VALIDATION[0], "test_IMG_1.jpg"):
        cv2.imwrite(str(images / name), np.full((100, 100, 3), 90, np.uint8))
        rows += [f"images/{name},50,25", f"images/{name},90,26"]
    (images.parent / "points.csv").write_text("\n".join(rows) + "\n")
    teacher = tmp_path / "set"
    for folder in ("labels", "frames"):
        (teacher / folder).mkdir(parents=True)
    person = [0, 40, 20, 60, 90, 0.9]
    for stem, file in (
        ("a", "crowd/shanghai_b/images/train_IMG_1.jpg"),
        ("b", "traffic/x.mp4"),
        ("c", "crowd/videos/y.mp4"),
    ):
        record = {"file": file, "objects": [person, [3, 0, 0, 30, 30, 0.9]], "ignore": [[0, 70, 20, 80, 60, 0.2]]}
        (teacher / "labels" / f"{stem}.json").write_text(json.dumps(record))
        cv2.imwrite(str(teacher / "frames" / f"{stem}.jpg"), np.full((100, 100, 3), 90, np.uint8))
    return tmp_path


def test_what_is_held_back_is_not_read(data: Path) -> None:
    assert {Path(name).name for name in marked(data)} == {"train_IMG_1.jpg", VALIDATION[0]}
    assert [Path(e.source).name for e in load_marked(data, data / "set", validation=False)] == ["train_IMG_1.jpg"]
    assert [Path(e.source).name for e in load_marked(data, data / "set", validation=True)] == [VALIDATION[0]]
    assert [e.source for e in load_taught(data / "set")] == ["traffic/x.mp4"], (
        "neither the clip of a crowd nor marked pictures"
    )


def test_heads_have_the_size_of_their_boxes(data: Path) -> None:
    (example,) = load_marked(data, data / "set", validation=False)
    assert example.heads[:, :2].tolist() == [[50, 25], [90, 26]]
    assert example.heads[0, 2] == pytest.approx(9.1, abs=0.2), "of a body of 70 pixels"
    assert example.heads[1, 2] == example.heads[0, 2], "nobody knows: as the nearest"
    (taught,) = load_taught(data / "set")
    assert taught.heads.shape == (1, 3), "a car has no head"
    assert len(taught.unknown) == 1
