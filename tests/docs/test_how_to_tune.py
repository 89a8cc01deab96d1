"""The pages on tuning crowd, camera and parking: valid configurations, every setting of the kind and none that is not."""

from __future__ import annotations

import re

import pytest

from detectors import rule_settings
from ioc.core.config import Camera
from ioc.core.config_file import parse_config
from tests.docs.test_how_to import HOW_TO, block


@pytest.mark.parametrize(
    ("page", "kind", "left_out"),
    [
        ("count-a-crowd.md", "crowd", set()),
        ("watch-the-camera.md", "camera", set()),
        ("watch-parking.md", "parking", {"severity"}),
    ],
)
def test_the_page_shows_a_valid_configuration_and_every_setting(page: str, kind: str, left_out: set[str]) -> None:
    camera = parse_config(block(page, "yaml"), rules=rule_settings()).cameras[0]
    assert kind in {name for zone in camera.all_zones() for name in zone.rules}
    text = (HOW_TO / page).read_text(encoding="utf-8")
    known = {*rule_settings()[kind].model_fields}
    named = {name for name in re.findall(r"[`{ ](\w+)(?::|`)", text) if re.fullmatch(r"[a-z]+(_[a-z]+)+|tiles|hours", name)}
    assert known - left_out <= {name for name in known if re.search(rf"\b{name}\b", text)}
    assert named <= known | {*Camera.model_fields} | {"sub_url"}
