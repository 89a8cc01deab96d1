"""Time stamps as cameras really send them become times that rise."""

from __future__ import annotations

import pytest

from streams.timeline import STEP, FileTimeline, LiveTimeline

T0 = 1_700_000_000.0


def live(arrivals: list[tuple[float | None, float]], **settings: float) -> list[float]:
    """Capture times, from T0, of (stream time, arrival from T0)."""
    timeline = LiveTimeline(**settings)
    return [timeline.place(media, media, T0 + arrival) - T0 for media, arrival in arrivals]


def test_jitter_of_arrivals_does_not_reach_the_capture_times() -> None:
    late = [0.0, 0.03, 0.0, 0.09, 0.01, 0.0, 0.2, 0.0]
    times = live([(100 + i * 0.1, i * 0.1 + delay) for i, delay in enumerate(late)], leak=0.0)
    assert times == pytest.approx([i * 0.1 for i in range(8)], abs=1e-5)


def test_a_picture_is_never_taken_after_it_arrived() -> None:
    arrivals = [(i * 0.04, max(0.5, i * 0.04)) for i in range(50)]  # the first half second comes as one burst
    times = live(arrivals)
    assert all(at <= arrival + 20 * STEP for at, (_, arrival) in zip(times, arrivals, strict=True))
    assert times == sorted(set(times))
    assert times[-1] == pytest.approx(49 * 0.04, abs=1e-4)


def test_a_stalled_network_does_not_move_capture_times() -> None:
    times = live([(0.0, 0.0), (0.1, 0.1), (0.2, 3.0), (0.3, 3.0), (0.4, 3.0), (3.1, 3.1)], leak=0.0)
    assert times == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4, 3.1], abs=1e-5)


def test_a_slow_camera_clock_is_followed() -> None:
    drift = 300e-6  # three times worse than what crystals do
    times = live([(i * (1 - drift), float(i)) for i in range(3600)])
    assert times[-1] == pytest.approx(3599, abs=0.05)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (5000.0, 0.0),  # the camera restarted
        (10.0, 90_000.0),  # its clock was set forward
    ],
)
def test_a_jump_of_the_streams_clock_leaves_capture_times_even(before: float, after: float) -> None:
    stream = [(before + i * 0.1, i * 0.1) for i in range(10)] + [(after + i * 0.1, 1.0 + i * 0.1) for i in range(10)]
    assert live(stream) == pytest.approx([i * 0.1 for i in range(20)], abs=2e-3)


def test_a_short_loop_is_told_by_the_decoding_time() -> None:
    stream = [(i * 0.1, i * 0.1) for i in range(5)] + [(i * 0.1, 0.5 + i * 0.1) for i in range(5)]
    assert live(stream) == pytest.approx([i * 0.1 for i in range(10)], abs=2e-3)


def test_missing_times_are_the_arrivals() -> None:
    assert live([(None, 0.0), (None, 0.1), (0.0, 0.2), (0.1, 0.3)]) == pytest.approx([0.0, 0.1, 0.2, 0.3], abs=1e-3)


def test_pictures_out_of_order_keep_their_order_of_presentation() -> None:
    timeline = LiveTimeline(leak=0.0)
    shown = [0.0, 0.3, 0.1, 0.2, 0.6, 0.4, 0.5, 0.9, 0.7, 0.8]  # as encoded with two B pictures
    placed = [timeline.place(media, None, T0 + 1 + i * 0.1) for i, media in enumerate(shown)]
    # The delay of the reordering shows with the second picture only; from there on all is even.
    assert [at - T0 for at in placed[1:]] == pytest.approx([0.8 + media for media in shown[1:]])
    assert timeline.restarts == 0


@pytest.mark.parametrize("step", [-3600.0, 3600.0])
def test_the_wall_clock_being_set_is_followed(step: float) -> None:
    timeline = LiveTimeline()
    for i in range(10):
        timeline.place(i * 0.1, i * 0.1, T0 + i * 0.1)
    for i in range(10, 20):
        at = timeline.place(i * 0.1, i * 0.1, T0 + step + i * 0.1)
    assert at == pytest.approx(T0 + step + 1.9, abs=0.01)
    assert timeline.restarts == 1


def test_a_file_begins_at_zero_and_goes_on_where_its_clock_jumps_back() -> None:
    timeline = FileTimeline()
    times = [timeline.place(t, t, 0.1) for t in (7.0, 7.1, 7.4, 7.0, 7.1, 7.4)]
    assert times == pytest.approx([0.0, 0.1, 0.4, 0.5, 0.6, 0.9])
    assert timeline.restarts == 1


def test_a_file_without_times_counts_durations() -> None:
    timeline = FileTimeline()
    assert [timeline.place(None, None, 0.04) for _ in range(3)] == pytest.approx([0.0, 0.04, 0.08])


def test_a_long_gap_in_a_file_stays() -> None:
    timeline = FileTimeline()
    assert [timeline.place(t, t, 0.1) for t in (0.0, 600.0)] == [0.0, 600.0]
