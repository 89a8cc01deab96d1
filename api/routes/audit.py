"""The audit log, for administrators."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api import present
from api.admin_schemas import AuditCheck, AuditPage
from api.context import Admin, Ctx
from api.store import audit

router = APIRouter(prefix="/audit", tags=["audit"])


@router.get("", summary="Read the audit log")
def list_audit(
    ctx: Ctx,
    who: Admin,
    limit: Annotated[int, Query(ge=1, le=500, description="Lines a page")] = 100,
    cursor: Annotated[str | None, Query(pattern=r"^[0-9]{1,15}$", description="next_cursor of the page before")] = None,
) -> AuditPage:
    """Every act, newest first."""
    with ctx.database.read() as session:
        rows = audit.page(session, limit + 1, int(cursor) if cursor else None)
    more = str(rows[limit - 1].id) if len(rows) > limit else None
    return AuditPage(items=[present.audit(row) for row in rows[:limit]], next_cursor=more)


@router.get("/check", summary="Check the audit log")
def check(ctx: Ctx, who: Admin) -> AuditCheck:
    """Follows the chain of hashes from the first line on."""
    with ctx.database.read() as session:
        broken = audit.verify(session)
    return AuditCheck(intact=broken is None, broken_at=broken)
