"""A contact sheet of every miss and every false alarm of a kind: box, time and name of the clip."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.accuracy_judge import Mistake
from benchmarks.accuracy_types import Case
from ioc.core.errors import InputError
from models import sheet
from streams.decoder import file_frames

LATER_S: Final = 1.0
"""How long after something was due it is shown: the flame burns, the car stands. A plate has passed by then."""
PAGE: Final = 48
"""Mistakes on one sheet."""


def write_sheets(folder: Path, mistakes: Sequence[Mistake], cases: Iterable[Case]) -> list[Path]:
    """One or more sheets for each kind with a mistake, and the pictures that they were cut from.

    Raises :class:`InputError` where a file cannot be written.
    """
    pictures = folder / "pictures"
    try:
        pictures.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written: {error.strerror}") from error
    shown: dict[Mistake, Path] = {}
    for case in cases:
        here = [m for m in mistakes if m.clip == case.name]
        shown |= _grab(case, here, pictures) if here else {}
    written = []
    for kind in sorted({m.kind for m in shown}):
        cells = [_cell(m, path) for m, path in shown.items() if m.kind == kind]
        for page in range(0, len(cells), PAGE):
            path = folder / f"{kind}{f'-{page // PAGE + 1}' if page else ''}.jpg"
            sheet.write_sheet(path, cells[page : page + PAGE])
            written.append(path)
    return written


def _cell(mistake: Mistake, picture: Path) -> sheet.Mistake:
    sure = "" if mistake.confidence is None else f" {mistake.confidence:.2f}"
    return sheet.Mistake(
        image=picture,
        box=mistake.box.as_tuple(),
        kind="missed" if mistake.what == "missed" else "false",
        caption=f"{mistake.clip[:20]} {mistake.at_s:.1f}s{sure}" + (" again" if mistake.what == "again" else ""),
        weight=-mistake.at_s,
    )


def _grab(case: Case, mistakes: Sequence[Mistake], folder: Path) -> dict[Mistake, Path]:
    """The picture of each mistake, marked and written to the folder; the clip is decoded once."""
    left = sorted(mistakes, key=_moment)
    found: dict[Mistake, Path] = {}
    last: NDArray[np.uint8] | None = None
    for frame in file_frames(case.video, camera="clip", start=0.0, rate=case.camera.get("rate", 4.0)):
        last = frame.image
        while left and frame.at >= _moment(left[0]) - 1e-3:
            mistake = left.pop(0)
            found[mistake] = _write(folder, mistake, frame.image)
    if last is not None:
        found |= {m: _write(folder, m, last) for m in left}
    return found


def _moment(mistake: Mistake) -> float:
    return mistake.at_s + (LATER_S if mistake.what == "missed" and mistake.kind != "plates" else 0.0)


def _write(folder: Path, mistake: Mistake, image: NDArray[np.uint8]) -> Path:
    place = "-".join(f"{v:.3f}" for v in mistake.box.as_tuple()[:2])
    path = folder / f"{mistake.kind}-{mistake.what}-{mistake.clip}-{mistake.at_s:.2f}-{place}.jpg"
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 90])
    assert done, "a decoded picture can be coded"
    path.write_bytes(data.tobytes())
    return path
