"""Evidence files."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Path, Response
from fastapi.responses import StreamingResponse

from api.context import Ctx, Viewer
from api.ranges import parse_range
from api.store import alerts

router = APIRouter(prefix="/evidence", tags=["evidence"])

SHOWN = frozenset({"image/jpeg", "image/png", "image/webp", "video/mp4", "video/webm"})
"""Media types that a browser may show; anything else is handed out as bytes."""
KEEP = "private, max-age=31536000, immutable"


@router.get(
    "/{key:path}",
    summary="Read an evidence file",
    response_class=Response,
    responses={
        200: {"description": "The file", "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}},
        206: {"description": "A part of it", "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}},
        304: {"description": "The file is the one that the client has"},
    },
)
def read(
    ctx: Ctx,
    who: Viewer,
    key: Annotated[str, Path(max_length=500, pattern=r"^[^\x00-\x1f]+$", description="Key of the file")],
    wanted: Annotated[str | None, Header(alias="Range", description="bytes=first-last")] = None,
    if_none_match: Annotated[str | None, Header(alias="If-None-Match", description="ETag that the client has")] = None,
    if_range: Annotated[str | None, Header(alias="If-Range", description="Range only if this is the ETag")] = None,
) -> Response:
    """A picture or clip of an alert that the account may see; what plate reads name is for police and administrators. It
    never changes: the ETag is its SHA-256.
    """
    with ctx.database.read() as session:
        row = alerts.find_evidence(session, key, who.cameras, police=who.is_police)
    etag = f'"{row.sha256}"'
    headers = {"ETag": etag, "Cache-Control": KEEP, "Accept-Ranges": "bytes"}
    if if_none_match is not None and (etag in if_none_match or if_none_match.strip() == "*"):
        return Response(status_code=304, headers=headers)
    size = ctx.evidence.head(key).size
    part = parse_range(wanted, size) if if_range in (None, etag) else None
    start, end = part or (0, size)
    name = key.rpartition("/")[2].encode("ascii", "replace").decode().replace('"', "_").replace("\\", "_")
    headers |= {"Content-Length": str(end - start), "Content-Disposition": f'inline; filename="{name}"'}
    if part:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    media_type = row.media_type if row.media_type in SHOWN else "application/octet-stream"
    return StreamingResponse(ctx.evidence.chunks(key, start, end), 206 if part else 200, headers, media_type)
