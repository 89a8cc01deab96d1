"""Passwords, and how many attempts at one are let through."""

from __future__ import annotations

import hashlib
import hmac
import math
import threading
from collections import OrderedDict, deque
from urllib.parse import urlsplit

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from api.errors import TooManyError
from ioc.core.ports import Clock

COOKIE = "ioc_session"
CSRF_HEADER = "X-CSRF-Token"


class Passwords:
    """argon2id (RFC 9106). Blocking: tens of milliseconds and tens of megabytes a call."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._nobody = self._hasher.hash("nobody")

    def hash(self, password: str) -> str:
        """The hash that is stored."""
        return self._hasher.hash(password)

    def matches(self, stored: str | None, password: str) -> bool:
        """Whether the password is right; takes equally long for an account that does not exist (``stored`` None)."""
        try:
            self._hasher.verify(stored or self._nobody, password)
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None


class AttemptLimiter:
    """Lets ``limit`` failures per ``window`` seconds and key through; a success clears its key. One per process."""

    def __init__(self, clock: Clock, *, limit: int, window: float, keys: int = 10_000) -> None:
        self._clock, self._limit, self._window, self._keys = clock, limit, window, keys
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, key: str) -> None:
        """Raises :class:`TooManyError` with Retry-After (s)."""
        with self._lock:
            times = self._recent(key)
            full = len(times) >= self._limit
            wait = math.ceil(times[0] + self._window - self._clock.monotonic()) if full else 0
        if full:
            raise TooManyError(f"too many failed logins: wait {wait} s", headers={"Retry-After": str(max(1, wait))})

    def failed(self, key: str) -> None:
        """Count a failure."""
        with self._lock:
            self._recent(key).append(self._clock.monotonic())
            self._failures.move_to_end(key)
            while len(self._failures) > self._keys:
                self._failures.popitem(last=False)

    def succeeded(self, key: str) -> None:
        """Forget the key's failures."""
        with self._lock:
            self._failures.pop(key, None)

    def _recent(self, key: str) -> deque[float]:
        times = self._failures.setdefault(key, deque())
        while times and times[0] <= self._clock.monotonic() - self._window:
            times.popleft()
        return times


def csrf_token(cookie: str) -> str:
    """The token of a login: only who can read the answer to the login knows it, and nothing more has to be stored."""
    return hmac.new(cookie.encode(), b"csrf", hashlib.sha256).hexdigest()


def same(a: str, b: str) -> bool:
    """Compare secrets in constant time."""
    return hmac.compare_digest(a.encode(), b.encode())


def origin_allowed(origin: str | None, host: str | None, allowed: frozenset[str]) -> bool:
    """Whether a browser's request comes from this site. Programs send no Origin and are let through."""
    if origin is None or origin in allowed:
        return True
    return bool(host) and urlsplit(origin).netloc == host
