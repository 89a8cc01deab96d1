"""The live connection."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Literal

import anyio
from fastapi import APIRouter, WebSocket
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.websockets import WebSocketDisconnect

from api.context import Context, Principal, address_of, context, principal
from api.fields import Slug
from api.live import LiveClient
from api.routes.alerts import load_totals
from api.security import COOKIE, origin_allowed
from api.store import accounts
from ioc.core.wire import iso

router = APIRouter()

TRY_AGAIN_LATER = 1013
LOGGED_OUT = 4401
NOT_UNDERSTOOD = 1003
Ending = tuple[int | None, str]
"""(code to close with, reason); None where the other side has gone."""
GONE: Ending = (None, "")
CLOSE_S = 2.0


class Watch(BaseModel):
    """The cameras whose pictures are wanted from now on."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["watch"]
    cameras: list[Slug] = Field(max_length=256)


@router.websocket("/live")
async def live(websocket: WebSocket) -> None:
    """Alerts, camera states, counts, totals and pictures of cameras that are watched. Closes with 4401 without a login,
    1013 for a client that is too slow (it reads the list again and comes back), 1003 for a message that is none.
    """
    ctx = context(websocket)
    if not origin_allowed(websocket.headers.get("origin"), websocket.headers.get("host"), ctx.origins):
        await websocket.close()  # before it is accepted: the handshake answers 403
        return
    found = await asyncio.to_thread(_who, ctx, websocket)
    await websocket.accept()
    if found is None:
        await websocket.close(LOGGED_OUT, "log in first")
        return
    who, expires_at = found
    client = LiveClient(user_id=who.id, visible=who.cameras, police=who.is_police, expires_at=expires_at)
    ctx.hub.join(client)
    try:
        totals = await asyncio.to_thread(load_totals, ctx, who.cameras)
        site = {"id": ctx.config.site.id, "name": ctx.config.site.name or ctx.config.site.id}
        hello = {"type": "hello", "server_time": iso(ctx.clock.now()), "site": site, "totals": totals}
        await websocket.send_text(json.dumps(hello, ensure_ascii=False))
        code, reason = await _serve(ctx, websocket, client)
    finally:
        ctx.hub.leave(client)
    if code is not None:
        await _close(websocket, code, reason)


async def _serve(ctx: Context, websocket: WebSocket, client: LiveClient) -> Ending:
    """Run both directions until one of them, or the hub, ends the connection."""
    endings: list[Ending] = []

    async def first(work: Callable[[], Awaitable[Ending]]) -> None:
        try:
            endings.append(await work())
        except WebSocketDisconnect:
            endings.append(GONE)
        group.cancel_scope.cancel()

    async def overflowed() -> Ending:
        await client.overflowed.wait()
        ctx.metrics.live_overflows.inc()
        return TRY_AGAIN_LATER, "too slow: read the list again"

    async def ended() -> Ending:
        await client.ended.wait()
        return LOGGED_OUT, "the login has ended or changed"

    async with anyio.create_task_group() as group:
        for work in (partial(_send, websocket, client), partial(_receive, ctx, websocket, client), overflowed, ended):
            group.start_soon(first, work)
    return endings[0]


async def _send(websocket: WebSocket, client: LiveClient) -> Ending:
    while True:
        message = await client.next()
        if isinstance(message, str):
            await websocket.send_text(message)
        else:
            await websocket.send_bytes(message)


async def _receive(ctx: Context, websocket: WebSocket, client: LiveClient) -> Ending:
    while True:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            return GONE
        try:
            watch = Watch.model_validate_json(message.get("text") or "")
        except ValidationError:
            return NOT_UNDERSTOOD, "not understood"
        ctx.hub.watch(client, (camera for camera in watch.cameras if camera in ctx.names.cameras))


async def _close(websocket: WebSocket, code: int, reason: str) -> None:
    """Say good-bye, but do not wait for one who does not read."""
    try:
        async with asyncio.timeout(CLOSE_S):
            await websocket.close(code, reason)
    except (TimeoutError, RuntimeError, WebSocketDisconnect):
        return


def _who(ctx: Context, websocket: WebSocket) -> tuple[Principal, float | None] | None:
    now, cookie = ctx.clock.now(), websocket.cookies.get(COOKIE)
    scheme, _, token = websocket.headers.get("authorization", "").partition(" ")
    with ctx.database.read() as session:
        if scheme.lower() == "bearer":
            row = accounts.find_token(session, token.strip(), now)
            return (principal(row, address_of(websocket)), None) if row else None
        found = accounts.find_session(session, cookie, now) if cookie else None
    return (principal(found[0], address_of(websocket)), found[1]) if found else None
