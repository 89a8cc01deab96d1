"""The first administrator."""

from __future__ import annotations

import secrets

from api.errors import ConflictError
from api.security import Passwords
from api.store import accounts, audit
from api.store.audit import Actor
from api.store.database import Database
from api.workflow import Role
from ioc.core.errors import ConfigError

ADMINISTRATOR = "admin"
SHORTEST = 10
"""Characters of a password, at least."""


def first_administrator(database: Database, passwords: Passwords, now: float, given: str | None = None) -> str | None:
    """Make the account ``admin`` where there is no account at all; its password, None where nothing was made.

    ``given`` is the password to use; without it one is made up.
    """
    if given is not None and len(given) < SHORTEST:
        raise ConfigError([f"the administrator's password needs at least {SHORTEST} characters"])
    with database.read() as session:
        if accounts.count_users(session):
            return None
    password = given or secrets.token_urlsafe(12)
    new = accounts.NewUser(
        username=ADMINISTRATOR, password_hash=passwords.hash(password), role=Role.ADMIN, display_name="Quản trị viên"
    )
    try:
        with database.write() as session:
            accounts.add_user(session, new, now)
            audit.append(session, now, Actor(name="system"), "user.add", ADMINISTRATOR, {"role": Role.ADMIN.value})
    except ConflictError:  # another replica was quicker
        return None
    return password
