"""Every fault of a configuration is named with file, line and path."""

from __future__ import annotations

import pytest
from pydantic import Field

from ioc.core.config import Part
from ioc.core.config_file import load_config, parse_config
from ioc.core.errors import ConfigError


class Parking(Part):
    dwell_s: float = Field(60, gt=0)


RULES = {"parking": Parking}
GOOD = """\
site: {id: bac-ninh, name: Bắc Ninh}
cameras:
  - id: gate
    url: clips/gate.mp4
    zones:
      - id: kerb
        polygon: [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]
        rules:
          parking: {dwell_s: 30}
"""


def faults(text):
    with pytest.raises(ConfigError) as caught:
        parse_config(text, "site.yaml", rules=RULES)
    return caught.value.problems


def test_a_good_file(tmp_path):
    path = tmp_path / "site.yaml"
    path.write_text(GOOD, encoding="utf-8")
    config = load_config(path, RULES)
    assert config.site.name == "Bắc Ninh"
    assert config.cameras[0].url == str(tmp_path / "clips/gate.mp4"), "paths are relative to the file"
    assert config.store.url == f"sqlite:///{tmp_path}/data/ioc.db"
    assert [z.id for z in config.cameras[0].all_zones()] == ["kerb", "picture"]


@pytest.mark.parametrize(
    ("old", "new", "line", "path", "words"),
    [
        ("url: clips", "ulr: clips", 4, "cameras[0].ulr", "unknown key"),
        ("dwell_s: 30", "dwel_s: 30", 9, "cameras[0].zones[0].rules.parking.dwel_s", "unknown key"),
        ("dwell_s: 30", "dwell_s: -1", 9, "cameras[0].zones[0].rules.parking.dwell_s", "greater than 0"),
        ("parking:", "parkin:", 9, "cameras[0].zones[0].rules.parkin", "unknown alert kind; there are: parking"),
        (", [0.9, 0.9]]", "]", 7, "cameras[0].zones[0].polygon", "at least 3 corners, got 2"),
        ("[[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]", "[]", 7, "cameras[0].zones[0].polygon", "at least 3 corners, got 0"),
        ("[0.9, 0.9]", "[0.9, 1.9]", 7, "cameras[0].zones[0].polygon", "(0.9, 1.9) lies outside the picture"),
        ("[0.9, 0.9]", "[-0.1, 0.9]", 7, "cameras[0].zones[0].polygon", "outside the picture"),
        ("[0.9, 0.9]", "[640, 360]", 7, "cameras[0].zones[0].polygon", "outside the picture"),  # in pixels
        ("[0.9, 0.9]", "[.nan, 0.9]", 7, "cameras[0].zones[0].polygon", "outside the picture"),
        ("[0.9, 0.9]]", "[0.1, 0.9], [0.9, 0.9]]", 7, "cameras[0].zones[0].polygon", "not simple"),  # a bow tie
        ("[0.9, 0.9]", "[0.5, 0.1]", 7, "cameras[0].zones[0].polygon", "not simple"),  # all on one line
        ("[0.9, 0.9]", "[0.9, 0.10001]", 7, "cameras[0].zones[0].polygon", "no area"),
        ("[0.9, 0.9]", "[0.9]", 7, "cameras[0].zones[0].polygon[2][1]", "required"),
        ("[0.9, 0.9]", "[0.9, high]", 7, "cameras[0].zones[0].polygon[2][1]", "valid number"),
        ("id: gate", "id: Gate 1", 3, "cameras[0].id", "match pattern"),
        ("id: bac-ninh", "id: bac-ninh, timezone: Asia/Hanoi", 1, "site.timezone", "unknown time zone"),
    ],
)
def test_each_fault_names_file_line_and_path(old, new, line, path, words):
    problems = faults(GOOD.replace(old, new))
    wanted = [p for p in problems if p.startswith(f"site.yaml:{line}: {path}: ") and words in p]
    assert wanted, problems


def test_all_faults_are_reported_at_once():
    assert len(faults(GOOD.replace("url: clips", "ulr: clips").replace("dwell_s: 30", "dwell_s: -1"))) >= 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("site: [", "not valid YAML"),
        ("site: {id: a}\nsite: {id: b}\n", "key given twice"),
        ("", "site: Field required"),
        ("- 1\n", "file"),
        (GOOD + "  - id: gate\n    url: x.mp4\n", "used twice: gate"),
    ],
)
def test_broken_files(text, words):
    assert any(words in p for p in faults(text))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"nowhere\.yaml"):
        load_config(tmp_path / "nowhere.yaml")


def test_secrets_come_from_elsewhere(tmp_path, monkeypatch):
    (tmp_path / "pw").write_text("s3 cret/\n", encoding="utf-8")
    text = GOOD.replace(
        "    url: clips/gate.mp4", f"    url: rtsp://cam/1\n    username: eye\n    password: {{file: {tmp_path}/pw}}"
    )
    camera = parse_config(text).cameras[0]
    assert camera.stream_url(camera.url) == "rtsp://eye:s3%20cret%2F@cam/1"
    assert "s3" not in repr(camera)
    monkeypatch.delenv("NOT_SET", raising=False)
    broken = parse_config(text.replace(f"file: {tmp_path}/pw", "env: NOT_SET")).cameras[0]
    with pytest.raises(ConfigError, match="NOT_SET"):
        broken.stream_url(broken.url)
    with pytest.raises(ConfigError, match="either env or file"):
        parse_config(text.replace(f"file: {tmp_path}/pw", "{}").replace("{{}}", "{}"))
