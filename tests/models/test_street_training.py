"""The pure parts of the street detector's training: merging of tiles, rules for labels, windows and the score."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from models.training.common import iou, read_image, sha256
from models.training.street_crops import WINDOW, Scene, damaged, load_scenes, mosaic, window, with_share
from models.training.street_detect import Found, suppress
from models.training.street_labels import BY_EYE, by_eye, drivers, name_of, paired, places, without_halves
from models.training.street_pasted import PERSON as PASTED
from models.training.street_pasted import pasted
from models.training.street_score import average_precision, figures, judge
from models.training.street_second import second_opinion, source_of
from models.training.street_testset import LABELS, NAMES, Truth, load_truth, write_yolo
from models.training.street_traffic import Traffic, labels
from sample_videos.studio.mesh import Mesh, Surface, place
from sample_videos.studio.people import Look, person
from sample_videos.studio.stage import Camera, Placed, Stage

PERSON, MOTORCYCLE, CAR, BUS, TRUCK = 0, 2, 3, 4, 5


def found(*rows: tuple[int, float, float, float, float, float]) -> Found:
    table = np.array(rows, np.float32).reshape(-1, 6)
    return Found(boxes=table[:, 1:5], classes=table[:, 0].astype(np.int64), scores=table[:, 5])


def truth(boxes: list[list[float]], classes: list[int], ignore: list[list[float]] | None = None) -> Truth:
    return Truth(
        file=Path("street.png"),
        image=np.zeros((100, 100, 3), np.uint8),
        boxes=np.array(boxes, np.float32).reshape(-1, 4),
        classes=np.array(classes, np.int64),
        ignore=np.array(ignore or [], np.float32).reshape(-1, 4),
    )


def test_iou_of_half_shifted_box_is_a_third() -> None:
    a = np.array([[0, 0, 10, 10]], np.float32)
    assert iou(a, a + np.array([5, 0, 5, 0], np.float32)) == pytest.approx(1 / 3)


def test_a_car_and_a_truck_at_one_place_are_one_vehicle_and_the_better_stays() -> None:
    kept = suppress(found((CAR, 0, 0, 40, 30, 0.5), (TRUCK, 1, 0, 41, 30, 0.7)), 0.5)
    assert kept.classes.tolist() == [TRUCK]


def test_a_rider_and_the_motorcycle_both_stay() -> None:
    kept = suppress(found((PERSON, 0, 0, 20, 40, 0.8), (MOTORCYCLE, 0, 2, 20, 42, 0.6)), 0.5)
    assert sorted(kept.classes.tolist()) == [PERSON, MOTORCYCLE]


@pytest.mark.parametrize(
    ("kind", "left"),
    [
        (CAR, 1),  # a window of a bus is no car
        (PERSON, 2),  # a child before an adult is a person
    ],
)
def test_a_part_inside_is_dropped_for_vehicles_alone(kind: int, left: int) -> None:
    both = found((kind, 0, 0, 100, 100, 0.9), (kind, 10, 10, 40, 40, 0.5))
    assert len(suppress(both, 0.5, inside=0.85).scores) == left


def test_a_faint_motorcycle_below_a_sure_rider_is_paired() -> None:
    both = found((PERSON, 10, 0, 30, 40, 0.8), (MOTORCYCLE, 10, 25, 30, 60, 0.22))
    assert paired(both, np.array([True, False])).tolist() == [False, True]


def test_a_motorcycle_elsewhere_is_not_paired() -> None:
    both = found((PERSON, 10, 0, 30, 40, 0.8), (MOTORCYCLE, 60, 25, 80, 60, 0.22))
    assert not paired(both, np.array([True, False])).any()


def test_a_vehicle_named_a_person_too_is_marked() -> None:
    both = found((PERSON, 0, 0, 50, 40, 0.4), (CAR, 1, 1, 50, 40, 0.3))
    assert drivers(both).tolist() == [True, False]


def test_names_of_frames_carry_the_second() -> None:
    assert name_of("ab", None) == "ab"
    assert name_of("ab", 3.5) == "ab@3.50"


def scene(side: int = 640) -> Scene:
    image = np.zeros((side * 9 // 16, side, 3), np.uint8)
    image[100:200, 100:260] = 255
    none = np.zeros((0, 4), np.float32)
    return Scene(
        image=image, boxes=np.array([[100, 100, 260, 200]], np.float32), classes=np.array([CAR]), ignore=none, weight=1.0
    )


def test_the_box_follows_its_object_through_scale_shift_and_mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.training.street_crops.damaged", lambda image, rng: image)
    rng = np.random.default_rng(3)
    seen = 0
    for _ in range(20):
        result = window(scene(), rng)
        assert result.image.shape == (WINDOW[1], WINDOW[0], 3)
        for x1, y1, x2, y2 in result.boxes.round().astype(int):
            seen += 1
            assert result.image[y1 + 2 : y2 - 2, x1 + 2 : x2 - 2].min() == 255
    assert seen > 10


def test_places_to_ignore_are_masked() -> None:
    whole = scene()
    everywhere = Scene(
        image=whole.image,
        boxes=whole.boxes,
        classes=whole.classes,
        ignore=np.array([[0, 0, 640, 360]], np.float32),
        weight=1.0,
    )
    result = window(everywhere, np.random.default_rng(0))
    assert result.ignored[result.image.sum(axis=2) > 600].all()


def test_the_same_seed_gives_the_same_window() -> None:
    first, second = (window(scene(), np.random.default_rng(7)) for _ in range(2))
    assert np.array_equal(first.image, second.image)
    assert np.array_equal(first.boxes, second.boxes)


def test_damage_keeps_the_shape_and_leaves_its_input_alone() -> None:
    image = np.full((40, 60, 3), 90, np.uint8)
    for seed in range(30):
        assert damaged(image, np.random.default_rng(seed)).shape == (40, 60, 3)
    assert (image == 90).all()


def test_no_labels_is_an_error_that_names_the_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="labels"):
        load_scenes(tmp_path)


def test_a_text_is_no_picture(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_text("no picture")
    with pytest.raises(ValueError, match=r"a\.jpg"):
        read_image(tmp_path / "a.jpg")


def test_score_counts_hits_misses_false_alarms_and_excuses() -> None:
    street = truth([[0, 0, 20, 20], [50, 50, 90, 90]], [CAR, PERSON], ignore=[[0, 80, 30, 100]])
    outcome = judge(
        street,
        found(
            (TRUCK, 0, 0, 20, 20, 0.9),  # the car, by another name of its group
            (CAR, 50, 50, 90, 90, 0.8),  # a person is no vehicle
            (PERSON, 5, 85, 15, 95, 0.7),  # where nothing is judged
        ),
    )
    result = figures([outcome], 0.25)
    assert outcome.hits.tolist() == [True, False]
    assert result["recall"] == 0.5
    assert result["precision"] == 0.5
    assert result["recall vehicles"] == 1.0


def test_two_boxes_on_one_object_are_one_hit() -> None:
    outcome = judge(truth([[0, 0, 20, 20]], [CAR]), found((CAR, 0, 0, 20, 20, 0.9), (CAR, 0, 1, 20, 20, 0.8)))
    assert outcome.hits.tolist() == [True, False]


@pytest.mark.parametrize(
    ("hits", "objects", "expected"),
    [([True, True], 2, 1.0), ([True, False, True], 2, 0.5 + 0.5 * 2 / 3), ([False], 1, 0.0), ([True], 4, 0.25)],
)
def test_average_precision(hits: list[bool], objects: int, expected: float) -> None:
    scores = np.linspace(0.9, 0.5, len(hits), dtype=np.float32)
    assert average_precision(scores, np.array(hits), objects) == pytest.approx(expected)


def test_a_missing_source_of_the_test_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="SHA-256"):
        load_truth(tmp_path)


def test_the_test_set_is_written_in_the_yolo_format(tmp_path: Path) -> None:
    write_yolo([truth([[10, 20, 30, 60]], [CAR], ignore=[[0, 0, 10, 10]])], tmp_path)
    assert (tmp_path / "labels" / "street_00.txt").read_text().splitlines() == [
        f"{CAR} 0.200000 0.400000 0.200000 0.400000",
        f"{NAMES.index('ignore')} 0.050000 0.050000 0.100000 0.100000",
    ]
    assert read_image(tmp_path / "images" / "street_00.png").shape == (100, 100, 3)


def test_no_held_back_picture_was_trained_on() -> None:
    trained = set((Path(__file__).parents[2] / "models/cards/street.training.txt").read_text().split())
    held_back = {file.stem.split("@")[0] for file in LABELS.glob("*.json")}
    assert held_back
    assert not trained & held_back


def test_sha256_of_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert sha256(tmp_path / "empty").startswith("e3b0c442")


def test_labels_made_by_eye_stand_in_for_the_teachers() -> None:
    name = next(file.stem for file in sorted(BY_EYE.glob("*.json")) if by_eye(file.stem) != {"objects": [], "ignore": []})
    rows = by_eye(name)
    assert rows is not None
    assert all(len(row) == 6 for row in rows["objects"] + rows["ignore"])
    assert by_eye("0" * 64) is None


def test_pictures_labelled_by_eye_for_training_are_not_of_the_test_set() -> None:
    assert not {file.stem for file in BY_EYE.glob("*.json")} & {file.stem for file in LABELS.glob("*.json")}


def test_no_moment_of_a_clip_is_in_two_parts() -> None:
    main, more, between = (places(20, part).tolist() for part in ("main", "more", "between"))
    assert len(main) == 20
    assert len(between) == 3
    assert len(more) == 16
    assert len({*main, *more, *between}) == 39


def test_an_aimed_window_shows_the_object_and_a_mosaic_four_scenes() -> None:
    image = np.full((480, 640, 3), 50, np.uint8)
    box = np.array([[600, 440, 620, 470]], np.float32)
    scene = Scene(image=image, boxes=box, classes=np.array([CAR]), ignore=np.zeros((0, 4), np.float32), weight=1.0)
    rng = np.random.default_rng(0)
    assert all(len(window(scene, rng, aimed=1.0).boxes) == 1 for _ in range(20))
    four = [mosaic([scene] * 4, rng, aimed=0.6) for _ in range(20)]
    assert {m.image.shape for m in four} == {(WINDOW[1], WINDOW[0], 3)}
    assert {m.ignored.shape for m in four} == {(WINDOW[1], WINDOW[0])}
    centres = np.concatenate([(m.boxes[:, :2] + m.boxes[:, 2:]) / 2 for m in four])
    quarters = {(bool(x > WINDOW[0] / 2), bool(y > WINDOW[1] / 2)) for x, y in centres}
    assert len(quarters) == 4
    assert all(len(m.boxes) == len(m.classes) for m in four)


def test_a_second_opinion_adds_what_it_surely_sees_and_ignores_what_one_of_the_two_doubts() -> None:
    near, far, faint, weak = [0, 0, 20, 40], [60, 0, 66, 14], [30, 0, 36, 12], [80, 0, 86, 12]
    labels = {
        "objects": [[PERSON, *near, 0.9], [PERSON, *weak, 0.31]],
        "ignore": [[PERSON, *far, 0.2], [0, 0, 0, 100, 100, 0]],
    }
    second = found((PERSON, *near, 0.8), (PERSON, *far, 0.7), (PERSON, *faint, 0.3))
    amended, counts = second_opinion(labels, second)
    assert [row[1:5] for row in amended["objects"]] == [near, far]
    assert [row[1:5] for row in amended["ignore"]] == [[0, 0, 100, 100], faint, weak]
    assert (counts.added, counts.ignored, counts.doubted) == (1, 1, 1)


def test_every_source_is_found_by_the_name_of_a_file() -> None:
    assert source_of("crowd/videos/opencv4nodejs_people.mp4").pattern == "crowd/videos/opencv4nodejs_people.mp4"
    assert not source_of("flood/duyle/images/a.jpg").complete
    with pytest.raises(LookupError, match="no source"):
        source_of("elsewhere/a.jpg")


def test_rendered_scenes_get_their_share_of_the_draws() -> None:
    scenes = with_share([scene()] * 6, [scene()] * 2, 0.1)
    assert sum(item.weight for item in scenes[6:]) == pytest.approx(0.1 * sum(item.weight for item in scenes))


def test_pasted_people_show_where_their_boxes_are_and_hide_no_object() -> None:
    cut = np.full((90, 30, 4), (0, 0, 255, 255), np.uint8)
    seen = 0
    for seed in range(12):
        result = pasted(scene(), [cut], np.random.default_rng(seed))
        added = result.boxes[1:]
        seen += len(added)
        assert result.classes[1:].tolist() == [PASTED] * len(added)
        assert not (iou(added, result.boxes[:1]) > 0.2).any()
        for x1, y1, x2, y2 in added.astype(int):
            inside = result.image[y1 + 1 : y2 - 1, x1 + 1 : x2 - 1].astype(int)
            assert (inside[..., 2] > inside[..., 0]).all()
    assert seen > 10
    assert scene().boxes.shape == (1, 4)


def test_half_a_car_within_the_car_is_dropped_and_a_rider_before_it_stays() -> None:
    boxes = found((CAR, 0, 0, 100, 60, 0.9), (CAR, 0, 0, 50, 60, 0.6), (PERSON, 10, 10, 30, 50, 0.5))
    assert without_halves(boxes).classes.tolist() == [CAR, PERSON]


def test_no_two_things_of_drawn_traffic_stand_in_one_place_and_a_rider_has_a_motorcycle() -> None:
    traffic = Traffic(random.Random(5), 6.0, 4.0, lit=False)
    traffic.fill(5.0, 50.0)
    centres = np.array([state.matrix[:2, 3] for kind, state in traffic.items if kind != PERSON])
    gaps = np.linalg.norm(centres[:, None] - centres[None], axis=2) + 10 * np.eye(len(centres))
    assert gaps.min() > 0.7
    kinds = [kind for kind, _ in traffic.items]
    first = kinds.index(MOTORCYCLE)
    assert np.linalg.norm(traffic.items[first][1].matrix[:2, 3] - traffic.items[first + 1][1].matrix[:2, 3]) < 1.0


def test_what_stands_behind_a_wall_gets_no_label_and_what_is_half_behind_it_the_half_in_view() -> None:
    wall = Mesh()
    wall.box((4.0, 0.0, 1.5), (0.2, 2.0, 3.0), Surface("wall"))
    camera = Camera((-6.0, 0.0, 1.5), (8.0, 0.0, 1.5), 24.0, 320, 180)
    stage = Stage(name="test", title="", camera=camera, still=[(Mesh(), place()), (wall, place())])
    people = {1: Placed(person(Look()), place(8.0, 0.0)), 2: Placed(person(Look()), place(8.0, 3.5))}
    rows = labels(stage, people, {1: PERSON, 2: PERSON})
    assert len(rows["objects"]) == 1
    assert rows["objects"][0][1] > 160 or rows["objects"][0][3] < 160
