"""Renders sample clips: `python -m sample_videos.studio SCENE…` (needs `pip install .[studio]`; see ../README.md)."""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np

from sample_videos.studio import finish, record, scenes
from sample_videos.studio.pictures import Picture
from sample_videos.studio.stage import Stage
from sample_videos.truth import truth_path, video_path

BACKGROUND_SAMPLES = 16
STRETCH = 20  # frames a process takes at once
MASKS = Path(__file__).parent.parent / "masks"
PICTURES = Path(__file__).parent.parent / "pictures"


def names() -> list[str]:
    """The scenes there are."""
    return sorted(m.name for m in pkgutil.iter_modules(scenes.__path__) if m.name != "common")


def build(name: str) -> Stage:
    """The stage of one scene."""
    stage = importlib.import_module(f"sample_videos.studio.scenes.{name}").build()
    assert isinstance(stage, Stage)
    return stage


def claims(folder: Path, frames: int) -> Iterator[range]:
    """Stretches of frames that no other process of this run has taken yet."""
    for start in range(0, frames, STRETCH):
        try:
            (folder / f"claim-{start:05d}").touch(exist_ok=False)
        except FileExistsError:
            continue
        yield range(start, min(start + STRETCH, frames))


def work(name: str, folder: Path, part: int, parts: int) -> None:
    """Render stretches of frames until none is left; part 0 of `parts` also renders the background and the masks."""
    from sample_videos.studio.blender import Studio
    from sample_videos.studio.compose import Composer, permanent, render_frames

    stage = build(name)
    studio = Studio(stage, threads=1 if part > 0 else 0)
    path = folder / "background.png"
    if part == 0 and not path.exists():
        studio.show(permanent(stage))
        cv2.imwrite(str(folder / "background.part.png"), studio.render(None, BACKGROUND_SAMPLES))
        for view, camera in stage.views.items():
            studio.show({**permanent(stage), **stage.view_extras.get(view, {})})
            cv2.imwrite(str(folder / f"view-{view}.png"), studio.view(camera, BACKGROUND_SAMPLES // 2))
        (folder / "background.part.png").rename(path)
    while not path.exists():
        time.sleep(1.0)
    background = np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR), dtype=np.uint8)
    composer = Composer(stage, studio, background, permanent(stage))
    started = time.process_time()
    for stretch in claims(folder, stage.frames):
        for index in render_frames(composer, folder, stretch):
            print(f"{name} {index}/{stage.frames} {time.process_time() - started:.0f} CPU s", flush=True)
    if part == 0:
        MASKS.mkdir(exist_ok=True)
        for share in (0.25, 0.6):
            index = int(stage.frames * share)
            mask = studio.render_ids(stage.placed(index / stage.fps))
            cv2.imwrite(str(MASKS / f"{name}.{index:05d}.png"), mask, [cv2.IMWRITE_PNG_COMPRESSION, 9])


def finished(stage: Stage, folder: Path, indices: Iterable[int]) -> Iterator[Picture]:
    """The clean frames with the scene's own finish and the sensor's noise."""
    seed = sum(map(ord, stage.name))
    files = {"background": "background.png", **{view: f"view-{view}.png" for view in stage.views}}
    views = {v: np.asarray(cv2.imread(str(folder / f), cv2.IMREAD_COLOR), dtype=np.uint8) for v, f in files.items()}
    for index in indices:
        picture = np.asarray(
            cv2.imread(str(folder / f"{index - index % stage.step:05d}.png"), cv2.IMREAD_COLOR), dtype=np.uint8
        )
        if stage.finish is not None:
            picture = stage.finish(picture, index / stage.fps, views)
        yield finish.sensor(picture, index, seed, stage.noise)


def assemble(name: str, folder: Path, crf: int) -> None:
    """Encode the clip, write its truth and its picture for the README."""
    stage = build(name)
    size = stage.camera.width, stage.camera.height
    made = folder / video_path(name).name, folder / truth_path(name).name
    finish.encode(finished(stage, folder, range(stage.frames)), made[0], stage.fps, size, crf)
    record.write(stage, made[1])
    shutil.move(made[1], truth_path(name))
    shutil.move(made[0], video_path(name))
    PICTURES.mkdir(exist_ok=True)
    still = next(finished(stage, folder, [int(stage.frames * 0.62)]))
    small = cv2.resize(still, (640, round(640 * size[1] / size[0])), interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(PICTURES / f"{name}.jpg"), small, [cv2.IMWRITE_JPEG_QUALITY, 78])


def main() -> None:
    """Render, or with `--truth` only measure, the named scenes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scene", nargs="+", choices=names())
    parser.add_argument("--folder", type=Path, default=Path("build/studio"), help="where frames are kept between runs")
    parser.add_argument("--jobs", type=int, default=2, help="processes that render side by side")
    parser.add_argument("--crf", type=int, default=27)
    parser.add_argument("--truth", action="store_true", help="write only the truth")
    parser.add_argument("--part", type=int, default=-1, help=argparse.SUPPRESS)
    args = parser.parse_args()
    for name in args.scene:
        if args.truth:
            record.write(build(name), truth_path(name))
            continue
        folder = args.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        if args.part >= 0:
            work(name, folder, args.part, args.jobs)
            continue
        for claim in folder.glob("claim-*"):
            claim.unlink()
        command = [
            sys.executable,
            "-m",
            "sample_videos.studio",
            name,
            "--folder",
            str(args.folder),
            "--jobs",
            str(args.jobs),
        ]
        processes = [subprocess.Popen([*command, "--part", str(k)], env=os.environ) for k in range(args.jobs)]
        if any(process.wait() for process in processes):
            raise SystemExit(f"{name}: a renderer failed")
        assemble(name, folder, args.crf)


if __name__ == "__main__":
    main()
