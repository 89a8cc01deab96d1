"""``ioc replay`` on a video of which nothing is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from detectors import everywhere, rule_settings
from ioc.cli import USER_ERROR, CommandGroup, discover, run_cli
from tests.streams.rtsp import write_clip, write_covered_clip


def replay(*words: object) -> int:
    return run_cli(CommandGroup(found=discover()), ["replay", *map(str, words)])


@pytest.fixture
def covered(tmp_path: Path) -> Path:
    return write_covered_clip(tmp_path / "clip.mp4")


def test_all_kinds_but_those_that_need_a_zone_can_be_looked_for_everywhere() -> None:
    assert everywhere() == rule_settings().keys() - {"parking"}


def test_without_a_configuration_what_is_named_is_looked_for_everywhere(covered: Path, capsys, tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    assert replay(covered, "--kind", "camera", "--pictures", pictures) == 0
    told = capsys.readouterr()
    assert f"{covered}: " in told.err
    assert told.err.rstrip().endswith(": camera")
    opened = [line.split() for line in told.out.splitlines() if " opened " in line]
    assert [words[3] for words in opened] == ["camera"]
    assert [p.name.split("-")[-1] for p in pictures.iterdir()] == ["camera.jpg"]


def test_without_a_name_all_such_kinds_are_looked_for(tmp_path: Path, capsys) -> None:
    assert replay(write_clip(tmp_path / "clip.mp4", seconds=1)) == 0
    assert capsys.readouterr().err.rstrip().endswith(", ".join(sorted(everywhere())))


def test_a_kind_that_is_not_there_is_named_with_those_that_are(covered: Path, capsys) -> None:
    assert replay(covered, "--kind", "fire", "--kind", "earthquake") == USER_ERROR
    told = capsys.readouterr()
    assert told.out == ""
    assert "earthquake; there are: camera, crowd" in told.err


def test_a_configuration_and_kinds_are_not_mixed(covered: Path, tmp_path: Path, capsys) -> None:
    (tmp_path / "site.yaml").write_text("site: {id: s}\ncameras: [{id: a, url: clip.mp4}]\n")
    assert replay(covered, "--config", tmp_path / "site.yaml", "--kind", "fire") == USER_ERROR
    assert "leave --kind out" in capsys.readouterr().err
