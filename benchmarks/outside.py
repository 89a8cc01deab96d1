"""What a frame costs apart from the network: the same code as in a worker, over a file, with the network's recorded answers.

A first pass runs the network and keeps its outputs; further passes replay them in no time and measure what is left, in CPU
seconds of this process, so that a busy machine changes little.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

import detectors
from ioc.core.config import Config
from ioc.core.types import Detection
from models.catalog import make_tracker
from models.manifest import find_model, verify
from models.session import Session
from models.yolo import Runner, StreetDetector
from streams.decoder import Decoder, Pacer
from streams.history import PictureHistory
from streams.pipeline import CameraAnalysis
from streams.senses import Senses
from streams.source import file_samples

PEER_RATE = 6.25
"""Frames per second at which the closest peer was measured."""
PEER_WIDTH = 768
"""Its pictures' width in pixels."""
PASSES = 3
Output = list[NDArray[np.float32]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """CPU milliseconds for each analysed frame, medians of :data:`PASSES` passes."""

    clip: str
    frames_in: int
    frames: int
    """Analysed ones."""
    looks: int
    """Detector calls."""
    decode: float
    """Reading and decoding, of the frames that are not analysed too."""
    convert: float
    """To BGR."""
    prepare: float
    """Before and after the network, in the detector: letterbox, candidates, suppression."""
    analyse: float
    """Thumbnail, gate, tracker, rules and incidents."""
    remember: float
    """Pictures of the past for evidence."""

    @property
    def total(self) -> float:
        """All but decoding, which the peer leaves to another process."""
        return self.convert + self.prepare + self.analyse + self.remember


class Recorder:
    """A network that keeps its answers."""

    def __init__(self, network: Runner) -> None:
        self._network = network
        self.outputs: list[Output] = []

    def run(self, array: NDArray[np.float32]) -> Output:
        """As the network does."""
        output = self._network.run(array)
        self.outputs.append(output)
        return output


class Player:
    """A network that gives recorded answers, in their order."""

    def __init__(self, outputs: Sequence[Output]) -> None:
        self._outputs = iter(outputs)

    def run(self, array: NDArray[np.float32]) -> Output:
        """The next answer."""
        return next(self._outputs)


@dataclass(slots=True)
class Timed:
    """A detector whose work is counted: an :class:`ioc.core.ports.ObjectDetector`."""

    detector: StreetDetector
    watch: Stopwatch

    @property
    def labels(self) -> Sequence[str]:
        """The detector's."""
        return self.detector.labels

    def detect(self, image: NDArray[np.uint8]) -> list[Detection]:
        """As the detector does."""
        with self.watch("prepare"):
            return self.detector.detect(image)


@dataclass(slots=True)
class Stopwatch:
    """CPU seconds of the process by stage; a stage inside another one is counted in both."""

    spent: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Count the block as that stage."""
        began = time.process_time()
        yield
        self.spent[stage] = self.spent.get(stage, 0.0) + time.process_time() - began


@dataclass(frozen=True, slots=True)
class Pass:
    """One run over the clip."""

    spent: Mapping[str, float]
    frames_in: int
    frames: int
    looks: int


def run(config: Config, clip: Path, network: Runner, labels: Sequence[str], rate: float) -> Pass:
    """One run of the first camera's rules over the clip."""
    camera = config.cameras[0]
    watch = Stopwatch()
    detector = Timed(StreetDetector(network, labels, size=camera.look_size), watch)
    analysis = CameraAnalysis(
        site=config.site.id,
        timezone=config.site.timezone,
        camera=camera,
        registry=detectors.discover(),
        senses=Senses(
            street=lambda tiles: detector,
            tracker=make_tracker(),
        ),
    )
    decoder, pacer, history = Decoder(), Pacer(rate), PictureHistory()
    samples = file_samples(clip, start=0.0)
    frames_in = frames = looks = 0
    while True:
        with watch("decode"):
            sample = next(samples, None)
            pictures = decoder.decode(sample, wanted=pacer.wants(sample.at)) if sample else decoder.flush()
        frames_in += sample is not None
        for picture in pictures:
            if not pacer.take(picture.at):
                continue
            with watch("convert"):
                frame = picture.frame(camera.id, PEER_WIDTH)
            with watch("analyse"):
                looks += analysis.analyse(frame.at, frame).looked
            with watch("remember"):
                history.add(frame.image, frame.at)
            frames += 1
        if sample is None:
            return Pass(watch.spent, frames_in, frames, looks)


def measure(config: Config, clip: Path, rate: float = PEER_RATE) -> Outside:
    """Cost of a frame of ``clip`` apart from the network. Raises :class:`ioc.core.errors.SourceError` or ModelError."""
    entry = find_model("street", config.models)
    recorder = Recorder(Session(verify(entry)))
    run(config, clip, recorder, entry.labels, rate)
    passes = [run(config, clip, Player(recorder.outputs), entry.labels, rate) for _ in range(PASSES)]
    first = passes[0]

    def ms(stage: str) -> float:
        return median(p.spent.get(stage, 0.0) for p in passes) / max(1, first.frames) * 1e3

    return Outside(
        clip=clip.name,
        frames_in=first.frames_in,
        frames=first.frames,
        looks=first.looks,
        decode=ms("decode"),
        convert=ms("convert"),
        prepare=ms("prepare"),
        analyse=ms("analyse") - ms("prepare"),
        remember=ms("remember"),
    )
