"""The build hook of the console: what it counts as sources, and whose licences it carries."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import hatch_build

LOCK = {
    "lockfileVersion": 3,
    "packages": {
        "": {"dependencies": {"chart": "^1"}, "devDependencies": {"svelte": "^5", "vite": "^6"}},
        "node_modules/chart": {"version": "1.2.0", "license": "MIT", "dependencies": {"colour": "^2"}},
        "node_modules/chart/node_modules/colour": {"version": "2.0.0", "license": "ISC"},
        "node_modules/colour": {"version": "3.0.0", "license": "ISC", "dev": True},
        "node_modules/svelte": {"version": "5.0.0", "license": "MIT", "dev": True, "dependencies": {"clsx": "^2"}},
        "node_modules/clsx": {"version": "2.1.0", "license": "MIT", "dev": True},
        "node_modules/vite": {"version": "6.0.0", "license": "MIT", "dev": True},
    },
}


@pytest.fixture
def console(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.ts").write_text("export {}")
    (tmp_path / "package.json").write_text("{}")
    (tmp_path / "package-lock.json").write_text(json.dumps(LOCK))
    (tmp_path / "node_modules" / "chart").mkdir(parents=True)
    (tmp_path / "node_modules" / "chart" / "LICENSE.md").write_text("Do as you like.")
    return tmp_path


def test_shipped_follows_runtime_dependencies_to_where_node_finds_them() -> None:
    assert hatch_build.shipped(LOCK) == [
        "node_modules/chart",
        "node_modules/chart/node_modules/colour",  # its own copy, not the one above
        "node_modules/clsx",
        "node_modules/svelte",
    ]


def test_notices_carry_name_version_licence_and_text(console: Path) -> None:
    text = "\n".join(hatch_build.notices(console))
    assert "chart 1.2.0 (MIT)" in text
    assert "Do as you like." in text
    assert "vite" not in text


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("src/main.ts", True),
        ("src/new.ts", True),
        ("package-lock.json", True),
        ("dist/index.html", False),  # what is built is no source
        ("node_modules/chart/index.js", False),
        ("src/node_modules/x.js", False),
    ],
)
def test_digest_changes_with_the_sources_alone(console: Path, name: str, changes: bool) -> None:
    before = hatch_build.digest(console)
    path = console / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("something else")
    assert (hatch_build.digest(console) != before) == changes


def test_an_unchanged_console_is_not_built_again(console: Path) -> None:
    (console / "dist").mkdir()
    (console / "dist" / hatch_build.STAMP).write_text(hatch_build.digest(console))
    assert hatch_build.build(console) is False
