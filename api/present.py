"""Rows of the store as the shapes that go over HTTP."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote

from api.admin_schemas import AuditOut, Me, UserOut
from api.plate_schemas import AlternativeOut, PlateMatchOut, PlateReadOut, WatchOut
from api.schemas import (
    AlertOut,
    AlertWithHistory,
    BoxOut,
    CameraOut,
    CameraStatusOut,
    CountOut,
    EvidenceOut,
    HistoryOut,
    LocationOut,
    ZoneOut,
)
from api.store.plate_pages import Matched
from api.store.tables import AlertRow, AuditRow, CountRow, HistoryRow, PlateRow, UserRow, WatchRow
from api.watch import KIND as WATCHED
from api.workflow import Role, Status
from ioc.core.config import Camera, Config
from ioc.core.plate_search import MASK, likeness, printed
from ioc.core.plates import classify
from ioc.core.types import CameraState, CameraStatus, Severity

PREFIX = "/api/v1"
AlertT = TypeVar("AlertT", bound=AlertOut)
WORKER_OFFLINE = "worker_offline"
"""Reason of a camera whose worker process is gone."""
WORKER_OFFLINE_TEXT = "tiến trình đọc camera đã dừng / the process that reads the camera is gone"


@dataclass(frozen=True, slots=True)
class Names:
    """What people call cameras and zones."""

    cameras: Mapping[str, str] = field(default_factory=dict)
    zones: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @classmethod
    def of(cls, config: Config) -> Names:
        """The names in a configuration."""
        return cls(
            cameras={c.id: c.name or c.id for c in config.cameras},
            zones={(c.id, z.id): z.name or z.id for c in config.cameras for z in c.zones},
        )

    def camera(self, camera: str) -> str:
        """The camera's name, its id where it has none."""
        return self.cameras.get(camera, camera)

    def zone(self, camera: str, zone: str | None) -> str | None:
        """The zone's name; None for the whole picture."""
        return None if zone is None else self.zones.get((camera, zone))


def alert(row: AlertRow, names: Names) -> AlertOut:
    """One alert."""
    return AlertOut(**_alert(row, names))


def alert_with_history(row: AlertRow, history: Iterable[HistoryRow], names: Names) -> AlertWithHistory:
    """One alert with operators' acts."""
    return AlertWithHistory(**_alert(row, names), history=[_history(h) for h in history])


def shown_to(value: AlertT, *, police: bool) -> AlertT:
    """The alert as an account may see it: of one that the watchlist raised only police see plate, reason and pictures."""
    if police or value.kind != WATCHED:
        return value
    changes: dict[str, Any] = {
        "detail": {"masked": True, "suspected": bool(value.detail.get("suspected"))},
        "evidence": [],
    }
    if isinstance(value, AlertWithHistory):
        changes["history"] = [act.model_copy(update={"note": None}) for act in value.history]
    return value.model_copy(update=changes)


def plate(row: PlateRow, names: Names, matched: Matched | None = None) -> PlateReadOut:
    """One plate read, with what made a search find it."""
    return PlateReadOut(
        id=row.id, site=row.site, camera=row.camera, camera_name=names.camera(row.camera), at=row.at, text=row.text,
        display=printed(row.text, row.pattern), raw=row.raw, pattern=row.pattern, confidence=row.confidence,
        alternatives=[AlternativeOut(text=text, confidence=confidence) for text, confidence in row.alternatives],
        colour=row.colour, lines=row.lines, vehicle=row.vehicle, direction=row.direction, box=_box(row.box),
        evidence=[_evidence(item) for item in row.evidence],
        match=PlateMatchOut(
            where=matched.where, text=matched.text, exchanges=matched.exchanges, likeness=likeness(matched.exchanges)
        ) if matched else None,
    )  # fmt: skip


def watch(row: WatchRow, now: float) -> WatchOut:
    """An entry of the watchlist."""
    plain = {name: getattr(row, name) for name in WatchOut.model_fields if name not in ("display", "expired")}
    pattern = None if MASK.search(row.text) else classify(row.text).pattern
    expired = row.valid_until is not None and row.valid_until <= now
    return WatchOut(**plain, display=printed(row.text, pattern) if pattern else row.text, expired=expired)


def evidence_url(key: str) -> str:
    """Where a file of the evidence store is read."""
    return f"{PREFIX}/evidence/{quote(key)}"


def count(row: CountRow) -> CountOut:
    """One point of a series."""
    return CountOut(camera=row.camera, zone=row.zone, label=row.label, at=row.at, count=row.count, window=row.window)


def status(plain: Mapping[str, Any], *, worker_gone: bool = False) -> CameraStatusOut:
    """A camera's health; one whose worker is gone is lost, whatever it said last."""
    if worker_gone:
        plain = {
            **plain, "state": CameraState.LOST, "reason": WORKER_OFFLINE, "text": WORKER_OFFLINE_TEXT, "fps": 0.0,
            "since": None,
        }  # fmt: skip
    return CameraStatusOut(**{key: plain[key] for key in CameraStatusOut.model_fields if key in plain})


def plain_status(value: CameraStatus) -> dict[str, Any]:
    """A status as JSON, as the store keeps it."""
    return {
        "worker": value.worker, "at": value.at, "state": value.state.value, "reason": value.reason, "text": value.text,
        "since": value.since, "size": list(value.size) if value.size else None, "fps": value.fps,
        "frames_in": value.frames_in, "frames_analysed": value.frames_analysed, "dropped": dict(value.dropped),
        "latency": value.latency,
    }  # fmt: skip


def camera(value: Camera, health: CameraStatusOut | None) -> CameraOut:
    """A camera with its last known health."""
    place = value.location
    return CameraOut(
        id=value.id,
        name=value.name or value.id,
        location=LocationOut(lat=place.lat, lon=place.lon) if place else None,
        zones=[ZoneOut(id=z.id, name=z.name or z.id, polygon=list(z.polygon), kinds=sorted(z.rules)) for z in value.zones],
        status=health,
    )


def me(row: UserRow) -> Me:
    """Who is logged in."""
    return Me(
        id=row.id, username=row.username, role=Role(row.role), display_name=row.display_name,
        language="en" if row.language == "en" else "vi",
    )  # fmt: skip


def user(row: UserRow) -> UserOut:
    """An account, for administrators."""
    return UserOut(**me(row).model_dump(), active=row.active, cameras=row.cameras, created_at=row.created_at)


def audit(row: AuditRow) -> AuditOut:
    """A line of the audit log."""
    return AuditOut(**{name: getattr(row, name) for name in AuditOut.model_fields})


def _history(row: HistoryRow) -> HistoryOut:
    return HistoryOut(
        at=row.at, actor=row.actor, action=row.action, note=row.note, assignee=row.assignee,
        from_status=Status(row.from_status), to_status=Status(row.to_status),
    )  # fmt: skip


def _alert(row: AlertRow, names: Names) -> dict[str, Any]:
    return {
        "id": row.id, "site": row.site, "camera": row.camera, "camera_name": names.camera(row.camera), "kind": row.kind,
        "subject": row.subject, "zone": row.zone, "zone_name": names.zone(row.camera, row.zone),
        "severity": Severity(row.severity), "confidence": row.confidence, "started_at": row.started_at,
        "opened_at": row.opened_at, "closed_at": row.closed_at, "updated_at": row.updated_at,
        "active": row.closed_at is None, "status": Status(row.status), "assignee": row.assignee,
        "revision": row.revision, "sequence": row.sequence,
        "box": _box(row.box),
        "detail": row.detail, "evidence": [_evidence(item) for item in row.evidence],
        "evidence_missing": row.evidence_missing,
    }  # fmt: skip


def _box(corners: Sequence[float] | None) -> BoxOut | None:
    return BoxOut(x1=corners[0], y1=corners[1], x2=corners[2], y2=corners[3]) if corners else None


def _evidence(item: Mapping[str, Any]) -> EvidenceOut:
    plain = {key: item[key] for key in ("role", "media_type", "sha256", "bytes", "at", "duration")}
    return EvidenceOut(url=evidence_url(item["key"]), **plain)


def kept(row: AlertRow) -> dict[str, Any]:
    """An alert's row as JSON, to be answered again later."""
    return {column.key: getattr(row, column.key) for column in AlertRow.__table__.columns}


def recalled(plain: Mapping[str, Any]) -> AlertRow:
    """The opposite of :func:`kept`; belongs to no session."""
    return AlertRow(**plain)
