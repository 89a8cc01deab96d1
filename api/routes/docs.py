"""A page that lists the routes. It is made here, with nothing from outside: this site asks no other server for anything."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

router = APIRouter()

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#e6e6e6;background:#14181d}
a{color:#7db7ff}code{background:#232a32;padding:.1em .3em}table{border-collapse:collapse;width:100%}
td,th{border-bottom:1px solid #333;padding:.3rem .6rem;text-align:left;vertical-align:top}summary{cursor:pointer}
"""


@router.get("/docs", include_in_schema=False)
async def docs(request: Request) -> HTMLResponse:
    """The routes of /openapi.json for people."""
    return HTMLResponse("".join(page(request.app.openapi())))


def page(spec: dict[str, Any]) -> Iterator[str]:
    """The page, piece by piece."""
    yield '<!doctype html><html lang="en"><meta charset="utf-8"><title>IOC API</title><link rel="icon" href="data:,">'
    yield f"<style>{STYLE}</style>"
    yield f"<h1>IOC API {escape(spec['info']['version'])}</h1><p>{escape(spec['info']['description'])}</p>"
    yield '<p><a href="/openapi.json">/openapi.json</a> · <a href="/asyncapi.json">/asyncapi.json</a></p>'
    for tag in spec["tags"]:
        yield f"<h2>{escape(tag['name'])}</h2><p>{escape(tag['description'])}</p>"
        for path, operations in spec["paths"].items():
            for method, operation in operations.items():
                if tag["name"] in operation.get("tags", ()):
                    yield from _operation(method, path, operation)


def _operation(method: str, path: str, operation: dict[str, Any]) -> Iterator[str]:
    yield f"<details><summary><code>{method.upper()} {escape(path)}</code> {escape(operation.get('summary', ''))}</summary>"
    yield f"<p>{escape(operation.get('description', ''))}</p><table>"
    for parameter in operation.get("parameters", ()):
        name, place = escape(parameter["name"]), escape(parameter["in"])
        yield f"<tr><td><code>{name}</code><td>{place}<td>{escape(parameter.get('description', ''))}"
    for status, answer in operation["responses"].items():
        yield f"<tr><td>{escape(status)}<td>answer<td>{escape(answer['description'])}"
    yield "</table></details>"
