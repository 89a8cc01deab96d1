"""Reads plate crops: pure pre- and post-processing, and :class:`PlateReader` beside a thin session.

The network takes float32 (N, 1, 64, 128), grey 0..255, one- and two-line plates alike, and gives float32 (N, 10, 39): for
each of ten slots the calibrated logits of 37 characters and of "none", and last the logit of "stands in the lower line".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from ioc.core.errors import ModelError
from ioc.core.plate_evidence import rank
from ioc.core.plates import ALPHABET, MAX_LENGTH, Flag, PlateColour, classify
from ioc.core.types import Box
from models.plate_colour import plate_colour
from models.yolo import check_picture

HEIGHT: Final = 64
WIDTH: Final = 128
CLASSES: Final = len(ALPHABET) + 1
SMALLEST: Final = (16, 8)
"""Width and height in pixels below which a crop is called unreadable without being looked at."""
CUT_MARGIN: Final = 0.035
"""What a crop should show around the plate, as a fraction of its size on each side."""
GRAMMAR_BONUS: Final = 2.0
"""Nats by which a reading that fits a pattern is preferred; chosen on the validation fold, see the card."""
_BEAM: Final = 24
_OPTIONS: Final = 3
_LEAST: Final = 2e-3
"""Probability below which a character is no alternative."""


class Runner(Protocol):
    """What a reader needs of a session."""

    def run(self, array: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Outputs for one input array."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateReading:
    """What stands on one crop."""

    text: str
    """Likeliest canonical text, the grammar taken as evidence; empty where :attr:`unreadable` says why."""
    raw: str
    """The text that the network alone holds likeliest."""
    confidence: float
    """Probability 0..1 that :attr:`text` is right."""
    characters: tuple[float, ...]
    """Probability of each character of :attr:`text`."""
    alternatives: tuple[tuple[str, float], ...]
    """Other texts with their probabilities, likeliest first."""
    pattern: str | None
    """Name of the grammar's pattern, None where none fits."""
    flags: frozenset[Flag]
    lines: Literal[1, 2] | None
    upper: int
    """Characters in the upper of two lines; 0 on one-line plates."""
    colour: PlateColour | None
    """Colour of the plate, None where the light does not tell."""
    unreadable: str | None = None
    """Why nothing was read, None where something was."""


def unreadable(why: str) -> PlateReading:
    """The explicit answer for a crop that holds nothing to read."""
    return PlateReading(
        text="", raw="", confidence=0.0, characters=(), alternatives=(), pattern=None, flags=frozenset(),
        lines=None, upper=0, colour=None, unreadable=why,
    )  # fmt: skip


def cut_plate(image: NDArray[np.uint8], box: Box, margin: float = CUT_MARGIN) -> NDArray[np.uint8]:
    """A plate's crop with ``margin`` of its size on each side, a view into ``image`` (H, W, 3); at least one pixel."""
    height, width = image.shape[:2]
    dx, dy = box.width * margin, box.height * margin
    x1, x2 = _span(box.x1 - dx, box.x2 + dx, width)
    y1, y2 = _span(box.y1 - dy, box.y2 + dy, height)
    return image[y1:y2, x1:x2]


def widen(crop: NDArray[np.uint8], margin: float = CUT_MARGIN) -> NDArray[np.uint8]:
    """A crop that ends with its plate, its border pixels repeated on each side as :func:`cut_plate` would leave room."""
    check_picture(crop)
    dy, dx = (max(1, round(side * margin)) for side in crop.shape[:2])
    return np.asarray(cv2.copyMakeBorder(crop, dy, dy, dx, dx, cv2.BORDER_REPLICATE), np.uint8)


def _span(low: float, high: float, size: int) -> tuple[int, int]:
    start = min(max(0, round(low * size)), size - 1)
    return start, min(max(start + 1, round(high * size)), size)


def preprocess(crop: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A uint8 (H, W, 3) BGR crop as float32 (1, 64, 128), stretched. Raises :class:`ioc.core.errors.InputError`."""
    check_picture(crop)
    grey = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    how = cv2.INTER_AREA if crop.shape[1] > WIDTH and crop.shape[0] > HEIGHT else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(grey, (WIDTH, HEIGHT), interpolation=how), np.float32)[None]


def probabilities(output: NDArray[np.float32]) -> NDArray[np.float64]:
    """Softmax over the classes of the network's output (N, 10, 39), float64 (N, 10, 38).

    Raises :class:`ModelError` if the output has another shape or holds what is no number.
    """
    if output.ndim != 3 or output.shape[1:] != (MAX_LENGTH, CLASSES + 1):
        raise ModelError(f"the plate reader gives {output.shape}, not (N, {MAX_LENGTH}, {CLASSES + 1})")
    if not np.isfinite(output).all():
        raise ModelError("the plate reader gives values that are no numbers: the file or its provider is broken")
    logits = output[..., :CLASSES].astype(np.float64)
    logits -= logits.max(axis=-1, keepdims=True)
    shares = np.exp(logits)
    return np.asarray(shares / shares.sum(axis=-1, keepdims=True), np.float64)


@dataclass(frozen=True, slots=True)
class _Path:
    text: str
    score: float
    slots: tuple[int, ...]


def readings(shares: NDArray[np.float64]) -> list[_Path]:
    """Likeliest texts of one plate's probabilities (10, 38), best first, with their log probability and slots used.

    A beam over independent slots; "none" adds no character. Texts reached twice keep their likelier path.
    """
    beam = [_Path("", 0.0, ())]
    for slot, row in enumerate(shares):
        likely = np.argsort(-row)[:_OPTIONS].tolist()
        options = [(option, math.log(max(float(row[option]), 1e-12))) for option in likely if row[option] > _LEAST]
        options = options or [(likely[0], math.log(max(float(row[likely[0]]), 1e-12)))]
        longer = []
        for path in beam:
            for option, gain in options:
                score = path.score + gain
                if option < len(ALPHABET):
                    longer.append(_Path(path.text + ALPHABET[option], score, (*path.slots, slot)))
                else:
                    longer.append(_Path(path.text, score, path.slots))
        longer.sort(key=lambda path: -path.score)
        beam = longer[:_BEAM]
    best: dict[str, _Path] = {}
    for path in beam:
        best.setdefault(path.text, path)
    return list(best.values())


def postprocess(
    output: NDArray[np.float32],
    colour: PlateColour | None = None,
    *,
    motorcycle: bool | None = None,
    bonus: float = GRAMMAR_BONUS,
) -> PlateReading:
    """The reading of one plate from the network's output (10, 39). ``motorcycle`` says on what it hangs, if known."""
    shares = probabilities(output[None])[0]
    paths = {path.text: path for path in readings(shares)}
    raw = next(iter(paths))
    ranked = rank(((path.text, path.score) for path in paths.values()), bonus)
    weights = [math.exp(score) for _, score in ranked]
    rest = max(0.0, 1.0 - sum(math.exp(path.score) for path in paths.values()))
    total = sum(weights) + rest
    text = ranked[0][0]
    if not text:
        return unreadable("no character seen")
    slots = list(paths[text].slots)
    lower = output[slots, CLASSES] > 0
    lines: Literal[1, 2] = 2 if lower.any() else 1
    upper = int((~lower).sum()) if lines == 2 else 0
    match = classify(text, lines=lines, upper_length=upper or None, motorcycle=motorcycle, colour=colour)
    if Flag.CONTEXT_CONFLICT in match.flags:  # a line break counted wrongly must not hide what the text tells
        match = classify(text, lines=lines, motorcycle=motorcycle, colour=colour)
    return PlateReading(
        text=text,
        raw=raw,
        confidence=min(1.0, weights[0] / total),
        characters=tuple(float(shares[s, ALPHABET.index(c)]) for s, c in zip(slots, text, strict=True)),
        alternatives=tuple((t, w / total) for (t, _), w in zip(ranked[1:6], weights[1:6], strict=True) if w / total > 1e-4),
        pattern=match.pattern,
        flags=match.flags,
        lines=lines,
        upper=upper,
        colour=colour,
    )


class Reader(Protocol):
    """Reads plates, as :class:`PlateReader` does."""

    def read(self, crops: Sequence[NDArray[np.uint8]], *, motorcycle: bool | None = None) -> list[PlateReading]:
        """One reading for each crop."""
        ...


class PlateReader:
    """Reads plates by one network. May be shared by threads as its session may."""

    def __init__(self, session: Runner, *, batch: int = 16) -> None:
        """``batch`` is the largest number of crops of one run."""
        if batch < 1:
            raise ModelError(f"batch must be at least 1, got {batch}")
        self._session = session
        self._batch = batch

    def read(self, crops: Sequence[NDArray[np.uint8]], *, motorcycle: bool | None = None) -> list[PlateReading]:
        """One reading for each crop, in order; a crop below :data:`SMALLEST` is answered as unreadable.

        Crops are uint8 (H, W, 3) BGR, cut a little larger than the plate (:func:`cut_plate`). Raises
        :class:`ioc.core.errors.InputError` for anything else and :class:`ModelError` if the network fails.
        """
        for crop in crops:
            check_picture(crop)
        large = [i for i, c in enumerate(crops) if c.shape[1] >= SMALLEST[0] and c.shape[0] >= SMALLEST[1]]
        small = unreadable(f"smaller than {SMALLEST[0]} x {SMALLEST[1]} pixels")
        answers = [small for _ in crops]
        for start in range(0, len(large), self._batch):
            part = large[start : start + self._batch]
            outputs = self._session.run(np.stack([preprocess(crops[i]) for i in part]))[0]
            if len(outputs) != len(part):
                raise ModelError(f"the plate reader gives {len(outputs)} answers to {len(part)} crops")
            for i, output in zip(part, outputs, strict=True):
                answers[i] = postprocess(output, plate_colour(crops[i]), motorcycle=motorcycle)
        return answers
