"""What every route needs, made once by :func:`api.app.create_app`, and who is asking."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Annotated, Protocol

from fastapi import Depends, Security
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import HTTPConnection, Request

from api.bus import BusState
from api.errors import ForbiddenError, UnauthenticatedError
from api.live import Hub
from api.metrics import Metrics
from api.present import Names
from api.security import COOKIE, CSRF_HEADER, AttemptLimiter, Passwords, csrf_token, same
from api.store import accounts
from api.store.audit import Actor
from api.store.database import Database
from api.store.tables import UserRow
from api.workflow import ACTING, POLICE, Role
from ioc.adapters.evidence import StoredFile
from ioc.core.config import Config
from ioc.core.ports import Clock

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class EvidenceFiles(Protocol):
    """Reading evidence, as :class:`ioc.adapters.evidence.ObjectEvidenceStore` does."""

    def head(self, key: str) -> StoredFile:
        """Size and tag."""
        ...

    def chunks(self, key: str, start: int, end: int) -> Iterator[bytes]:
        """Bytes ``start`` to ``end`` (exclusive)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The parts of the running API."""

    config: Config
    database: Database
    evidence: EvidenceFiles
    clock: Clock
    hub: Hub
    bus: BusState
    metrics: Metrics
    passwords: Passwords
    by_user: AttemptLimiter
    by_address: AttemptLimiter
    names: Names
    origins: frozenset[str] = field(default_factory=frozenset)


def context(connection: HTTPConnection) -> Context:
    """The parts of the API that serves this request."""
    value = connection.app.state.context
    assert isinstance(value, Context)
    return value


Ctx = Annotated[Context, Depends(context)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who is asking."""

    id: int
    name: str
    role: Role
    cameras: frozenset[str] | None
    """Cameras the account may see; None means all."""
    address: str

    @property
    def actor(self) -> Actor:
        """As the audit log names it."""
        return Actor(name=self.name, address=self.address)

    @property
    def is_police(self) -> bool:
        """Whether the account may see whose plate passed where."""
        return self.role in POLICE

    def may_see(self, camera: str) -> bool:
        """Whether the camera is one of the account's."""
        return self.cameras is None or camera in self.cameras


def principal(row: UserRow, address: str) -> Principal:
    """The account as somebody who asks."""
    cameras = None if row.cameras is None else frozenset(str(c) for c in row.cameras)
    return Principal(id=row.id, name=row.username, role=Role(row.role), cameras=cameras, address=address)


def address_of(connection: HTTPConnection) -> str:
    """Network address of the peer."""
    return connection.client.host if connection.client else ""


_cookie = APIKeyCookie(name=COOKIE, auto_error=False, scheme_name="session", description="Cookie of POST /session")
_bearer = HTTPBearer(auto_error=False, scheme_name="token", description="Token of `ioc users token`")


def current(
    request: Request,
    ctx: Ctx,
    cookie: Annotated[str | None, Security(_cookie)],
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
) -> Principal:
    """Who is asking; under a cookie an unsafe method needs the CSRF token. Raises what answers 401 or 403."""
    now = ctx.clock.now()
    with ctx.database.read() as session:
        if bearer is not None:
            row = accounts.find_token(session, bearer.credentials, now)
            if row is None:
                raise UnauthenticatedError("the token is unknown or has ended", headers={"WWW-Authenticate": "Bearer"})
            return principal(row, address_of(request))
        found = accounts.find_session(session, cookie, now) if cookie else None
    if cookie is None or found is None:
        raise UnauthenticatedError("log in first")
    sent = request.headers.get(CSRF_HEADER, "")
    if request.method not in SAFE_METHODS and not same(sent, csrf_token(cookie)):
        raise ForbiddenError(f"the header {CSRF_HEADER} is missing or wrong")
    return principal(found[0], address_of(request))


Viewer = Annotated[Principal, Depends(current)]
"""Anybody who is logged in."""


def _one_of(roles: frozenset[Role]) -> Callable[[Viewer], Principal]:
    def check(who: Viewer) -> Principal:
        if who.role not in roles:
            raise ForbiddenError(f"the role {who.role.value} may not do this")
        return who

    return check


Operator = Annotated[Principal, Depends(_one_of(ACTING))]
"""Somebody who may act on alerts."""
Police = Annotated[Principal, Depends(_one_of(POLICE))]
"""Somebody who may look for plates."""
Admin = Annotated[Principal, Depends(_one_of(frozenset({Role.ADMIN})))]
"""Somebody who manages accounts and reads the audit log."""
