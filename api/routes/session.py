"""Logging in and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi.params import Depends
from fastapi.security import APIKeyCookie

from api import present
from api.admin_schemas import LoginIn, SessionOut
from api.context import Ctx, Viewer, address_of
from api.errors import ForbiddenError, UnauthenticatedError
from api.security import COOKIE, csrf_token, origin_allowed
from api.store import accounts, audit
from api.store.audit import Actor

router = APIRouter(prefix="/session", tags=["session"])
_cookie = APIKeyCookie(name=COOKIE, auto_error=False, scheme_name="session")
Cookie = Annotated[str | None, Depends(_cookie)]


@router.post("", summary="Log in")
def log_in(body: LoginIn, request: Request, response: Response, ctx: Ctx) -> SessionOut:
    """Checks name and password and sets the session cookie. Failed attempts are limited per account and per address."""
    if not origin_allowed(request.headers.get("origin"), request.headers.get("host"), ctx.origins):
        raise ForbiddenError("the request comes from another site")
    address, now = address_of(request), ctx.clock.now()
    ctx.by_user.check(body.username)
    ctx.by_address.check(address)
    with ctx.database.read() as session:
        user = accounts.by_name(session, body.username)
    right = ctx.passwords.matches(user.password_hash if user else None, body.password)
    actor = Actor(name=user.username if user else "unknown", address=address)
    if user is None or not right or not user.active:
        ctx.by_user.failed(body.username)
        ctx.by_address.failed(address)
        with ctx.database.write() as session:
            audit.append(session, now, actor, "session.refused", body.username)
        raise UnauthenticatedError("name or password is wrong")
    ctx.by_user.succeeded(body.username)
    seconds = ctx.config.api.session_hours * 3600
    with ctx.database.write() as session:
        cookie, expires_at = accounts.open_session(session, user, now, seconds, address)
        audit.append(session, now, actor, "session.open", user.username)
    response.set_cookie(
        COOKIE, cookie, max_age=int(seconds), httponly=True, samesite="strict", secure=ctx.config.api.secure_cookies
    )
    return SessionOut(user=present.me(user), csrf_token=csrf_token(cookie), expires_at=expires_at)


@router.get("", summary="Who is logged in")
def who(ctx: Ctx, cookie: Cookie) -> SessionOut:
    """The login behind the session cookie."""
    with ctx.database.read() as session:
        found = accounts.find_session(session, cookie, ctx.clock.now()) if cookie else None
    if cookie is None or found is None:
        raise UnauthenticatedError("log in first")
    return SessionOut(user=present.me(found[0]), csrf_token=csrf_token(cookie), expires_at=found[1])


@router.delete("", status_code=204, summary="Log out")
def log_out(ctx: Ctx, who: Viewer, cookie: Cookie, response: Response) -> None:
    """Ends the login on the server and closes its live connections."""
    with ctx.database.write() as session:
        if cookie is not None:
            accounts.close_session(session, cookie)
        audit.append(session, ctx.clock.now(), who.actor, "session.close", who.name)
    ctx.hub.call(ctx.hub.end_user, who.id)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=ctx.config.api.secure_cookies)
