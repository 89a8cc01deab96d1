"""What sits on the lens, told from what hides the street; on made-up places."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from streams.cover import LEARN_S, PartCover
from streams.thumbnail import Thumbnail
from tests.fakes.places import grainy, place

SIZE = (640, 360)


def picture(image, at):
    noisy = grainy(image, at, 2.0)
    return Thumbnail.of(np.repeat(noisy[..., None], 3, axis=2))


def street():
    return place(5, SIZE)


def half(image, soft=True):
    """Something plain over the left half; on the glass its rim is soft."""
    mask = np.zeros(image.shape, np.float32)
    mask[:, : SIZE[0] // 2] = 1
    if soft:
        mask = cv2.blur(mask, (41, 41))
    return (image * (1 - mask) + 60 * mask).astype(np.uint8)


def watch(cover, image, start, seconds):
    return [cover.share(picture(image, start + i), start + i) for i in range(seconds)]


def learnt():
    cover = PartCover()
    watch(cover, street(), 0.0, 30)
    return cover


def test_nothing_is_said_while_the_usual_picture_is_learnt():
    told = watch(PartCover(), street(), 0.0, 20)
    assert told[: int(LEARN_S)] == [None] * int(LEARN_S)
    assert set(told[int(LEARN_S) :]) == {0.0}


def test_half_of_the_glass():
    told = watch(learnt(), half(street()), 30.0, 8)
    assert told[2:] == pytest.approx([0.45] * 6, abs=0.08)


def test_a_plain_side_with_a_contour_in_focus_is_a_vehicle():
    assert watch(learnt(), half(street(), soft=False), 30.0, 12)[6:] == [0.0] * 6


@pytest.mark.parametrize(
    "change",
    [
        lambda image: place(9, SIZE),  # turned away: nothing stands
        lambda image: cv2.GaussianBlur(image, (0, 0), 12),  # out of focus
        lambda image: np.full_like(image, 60),  # all of it covered: told by other marks
        lambda image: (image * 0.25).astype(np.uint8),  # lights out
        lambda image: np.concatenate([image[:, :320] // 3, image[:, 320:]], axis=1),  # in the shade
        lambda image: np.concatenate([np.full_like(image[:, :320], 252), image[:, 320:]], axis=1),  # dazzled
    ],
)
def test_what_is_no_cover(change):
    assert watch(learnt(), change(street()), 30.0, 14)[9:] == [0.0] * 5


def test_a_plain_place_says_nothing():
    assert set(watch(PartCover(), np.full(SIZE[::-1], 90, np.uint8), 0.0, 30)) == {None}


def test_a_cover_stays_told_and_is_not_learnt():
    """The reference follows daylight, and not what covers it."""
    cover = learnt()
    told = [cover.share(picture(half(street()), i), 30.0 + 10 * i) for i in range(40)]
    assert told[-1] == pytest.approx(0.45, abs=0.08)


def test_what_hides_for_a_day_is_the_usual_view(monkeypatch):
    monkeypatch.setattr("streams.cover.ACCEPT_S", 200.0)
    cover = learnt()
    told = [cover.share(picture(half(street()), i), 30.0 + 10 * i) for i in range(30)]
    assert told[15] == pytest.approx(0.45, abs=0.08)
    assert told[-1] == 0.0


def test_a_clock_set_back_and_another_resolution_are_no_cover():
    cover = learnt()
    assert set(watch(cover, street(), 5.0, 10)) == {0.0}
    assert set(watch(cover, place(5, (1280, 720)), 15.0, 1)) <= {0.0}


def test_what_was_learnt_outlives_a_restart():
    kept = learnt().remember()
    again = PartCover()
    again.recall(kept)
    assert watch(again, half(street()), 1000.0, 6)[3:] == pytest.approx([0.45] * 3, abs=0.08)
    assert PartCover().remember() == {}


@pytest.mark.parametrize("broken", [{"usual": "AAAA", "edges": "AAAA"}, {"usual": "?"}, {"edges": ""}, {"usual": 3}])
def test_what_cannot_be_used_changes_nothing(broken):
    cover = learnt()
    before = cover.remember()
    with pytest.raises((ValueError, LookupError, TypeError)):
        cover.recall(broken)
    assert cover.remember() == before
