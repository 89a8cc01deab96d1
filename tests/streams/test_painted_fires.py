"""Fires that are painted into a quiet clip: told soon after they begin, by day and by night; lamps that go on are not."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

import detectors
import sample_videos
from ioc.core.config_file import parse_config
from ioc.core.types import Frame, Phase
from sample_videos.studio import effects
from streams.decoder import file_frames
from streams.setup import SharedModels, camera_analysis

STREET = Path(sample_videos.__file__).parent / "wet_street.mp4"
BEGINS_S, ENDS_S = 4.0, 13.0
CONFIG = parse_config(
    json.dumps({"site": {"id": "s"}, "cameras": [{"id": "cam", "url": str(STREET), "rules": {"fire": {}}}]}),
    rules=detectors.rule_settings(),
)


@cache
def frames():
    """The first seconds of a quiet street, four pictures a second."""
    pictures = file_frames(STREET, camera="cam", start=0.0, rate=4.0)
    return [f for f in pictures if f.at < ENDS_S]


@cache
def models():
    return SharedModels(CONFIG)


def told(paint, light=1.0):
    """When a fire alert opens if ``paint(picture, t)`` changes what the camera sees; ``light`` darkens it."""
    analysis = camera_analysis(CONFIG, CONFIG.cameras[0], models())
    opened = []
    for frame in frames():
        picture = np.asarray(paint((frame.image * light).astype(np.uint8), frame.at), np.uint8)
        seen = analysis.analyse(frame.at, Frame(camera="cam", at=frame.at, pts=frame.pts, image=picture))
        opened += [e.at for e in seen.events if e.phase is Phase.OPENED]
    return opened


def fire(width, x=0.5, y=0.75):
    """A fire whose heap is ``width`` pixels wide, of 640."""
    burn = effects.Burn(x * 640, y * 360, width, BEGINS_S, 5.0)
    return lambda picture, t: effects.paint_fire(picture, burn, t) if t >= BEGINS_S else picture


def lamp(picture, t):
    """A sodium lamp that goes on, with its halo."""
    if t < BEGINS_S:
        return picture
    ys, xs = np.mgrid[0:360, 0:640].astype(np.float32)
    glow = np.exp(-(((xs - 320) / 26) ** 2 + ((ys - 200) / 26) ** 2))[..., None] * np.array([60, 170, 255], np.float32)
    return np.clip(picture + 1.6 * glow, 0, 255)


def blinking(picture, t):
    """A hazard light: on and off, twice in three seconds, at one place."""
    if t >= BEGINS_S and int(t * 1.5) % 2:
        picture = cv2.circle(picture.copy(), (320, 200), 7, (20, 150, 255), -1)
    return picture


@pytest.mark.parametrize(
    ("name", "width", "light"),
    [("a heap by day", 60.0, 1.0), ("a barrel at night", 30.0, 0.25)],
)
def test_a_fire_is_told_within_seconds(name, width, light):
    times = told(fire(width), light)
    assert len(times) == 1, name
    assert BEGINS_S < times[0] <= BEGINS_S + 5.0


@pytest.mark.parametrize("paint", [lambda picture, t: picture, lamp, blinking], ids=["nothing", "lamp", "hazard light"])
@pytest.mark.parametrize("light", [1.0, 0.25], ids=["day", "night"])
def test_lights_are_not(paint, light):
    assert told(paint, light) == []
