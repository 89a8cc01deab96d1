"""Clips play, begin at a key sample, last as long as they should, and hold the very bytes that the camera sent."""

from __future__ import annotations

import io
from pathlib import Path

import av
import pytest

from ioc.core.errors import StorageError
from streams.clip import Clip, make_clip
from streams.ring import PacketRing
from streams.sample import Sample, StreamFormat
from streams.source import file_samples
from tests.streams.rtsp import number_in, write_clip

START = 1_700_000_000.0


def played(clip: Clip) -> list[tuple[float, int]]:
    """(time, number) of the pictures that a player shows."""
    with av.open(io.BytesIO(clip.data)) as container:
        frames = list(container.decode(video=0))
    return [(round(f.time, 3), number_in(f.to_ndarray(format="bgr24"))) for f in frames]


def cut(path: Path, start: float, end: float) -> Clip:
    ring = PacketRing(seconds=100, max_bytes=10**7)
    for sample in file_samples(path, start=START):
        ring.append(sample)
    return make_clip(ring.between(START + start, START + end))


@pytest.mark.parametrize("options", [{}, {"bf": "3", "b-adapt": "0", "tune": "film"}], ids=["in order", "with B pictures"])
def test_a_clip_of_h264(tmp_path: Path, options: dict[str, str]) -> None:
    path = write_clip(tmp_path / "a.mp4", seconds=4, options=options)
    clip = cut(path, 1.55, 3.2)
    assert (clip.media_type, clip.extension) == ("video/mp4", "mp4")
    assert clip.start - START == pytest.approx(1.0, abs=1e-6)
    shown = played(clip)
    assert shown == [(pytest.approx((n - 10) / 10, abs=0.002), n) for _, n in shown]
    assert [n for _, n in shown][:23] == list(range(10, 33))
    assert len(shown) <= 25  # the picture on which the last B pictures depend may stand behind the end
    assert clip.duration == pytest.approx(shown[-1][0] + 0.1, abs=0.002)
    with av.open(io.BytesIO(clip.data)) as container:
        assert container.duration / av.time_base == pytest.approx(clip.duration, abs=0.01)
        stream = container.streams.video[0]
        assert (stream.width, stream.height, stream.codec_context.codec_tag) == (192, 108, "avc1")


def test_nothing_is_encoded_again(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", seconds=2)
    clip = cut(path, 0.0, 2.0)
    with av.open(str(path)) as original, av.open(io.BytesIO(clip.data)) as copy:
        before = [f.to_ndarray().tobytes() for f in original.decode(video=0)]
        after = [f.to_ndarray().tobytes() for f in copy.decode(video=0)]
    assert before == after


def test_the_index_stands_ahead_of_the_pictures(tmp_path: Path) -> None:
    clip = cut(write_clip(tmp_path / "a.mp4", seconds=4), 0.0, 4.0)
    assert 0 < clip.data.find(b"moov") < clip.data.find(b"mdat")


def test_uneven_times_stay(tmp_path: Path) -> None:
    times = [0, 100, 200, 1500, 1600, 4000]
    clip = cut(write_clip(tmp_path / "a.mp4", times=times, options={"g": "100"}), 0, 9)
    assert [t for t, _ in played(clip)] == pytest.approx([t / 1000 for t in times], abs=0.002)
    assert clip.duration == pytest.approx(4.1, abs=0.01)


def test_hevc_has_the_tag_that_players_know(tmp_path: Path) -> None:
    path = write_clip(
        tmp_path / "a.mp4", codec="libx265", options={"preset": "ultrafast", "x265-params": "keyint=10:log-level=none"}
    )
    clip = cut(path, 0.0, 2.0)
    assert [n for _, n in played(clip)] == list(range(20))
    with av.open(io.BytesIO(clip.data)) as container:
        assert container.streams.video[0].codec_context.codec_tag == "hvc1"


@pytest.mark.parametrize("codec", ["mjpeg", "mpeg4"])
def test_what_browsers_do_not_play_goes_into_matroska(tmp_path: Path, codec: str) -> None:
    clip = cut(write_clip(tmp_path / "a.avi", codec=codec), 0.0, 1.0)
    assert (clip.media_type, clip.extension) == ("video/x-matroska", "mkv")
    assert [n for _, n in played(clip)][:11] == list(range(11))


def test_a_change_of_resolution_gives_the_longest_part(tmp_path: Path) -> None:
    short = write_clip(tmp_path / "s.h264", size=(192, 108), seconds=1).read_bytes()
    long = write_clip(tmp_path / "l.h264", size=(384, 216), seconds=2, first=10).read_bytes()
    path = tmp_path / "both.h264"
    path.write_bytes(short + long)
    clip = cut(path, 0.0, 9.0)
    assert [n for _, n in played(clip)] == list(range(10, 30))
    assert clip.start - START == pytest.approx(1.0, abs=1e-3)
    with av.open(io.BytesIO(clip.data)) as container:
        assert container.streams.video[0].width == 384


def test_a_single_picture_is_a_clip(tmp_path: Path) -> None:
    clip = cut(write_clip(tmp_path / "a.mp4", seconds=1), 0.0, 0.0)
    assert played(clip) == [(0.0, 0)]
    assert clip.duration > 0


def test_a_gap_of_a_lost_camera_stays_in_the_clip(tmp_path: Path) -> None:
    samples = list(file_samples(write_clip(tmp_path / "a.mp4", seconds=2), start=START))
    later = [Sample(at=s.at + 30, pts=s.pts + 30, timed=True, key=s.key, data=s.data, format=s.format) for s in samples[10:]]
    clip = make_clip(samples[:10] + later)
    assert clip.duration == pytest.approx(32.0, abs=0.01)
    assert [n for _, n in played(clip)] == list(range(20))


def test_nothing_to_cut_is_named() -> None:
    with pytest.raises(StorageError, match="no pictures of that time"):
        make_clip([])


def test_a_codec_without_container_is_named() -> None:
    odd = Sample(at=0, pts=0, timed=True, key=True, data=b"x", format=StreamFormat("msmpeg4v2", size=(16, 16)))
    with pytest.raises(StorageError, match=r"msmpeg4v2.*set the camera to H\.264"):
        make_clip([odd])


def test_a_broken_first_picture_is_named() -> None:
    broken = Sample(at=0, pts=0, timed=True, key=True, data=b"\x00\x00\x00\x01\x65junk", format=StreamFormat("h264"))
    with pytest.raises(StorageError, match="cannot be decoded"):
        make_clip([broken])
