"""What a console needs to know once, health, figures, and the description of the bus."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy.exc import SQLAlchemyError

from api.admin_schemas import Health, KindOut, SeverityOut, SiteOut, StatusOut, SystemOut, Words
from api.asyncapi import document
from api.context import Ctx, Viewer
from api.words import KINDS, SEVERITIES, STATUSES, SUSPECTED
from api.workflow import TRANSITIONS

router = APIRouter(tags=["system"])
plain = APIRouter(tags=["health"])
"""Routes outside the prefix."""


@router.get("/system", summary="Site, version, words")
def system(ctx: Ctx, who: Viewer) -> SystemOut:
    """The site, the server's clock, and the words of kinds, statuses and severities in both languages."""
    site = ctx.config.site
    return SystemOut(
        site=SiteOut(id=site.id, name=site.name or site.id, timezone=site.timezone),
        version=version("ioc"),
        server_time=ctx.clock.now(),
        kinds=[KindOut(kind=k, title=Words(vi=w.vi, en=w.en), suspected=k in SUSPECTED) for k, w in KINDS.items()],
        statuses=[
            StatusOut(
                status=status,
                title=Words(vi=word.vi, en=word.en),
                actions=[action.value for before, action in TRANSITIONS if before is status],
            )
            for status, word in STATUSES.items()
        ],
        severities=[SeverityOut(severity=s, title=Words(vi=w.vi, en=w.en)) for s, w in SEVERITIES.items()],
    )


@plain.get("/healthz", summary="Is the process alive")
async def healthz() -> dict[str, str]:
    """Answers as long as the process works at all."""
    return {"status": "ok"}


@plain.get("/readyz", summary="Is everything reachable", responses={503: {"model": Health, "description": "A part is away"}})
def readyz(ctx: Ctx, response: Response) -> Health:
    """503 while the database or the broker is away."""
    try:
        ctx.database.ping()
        store = True
    except SQLAlchemyError:
        store = False
    broker = ctx.bus.up
    response.status_code = 200 if store and broker else 503
    return Health(status="ok" if store and broker else "degraded", store=store, broker=broker)


@plain.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses={200: {"description": "Prometheus text", "content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def metrics(ctx: Ctx) -> Response:
    """Counters and histograms of this process in Prometheus' text format."""
    return Response(ctx.metrics.text(), headers={"Content-Type": CONTENT_TYPE_LATEST})


@plain.get("/asyncapi.json", summary="The bus, described")
def asyncapi() -> dict[str, Any]:
    """AsyncAPI 3 document of every MQTT topic and message."""
    return document()
