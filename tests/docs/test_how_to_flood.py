"""The page on floods: its configuration is valid, and it speaks of every setting."""

from __future__ import annotations

import re

from detectors import rule_settings
from ioc.core.config_file import parse_config
from tests.docs.test_how_to import HOW_TO, block

PAGE = "watch-for-floods.md"


def test_the_shown_configuration_is_valid() -> None:
    config = parse_config(block(PAGE, "yaml"), rules=rule_settings())
    settings = rule_settings()["flood"].model_validate(config.cameras[0].zones[0].rules["flood"])
    assert [mark["cm"] for mark in settings.model_dump()["gauge"]] == [5, 10, 20, 40]


def test_every_setting_is_spoken_of() -> None:
    text = (HOW_TO / PAGE).read_text(encoding="utf-8")
    assert [name for name in rule_settings()["flood"].model_fields if not re.search(rf"\b{name}\b", text)] == []
