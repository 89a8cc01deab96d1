"""Waits between attempts grow to a cap and are never the same for all cameras."""

from __future__ import annotations

import pytest

from streams.backoff import Backoff


@pytest.mark.parametrize(
    ("attempt", "reason", "base"),
    [
        (1, "refused", 1.0),
        (2, "timeout", 2.0),
        (4, "timeout", 8.0),
        (6, "ended", 30.0),  # the cap
        (5000, "ended", 30.0),
        (1, "unauthorised", 30.0),  # a camera locks an account that keeps failing
    ],
)
def test_waits(attempt: int, reason: str, base: float) -> None:
    backoff = Backoff(first_s=1.0, cap_s=30.0, jitter=0.5)
    waits = {backoff.wait(attempt, reason) for _ in range(50)}
    assert all(base <= w <= 1.5 * base for w in waits)
    assert len(waits) > 1


def test_without_jitter_waits_are_exact() -> None:
    assert [Backoff(first_s=0.5, cap_s=3, jitter=0).wait(i) for i in (1, 2, 3, 4)] == [0.5, 1.0, 2.0, 3]
