"""What costs much is done at its own rate, whoever asks."""

from __future__ import annotations

import numpy as np
import pytest

from ioc.core.types import Box, FireSight
from models.catalog import make_tracker
from streams.senses import DENSITY_EVERY_S, FIRE_EVERY_S, WATER_EVERY_S, Paced, Senses
from streams.thumbnail import Thumbnail
from tests.fakes.scenes import blank_frame
from tests.fakes.vision import PassThroughTracker, ScriptedDetector, detection

FLAME = detection("fire", Box(0.4, 0.4, 0.5, 0.5))


class Water:
    """Implements ioc.core.water.WaterFinder; each look sees more of it."""

    def __init__(self):
        self.looks = 0

    def look(self, image):
        self.looks += 1
        return np.full((2, 3), self.looks / 10, np.float32)


class Heads:
    """Implements ioc.core.crowd.CrowdCounter; each look sees one more."""

    def __init__(self):
        self.looks = 0

    def look(self, image):
        self.looks += 1
        return np.full((1, 1), self.looks, np.float32)


def senses(**models):
    return Senses(street=lambda tiles: ScriptedDetector(), tracker=PassThroughTracker(), **models)


def test_a_result_is_kept_for_its_time():
    made = []
    paced = Paced(1.0)

    def make():
        made.append(len(made))
        return made[-1]

    assert [paced.at(at, make) for at in (5.0, 5.5, 5.99, 6.0, 6.5, 7.1)] == [0, 0, 0, 1, 1, 2]
    assert paced.at(3.0, make) == 3, "the clock was set back: what was made later is worth nothing"
    assert paced.at(3.5, make) == 3


def test_fire_is_looked_for_at_its_own_rate():
    detector = ScriptedDetector(lambda call: [FLAME] if call > 1 else [])
    made = senses(fire=lambda: detector)
    seen = [list(made.fires(blank_frame(i * FIRE_EVERY_S / 5))) for i in range(11)]
    assert detector.calls == 3
    sight = FireSight(label="fire", confidence=FLAME.confidence, box=FLAME.box, flicker=0.0, drift=0.0)
    assert seen == [[]] * 5 + [[sight]] * 6


def test_water_says_when_it_was_seen():
    model = Water()
    made = senses(water=lambda: model)
    maps = [made.water(blank_frame(at)) for at in (10.0, 10.0 + WATER_EVERY_S / 2, 10.0 + WATER_EVERY_S)]
    assert [m.at for m in maps] == [10.0, 10.0, 10.0 + WATER_EVERY_S]
    assert [float(m.cells.max()) for m in maps] == pytest.approx([0.1, 0.1, 0.2])
    assert model.looks == 2


def test_heads_are_counted_at_their_own_rate_and_say_when():
    model = Heads()
    made = senses(density=lambda: model)
    maps = [made.density(blank_frame(at)) for at in (10.0, 10.0 + DENSITY_EVERY_S / 2, 10.0 + DENSITY_EVERY_S)]
    assert [(m.at, float(m.cells.sum())) for m in maps] == [(10.0, 1.0), (10.0, 1.0), (10.0 + DENSITY_EVERY_S, 2.0)]


def test_after_a_restart_heads_are_counted_at_once():
    model = Heads()
    for _ in range(2):
        assert senses(density=lambda: model).density(blank_frame(10.0)).at == 10.0
    assert model.looks == 2


@pytest.mark.parametrize(
    ("ask", "name"),
    [
        (lambda s: s.fires(blank_frame()), "fire"),
        (lambda s: s.water(blank_frame()), "water"),
        (lambda s: s.density(blank_frame()), "density"),
    ],
)
def test_a_missing_model_is_no_quiet_street(ask, name):
    with pytest.raises(LookupError, match=name):
        ask(senses())


@pytest.mark.parametrize(
    ("sees", "looks_at"),
    [
        (lambda call: call != 2, [0.0, 1.0, 1.25, 2.25]),  # missed once: not for a whole second
        (lambda call: call == 1, [0.0, 1.0, 1.25, 2.25]),  # gone for good: looked for once more, and no oftener
        (lambda call: True, [0.0, 1.0, 2.0]),
        (lambda call: False, [0.0, 1.0, 2.0]),
    ],
)
def test_a_still_picture_does_not_keep_a_miss(sees, looks_at):
    car = detection("car", Box(0.2, 0.3, 0.6, 0.8))
    detector = ScriptedDetector(lambda call: [car] if sees(call) else [])
    made = Senses(street=lambda tiles: detector, tracker=make_tracker())
    looked = []
    for i in range(10):
        frame, before = blank_frame(i * 0.25), made.looks
        made.look(frame, Thumbnail.of(frame.image))
        looked += [frame.at] * (made.looks - before)
    assert looked == looks_at
