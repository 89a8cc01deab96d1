"""The page on dumping shows a configuration that works and names settings that exist."""

from __future__ import annotations

import re

from detectors import rule_settings
from ioc.core.config_file import parse_config
from tests.docs.test_how_to import HOW_TO, block

PAGE = "watch-for-dumping.md"


def test_the_shown_dumping_configuration_is_valid() -> None:
    config = parse_config(block(PAGE, "yaml"), rules=rule_settings())
    assert config.cameras[0].zones[0].rules == {"dumping": {"stays_s": 6}, "plates": {}}


def test_named_settings_exist() -> None:
    text = (HOW_TO / PAGE).read_text(encoding="utf-8")
    named = {*re.findall(r"`(\w+_s|smallest|largest|reach)`", text)}
    assert named <= {*rule_settings()["dumping"].model_fields}
    assert len(named) == 5
