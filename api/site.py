"""The console's files, and a page that says how to build them."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

DIST = Path(__file__).resolve().parent / "console" / "dist"
NOT_BUILT = """<!doctype html><html lang="vi"><meta charset="utf-8"><title>IOC</title>
<body><main><h1>Giao diện chưa được dựng / The console is not built</h1>
<p>API đang chạy / The API is running: <a href="/docs">/docs</a></p>
<p>Trong thư mục dự án / In the project's folder: <code>.venv/bin/python hatch_build.py</code></p></main></body></html>"""


class Console(StaticFiles):
    """Static files; names with a digest in them are kept by browsers, the page itself is asked for each time."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """One file; a page of the console (no suffix) is the start page, which knows what to show."""
        try:
            response = await super().get_response(path, scope)
        except HTTPException as error:
            if error.status_code != 404 or Path(path).suffix or path.startswith("api/"):
                raise
            response = await super().get_response("index.html", scope)
        hashed = path.startswith("assets/")
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if hashed else "no-cache"
        return response


def install(app: FastAPI, dist: Path = DIST) -> None:
    """Serve the console at ``/``; to be called after all other routes."""
    if (dist / "index.html").is_file():
        app.mount("/", Console(directory=dist, html=True), name="console")
        return

    @app.get("/", include_in_schema=False)
    async def not_built() -> HTMLResponse:
        return HTMLResponse(NOT_BUILT, status_code=503)
