"""Accounts, logins, bearer tokens and answers kept for repeated requests."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api.errors import ConflictError, InvalidError
from api.store.tables import IdempotencyRow, SessionRow, TokenRow, UserRow
from api.workflow import ACTING, Role

IDEMPOTENCY_S = 7 * 24 * 3600.0
"""How long the answer to a repeated request is kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """What makes an account."""

    username: str
    password_hash: str
    role: Role
    display_name: str = ""
    language: str = "vi"
    cameras: Sequence[str] | None = None


def secret() -> str:
    """A new secret of 256 bits, URL-safe."""
    return secrets.token_urlsafe(32)


def fingerprint(value: str) -> str:
    """SHA-256 (hex). Good for secrets of 256 bits; passwords go through argon2 instead."""
    return hashlib.sha256(value.encode()).hexdigest()


def count_users(session: Session) -> int:
    """How many accounts there are."""
    return session.scalar(select(func.count()).select_from(UserRow)) or 0


def add_user(session: Session, new: NewUser, now: float) -> UserRow:
    """A new account. Raises :class:`ConflictError` if the name is taken."""
    row = UserRow(
        username=new.username, display_name=new.display_name or new.username, role=new.role.value, language=new.language,
        cameras=None if new.cameras is None else sorted(set(new.cameras)), password_hash=new.password_hash, active=True,
        created_at=now,
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        raise ConflictError(f"there is an account {new.username!r} already") from None
    return row


def by_name(session: Session, username: str) -> UserRow | None:
    """The account of that name."""
    return session.scalar(select(UserRow).where(UserRow.username == username))


def users(session: Session) -> list[UserRow]:
    """All accounts, by name."""
    return list(session.scalars(select(UserRow).order_by(UserRow.username)))


def assignees(session: Session) -> list[UserRow]:
    """Active accounts to which an alert can be given, by name."""
    query = select(UserRow).where(UserRow.active, UserRow.role.in_([r.value for r in ACTING]))
    return list(session.scalars(query.order_by(UserRow.username)))


def guard_last_admin(session: Session, user: UserRow) -> None:
    """Raises :class:`ConflictError` where the change of ``user`` would leave nobody who may manage accounts."""
    session.flush()
    query = select(func.count()).select_from(UserRow).where(UserRow.active, UserRow.role == Role.ADMIN.value)
    if not session.scalar(query):
        raise ConflictError(f"{user.username!r} is the last administrator")


def open_session(session: Session, user: UserRow, now: float, seconds: float, address: str) -> tuple[str, float]:
    """Log in: the cookie's value and when it ends. Logins that have ended are removed."""
    session.execute(delete(SessionRow).where(SessionRow.expires_at <= now))
    cookie = secret()
    session.add(
        SessionRow(digest=fingerprint(cookie), user_id=user.id, created_at=now, expires_at=now + seconds, address=address)
    )
    return cookie, now + seconds


def find_session(session: Session, cookie: str, now: float) -> tuple[UserRow, float] | None:
    """The active account behind a cookie and when the login ends."""
    query = (
        select(UserRow, SessionRow.expires_at)
        .join(SessionRow, SessionRow.user_id == UserRow.id)
        .where(SessionRow.digest == fingerprint(cookie), SessionRow.expires_at > now, UserRow.active)
    )
    found = session.execute(query).first()
    return None if found is None else (found[0], found[1])


def close_session(session: Session, cookie: str) -> None:
    """Log out."""
    session.execute(delete(SessionRow).where(SessionRow.digest == fingerprint(cookie)))


def close_sessions_of(session: Session, user: UserRow) -> None:
    """End every login of an account."""
    session.execute(delete(SessionRow).where(SessionRow.user_id == user.id))


def add_token(session: Session, user: UserRow, name: str, now: float, seconds: float | None = None) -> str:
    """A new bearer token; it cannot be read back later."""
    token = f"ioc_{secret()}"
    expires = None if seconds is None else now + seconds
    session.add(TokenRow(digest=fingerprint(token), user_id=user.id, name=name, created_at=now, expires_at=expires))
    return token


def find_token(session: Session, token: str, now: float) -> UserRow | None:
    """The active account behind a bearer token."""
    query = (
        select(UserRow)
        .join(TokenRow, TokenRow.user_id == UserRow.id)
        .where(TokenRow.digest == fingerprint(token), UserRow.active)
        .where((TokenRow.expires_at.is_(None)) | (TokenRow.expires_at > now))
    )
    return session.scalar(query)


def recall(session: Session, user_id: int, key: str, request: str) -> dict[str, Any] | None:
    """The answer kept for a request, None for a new one. Raises :class:`InvalidError` if the key was used otherwise."""
    row = session.get(IdempotencyRow, (user_id, key))
    if row is None:
        return None
    if row.fingerprint != fingerprint(request):
        raise InvalidError("this Idempotency-Key was used for another request", [("header.Idempotency-Key", "used before")])
    return row.answer


def remember(session: Session, user_id: int, key: str, request: str, answer: dict[str, Any], now: float) -> None:
    """Keep an answer, in the transaction of the effect. Raises IntegrityError if another request was quicker."""
    session.execute(delete(IdempotencyRow).where(IdempotencyRow.created_at < now - IDEMPOTENCY_S))
    session.add(IdempotencyRow(user_id=user_id, key=key, fingerprint=fingerprint(request), answer=answer, created_at=now))
    session.flush()
