"""`ioc serve` and `ioc users`, as an administrator meets them."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys

import httpx2
import pytest
from click.testing import CliRunner

from api.commands import bind, users
from api.store import accounts, audit
from api.store.database import open_database
from ioc.core.config_file import load_config

LONG = "mật khẩu đủ dài"


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "ioc.yaml"
    path.write_text("site: {id: bac-ninh}\nbroker: {url: 'mqtt://127.0.0.1:9'}\n", encoding="utf-8")
    return path


def call(config, *args, code=0):
    done = CliRunner().invoke(users, [args[0], "--config", str(config), *args[1:]])
    assert done.exit_code == code, done.output
    return done.output


def test_accounts(config):
    call(config, "add", "an", "--password", LONG, "--role", "police", "--camera", "gate", "--name", "Bình An")
    call(config, "add", "boss", "--password", LONG, "--role", "admin")
    assert call(config, "list").splitlines() == ["an\tpolice\tactive\tgate\tBình An", "boss\tadmin\tactive\tall\tboss"]
    call(config, "password", "an", "--password", LONG + "!")
    token = call(config, "token", "an", "--name", "export", "--days", "7").strip()
    database = open_database(load_config(config).store)
    with database.read() as session:
        now = accounts.by_name(session, "an").created_at
        assert accounts.find_token(session, token, now + 86400).username == "an"
        assert accounts.find_token(session, token, now + 9 * 86400) is None
        lines = audit.page(session, 9, None)
    database.dispose()
    assert [row.action for row in lines] == ["token.add", "user.change", "user.add", "user.add"]
    assert all(row.actor.startswith("shell:") for row in lines)


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("add", "an", "--password", "short"), 2),
        (("add", "Ă n", "--password", LONG), 2),
        (("add", "an", "--password", LONG, "--role", "king"), 2),
        (("password", "nobody", "--password", LONG), 1),
        (("token", "nobody"), 1),
    ],
)
def test_mistakes_are_told(config, args, code):
    assert "Error" in call(config, *args, code=code)


def test_a_taken_port_is_told():
    taken = bind("127.0.0.1", 0)
    port = taken.getsockname()[1]
    try:
        done = subprocess.run(
            [sys.executable, "-c", f"from api.commands import bind\nbind('127.0.0.1', {port})"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    finally:
        taken.close()
    assert "cannot listen on" in done.stderr


class Served:
    """`ioc serve` in a process of its own."""

    def __init__(self, config, **environment):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ioc", "serve", str(config), "--port", "0"], stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, env={**os.environ, **environment},
        )  # fmt: skip

    def lines(self, last: str) -> list[str]:
        """Lines of its output up to the one that holds ``last``."""
        got = []
        for line in self.process.stdout:
            got.append(line.strip())
            if last in line:
                return got
        raise AssertionError(f"ended without {last!r}: {got}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate(timeout=30)


def test_first_start_prints_the_password_once(config):
    with Served(config) as served:
        said, address = served.lines("http://")
        url = re.search(r"http://\S+", address)[0]
        password = re.search(r"password: (\S+)", said)[1]
        answer = httpx2.post(f"{url}api/v1/session", json={"username": "admin", "password": password})
        assert answer.status_code == 200, answer.text
        assert httpx2.get(f"{url}readyz").json() == {"status": "degraded", "store": True, "broker": False}
    with Served(config) as served:
        assert len(served.lines("http://")) == 1  # the address alone


def test_a_given_password_is_not_printed(config):
    with Served(config, IOC_ADMIN_PASSWORD=LONG) as served:
        (address,) = served.lines("http://")
        url = re.search(r"http://\S+", address)[0]
        answer = httpx2.post(f"{url}api/v1/session", json={"username": "admin", "password": LONG})
        assert answer.status_code == 200


def test_a_missing_secret_is_told_at_once(config):
    config.write_text("site: {id: s}\nbroker: {username: api, password: {env: IOC_TEST_NOT_SET}}\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "ioc", "serve", str(config), "--port", "0"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "IOC_TEST_NOT_SET" in done.stderr


def test_sockets_can_be_ipv6():
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    try:
        listener = bind("::1", 0)
    except Exception as error:  # noqa: BLE001 - whatever a machine without IPv6 says
        pytest.skip(f"no IPv6 here: {error}")
    assert listener.getsockname()[1] > 0
    listener.close()
