"""A real RTSP server for tests: it can ask for a password, fall silent, vanish and come back; and clips to serve."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
import threading
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import aio_sockets
import av
import numpy as np
from aio_rtsp_toolkit.server import RtspServer
from aio_rtsp_toolkit.server_media import MediaSource
from aio_rtsp_toolkit.server_session import RtspServerSession, StreamTrackState

REALM, NONCE = "camera", "0123456789abcdef"


def write_clip(
    path: Path,
    *,
    seconds: float = 2.0,
    fps: int = 10,
    size: tuple[int, int] = (192, 108),
    codec: str = "libx264",
    times: list[int] | None = None,
    options: Mapping[str, str] | None = None,
    first: int = 0,
) -> Path:
    """A white square that moves over grey, one step per picture; the picture's number stands in the grey level of a corner.

    ``times`` are presentation times in ms instead of an even ``fps``.
    """
    fitting = {"preset": "ultrafast", "tune": "zerolatency", "g": str(fps)} if codec == "libx264" else {}
    with av.open(str(path), "w", options={"movflags": "+faststart"} if path.suffix == ".mp4" else {}) as container:
        stream = container.add_stream(codec, rate=1000 if times else fps, options={**fitting, **(options or {})})
        stream.width, stream.height = size
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        if codec != "libx264":
            stream.bit_rate = 4_000_000
        for i, time in enumerate(times or range(round(seconds * fps))):
            frame = av.VideoFrame.from_ndarray(picture(first + i, size), format="bgr24")
            frame.pts = time
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_covered_clip(path: Path, seconds: int = 8) -> Path:
    """A clip of noise on black, as a covered lens gives it: one alert of the camera rule, without a model."""
    rng = np.random.default_rng(1)
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=10, options={"bf": "0", "preset": "ultrafast", "g": "10"})
        stream.width, stream.height, stream.pix_fmt = 192, 108, "yuv420p"
        for _ in range(seconds * 10):
            image = rng.integers(0, 12, (108, 192, 3)).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode(None))
    return path


def picture(number: int, size: tuple[int, int]) -> np.ndarray:
    """BGR picture of a clip; see :func:`write_clip`."""
    image = np.full((size[1], size[0], 3), 60, np.uint8)
    image[: size[1] // 3, : size[0] // 3] = 43 + number % 40 * 5  # 3 more than read: limited-range YUV loses about that
    x = number * 4 % (size[0] - 20)
    image[size[1] // 2 : size[1] // 2 + 20, x : x + 20] = 255
    return image


def number_in(image: np.ndarray) -> int:
    """The number that :func:`picture` wrote into a picture, modulo 40."""
    high, wide = image.shape[0] // 3, image.shape[1] // 3
    return round((float(image[2 : high - 2, 2 : wide - 2].mean()) - 40) / 5)


class _Session(RtspServerSession):
    server: FakeCamera

    async def _handle_describe(self, uri: str, req_headers: dict[str, str]) -> None:
        refusal = self.server.refusal(uri, req_headers.get("authorization", ""))
        if refusal:
            challenge = {"WWW-Authenticate": f'Digest realm="{REALM}", nonce="{NONCE}"'} if refusal == 401 else None
            await self._send_response(req_headers, refusal, "Refused", challenge)
            return
        await super()._handle_describe(uri, req_headers)

    async def _send_interleaved_frame(self, channel: int, payload: bytes) -> None:
        if self.server.garbled.is_set():
            payload = payload[:13] + bytes(255 - b for b in payload[13:])  # the headers stay
        if not self.server.silent.is_set():
            await super()._send_interleaved_frame(channel, payload)

    async def _sleep_until_media_time(self, state: StreamTrackState, media_time: float) -> None:
        await super()._sleep_until_media_time(state, media_time / self.server.speed)


class FakeCamera(RtspServer):  # type: ignore[misc]  # the toolkit has no types
    """Serves the clips of a folder over RTSP, looped, in a thread of its own.

    ``user`` asks for that user and password (digest); a user called guest is forbidden. ``silent`` stops all data while set,
    ``garbled`` makes garbage of it, ``speed`` plays faster.
    """

    def __init__(self, folder: Path, *, user: tuple[str, str] | None = None) -> None:
        super().__init__(str(folder), "127.0.0.1", 0)
        self.logger = logging.getLogger("fake camera")
        self.user = user
        self.silent = threading.Event()
        self.garbled = threading.Event()
        self.speed = 1.0
        self.terse = False
        self.connections = 0
        self.sessions: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        # Each viewer holds one thread of the loop's pool, which by default has six on a machine of two cores.
        self._loop.set_default_executor(ThreadPoolExecutor(64))
        self._thread = threading.Thread(target=self._loop.run_forever, name="fake camera")
        self._thread.start()
        self.up()

    def url(self, clip: str, *, loop: bool = True, user: str = "") -> str:
        """Address of a clip; ``user`` may be "name:password"."""
        return f"rtsp://{user + '@' if user else ''}127.0.0.1:{self.port}/{clip}" + ("/play_count_0" if loop else "")

    def up(self) -> None:
        """Listen, at the same port as before."""
        self._call(self.start())
        self.port = self._server.sockets[0].getsockname()[1]

    def down(self) -> None:
        """Vanish: connections break, the port is closed."""
        self._call(self._vanish())

    def end(self) -> None:
        """Go down for good."""
        self.down()
        self._call(self._tidy())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def load_media_source(self, file_path: Path) -> MediaSource:
        """As the toolkit does; with ``terse`` the parameter sets come with the data only."""
        source = super().load_media_source(file_path)
        return replace(source, tracks=[replace(t, fmtp=None) for t in source.tracks]) if self.terse else source

    def refusal(self, uri: str, authorization: str) -> int | None:
        """RTSP status with which a DESCRIBE is refused, or None."""
        if self.user is None:
            return None
        said = dict(re.findall(r'(\w+)="([^"]*)"', authorization))
        name, password = self.user
        secret = _md5(f"{name}:{REALM}:{password}")
        asked = _md5("DESCRIBE:" + said.get("uri", uri))
        answer = _md5(f"{secret}:{NONCE}:{asked}")
        if said.get("username") == "guest":
            return 403
        return None if said.get("username") == name and said.get("response") == answer else 401

    async def _handle_client(self, sock: aio_sockets.TCPSocket) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self.sessions.add(task)
        session = _Session(self, sock)
        try:
            await session.run()
        except (OSError, EOFError, asyncio.CancelledError):  # hung up, by either side
            pass
        finally:
            self.sessions.discard(task)

    async def _vanish(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for task in list(self.sessions):
            task.cancel()
        await asyncio.gather(*self.sessions, return_exceptions=True)

    async def _tidy(self) -> None:
        """End what the toolkit leaves behind: threads that read clips, and their pending hand-overs."""
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self._loop.shutdown_default_executor()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.sleep(0)

    def _call(self, work: Coroutine[object, object, object]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
