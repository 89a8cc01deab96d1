"""Pictures of the alerts of a replayed video."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from ioc.core.errors import StorageError
from ioc.core.types import Alert, AlertEvent, Box, Count, Frame, Phase, Severity
from streams.alert_pictures import AlertPictures

BEGIN = 1000.0
ALERT = Alert(
    id="a",
    site="s",
    camera="c",
    kind="fire",
    subject="x",
    zone="picture",
    severity=Severity.CRITICAL,
    confidence=0.9,
    started_at=BEGIN + 8,
    opened_at=BEGIN + 10,
    box=Box(0.25, 0.25, 0.75, 0.5),
)


def event(phase: Phase = Phase.OPENED, alert: Alert = ALERT) -> AlertEvent:
    return AlertEvent(id="e", phase=phase, sequence=0, at=BEGIN + 10, alert=alert)


def frame(height: int = 200, width: int = 400) -> Frame:
    return Frame(camera="c", at=BEGIN + 10, pts=10.0, image=np.full((height, width, 3), 128, np.uint8))


def test_an_alert_that_opens_gives_a_picture_with_its_box(tmp_path: Path) -> None:
    pictures = AlertPictures(tmp_path / "new" / "folder", "clip", BEGIN)
    seen = frame()
    pictures.saw(seen)
    path = pictures.told(event())
    assert path == tmp_path / "new" / "folder" / "clip-00010.00-fire.jpg"
    drawn = cv2.imread(str(path)).astype(int)
    assert drawn.shape == (200, 400, 3)
    assert drawn[75, 100, 2] > max(drawn[75, 100, :2]) + 60, "the left edge of the box is red"
    assert np.abs(drawn[75, 200] - 128).max() < 20, "nothing is drawn inside it"
    assert (seen.image == 128).all(), "the frame itself is left as it was"


def test_only_what_opens_is_drawn(tmp_path: Path) -> None:
    pictures = AlertPictures(tmp_path, "clip", BEGIN)
    assert pictures.told(event()) is None, "no frame yet"
    pictures.saw(frame())
    count = Count(site="s", camera="c", zone="z", at=BEGIN, label="person", count=3, window=1.0)
    assert [pictures.told(e) for e in (event(Phase.UPDATED), event(Phase.CLOSED), count)] == [None] * 3
    assert list(tmp_path.iterdir()) == []


def test_two_that_open_at_once_both_have_one_and_the_next_run_writes_the_same_names(tmp_path: Path) -> None:
    names = []
    for _ in range(2):
        pictures = AlertPictures(tmp_path, "clip", BEGIN)
        pictures.saw(frame())
        names.append([p.name for p in (pictures.told(event()), pictures.told(event(alert=replace(ALERT, box=None)))) if p])
    assert names == [["clip-00010.00-fire.jpg", "clip-00010.00-fire-2.jpg"]] * 2


def test_a_folder_that_cannot_be_made_or_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError, match="file/below: cannot be made"):
        AlertPictures(tmp_path / "file" / "below", "clip", BEGIN)
    pictures = AlertPictures(tmp_path / "there", "clip", BEGIN)
    (tmp_path / "there" / "clip-00010.00-fire.jpg").mkdir()
    pictures.saw(frame())
    with pytest.raises(StorageError, match=r"fire\.jpg: cannot be written"):
        pictures.told(event())
