"""With several replicas: what the others stored, told to this one's consoles."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict

from sqlalchemy.exc import SQLAlchemyError

from api import present
from api.context import Context
from api.schemas import AlertOut
from api.store import alerts

log = logging.getLogger("ioc.api.follow")

EVERY_S = 0.5
OVERLAP_S = 5.0
"""How far back each look goes: transactions end in another order than they begin, and clocks differ a little."""
REMEMBER = 20_000


class Seen:
    """Which versions of alerts went out already."""

    def __init__(self, size: int = REMEMBER) -> None:
        self._size = size
        self._versions: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def fresh(self, alert: AlertOut) -> bool:
        """Whether this version is newer than any seen; remembers it."""
        version = (alert.revision, alert.sequence)
        known = self._versions.get(alert.id)
        if known is not None and known >= version:
            return False
        self._versions[alert.id] = version
        self._versions.move_to_end(alert.id)
        while len(self._versions) > self._size:
            self._versions.popitem(last=False)
        return True


async def follow(ctx: Context, every: float = EVERY_S) -> None:
    """Look for changes until cancelled. Consoles drop what they know already, so a repeat does no harm."""
    seen, since = Seen(), ctx.clock.now()

    def load() -> list[AlertOut]:
        with ctx.database.read() as session:
            return [present.alert(row, ctx.names) for row in alerts.changed_since(session, since - OVERLAP_S)]

    while True:
        await asyncio.sleep(every)
        now = ctx.clock.now()
        try:
            changed = await asyncio.to_thread(load)
        except SQLAlchemyError as error:
            ctx.metrics.store_faults.inc()
            log.error("changes of other replicas could not be read: %s", error)
            continue
        ctx.hub.alerts([alert for alert in changed if seen.fresh(alert)])
        since = now
