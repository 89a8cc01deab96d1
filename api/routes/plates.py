"""Searches through plate reads. Each says why, and is on record before anybody sees what it found."""

from __future__ import annotations

from typing import Annotated, Any, NoReturn
from urllib.parse import unquote_to_bytes

from fastapi import APIRouter, Header, Path, Query
from pydantic import TypeAdapter, ValidationError

from api import present
from api.context import Context, Ctx, Police, Principal
from api.errors import InvalidError
from api.plate_schemas import CaseNumber, PlateFilter, PlatePage, PlateReadOut, PlateSearchIn, Reason
from api.problems import field_error
from api.store import audit, plates
from api.store.plate_pages import Search
from ioc.core.plate_search import PlateQueryError, parse_query

router = APIRouter(prefix="/plates", tags=["plates"])

REASON_HEADER, CASE_HEADER = "X-Search-Reason", "X-Case-Number"
REASON: TypeAdapter[str] = TypeAdapter(Reason)
CASE: TypeAdapter[str] = TypeAdapter(CaseNumber)
ReadId = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9._:-]{1,200}$", description="Id of the read", examples=["77d855dc-a959-5f29-997f"])
]


@router.post("/search", summary="Search plates")
def search(ctx: Ctx, who: Police, body: PlateSearchIn) -> PlatePage:
    """By text (exact, wildcard, part, or what looks like it), time, camera, vehicle and colour. Plate, reason and case
    number stand in the body, so that no proxy's log and no browser's history keeps them. Each page is on record in the audit
    log.
    """
    return _search(ctx, who, body, body.reason, body.case_number, "body")


@router.get("", summary="Search plates, for services")
def list_plates(
    ctx: Ctx,
    who: Police,
    wanted: Annotated[PlateFilter, Query()],
    reason: Annotated[
        str, Header(alias=REASON_HEADER, description="Why, UTF-8 percent-encoded", examples=["Tai%20n%E1%BA%A1n"])
    ],
    case_number: Annotated[str, Header(alias=CASE_HEADER, description="Number of the case, UTF-8 percent-encoded")],
) -> PlatePage:
    """The same search for services; reason and case number stand in headers. The plate stands in the address, which a proxy
    in between may write to its log: where there is one, POST to /plates/search instead.
    """
    why, case = _header(REASON_HEADER, reason, REASON), _header(CASE_HEADER, case_number, CASE)
    return _search(ctx, who, wanted, why, case, "query")


@router.get("/{read_id}", summary="One plate read")
def one(ctx: Ctx, who: Police, read_id: ReadId) -> PlateReadOut:
    """A read that a search or an alert of the watchlist named; the look is on record."""
    with ctx.database.read() as session:
        row = plates.find(session, read_id, who.cameras)
    with ctx.database.write() as session:
        detail = {"plate": row.text, "camera": row.camera}
        audit.append(session, ctx.clock.now(), who.actor, "plates.view", read_id, detail)
    return present.plate(row, ctx.names)


def _search(ctx: Context, who: Principal, asked: PlateFilter, reason: str, case_number: str, place: str) -> PlatePage:
    try:
        wanted = _wanted(ctx, who, asked)
        with ctx.database.read() as session:
            found = plates.search(session, wanted, asked.limit, asked.cursor)
    except InvalidError as error:
        raise InvalidError(str(error), [(f"{place}.{name}", message) for name, message in error.errors]) from None
    detail: dict[str, Any] = {
        "reason": reason, "search": found.cursor.search, "page": found.cursor.page, "found": found.total,
        "found_more": found.capped, "shown": len(found.reads), **wanted.plain(),
    }  # fmt: skip
    with ctx.database.write() as session:  # what cannot be put on record is not shown
        audit.append(session, ctx.clock.now(), who.actor, "plates.search", case_number, detail)
    return PlatePage(
        search=found.cursor.search,
        items=[present.plate(row, ctx.names, matched) for row, matched in found.reads],
        next_cursor=found.more.encode() if found.more else None,
        total=found.total,
        total_capped=found.capped,
    )


def _wanted(ctx: Context, who: Principal, asked: PlateFilter) -> Search:
    """What is asked for, as the store takes it. Raises :class:`InvalidError`."""
    if asked.text is None and (asked.since is None or asked.until is None):
        _refuse("since" if asked.since is None else "until", "không có biển số thì cần cả từ lúc và đến lúc / "
                "without a plate both since and until are needed")  # fmt: skip
    if asked.text is None and asked.match is not None:
        _refuse("text", "cần biển số để so sánh / a text is needed to compare with")
    if asked.since is not None and asked.until is not None and asked.since >= asked.until:
        _refuse("until", "thời điểm kết thúc phải sau thời điểm bắt đầu / until must be later than since")
    for camera in asked.camera:
        if camera not in ctx.names.cameras or not who.may_see(camera):
            _refuse("camera", f"không có camera {camera!r} / there is no camera {camera!r}")
    try:
        query = None if asked.text is None else parse_query(asked.text, asked.match)
    except PlateQueryError as error:
        _refuse("text", str(error))
    return Search(
        query=query, since=asked.since, until=asked.until, camera=asked.camera, vehicle=asked.vehicle,
        colour=asked.colour, visible=who.cameras,
    )  # fmt: skip


def _refuse(name: str, message: str) -> NoReturn:
    raise InvalidError(message, [(name, message)])


def _header(name: str, sent: str, kind: TypeAdapter[str]) -> str:
    """The text of a header, percent-encoded or plain UTF-8. Raises :class:`InvalidError`."""
    try:
        return kind.validate_python(unquote_to_bytes(sent.encode("latin-1")).decode())
    except UnicodeDecodeError:
        message = "không phải UTF-8 / not UTF-8"
    except ValidationError as error:
        message = field_error(error.errors()[0]).message
    raise InvalidError(f"header.{name}: {message}", [(f"header.{name}", message)])
