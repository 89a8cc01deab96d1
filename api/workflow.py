"""What operators may do with an alert, as a table without I/O."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from api.errors import ConflictError


class Status(StrEnum):
    """How far operators have come with an alert. Cameras never change it."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "in_progress"
    RESOLVED = "resolved"
    FALSE_ALARM = "false_alarm"


class Action(StrEnum):
    """One act of an operator."""

    ACKNOWLEDGE = "acknowledge"
    ASSIGN = "assign"
    RESOLVE = "resolve"
    FALSE_ALARM = "false-alarm"
    REOPEN = "reopen"
    NOTE = "note"


class Role(StrEnum):
    """What an account may do; each role may look."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    POLICE = "police"
    ADMIN = "admin"


ACTING = frozenset({Role.OPERATOR, Role.POLICE, Role.ADMIN})
"""Roles that may change alerts."""
POLICE = frozenset({Role.POLICE, Role.ADMIN})
"""Roles that may look for plates, keep the watchlist and see what it found."""

_OPEN = (Status.NEW, Status.ACKNOWLEDGED, Status.IN_PROGRESS)
_DONE = (Status.RESOLVED, Status.FALSE_ALARM)

TRANSITIONS: Mapping[tuple[Status, Action], Status] = {
    (Status.NEW, Action.ACKNOWLEDGE): Status.ACKNOWLEDGED,
    **{(status, Action.ASSIGN): Status.IN_PROGRESS for status in _OPEN},
    **{(status, Action.RESOLVE): Status.RESOLVED for status in _OPEN},
    **{(status, Action.FALSE_ALARM): Status.FALSE_ALARM for status in _OPEN},
    **{(status, Action.REOPEN): Status.ACKNOWLEDGED for status in _DONE},
    **{(status, Action.NOTE): status for status in Status},
}


def after(status: Status, action: Action) -> Status:
    """The status that follows from an act. Raises :class:`ConflictError` where the act is not possible."""
    try:
        return TRANSITIONS[status, action]
    except KeyError:
        possible = ", ".join(sorted(a.value for s, a in TRANSITIONS if s is status))
        raise ConflictError(f"an alert that is {status.value} cannot take '{action.value}'; possible: {possible}") from None
