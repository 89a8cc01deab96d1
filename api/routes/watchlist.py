"""The watchlist: plates that police look out for."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from api import present
from api.context import Context, Ctx, Police, Principal
from api.errors import InvalidError
from api.plate_schemas import WatchIn, WatchOut, WatchPage, WatchPatch
from api.routes.alerts import IfMatch, revision_of
from api.store import audit, watchlist
from ioc.core.plate_search import Match, PlateQueryError, parse_query
from ioc.core.wire import iso

router = APIRouter(prefix="/watchlist", tags=["watchlist"])

EntryId = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9-]{1,64}$", description="Id of the entry", examples=["0b8f6c1e-6df0-4d57-9a3e"])
]
CLEARED = frozenset({"note", "valid_until", "cameras"})
"""Fields that null takes away; for the others null means: leave it."""


@router.get("", summary="Read the watchlist")
def list_entries(
    ctx: Ctx,
    who: Police,
    active: Annotated[bool | None, Query(description="true: what raises alerts now; false: the rest")] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="Entries a page")] = 50,
    cursor: Annotated[str | None, Query(max_length=500, description="next_cursor of the page before")] = None,
) -> WatchPage:
    """Newest first; entries of cameras that the account may see."""
    now = ctx.clock.now()
    with ctx.database.read() as session:
        rows, more, total = watchlist.page(session, active, who.cameras, now, limit, cursor)
    return WatchPage(items=[present.watch(row, now) for row in rows], next_cursor=more, total=total)


@router.post("", status_code=201, summary="Look out for a plate")
def add(ctx: Ctx, who: Police, response: Response, body: WatchIn) -> WatchOut:
    """From now on a read that fits raises an alert of kind `plate`; reads from before raise nothing."""
    now = ctx.clock.now()
    fields = body.model_dump(mode="python") | {"severity": body.severity.value}
    fields["text"] = _text(body.text, body.match)
    fields["cameras"] = _cameras(ctx, who, body.cameras)
    _check_end(body.valid_until, now)
    with ctx.database.write() as session:
        row = watchlist.add(session, fields, who.name, now)
        audit.append(session, now, who.actor, "watchlist.add", row.id, _record(fields))
        return _answer(response, present.watch(row, now))


@router.get("/{entry_id}", summary="One entry")
def one(ctx: Ctx, who: Police, response: Response, entry_id: EntryId) -> WatchOut:
    """The header ETag holds the revision for If-Match."""
    with ctx.database.read() as session:
        return _answer(response, present.watch(watchlist.find(session, entry_id, who.cameras), ctx.clock.now()))


@router.patch("/{entry_id}", summary="Change an entry")
def change(
    ctx: Ctx, who: Police, response: Response, entry_id: EntryId, body: WatchPatch, if_match: IfMatch = None
) -> WatchOut:
    """What is left out stays. After a change of what raises an alert, reads from before the change raise nothing."""
    now, revision = ctx.clock.now(), revision_of(if_match)
    sent = body.model_dump(mode="python", exclude_unset=True)
    fields = {name: value for name, value in sent.items() if value is not None or name in CLEARED}
    with ctx.database.write() as session:
        row = watchlist.find(session, entry_id, who.cameras, lock=True)
        watchlist.check(row, revision, who.cameras)
        if "text" in fields or "match" in fields:
            fields["text"] = _text(fields.get("text", row.text), fields.get("match", row.match))
        if "cameras" in fields:
            fields["cameras"] = _cameras(ctx, who, fields["cameras"])
        if "severity" in fields:
            fields["severity"] = fields["severity"].value
        _check_end(fields.get("valid_until"), now)
        changed = watchlist.change(session, row, fields, now)
        if changed:
            detail = {"case_number": row.case_number} | _record({name: fields[name] for name in changed})
            audit.append(session, now, who.actor, "watchlist.change", entry_id, detail)
        return _answer(response, present.watch(row, now))


@router.delete("/{entry_id}", status_code=204, summary="Remove an entry")
def remove(ctx: Ctx, who: Police, entry_id: EntryId, if_match: IfMatch = None) -> None:
    """Its alerts stay; what it was stands in the audit log."""
    now, revision = ctx.clock.now(), revision_of(if_match)
    with ctx.database.write() as session:
        row = watchlist.find(session, entry_id, who.cameras, lock=True)
        watchlist.check(row, revision, who.cameras)
        detail = {"text": row.text, "match": row.match, "reason": row.reason, "case_number": row.case_number}
        session.delete(row)
        audit.append(session, now, who.actor, "watchlist.remove", entry_id, detail)


def _answer(response: Response, entry: WatchOut) -> WatchOut:
    response.headers["ETag"] = f'"{entry.revision}"'
    return entry


def _text(typed: str, match: str) -> str:
    try:
        return parse_query(typed, Match.LOOKS_LIKE if match == Match.LOOKS_LIKE else None).text
    except PlateQueryError as error:
        raise InvalidError(str(error), [("body.text", str(error))]) from None


def _cameras(ctx: Context, who: Principal, asked: list[str] | None) -> list[str] | None:
    """The cameras of an entry: those asked for, or all of the account. Raises :class:`InvalidError`."""
    if asked is None:
        asked = None if who.cameras is None else sorted(who.cameras)
    if asked is None:
        return None
    for camera in asked:
        if camera not in ctx.names.cameras or not who.may_see(camera):
            message = f"không có camera {camera!r} / there is no camera {camera!r}"
            raise InvalidError(message, [("body.cameras", message)])
    if not asked:
        message = "cần ít nhất một camera / at least one camera is needed"
        raise InvalidError(message, [("body.cameras", message)])
    return sorted(set(asked))


def _check_end(valid_until: float | None, now: float) -> None:
    if valid_until is not None and valid_until <= now:
        message = "thời hạn phải ở tương lai / valid_until must lie in the future"
        raise InvalidError(message, [("body.valid_until", message)])


def _record(fields: dict[str, Any]) -> dict[str, Any]:
    """Fields as the audit log holds them."""
    end = fields.get("valid_until")
    return fields | ({"valid_until": iso(end)} if end is not None else {})
