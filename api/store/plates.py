"""Plate reads: searches through them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    String,
    Subquery,
    UnaryExpression,
    and_,
    any_,
    bindparam,
    func,
    select,
    true,
    tuple_,
)
from sqlalchemy.orm import Session
from sqlalchemy.sql.operators import custom_op

from api.errors import InvalidError, NotFoundError
from api.store.plate_pages import NOT_THIS, Cursor, Found, Matched, Search
from api.store.tables import PlateRow, PlateTextRow
from ioc.core.plate_search import Match, PlateQuery, variants

COUNTED = 10_000
"""Reads that are counted at most, and put in order of likeness at most."""
_PLUS: Any = custom_op("+")
"""``+column``: the column's value, for which SQLite uses no index."""


def find(session: Session, read_id: str, visible: Collection[str] | None) -> PlateRow:
    """One read. Raises :class:`NotFoundError` also for one that the account may not see."""
    row = session.get(PlateRow, read_id)
    if row is None or (visible is not None and row.camera not in visible):
        raise NotFoundError(f"không có lượt đọc / no plate read {read_id!r}")
    return row


def search(session: Session, wanted: Search, limit: int, cursor: str | None) -> Found:
    """A page of reads: newest first, or likest first where they look like a text. Raises :class:`InvalidError`."""
    here = (
        Cursor(search=str(uuid.uuid4()), page=1, fingerprint=wanted.fingerprint)
        if cursor is None
        else Cursor.decode(cursor, wanted)
    )
    looks_like = wanted.query is not None and wanted.query.match is Match.LOOKS_LIKE
    if here.page > 1 and looks_like is (here.score is None):
        raise InvalidError(NOT_THIS, [("cursor", NOT_THIS)])
    return _likest(session, wanted, limit, here) if looks_like else _newest(session, wanted, limit, here)


def _newest(session: Session, wanted: Search, limit: int, here: Cursor) -> Found:
    """By text first, from the index alone, unless there are too many: then the newest are come upon soon, by time."""
    conditions = _conditions(session, wanted) + _text_conditions(wanted.query)
    hits = select(PlateRow.at, PlateRow.id).where(*conditions).limit(COUNTED + 1).cte("hits").prefix_with("MATERIALIZED")
    count = select(func.count().label("total")).select_from(hits).subquery()
    place = () if here.page == 1 else ((here.at, here.read),)
    part = select(hits.c.at, hits.c.id).where(*(tuple_(hits.c.at, hits.c.id) < tuple_(*p) for p in place))
    part = part.order_by(hits.c.at.desc(), hits.c.id.desc()).limit(limit + 1)
    found, total = _with_total(session, part, count)
    if total > COUNTED:
        conditions = _conditions(session, wanted, use_indexes=True) + _text_conditions(wanted.query, use_indexes=False)
        newest = select(PlateRow.at, PlateRow.id).order_by(PlateRow.at.desc(), PlateRow.id.desc()).limit(limit + 1)
        places = (tuple_(PlateRow.at, PlateRow.id) < tuple_(*p) for p in place)
        found = session.execute(newest.where(*conditions, *places)).all()
    rows = _rows(session, [row[1] for row in found[:limit]])
    known = wanted.query is not None
    reads = [(row, Matched("text", row.text, 0, row.confidence) if known else None) for row in rows]
    more = _after(here, None, found[limit - 1][0], found[limit - 1][1]) if len(found) > limit else None
    return Found(reads=reads, more=more, total=min(total, COUNTED), capped=total > COUNTED, cursor=here)


def _likest(session: Session, wanted: Search, limit: int, here: Cursor) -> Found:
    assert wanted.query is not None
    meant = variants(wanted.query.text)
    texts, conditions = sorted(meant), _conditions(session, wanted)
    by_text = select(PlateRow.id, PlateRow.at, PlateRow.text, PlateRow.confidence).where(
        _among(session, PlateRow.text, texts), *conditions
    )
    by_other = (
        select(PlateRow.id, PlateRow.at, PlateTextRow.text, PlateTextRow.confidence, PlateTextRow.source)
        .join(PlateTextRow, PlateTextRow.read_id == PlateRow.id)
        .where(_among(session, PlateTextRow.text, texts), *conditions)
    )
    newest = (PlateRow.at + 0).desc()  # no index has this order: none shall be walked for its sake
    best: dict[str, tuple[float, Matched]] = {}
    queries: tuple[Any, ...] = (by_text, by_other)
    for query in queries:
        for read_id, at, text, confidence, *source in session.execute(query.order_by(newest).limit(COUNTED + 1)):
            matched = Matched(source[0] if source else "text", text, meant[text], confidence)
            if read_id not in best or matched.score > best[read_id][1].score:
                best[read_id] = (at, matched)
    ranked = sorted(((m.score, at, read_id) for read_id, (at, m) in best.items()), reverse=True)[:COUNTED]
    left = ranked if here.page == 1 else [place for place in ranked if place < here.place]
    rows = _rows(session, [read_id for _, _, read_id in left[:limit]])
    more = _after(here, *left[limit - 1]) if len(left) > limit else None
    return Found(
        reads=[(row, best[row.id][1]) for row in rows], more=more, total=len(ranked), capped=len(best) > COUNTED, cursor=here
    )


def _among(session: Session, column: Any, texts: list[str]) -> ColumnElement[bool]:
    """As ``column IN (...)`` with one parameter for all texts: with one for each, writing the statement takes longest."""
    if session.get_bind().dialect.name == "sqlite":
        listed: ColumnElement[bool] = column.in_(select(func.json_each(json.dumps(texts)).table_valued("value").c.value))
        return listed
    return any_(bindparam(None, texts, type_=ARRAY(String), unique=True)) == column  # type: ignore[no-any-return]


def _with_total(session: Session, part: Select[Any], count: Subquery) -> tuple[Sequence[Any], int]:
    """(a page's places, the one row of ``count``) in one statement, so that the hits are gathered once."""
    page = part.subquery()
    query = select(page.c.at, page.c.id, count.c.total).select_from(count.outerjoin(page, true()))
    rows = session.execute(query.order_by(page.c.at.desc(), page.c.id.desc())).all()
    return [row for row in rows if row[1] is not None], rows[0][2]


def _rows(session: Session, ids: Sequence[str]) -> list[PlateRow]:
    """Reads in the order of their ids here."""
    found = {row.id: row for row in session.scalars(select(PlateRow).where(PlateRow.id.in_(ids)))}
    return [found[read_id] for read_id in ids if read_id in found]


def _after(here: Cursor, score: float | None, at: float, read: str) -> Cursor:
    return replace(here, page=here.page + 1, score=score, at=at, read=read)


def _text_conditions(query: PlateQuery | None, *, use_indexes: bool = True) -> list[ColumnElement[bool]]:
    if query is None:
        return []
    if query.match is Match.EXACT:
        return [PlateRow.text == query.text]
    conditions: list[ColumnElement[bool]] = [PlateRow.text.like(query.like)]
    if query.prefix and use_indexes:
        end = query.prefix[:-1] + chr(ord(query.prefix[-1]) + 1)
        conditions.append(and_(PlateRow.text >= query.prefix, PlateRow.text < end))
    return conditions


def _conditions(session: Session, wanted: Search, *, use_indexes: bool = False) -> list[ColumnElement[bool]]:
    """All that is wanted but the text. SQLite keeps no statistics and would look for a plate by the index of the cameras or
    of the times, which hold far more: so where there is a plate these columns are hidden from it.
    """
    hidden = wanted.query is not None and not use_indexes and session.get_bind().dialect.name == "sqlite"

    def column(one: Any) -> Any:
        return UnaryExpression(one, operator=_PLUS, type_=one.type) if hidden else one

    cameras = set(wanted.camera) if wanted.camera else None
    if wanted.visible is not None:
        cameras = set(wanted.visible) if cameras is None else cameras & set(wanted.visible)
    conditions: list[ColumnElement[bool]] = []
    for one, values in (
        (PlateRow.camera, cameras), (PlateRow.vehicle, wanted.vehicle or None), (PlateRow.colour, wanted.colour or None),
    ):  # fmt: skip
        if values is not None:
            conditions.append(column(one).in_(sorted(values)))
    if wanted.since is not None:
        conditions.append(column(PlateRow.at) >= wanted.since)
    if wanted.until is not None:
        conditions.append(column(PlateRow.at) < wanted.until)
    return conditions
