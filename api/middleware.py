"""Around every request: headers that keep browsers safe, a bound on bodies, figures."""

from __future__ import annotations

import time
from collections.abc import MutableMapping

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import TooLargeError
from api.metrics import Metrics
from api.problems import describe, response

BODY = 256 * 1024
"""Bytes of a request's body, at most."""
CONSOLE_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "style-src 'self' 'unsafe-inline'",  # the map and the charts place things with style attributes
        "script-src 'self'",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
EVIDENCE_POLICY = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class Guard:
    """Adds the headers, refuses long bodies, counts answers."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection (ASGI)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._finish(scope, message, time.perf_counter() - started)
            await send(message)

        length = MutableHeaders(scope=scope).get("content-length", "0")
        if not length.isdecimal() or int(length) > BODY:
            problem, headers = describe(TooLargeError(f"a body has at most {BODY} bytes"))
            await response(problem, headers)(scope, receive, answer)
            return
        await self._app(scope, _bounded(receive), answer)

    def _finish(self, scope: Scope, message: MutableMapping[str, object], seconds: float) -> None:
        headers = MutableHeaders(scope=message)
        path: str = scope["path"]
        for name, value in HEADERS.items():
            headers[name] = value
        evidence = path.startswith("/api/v1/evidence/")
        headers["Content-Security-Policy"] = EVIDENCE_POLICY if evidence else CONSOLE_POLICY
        if path.startswith("/api/"):
            headers.setdefault("Cache-Control", "no-store")
        route = getattr(scope.get("route"), "path", "other")
        self._metrics.requests.labels(scope["method"], route, str(message["status"])).inc()
        self._metrics.request_seconds.labels(route).observe(seconds)


def _bounded(receive: Receive) -> Receive:
    """Ends a body without a stated length when it grows too long."""
    seen = 0

    async def bounded() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > BODY:
            raise HTTPException(413, f"a body has at most {BODY} bytes")  # the one error that FastAPI lets through here
        return message

    return bounded
