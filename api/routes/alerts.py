"""Alerts: lists, one alert, and what operators do with it."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Path, Query, Response

from api import present
from api.admin_schemas import AssigneeList, AssigneeOut
from api.context import Context, Ctx, Operator, Principal, Viewer
from api.errors import InvalidError, PreconditionRequiredError, StaleError
from api.fields import InstantIn, Slug
from api.schemas import ActIn, AlertOut, AlertPage, AlertWithHistory, AssignIn, NoteIn, Totals
from api.store import accounts, alerts, audit
from api.workflow import ACTING, Action, Role, Status
from ioc.core.types import Severity

router = APIRouter(tags=["alerts"])

AlertId = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9._:-]{1,200}$", description="Id of the alert", examples=["5b0c7c2e-6df0-5d57-9a3e"])
]
IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", description='The revision that was read, in quotes: `"3"`. Missing: 428, not current: 412'),
]
Key = Annotated[
    UUID | None,
    Header(alias="Idempotency-Key", description="UUID of the act: sent again it has the same answer and no second effect"),
]
_ETAG = re.compile(r'^(?:W/)?"?(\d{1,9})"?$')


@router.get("/alerts", summary="List alerts")
def list_alerts(
    ctx: Ctx,
    who: Viewer,
    status: Annotated[list[Status], Query(description="Only these statuses; may repeat")] = [],  # noqa: B006 - FastAPI copies
    kind: Annotated[list[Slug], Query(description="Only these kinds; may repeat")] = [],  # noqa: B006
    camera: Annotated[list[Slug], Query(description="Only these cameras; may repeat")] = [],  # noqa: B006
    severity: Annotated[list[Severity], Query(description="Only these severities; may repeat")] = [],  # noqa: B006
    active: Annotated[bool | None, Query(description="true: a camera sees it right now; false: it is over")] = None,
    since: Annotated[InstantIn | None, Query(description="Opened at this time or later")] = None,
    until: Annotated[InstantIn | None, Query(description="Opened before this time")] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="Alerts a page")] = 50,
    cursor: Annotated[str | None, Query(max_length=500, description="next_cursor of the page before")] = None,
) -> AlertPage:
    """Newest first by the time they opened; only cameras that the account may see. What the watchlist found is shown to
    police and administrators; others see when and where, without plate, reason and pictures.
    """
    wanted = alerts.Filter(
        status=status, kind=kind, camera=camera, severity=severity, active=active, since=since, until=until,
        visible=who.cameras,
    )  # fmt: skip
    with ctx.database.read() as session:
        rows, more, total = alerts.page(session, wanted, limit, cursor)
    items = [present.shown_to(present.alert(row, ctx.names), police=who.is_police) for row in rows]
    return AlertPage(items=items, next_cursor=more, total=total)


@router.get("/alerts/totals", summary="Count alerts")
def totals(ctx: Ctx, who: Viewer) -> Totals:
    """The same figures that the live connection pushes."""
    return Totals(**load_totals(ctx, who.cameras))


@router.get("/alerts/{alert_id}", summary="One alert")
def one(ctx: Ctx, who: Viewer, response: Response, alert_id: AlertId) -> AlertWithHistory:
    """With everything operators did; the header ETag holds the revision for If-Match."""
    with ctx.database.read() as session:
        row = alerts.find(session, alert_id, who.cameras)
        history = alerts.history(session, alert_id)
    response.headers["ETag"] = f'"{row.revision}"'
    return present.shown_to(present.alert_with_history(row, history, ctx.names), police=who.is_police)


@router.post("/alerts/{alert_id}/acknowledge", summary="Acknowledge")
def acknowledge(
    ctx: Ctx, who: Operator, response: Response, alert_id: AlertId, if_match: IfMatch = None, key: Key = None,
    body: ActIn | None = None,
) -> AlertOut:  # fmt: skip
    """Says that somebody has seen the alert: new -> acknowledged."""
    return _act(ctx, who, response, alert_id, Action.ACKNOWLEDGE, if_match, key, note=body.note if body else None)


@router.post("/alerts/{alert_id}/resolve", summary="Resolve")
def resolve(
    ctx: Ctx, who: Operator, response: Response, alert_id: AlertId, if_match: IfMatch = None, key: Key = None,
    body: ActIn | None = None,
) -> AlertOut:  # fmt: skip
    """Says that it is dealt with: new, acknowledged or in progress -> resolved."""
    return _act(ctx, who, response, alert_id, Action.RESOLVE, if_match, key, note=body.note if body else None)


@router.post("/alerts/{alert_id}/false-alarm", summary="Mark as false alarm")
def false_alarm(
    ctx: Ctx, who: Operator, response: Response, alert_id: AlertId, if_match: IfMatch = None, key: Key = None,
    body: ActIn | None = None,
) -> AlertOut:  # fmt: skip
    """Says that there was nothing: new, acknowledged or in progress -> false alarm."""
    return _act(ctx, who, response, alert_id, Action.FALSE_ALARM, if_match, key, note=body.note if body else None)


@router.post("/alerts/{alert_id}/reopen", summary="Reopen")
def reopen(
    ctx: Ctx, who: Operator, response: Response, alert_id: AlertId, if_match: IfMatch = None, key: Key = None,
    body: ActIn | None = None,
) -> AlertOut:  # fmt: skip
    """Takes a resolved alert or a false alarm up again: -> acknowledged."""
    return _act(ctx, who, response, alert_id, Action.REOPEN, if_match, key, note=body.note if body else None)


@router.post("/alerts/{alert_id}/assign", summary="Assign")
def assign(
    ctx: Ctx, who: Operator, response: Response, alert_id: AlertId, body: AssignIn, if_match: IfMatch = None,
    key: Key = None,
) -> AlertOut:  # fmt: skip
    """Gives the alert to somebody: new, acknowledged or in progress -> in progress."""
    return _act(ctx, who, response, alert_id, Action.ASSIGN, if_match, key, note=body.note, assignee=body.assignee)


@router.post("/alerts/{alert_id}/notes", summary="Add a note")
def add_note(
    ctx: Ctx, who: Operator, response: Response, alert_id: AlertId, body: NoteIn, if_match: IfMatch = None,
    key: Key = None,
) -> AlertOut:  # fmt: skip
    """Adds words to the history; the status stays."""
    return _act(ctx, who, response, alert_id, Action.NOTE, if_match, key, note=body.note)


@router.get("/assignees", summary="To whom alerts can be given")
def list_assignees(ctx: Ctx, who: Operator) -> AssigneeList:
    """Active accounts that may act."""
    with ctx.database.read() as session:
        rows = accounts.assignees(session)
    return AssigneeList(items=[AssigneeOut(username=r.username, display_name=r.display_name) for r in rows])


def load_totals(ctx: Context, visible: Collection[str] | None) -> dict[str, Any]:
    """The totals as JSON."""
    with ctx.database.read() as session:
        return alerts.totals(session, visible)


def revision_of(if_match: str | None) -> int | None:
    """The revision in an If-Match header, None for ``*``. Raises what answers 428 or 412."""
    if if_match is None:
        raise PreconditionRequiredError('send If-Match with the revision that was read, for instance If-Match: "0"')
    if if_match.strip() == "*":
        return None
    match = _ETAG.match(if_match.strip())
    if match is None:
        raise StaleError(f"If-Match {if_match!r} is no revision of an alert")
    return int(match[1])


def _act(
    ctx: Context,
    who: Principal,
    response: Response,
    alert_id: str,
    action: Action,
    if_match: str | None,
    key: UUID | None,
    *,
    note: str | None = None,
    assignee: str | None = None,
) -> AlertOut:
    revision, now = revision_of(if_match), ctx.clock.now()
    request = f"{action.value}\n{alert_id}\n{assignee or ''}\n{note or ''}"
    with ctx.database.write() as session:
        row = alerts.find(session, alert_id, who.cameras, lock=True)
        answer = accounts.recall(session, who.id, str(key), request) if key else None
        if answer is None:
            if assignee is not None:
                _check_assignee(accounts.by_name(session, assignee), row.camera)
            wish = alerts.Act(action=action, actor=who.name, revision=revision, note=note, assignee=assignee)
            alerts.act(session, row, wish, now)
            detail = {k: v for k, v in (("note", note), ("assignee", assignee), ("revision", row.revision)) if v}
            audit.append(session, now, who.actor, f"alert.{action.value}", alert_id, detail)
            result = present.alert(row, ctx.names)
            if key:
                accounts.remember(session, who.id, str(key), request, present.kept(row), now)
        else:
            result = present.alert(present.recalled(answer), ctx.names)
    if answer is None:
        ctx.hub.call(ctx.hub.alerts, [result])
    response.headers["ETag"] = f'"{result.revision}"'
    return present.shown_to(result, police=who.is_police)


def _check_assignee(user: Any, camera: str) -> None:
    able = user is not None and user.active and Role(user.role) in ACTING
    if not able or (user.cameras is not None and camera not in user.cameras):
        raise InvalidError("nobody of that name may act on this alert", [("body.assignee", "see GET /assignees")])
