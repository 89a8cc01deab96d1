"""The accuracy benchmark: what counts as found, missed, false and again, and what a truth says is due."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import detectors
from benchmarks import accuracy_run
from benchmarks.accuracy_clips import REAL, distinct, folder_clips, real_clips, sample_clips
from benchmarks.accuracy_judge import judge, totals
from benchmarks.accuracy_run import Kept, fingerprint, passages
from benchmarks.accuracy_types import Case, CountTold, Expected, Outcome, PeopleTruth, PlatesTruth, PlateTruth, Told
from benchmarks.accuracy_written import Hold, Written, read_collection, read_written, uncertainty, with_table, written_case
from benchmarks.footage import DATA, grainy, write_clip
from ioc.cli import USER_ERROR, CommandGroup, discover, run_cli
from ioc.core.errors import InputError
from ioc.core.types import Box, PlateRead
from sample_videos import truth

KINDS = frozenset(detectors.discover())
HERE, THERE = Box(0.1, 0.1, 0.3, 0.3), Box(0.6, 0.6, 0.9, 0.9)


def case(*expected, kinds=KINDS, **known):
    return Case(
        name="clip",
        group="clips",
        video=Path("clip.mp4"),
        length_s=60.0,
        camera={"id": "c", "url": "clip.mp4", "zones": [], "rules": {}},
        kinds=kinds,
        expected=expected,
        **known,
    )


def stay(start=5.0, end=60.0, zone="kerb", kind="parking", due=None, box=HERE, uncertainty_s=0.0):
    return Expected(
        kind=kind,
        zone=zone,
        start_s=start,
        due_s=start if due is None else due,
        end_s=end,
        box=box,
        uncertainty_s=uncertainty_s,
    )


def told(at, zone="kerb", kind="parking", wait=10.0, box=HERE):
    return Told(kind=kind, zone=zone, at_s=at, wait_s=wait, confidence=0.9, box=box)


def judged(expected, alerts, kind="parking"):
    verdict = judge(case(*expected), kind, Outcome(told=tuple(alerts)))
    return verdict.found, [(m.what, m.at_s) for m in verdict.mistakes], list(verdict.delays)


@pytest.mark.parametrize(
    ("expected", "alerts", "answer"),
    [
        ([stay()], [told(15.5)], (1, [], [0.5])),  # the dwell is no delay
        ([stay()], [told(14.2)], (1, [], [pytest.approx(-0.8)])),  # within a second of its time
        ([stay()], [told(9.0)], (0, [("missed", 5.0), ("false", 9.0)], [])),  # long before the dwell is over
        ([stay(uncertainty_s=6)], [told(9.0)], (1, [], [-6.0])),  # nobody knows when it came
        ([stay()], [], (0, [("missed", 5.0)], [])),
        ([], [told(15.0)], (0, [("false", 15.0)], [])),
        ([stay()], [told(15.0), told(30.0)], (1, [("again", 30.0)], [0.0])),  # alerted twice
        ([stay()], [told(15.0, zone="square")], (0, [("missed", 5.0), ("false", 15.0)], [])),  # elsewhere
        ([stay(zone=None)], [told(15.0, zone="square")], (1, [], [0.0])),
        ([stay(end=20)], [told(40.0)], (0, [("missed", 5.0), ("false", 40.0)], [])),  # it was over
        # two in one zone, told in another order than they came: each goes to its own place
        ([stay(5), stay(6, box=THERE)], [told(16.0, box=THERE), told(17.0)], (2, [], [2.0, 0.0])),
    ],
)
def test_judging(expected, alerts, answer):
    assert judged(expected, alerts) == answer


def test_a_fire_is_due_when_it_is_plain_to_see_and_its_confirmation_is_a_delay():
    fire = stay(4.0, kind="fire", zone=None, due=6.0)
    assert judged([fire], [told(9.0, kind="fire", wait=3.0)], "fire") == (1, [], [3.0])
    assert judged([fire], [told(4.5, kind="fire", wait=3.0)], "fire") == (1, [], [-1.5])


def test_counts_are_compared_with_the_middle_of_their_window():
    people = tuple(PeopleTruth(zone="square", at_s=t, people=n) for t, n in ((1, 10), (2, 20), (3, 90), (11, 2)))
    counts = (
        CountTold(zone="square", at_s=10.0, window_s=10.0, people=15),
        CountTold(zone="square", at_s=20.0, window_s=10.0, people=4),  # two people: too few for a share
        CountTold(zone="other", at_s=10.0, window_s=10.0, people=0),
    )
    assert judge(case(people=people), "crowd", Outcome(counts=counts)).count_errors == (0.25,)


def read(text, at=1.0):
    return PlateRead(
        id=text, site="s", camera="c", at=at, text=text, raw=text, pattern=None, confidence=0.9, box=HERE, vehicle="car"
    )


def test_plates_are_exact_wrong_faint_or_told_again_and_their_text_is_not_kept():
    known = PlatesTruth(
        legible=(PlateTruth(text="98A12345", at_s=2.0), PlateTruth(text="59K134074", at_s=3.0)), faint=("88F1",)
    )
    found = passages(known, [read(t) for t in ("98A12345", "98A12346", "88F158812", "98A12345")])
    verdict = judge(case(plates=known), "plates", Outcome(passages=found))
    assert (verdict.events, verdict.found, verdict.told) == (2, 1, 4)
    assert [m.what for m in verdict.mistakes] == ["missed", "false", "again"]
    assert "98A" not in repr(found)


def test_totals():
    verdicts = [
        judge(case(stay()), "parking", Outcome(told=(told(15.5), told(40.0, zone="square")))),
        judge(case(stay(), stay(20.0)), "parking", Outcome(told=(told(16.5),))),
    ]
    other = replace(verdicts[0], group="elsewhere")
    sums, elsewhere = totals([*verdicts, other])
    assert (sums.group, elsewhere.group, elsewhere.events) == ("clips", "elsewhere", 1)
    assert (sums.events, sums.found, sums.missed, sums.false, sums.again) == (3, 2, 1, 1, 0)
    assert (sums.hours, sums.false_per_hour) == pytest.approx((120 / 3600, 30.0))
    assert (sums.delay_median, sums.delay_worst, sums.late_s) == (1.0, 1.5, 1.0)


def test_every_sample_scene_is_judged_by_every_kind_that_means_something_there():
    cases = {c.name: c for c in sample_clips(KINDS)}
    assert len(cases) == len(truth.clips())
    assert all(KINDS - c.kinds <= {"parking"} for c in cases.values())
    assert "parking" not in cases["night_street"].kinds, "no zone says where one may not stand"
    (bag,) = cases["dumping_on_foot"].expected
    assert 8.2 < bag.due_s < 10, "due when the woman has left it, not when it touches the ground"
    (water,) = cases["street_floods"].expected
    assert (water.start_s, water.due_s) == (15.4, 17.0), "due when half of the road is covered"
    assert [p.text for p in cases["junction_plates"].plates.legible] != []


TABLE = [
    dict(zip(("video", "kind", "start_s", "end_s", "uncertainty", "count", "note"), (*row, ""), strict=True))
    for row in (
        ("a.mp4", "flame_first_visible", "2.8", "", "+-0.2 s", ""),
        ("a.mp4", "flame", "3.2", "30", "end +-1 s", ""),
        ("a.mp4", "people_count", "4", "4", "+-5", "47"),
        ("a.mp4", "no_fire", "0", "2.8", "", ""),
    )
]


def test_a_table_of_events_becomes_a_truth():
    written = with_table(Written(), TABLE, length_s=60.0)
    (fire,) = written.events
    assert (fire.kind, fire.start_s, fire.due_s, fire.end_s, fire.uncertainty_s) == ("fire", 2.8, 3.2, 30.0, 1.0)
    assert [(c.at_s, c.people) for c in written.people] == [(4.0, 47)]
    assert written.plates is None, "nobody has read a plate: plates are not judged"
    own = Written(events=({"kind": "fire", "start_s": 1.0},))
    assert with_table(own, TABLE, 60.0).events == own.events, "what a person wrote of a kind stands"


@pytest.mark.parametrize(
    ("text", "seconds"), [("+-0.2 s", 0.2), ("end +-1 s", 1.0), ("+-5", 0.0), ("", 0.0), ("by eye", 0.0)]
)
def test_uncertainty(text, seconds):
    assert uncertainty(text) == seconds


def test_a_written_truth_becomes_a_camera():
    written = Written(
        camera={
            "rate": 8,
            "zones": [{"id": "kerb", "polygon": [[0, 0], [1, 0], [1, 1]], "rules": {"parking": {"dwell_s": 9}}}],
        },
        events=({"kind": "parking", "zone": "kerb", "start_s": 3.0},),
        not_judged={"camera": "it moves"},
        hold=Hold(before_s=5, after_s=4),
    )
    made = written_case("Đường 1", Path("x.mp4"), written, KINDS, 20.0)
    assert made.camera["rate"] == 8
    assert "camera" not in made.kinds | made.camera["rules"].keys()
    assert "plates" not in made.kinds, "nobody knows the plates"
    assert (made.length_s, made.expected[0].start_s, made.expected[0].end_s) == (29.0, 8.0, 29.0)
    assert made.camera["rules"].keys() == made.kinds - {"parking"}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("events: [{kind: fire}]", "events.0.start_s"),
        ("event: []", "event: Extra inputs"),
        ("events: [", "truth.yaml"),
    ],
)
def test_a_broken_truth_is_named(tmp_path, text, complaint):
    path = tmp_path / "a.truth.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=complaint):
        read_written(path)


@pytest.mark.skipif(not DATA.is_dir(), reason=f"no development data in {DATA}")
def test_every_real_clip_is_judged(tmp_path):
    there = {p for p in DATA.glob("*/videos/*") if p.suffix in {".mp4", ".avi"}}
    assert {DATA / name for name in read_collection(REAL).clips} == there
    cases = {c.name: c for c in real_clips(DATA, KINDS | {"fire", "flood"}, tmp_path)}
    burning = {n for n, c in cases.items() if any(e.kind == "fire" for e in c.expected)}
    assert len(burning) == 5
    assert all("fire" in c.kinds for c in cases.values()), "fire means something on each"
    pump = next(e for e in cases["l0kxh_fire3_pump"].expected if e.kind == "fire")
    assert (pump.start_s, pump.due_s) == (15.8, 16.1)
    held = cases["tatq_dumping"]
    assert held.length_s == pytest.approx(24.2, abs=0.1)
    assert held.expected[0].due_s == pytest.approx(9.4)
    assert len(cases["vn_parked_motorbikes"].plates.legible) == 8


@pytest.fixture(scope="module")
def street_folder(tmp_path_factory):
    """One clip whose lens is covered from 6 s on, and its truth."""
    folder = tmp_path_factory.mktemp("own")
    street = np.random.default_rng(0).integers(40, 200, (9, 16, 3), dtype=np.uint8).repeat(12, 0).repeat(12, 1)
    black = np.zeros_like(street)
    write_clip(folder / "gate.mp4", (p for image, n in ((street, 48), (black, 112)) for p in grainy(image, n)), 8)
    (folder / "gate.truth.yaml").write_text("events: [{kind: camera, start_s: 6}]\n", encoding="utf-8")
    return folder


def bench(capsys, *args):
    code = run_cli(CommandGroup(found=discover()), ["bench", "accuracy", *map(str, args)])
    return code, capsys.readouterr()


def test_own_footage_is_judged_kept_and_drawn(street_folder, tmp_path, capsys):
    args = (
        "--clips",
        street_folder,
        "--kind",
        "camera",
        "--json",
        "--cache",
        tmp_path / "kept",
        "--sheets",
        tmp_path / "sheets",
    )
    code, out = bench(capsys, *args)
    assert code == 0, out.err
    (row,) = map(json.loads, out.out.splitlines())
    assert (row["kind"], row["events"], row["found"], row["missed"], row["false"]) == ("camera", 1, 1, 0, 0)
    assert 0 <= row["delay_worst"] <= 1
    assert list((tmp_path / "sheets").glob("*.jpg")) == [], "there is no mistake to show"

    (street_folder / "gate.truth.yaml").write_text("events: []\n", encoding="utf-8")
    code, out = bench(capsys, *args)
    row, mistake = map(json.loads, out.out.splitlines())
    assert (row["events"], row["false"]) == (0, 1)
    assert (mistake["what"], mistake["clip"]) == ("false", "gate")
    assert [p.name for p in (tmp_path / "sheets").glob("*.jpg")] == ["camera.jpg"]
    assert len(list((tmp_path / "kept").glob("gate.camera.*.json"))) == 1, "the rules did not run again"


def test_folders_within_a_folder_are_searched_and_names_differ(street_folder, tmp_path):
    for place in ("monday", "tuesday"):
        (tmp_path / place).mkdir()
        for file in street_folder.iterdir():
            (tmp_path / place / file.name).write_bytes(file.read_bytes())
    found = distinct(folder_clips(tmp_path, KINDS, tmp_path))
    assert [c.name for c in found] == ["gate", "tuesday-gate"]


def test_only_what_has_changed_runs_again(street_folder, tmp_path, monkeypatch):
    ran = []
    monkeypatch.setattr(
        accuracy_run, "run", lambda c, kinds, progress: ran.append(list(kinds)) or {k: Outcome() for k in kinds}
    )
    (made,) = folder_clips(street_folder, KINDS, tmp_path)
    kept = Kept(tmp_path / "kept")
    for kinds in (["camera"], ["camera", "crowd"], ["camera", "crowd"]):
        kept.outcomes(made, kinds, lambda s: None)
    assert ran == [["camera"], ["crowd"]]
    other = replace(made, camera={**made.camera, "rate": 2.0})
    assert fingerprint(other, "camera") != fingerprint(made, "camera")
    stricter = replace(made, camera={**made.camera, "rules": {**made.camera["rules"], "camera": {"covered_s": 9}}})
    assert fingerprint(stricter, "camera") != fingerprint(made, "camera")
    assert fingerprint(stricter, "crowd") == fingerprint(made, "crowd"), "another kind's settings do not matter"


def test_faults_of_the_caller_are_told(tmp_path, capsys):
    code, out = bench(capsys, "--clips", tmp_path)
    assert (code, "no clip with a truth file" in out.err) == (USER_ERROR, True)
    code, out = bench(capsys, "--kind", "ufo")
    assert (code, "unknown alert kind ufo" in out.err) == (USER_ERROR, True)
