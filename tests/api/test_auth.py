"""Who may do what, and how they prove who they are."""

from __future__ import annotations

import pytest

from api.bootstrap import first_administrator
from api.errors import TooManyError
from api.security import AttemptLimiter, csrf_token, origin_allowed
from api.store import accounts, audit
from api.workflow import Role
from ioc.core.errors import ConfigError
from tests.api.conftest import PASSWORD, event
from tests.fakes.time import FrozenClock

API = "/api/v1"
ALERT = event().alert.id
ANYBODY, ACTING, ADMIN = {"viewer", "operator", "police", "admin"}, {"operator", "police", "admin"}, {"admin"}
POLICE = {"police", "admin"}
ROUTES = [
    # (method, path, body, who may)
    ("GET", "/alerts", None, ANYBODY),
    ("GET", "/alerts/totals", None, ANYBODY),
    ("GET", f"/alerts/{ALERT}", None, ANYBODY),
    ("POST", f"/alerts/{ALERT}/acknowledge", {}, ACTING),
    ("POST", f"/alerts/{ALERT}/resolve", {}, ACTING),
    ("POST", f"/alerts/{ALERT}/false-alarm", {}, ACTING),
    ("POST", f"/alerts/{ALERT}/reopen", {}, ACTING),
    ("POST", f"/alerts/{ALERT}/assign", {"assignee": "operator"}, ACTING),
    ("POST", f"/alerts/{ALERT}/notes", {"note": "x"}, ACTING),
    ("GET", "/assignees", None, ACTING),
    ("GET", "/cameras", None, ANYBODY),
    ("GET", "/counts", None, ANYBODY),
    ("GET", "/plates?text=98A12345", None, POLICE),
    ("POST", "/plates/search", {"text": "98A12345", "reason": "tìm", "case_number": "1"}, POLICE),
    ("GET", "/plates/none", None, POLICE),
    ("GET", "/watchlist", None, POLICE),
    ("POST", "/watchlist", {"text": "98A12345", "reason": "tìm", "case_number": "1"}, POLICE),
    ("GET", "/watchlist/none", None, POLICE),
    ("PATCH", "/watchlist/none", {"active": False}, POLICE),
    ("DELETE", "/watchlist/none", None, POLICE),
    ("GET", "/evidence/none.jpg", None, ANYBODY),
    ("GET", "/system", None, ANYBODY),
    ("GET", "/users", None, ADMIN),
    ("POST", "/users", {"username": "new", "password": PASSWORD, "role": "viewer"}, ADMIN),
    ("PATCH", "/users/1", {"language": "en"}, ADMIN),
    ("GET", "/audit", None, ADMIN),
    ("GET", "/audit/check", None, ADMIN),
]


def test_roles(quick_people, ingest):
    ingest(quick_people.database, event())
    clients = {role: quick_people.log_in(role.value, role) for role in Role}
    for role, client in clients.items():
        for method, path, body, allowed in ROUTES:
            status = client.request(method, API + path, json=body, headers={"If-Match": '"999"'}).status_code
            assert (status == 403) == (role.value not in allowed), f"{role} {method} {path}: {status}"
            assert status != 401
            assert status < 500


def test_the_table_names_every_route(quick_people):
    paths = {p for p in quick_people.app.openapi()["paths"] if p.startswith(API) and not p.endswith("/session")}
    named = {API + path.partition("?")[0] for _, path, _, _ in ROUTES}
    examples = {"{alert_id}": ALERT, "{user_id}": "1", "{key}": "none.jpg", "{read_id}": "none", "{entry_id}": "none"}
    for name, example in examples.items():
        paths = {p.replace(name, example) for p in paths}
    assert named == paths


@pytest.mark.parametrize(
    ("method", "path"), [(m, p) for m, p, _, _ in ROUTES] + [("GET", "/session"), ("DELETE", "/session")]
)
def test_nobody_gets_in_without_a_login(quick_people, method, path):
    client = quick_people.client()
    for headers, cookies in (({}, {}), ({"Authorization": "Bearer ioc_guess"}, {}), ({}, {"ioc_session": "guess"})):
        client.cookies = cookies
        answer = client.request(method, API + path, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"


def test_unsafe_methods_need_the_csrf_token(quick_people):
    client = quick_people.log_in("boss", Role.ADMIN)
    right = client.headers.pop("X-CSRF-Token")
    for wrong in (None, "", right[:-1], csrf_token("other"), "ừ"):
        headers = {} if wrong is None else {b"X-CSRF-Token": wrong.encode()}
        assert client.patch(f"{API}/users/1", json={}, headers=headers).status_code == 403
    assert client.patch(f"{API}/users/1", json={}, headers={"X-CSRF-Token": right}).status_code == 200
    assert client.get(f"{API}/users").status_code == 200


def test_a_token_needs_no_csrf(quick_people, clock):
    user = quick_people.add("export", Role.OPERATOR)
    with quick_people.database.write() as session:
        token = accounts.add_token(session, accounts.by_name(session, "export"), "export", clock.now(), 60)
    client = quick_people.client()
    client.headers["Authorization"] = f"Bearer {token}"
    assert client.get(f"{API}/alerts").status_code == 200
    assert client.post(f"{API}/alerts/nothing/acknowledge", headers={"If-Match": '"0"'}).status_code == 404
    clock.advance(61)
    assert client.get(f"{API}/alerts").status_code == 401
    assert user


def test_login_and_logout(people, clock):
    client = people.log_in("an", Role.OPERATOR)
    cookie = client.cookies["ioc_session"]
    me = client.get(f"{API}/session").json()
    assert me["user"] == {"id": 1, "username": "an", "role": "operator", "display_name": "an", "language": "vi"}
    assert me["csrf_token"] == client.headers["X-CSRF-Token"]
    assert client.delete(f"{API}/session").status_code == 204
    client.cookies = {"ioc_session": cookie}
    assert client.get(f"{API}/session").status_code == 401
    with people.database.read() as session:
        assert [row.action for row in audit.page(session, 9, None)] == ["session.close", "session.open"]


def test_cookie_is_guarded(quick_people):
    quick_people.add("an", Role.VIEWER)
    answer = quick_people.client().post(f"{API}/session", json={"username": "an", "password": PASSWORD})
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Secure" not in cookie  # as configured: this server speaks plain http


def test_sessions_end_by_themselves(quick_people, clock):
    client = quick_people.log_in("an")
    clock.advance(12 * 3600 - 1)
    assert client.get(f"{API}/session").status_code == 200
    clock.advance(2)
    assert client.get(f"{API}/session").status_code == 401


def test_wrong_passwords_are_limited_and_audited(quick_people, clock):
    quick_people.add("an", Role.VIEWER)
    client = quick_people.client()

    def attempt(name, password):
        return client.post(f"{API}/session", json={"username": name, "password": password})

    answers = [attempt("an", "wrong") for _ in range(6)]
    assert [a.status_code for a in answers] == [401] * 5 + [429]
    assert int(answers[-1].headers["Retry-After"]) == 60
    assert attempt("an", PASSWORD).status_code == 429  # the right one has to wait too
    assert attempt("nobody", "wrong").json()["detail"] == answers[0].json()["detail"]  # names are not given away
    clock.advance(61)
    assert attempt("an", PASSWORD).status_code == 200
    with quick_people.database.read() as session:
        lines = [(row.action, row.actor, row.target) for row in audit.page(session, 20, None)]
    assert lines.count(("session.refused", "an", "an")) == 5
    assert ("session.refused", "unknown", "nobody") in lines


def test_one_address_cannot_try_all_names(quick_people):
    client = quick_people.client()
    answers = [client.post(f"{API}/session", json={"username": f"u{n}", "password": "x"}).status_code for n in range(31)]
    assert answers == [401] * 30 + [429]


def test_limiter_forgets_after_success_and_stays_small():
    clock = FrozenClock()
    limiter = AttemptLimiter(clock, limit=2, window=10, keys=3)
    for key in "abcd":
        limiter.failed(key)
        limiter.failed(key)
    limiter.check("a")  # forgotten: only three keys are remembered
    with pytest.raises(TooManyError):
        limiter.check("d")
    limiter.succeeded("d")
    limiter.check("d")


@pytest.mark.parametrize(
    ("origin", "host", "allowed", "expected"),
    [
        (None, "ioc.local", (), True),  # a program
        ("https://ioc.local", "ioc.local", (), True),
        ("http://ioc.local:8000", "ioc.local:8000", (), True),
        ("http://ioc.local:8001", "ioc.local:8000", (), False),
        ("https://evil.example", "ioc.local", (), False),
        ("https://ioc.local.evil.example", "ioc.local", (), False),
        ("null", "ioc.local", (), False),
        ("http://localhost:5173", "ioc.local", ("http://localhost:5173",), True),
        ("http://x", None, (), False),
    ],
)
def test_origins(origin, host, allowed, expected):
    assert origin_allowed(origin, host, frozenset(allowed)) is expected


def test_login_from_another_site_is_refused(quick_people):
    quick_people.add("an", Role.VIEWER)
    answer = quick_people.client().post(
        f"{API}/session", json={"username": "an", "password": PASSWORD}, headers={"Origin": "https://evil.example"}
    )
    assert answer.status_code == 403


def test_camera_sets(people, ingest):
    ingest(people.database, event(1), event(2, camera="square"))
    client = people.log_in("an", Role.OPERATOR, cameras=["square"])
    assert [a["camera"] for a in client.get(f"{API}/alerts").json()["items"]] == ["square"]
    assert client.get(f"{API}/alerts/totals").json()["active"] == 1
    assert [c["id"] for c in client.get(f"{API}/cameras").json()["items"]] == ["square"]
    assert client.get(f"{API}/alerts/{ALERT}").status_code == 404
    answer = client.post(f"{API}/alerts/{ALERT}/acknowledge", headers={"If-Match": '"0"'})
    assert answer.status_code == 404


def test_accounts(people):
    boss = people.log_in("boss", Role.ADMIN)
    new = {"username": "an", "password": PASSWORD, "role": "operator", "cameras": ["square", "gate", "gate"]}
    made = boss.post(f"{API}/users", json=new)
    assert made.status_code == 201
    assert made.json()["cameras"] == ["gate", "square"]
    assert "password" not in made.text
    assert boss.post(f"{API}/users", json=new).status_code == 409
    user = f"{API}/users/{made.json()['id']}"
    an = people.client()
    assert an.post(f"{API}/session", json={"username": "an", "password": PASSWORD}).status_code == 200
    assert boss.patch(user, json={"cameras": None, "display_name": "Bình An"}).json()["cameras"] is None
    assert an.get(f"{API}/session").json()["user"]["display_name"] == "Bình An"
    assert boss.patch(user, json={"password": "một mật khẩu khác"}).status_code == 200
    assert an.get(f"{API}/session").status_code == 401  # a new password ends logins
    assert boss.patch(user, json={"active": False}).json()["active"] is False
    assert an.post(f"{API}/session", json={"username": "an", "password": "một mật khẩu khác"}).status_code == 401
    assert boss.patch(f"{API}/users/99", json={}).status_code == 404
    assert boss.patch(f"{API}/users/1", json={"role": "viewer"}).status_code == 409  # the last administrator stays
    assert boss.patch(f"{API}/users/1", json={"active": False}).status_code == 409
    assert [u["username"] for u in boss.get(f"{API}/users").json()["items"]] == ["an", "boss"]
    lines = boss.get(f"{API}/audit", params={"limit": 2}).json()
    assert [line["action"] for line in lines["items"]] == ["session.refused", "user.change"]
    older = boss.get(f"{API}/audit", params={"limit": 2, "cursor": lines["next_cursor"]}).json()
    assert older["items"][0]["id"] == lines["items"][-1]["id"] - 1
    assert boss.get(f"{API}/audit/check").json() == {"intact": True, "broken_at": None}


def test_first_start_makes_one_administrator(database, passwords, clock):
    password = first_administrator(database, passwords, clock.now())
    assert password
    assert first_administrator(database, passwords, clock.now()) is None
    with database.read() as session:
        (row,) = accounts.users(session)
        assert (row.username, row.role) == ("admin", "admin")
        assert passwords.matches(row.password_hash, password)
        assert not passwords.matches(row.password_hash, password + "x")
        assert password not in row.password_hash


def test_given_password_must_be_long(sqlite, passwords, clock):
    with pytest.raises(ConfigError, match="at least 10"):
        first_administrator(sqlite, passwords, clock.now(), "short")
    assert first_administrator(sqlite, passwords, clock.now(), "long enough") == "long enough"


def test_passwords_are_argon2id_by_default():
    from api.security import Passwords

    assert Passwords().hash("x").startswith("$argon2id$")
