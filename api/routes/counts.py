"""Count series."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api import present
from api.context import Ctx, Viewer
from api.fields import InstantIn, Slug
from api.schemas import CountList
from api.store import readings

router = APIRouter(prefix="/counts", tags=["counts"])


@router.get("", summary="Points of count series")
def list_counts(
    ctx: Ctx,
    who: Viewer,
    camera: Annotated[list[Slug], Query(description="Only these cameras; may repeat")] = [],  # noqa: B006 - FastAPI copies
    zone: Annotated[list[Slug], Query(description="Only these zones; may repeat")] = [],  # noqa: B006
    label: Annotated[list[Slug], Query(description="Only these labels; may repeat")] = [],  # noqa: B006
    since: Annotated[InstantIn | None, Query(description="At this time or later")] = None,
    until: Annotated[InstantIn | None, Query(description="Before this time")] = None,
    limit: Annotated[int, Query(ge=1, le=10_000, description="Points at most: the newest")] = 1000,
) -> CountList:
    """The newest points that fit, oldest first."""
    with ctx.database.read() as session:
        rows = readings.counts(
            session, camera=camera, zone=zone, label=label, since=since, until=until, visible=who.cameras, limit=limit
        )
    return CountList(items=[present.count(row) for row in rows])
