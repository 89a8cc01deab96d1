"""Detectors and trackers that see what a script says."""

from __future__ import annotations

from ioc.core.types import Detection, Track


class ScriptedDetector:
    """Implements ioc.core.ports.ObjectDetector: answers with what ``see(call number)`` gives."""

    labels = ("person", "bicycle", "motorcycle", "car", "bus", "truck")

    def __init__(self, see=lambda call: []):
        self.see = see
        self.calls = 0

    def detect(self, image):
        self.calls += 1
        return list(self.see(self.calls))


class PassThroughTracker:
    """Implements ioc.core.ports.Tracker: each detection is its own track, still from the first time it is seen."""

    def __init__(self):
        self.first = {}

    def update(self, detections, at):
        tracks = []
        for i, d in enumerate(detections):
            first = self.first.setdefault((i, d.label), at)
            tracks.append(
                Track(
                    id=i + 1,
                    label=d.label,
                    box=d.box,
                    confidence=d.confidence,
                    first_seen=min(first, at),
                    last_seen=at,
                    still_since=min(first, at),
                )
            )
        return tracks


def detection(label, box, confidence=0.8):
    return Detection(label, confidence, box)
