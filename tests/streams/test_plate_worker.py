"""A real RTSP camera with a sub-stream to a plate read on a real broker, with its pictures. The networks are scripted."""

from __future__ import annotations

import hashlib
import json
import threading

import cv2
import numpy as np
import pytest

from ioc.core import wire
from ioc.core.config_file import parse_config
from ioc.core.types import Box, PlateRead
from streams.plates import PlateModels
from streams.setup import RunningWorker
from tests.fakes.plates import ScriptedFinder, ScriptedReader
from tests.fakes.vision import detection
from tests.streams.bus import Collector
from tests.streams.site import ScriptedModels

CAR = detection("car", Box(0.3, 0.4, 0.7, 0.8))


class PlateReadingModels(ScriptedModels):
    """Read plates besides."""

    def __init__(self):
        super().__init__(lambda call: [CAR])
        self.finder = ScriptedFinder()

    def plates(self):
        return PlateModels(self.finder, ScriptedReader())


@pytest.fixture
def collector(own_broker):
    made = Collector(own_broker.url)
    yield made
    made.stop()


def reads(collector):
    events = [wire.decode_event(payload)[1] for topic, payload, _ in collector.messages if topic == "ioc/v1/s/gate/plate"]
    return [e for e in events if isinstance(e, PlateRead)]


def test_a_plate_is_read_from_the_main_stream_and_told_once(server, own_broker, collector, tmp_path):
    rules = {"plates": {"min_height_px": 12, "stay_s": 1, "every_s": 0.1}}
    camera = {"id": "gate", "url": server.url("large.mp4"), "sub_url": server.url("day.mp4"), "rate": 5, "rules": rules}
    text = json.dumps(
        {
            "site": {"id": "s"},
            "broker": {"url": own_broker.url},
            "evidence": {"url": f"{tmp_path}/evidence"},
            "workers": {"state": f"{tmp_path}/state"},
            "cameras": [camera],
        }
    )
    config, models = parse_config(text), PlateReadingModels()
    running = RunningWorker(config, "w", config.cameras, models)
    thread = threading.Thread(target=running.run)
    thread.start()
    try:
        collector.wait(lambda: reads(collector))
        seen = models.detector.calls
        collector.wait(lambda: models.detector.calls >= seen + 5)
    finally:
        running.worker.stop()
        thread.join(20)
    (read,) = reads(collector)
    assert (read.text, read.vehicle, read.camera) == ("59K134074", "car", "gate")
    assert [i.role for i in read.evidence] == ["plate", "overview"]
    pictures = []
    for item in read.evidence:
        data = (tmp_path / "evidence" / item.key).read_bytes()
        assert hashlib.sha256(data).hexdigest() == item.sha256
        pictures.append(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR))
    assert pictures[1].shape[:2] == (216, 384), "the main stream's"
    assert pictures[0].shape[0] >= 16, "a plate of the sub-stream would be half as high"
    assert max(crop.shape[0] for crop in models.finder.crops) > 90
