"""The pure parts of the fire detector's training: plumes, what is painted, and which pictures are held back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.training.fire_decoys import DECOYS, paint_decoys
from models.training.fire_pictures import FIRE, SMOKE, TEST_CLIPS, Source, labelled_files, negative_files, read_labels
from models.training.fire_plumes import EVERY, SNAPS, WARM_UP, Burner, Plume, snapshots
from models.training.fire_scenes import FireScenes, paint_flames, paint_smoke

NONE = np.zeros((0, 4), np.float32)
NO_CLASS = np.zeros(0, np.int64)


@pytest.fixture(scope="module")
def plume():
    """The last picture of a short run: heat and smoke, uint8 (2, H, W)."""
    rng = np.random.default_rng(3)
    burning = Plume(Burner.draw(rng), rng)
    for _ in range(60):
        burning.step()
    return np.clip(np.stack([burning.heat * 255, burning.smoke * 127.5]), 0, 255).astype(np.uint8)


def test_hot_gas_rises_and_smoke_rises_higher(plume):
    heat, smoke = (np.flatnonzero(field.max(axis=1) > 60) for field in plume)
    assert len(heat)
    assert heat.max() > 165, "it burns at the bottom"
    assert smoke.min() < heat.min()


def test_a_seed_repeats_its_plume():
    first, again = (next(snapshots(5)) for _ in range(2))
    assert np.array_equal(first, again)
    assert (WARM_UP, EVERY, SNAPS) == (70, 9, 20)


def street(level=110, size=(360, 640)):
    rng = np.random.default_rng(0)
    image = np.clip(rng.normal(level, 6, (*size, 3)), 0, 255).astype(np.uint8)
    return Source(image=image, boxes=NONE, classes=NO_CLASS)


def test_boxes_hold_what_was_painted(plume):
    labelled = Source(
        image=street().image, boxes=np.array([[10, 10, 90, 90]], np.float32), classes=np.array([FIRE], np.int64)
    )
    scenes = FireScenes(plume[None], [labelled], [street()])
    rng = np.random.default_rng(7)
    painted = 0
    for _ in range(40):
        scene = scenes.draw(rng)
        height, width = scene.image.shape[:2]
        assert scene.image.dtype == np.uint8
        assert (scene.boxes >= 0).all()
        assert (scene.boxes <= [width, height, width, height]).all()
        assert (scene.boxes[:, 2:] > scene.boxes[:, :2]).all()
        assert set(scene.classes) <= {FIRE, SMOKE}
        painted += len(scene.boxes) > 1
    assert painted


def test_a_flame_is_bright_and_has_the_place_of_its_heat():
    picture = np.full((60, 80, 3), 40, np.float32)
    heat = np.zeros((20, 20), np.float32)
    heat[8:16, 6:14] = 1.0
    cover = paint_flames(picture, (30, 20, 50, 40), heat, np.random.default_rng(1))
    assert (cover[8:16, 6:14] == 1).all()
    assert picture[28:36, 36:44, 2].mean() > 150
    assert abs(float(picture[:10].mean()) - 40) < 1


def test_smoke_takes_contrast():
    picture = np.tile(np.array([0, 250] * 20, np.float32)[None, :, None], (40, 1, 3))
    before = picture.std()
    cover = paint_smoke(picture, np.full((40, 40), 2.0, np.float32), np.random.default_rng(2))
    assert cover.min() > 0.5
    assert picture.std() < before / 2


@pytest.mark.parametrize("decoy", [paint for _, paint in DECOYS], ids=lambda d: d.__name__)
def test_every_decoy_changes_the_picture_and_keeps_its_shape(decoy):
    picture = street().image.astype(np.float32)
    before = picture.copy()
    decoy(picture, np.random.default_rng(4))
    assert np.isfinite(picture).all()
    assert picture.shape == before.shape
    assert not np.array_equal(picture, before)


def test_decoys_stay_within_a_picture():
    picture = street().image.astype(np.float32)
    for seed in range(10):
        paint_decoys(picture, np.random.default_rng(seed))
    assert picture.min() >= 0
    assert picture.max() <= 255


def test_labels_are_read_in_pixels(tmp_path):
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels" / "a.txt").write_text("1 0.5 0.5 0.2 0.4\n\n")
    boxes, classes = read_labels(tmp_path / "images" / "a.jpg", 100, 50)
    assert boxes.tolist() == [[40.0, 15.0, 60.0, 35.0]]
    assert classes.tolist() == [SMOKE]


def test_clips_are_held_back_whole(tmp_path):
    folder = tmp_path / "fire" / "abonia"
    folder.mkdir(parents=True)
    held = sorted(TEST_CLIPS)[0]
    folder.joinpath("clips.csv").write_text(
        f"image,clip,boxes\nabonia/images/a.jpg,{held},1\nabonia/images/b.jpg,clip000,1\nabonia/images/c.jpg,{held},0\n"
    )
    assert [p.stem for p in labelled_files(tmp_path, held_back=True)] == ["a", "c"]
    assert [p.stem for p in labelled_files(tmp_path, held_back=False)] == ["b"]


def test_held_back_cameras_and_glare_are_not_among_the_negatives(tmp_path):
    for name in (
        "flood/octa_tiles/images/vinicius_01_wet.jpg",
        "flood/octa_tiles/images/patins_01_dry.jpg",
        "fire/dfire_negatives/images/AoF00028.jpg",
        "fire/dfire_negatives/images/AoF00024.jpg",
    ):
        path = Path(tmp_path, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    assert [p.stem for p in negative_files(tmp_path)] == ["patins_01_dry", "AoF00024"]
