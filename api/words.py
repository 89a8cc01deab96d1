"""The words of the workflow in Vietnamese and English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from api.workflow import Status
from ioc.core.types import Severity


@dataclass(frozen=True, slots=True)
class Word:
    """One word in both languages."""

    vi: str
    en: str


KINDS: Mapping[str, Word] = {
    "camera": Word("sự cố camera", "camera fault"),
    "crowd": Word("tụ tập đông người", "crowd"),
    "parking": Word("đỗ xe trái phép", "illegal parking"),
    "plate": Word("biển số theo dõi", "watchlist plate"),
    "fire": Word("cháy, khói", "fire, smoke"),
    "flood": Word("ngập úng", "flooding"),
    "dumping": Word("đổ rác trái phép", "illegal dumping"),
}
SUSPECTED = frozenset({"parking", "plate", "dumping"})
"""Kinds that say somebody broke a rule or is looked for: they read "nghi vấn" (suspected) until a person confirms; no
setting changes it.
"""

STATUSES: Mapping[Status, Word] = {
    Status.NEW: Word("mới", "new"),
    Status.ACKNOWLEDGED: Word("đã tiếp nhận", "acknowledged"),
    Status.IN_PROGRESS: Word("đang xử lý", "in progress"),
    Status.RESOLVED: Word("đã xử lý", "resolved"),
    Status.FALSE_ALARM: Word("báo giả", "false alarm"),
}
SEVERITIES: Mapping[Severity, Word] = {
    Severity.LOW: Word("thấp", "low"),
    Severity.MEDIUM: Word("trung bình", "medium"),
    Severity.HIGH: Word("cao", "high"),
    Severity.CRITICAL: Word("khẩn cấp", "critical"),
}
