"""How long to wait before the next attempt to reach a camera."""

from __future__ import annotations

from dataclasses import dataclass

from tenacity import RetryCallState, Retrying, wait_exponential, wait_random


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Waits that double up to a cap, each with a random part, so that not all cameras meet a returning switch at once."""

    first_s: float = 1.0
    """The first wait, seconds."""
    cap_s: float = 30.0
    """The longest wait without its random part, seconds."""
    jitter: float = 0.5
    """Largest random part, as a share of the wait that it is added to."""
    stable_s: float = 10.0
    """A stream that lived this long starts the waits afresh when it breaks, seconds."""

    def wait(self, attempt: int, reason: str | None = None) -> float:
        """Seconds to wait after the ``attempt``-th failure in a row (1 is the first).

        Cameras lock an account after some wrong passwords, so that an unauthorised attempt waits the cap at once.
        """
        if reason == "unauthorised":
            base = self.cap_s
        else:
            base = wait_exponential(multiplier=self.first_s, max=self.cap_s)(_state(attempt))
        return base + wait_random(0, self.jitter * base)(_state(attempt))


def _state(attempt: int) -> RetryCallState:
    state = RetryCallState(Retrying(), None, (), {})
    state.attempt_number = attempt
    return state
