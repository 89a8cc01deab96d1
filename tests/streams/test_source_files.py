"""Files: good ones come whole, odd ones come right, bad ones are named."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import av
import pytest

from ioc.core.errors import SourceError
from ioc.core.types import Frame
from streams.decoder import Pacer, file_frames
from streams.source import file_path, file_samples, is_live
from tests.streams.rtsp import number_in, picture, write_clip

START = 1_700_000_000.0


def pts(path: Path) -> list[float]:
    return [round(s.pts, 3) for s in file_samples(path, start=START)]


def test_frames_have_their_times_and_pictures(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", seconds=1.5)
    frames = list(file_frames(path, camera="gate", start=START))
    assert [f.at - START for f in frames] == pytest.approx([i / 10 for i in range(15)], abs=1e-6)
    assert [f.pts for f in frames] == pytest.approx([i / 10 for i in range(15)])
    assert [number_in(f.image) for f in frames] == list(range(15))
    assert {(f.camera, f.size) for f in frames} == {("gate", (192, 108))}


def test_a_rate_takes_evenly_and_a_width_scales(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", seconds=3)
    frames = list(file_frames(path, camera="gate", start=START, rate=4, width=96))
    assert [number_in(f.image) for f in frames] == [0, 3, 5, 8, 10, 13, 15, 18, 20, 23, 25, 28]
    assert {f.size for f in frames} == {(96, 54)}
    assert next(file_frames(path, camera="gate", start=START, width=4000)).size == (192, 108)


def test_two_runs_give_the_same(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", options={"bf": "2", "tune": "film"})
    runs = [[(f.at, f.image.tobytes()) for f in file_frames(path, camera="g", start=START, rate=7)] for _ in range(2)]
    assert runs[0] == runs[1]


def test_variable_frame_rate(tmp_path: Path) -> None:
    times = [0, 40, 80, 500, 510, 2000, 2040, 5000]
    path = write_clip(tmp_path / "a.mp4", times=times)
    assert pts(path) == pytest.approx([t / 1000 for t in times], abs=0.002)


def test_pictures_out_of_order_come_in_order(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", seconds=3, options={"bf": "3", "b-adapt": "0", "tune": "film"})
    assert pts(path) != sorted(pts(path))  # it has B pictures
    frames = list(file_frames(path, camera="g", start=START))
    assert [number_in(f.image) for f in frames] == list(range(30))
    assert [f.pts for f in frames] == pytest.approx([i / 10 for i in range(30)])


@pytest.mark.parametrize(("name", "codec"), [("a.avi", "mpeg4"), ("a.h264", "libx264"), ("a.avi", "mjpeg")])
def test_missing_presentation_times(tmp_path: Path, name: str, codec: str) -> None:
    path = write_clip(tmp_path / name, codec=codec, fps=25, seconds=1)
    frames = list(file_frames(path, camera="g", start=START))
    assert [f.pts for f in frames] == pytest.approx([i / 25 for i in range(25)], abs=0.001)
    assert [number_in(f.image) for f in frames] == list(range(25))


def test_a_clock_that_jumps_back(tmp_path: Path) -> None:
    once = write_clip(tmp_path / "once.ts", seconds=2).read_bytes()
    path = tmp_path / "twice.ts"
    path.write_bytes(once + once)  # a looped recording
    frames = list(file_frames(path, camera="g", start=START))
    assert [number_in(f.image) for f in frames] == [*range(20), *range(20)]
    assert [f.pts for f in frames] == pytest.approx([i / 10 for i in range(40)], abs=0.11)
    assert all(a.at < b.at for a, b in pairwise(frames))


def test_the_resolution_changes(tmp_path: Path) -> None:
    small = write_clip(tmp_path / "s.h264", size=(192, 108), seconds=1).read_bytes()
    large = write_clip(tmp_path / "l.h264", size=(384, 216), seconds=1, first=10).read_bytes()
    path = tmp_path / "both.h264"
    path.write_bytes(small + large + small)
    frames = list(file_frames(path, camera="g", start=START))
    assert [f.size for f in frames] == [(192, 108)] * 10 + [(384, 216)] * 10 + [(192, 108)] * 10
    assert [number_in(f.image) for f in frames] == [*range(20), *range(10)]
    samples = list(file_samples(path, start=START))
    assert samples[0].format == samples[-1].format != samples[15].format
    assert all(s.data.startswith(s.format.parameters) for s in samples if s.key and s is not samples[0])


def test_samples_of_mp4_can_stand_alone(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", seconds=2)
    keys = [s for s in file_samples(path, start=START) if s.key]
    assert len(keys) == 2
    assert all(s.data.startswith(b"\x00\x00\x00\x01") and s.format.parameters in s.data for s in keys)


def test_a_truncated_file_gives_what_is_there_and_says_so(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "whole.mp4", seconds=6, options={"crf": "10"})
    path = tmp_path / "cut.mp4"
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    frames: list[Frame] = []
    reading = file_frames(path, camera="g", start=START)
    with pytest.raises(SourceError, match=r"truncated: pictures end at \d\.\d s of 6\.0 s") as caught:
        frames.extend(reading)  # extend keeps what came before the error
    assert caught.value.reason == "undecodable"
    assert 10 < len(frames) < 60
    assert [number_in(f.image) for f in frames] == [i % 40 for i in range(len(frames))]


def html(path: Path) -> None:
    path.write_text("<!DOCTYPE html><html><body>" + "<p>Login</p>" * 400 + "</body></html>", encoding="utf-8")


def still(path: Path) -> None:
    with av.open(str(path), "w", format="image2") as container:
        stream = container.add_stream("mjpeg", rate=1)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuvj420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(picture(1, (96, 64)), format="bgr24")))
        container.mux(stream.encode(None))


def sound(path: Path) -> None:
    with av.open(str(path), "w", format="wav") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame(format="s16", layout="mono", samples=800)
        frame.sample_rate = 8000
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        container.mux(stream.encode(frame))


def beginning(path: Path) -> None:
    path.write_bytes(write_clip(path.with_suffix(".mov")).read_bytes()[:40])


@pytest.mark.parametrize(
    ("make", "reason", "words"),
    [
        (lambda p: None, "missing", "no such file"),
        (lambda p: p.mkdir(), "missing", "not a file"),
        (lambda p: p.touch(), "undecodable", "empty"),
        (lambda p: p.write_text("just a text\n" * 100), "undecodable", "not a video"),
        (lambda p: p.write_bytes(bytes(range(256)) * 64), "undecodable", "not a video"),
        (html, "undecodable", "not a video"),
        (still, "undecodable", "not a video"),
        (sound, "undecodable", "no video"),
        (beginning, "undecodable", "not a video"),
    ],
    ids=["missing", "folder", "empty", "text", "bytes", "html", "picture", "sound", "beginning"],
)
def test_what_is_no_video_is_named(tmp_path: Path, make: object, reason: str, words: str) -> None:
    path = tmp_path / "cam.mp4"
    make(path)  # type: ignore[operator]  # a table of callables
    with pytest.raises(SourceError, match=words) as caught:
        list(file_frames(path, camera="g", start=START))
    assert caught.value.reason == reason
    assert str(path) in str(caught.value)


def test_an_mp4_without_its_index_is_named(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "whole.mov", seconds=2)  # the index stands at its end
    path = tmp_path / "cut.mov"
    path.write_bytes(whole.read_bytes()[:-400])
    with pytest.raises(SourceError) as caught:
        list(file_samples(path, start=START))
    assert caught.value.reason == "undecodable"


@pytest.mark.parametrize(
    ("url", "live"),
    [("rtsp://cam/1", True), ("clips/a.mp4", False), ("/clips/a b.mp4", False), ("file:///clips/a%20b.mp4", False)],
)
def test_files_and_cameras_are_told_apart(url: str, live: bool) -> None:
    assert is_live(url) is live
    if url.startswith("file:"):
        assert file_path(url) == Path("/clips/a b.mp4")


def test_a_pacer_keeps_its_rate_over_uneven_pictures() -> None:
    pacer = Pacer(4)
    taken = [i for i in range(1000) if pacer.take(i / 25)]
    assert len(taken) == 160
    assert pacer.take(0.0)  # the clock was set back
    assert not pacer.take(0.1)
    pacer.rate = 10  # at once, not after the old period
    assert pacer.take(0.1)
    pacer.rate = None
    assert pacer.take(0.11)
