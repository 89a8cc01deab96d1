"""`ioc serve` and `ioc users`."""

from __future__ import annotations

import getpass
import logging
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click
from pydantic import BaseModel, ValidationError

from ioc.core.config import Config
from ioc.core.config_file import load_config

if TYPE_CHECKING:  # the rest is imported when a command runs: `ioc --help` stays quick
    from api.store.audit import Actor
    from api.store.database import Database
    from api.store.tables import UserRow

ModelT = TypeVar("ModelT", bound=BaseModel)
PASSWORD_VARIABLE = "IOC_ADMIN_PASSWORD"
CONFIG = click.argument("config", type=click.Path(exists=True, dir_okay=False, path_type=Path), default="ioc.yaml")
CONFIG_OPTION = click.option(
    "--config", "-c", type=click.Path(exists=True, dir_okay=False, path_type=Path), default="ioc.yaml", show_default=True,
    help="Tệp cấu hình / configuration file",
)  # fmt: skip
ROLES = ("viewer", "operator", "police", "admin")


@click.command()
@CONFIG
@click.option("--host", help="Địa chỉ lắng nghe / address to listen on; overrides api.host")
@click.option("--port", type=click.IntRange(0, 65535), help="Cổng / port; overrides api.port, 0 takes a free one")
@click.option("--replica", default="1", show_default=True, help="Tên bản sao / this replica's name, stable over restarts")
@click.option("--share", help="Nhóm chia sẻ / shared subscription group, where several replicas divide the events")
@click.option("--origin", "origins", multiple=True, help="Nguồn được phép / another origin that may log in; may repeat")
@click.option(
    "--log-level", default="info", type=click.Choice(["debug", "info", "warning", "error"]), show_default=True,
    help="Mức nhật ký / how much is logged",
)  # fmt: skip
def serve(
    config: Path, host: str | None, port: int | None, replica: str, share: str | None, origins: tuple[str, ...],
    log_level: str,
) -> None:  # fmt: skip
    """Chạy API vận hành và giao diện / run the operations API and console."""
    from api.app import Options, create_app
    from api.bootstrap import ADMINISTRATOR, first_administrator
    from api.ingest import Replica

    logging.basicConfig(level=log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    settings = load_config(config)
    options = Options(replica=Replica(name=replica, share=share), origins=frozenset(origins))
    app = create_app(settings, options=options)
    ctx = app.state.context
    given = os.environ.get(PASSWORD_VARIABLE)
    password = first_administrator(ctx.database, ctx.passwords, ctx.clock.now(), given)
    if password is not None and given is None:
        click.echo(
            f"Tài khoản quản trị / administrator: {ADMINISTRATOR} · mật khẩu / password: {password}"
            " (chỉ hiện một lần / shown once)"
        )
    run(app, host or settings.api.host, settings.api.port if port is None else port, log_level)


def run(app: object, host: str, port: int, log_level: str) -> None:
    """Serve until stopped. Binds first, so that the address that is printed is the true one, also for port 0."""
    import uvicorn

    settings = uvicorn.Config(
        app,  # type: ignore[arg-type]  # any ASGI application
        log_level=log_level,
        log_config=None,
        access_log=False,
        ws_per_message_deflate=False,  # pictures are compressed already, and the rest is small
        ws_max_size=65536,
        timeout_graceful_shutdown=5,
        server_header=False,
    )
    listener = bind(host, port)
    shown = f"[{host}]" if ":" in host else host
    click.echo(f"Giao diện và API / console and API: http://{shown}:{listener.getsockname()[1]}/")
    uvicorn.Server(settings).run(sockets=[listener])


def bind(host: str, port: int) -> socket.socket:
    """A listening socket. Raises :class:`click.ClickException` for an address that cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise click.ClickException(f"không lắng nghe được / cannot listen on {host}:{port}: {error}") from error
    listener.listen(2048)
    return listener


@click.group()
def users() -> None:
    """Tài khoản / accounts."""


@users.command("list")
@CONFIG_OPTION
def list_users(config: Path) -> None:
    """Liệt kê tài khoản / list accounts."""
    from api.store import accounts

    with _database(load_config(config)).read() as session:
        for row in accounts.users(session):
            cameras = "all" if row.cameras is None else ",".join(str(c) for c in row.cameras)
            state = "active" if row.active else "disabled"
            click.echo(f"{row.username}\t{row.role}\t{state}\t{cameras}\t{row.display_name}")


@users.command("add")
@click.argument("username")
@click.option("--role", type=click.Choice(ROLES), default="operator", show_default=True, help="Vai trò / role")
@click.option("--name", default="", help="Tên hiển thị / name for people")
@click.option("--camera", "cameras", multiple=True, help="Chỉ camera này / only this camera; may repeat")
@click.password_option(help="Mật khẩu / password; asked for if not given")
@CONFIG_OPTION
def add_user(config: Path, username: str, role: str, name: str, cameras: tuple[str, ...], password: str) -> None:
    """Thêm tài khoản / add an account."""
    from api.admin_schemas import UserIn
    from api.security import Passwords
    from api.store import accounts, audit
    from api.workflow import Role

    checked = _checked(
        UserIn, username=username, password=password, role=role, display_name=name or None, cameras=list(cameras) or None
    )
    new = accounts.NewUser(
        username=checked.username, password_hash=Passwords().hash(password), role=Role(role), display_name=name,
        cameras=checked.cameras,
    )  # fmt: skip
    with _database(load_config(config)).write() as session:
        accounts.add_user(session, new, _now())
        audit.append(session, _now(), _shell(), "user.add", username, {"role": role})
    click.echo(f"đã thêm / added {username}")


@users.command("password")
@click.argument("username")
@click.password_option(help="Mật khẩu mới / new password; asked for if not given")
@CONFIG_OPTION
def set_password(config: Path, username: str, password: str) -> None:
    """Đặt lại mật khẩu / set a password; ends the account's logins."""
    from api.admin_schemas import UserPatch
    from api.security import Passwords
    from api.store import accounts, audit

    _checked(UserPatch, password=password)
    with _database(load_config(config)).write() as session:
        row = _user(accounts.by_name(session, username), username)
        row.password_hash = Passwords().hash(password)
        accounts.close_sessions_of(session, row)
        audit.append(session, _now(), _shell(), "user.change", username, {"fields": ["password"]})
    click.echo(f"đã đổi mật khẩu / password changed: {username}")


@users.command("token")
@click.argument("username")
@click.option("--name", default="service", show_default=True, help="Dùng cho / what it is for")
@click.option("--days", type=click.IntRange(1, 3650), help="Hết hạn sau / ends after so many days; never by default")
@CONFIG_OPTION
def make_token(config: Path, username: str, name: str, days: int | None) -> None:
    """Cấp mã truy cập cho dịch vụ / make a bearer token for a service; it is shown once."""
    from api.store import accounts, audit

    with _database(load_config(config)).write() as session:
        row = _user(accounts.by_name(session, username), username)
        token = accounts.add_token(session, row, name, _now(), None if days is None else days * 86400.0)
        audit.append(session, _now(), _shell(), "token.add", username, {"name": name})
    click.echo(token)


def _database(config: Config) -> Database:
    from api.store.database import open_database

    return open_database(config.store)


def _user(row: UserRow | None, username: str) -> UserRow:
    if row is None:
        raise click.ClickException(f"không có tài khoản / no account {username!r}")
    return row


def _checked(model: type[ModelT], **fields: object) -> ModelT:
    """The fields as the HTTP API would take them. Raises :class:`click.UsageError`."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        fault = error.errors()[0]
        raise click.UsageError(f"{fault['loc'][0]}: {fault['msg']}") from error


def _now() -> float:
    from ioc.adapters.clock import SystemClock

    return SystemClock().now()


def _shell() -> Actor:
    """Who works at the machine's own command line, as the audit log names it."""
    from api.store.audit import Actor

    return Actor(name=f"shell:{getpass.getuser()}")
