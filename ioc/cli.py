"""The ``ioc`` command. Its sub-commands are entry points of the group ``ioc.commands``, imported only when they run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points, version
from typing import Any, NoReturn

import click

from ioc import lifeline
from ioc.core.errors import IocError

GROUP = "ioc.commands"
USER_ERROR = 2
"""Exit code for a mistake that the caller can mend: a wrong setting, a missing file, an unknown command."""
INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells count it: 128 + SIGINT."""


class CommandBroken(click.ClickException):
    """A sub-command's module cannot be imported. The other commands go on working."""

    exit_code = 1


class CommandGroup(click.Group):
    """A group that knows its sub-commands by name and imports one when it is asked for.

    ``found`` maps a command's name to its entry point. Commands whose name begins with ``_`` and those that click marks
    as hidden are not listed in the help.
    """

    def __init__(self, *args: Any, found: Mapping[str, EntryPoint], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.found = found

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, sorted."""
        return sorted({*super().list_commands(ctx), *self.found})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command, None for an unknown name. Raises :class:`CommandBroken`."""
        own = super().get_command(ctx, cmd_name)
        if own is not None or cmd_name not in self.found:
            return own
        return load(self.found[cmd_name])

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands; a broken one is named with its error instead of taking the help down."""
        rows = []
        for name in self.list_commands(ctx):
            try:
                command = self.get_command(ctx, name)
            except CommandBroken as error:
                rows.append((name, f"HỎNG / BROKEN: {error.message}"))
            else:
                if command is not None and not command.hidden:
                    rows.append((name, command.get_short_help_str(limit=100)))
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def load(entry: EntryPoint) -> click.Command:
    """Import the command behind an entry point. Raises :class:`CommandBroken` with the cause in one line."""
    try:
        command = entry.load()
    except Exception as error:  # whatever a module raises at import concerns its own command alone
        raise CommandBroken(f"{entry.name} ({entry.value}): {type(error).__name__}: {error}") from error
    if not isinstance(command, click.Command):
        raise CommandBroken(f"{entry.name} ({entry.value}): {type(command).__name__} is not a click command")
    return command


def discover() -> dict[str, EntryPoint]:
    """Entry points of the group by name, nothing imported. Raises :class:`IocError` when two packages claim one name."""
    found: dict[str, EntryPoint] = {}
    for entry in entry_points(group=GROUP):
        other = found.setdefault(entry.name, entry)
        if other.value != entry.value:
            raise IocError(f"lệnh '{entry.name}' được khai báo hai lần / declared twice: {other.value}, {entry.value}")
    return found


def make_cli(found: Mapping[str, EntryPoint]) -> click.Group:
    """The top command with the sub-commands ``found``."""
    return click.version_option(version("ioc"), prog_name="ioc")(
        CommandGroup(
            name="ioc",
            found=found,
            help="Trung tâm điều hành đô thị: camera giao thông thành cảnh báo / street cameras become alerts.",
            context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
        )
    )


def run_cli(cli: click.Command, args: list[str] | None = None) -> int:
    """Run ``cli`` on ``args`` (the process's own when None) and return its exit code, faults told in one clear line."""
    try:
        outcome = cli.main(args=args, prog_name="ioc", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except IocError as error:
        click.echo(f"ioc: {error}", err=True)
        return USER_ERROR
    except (KeyboardInterrupt, click.Abort):
        click.echo("ioc: đã dừng / stopped", err=True)
        return INTERRUPTED
    return outcome if isinstance(outcome, int) else 0


def main() -> NoReturn:
    """Entry point of the ``ioc`` script and of ``python -m ioc``."""
    lifeline.hold(os.environ)
    try:
        cli = make_cli(discover())
    except IocError as error:
        click.echo(f"ioc: {error}", err=True)
        raise SystemExit(USER_ERROR) from None
    raise SystemExit(run_cli(cli))
