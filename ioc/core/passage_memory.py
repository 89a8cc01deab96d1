"""What is known of passages, as values that JSON carries: for a worker that goes on after a restart.

Texts told lately are not told again. Looks at vehicles that were passing count for the tracks that go on with the same
plates; which tracks these are is not known any more, and their patches are not kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from ioc.core.passages import State, Told
from ioc.core.plate_votes import Glimpse
from ioc.core.types import Box

FIELDS: Final = tuple(f.name for f in fields(Glimpse) if f.name not in ("patch", "box", "characters", "alternatives"))
MOST: Final = 256
"""Texts and looks that are kept at most, the newest."""


def to_json(state: State) -> dict[str, Any]:
    """What is to be kept of a camera's passages."""
    looks = [*state.loose, *(g for p in state.passing.values() for g in p.glimpses)]
    return {
        "told": [[t.text, t.at, *t.vehicle.as_tuple()] for t in state.told[-MOST:]],
        "looks": [_look(g) for g in sorted(looks, key=lambda g: g.at)[-MOST:]],
    }


def from_json(kept: Mapping[str, Any]) -> State:
    """The state to go on with. Raises ValueError, LookupError or TypeError for what :func:`to_json` has not made."""
    told = tuple(Told(str(text), float(at), Box(*map(float, box))) for text, at, *box in kept["told"])
    return State(told=told, loose=tuple(_glimpse(look) for look in kept["looks"]))


def _look(g: Glimpse) -> dict[str, Any]:
    return {name: getattr(g, name) for name in FIELDS} | {
        "box": list(g.box.as_tuple()),
        "characters": list(g.characters),
        "alternatives": [list(a) for a in g.alternatives],
    }


def _glimpse(look: Mapping[str, Any]) -> Glimpse:
    return Glimpse(
        **{name: look[name] for name in FIELDS},
        box=Box(*map(float, look["box"])),
        characters=tuple(map(float, look["characters"])),
        alternatives=tuple((str(text), float(p)) for text, p in look["alternatives"]),
    )
