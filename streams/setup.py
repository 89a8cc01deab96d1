"""Puts models, rules and a camera of the configuration together; used by the worker and by replays."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from importlib.metadata import version
from typing import Any

import detectors
from ioc.adapters.clock import SystemClock
from ioc.adapters.evidence import ObjectEvidenceStore
from ioc.adapters.mqtt import Message, MqttLink
from ioc.adapters.outbox import SqliteOutbox
from ioc.core import wire
from ioc.core.config import Camera, Config
from ioc.core.crowd import CrowdCounter
from ioc.core.ports import DetectorSpec, ObjectDetector
from ioc.core.water import WaterFinder
from models.catalog import make_tracker, open_street
from models.density_catalog import open_density
from models.fire_catalog import open_fire
from models.plate_catalog import open_plate_finder, open_plate_reader
from models.tiles import TiledDetector
from models.water_catalog import open_water
from streams.audience import Audience
from streams.delivery import Delivery
from streams.pictures import LivePictures
from streams.pipeline import CameraAnalysis
from streams.plates import CloserLook, PlateModels, PlateSearch
from streams.reader import CameraReader
from streams.senses import DetectorFor, Senses
from streams.worker import Worker, interest_handler, worker_status

SPARE_RING_S = 30.0
"""Seconds of compressed video that are kept beyond what a clip needs, for evidence that is written late."""


class SharedModels:
    """The models of one process: each is opened once, when a camera first asks, and shared by all cameras."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._opened: dict[tuple[int, int], ObjectDetector] = {}
        self._plates: PlateModels | None = None
        self._fire: ObjectDetector | None = None
        self._water: WaterFinder | None = None
        self._density: CrowdCounter | None = None

    def street(self, look_size: int) -> DetectorFor:
        """Street detectors that look at ``look_size`` pixels, by number of tiles a side."""

        def detector(tiles: int) -> ObjectDetector:
            found = self._opened.get((look_size, tiles))
            if found is None:
                found = self._opened[look_size, tiles] = self._open(look_size, tiles)
            return found

        return detector

    def plates(self) -> PlateModels:
        """The plate finder and reader."""
        if self._plates is None:
            overrides, threads = self._config.models, self._config.workers.threads
            self._plates = PlateModels(
                open_plate_finder(overrides, threads=threads, providers=self._providers),
                open_plate_reader(overrides, threads=threads, providers=self._providers),
            )
        return self._plates

    def fire(self) -> ObjectDetector:
        """The fire detector."""
        if self._fire is None:
            threads = self._config.workers.threads
            self._fire = open_fire(self._config.models, threads=threads, providers=self._providers)
        return self._fire

    def water(self) -> WaterFinder:
        """What sees flood water."""
        if self._water is None:
            threads = self._config.workers.threads
            self._water = open_water(self._config.models, threads=threads, providers=self._providers)
        return self._water

    def density(self) -> CrowdCounter:
        """What counts packed people."""
        if self._density is None:
            threads = self._config.workers.threads
            self._density = open_density(self._config.models, threads=threads, providers=self._providers)
        return self._density

    def open(self, names: Collection[str], camera: Camera) -> None:
        """Open the models of these names now, as the camera uses them. Raises :class:`ioc.core.errors.ModelError`."""
        if "street" in names:
            self.street(camera.look_size)(1)
        if "plate-reader" in names:
            self.plates()
        if "fire" in names:
            self.fire()
        if "water" in names:
            self.water()
        if "density" in names:
            self.density()

    def _open(self, look_size: int, tiles: int) -> ObjectDetector:
        threads = self._config.workers.threads
        plain = open_street(self._config.models, size=look_size, threads=threads, providers=self._providers)
        return plain if tiles == 1 else TiledDetector(plain, k=tiles)

    @property
    def _providers(self) -> list[str] | None:
        return [self._config.workers.provider] if self._config.workers.provider else None


def camera_analysis(
    config: Config,
    camera: Camera,
    models: SharedModels,
    registry: Mapping[str, DetectorSpec[Any]] | None = None,
    closer: CloserLook | None = None,
    plates: PlateSearch | None = None,
) -> CameraAnalysis:
    """A camera's analysis as configured. ``registry`` holds the rules; all of this product by default.

    ``closer`` gives pictures of the main stream to read plates from, where a sub-stream is analysed; ``plates`` replaces the
    search for plates altogether.
    """
    return CameraAnalysis(
        site=config.site.id,
        timezone=config.site.timezone,
        camera=camera,
        registry=detectors.discover() if registry is None else registry,
        senses=Senses(
            street=models.street(camera.look_size),
            tracker=make_tracker(),
            plates=plates or PlateSearch(models.plates, closer),
            fire=models.fire,
            water=models.water,
            density=models.density,
        ),
    )


class RunningWorker:
    """A worker with its broker link and outbox, ready to run."""

    def __init__(self, config: Config, name: str, cameras: Sequence[Camera], models: SharedModels | None = None) -> None:
        """Opens outbox, evidence store, models and readers; nothing is started.

        Raises :class:`ioc.core.errors.IocError` for anything that cannot be opened.
        """
        models = models or SharedModels(config)
        clock = SystemClock()
        ready = threading.Condition()
        ids = [c.id for c in cameras]
        site, born = config.site.id, clock.now()
        program = version("ioc")
        topic = wire.topic("worker", site, name)

        def status(online: bool, at: float) -> Message:
            told = worker_status(site, name, ids, at, online=online, version=program)
            return Message(topic=topic, payload=wire.encode_status(told))

        for camera in cameras:  # a model that cannot be opened is told now, not by the first frame
            kinds = {kind for zone in camera.all_zones() for kind in zone.rules}
            models.open({name for kind in kinds for name in detectors.discover()[kind].needs}, camera)
        self._clock = clock
        self._farewell = status
        # Another broker than the embedded one keeps the sessions of those who listen.
        audience = Audience(clock) if config.broker.embedded else None
        self._outbox = SqliteOutbox(config.workers.state / f"{name}.outbox.db")
        self._link = MqttLink(
            config.broker,
            f"ioc-{site}-{name}",
            birth=status(True, born),
            will=status(False, born),
            subscriptions=[wire.subscription("interest", site), *([wire.subscription("worker", site)] if audience else [])],
            on_message=lambda topic, payload: handle(topic, payload),
            on_ack=lambda mid: delivery.acknowledged(mid),
            on_connect=lambda: reconnected(),
        )
        delivery = Delivery(self._outbox, self._link, (lambda: audience.listens) if audience else (lambda: True))
        ring_s = config.evidence.before_s + config.evidence.after_s + SPARE_RING_S
        view_ready = threading.Condition()
        readers = [CameraReader(c, clock=clock, ready=ready, view_ready=view_ready, ring_s=ring_s) for c in cameras]
        views = {r.camera.id: r for r in readers}
        pictures = LivePictures(site, views, self._link, ready=view_ready, clock=clock)
        interest = interest_handler(pictures)

        def handle(topic: str, payload: bytes) -> None:
            if audience is not None and topic.endswith("/status"):
                audience.take(topic, payload)
            else:
                interest(topic, payload)

        def reconnected() -> None:
            if audience is not None:
                audience.reconnected()
            delivery.reconnected()

        self.worker = Worker(
            config=config,
            name=name,
            cameras=[
                (r, camera_analysis(config, r.camera, models, closer=r.picture_at if r.camera.sub_url else None))
                for r in readers
            ],
            ready=ready,
            store=ObjectEvidenceStore(config.evidence.url),
            outbox=self._outbox,
            link=self._link,
            delivery=delivery,
            pictures=pictures,
            clock=clock,
            state_file=config.workers.state / f"{name}.state.json",
        )

    def run(self) -> None:
        """Connect, work until :meth:`Worker.stop`, say farewell."""
        self._link.start()
        try:
            self.worker.run()
        finally:
            self._link.stop(self._farewell(False, self._clock.now()))
            self._outbox.close()
