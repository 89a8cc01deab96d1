"""A real RTSP server: what it serves arrives, and every way to fail has its name."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from pathlib import Path

import pytest

from ioc.adapters.clock import SystemClock
from ioc.core.errors import SourceError
from streams.decoder import Decoder
from streams.failures import plain_url
from streams.sample import Sample
from streams.source import file_samples, live_samples
from tests.streams.rtsp import FakeCamera, number_in, write_clip

TIMEOUT_S = 0.6
SECRET = "s3cr%2Ft"


def read(url: str, count: int) -> list[Sample]:
    with closing(live_samples(url, timeout_s=5.0, clock=SystemClock())) as samples:
        return list(islice(samples, count))


def broken(url: str) -> tuple[int, SourceError]:
    """How many samples came before the failure, and the failure."""
    count = 0
    try:
        for _ in live_samples(url, timeout_s=TIMEOUT_S, clock=SystemClock()):
            count += 1
    except SourceError as error:
        return count, error
    raise AssertionError("a live source must not simply end")


def test_pictures_arrive_in_order_at_their_times(server: FakeCamera) -> None:
    before = SystemClock().now()
    samples = read(server.url("day.mp4"), 15)
    decoder = Decoder()
    pictures = [p for s in samples for p in decoder.decode(s)]
    assert [number_in(p.frame("gate").image) for p in pictures] == list(range(15))
    assert [p.pts for p in pictures[2:]] == pytest.approx([pictures[1].pts + i / 10 for i in range(1, 14)], abs=0.02)
    assert all(before <= p.at <= SystemClock().now() for p in pictures)
    assert samples[0].key
    assert samples[0].format.parameters
    assert samples[0].data.startswith(samples[0].format.parameters)


def test_a_password_is_used(server: FakeCamera) -> None:
    server.user = ("admin", "s3cr/t")
    assert len(read(server.url("day.mp4", user=f"admin:{SECRET}"), 3)) == 3


@pytest.mark.parametrize(
    ("user", "words"), [("", "401"), ("admin:wrong", "401"), ("guest:wrong", "403"), (f"root:{SECRET}", "401")]
)
def test_a_wrong_password_is_unauthorised(server: FakeCamera, user: str, words: str) -> None:
    server.user = ("admin", "s3cr/t")
    count, error = broken(server.url("day.mp4", user=user))
    assert (count, error.reason) == (0, "unauthorised")
    assert words in str(error)


def test_no_such_path(server: FakeCamera) -> None:
    count, error = broken(server.url("night.mp4"))
    assert (count, error.reason) == (0, "no_such_path")


def test_a_stream_that_ends_says_so(server: FakeCamera) -> None:
    server.speed = 10
    count, error = broken(server.url("day.mp4", loop=False))
    assert (count, error.reason) == (40, "ended")


def test_a_server_that_dies_ends_the_stream_or_refuses(server: FakeCamera) -> None:
    killer = threading.Timer(0.5, server.down)
    killer.start()
    count, error = broken(server.url("day.mp4"))
    killer.join()
    assert count > 0
    assert error.reason == "ended"
    assert broken(server.url("day.mp4"))[1].reason == "refused"


def test_a_camera_that_falls_silent_times_out(server: FakeCamera) -> None:
    silencer = threading.Timer(0.5, server.silent.set)
    silencer.start()
    count, error = broken(server.url("day.mp4"))
    silencer.join()
    assert count > 0
    assert (error.reason, "no data within 0.6 s" in str(error)) == ("timeout", True)


def test_a_camera_that_never_sends_times_out(server: FakeCamera) -> None:
    server.silent.set()
    count, error = broken(server.url("day.mp4"))
    assert (count, error.reason) == (0, "timeout")


def test_a_port_where_nobody_answers_times_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        count, error = broken(f"rtsp://127.0.0.1:{mute.getsockname()[1]}/1")
    assert (count, error.reason) == (0, "timeout")


@pytest.fixture
def web() -> Iterator[str]:
    """host:port of a web server with an HTML page."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"<!DOCTYPE html><html><body>" + b"<p>Login</p>" * 500 + b"</body></html>"
            self.send_response(200 if self.path == "/" else 404)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_camera_that_sends_jpegs_over_http_is_read_at_its_own_pace(tmp_path: Path) -> None:
    pictures = [s.data for s in file_samples(write_clip(tmp_path / "a.avi", codec="mjpeg", seconds=2), start=0)]

    class Jpegs(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=next")
            self.end_headers()
            with contextlib.suppress(OSError):
                for jpeg in pictures:
                    self.wfile.write(b"--next\r\nContent-Type: image/jpeg\r\n")
                    self.wfile.write(f"Content-Length: {len(jpeg)}\r\n\r\n".encode() + jpeg + b"\r\n")
                    time.sleep(0.1)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Jpegs) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        samples = read(f"http://127.0.0.1:{server.server_port}/stream", 12)
        server.shutdown()
        thread.join()
    assert all(s.key and not s.timed and s.format.codec == "mjpeg" for s in samples)
    assert samples[-1].pts - samples[2].pts >= 0.85  # nine steps of 0.1 s; by FFmpeg's made-up rate it would be 0.36 s


@pytest.mark.parametrize(
    ("scheme", "path", "reason"), [("rtsp", "", "undecodable"), ("http", "", "undecodable"), ("http", "x", "no_such_path")]
)
def test_a_web_page_is_no_camera(web: str, scheme: str, path: str, reason: str) -> None:
    count, error = broken(f"{scheme}://{web}/{path}")
    assert (count, error.reason) == (0, reason)


@pytest.mark.parametrize(
    ("url", "reason", "words"),
    [
        ("rtsp://127.0.0.1:1/x", "refused", "nothing listens"),
        ("rtsp://camera.invalid/x", "unreachable", "host name is not known"),
        ("rtsp:///x", "undecodable", "names no host"),
        ("ftp://127.0.0.1/x", "undecodable", "cannot read ftp"),
        ("rtsp://127.0.0.1:99999/x", "undecodable", "cannot be opened"),
    ],
)
def test_wrong_addresses_are_named(url: str, reason: str, words: str) -> None:
    count, error = broken(url)
    assert (count, error.reason) == (0, reason)
    assert words in str(error)


@pytest.mark.parametrize("host", ["127.0.0.1:1", "camera.invalid", "127.0.0.1:99999"])
def test_no_error_and_no_log_tells_a_secret(host: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        _, error = broken(f"rtsp://admin:{SECRET}@{host}/x?password={SECRET}")
        logging.getLogger("test").error("lost", exc_info=error)
    told = "".join(traceback.format_exception(error)) + repr(error) + caplog.text
    assert SECRET not in told.replace(f'"{SECRET}"', "")
    assert "admin" not in str(error)


def test_no_secret_is_told_when_the_camera_refuses(server: FakeCamera, caplog: pytest.LogCaptureFixture) -> None:
    server.user = ("admin", "other")
    with caplog.at_level(logging.DEBUG):
        _, error = broken(server.url("day.mp4", user=f"admin:{SECRET}"))
        logging.getLogger("test").error("lost", exc_info=error)
    assert SECRET not in "".join(traceback.format_exception(error)) + str(error)
    assert (error.__cause__, error.__context__) == (None, None)  # FFmpeg's own error holds the whole address


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("rtsp://user:pa@ss@cam:554/1?password=x#y", "rtsp://cam:554/1"),
        ("rtsp://cam/1", "rtsp://cam/1"),
        ("clips/a.mp4", "clips/a.mp4"),
    ],
)
def test_plain_addresses(url: str, plain: str) -> None:
    assert plain_url(url) == plain
