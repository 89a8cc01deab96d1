"""Gathers the pictures that the water network is trained on into one folder, each with a mask and a line of facts.

    python -m models.training.water_set DATA WORK/set --rendered WORK/scenes

``WORK/set/NAME.jpg`` is a picture of at most 512 px, ``NAME.png`` its mask (0 no flood water, 255 flood water, 128 not
known), ``index.json`` says of each its source, whether flood water is anywhere, whether the ground is wet, its group and its
fold; a training leaves one fold out. ``training.txt`` lists the sources by SHA-256, without the folds that are
left out.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from models.training import water_paint
from models.training.common import Image, duration, frames_at, read_image, sha256
from models.water_folds import HELD_OUT, fold_of

SIZE = 512
UNKNOWN = 128
PLAIN = 240
"""Drawn pictures of one bare surface."""
PAINTED = 60
"""Painted pictures of each empty ground."""
MARKS = Path(__file__).parent / "labels" / "water.json"
DRY_CLIPS = {
    "traffic/videos/kraten_cars.mp4": 12,
    "traffic/videos/ahmetozlu_input_video.mp4": 12,
    "traffic/videos/opencv4nodejs_traffic.mp4": 14,
    "traffic/videos/bgslibrary_video02.avi": 10,
    "parking/videos/nasrfathy_parking.mp4": 6,
    "crowd/videos/opencv4nodejs_people.mp4": 6,
    "crowd/videos/yvpsr_people.mp4": 8,
    "fire/videos/neg_vahicles3.mp4": 10,
}
"""Clips without any water, and how many frames are taken. All other clips are held back whole."""
DRY_PICTURES = {
    "traffic/vn_scenes": 14,
    "parking/pklot_backgrounds": 30,
    "parking/pklot/frames": 14,
    "crowd/shanghai_b/images": 60,
    "plates/vn_greenparking/images": 50,
    "plates/openalpr_br/images": 25,
    "plates/openalpr_eu/images": 25,
    "fire/abonia/images": 120,
}


@dataclass(frozen=True, slots=True)
class Item:
    """One picture to train on."""

    group: str
    image: Image
    mask: Image
    """uint8 (H, W): 0, 255 or UNKNOWN."""
    flood: int
    """1 flood water somewhere, 0 nowhere, -1 not known."""
    wet: int
    """1 wet or flooded ground, 0 dry, -1 not known."""
    source: Path | None
    """None for a rendered picture."""
    fold: int | None = None
    """Fold of a picture from a set that has folds."""


def area(shape: tuple[int, ...], corners: Any) -> Image:
    """A mask, uint8 (H, W) of 0 and 255, of a polygon in 0..1."""
    mask = np.zeros(shape[:2], np.uint8)
    points = np.round(np.array(corners, float) * (shape[1], shape[0])).astype(np.int32)
    return np.asarray(cv2.fillPoly(mask, [points], (255,)), np.uint8)


def tiles(root: Path) -> Iterator[Item]:
    """Street cameras with labels by eye. Where water stands is marked for some floods, not known for the others."""
    marks = json.loads(MARKS.read_text(encoding="utf-8"))["flood"]
    with (root / "tiles.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            image, flood = read_image(root / row["image"]), row["label"] == "flood"
            mask = np.zeros(image.shape[:2], np.uint8)
            if flood:
                mask[:] = UNKNOWN
                mask[: round(0.06 * len(mask))] = 0
                if row["camera"] in marks:
                    mask[area(image.shape, marks[row["camera"]]) > 0] = 255
            facts = int(flood), int(row["label"] != "dry")
            yield Item(f"tile-{row['label']}", image, mask, *facts, root / row["image"], fold_of(row["camera"]))


def masked(root: Path) -> Iterator[Item]:
    """Flood pictures with masks; every one in four is for judging."""
    for path in sorted((root / "images").iterdir()):
        image = read_image(path)
        drawn = cv2.resize(read_image(root / "masks" / f"{path.stem}.png")[..., 0], image.shape[1::-1])
        wide = cv2.blur(drawn, (15, 15))
        mask = np.where(wide > 200, 255, np.where(wide < 55, 0, UNKNOWN)).astype(np.uint8)
        yield Item("masked", image, mask, int((mask == 255).mean() > 0.05), -1, path, fold_of(path.stem))


def buses(root: Path) -> Iterator[Item]:
    """Buses in flood water: water below a bus of level 1 to 3, for 2 and 3 on the whole width; none on its upper half.

    The rest is not known.
    """
    for path in sorted((root / "images").iterdir()):
        lines = (root / "labels" / f"{path.stem}.txt").read_text(encoding="utf-8").split("\n")
        boxes = [[float(x) for x in line.split()] for line in lines if line.strip()]
        image = read_image(path)
        height, width = image.shape[:2]
        mask = np.full((height, width), UNKNOWN, np.uint8)
        deep = [box for box in boxes if box[0] >= 1]
        for _, x, y, w, h in deep:
            left, right = round((x - 0.5 * w) * width), round((x + 0.5 * w) * width)
            mask[round((y + 0.53 * h) * height) : round(min(0.97, y + 0.53 * h + 0.35) * height), max(0, left) : right] = 255
        if deep and min(box[0] for box in boxes) >= 2:
            lowest = max(y + 0.55 * h for _, _, y, _, h in boxes)
            mask[round(lowest * height) : round(0.95 * height)] = 255
        for _, x, y, w, h in boxes:
            left, right = round((x - 0.42 * w) * width), round((x + 0.42 * w) * width)
            mask[max(0, round((y - 0.45 * h) * height)) : round((y + 0.1 * h) * height), max(0, left) : right] = 0
        black = image.max(axis=2) < 4
        corners = cv2.morphologyEx(black.astype(np.uint8), cv2.MORPH_OPEN, np.ones((9, 9)))
        mask[cv2.dilate(corners, np.ones((5, 5))) > 0] = UNKNOWN
        if deep:
            yield Item("bus", image, mask, 1, 1, path)


def dry(root: Path) -> Iterator[Item]:
    """Streets, yards and rooms without water."""
    for name, count in DRY_CLIPS.items():
        length = duration(root / name)
        for _, image in frames_at(root / name, [length * (k + 0.5) / count for k in range(count)]):
            yield Item("dry", image, np.zeros(image.shape[:2], np.uint8), 0, 0, root / name)
    for name, count in DRY_PICTURES.items():
        found = sorted(p for p in (root / name).rglob("*") if p.suffix.lower() in {".jpg", ".jpeg", ".png"})
        for path in found[:: max(1, len(found) // count)][:count]:
            image = read_image(path)
            yield Item("dry", image, np.zeros(image.shape[:2], np.uint8), 0, -1, path)


def painted(root: Path, rng: np.random.Generator) -> Iterator[Item]:
    """The empty ground of dry clips (median over time), by day and by night, left dry or painted wet or flooded."""
    roads = json.loads(MARKS.read_text(encoding="utf-8"))["road"]
    for name, corners in roads.items():
        length = duration(root / name)
        frames = [image for _, image in frames_at(root / name, [length * (k + 0.5) / 25 for k in range(25)])]
        empty = np.median(np.stack(frames), axis=0).astype(np.uint8)
        road = area(empty.shape, corners)
        nothing: Image = np.zeros_like(road)
        for k in range(PAINTED):
            image = water_paint.lamps(empty, rng) if k % 2 else empty
            if k % 10 < 2:
                yield Item("painted-dry", image, nothing, 0, 0, root / name)
                continue
            damp = water_paint.wet(image, road, rng)
            if k % 10 < 6:
                yield Item("painted-wet", damp, nothing, 0, 1, root / name)
                continue
            image, mask = water_paint.flood(damp if k % 10 < 8 else image, road, rng)
            yield Item("painted-flood", image, mask, 1, 1, root / name)


def at_night(items: Iterator[Item], rng: np.random.Generator) -> Iterator[Item]:
    """The items, and every third dry one once more at night."""
    for number, item in enumerate(items):
        yield item
        if number % 3 == 0:
            yield replace(item, group="night", image=water_paint.lamps(item.image, rng), wet=-1)


def near(items: Iterator[Item], rng: np.random.Generator) -> Iterator[Item]:
    """The items, and for each painted and every second dry one a part from so near that little but the ground shows."""
    for number, item in enumerate(items):
        yield item
        if item.group.startswith("painted") or (item.group == "dry" and number % 2 == 0):
            height, width = item.mask.shape
            side = int(rng.uniform(0.2, 0.4) * height)
            x, y = int(rng.uniform(0.3, 0.7) * (width - side)), int(rng.uniform(0.75, 1) * (height - side))
            part = cv2.resize(item.image[y : y + side, x : x + side], (320, 320), interpolation=cv2.INTER_CUBIC)
            mask = cv2.resize(item.mask[y : y + side, x : x + side], (320, 320), interpolation=cv2.INTER_NEAREST)
            whole = 1 if (mask == 255).mean() > 0.9 else 0 if not mask.any() else -1
            yield replace(item, group="near", image=np.asarray(part, np.uint8), mask=np.asarray(mask, np.uint8), flood=whole)


def plain(count: int, rng: np.random.Generator) -> Iterator[Item]:
    """Drawn pictures that show nothing but one bare surface."""
    for _ in range(count):
        image = water_paint.plain(rng)
        yield Item("plain", image, np.zeros(image.shape[:2], np.uint8), 0, -1, None)


def rendered(root: Path) -> Iterator[Item]:
    """What ``water_scenes`` made."""
    for path in sorted(root.glob("*.mask.png")):
        name = path.name.removesuffix(".mask.png")
        mask, state = read_image(path)[..., 0], name.rsplit("-", 1)[1]
        flooded = (mask == 255).mean() > 0.03
        flood = -1 if state == "flood" and not flooded else int(flooded)
        yield Item(f"rendered-{state}", read_image(root / f"{name}.png"), mask, flood, int(state != "dry"), None)


def write(path: Path, item: Item) -> None:
    """Picture and mask beside each other, made smaller."""
    scale = min(1.0, SIZE / max(item.image.shape[:2]))
    size = (round(item.image.shape[1] * scale), round(item.image.shape[0] * scale))
    small = cv2.resize(item.image, size, interpolation=cv2.INTER_AREA)
    cv2.imwrite(f"{path}.jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 95])
    cv2.imwrite(f"{path}.png", cv2.resize(item.mask, size, interpolation=cv2.INTER_NEAREST))


def main() -> None:
    """Command line; see the module's text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--rendered", type=Path, required=True)
    parser.add_argument("--hold", type=int, default=HELD_OUT, help="a further fold that the training leaves out")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    data: Path = options.data
    index: list[dict[str, Any]] = []
    sources: set[Path] = set()
    flood, rng = data / "flood", np.random.default_rng(options.seed)
    real = chain(
        tiles(flood / "octa_tiles"), masked(flood / "falak"), buses(flood / "duyle"), at_night(near(dry(data), rng), rng)
    )
    made = chain(near(painted(data, rng), rng), plain(PLAIN, rng), rendered(options.rendered))
    for item in chain(real, made):
        name = f"{len(index):05d}"
        write(options.out / name, item)
        source = "rendered" if item.source is None else str(item.source.relative_to(data))
        facts = {"group": item.group, "source": source, "flood": item.flood, "wet": item.wet, "fold": item.fold}
        index.append({"name": name, **facts})
        if item.source is not None and item.fold not in {HELD_OUT, options.hold}:
            sources.add(item.source)
    (options.out / "index.json").write_text(json.dumps(index, indent=0), encoding="utf-8")
    lines = [f"{sha256(path)}  {path.relative_to(data)}\n" for path in sorted(sources)]
    (options.out / "training.txt").write_text("".join(lines), encoding="utf-8")
    groups = sorted({str(entry["group"]) for entry in index})
    print({group: sum(entry["group"] == group for entry in index) for group in groups}, len(sources), "sources")


if __name__ == "__main__":
    main()
