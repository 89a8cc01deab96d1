"""The ring holds whole groups of pictures, within its seconds and bytes."""

from __future__ import annotations

import pytest

from streams.ring import PacketRing
from streams.sample import Sample, StreamFormat

H264 = StreamFormat("h264", b"sets")


def sample(at: float, *, key: bool = False, size: int = 10) -> Sample:
    return Sample(at=at, pts=at, timed=True, key=key, data=bytes(size), format=H264)


def filled(seconds: float, *, length: float = 5.0, max_bytes: int = 10_000, gop: int = 10) -> PacketRing:
    """Ten samples a second, a key sample every ``gop``."""
    ring = PacketRing(seconds=length, max_bytes=max_bytes)
    for i in range(round(seconds * 10)):
        ring.append(sample(i / 10, key=i % gop == 0))
    return ring


def times(samples: list[Sample]) -> tuple[float, float, int]:
    return samples[0].at, samples[-1].at, len(samples)


def test_it_holds_its_seconds_from_a_key_sample_on() -> None:
    ring = filled(20.5)
    assert ring.span == (15.0, 20.4)
    assert ring.between(0, 99)[0].key
    assert ring.evicted_for_size == 0


def test_it_holds_less_where_bytes_do_not_reach() -> None:
    ring = filled(20, max_bytes=250)
    assert ring.bytes <= 250
    assert ring.span == (18.0, 19.9)
    assert ring.evicted_for_size > 0


def test_an_endless_group_is_bounded_too() -> None:
    ring = filled(20, gop=10_000, max_bytes=300)
    assert ring.bytes <= 300
    assert ring.evicted_for_size == 1
    assert ring.between(0, 99) == []
    ring.append(sample(21, key=True))
    assert ring.span == (21, 21)


def test_samples_before_the_first_key_sample_are_not_kept() -> None:
    ring = PacketRing(seconds=5, max_bytes=1000)
    ring.append(sample(0))
    assert (ring.span, ring.bytes) == (None, 0)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (2.55, 3.25, (2.0, 3.2, 13)),  # from the key sample before, to the last sample within
        (2.0, 2.0, (2.0, 2.0, 1)),
        (0.0, 1.35, (0.0, 1.3, 14)),
        (-9.0, 0.45, (0.0, 0.4, 5)),  # the ring begins later than asked
        (4.5, 99.0, (4.0, 4.9, 10)),
    ],
)
def test_a_cut(start: float, end: float, expected: tuple[float, float, int]) -> None:
    assert times(filled(5, length=100).between(start, end)) == expected


@pytest.mark.parametrize(("start", "end"), [(-5.0, -1.0), (6.0, 9.0)])
def test_a_cut_outside_is_empty(start: float, end: float) -> None:
    assert filled(5, length=100).between(start, end) == []


def test_a_cut_ends_with_what_the_last_picture_depends_on() -> None:
    ring = PacketRing(seconds=9, max_bytes=1000)
    for at, key in [(0.0, True), (0.3, False), (0.1, False), (0.2, False), (0.6, False), (0.4, False), (0.5, False)]:
        ring.append(sample(at, key=key))
    assert [s.at for s in ring.between(0.0, 0.25)] == [0.0, 0.3, 0.1, 0.2]


def test_a_group_is_found_by_time() -> None:
    ring = filled(5, length=100)
    assert times(ring.group_at(2.51)) == (2.0, 2.9, 10)
    assert times(ring.group_at(-1)) == (0.0, 0.9, 10)
    assert times(ring.group_at(99)) == (4.0, 4.9, 10)
    assert PacketRing(seconds=1, max_bytes=1).group_at(0) == []


def test_a_clock_set_back_does_not_keep_the_future() -> None:
    ring = filled(5)
    for i in range(20):
        ring.append(sample(-3600 + i / 10, key=i % 10 == 0))
    assert ring.span == (-3600, pytest.approx(-3598.1))


@pytest.mark.parametrize(("seconds", "max_bytes"), [(0, 10), (-1, 10), (5, 0)])
def test_a_ring_without_room_is_refused(seconds: float, max_bytes: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        PacketRing(seconds=seconds, max_bytes=max_bytes)
