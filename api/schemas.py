"""What goes over HTTP about alerts, cameras and counts: every field with its meaning, its unit and an example.

The console's types are made from these.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from api.fields import Instant, Note, Shape, Username
from api.workflow import Status
from ioc.core.types import CameraState, Severity


class BoxOut(Shape):
    """A rectangle, fractions 0..1 of the picture."""

    x1: float = Field(description="Left edge, 0..1", examples=[0.12])
    y1: float = Field(description="Upper edge, 0..1", examples=[0.3])
    x2: float = Field(description="Right edge, 0..1", examples=[0.4])
    y2: float = Field(description="Lower edge, 0..1", examples=[0.62])


class EvidenceOut(Shape):
    """A file that proves an alert."""

    role: Literal["before", "during", "after", "clip", "plate", "overview"] = Field(description="What it shows")
    url: str = Field(description="Where to read it, relative to this origin", examples=["/api/v1/evidence/gate/a.jpg"])
    media_type: str = Field(description="Media type", examples=["image/jpeg"])
    sha256: str = Field(description="SHA-256 of the file, hexadecimal", examples=["0" * 64])
    bytes: int = Field(description="Size in bytes", examples=[81234])
    at: Instant = Field(description="Time of the picture, or of the clip's first frame")
    duration: float | None = Field(description="Length of a clip in seconds, null for a picture", examples=[12.5])


class AlertOut(Shape):
    """An alert as operators see it. Of two versions the newer has the larger (revision, sequence)."""

    id: str = Field(description="Id of the alert", examples=["5b0c7c2e-6df0-5d57-9a3e-0a3f6f1b2c3d"])
    site: str = Field(description="Id of the operations centre", examples=["bac-ninh"])
    camera: str = Field(description="Id of the camera", examples=["gate"])
    camera_name: str = Field(description="Name of the camera for people", examples=["Cổng chính"])
    kind: str = Field(description="Kind of alert; see /system", examples=["parking"])
    subject: str = Field(description="What the alert is about, within camera and kind", examples=["kerb:7"])
    zone: str | None = Field(description="Id of the zone, null where the whole picture is meant", examples=["kerb"])
    zone_name: str | None = Field(description="Name of the zone for people", examples=["Lề đường"])
    severity: Severity = Field(description="How urgent")
    confidence: float = Field(description="0..1", examples=[0.87])
    started_at: Instant = Field(description="When the evidence began")
    opened_at: Instant = Field(description="When it had held long enough; lists are ordered by it")
    closed_at: Instant | None = Field(description="When the camera saw it end; null while it lasts")
    updated_at: Instant = Field(description="When this server last changed the alert")
    active: bool = Field(description="Whether the camera still sees it", examples=[True])
    status: Status = Field(description="How far operators have come")
    assignee: str | None = Field(description="Name of the account it was given to", examples=["operator1"])
    revision: int = Field(description="Counts operators' acts; goes into If-Match", examples=[0])
    sequence: int = Field(description="Number of the camera's latest event", examples=[0])
    box: BoxOut | None = Field(description="Where in the picture")
    detail: dict[str, Any] = Field(
        description="Facts by kind: parking {label, dwell_s, limit_s, suspected}, crowd {count, threshold}, camera {fault}, "
        "plate {plate, display, reason, case_number, match, likeness, read, entry}, to others than police {masked}",
        examples=[{"label": "car", "dwell_s": 61.0, "limit_s": 60.0, "suspected": True}],
    )
    evidence: list[EvidenceOut] = Field(description="Files that prove it")
    evidence_missing: str | None = Field(description="Why evidence that should be there is not", examples=["disk full"])


class HistoryOut(Shape):
    """One act of an operator."""

    at: Instant = Field(description="When")
    actor: str = Field(description="Name of the account", examples=["operator1"])
    action: str = Field(description="acknowledge, assign, resolve, false-alarm, reopen or note", examples=["assign"])
    note: str | None = Field(description="The operator's words", examples=["Đã báo tổ trật tự"])
    assignee: str | None = Field(description="To whom it was given", examples=["operator1"])
    from_status: Status = Field(description="Status before")
    to_status: Status = Field(description="Status after")


class AlertWithHistory(AlertOut):
    """An alert with everything operators did."""

    history: list[HistoryOut] = Field(description="Oldest first")


class AlertPage(Shape):
    """A page of a list, newest first."""

    items: list[AlertOut] = Field(description="Alerts, newest first by opened_at")
    next_cursor: str | None = Field(description="Give it as cursor to read on; null on the last page", examples=["MTczMjE"])
    total: int = Field(description="How many fit on all pages together", examples=[1])


class Totals(Shape):
    """How many alerts there are."""

    by_status: dict[Status, int] = Field(description="All alerts by status", examples=[{"new": 3}])
    by_kind: dict[str, int] = Field(description="Alerts that are not done, by kind", examples=[{"crowd": 1}])
    by_severity: dict[Severity, int] = Field(description="Alerts that are not done, by severity", examples=[{"high": 2}])
    active: int = Field(description="Alerts that a camera sees right now", examples=[2])


class ActIn(Shape):
    """An act that may carry words."""

    note: Note | None = Field(None, description="Words for the history", examples=["Đã kiểm tra"])


class AssignIn(ActIn):
    """Whom an alert is given to."""

    assignee: Username = Field(description="Name of an active account that may act", examples=["operator1"])


class NoteIn(Shape):
    """Words for the history."""

    note: Note = Field(description="The words", examples=["Xe đã rời đi"])


class ZoneOut(Shape):
    """A part of the picture in which rules apply."""

    id: str = Field(description="Id", examples=["kerb"])
    name: str = Field(description="Name for people", examples=["Lề đường"])
    polygon: list[tuple[float, float]] = Field(description="Corners [x, y], 0..1 of the picture")
    kinds: list[str] = Field(description="Kinds of alert that apply in it", examples=[["parking"]])


class LocationOut(Shape):
    """Where a camera stands, WGS 84."""

    lat: float = Field(description="Latitude in degrees", examples=[21.186])
    lon: float = Field(description="Longitude in degrees", examples=[106.076])


class CameraStatusOut(Shape):
    """Health of a camera."""

    worker: str = Field(description="Process that reads the camera", examples=["worker-1"])
    at: Instant = Field(description="When this was measured")
    state: CameraState = Field(description="live, degraded or lost")
    reason: str | None = Field(description="Why, by name", examples=["timeout"])
    text: str | None = Field(description="Why, in words", examples=["no data for 10 s"])
    since: Instant | None = Field(description="Since when the state has held")
    size: tuple[int, int] | None = Field(description="Width and height of the analysed stream, pixels")
    fps: float = Field(description="Frames per second that came in, over the last interval", examples=[25.0])
    frames_in: int = Field(description="Frames since the worker started", examples=[1500])
    frames_analysed: int = Field(description="Analysed frames since the worker started", examples=[240])
    dropped: dict[str, int] = Field(description="Frames not analysed, by reason", examples=[{"late": 3}])
    latency: float | None = Field(description="Median seconds from capture to the end of analysis", examples=[0.12])


class CameraOut(Shape):
    """A camera of the configuration."""

    id: str = Field(description="Id", examples=["gate"])
    name: str = Field(description="Name for people", examples=["Cổng chính"])
    location: LocationOut | None = Field(description="Where it stands")
    zones: list[ZoneOut] = Field(description="Drawn zones")
    status: CameraStatusOut | None = Field(description="Last known health; null if it never reported")


class CameraList(Shape):
    """Cameras that the account may see."""

    items: list[CameraOut] = Field(description="In the order of the configuration")


class CountOut(Shape):
    """One point of a count series."""

    camera: str = Field(description="Id of the camera", examples=["square"])
    zone: str | None = Field(description="Id of the zone, null for the whole picture", examples=["plaza"])
    label: str = Field(description="What was counted", examples=["person"])
    at: Instant = Field(description="Time of the count")
    count: int = Field(description="How many", examples=[17])
    window: float = Field(description="Seconds over which it was taken; 0 for one sample", examples=[10.0])


class CountList(Shape):
    """Points of count series."""

    items: list[CountOut] = Field(description="The newest that fit, oldest first")
