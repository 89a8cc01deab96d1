"""Pictures of the past: dense near, sparse far, forgotten at last."""

from __future__ import annotations

import cv2
import numpy as np

from streams.history import PictureHistory, encode_jpeg

IMAGE = np.full((54, 96, 3), 128, np.uint8)


def filled(seconds, step=0.5, **settings):
    history = PictureHistory(**settings)
    for i in range(int(seconds / step) + 1):
        history.add(IMAGE, i * step)
    return history


def times(history):
    return [p.at for p in history._pictures]


def test_the_newest_picture_before_a_time():
    history = filled(20, every_s=4)
    assert history.before(10.0).at == 8.0
    assert history.before(8.0).at == 4.0
    assert history.before(0.0) is None


def test_near_is_dense_and_far_is_sparse():
    held = times(filled(600, every_s=4, recent_s=60, sparse_s=30, keep_s=300))
    assert held[0] >= 300
    recent = [t for t in held if t >= 540]
    old = [t for t in held if t < 540]
    assert np.allclose(np.diff(recent), 4)
    assert min(np.diff(old)) >= 30
    assert len(held) < 30


def test_a_clock_set_back_starts_again():
    history = filled(20, every_s=4)
    history.add(IMAGE, 5.0)
    assert times(history) == [5.0]


def test_jpeg_is_scaled_down_and_never_up():
    for width, expected in ((48, (27, 48)), (960, (54, 96))):
        data = encode_jpeg(IMAGE, width)
        assert cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR).shape[:2] == expected
