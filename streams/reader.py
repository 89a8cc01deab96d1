"""A camera that is read: frames for the analysis, compressed pictures for evidence, and how it fares."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from functools import partial

from ioc.core.config import Camera
from ioc.core.errors import SourceError
from ioc.core.ports import Clock
from ioc.core.types import CameraState, Frame
from streams.backoff import Backoff
from streams.channel import Channel, Pause, pause
from streams.clip import Clip, make_clip
from streams.decoder import Decoder, Pacer, Picture
from streams.ring import PacketRing
from streams.sample import Sample
from streams.slot import Slot
from streams.source import file_path, file_samples, is_live, live_samples

GRACE = 3.0
"""Data that gives no picture for this many camera time-outs is undecodable: key pictures may be many seconds apart."""
_FPS_SAMPLES = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderStatus:
    """How a camera fares."""

    state: CameraState
    reason: str | None = None
    """One of :data:`ioc.core.types.LossReason`; None while live."""
    text: str | None = None
    """The reason in words; holds no credentials."""
    since: float
    """Since when the state has held, seconds since the epoch."""
    size: tuple[int, int] | None = None
    """(width, height) of the analysed stream in pixels, before scaling."""
    fps: float = 0.0
    """Pictures per second that come in."""
    frames_in: int = 0
    """Pictures of the analysed stream that came in, since the start."""
    dropped: Mapping[str, int] = field(default_factory=dict)
    """Pictures that nobody got, by reason: ``rate`` (not asked for), ``stale`` (not taken in time), ``undecodable``."""


class CameraReader:
    """Reads one camera on threads of its own: one for its stream, or one each for sub-stream and main stream.

    The sub-stream, where there is one, is decoded; the main stream is kept compressed and decoded on demand. A live camera
    loses what is not taken in time; a file waits, and plays at its own speed.
    """

    def __init__(
        self,
        camera: Camera,
        *,
        clock: Clock,
        ready: threading.Condition | None = None,
        view_ready: threading.Condition | None = None,
        width: int | None = None,
        ring_s: float = 30.0,
        ring_bytes: int = 64 * 2**20,
        backoff: Backoff | None = None,
        pause: Pause = pause,
    ) -> None:
        """``ready`` is notified when a frame waits, ``view_ready`` when a picture for people does; share each among readers.

        ``width`` is the largest of frames in pixels.

        Raises :class:`ioc.core.errors.ConfigError` if the camera's password cannot be read.
        """
        self.camera = camera
        self.ring = PacketRing(seconds=ring_s, max_bytes=ring_bytes)
        """The main stream, compressed."""
        self.slot: Slot[Picture] = Slot(ready)
        self.view: Slot[Picture] = Slot(view_ready)
        """Pictures for people, at the camera's picture rate while :attr:`viewed`: they do not wait for the analysis."""
        self.viewed = False
        self._clock = clock
        self._pause = pause
        self._width = width
        self._pacer = Pacer(camera.rate)
        self._view_pacer = Pacer(camera.picture_rate)
        self._decoder = Decoder()
        self._lock = threading.Lock()
        now = clock.now()
        self._state, self._reason, self._text, self._since = CameraState.LOST, "connecting", "connecting", now
        self._main_fault: tuple[SourceError, float] | None = None
        self._frames_in = self._handed_over = 0
        self._arrivals: deque[float] = deque(maxlen=_FPS_SAMPLES)
        self._size: tuple[int, int] | None = None
        self._silent_since: float | None = None
        channel = partial(Channel, clock=clock, backoff=backoff or Backoff(), pause=pause)
        analysed = camera.sub_url or camera.url
        self._live = is_live(analysed)
        self._analysed = channel(
            f"camera {camera.id}",
            connect=partial(self._connect, analysed),
            again=self._live,
            handle=self._analyse,
            lost=self._on_lost,
        )
        self._channels = [self._analysed]
        if camera.sub_url:
            self._channels.append(
                channel(
                    f"camera {camera.id} main",
                    connect=partial(self._connect, camera.url),
                    again=is_live(camera.url),
                    handle=self._keep,
                    lost=self._on_main_lost,
                )
            )
        camera.stream_url(analysed)  # a password that cannot be read is told now, not by a thread

    def start(self) -> None:
        """Begin to read; returns at once."""
        for channel in self._channels:
            channel.start()

    def request_stop(self) -> None:
        """Tell the threads to end; returns at once. To stop many cameras, ask all before waiting for the first."""
        for channel in self._channels:
            channel.stopping.set()
        with self.slot.ready:
            self.slot.ready.notify_all()

    def stop(self, wait_s: float = 1.5) -> bool:
        """Stop, waiting up to ``wait_s`` seconds; whether all threads have ended.

        A thread that waits for a silent camera ends with the camera's time-out; it does nothing more until then.
        """
        self.request_stop()
        deadline = self._clock.monotonic() + wait_s
        return all(c.join(max(0.0, deadline - self._clock.monotonic())) for c in self._channels)

    @property
    def rate(self) -> float:
        """Frames per second that are offered at most; may be set while running."""
        return self._pacer.rate or self.camera.rate

    @rate.setter
    def rate(self, value: float) -> None:
        self._pacer.rate = value

    def take(self, timeout: float = 0.0) -> Frame | None:
        """The freshest frame not taken yet, waiting up to ``timeout`` seconds; None if there is none.

        It is converted here, so that a frame which nobody takes costs no conversion.
        """
        picture = self.slot.take(timeout)
        return picture.frame(self.camera.id, self._width) if picture is not None else None

    def clip(self, start: float, end: float) -> Clip:
        """The main stream from ``start`` to ``end`` (s) as a file. Raises :class:`ioc.core.errors.StorageError`."""
        return make_clip(self.ring.between(start, end))

    def picture_at(self, at: float, width: int | None = None) -> Frame | None:
        """The frame of the main stream nearest to ``at`` (s), at most ``width`` pixels wide; None if nothing is held.

        Decodes one group of pictures on the caller's thread. The frame's own time says how near it is.
        """
        decoder = Decoder()
        best: Picture | None = None
        group = self.ring.group_at(at)
        for sample in [*group, None]:
            pictures = decoder.decode(sample, wanted=sample.at > at - 1.0) if sample is not None else decoder.flush()
            for picture in pictures:
                if best is None or abs(picture.at - at) < abs(best.at - at):
                    best = picture
            if best is not None and best.at >= at:
                break
        return best.frame(self.camera.id, width) if best is not None else None

    def status(self) -> ReaderStatus:
        """How the camera fares now."""
        with self._lock:
            state, reason, text, since = self._state, self._reason, self._text, self._since
            if state is CameraState.LIVE and self._main_fault is not None:
                fault, since = self._main_fault
                state, reason, text = CameraState.DEGRADED, fault.reason, f"main stream: {fault}"
            failed, stale = self._decoder.failed, self.slot.stale
            unasked = max(0, self._frames_in - self._handed_over - failed)
            return ReaderStatus(
                state=state,
                reason=reason or None,
                text=text or None,
                since=since,
                size=self._size,
                fps=self._fps(),
                frames_in=self._frames_in,
                dropped={"rate": unasked, "stale": stale, "undecodable": failed},
            )

    def _connect(self, url: str) -> Generator[Sample]:
        if not is_live(url):
            return file_samples(file_path(url), start=self._clock.now())
        address = self.camera.stream_url(url)
        return live_samples(address, timeout_s=self.camera.timeout_s, clock=self._clock)

    def _analyse(self, sample: Sample) -> None:
        if not self.camera.sub_url:
            self.ring.append(sample)
        now = self._clock.monotonic()
        wanted = self._pacer.wants(sample.at) or (self.viewed and self._view_pacer.wants(sample.at))
        with self._lock:
            self._frames_in += 1
            self._arrivals.append(now)
        pictures = self._decoder.decode(sample, wanted=wanted or self._state is not CameraState.LIVE)
        if pictures:
            self._silent_since = None
            self._on_picture(pictures[-1])
        elif wanted:
            self._silent_since = now if self._silent_since is None else self._silent_since
            if now - self._silent_since > GRACE * self.camera.timeout_s:
                raise SourceError("undecodable", f"data comes in, but no picture could be decoded for {GRACE:g} time-outs")
        for picture in pictures:
            if self.viewed and self._view_pacer.take(picture.at):
                self.view.put(picture)
            if self._pacer.take(picture.at):
                self._hand_over(picture)

    def _hand_over(self, picture: Picture) -> None:
        self._handed_over += 1
        if self._live:
            self.slot.put(picture)
            return
        early = picture.at - self._clock.now()
        if early > 0 and self._pause(self._analysed.stopping, early):
            return
        while not self._analysed.stopping.is_set():
            if self.slot.offer(picture, timeout=0.2):
                return

    def _keep(self, sample: Sample) -> None:
        self.ring.append(sample)
        if self._main_fault is not None:
            with self._lock:
                self._main_fault = None

    def _on_picture(self, picture: Picture) -> None:
        with self._lock:
            self._size = picture.size
            if self._state is not CameraState.LIVE:
                self._state, self._reason, self._text, self._since = CameraState.LIVE, "", "", self._clock.now()

    def _on_lost(self, error: SourceError) -> None:
        self._silent_since = None
        if self._live:
            self.slot.clear()  # whoever has heard of the loss must not be given an older picture
        with self._lock:
            if self._state is not CameraState.LOST:
                self._state, self._since = CameraState.LOST, self._clock.now()
            self._reason, self._text = error.reason, str(error)
            self._arrivals.clear()

    def _on_main_lost(self, error: SourceError) -> None:
        with self._lock:
            since = self._main_fault[1] if self._main_fault is not None else self._clock.now()
            self._main_fault = (error, since)

    def _fps(self) -> float:
        if len(self._arrivals) < 2:
            return 0.0
        # Up to now, not to the last arrival: the figure falls while nothing comes.
        passed = max(self._clock.monotonic(), self._arrivals[-1]) - self._arrivals[0]
        return (len(self._arrivals) - 1) / passed if passed > 0 else 0.0
