"""Vehicles that pass, from frames to reads: with scripted networks, and with the shipped ones on drawn plates."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

import detectors
from ioc.core import wire
from ioc.core.config_file import parse_config
from ioc.core.ports import StreamHealth
from ioc.core.types import Box, Frame
from models.catalog import make_tracker
from streams.gate import Gate, GateSettings
from streams.pipeline import AnalysisError, CameraAnalysis
from streams.plates import PlateModels, PlateSearch
from streams.senses import Senses
from streams.setup import SharedModels
from tests.fakes.plates import ScriptedFinder, ScriptedReader, noise
from tests.fakes.vision import ScriptedDetector, detection

SITE = "site: {id: s}\ncameras: [{id: cam, url: x.mp4, rules: {plates: {}}}]"
RENDERED = Path(__file__).parents[1] / "models" / "plates"
RATE = 4.0


def analysis(detector, models=None):
    config = parse_config(SITE, rules=detectors.rule_settings())
    return CameraAnalysis(
        site="s",
        timezone="UTC",
        camera=config.cameras[0],
        registry=detectors.discover(),
        senses=Senses(
            street=lambda tiles: detector,
            tracker=make_tracker(),
            plates=PlateSearch(lambda: models) if models else None,
            gate=Gate(GateSettings(moved=0.0)),  # every frame is looked at: the scripts count them
        ),
    )


def frame(at, image=None):
    return Frame(camera="cam", at=at, pts=at, image=noise(seed=int(at * 100)) if image is None else image)


def approaching(call, last=8):
    """A car that comes nearer for ``last`` frames and is gone then."""
    size = 0.3 + 0.02 * call
    return [detection("car", Box(0.5 - size / 2, 0.3, 0.5 + size / 2, 0.3 + size))] if call <= last else []


def drive(made, frames, image=lambda i: None):
    found = []
    for i in range(frames):
        at = i / RATE
        found += [(at, p.read) for p in made.analyse(at, frame(at, image(i))).passages]
    return found


def test_a_car_that_passes_is_one_read():
    made = analysis(ScriptedDetector(approaching), PlateModels(ScriptedFinder(), ScriptedReader(lambda crop: "98A12345")))
    ((at, read),) = drive(made, 24)
    assert (read.text, read.vehicle, read.direction, read.camera) == ("98A12345", "car", "towards", "cam")
    assert 3.25 < at <= 4.0, "when it had been gone for a while"
    assert made.finish_passages(7.0) == ()


def test_the_same_frames_give_the_same_bytes():
    def run():
        models = PlateModels(ScriptedFinder(), ScriptedReader(lambda crop: "98A12345"))
        return [wire.encode_event(read) for _, read in drive(analysis(ScriptedDetector(approaching), models), 24)]

    assert run() == run() != []


def test_the_end_of_a_file_and_a_lost_stream_end_passages():
    def stays(call):
        return approaching(8)

    models = PlateModels(ScriptedFinder(), ScriptedReader(lambda crop: "98A12345"))
    cut = analysis(ScriptedDetector(stays), models)
    assert drive(cut, 8) == []
    assert [p.read.text for p in cut.finish_passages(2.0)] == ["98A12345"]
    lost = analysis(ScriptedDetector(stays), models)
    drive(lost, 8)
    found = lost.analyse(10.0, None, StreamHealth(lost_for=8.0, reason="timeout"))
    assert [p.read.text for p in found.passages] == ["98A12345"]


def test_a_reader_that_fails_is_no_street_without_plates():
    def fail(crop):
        raise RuntimeError("the session is gone")

    made = analysis(ScriptedDetector(approaching), PlateModels(ScriptedFinder(), ScriptedReader(fail)))
    with pytest.raises(AnalysisError, match=r"rule plates: .*session is gone"):
        drive(made, 12)
    with pytest.raises(AnalysisError, match="asks for plates, and no model"):
        drive(analysis(ScriptedDetector(approaching)), 4)


@pytest.fixture(scope="module")
def networks():
    return SharedModels(parse_config("site: {id: s}")).plates()


def hang(street, name, box, width, height, paint):
    """A vehicle, plain as a box, with a drawn plate in its lower middle; ``box`` in pixels."""
    x1, y1, x2, y2 = box
    cv2.rectangle(street, (x1, y1), (x2, y2), paint, -1)
    plate = cv2.resize(cv2.imread(str(RENDERED / f"{name}.png")), (width, height), interpolation=cv2.INTER_AREA)
    left, top = (x1 + x2 - width) // 2, y1 + (y2 - y1) * 7 // 10
    street[top : top + height, left : left + width] = plate


def test_the_shipped_networks_read_a_car_and_the_motorbike_before_it(networks):
    rng = np.random.default_rng(0)
    boxes = {"car": (180, 40, 460, 320), "motorcycle": (400, 110, 520, 350)}

    def picture(i):
        street = np.clip(rng.normal(90, 6, (360, 640, 3)), 0, 255).astype(np.uint8)
        if i < 10:
            shift = 3 * i  # both drive to the left together
            moved = {k: (x1 - shift, y1, x2 - shift, y2) for k, (x1, y1, x2, y2) in boxes.items()}
            hang(street, "62K34812_2_white", moved["car"], 90, 46, (40, 30, 90))
            hang(street, "59H124680_2_white", moved["motorcycle"], 64, 46, (60, 60, 60))
        return street

    def see(call):
        i = call - 1
        return [
            detection(label, Box((x1 - 3 * i) / 640, y1 / 360, (x2 - 3 * i) / 640, y2 / 360))
            for label, (x1, y1, x2, y2) in boxes.items()
            if i < 10
        ]

    found = [read for _, read in drive(analysis(ScriptedDetector(see), networks), 18, picture)]
    facts = {(r.text, r.vehicle, r.lines, r.colour) for r in found}
    assert facts == {("62K34812", "car", 2, "white"), ("59H124680", "motorcycle", 2, "white")}
    assert len(found) == 2
    assert all(r.confidence >= 0.8 and r.pattern for r in found)


def test_the_shipped_networks_read_nothing_in_noise(networks):
    made = analysis(ScriptedDetector(lambda call: [detection("car", Box(0.2, 0.2, 0.8, 0.9))]), networks)
    assert drive(made, 10) == []
    assert made.finish_passages(3.0) == ()


def parked(say):
    """A car that stops and stays, on a camera that minds it; ``say(crop)`` is what its plate reads."""
    config = parse_config(SITE.replace("plates: {}", "parking: {dwell_s: 8}, plates: {}"), rules=detectors.rule_settings())
    models = PlateModels(ScriptedFinder(), ScriptedReader(say))
    return CameraAnalysis(
        site="s",
        timezone="UTC",
        camera=config.cameras[0],
        registry=detectors.discover(),
        senses=Senses(
            street=lambda tiles: ScriptedDetector(lambda call: approaching(8)),
            tracker=make_tracker(),
            plates=PlateSearch(lambda: models),
        ),
    )


def test_a_parked_vehicle_is_told_with_its_plate():
    made = parked(lambda crop: "98A12345")
    found = [made.analyse(i / RATE, frame(i / RATE)) for i in range(40)]
    (opened,) = [e.alert for a in found for e in a.events]
    assert (opened.kind, opened.detail["plate"]) == ("parking", "98A12345")
    assert [p.read.text for a in found for p in a.passages] == ["98A12345"], "and read once, however long it stays"


def test_a_plate_that_is_read_after_the_alert_opened_updates_it():
    legible = False
    made = parked(lambda crop: "98A12345" if legible else None)
    events, passages, read_at = [], [], []
    for i in range(200):
        legible = i / RATE >= 15  # what stood before it has driven off
        found = made.analyse(i / RATE, frame(i / RATE))
        events += found.events
        passages += found.passages
        read_at += [i / RATE for _ in found.passages]
    opened, updated = events
    assert (opened.phase, updated.phase) == ("opened", "updated")
    assert updated.alert.id == opened.alert.id
    assert "plate" not in opened.alert.detail
    assert updated.alert.detail["plate"] == passages[0].read.text == "98A12345"
    assert read_at == [pytest.approx(updated.at - 1 / RATE)], "told at the next instant, not only when the vehicle leaves"
    (closed,) = made.finish(50.0)
    assert (closed.alert.id, closed.alert.detail["plate"]) == (opened.alert.id, "98A12345")
