"""Every committed sample clip: the video, its truth, and the truth's boxes against masks that Blender rendered."""

import itertools
import re
from pathlib import Path
from typing import Literal

import av
import cv2
import numpy as np
import numpy.typing as npt
import pytest

from ioc.core import plates
from sample_videos import truth
from sample_videos.truth import FOLDER, Truth

CLIPS = truth.clips()
MASKS = sorted(p for p in (FOLDER / "masks").glob("*.png") if p.stem.rsplit(".", 1)[0] in CLIPS)
LABELS = {"person", "bicycle", "car", "motorcycle", "bus", "truck", "bag", "fire", "smoke"}
KINDS = {"parking", "crowd", "dumping", "fire", "flood", "camera"}


@pytest.fixture(scope="module", params=CLIPS)
def clip(request: pytest.FixtureRequest) -> Truth:
    return truth.load(truth.truth_path(request.param))


def test_there_are_clips() -> None:
    assert CLIPS
    assert {p.name.removesuffix(".mp4") for p in FOLDER.glob("*.mp4")} == set(CLIPS)


def test_video_is_h264_of_the_promised_size_rate_and_length(clip: Truth) -> None:
    path = truth.video_path(clip.clip)
    assert path.stat().st_size < 4_000_000
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert (stream.width, stream.height) == (clip.width, clip.height)
        assert 10 <= float(stream.average_rate or 0) == clip.fps <= 25
        packets = [p for p in container.demux(stream) if p.size]
    assert len(packets) == len(clip.frames)
    assert 20 <= clip.duration_s <= 60
    assert all(p.pts == p.dts for p in packets), "B-frames would delay a live stream"
    keys = [k for k, p in enumerate(packets) if p.is_keyframe]
    assert keys[0] == 0
    assert max(np.diff([*keys, len(packets)])) <= clip.fps, "a keyframe each second"


def test_first_last_and_middle_frame_decode_to_a_picture_with_contrast(clip: Truth) -> None:
    with av.open(str(truth.video_path(clip.clip))) as container:
        first = next(container.decode(video=0)).to_ndarray(format="bgr24")
    assert first.shape == (clip.height, clip.width, 3)
    assert first.std() > 15


def test_truth_speaks_known_words(clip: Truth) -> None:
    assert clip.zones
    assert {s.label for s in clip.subjects} <= LABELS
    assert {e.kind for e in clip.events} <= KINDS
    assert clip.clip == re.sub(r"[^a-z0-9_]", "", clip.clip)
    assert " · " in clip.title, "Vietnamese first, English beside"


def test_every_subject_is_seen_and_moves_without_jumps(clip: Truth) -> None:
    for subject in (s for s in clip.subjects if s.label not in {"fire", "smoke"}):
        rows = [(f.t, s) for f in clip.frames for s in f.sightings if s.id == subject.id]
        assert rows, f"{subject.detail} is never in the picture"
        for (t0, a), (t1, b) in itertools.pairwise(rows):
            if t1 - t0 < 1.5 / clip.fps:
                jump = max(abs(p - q) for p, q in zip(a.box, b.box, strict=True))
                assert jump < 0.35, f"subject {subject.id} jumps {jump:.2f} at {t1:.1f} s"


def test_the_part_in_view_lies_inside_the_outline(clip: Truth) -> None:
    slack = 1.5 / min(clip.width, clip.height)
    for frame in clip.frames:
        for s in frame.sightings:
            assert (s.seen is None) == (s.visible == 0)
            if s.seen is not None:
                assert s.seen[0] >= s.box[0] - slack
                assert s.seen[1] >= s.box[1] - slack
                assert s.seen[2] <= s.box[2] + slack
                assert s.seen[3] <= s.box[3] + slack


def test_plates_are_legal_and_all_different(clip: Truth) -> None:
    tags = [s.plate for s in clip.subjects if s.plate is not None]
    assert len({p.text for p in tags}) == len(tags)
    for plate in tags:
        assert re.sub(r"[^0-9A-ZĐ]", "", "".join(plate.lines)) == plate.text
        upper = len(re.sub(r"[^0-9A-ZĐ]", "", plate.lines[0])) if len(plate.lines) == 2 else None
        lines: Literal[1, 2] = 1 if len(plate.lines) == 1 else 2
        assert plate.pattern in plates.classify(plate.text, lines=lines, upper_length=upper).candidates
        assert plate.colour in {"white", "yellow", "blue", "red"}


def test_crowd_events_follow_from_the_counts(clip: Truth) -> None:
    for event in (e for e in clip.events if e.kind == "crowd"):
        zone = next(z for z in clip.zones if z.id == event.zone)
        threshold = zone.rules["crowd"]["threshold"]
        above = [f.t for f in clip.frames if f.people[event.zone] >= threshold]
        assert above[0] == pytest.approx(event.start_s, abs=1.0)
        assert above[-1] == pytest.approx(event.end_s or clip.duration_s, abs=1.0)


def test_parking_events_begin_when_the_vehicle_stands(clip: Truth) -> None:
    for event in (e for e in clip.events if e.kind == "parking"):
        end = event.end_s if event.end_s is not None else clip.duration_s
        boxes = [s.box for f in clip.frames if event.start_s < f.t < end for s in f.sightings if s.id == event.subjects[0]]
        assert len(set(boxes)) == 1
        before = [s.box for f in clip.frames if f.t < event.start_s - 0.3 for s in f.sightings if s.id == event.subjects[0]]
        assert before[-1] != boxes[0]
        zone = next(z for z in clip.zones if z.id == event.zone)
        assert end - event.start_s > zone.rules["parking"]["dwell_s"]


def overlap(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> float:
    """Intersection over union of two boxes."""
    width, height = np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2])
    both = max(width, 0.0) * max(height, 0.0)
    return float(both / (np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - both))


@pytest.mark.parametrize("path", MASKS, ids=lambda p: p.stem)
def test_boxes_agree_with_the_rendered_mask(path: Path) -> None:
    name, index = path.stem.rsplit(".", 1)
    clip = truth.load(truth.truth_path(name))
    mask = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    assert mask is not None
    assert mask.shape == (clip.height, clip.width)
    scale = np.array([clip.width, clip.height] * 2)
    painted = {s.id for s in clip.subjects if s.label in {"fire", "smoke"}}
    sightings = {s.id: s for s in clip.frames[int(index)].sightings if s.id not in painted}
    for key, sighting in sightings.items():
        if sighting.seen is None or sighting.visible < 0.1:
            continue
        ys, xs = np.nonzero(mask == key)
        assert len(xs), f"subject {key} is not in the mask"
        rendered = np.array([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1])
        seen = np.array(sighting.seen) * scale
        if sighting.visible > 0.95:
            assert np.abs(seen - rendered).max() <= 2.0, f"subject {key}"
        else:  # a pixel of a foot that shows between other people's legs may lengthen the part in view
            assert overlap(seen, rendered) > 0.7, f"subject {key}"
    large = {int(v) for v, n in zip(*np.unique(mask, return_counts=True), strict=True) if v and n > 30}
    known = {s.id for s in clip.subjects}
    assert large & known <= set(sightings), "the renderer shows a subject the truth does not"


def test_every_clip_has_a_picture_and_masks(clip: Truth) -> None:
    picture = FOLDER / "pictures" / f"{clip.clip}.jpg"
    assert picture.stat().st_size < 60_000
    assert picture.name in (FOLDER / "README.md").read_text(encoding="utf-8")
    assert len([m for m in MASKS if m.name.startswith(f"{clip.clip}.")]) >= 2
