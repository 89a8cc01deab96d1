"""People counted on real pictures that nothing was trained on. Skips where the labelled development data is absent."""

from __future__ import annotations

from statistics import mean

import pytest

import detectors
from benchmarks.footage import DATA, counted_moments, read
from ioc.core.config_file import parse_config
from ioc.core.types import AlertEvent, Count
from models.street_counts import read_points
from streams.replay import replay
from streams.setup import SharedModels, camera_analysis

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"no development data in {DATA}")

WITHIN = 0.15
SITE = """
site: {{id: s}}
cameras:
  - id: square
    url: {video}
    rules: {{crowd: {{threshold: 30, count_every_s: 1}}}}
"""


@pytest.fixture(scope="module")
def models():
    return SharedModels(parse_config("site: {id: s}"))


def test_a_square_is_counted_and_its_crowd_told(models):
    """With no setting but the threshold: the people are small, and `auto` searches in tiles by itself."""
    moments = counted_moments()
    (video,) = {m.video for m in moments}
    config = parse_config(SITE.format(video=video), rules=detectors.rule_settings())
    events = list(replay(camera_analysis(config, config.cameras[0], models), config.cameras[0], video))
    series = [e for e in events if isinstance(e, Count)]
    off = [abs(min(series, key=lambda c: abs(c.at - m.at)).count / m.people - 1) for m in moments]
    assert mean(off) <= WITHIN
    alerts = [e for e in events if isinstance(e, AlertEvent) and e.phase.value == "opened"]
    assert [e.alert.kind for e in alerts] == ["crowd"]
    assert alerts[0].at <= 5.0 + 5.0, "it is there from the first picture; confirmed after 5 s"


def test_street_pictures_are_counted(models):
    """Near and far people, alone and in front of each other."""
    folder = DATA / "crowd" / "shanghai_b"
    pictures = {image: heads for image, heads in read_points(folder).items() if image.name.startswith("test_")}
    detector = models.street(640)(3)
    off = [
        abs(sum(d.label == "person" for d in detector.detect(read(image))) / len(heads) - 1)
        for image, heads in pictures.items()
    ]
    assert len(off) == 4
    assert mean(off) <= WITHIN
