"""The reference is generated, complete and fresh: nothing that users meet goes undocumented."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
from pydantic import Field

from docs import generate
from ioc.core.config import Part

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\[[^\]]*\]\((?!https?:|#)([^)#]+)")
PAGES = ("commands.md", "routes.md", "settings.md", "topics.md")


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return generate.documents()


@pytest.mark.parametrize("name", PAGES)
def test_committed_page_is_what_the_code_says(pages: dict[str, str], name: str) -> None:
    committed = (generate.FOLDER / name).read_text(encoding="utf-8")
    assert committed == pages[name], "stale: run `make docs` and commit docs/reference"


def test_every_page_is_known(pages: dict[str, str]) -> None:
    assert set(pages) == set(PAGES) == {path.name for path in generate.FOLDER.iterdir()}


def test_nothing_is_undocumented() -> None:
    assert [*generate.undocumented_settings()] == []
    assert [*generate.undocumented_topics()] == []
    assert [*generate.undocumented_commands()] == []
    assert [*generate.undocumented_routes()] == []


@pytest.mark.parametrize("page", [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")], ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    broken = [target for target in LINK.findall(page.read_text(encoding="utf-8")) if not (page.parent / target).exists()]
    assert broken == []


class Inner(Part):
    """An inner section."""

    share: float = Field(0.5, gt=0, le=1, description="A share")


class Outer(Part):
    """An outer section."""

    inner: Inner = Field(default_factory=Inner, description="One")
    many: tuple[Inner, ...] = Field((), description="Many | more")
    count: int | None = Field(None, description="A count")
    silent: bool = False


def test_sections_are_found_at_every_depth() -> None:
    assert [path for path, _ in generate.sections(Outer, "")] == ["", "inner", "many[]"]


def test_setting_rows_say_type_bounds_and_default() -> None:
    rows = [*generate.setting_rows(Inner), *generate.setting_rows(Outer)]
    assert "| `share` | number, above 0 to 1 | `0.5` | A share |" in rows
    assert "| `many` | list of section |  | Many \\| more |" in rows
    assert "| `count` | whole number |  | A count |" in rows
    assert "| `silent` | true or false | `false` |  |" in rows


def test_a_setting_without_description_is_found() -> None:
    assert [*generate.undocumented_settings(Outer)] == ["setting .silent"]


def test_commands_and_options_without_help_are_found() -> None:
    silent = click.Command("silent", params=[click.Option(["--loud"])])
    assert [*generate.undocumented_commands([("ioc silent", silent)])] == ["command ioc silent", "option ioc silent --loud"]
