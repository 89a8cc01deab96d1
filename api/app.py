"""The composition root: everything is made here, once, and handed to those who need it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import aiomqtt
from fastapi import APIRouter, FastAPI

from api import openapi, problems, site
from api.bus import Backoff, BusState, keep_connected, make_client
from api.context import Context, EvidenceFiles
from api.feed import Feed
from api.follow import follow
from api.ingest import Ingest, Replica, presence
from api.live import Hub
from api.metrics import Metrics
from api.middleware import Guard
from api.present import PREFIX, Names
from api.routes import alerts, audit, cameras, counts, docs, evidence, live, plates, session, system, users, watchlist
from api.security import AttemptLimiter, Passwords
from api.store import alerts as alert_store
from api.store.database import Database, open_database
from ioc.adapters.clock import SystemClock
from ioc.adapters.evidence import ObjectEvidenceStore
from ioc.core.config import Config
from ioc.core.ports import Clock

log = logging.getLogger("ioc.api")

FAILURES_PER_USER = (5, 60.0)
FAILURES_PER_ADDRESS = (30, 60.0)
"""Failed logins that are let through: (how many, per how many seconds)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the configuration file does not say. ``with_bus`` False leaves the broker alone (documents, tests)."""

    replica: Replica = field(default_factory=Replica)
    origins: frozenset[str] = frozenset()
    with_bus: bool = True
    backoff: Backoff = field(default_factory=Backoff)
    console: Path = site.DIST


def create_app(
    config: Config,
    *,
    options: Options | None = None,
    database: Database | None = None,
    evidence_files: EvidenceFiles | None = None,
    clock: Clock | None = None,
    passwords: Passwords | None = None,
) -> FastAPI:
    """The operations API. Ports that are not given are the real ones. Raises :class:`ioc.core.errors.IocError`."""
    options = options or Options()
    ctx = make_context(
        config, options, database or open_database(config.store), evidence_files or ObjectEvidenceStore(config.evidence.url),
        clock or SystemClock(), passwords or Passwords(),
    )  # fmt: skip
    if options.with_bus and config.broker.password is not None:
        config.broker.password.read()  # a missing one is told now, not by a connection that never stands
    app = FastAPI(
        title="IOC", version=version("ioc"), lifespan=_lifespan(ctx, options), docs_url=None, redoc_url=None,
        redirect_slashes=False,
    )  # fmt: skip
    app.state.context = ctx
    problems.install(app)
    app.add_middleware(Guard, metrics=ctx.metrics)
    prefixed = APIRouter(prefix=PREFIX)
    for part in (session, alerts, cameras, counts, plates, watchlist, evidence, users, audit, system, live):
        prefixed.include_router(part.router)
    app.include_router(prefixed)
    app.include_router(system.plain)
    app.include_router(docs.router)
    openapi.install(app)
    site.install(app, options.console)
    return app


def make_context(
    config: Config, options: Options, database: Database, files: EvidenceFiles, clock: Clock, passwords: Passwords
) -> Context:
    """The parts, put together."""
    metrics = Metrics()

    def load_totals(visible: frozenset[str] | None) -> dict[str, Any]:
        with database.read() as session:
            return alert_store.totals(session, visible)

    return Context(
        config=config,
        database=database,
        evidence=files,
        clock=clock,
        hub=Hub(clock, metrics, load_totals),
        bus=BusState(),
        metrics=metrics,
        passwords=passwords,
        by_user=AttemptLimiter(clock, limit=FAILURES_PER_USER[0], window=FAILURES_PER_USER[1]),
        by_address=AttemptLimiter(clock, limit=FAILURES_PER_ADDRESS[0], window=FAILURES_PER_ADDRESS[1]),
        names=Names.of(config),
        origins=options.origins,
    )


def _lifespan(ctx: Context, options: Options) -> Any:
    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(work, name=name) for name, work in _background(ctx, options).items()]
        for task in tasks:
            task.add_done_callback(lambda done: _report(ctx, done))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            ctx.database.dispose()

    return lifespan


def _report(ctx: Context, task: asyncio.Task[None]) -> None:
    """A background task never ends by itself: if one does, the log says so and /readyz answers 503."""
    if not task.cancelled() and (error := task.exception()) is not None:
        ctx.bus.connected[task.get_name()] = False
        log.critical("the background task %s has failed: restart this process", task.get_name(), exc_info=error)


def _background(ctx: Context, options: Options) -> dict[str, Coroutine[Any, Any, None]]:
    """What runs beside the requests."""
    work: dict[str, Coroutine[Any, Any, None]] = {"live": ctx.hub.run()}
    if not options.with_bus:
        return work
    broker, replica, site_id = ctx.config.broker, options.replica, ctx.config.site.id
    name = f"ioc-api-{site_id}-{replica.name}"
    topic, payload = presence(site_id, replica, ctx.clock.now(), online=False)
    will = aiomqtt.Will(topic, payload, qos=1, retain=True)
    ingest, feed = Ingest(ctx, replica), Feed(ctx)
    work["ingest"] = keep_connected(
        "ingest", lambda: make_client(broker, name, persistent=True, will=will), ingest.work, ctx.bus, ctx.metrics,
        options.backoff,
    )  # fmt: skip
    work["feed"] = keep_connected(
        "feed", lambda: make_client(broker, f"{name}-live", persistent=False), feed.work, ctx.bus, ctx.metrics,
        options.backoff,
    )  # fmt: skip
    if replica.share:
        work["follow"] = follow(ctx)
    return work
