"""What goes over HTTP about plates and the watchlist: every field with its meaning and an example.

The console's types are made from these.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from api.fields import Instant, InstantIn, Note, Shape, Slug, clean
from api.schemas import BoxOut, EvidenceOut
from ioc.core.plate_patterns import PlateColour
from ioc.core.plate_search import TYPED, Match
from ioc.core.types import Severity

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500), AfterValidator(clean)]
CaseNumber = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), AfterValidator(clean)]
PlateText = Annotated[str, StringConstraints(max_length=TYPED)]
LABELS = ("bicycle", "motorcycle", "car", "bus", "truck")
VehicleLabel = Literal["bicycle", "motorcycle", "car", "bus", "truck"]


class PlateFilter(Shape):
    """Which plate reads."""

    text: PlateText | None = Field(
        None, description="Plate or pattern, separators and lower case allowed; without it since and until are needed",
        examples=["98A-123.45"],
    )  # fmt: skip
    match: Match | None = Field(
        None, description="How text is compared; left out: wildcard if it has * or ?, else exact", examples=["exact"]
    )
    since: InstantIn | None = Field(None, description="At this time or later")
    until: InstantIn | None = Field(None, description="Before this time")
    camera: list[Slug] = Field([], max_length=500, description="Only these cameras; empty means all", examples=[["gate"]])
    vehicle: list[VehicleLabel] = Field([], max_length=5, description="Only these vehicles; empty means all")
    colour: list[PlateColour] = Field([], max_length=4, description="Only plates of these colours; empty means all")
    limit: int = Field(50, ge=1, le=200, description="Reads a page")
    cursor: str | None = Field(None, max_length=500, description="next_cursor of the page before, of the same search")


class PlateSearchIn(PlateFilter):
    """A search through plate reads, with what justifies it."""

    reason: Reason = Field(description="Why; goes into the audit log", examples=["Truy tìm xe gây tai nạn"])
    case_number: CaseNumber = Field(description="Number of the case; goes into the audit log", examples=["VA-2026/118"])


class AlternativeOut(Shape):
    """What else a plate may be."""

    text: str = Field(description="Text", examples=["98A12346"])
    confidence: float = Field(description="0..1", examples=[0.02])


class PlateMatchOut(Shape):
    """Why a read was found."""

    where: Literal["text", "raw", "alternative"] = Field(description="Which text of the read fits")
    text: str = Field(description="The text that fits", examples=["98A12345"])
    exchanges: int = Field(description="Confusable characters exchanged, 0..3", examples=[0])
    likeness: float = Field(description="1.0 for the same text, 0.3 less for each exchange", examples=[1.0])


class PlateReadOut(Shape):
    """One passage of a vehicle whose plate was read."""

    id: str = Field(description="Id of the read", examples=["77d855dc-a959-5f29-997f-c5e074130787"])
    site: str = Field(description="Id of the operations centre", examples=["bac-ninh"])
    camera: str = Field(description="Id of the camera", examples=["gate"])
    camera_name: str = Field(description="Name of the camera for people", examples=["Cổng chính"])
    at: Instant = Field(description="When the plate was seen best")
    text: str = Field(description="Canonical text without separators", examples=["98A12345"])
    display: str = Field(description="As printed on the plate", examples=["98A-123.45"])
    raw: str = Field(description="What the reader saw, before the grammar", examples=["98A12345"])
    pattern: str | None = Field(description="Name of the pattern that it fits", examples=["CAR"])
    confidence: float = Field(description="0..1", examples=[0.97])
    alternatives: list[AlternativeOut] = Field(description="What else it may be, likeliest first")
    colour: str | None = Field(description="Colour of the plate: white, yellow, blue or red", examples=["white"])
    lines: int | None = Field(description="Lines of the plate, 1 or 2", examples=[1])
    vehicle: str | None = Field(description="Vehicle: " + ", ".join(LABELS), examples=["car"])
    direction: str | None = Field(description="Which way it went", examples=["away"])
    box: BoxOut | None = Field(description="Where the plate is in the picture")
    evidence: list[EvidenceOut] = Field(description="Plate patch and overview picture; for police and administrators")
    match: PlateMatchOut | None = Field(description="Why it was found; null where no text was searched")


class PlatePage(Shape):
    """A page of a search."""

    search: str = Field(description="Id that all pages of a search share, also in the audit log", examples=["0b8f6c1e"])
    items: list[PlateReadOut] = Field(description="Newest first; looks_like: by likeness times confidence, then newest")
    next_cursor: str | None = Field(description="Give it as cursor to read on; null on the last page", examples=["WyIw"])
    total: int = Field(description="How many fit on all pages together, counted up to 10000", examples=[1])
    total_capped: bool = Field(description="Whether there are more than were counted", examples=[False])


class WatchFields(Shape):
    """What every entry of the watchlist has."""

    severity: Severity = Field(Severity.HIGH, description="How urgent its alerts are")
    note: Note | None = Field(None, description="What whoever stops the vehicle should know", examples=["Có thể có vũ khí"])
    valid_until: InstantIn | None = Field(None, description="From then on it raises nothing; null: until it is removed")
    cameras: list[Slug] | None = Field(
        None, max_length=5000, description="Only these cameras; null means all of the account"
    )
    active: bool = Field(True, description="Whether it raises alerts")
    min_confidence: float = Field(0.8, ge=0, le=1, description="Confidence 0..1 of a read from which on it counts")
    cooldown_s: float = Field(
        300.0, ge=0, le=86400, description="Seconds around an alert in which the same vehicle at the same camera raises none"
    )


WatchMatch = Literal["exact", "looks_like"]


class WatchIn(WatchFields):
    """A new entry of the watchlist."""

    text: PlateText = Field(description="Plate, or with * and ? a pattern", examples=["98A-123.45"])
    match: WatchMatch = Field("exact", description="looks_like: one confusable character may differ; not with a pattern")
    reason: Reason = Field(description="Why; the alert shows it", examples=["Xe bị trộm"])
    case_number: CaseNumber = Field(description="Number of the case", examples=["VA-2026/118"])


class WatchPatch(Shape):
    """What to change of an entry; what is left out stays."""

    text: PlateText | None = Field(None, description="Plate, or with * and ? a pattern")
    match: WatchMatch | None = Field(None, description="exact or looks_like")
    reason: Reason | None = Field(None, description="Why")
    case_number: CaseNumber | None = Field(None, description="Number of the case")
    severity: Severity | None = Field(None, description="How urgent its alerts are")
    note: Note | None = Field(None, description="What to know; null takes it away")
    valid_until: InstantIn | None = Field(None, description="When it ends; null: never")
    cameras: list[Slug] | None = Field(
        None, max_length=5000, description="Only these cameras; null means all of the account"
    )
    active: bool | None = Field(None, description="Whether it raises alerts")
    min_confidence: float | None = Field(None, ge=0, le=1, description="Confidence 0..1 from which on a read counts")
    cooldown_s: float | None = Field(
        None, ge=0, le=86400, description="Seconds between two alerts of one vehicle and camera"
    )


class WatchOut(Shape):
    """An entry of the watchlist."""

    id: str = Field(description="Id of the entry", examples=["0b8f6c1e-6df0-4d57-9a3e-0a3f6f1b2c3d"])
    text: str = Field(description="Canonical text, wildcards kept", examples=["98A12345"])
    display: str = Field(description="As printed on the plate", examples=["98A-123.45"])
    match: WatchMatch = Field(description="How a read is compared")
    reason: str = Field(description="Why", examples=["Xe bị trộm"])
    case_number: str = Field(description="Number of the case", examples=["VA-2026/118"])
    severity: Severity = Field(description="How urgent its alerts are")
    note: str | None = Field(description="What to know", examples=["Có thể có vũ khí"])
    valid_until: Instant | None = Field(description="From then on it raises nothing")
    cameras: list[str] | None = Field(description="Ids of its cameras; null means all", examples=[["gate"]])
    active: bool = Field(description="Whether it is switched on", examples=[True])
    expired: bool = Field(description="Whether valid_until has passed", examples=[False])
    min_confidence: float = Field(description="Confidence 0..1 from which on a read counts", examples=[0.8])
    cooldown_s: float = Field(description="Seconds between two alerts of one vehicle and camera", examples=[300.0])
    author: str = Field(description="Name of the account that made it", examples=["police1"])
    created_at: Instant = Field(description="When it was made")
    updated_at: Instant = Field(description="When somebody last changed it")
    revision: int = Field(description="Counts changes; goes into If-Match", examples=[0])
    hits: int = Field(description="Alerts that it has raised", examples=[2])
    last_hit_at: Instant | None = Field(description="Time of the newest read that raised one")


class WatchPage(Shape):
    """A page of the watchlist."""

    items: list[WatchOut] = Field(description="Newest first")
    next_cursor: str | None = Field(description="Give it as cursor to read on; null on the last page", examples=["MTczMjE"])
    total: int = Field(description="How many there are on all pages together", examples=[1])
