"""Labelled pictures of water: ``tiles.csv`` (a label for each picture) or ``images`` with ``masks`` (255 is water)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from ioc.core.errors import InputError
from models.pictures import SUFFIXES, read_picture
from models.tables import read_rows
from models.water import Surface
from models.water_folds import FOLDS, fold_of

T = TypeVar("T")
SURFACES: Final[tuple[Surface, ...]] = ("flood", "wet", "dry")


@dataclass(frozen=True, slots=True)
class Tile:
    """One picture with its label."""

    image: Path
    camera: str
    label: Surface
    confidence: str
    """How sure the label is, as the table says; ``-`` where it does not."""


@dataclass(frozen=True, slots=True)
class Masked:
    """One picture with its mask."""

    image: Path
    mask: Path


def read_tiles(root: Path, fold: int | None = None) -> list[Tile]:
    """All tiles of ``root/tiles.csv``, or those whose camera lies in ``fold``. Raises :class:`InputError`."""
    table = root / "tiles.csv"
    tiles = []
    for number, row in read_rows(table, ("image", "camera", "label")):
        label = next((s for s in SURFACES if s == row["label"]), None)
        if label is None:
            raise InputError(f"{table}:{number}: label must be one of {', '.join(SURFACES)}, got {row['label']!r}")
        image = root / row["image"]
        if not image.is_file():
            raise InputError(f"{table}:{number}: there is no picture {image}")
        tiles.append(Tile(image, row["camera"], label, row.get("confidence") or "-"))
    return _of_fold(tiles, [tile.camera for tile in tiles], fold, table)


def read_masked(root: Path, fold: int | None = None) -> list[Masked]:
    """All pictures of ``root/images`` with their masks of the same name. Raises :class:`InputError`."""
    images = sorted(path for path in (root / "images").iterdir() if path.suffix.lower() in SUFFIXES)
    found = [Masked(path, root / "masks" / f"{path.stem}.png") for path in images]
    for picture in found:
        if not picture.mask.is_file():
            raise InputError(f"{picture.image}: has no mask {picture.mask}")
    return _of_fold(found, [picture.image.stem for picture in found], fold, root / "images")


def read_mask(picture: Masked, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """The mask as (H, W) of ``shape``: True is water. Raises :class:`InputError` if its shape is another one."""
    mask = read_picture(picture.mask)[..., 0]
    if abs(mask.shape[1] / mask.shape[0] - shape[1] / shape[0]) > 0.02:
        raise InputError(f"{picture.mask}: a mask of {mask.shape} does not fit its picture of {shape[:2]}")
    return np.asarray(cv2.resize(mask, (shape[1], shape[0]), interpolation=cv2.INTER_NEAREST) > 127)


def _of_fold(items: list[T], groups: list[str], fold: int | None, where: Path) -> list[T]:
    if fold is not None and fold >= FOLDS:
        raise InputError(f"{where}: has the folds 0 to {FOLDS - 1}, got {fold}")
    chosen = [item for item, group in zip(items, groups, strict=True) if fold is None or fold_of(group) == fold]
    if not chosen:
        raise InputError(f"{where}: holds no picture to judge")
    return chosen
