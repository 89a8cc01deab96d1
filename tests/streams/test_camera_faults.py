"""Real clips whose camera is defocused, covered, turned or frozen at a known moment, and those that are left alone.

Skips where the development data is absent.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import pytest

import detectors
from benchmarks.footage import DATA
from ioc.core.config_file import parse_config
from ioc.core.types import Frame
from streams.decoder import file_frames
from streams.pipeline import CameraAnalysis
from streams.senses import Senses

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"no development data in {DATA}")

SITE = "site: {id: s}\ncameras:\n  - {id: cam, url: x.mp4, rules: {camera: {frozen_s: 10}}}"
RATE = 2
STARTS, LENGTH = 20.0, 40.0
"""Seconds into the film at which the fault begins, and at which the film ends."""
CLIPS = (
    "traffic/videos/kraten_cars.mp4",
    "fire/videos/sukhit_workshop_fire.mp4",
    "fire/videos/punpayut_smoke.mp4",
    "crowd/videos/yvpsr_people.mp4",
)


@cache
def pictures(clip):
    """The clip there and back again, at two pictures a second."""
    there = [f.image for f in file_frames(DATA / clip, camera="cam", start=0.0, rate=RATE) if f.at < LENGTH and f.at >= 1]
    return there + there[-2:0:-1]


@cache
def grain(shape):
    """A sensor's noise: what stands behind a clip's last picture or a cloth is never the same twice."""
    return [np.random.default_rng(i).normal(0, 2, shape).astype(np.int16) for i in range(5)]


def make():
    return CameraAnalysis(
        site="s",
        timezone="UTC",
        camera=parse_config(SITE, rules=detectors.rule_settings()).cameras[0],
        registry=detectors.discover(),
        senses=Senses(street=lambda tiles: pytest.fail("no rule looks for objects"), tracker=None),
    )


def faults(clip, change, starts=STARTS, learnt=None):
    """(fault, seconds from the change) of every alert, and what was learnt; ``change`` is laid over each picture from
    ``starts`` (s) on.
    """
    analysis = make()
    if learnt is not None:
        analysis.restore(learnt)
    film, found, shown = pictures(clip), [], None
    for i in range(int(LENGTH * RATE)):
        at = i / RATE
        image = film[i % len(film)]
        if at >= starts:
            image = change(image, shown)
        if image is not shown:
            image = np.clip(image + grain(image.shape)[i % 5], 0, 255).astype(np.uint8)
        shown = image
        events = analysis.analyse(at, Frame(camera="cam", at=at, pts=at, image=image)).events
        found += [(e.alert.detail["fault"], e.at - starts) for e in events if e.phase.value == "opened"]
    return found, analysis.snapshot()


def unchanged(image, before):
    return image


def defocused(image, before):
    """Blurred over a disk, as a lens does, of 1.2 % of the picture's width."""
    radius = round(0.006 * image.shape[1])
    disk = np.zeros((2 * radius + 1, 2 * radius + 1), np.float32)
    cv2.circle(disk, (radius, radius), radius, 1.0, -1)
    return cv2.filter2D(image, -1, disk / disk.sum())


def hand(image, before):
    """Dark, red and without any detail: a hand on the lens."""
    y, x = np.mgrid[0 : image.shape[0], 0 : image.shape[1]].astype(np.float32)
    tone = 30 + 15 * np.sin(3 * x / image.shape[1]) + 15 * y / image.shape[0]
    return np.stack([0.8 * tone, 0.8 * tone, 1.2 * tone], axis=2).astype(np.uint8)


def paint(image, before):
    return np.full_like(image, (184, 180, 180))


def turned(image, before):
    return np.roll(image[:, ::-1], int(0.4 * image.shape[1]), axis=1)


def frozen(image, before):
    return before


@pytest.mark.parametrize("clip", CLIPS)
@pytest.mark.parametrize(
    ("change", "fault", "due", "late"),
    [
        (defocused, "defocused", 10, 1),
        (hand, "covered", 5, 1),
        (paint, "covered", 5, 1),
        (turned, "turned", 5, 1),
        (frozen, "frozen", 10, 1),
    ],
)
def test_a_fault_is_told_at_its_debounce(clip, change, fault, due, late):
    found, _ = faults(clip, change)
    assert [name for name, _ in found] == [fault]
    assert due - 1 <= found[0][1] <= due + late


def on_the_glass(shape, tone=(40, 60, 50)):
    """Something that sits on the glass: ``shape`` draws it white into a mask; its rim is as wide as its blur circle."""

    def cover(image, before):
        height, width = image.shape[:2]
        mask = np.zeros((height, width), np.float32)
        shape(mask)
        radius = round(0.025 * width)
        disk = np.zeros((2 * radius + 1, 2 * radius + 1), np.float32)
        cv2.circle(disk, (radius, radius), radius, 1.0, -1)
        mask = cv2.filter2D(mask, -1, disk / disk.sum(), borderType=cv2.BORDER_REPLICATE)[..., None]
        return np.clip(image * (1 - mask) + np.array(tone, np.float32) * mask, 0, 255).astype(np.uint8)

    return cover


def left_half(mask):
    mask[:, : mask.shape[1] // 2] = 1


def leaf(mask):
    height, width = mask.shape
    cv2.ellipse(mask, (int(0.4 * width), int(0.55 * height)), (int(0.4 * width), int(0.42 * height)), 25, 0, 360, 1, -1)


def fingers(mask):
    height, width = mask.shape
    corners = [[1, 1], [1, 0.15], [0.8, 0.1], [0.67, 0.33], [0.55, 0.17], [0.47, 0.4], [0.42, 1]]
    cv2.fillPoly(mask, [(np.array(corners) * (width, height)).astype(np.int32)], 1)


@pytest.mark.parametrize("clip", CLIPS[:3])
@pytest.mark.parametrize(
    "cover",
    [on_the_glass(left_half), on_the_glass(leaf, (30, 120, 60)), on_the_glass(fingers, (70, 90, 140))],
    ids=["bag", "leaf", "hand"],
)
def test_a_lens_that_is_covered_in_part_is_told(clip, cover):
    found, _ = faults(clip, cover)
    assert [name for name, _ in found] == ["covered"]
    assert found[0][1] == pytest.approx(10, abs=1)


def sides(image, before):
    """A plain lorry two metres away: nothing on its side, and a contour as sharp as the street."""
    out = image.copy()
    height, width = image.shape[:2]
    out[height // 9 : 11 * height // 12, width // 4 : 7 * width // 8] = (165, 170, 172)
    return out


def bus(image, before):
    out = image.copy()
    height, width = image.shape[:2]
    out[height // 18 : 11 * height // 12, width // 6 :] = (60, 60, 190)
    for x in range(width // 5, width, width // 7):
        out[height // 6 : 4 * height // 9, x : x + width // 9] = (70, 70, 60)
    return out


@pytest.mark.parametrize("clip", CLIPS[:3])
@pytest.mark.parametrize("vehicle", [sides, bus])
def test_a_vehicle_that_hides_half_of_the_street_covers_no_lens(clip, vehicle):
    assert [name for name, _ in faults(clip, vehicle)[0] if name == "covered"] == []


def test_what_covers_a_part_while_the_worker_is_away_is_told_after_it():
    clip = CLIPS[0]
    _, kept = faults(clip, unchanged)
    cover = on_the_glass(left_half)
    assert [name for name, _ in faults(clip, cover, starts=0.0, learnt=kept)[0]] == ["covered"]


def fog(share):
    return lambda image, before: cv2.addWeighted(image, share, np.full_like(image, 190), 1 - share, 0)


def coarse(image, before):
    """As a camera sends it whose bit rate was cut."""
    return cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 10])[1], cv2.IMREAD_COLOR)


def dark(image, before):
    return (image * 0.3).astype(np.uint8)


def rain(image, before):
    streaks = np.zeros(image.shape[:2], np.uint8)
    rng = np.random.default_rng(int(image[::9].sum()))
    for x, y in rng.uniform(0, 1, (150, 2)):
        corner = (int(x * image.shape[1]), int(y * image.shape[0]))
        cv2.line(streaks, corner, (corner[0] + 3, corner[1] + 18), 90, 1, cv2.LINE_AA)
    return cv2.add(image, np.repeat(streaks[..., None], 3, axis=2))


def lorry(image, before):
    """A grey side of a lorry fills two thirds of the picture; so near, it is out of focus itself."""
    out = image.copy()
    height, width = image.shape[:2]
    out[height // 8 :, width // 3 :] = (150, 150, 155)
    out[height // 8 :, width // 3 :: 60] = (90, 90, 90)
    out[:, width // 3 - 8 :] = cv2.GaussianBlur(out[:, width // 3 - 8 :], (0, 0), 4)
    return out


@pytest.mark.parametrize("clip", CLIPS)
@pytest.mark.parametrize("weather", [unchanged, fog(0.5), fog(0.25), coarse, dark, rain])
def test_weather_night_and_codec_are_no_fault(clip, weather):
    assert faults(clip, weather)[0] == []


@pytest.mark.parametrize("clip", CLIPS)
def test_a_lorry_before_the_camera_is_no_defocus(clip):
    assert [name for name, _ in faults(clip, lorry)[0] if name == "defocused"] == []


def test_a_day_of_sun_and_shade_is_no_fault():
    """A car park from morning to evening, a quarter of an hour in ten seconds: shadows leap across the whole picture."""
    stills = sorted((DATA / "parking" / "pklot_backgrounds").rglob("*.jpg"))
    assert len(stills) == 50
    analysis, found = make(), []
    pictures_of_the_day = (cv2.imread(str(path)) for path in stills)
    for i, image in enumerate(image for image in pictures_of_the_day for _ in range(10)):
        noisy = np.clip(image + grain(image.shape)[i % 5], 0, 255).astype(np.uint8)
        events = analysis.analyse(float(i), Frame(camera="cam", at=float(i), pts=float(i), image=noisy)).events
        found += [(e.alert.detail["fault"], e.at) for e in events]
    assert found == []


def test_a_camera_that_was_defocused_while_its_worker_was_away_is_found():
    """What is usual outlives a restart; a camera whose worker learns anew from a blurred picture would pass."""
    clip = CLIPS[0]
    _, kept = faults(clip, unchanged)
    ((name, late),) = faults(clip, defocused, starts=0.0, learnt=kept)[0]
    assert (name, late) == ("defocused", pytest.approx(10, abs=1))
    assert faults(clip, defocused, starts=0.0)[0] == [], "without it the blur is all it ever saw"
