"""Whether a plate read is one that the watchlist waits for: a rule without I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from ioc.core.plate_search import MASK, Match, PlateQuery, exchanges, likeness, variants
from ioc.core.types import PlateRead

KIND = "plate"
"""Kind of the alerts that it raises."""
EXCHANGES = 1
"""Confusable characters by which a read may differ from an entry that takes what looks like it. Three, as in a search, would
make some hundred plates of each; a person who searches looks through them, an alert calls somebody.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An active entry of the watchlist."""

    id: str
    text: str
    """Canonical text; with ``*`` and ``?`` a pattern."""
    looks_like: bool = False
    min_confidence: float = 0.8
    """Confidence 0..1 of a read from which on it counts."""
    cooldown_s: float = 300.0
    """Seconds around an alert in which the same vehicle at the same camera raises none."""
    since: float = 0.0
    """Reads from before this time raise nothing."""
    until: float | None = None
    """Reads from this time on raise nothing."""
    cameras: frozenset[str] | None = None
    """None means all."""

    @property
    def subject(self) -> str:
        """What its alerts are about; says nothing of the plate."""
        return f"watch:{self.id}"

    @property
    def one_vehicle(self) -> bool:
        """Whether all that it takes is one vehicle, read better or worse; a pattern takes many."""
        return MASK.search(self.text) is None


@dataclass(frozen=True, slots=True)
class Hit:
    """A read that an entry waits for."""

    entry: Entry
    read: PlateRead
    likeness: float
    """1.0 for the text itself."""

    @property
    def suspected(self) -> bool:
        """Whether it is another text that only looks like the entry's."""
        return self.likeness < 1.0


class Watched:
    """All active entries, to be found by the texts that a read may stand for."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self._patterns: list[Entry] = []
        self._by_text: dict[str, list[Entry]] = {}
        for entry in sorted(entries, key=lambda e: e.id):
            (self._by_text.setdefault(entry.text, []) if entry.one_vehicle else self._patterns).append(entry)

    def hits(self, read: PlateRead) -> Iterator[Hit]:
        """The entries that wait for the read, patterns last. As quick for ten thousand plates as for ten."""
        texts = dict.fromkeys([read.text, *variants(read.text, EXCHANGES), *(text for text, _ in read.alternatives)])
        for entry in chain(*(self._by_text.get(text, ()) for text in texts), self._patterns):
            found = hit(entry, read)
            if found is not None:
                yield found


def hit(entry: Entry, read: PlateRead) -> Hit | None:
    """What the read is to the entry, None for nothing."""
    if read.confidence < entry.min_confidence or read.at < entry.since:
        return None
    if entry.until is not None and read.at >= entry.until:
        return None
    if entry.cameras is not None and read.camera not in entry.cameras:
        return None
    if not entry.one_vehicle:
        return Hit(entry, read, 1.0) if PlateQuery(entry.text, Match.WILDCARD).fits(read.text) else None
    if read.text == entry.text:
        return Hit(entry, read, 1.0)
    if not entry.looks_like:
        return None
    count = exchanges(entry.text, read.text, EXCHANGES)
    if count is None and any(text == entry.text for text, _ in read.alternatives):
        count = EXCHANGES  # the reader itself took the entry's text into account
    return None if count is None else Hit(entry, read, likeness(count))
