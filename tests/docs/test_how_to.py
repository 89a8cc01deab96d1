"""What the how-to pages show works as it stands there."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType
from typing import get_args

import yaml

from benchmarks.accuracy_written import Written, WrittenEvent, written_case
from detectors import rule_settings
from ioc.core.config_file import parse_config
from ioc.core.ports import DetectorSpec, RuleContext, RuleZone
from ioc.core.types import WHOLE_PICTURE, LossReason, Zone
from tests.fakes.scenes import FakeScene, track

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"


def block(page: str, language: str) -> str:
    """The first code block of a language on a page."""
    found = re.search(rf"```{language}\n(.*?)```", (HOW_TO / page).read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return found[1]


def test_the_shown_configuration_is_valid() -> None:
    config = parse_config(block("add-a-camera.md", "yaml"), rules=rule_settings())
    assert config.cameras[0].zones[0].rules["parking"]["dwell_s"] == 120


def test_every_reason_for_a_missing_picture_is_explained() -> None:
    page = (HOW_TO / "add-a-camera.md").read_text(encoding="utf-8")
    assert [reason for reason in get_args(LossReason) if f"| `{reason}` |" not in page] == []


def test_the_shown_detector_works() -> None:
    module = ModuleType("jam")
    exec(compile(block("add-a-detector.md", "python"), "jam.py", "exec"), module.__dict__)
    spec = module.DETECTOR
    assert isinstance(spec, DetectorSpec)
    zone = Zone(id="road", name="Road", polygon=WHOLE_PICTURE)
    rule = spec.factory([RuleZone(zone, spec.settings(vehicles=2))], RuleContext(site="s", camera="c", timezone="UTC"))
    standing = tuple(track(i, at=10.0) for i in range(2))
    (found,) = rule.observe(FakeScene(at=10.0, tracks=standing))
    assert (found.subject, found.detail) == ("road", {"count": 2})
    assert list(rule.observe(FakeScene(at=10.0, tracks=(standing[0], track(9, at=10.0, still_since=None))))) == []
    assert rule.policy(found).confirm_s == 30


def test_the_shown_plate_configuration_is_valid() -> None:
    page = "read-plates.md"
    config = parse_config(block(page, "yaml"), rules=rule_settings())
    assert config.cameras[0].zones[0].rules["plates"] == {"min_height_px": 16, "min_confidence": 0.8}
    known = rule_settings()["plates"].model_fields
    named = re.findall(r"`(\w+_s|\w+_reads|\w+_px|\w+_confidence)`", (HOW_TO / page).read_text(encoding="utf-8"))
    assert {*named} <= {*known}


def test_the_shown_truth_is_valid() -> None:
    page = "measure-accuracy.md"
    written = Written.model_validate(yaml.safe_load(block(page, "yaml")))
    case = written_case("cong-bac", Path("cong-bac.mp4"), written, frozenset(rule_settings()), 300.0)
    parse_config(yaml.safe_dump({"site": {"id": "s"}, "cameras": [case.camera]}), rules=rule_settings())
    text = (HOW_TO / page).read_text(encoding="utf-8")
    assert [name for name in (*Written.model_fields, *WrittenEvent.model_fields) if f"`{name}`" not in text] == [
        "people",
        "kind",
        "zone",
    ], "explained in the example itself"


def test_the_shown_fire_configuration_is_valid() -> None:
    page = "watch-for-fire.md"
    config = parse_config(block(page, "yaml"), rules=rule_settings())
    assert config.cameras[0].zones[0].rules["fire"] == {"fire_confidence": 0.25, "confirm_s": 3}
    known = rule_settings()["fire"].model_fields
    named = re.findall(r"`(\w+_s|\w+_confidence|flicker|drift)`", (HOW_TO / page).read_text(encoding="utf-8"))
    assert {*named} == {*known}
