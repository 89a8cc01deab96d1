"""Accounts, for administrators."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from api import present
from api.admin_schemas import UserIn, UserList, UserOut, UserPatch
from api.context import Admin, Ctx
from api.errors import NotFoundError
from api.store import accounts, audit
from api.store.tables import UserRow

router = APIRouter(prefix="/users", tags=["users"])


@router.get("", summary="List accounts")
def list_users(ctx: Ctx, who: Admin) -> UserList:
    """All accounts, by name."""
    with ctx.database.read() as session:
        return UserList(items=[present.user(row) for row in accounts.users(session)])


@router.post("", status_code=201, summary="Make an account")
def add_user(ctx: Ctx, who: Admin, body: UserIn) -> UserOut:
    """A new account; 409 if the name is taken."""
    hashed = ctx.passwords.hash(body.password)
    with ctx.database.write() as session:
        new = accounts.NewUser(
            username=body.username, password_hash=hashed, role=body.role, display_name=body.display_name or "",
            language=body.language, cameras=body.cameras,
        )  # fmt: skip
        row = accounts.add_user(session, new, ctx.clock.now())
        audit.append(session, ctx.clock.now(), who.actor, "user.add", row.username, {"role": row.role})
        return present.user(row)


@router.patch("/{user_id}", summary="Change an account")
def change_user(
    ctx: Ctx, who: Admin, user_id: Annotated[int, Path(ge=1, le=2**53, description="Id of the account")], body: UserPatch
) -> UserOut:
    """What is left out stays. A new password, role or camera set, or `active: false`, ends the account's connections."""
    hashed = ctx.passwords.hash(body.password) if body.password else None
    with ctx.database.write() as session:
        row = session.get(UserRow, user_id)
        if row is None:
            raise NotFoundError(f"no account {user_id}")
        changes = body.model_dump(exclude_unset=True, exclude={"password"})
        _apply(row, changes)
        if hashed is not None:
            row.password_hash = hashed
        if hashed is not None or not row.active:
            accounts.close_sessions_of(session, row)
        accounts.guard_last_admin(session, row)
        named = sorted(changes) + (["password"] if hashed else [])
        audit.append(session, ctx.clock.now(), who.actor, "user.change", row.username, {"fields": named})
        result = present.user(row)
    ctx.hub.call(ctx.hub.end_user, user_id)
    return result


def _apply(row: UserRow, changes: dict[str, object]) -> None:
    """Set what was sent; null means 'leave it', apart from cameras, where null means all."""
    for name, value in changes.items():
        if name == "cameras" or value is not None:
            setattr(row, name, sorted(set(value)) if isinstance(value, list) else value)
