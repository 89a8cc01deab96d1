"""The studio's pure parts: projection, regions, time lines, measured boxes, plates, paint. No Blender needed."""

import math
import random
from pathlib import Path

import cv2
import numpy as np
import pytest

from ioc.core import plates as grammar

pytest.importorskip("PIL", reason="signs and plates are drawn with Pillow, of the extra 'studio'")

from sample_videos.studio import compose, effects, finish, pictures
from sample_videos.studio.measure import Outlines, depth_picture, measure
from sample_videos.studio.mesh import Mesh, Surface, place
from sample_videos.studio.people import STAND, Look, Pose, person, walking
from sample_videos.studio.pictures import Picture
from sample_videos.studio.props import Carried
from sample_videos.studio.regions import Region, merge
from sample_videos.studio.stage import Actor, Camera, Placed, Stage
from sample_videos.studio.timeline import Path as Way
from sample_videos.studio.timeline import Stop, Walker, drive

GREY = Surface("grey")
DOWN_THE_STREET = Camera((-10.0, 0.0, 2.0), (0.0, 0.0, 2.0), 36.0, 320, 180)


def block(size: float = 1.0) -> Mesh:
    mesh = Mesh()
    mesh.box((0, 0, size / 2), (size, size, size), GREY)
    return mesh


def test_the_camera_sees_its_target_in_the_middle_and_left_on_the_left() -> None:
    pixels, depth = DOWN_THE_STREET.project(np.array([(0.0, 0.0, 2.0), (0.0, 1.0, 2.0), (0.0, 0.0, 3.0)]))
    assert pixels[0] == pytest.approx((160, 90))
    assert pixels[1] == pytest.approx((160 - 32, 90)), "36 mm lens on a 36 mm sensor, 10 m away: 1 m is a tenth of the width"
    assert pixels[2] == pytest.approx((160, 90 - 32))
    assert depth == pytest.approx([10, 10, 10])


def test_a_homography_moves_pixels_as_turning_the_camera_does() -> None:
    other = Camera(DOWN_THE_STREET.position, (0.0, 3.0, 4.0), 30.0, 400, 300)
    points = np.array([(5.0, 1.0, 2.5), (9.0, -1.0, 1.0), (20.0, 4.0, 6.0)])
    here, _ = DOWN_THE_STREET.project(points)
    there, _ = other.project(points)
    mapped = np.column_stack([here, np.ones(3)]) @ DOWN_THE_STREET.homography(other).T
    assert mapped[:, :2] / mapped[:, 2:] == pytest.approx(there)


@pytest.mark.parametrize(
    ("regions", "count"),
    [
        ([], 0),
        ([Region(0, 0, 10, 10), Region(5, 5, 20, 20)], 1),
        ([Region(0, 0, 10, 10), Region(12, 0, 22, 10)], 1),  # apart, but one call is cheaper
        ([Region(0, 0, 60, 60), Region(500, 300, 560, 360)], 2),
    ],
)
def test_rectangles_are_joined_where_that_is_cheaper(regions: list[Region], count: int) -> None:
    merged = merge(regions)
    assert len(merged) == count
    assert all(any(m.union(r) == m for m in merged) for r in regions)


def test_a_path_brakes_stands_and_starts_again() -> None:
    way = Way([Stop(0, 0, 0), Stop(4, 20, 0, pause=3), Stop(10, 20, 15)])
    speeds = [where.speed for t in (1.0, 3.5, 5.0, 7.5, 9.5) if (where := way.at(t)) is not None]
    assert speeds[0] > speeds[1] > speeds[2] == 0.0 < speeds[3] < speeds[4]
    assert way.at(-0.1) is None
    assert way.at(10.1) is None
    last = way.at(9.9)
    assert last is not None
    assert last.heading == pytest.approx(math.pi / 2)
    with pytest.raises(ValueError, match="overlap"):
        Way([Stop(0, 0, 0, pause=5), Stop(4, 1, 1)])


def test_a_resting_actor_is_the_same_mesh_in_the_same_place() -> None:
    walker = Walker(Look(), [Stop(0, 0, 0), Stop(2, 3, 0, pause=4), Stop(8, 6, 0)])
    standing, later, walking_on = walker(3.0), walker(4.0), walker(7.0)
    assert standing is not None
    assert later is not None
    assert walking_on is not None
    assert standing.key() == later.key() != walking_on.key()


@pytest.mark.parametrize("pose", [STAND, walking(0.0), walking(0.3), walking(0.7, 1.4)])
def test_people_stand_on_the_ground_at_their_height(pose: Pose) -> None:
    points = person(Look(height=1.7), pose).points()
    assert points[:, 2].min() == pytest.approx(0.0, abs=0.02)
    assert 1.55 < points[:, 2].max() < 1.85


def stage(*actors: Actor, seconds: float = 2.0) -> Stage:
    return Stage(name="test", title="Thử · Test", camera=DOWN_THE_STREET, seconds=seconds, actors=list(actors))


def test_a_box_in_front_hides_the_one_behind_and_both_are_measured() -> None:
    behind = Actor(1, "car", lambda t: Placed(block(), place(5.0, 0.0, 1.5)))
    before = Actor(2, "bus", lambda t: Placed(block(), place(0.0, 0.4, 1.5)))
    found, mask = measure(Outlines(stage(behind, before)), 0.0)
    hidden, seen = found
    assert seen.visible == 1.0
    assert 0.1 < hidden.visible < 0.6
    assert hidden.seen is not None
    assert hidden.seen[2] == pytest.approx(hidden.box[2], abs=1 / 320)
    assert hidden.seen[0] > hidden.box[0]
    assert set(np.unique(mask)) == {0, 1, 2}


def test_depth_of_a_large_face_is_that_of_each_pixel() -> None:
    floor = Mesh()
    floor.quad([(-8, -50, 0), (200, -50, 0), (200, 50, 0), (-8, 50, 0)], GREY)
    depth = depth_picture(DOWN_THE_STREET, Placed(floor, place()))
    assert not np.isfinite(depth[:80]).any(), "no floor above the horizon"
    for x in (-2.0, 5.0, 20.0):
        pixel, distance = DOWN_THE_STREET.project(np.array([(x, 0.5, 0.0)]))
        u, v = pixel[0].astype(int)
        assert depth[v, u] == pytest.approx(distance[0], rel=0.03)


def test_a_carried_thing_follows_lies_and_is_taken() -> None:
    walker = Walker(Look(), [Stop(0, 0, 0), Stop(2, 4, 0, pause=6), Stop(12, 8, 0)])
    thing = Carried(walker, block(0.3), 3.0, 5.0, 0.0, up_s=6.0)
    lying = thing(4.0)
    assert lying is not None
    assert lying.matrix[:2, 3] == pytest.approx((5.0, 0.0))
    carried = [state.matrix[0, 3] for t in (1.0, 9.0, 11.0) if (state := thing(t)) is not None]
    assert carried == sorted(carried)
    assert len(carried) == 3


class FakeRenderer:
    """Paints each shown actor's outline white on black, and counts the pixels asked for."""

    def __init__(self, of: Stage) -> None:
        self.of, self.placed, self.pixels = of, dict[int, Placed](), 0

    def show(self, placed: dict[int, Placed]) -> None:
        self.placed = placed

    def render(self, region: Region | None, samples: int, seed: int = 0) -> Picture:
        del samples, seed
        camera = self.of.camera
        picture = np.zeros((camera.height, camera.width, 3), np.uint8)
        for state in self.placed.values():
            picture[np.isfinite(depth_picture(camera, state))] = 255
        whole = Region(0, 0, camera.width, camera.height)
        r = region or whole
        self.pixels += r.area
        return picture[r.y0 : r.y1, r.x0 : r.x1]


def test_frames_made_of_rectangles_equal_whole_pictures() -> None:
    moving = Actor(1, "car", drive(block(), [Stop(0, -2, -2), Stop(1.0, 4, 2, pause=9)]))
    parked = Placed(block(), place(3.0, 2.5))
    always = Actor(2, "car", lambda t: parked)
    scene = stage(moving, always)
    held = compose.permanent(scene)
    assert set(held) == {2}
    renderer = FakeRenderer(scene)
    renderer.show(held)
    composer = compose.Composer(scene, renderer, renderer.render(None, 1), held)
    renderer.pixels = 0
    for index in range(scene.frames):
        frame = composer.frame(index)
        renderer_whole = FakeRenderer(scene)
        renderer_whole.show(scene.placed(index / scene.fps))
        wrong = np.abs(frame.astype(int) - renderer_whole.render(None, 1)).max(axis=2) > 64
        assert wrong.mean() < 0.001
    assert renderer.pixels < 0.5 * scene.frames * 320 * 180
    assert 1 in composer.held, "it has come to rest"


@pytest.mark.parametrize("seed", range(40))
def test_random_plates_are_legal_and_drawn(seed: int) -> None:
    rng = random.Random(seed)
    for plate in (
        pictures.car_plate(rng),
        pictures.car_plate(rng, "blue", 2),
        pictures.moto_plate(rng),
        pictures.moto_plate(rng, "blue"),
    ):
        assert grammar.strict(plate.text)
        assert "".join(c for c in "".join(plate.lines) if c.isalnum()) == plate.text
    drawn = pictures.plate_picture(plate)
    assert drawn.shape == (140, 190, 3)
    ground = np.array(pictures.PLATE_COLOURS["blue"][0])
    assert (np.abs(drawn.astype(int) - ground).max(axis=2) < 12).mean() > 0.4


def test_smoke_rises_from_the_fire_and_both_have_boxes() -> None:
    burn = effects.Burn(160.0, 150.0, 40.0, 1.0, 2.0)
    assert effects.box(effects.flames(burn, (180, 320), 0.5), 0.3) is None
    heat = effects.box(effects.flames(burn, (180, 320), 5.0), 0.3)
    cover = effects.box(effects.smoke(burn, (180, 320), 5.0), 0.2)
    assert heat is not None
    assert cover is not None
    assert heat[0] < 0.5 < heat[2]
    assert cover[1] < heat[1]


def test_calm_frames_differ_by_the_sensors_noise() -> None:
    calm = np.full((90, 160, 3), 90, np.uint8)
    first, second = finish.sensor(calm, 0, 1), finish.sensor(calm, 1, 1)
    assert 1.0 < np.abs(first.astype(int) - second).mean() < 4.0
    assert np.array_equal(first, finish.sensor(calm, 0, 1)), "the same frame gets the same noise"
    assert abs(cv2.mean(first)[0] - 90) < 1.5


def test_an_encoded_clip_has_a_keyframe_each_second(tmp_path: Path) -> None:
    import av

    frames = (np.full((64, 96, 3), 10 * k, np.uint8) for k in range(25))
    assert finish.encode(frames, tmp_path / "a.mp4", 10, (96, 64)) == 25
    with av.open(str(tmp_path / "a.mp4")) as container:
        keys = [k for k, packet in enumerate(p for p in container.demux(video=0) if p.size) if packet.is_keyframe]
    assert keys == [0, 10, 20]
