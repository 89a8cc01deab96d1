"""``make docs`` writes ``docs/reference/`` from the code: settings, topics, routes and commands.

A test compares the committed pages with what this module gives, and fails on anything without a description.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import click
import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from detectors import discover as detectors
from ioc.cli import discover as commands
from ioc.cli import load
from ioc.core.config import Config, Secret
from ioc.core.config_file import parse_config
from ioc.core.wire import TOPICS

FOLDER = Path(__file__).parent / "reference"
NOTE = "<!-- Written by `make docs` from the code. Change the code, not this page. -->\n"


class UndocumentedError(Exception):
    """Something that users meet has no description; the text lists all of it."""


def documents() -> dict[str, str]:
    """File name -> text of every page. Raises :class:`UndocumentedError`."""
    missing = [*undocumented_settings(), *undocumented_topics(), *undocumented_commands(), *undocumented_routes()]
    if missing:
        raise UndocumentedError("without a description:\n  " + "\n  ".join(missing))
    pages = {"settings.md": settings(), "topics.md": topics(), "commands.md": command_pages(), "routes.md": routes()}
    return {name: NOTE + "\n".join(lines).rstrip() + "\n" for name, lines in pages.items()}


# Settings


def sections(model: type[BaseModel], path: str) -> Iterator[tuple[str, type[BaseModel]]]:
    """Every model that a configuration may hold, with its place in the file: ``cameras[].zones[]``; outer ones first.

    Secrets, which may stand at many places, are left to the caller.
    """
    yield path, model
    for name, field in model.model_fields.items():
        for inner, suffix in models_in(field.annotation):
            if inner is Secret:
                continue
            yield from sections(inner, f"{path}.{name}{suffix}".lstrip("."))


def models_in(annotation: Any) -> Iterator[tuple[type[BaseModel], str]]:
    """Models inside a type, with ``[]`` for members of a list and ``.<name>`` for values of a mapping."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation, ""
        return
    origin = get_origin(annotation)
    suffix = "[]" if origin in (tuple, list) else ".<name>" if origin is not None and issubclass_of_mapping(origin) else ""
    for part in get_args(annotation):
        yield from ((model, suffix + rest) for model, rest in models_in(part))


def issubclass_of_mapping(origin: Any) -> bool:
    """Whether a generic's origin is a mapping type."""
    return isinstance(origin, type) and issubclass(origin, Mapping)


def type_name(annotation: Any) -> str:
    """A type in the words of a configuration file."""
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return type_name(parts[0])
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in parts)
    if origin in (Union, UnionType):
        return " or ".join(type_name(part) for part in parts if part is not type(None))
    if origin in (tuple, list):
        return "list of " + type_name(parts[0])
    if origin is not None and issubclass_of_mapping(origin):
        return "mapping"
    if annotation is Secret:
        return "[secret](#a-secret)"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "section"
    words = {str: "text", Path: "path", float: "number", int: "whole number", bool: "true or false"}
    if annotation in words:
        return words[annotation]
    members = getattr(annotation, "__members__", None)
    return " or ".join(f"`{member.value}`" for member in members.values()) if members else "value"


def default_of(field: FieldInfo) -> str:
    """A field's default as it would stand in the file; "required" where there is none."""
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, BaseModel) or value in (None, (), {}, ""):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, dict):
        return f"`{yaml.safe_dump(value, default_flow_style=True).strip()}`"
    if isinstance(value, tuple):
        return "`[" + ", ".join(map(str, value)) + "]`"
    return f"`{getattr(value, 'value', value)}`"


def bounds_of(field: FieldInfo) -> str:
    """The limits of a number, such as "0 to 60"; empty where there are none."""
    found = {
        key: getattr(m, key) for m in field.metadata for key in ("ge", "gt", "le", "lt") if getattr(m, key, None) is not None
    }
    low = f"from {found['ge']}" if "ge" in found else f"above {found['gt']}" if "gt" in found else ""
    high = f"to {found['le']}" if "le" in found else f"below {found['lt']}" if "lt" in found else ""
    return " ".join(filter(None, (low, high)))


def setting_rows(model: type[BaseModel]) -> Iterator[str]:
    """A table of one model's settings."""
    yield "| setting | value | default | meaning |"
    yield "|---|---|---|---|"
    for name, field in model.model_fields.items():
        value = ", ".join(filter(None, (type_name(field.annotation), bounds_of(field))))
        yield f"| `{name}` | {cell(value)} | {cell(default_of(field))} | {cell(field.description or '')} |"


def settings() -> Iterator[str]:
    """The page of settings."""
    yield "# Settings\n\nOne YAML file. `ioc check FILE` names every fault with file, line and path.\n"
    models: list[tuple[str, type[BaseModel]]] = [*sections(Config, ""), ("A secret", Secret)]
    for path, model in models:
        yield f"## {path or 'The file'}\n\n{first_line(model)}\n"
        yield from setting_rows(model)
        yield ""
    yield "# Rules\n\nUnder `rules` of a camera (the whole picture) or of a zone stands the kind, with its settings.\n"
    for kind, spec in sorted(detectors().items()):
        yield f"## rules.{kind}\n\n{spec.title['vi']} · {spec.title['en']}\n"
        yield from setting_rows(spec.settings)
        yield ""


def undocumented_settings(root: type[BaseModel] = Config) -> Iterator[str]:
    """Settings without a description, of the file and of every rule."""
    rules = ((f"rules.{kind}", spec.settings) for kind, spec in detectors().items())
    models: list[tuple[str, type[BaseModel]]] = [*sections(root, ""), ("secret", Secret), *rules]
    for path, model in models:
        yield from (f"setting {path}.{name}" for name, field in model.model_fields.items() if not field.description)


# Topics


def topics() -> Iterator[str]:
    """The page of topics."""
    yield "# Topics\n\nSite, camera and worker are slugs. Events are CloudEvents 1.0 in structured mode.\n"
    yield "| topic | message | QoS | retained | meaning |\n|---|---|---|---|---|"
    for one in TOPICS.values():
        yield f"| `{one.pattern}` | {cell(one.message)} | {one.qos} | {'yes' if one.retained else 'no'} | {cell(one.text)} |"


def undocumented_topics() -> Iterator[str]:
    """Topics without a description."""
    yield from (f"topic {name}" for name, one in TOPICS.items() if not (one.text and one.message))


# Commands


def tree(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    """A command and, for a group, all below it, each with its full name."""
    yield path, command
    if isinstance(command, click.Group):
        for name, inner in sorted(command.commands.items()):
            yield from tree(inner, f"{path} {name}")


def all_commands() -> Iterator[tuple[str, click.Command]]:
    """Every command of the command line, hidden ones included."""
    for name, entry in sorted(commands().items()):
        yield from tree(load(entry), f"ioc {name}")


def command_pages() -> Iterator[str]:
    """The page of commands."""
    yield "# Commands\n\n`ioc --help` and `ioc COMMAND --help` say the same.\n"
    for path, command in all_commands():
        if command.hidden:
            continue
        context = click.Context(command, info_name=path, terminal_width=100, max_content_width=100)
        yield f"## {path}\n\n```\n{command.get_help(context)}\n```\n"


def undocumented_commands(listed: Iterable[tuple[str, click.Command]] | None = None) -> Iterator[str]:
    """Commands without help, and options without help; among all commands where none are listed."""
    for path, command in all_commands() if listed is None else listed:
        if not command.help:
            yield f"command {path}"
        for parameter in command.params:
            if isinstance(parameter, click.Option) and not (parameter.help or parameter.hidden):
                yield f"option {path} {parameter.opts[0]}"


# Routes


@cache
def openapi() -> dict[str, Any]:
    """The API's OpenAPI document."""
    from api.app import Options, create_app

    with tempfile.TemporaryDirectory() as folder:
        app = create_app(parse_config("site: {id: reference}", base=Path(folder)), options=Options(with_bus=False))
        document = app.openapi()
        app.state.context.database.dispose()
    return document


def operations() -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """(path, METHOD, operation) of every route."""
    for path, methods in sorted(openapi()["paths"].items()):
        for method, operation in methods.items():
            yield path, method.upper(), operation


def routes() -> Iterator[str]:
    """The page of routes."""
    yield "# Routes\n\nErrors are `application/problem+json`. The running API shows the same with all schemas at `/docs`.\n"
    tag = None
    for path, method, operation in sorted(operations(), key=lambda o: (o[2].get("tags", [""])[0], o[0])):
        if operation.get("tags", [""])[0] != tag:
            tag = operation.get("tags", [""])[0]
            yield f"\n## {tag}\n\n| route | does | answers |\n|---|---|---|"
        text = operation.get("description") or operation.get("summary", "")
        yield f"| `{method} {path}` | {cell(text)} | {', '.join(sorted(operation['responses']))} |"


def undocumented_routes() -> Iterator[str]:
    """Routes and their parameters without a description."""
    for path, method, operation in operations():
        if not operation.get("description"):
            yield f"route {method} {path}"
        for parameter in operation.get("parameters", ()):
            if not (parameter.get("description") or parameter["schema"].get("description")):
                yield f"route {method} {path}: parameter {parameter['name']}"


def first_line(model: type[BaseModel]) -> str:
    """The first line of a model's docstring."""
    return (model.__doc__ or "").strip().splitlines()[0]


def cell(text: str) -> str:
    """Text that may stand in a table's cell."""
    return " ".join(text.split()).replace("|", "\\|")


def main() -> None:
    """Write all pages."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in documents().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        click.echo(f"docs/reference/{name}")


if __name__ == "__main__":
    main()
