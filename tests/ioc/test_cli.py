"""The command line: sub-commands are found, imported late, and a broken one does no harm."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import click
import pytest

from ioc.cli import GROUP, INTERRUPTED, USER_ERROR, CommandBroken, discover, load, make_cli, run_cli
from ioc.core.errors import ConfigError

MODULE = """
    import click
    from ioc.core.errors import ConfigError

    @click.command()
    @click.argument("how")
    def works(how):
        "Does what it is told."
        if how == "config":
            raise ConfigError(["site.yaml:3: cameras.0.url: missing", "site.yaml:9: zones: unknown key"])
        if how == "ctrl-c":
            raise KeyboardInterrupt
        if how == "exit":
            click.get_current_context().exit(7)
        click.echo(f"did {how}")

    @click.command(hidden=True)
    def secret():
        "Not for people."

    not_a_command = 3
"""


def entry(name: str, value: str) -> EntryPoint:
    return EntryPoint(name=name, value=value, group=GROUP)


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, EntryPoint]]:
    """Four installed commands: one that works, a hidden one, one whose module fails, one that is not a command."""
    (tmp_path / "cli_sample.py").write_text(textwrap.dedent(MODULE), encoding="utf-8")
    (tmp_path / "cli_failing.py").write_text("raise RuntimeError('no such driver')", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield {
        "works": entry("works", "cli_sample:works"),
        "secret": entry("secret", "cli_sample:secret"),
        "fails": entry("fails", "cli_failing:command"),
        "odd": entry("odd", "cli_sample:not_a_command"),
    }
    sys.modules.pop("cli_sample", None)


def test_nothing_is_imported_before_it_is_needed(found: dict[str, EntryPoint]) -> None:
    cli = make_cli(found)
    assert "cli_sample" not in sys.modules
    assert run_cli(cli, ["works", "well"]) == 0
    assert "cli_sample" in sys.modules


def test_help_names_a_broken_command_with_its_error(
    found: dict[str, EntryPoint], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_cli(make_cli(found), ["--help"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "works Does what it is told." in shown
    assert "fails HỎNG / BROKEN: fails (cli_failing:command): RuntimeError: no such driver" in shown
    assert "int is not a click command" in shown
    assert "secret" not in shown


def test_a_broken_command_says_why(found: dict[str, EntryPoint], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cli(make_cli(found), ["fails"]) == 1
    assert "RuntimeError: no such driver" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("args", "code", "out", "err"),
    [
        (["works", "well"], 0, "did well\n", ""),
        # every problem of a configuration is shown, and no traceback
        (["works", "config"], USER_ERROR, "", "ioc: site.yaml:3: cameras.0.url: missing\nsite.yaml:9: zones: unknown key\n"),
        (["works", "ctrl-c"], INTERRUPTED, "", "ioc: đã dừng / stopped\n"),
        (["works", "exit"], 7, "", ""),
    ],
)
def test_exit_codes(
    found: dict[str, EntryPoint], capsys: pytest.CaptureFixture[str], args: list[str], code: int, out: str, err: str
) -> None:
    assert run_cli(make_cli(found), args) == code
    shown = capsys.readouterr()
    assert (shown.out, shown.err.lstrip("\n")) == (out, err)


def test_unknown_command_is_the_callers_mistake(found: dict[str, EntryPoint], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cli(make_cli(found), ["nosuch"]) == USER_ERROR
    assert "No such command 'nosuch'" in capsys.readouterr().err


def test_load_refuses_what_is_not_a_command(found: dict[str, EntryPoint]) -> None:
    with pytest.raises(CommandBroken, match="not a click command"):
        load(found["odd"])


def test_config_error_keeps_one_line_per_problem() -> None:
    assert str(ConfigError(["a:1: x", "a:2: y"])).splitlines() == ["a:1: x", "a:2: y"]


def test_the_installed_commands_are_those_declared() -> None:
    assert set(discover()) == {point.name for point in entry_points(group=GROUP)} >= {"run", "demo", "worker", "serve"}


def test_module_entry_point_prints_the_version() -> None:
    done = subprocess.run([sys.executable, "-m", "ioc", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("ioc, version ")


def test_help_names_no_heavy_module() -> None:
    """Looking for the commands must not cost the import of the vision or web libraries."""
    heavy = {"av", "cv2", "fastapi", "onnxruntime", "sqlalchemy"}
    code = f"import sys, ioc.cli; ioc.cli.make_cli(ioc.cli.discover()); print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_own_commands_of_the_group_win(found: dict[str, EntryPoint]) -> None:
    cli = make_cli(found)
    cli.add_command(click.Command("works", callback=lambda: 5))
    assert run_cli(cli, ["works"]) == 5
