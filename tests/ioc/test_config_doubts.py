"""What a configuration hardly means is told with file, line and path, and is no fault."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from ioc.core.config_doubts import doubts
from ioc.core.config_file import load_config
from streams.commands import check

TWO = """\
site: {{id: s}}
cameras:
  - id: gate
    url: gate.mp4
    rules: {{{whole}}}
    zones:
      - id: kerb
        polygon: [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]
        rules: {{parking: {{}}, crowd: {{}}}}
      - id: crossing
        polygon: [[{left}, 0.2], [0.9, 0.2], [0.9, 0.8], [{left}, 0.8]]
        rules: {{{rules}}}
"""


@pytest.fixture
def site(tmp_path):
    def write(left=0.3, rules="parking: {}", whole="camera: {}"):
        path = tmp_path / "site.yaml"
        path.write_text(TWO.format(left=left, rules=rules, whole=whole), encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, ["overlaps the zone kerb by 33%: parking would alert twice there"]),
        ({"rules": "parking: {}, crowd: {}"}, ["overlaps the zone kerb by 33%: crowd, parking would alert twice there"]),
        ({"rules": "dumping: {}"}, []),  # different rules may look at the same place
        ({"left": 0.5}, []),  # neighbours
        ({"left": 0.48}, []),  # drawn by hand
        ({"left": 0.5, "whole": "crowd: {}"}, ["lies in the whole picture, which has rules as well: crowd"]),
    ],
)
def test_zones_that_overlap_are_told(site, changes, told):
    path = site(**changes)
    found = doubts(path, load_config(path))
    assert len(found) == len(told)
    for line, words in zip(found, told, strict=True):
        number = 8 if "whole picture" in words else 11
        zone = 0 if "whole picture" in words else 1
        assert line.startswith(f"{path}:{number}: cameras[0].zones[{zone}].polygon: {words}")


def test_check_warns_and_passes(site):
    result = CliRunner().invoke(check, [str(site())])
    assert result.exit_code == 0
    assert "OK" in result.stdout
    assert f"cảnh báo / warning: {site()}:11: cameras[0].zones[1].polygon: overlaps the zone kerb" in result.stderr
    assert CliRunner().invoke(check, [str(site(left=0.5))]).stderr == ""
