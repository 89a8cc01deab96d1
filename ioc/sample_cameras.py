"""Sample cameras: a folder of clips served over real RTSP, each in an endless loop, as network cameras would be.

The time stamps go on rising where a clip starts again, so a client sees one endless stream. Clips must be H.264 or H.265
without B-frames, as cameras send it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import click

from ioc.core.errors import InputError
from ioc.launch import on_stop_signal

LOG = logging.getLogger(__name__)
LOOPBACK = "127.0.0.1"
VIEWERS = 256
"""Streams that can be watched at once."""
QUEUE_WAIT_S = 2.0
"""How long the server waits for room in a viewer's queue. By default it gives up after 0.05 s, while pictures are due every
0.1 s, and then may queue one that has gone out already: on a busy machine 1.8 % were doubled, and decoders refuse those."""


def address(host: str, port: int, clip: str) -> str:
    """The RTSP address of a clip's file name that plays without end."""
    return f"rtsp://{host}:{port}/{clip}?play_count=0"


class ServerLog:
    """Takes the RTSP server's messages: warnings and errors to this module's log, the rest nowhere."""

    def log(self, level: str, message: str, **_: Any) -> None:
        """A message at a level given by name."""
        LOG.log(logging.getLevelNamesMapping().get(level, logging.INFO), message)

    def debug(self, message: str, **_: Any) -> None:
        """Each packet report; dropped."""

    def info(self, message: str, **_: Any) -> None:
        """Each request; dropped."""

    def warning(self, message: str, **_: Any) -> None:
        """A request that cannot be served."""
        LOG.warning(message)

    def error(self, message: str, **_: Any) -> None:
        """A fault of the server."""
        LOG.error(message)

    def critical(self, message: str, **_: Any) -> None:
        """A fault of the server."""
        LOG.critical(message)


async def serve(folder: Path, host: str, port: int, stop: asyncio.Event) -> None:
    """Serve the folder's clips at ``rtsp://host:port/<file name>`` until ``stop`` is set. Raises :class:`InputError`."""
    try:
        from aio_rtsp_toolkit import server_streaming
        from aio_rtsp_toolkit.server import RtspServer
    except ImportError as error:
        raise InputError(f"sample cameras need the extra 'demo': pip install 'ioc[demo]' ({error})") from error
    clips = sorted(folder.glob("*.mp4"))
    if not clips:
        raise InputError(f"không có clip / no clips (*.mp4) in {folder}")
    # Each viewer holds a thread of the loop's pool; by default a machine of two cores has six, and the seventh viewer waits.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(VIEWERS))
    server_streaming.QUEUE_PUT_POLL_INTERVAL = QUEUE_WAIT_S
    server = RtspServer(directory=str(folder), host=host, port=port)
    server.logger = ServerLog()
    try:
        await server.start()
    except OSError as error:
        raise InputError(f"cannot listen on {host}:{port}: {error}") from error
    for clip in clips:
        click.echo(address(host, port, clip.name))
    await stop.wait()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(1.0):  # it waits for its clients to leave, and cameras' clients never do
            await server.close()


@click.command(hidden=True)
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--host", default=LOOPBACK, show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8554, show_default=True, help="Port to listen on.")
def cameras(folder: Path, host: str, port: int) -> None:
    """Camera mẫu / serve the clips of FOLDER as RTSP cameras, each in a loop."""
    logging.basicConfig(format="%(levelname)s %(message)s")

    async def until_stopped() -> None:
        stop = asyncio.Event()
        on_stop_signal(stop.set)
        await serve(folder, host, port, stop)

    asyncio.run(until_stopped())
