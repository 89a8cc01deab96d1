"""``ioc run`` and ``ioc demo``: what is started, with which cameras, and that starting costs no heavy import."""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import av
import pytest
import yaml

from ioc import demo
from ioc.adapters.broker import LOOPBACK, accepts, free_ports
from ioc.core.config import Broker, Config
from ioc.core.config_file import parse_config
from ioc.core.errors import ConfigError, InputError
from ioc.launch import BROKER, SERVE, WORKER, broker_settings, plan, share, worker_count
from ioc.sample_cameras import address, serve
from ioc.supervisor import python
from tests.clips import moving_square

PATH = Path("/etc/ioc.yaml")
WAIT_S = 30.0


def camera(name: str, **parts: Any) -> dict[str, Any]:
    return {"id": name, "url": f"rtsp://camera.example/{name}", **parts}


def config(cameras: list[dict[str, Any]], **parts: Any) -> Config:
    return parse_config(yaml.safe_dump({"site": {"id": "t"}, "cameras": cameras, **parts}))


@pytest.mark.parametrize(
    ("cameras", "cores", "configured", "workers"),
    [
        (9, 2, None, 1),  # one per core but one: the API and the broker need one
        (9, 8, None, 7),
        (3, 8, None, 3),  # no worker without a camera
        (9, 2, 4, 4),
        (2, 2, 4, 2),
        (0, 1, None, 1),
    ],
)
def test_worker_count(cameras: int, cores: int, configured: int | None, workers: int) -> None:
    listed = [camera(f"c{i}") for i in range(cameras)]
    assert worker_count(config(listed, workers={"count": configured}), cores) == workers


@pytest.mark.parametrize(
    ("cameras", "workers", "shares"),
    [("abcde", 2, (("a", "c", "e"), ("b", "d"))), ("ab", 1, (("a", "b"),)), ("", 1, ((),))],
)
def test_share(cameras: str, workers: int, shares: tuple[tuple[str, ...], ...]) -> None:
    assert share(list(cameras), workers) == shares


def test_plan_starts_what_others_need_first_and_skips_disabled_cameras() -> None:
    programs = plan(config([camera("a"), camera("b", enabled=False), camera("c")]), PATH, cores=3)
    assert [(p.name, p.stage, p.argv[3:]) for p in programs] == [
        ("broker", BROKER, ("broker", str(PATH))),
        ("serve", SERVE, ("serve", str(PATH))),
        ("worker-1", WORKER, ("worker", str(PATH), "--worker", "worker-1", "--cameras", "a")),
        ("worker-2", WORKER, ("worker", str(PATH), "--worker", "worker-2", "--cameras", "c")),
    ]
    assert all(p.argv[:3] == (sys.executable, "-m", "ioc") for p in programs)


def test_a_broker_that_runs_elsewhere_is_not_started() -> None:
    programs = plan(config([camera("a")], broker={"url": "mqtts://broker.example", "embedded": False}), PATH, cores=2)
    assert [p.name for p in programs] == ["serve", "worker-1"]


def test_the_embedded_broker_does_no_tls() -> None:
    with pytest.raises(ConfigError, match="no TLS"):
        broker_settings(Broker(url="mqtts://127.0.0.1"))


def test_launching_imports_nothing_heavy() -> None:
    heavy = {"av", "cv2", "fastapi", "onnxruntime", "sqlalchemy", "uvicorn"}
    code = f"import sys, ioc.launch, ioc.demo; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_run_refuses_a_broken_configuration(tmp_path: Path) -> None:
    path = tmp_path / "ioc.yaml"
    path.write_text("site: {id: t}\ncameras:\n- {id: a, url: 'rtsp://x', rules: {nosuch: {}}}\n")
    done = subprocess.run([sys.executable, "-m", "ioc", "run", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"{path}:3" in done.stderr
    assert "unknown alert kind" in done.stderr
    assert "Traceback" not in done.stderr


def zone(**rules: Any) -> dict[str, Any]:
    return {"id": "no_stopping", "name": "Cấm dừng", "polygon": [[0, 0], [1, 0], [1, 1]], "rules": rules}


CLIPS = [
    demo.Clip(file="parking_a.mp4", title="Đỗ xe · Parking", zones=(zone(parking={"dwell_s": 15.0}),)),
    demo.Clip(file="flood.mp4", title="Ngập · Flood", zones=(zone(flood={"level": 1.0}),)),
]


def demo_config(clips: list[demo.Clip]) -> dict[str, Any]:
    return demo.configuration(clips, frozenset({"parking", "camera"}), cores=2, api=1, mqtt=2, rtsp=3)


def test_the_demo_fills_the_wall_from_few_clips() -> None:
    parsed = parse_config(yaml.safe_dump(demo_config(CLIPS), allow_unicode=True))
    assert len(parsed.cameras) == demo.WALL
    assert [c.id for c in parsed.cameras][:4] == ["parking-a", "flood", "parking-a-2", "flood-2"]
    assert [c.name for c in parsed.cameras][:3] == ["Camera 1 · Đỗ xe", "Camera 2 · Ngập", "Camera 3 · Đỗ xe"]
    assert parsed.cameras[0].url == "rtsp://127.0.0.1:3/parking_a.mp4?play_count=0"
    assert parsed.cameras[0].zones[0].id == "no-stopping"
    assert parsed.cameras[0].zones[0].rules == {"parking": {"dwell_s": 15.0}}


@pytest.mark.parametrize(("cameras", "cores", "rate"), [(9, 1, 1.3), (9, 2, 1.3), (9, 4, 4.0), (12, 2, 1.0), (40, 2, 1.0)])
def test_the_demo_asks_no_more_than_the_machine_can_do(cameras: int, cores: int, rate: float) -> None:
    assert demo.rate_for(cameras, cores) == rate


def test_the_demo_leaves_out_rules_that_are_not_there() -> None:
    assert demo_config(CLIPS)["cameras"][1]["zones"] == []


def test_the_demo_shows_every_clip_when_there_are_many() -> None:
    many = [demo.Clip(file=f"c{i}.mp4", title=str(i), zones=()) for i in range(12)]
    assert len(demo_config(many)["cameras"]) == 12


def test_clips_without_truth_are_left_out_and_a_broken_truth_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no sample clips"):
        demo.read_clips(tmp_path)
    for name in ("a", "b"):
        (tmp_path / f"{name}.mp4").touch()
    (tmp_path / "a.truth.json").write_text(json.dumps({"title": "A", "zones": [zone(parking={}) | {"more": 1}]}))
    assert demo.read_clips(tmp_path) == [demo.Clip(file="a.mp4", title="A", zones=(zone(parking={}),))]
    (tmp_path / "b.truth.json").write_text(json.dumps({"title": "B"}))
    with pytest.raises(InputError, match=r"b\.truth\.json: KeyError: 'zones'"):
        demo.read_clips(tmp_path)


def test_a_taken_port_is_replaced() -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert demo.choose_port(port) != port
    free = free_ports(1)[0]
    assert demo.choose_port(free) == free
    assert demo.choose_port(0) > 0


def test_the_temporary_folder_goes_with_the_demo(tmp_path: Path) -> None:
    with demo.data_folder(None) as folder:
        (folder / "x").touch()
    assert not folder.exists()
    with demo.data_folder(tmp_path / "kept") as folder:
        (folder / "x").touch()
    assert (folder / "x").exists()


def test_sample_cameras_go_on_where_the_clip_starts_again(tmp_path: Path) -> None:
    """A client sees one endless stream: each time stamp is one frame after the last, across the loop."""
    moving_square(tmp_path / "clip.mp4", frames=10, rate=20)
    port = free_ports(1)[0]
    server = subprocess.Popen(python("cameras", str(tmp_path), "--port", str(port)), stdout=subprocess.DEVNULL)
    try:
        while not accepts(LOOPBACK, port):
            assert server.poll() is None
            time.sleep(0.02)
        url = address(LOOPBACK, port, "clip.mp4")
        with av.open(url, options={"rtsp_transport": "tcp"}, timeout=(10, 10)) as container:
            frames = container.decode(video=0)
            times = [float(next(frames).time or 0.0) for _ in range(25)]
    finally:
        server.terminate()
    assert [round(b - a, 3) for a, b in itertools.pairwise(times[1:])] == [0.05] * 23  # the first frame has no time
    assert server.wait(WAIT_S) == 0


async def test_sample_cameras_name_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no clips"):
        await serve(tmp_path, LOOPBACK, free_ports(1)[0], asyncio.Event())
