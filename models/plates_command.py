"""``ioc plates``: plates on still pictures."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from rich.table import Table

    from models.plate_sheet import PlateSheet
    from models.plate_stills import StillPlate

# ONNX Runtime and OpenCV are imported where they are used: ``ioc --help`` must stay quick.

FAILED: Final = 1
"""Exit code where at least one picture could not be read; the others were done."""
PATTERN_WORDS: Final = {
    "CAR": "ô tô / car",
    "CAR_OLD4": "ô tô, 4 chữ số / car, four digits",
    "CAR_SERIES": "ô tô, sê-ri riêng / car, reserved series",
    "CAR_LEGACY_SERIES": "ô tô, sê-ri cũ / car, series no longer issued",
    "MOTO": "xe máy / motorcycle",
    "MOTO_DIGIT": "xe máy, sê-ri chữ và số / motorcycle, letter and digit",
    "MOTO_OLD4": "xe máy, 4 chữ số, mẫu cũ / motorcycle, four digits, no longer issued",
    "EMOTO": "xe máy điện / electric motorcycle",
    "FOREIGN_CAR": "ô tô ngoại giao, nước ngoài / car, foreign mission",
    "FOREIGN_MOTO": "xe máy ngoại giao, nước ngoài / motorcycle, foreign mission",
    "TEMPORARY": "biển tạm thời / temporary",
    "MILITARY": "quân đội / military",
}
"""Name of each pattern of the grammar in words."""
UNSURE: Final = 0.5
"""Confidence below which the table marks a reading with a question mark."""
NO_PLATE: Final = 0.3
"""Confidence below which it gets two: on the pictures of the finder's card nothing that is no plate was read with more."""
COLOUR_WORDS: Final = {"white": "trắng / white", "yellow": "vàng / yellow", "blue": "xanh / blue", "red": "đỏ / red"}


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of one file: its plates, or the error that names it."""

    path: Path
    size: tuple[int, int] = (0, 0)
    plates: tuple[StillPlate, ...] = ()
    error: str | None = None

    def to_json(self) -> str:
        """One line of JSON."""
        fields: dict[str, Any] = {"file": str(self.path)}
        if self.error is not None:
            fields |= {"error": self.error}
        else:
            fields |= {"width": self.size[0], "height": self.size[1], "plates": [p.to_json(*self.size) for p in self.plates]}
        return json.dumps(fields, ensure_ascii=False)


@click.command()
@click.argument("images", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Mỗi ảnh một dòng JSON / one JSON object a line for each picture.")
@click.option(
    "--sheet", type=click.Path(path_type=Path, dir_okay=False), help="Ảnh có vẽ khung / picture with boxes drawn, to write."
)
@click.option(
    "--confidence",
    type=click.FloatRange(0, 1),
    default=0.5,
    show_default=True,
    help="Ngưỡng tìm biển / confidence from which a find is taken for a plate.",
)
@click.pass_context
def plates(context: click.Context, images: tuple[Path, ...], as_json: bool, sheet: Path | None, confidence: float) -> None:
    """Đọc biển số trên ảnh tĩnh. / Find and read plates on still pictures.

    IMAGES are pictures (JPEG, PNG, BMP, WebP; grey and transparent ones too) or folders of them. A file that cannot be read
    is named at the end and makes the exit code 1; the others are done all the same.
    """
    from rich.console import Console

    from models.evaluation import progress_bar
    from models.plate_sheet import PlateSheet

    files, other = pictures_in(images)
    drawing = None if sheet is None else PlateSheet(len(files))
    looked: list[Looked] = []
    with progress_bar(Console(stderr=True)) as progress:
        for item in _look(progress(files, "plates") if len(files) > 1 else files, confidence, drawing):
            looked.append(item)
            if as_json:
                click.echo(item.to_json())
    if not as_json:
        console = Console()
        if not console.is_terminal:  # a file or a pipe has no width that rows must fit
            console.width = max(console.width, 200)
        console.print(table(looked))
    if drawing is not None and sheet is not None:
        drawing.write(sheet)
        if drawing.left_out:
            text = f"không đủ chỗ cho {drawing.left_out} ảnh / no room for {drawing.left_out} pictures"
            click.echo(f"{sheet}: {text}", err=True)
    for path in other:
        click.echo(f"{path}: bỏ qua, không phải ảnh / passed over, not a picture by its suffix", err=True)
    failed = [item for item in looked if item.error is not None]
    for item in failed:
        click.echo(f"LỖI / ERROR {item.error}", err=True)
    if failed:
        click.echo(f"{len(failed)}/{len(looked)} tệp không đọc được / files could not be read", err=True)
        context.exit(FAILED)


def _look(files: Iterable[Path], confidence: float, drawing: PlateSheet | None) -> Iterator[Looked]:
    """What comes of each file. Raises :class:`ioc.core.errors.ModelError` if a network is missing or fails."""
    from ioc.core.errors import InputError
    from models.catalog import open_street
    from models.pictures import read_picture
    from models.plate_catalog import open_plate_finder, open_plate_reader
    from models.plate_stills import plates_of

    finder, reader, street = open_plate_finder(confidence=confidence), open_plate_reader(), open_street()
    for path in files:
        try:
            if path.is_dir():
                raise InputError(f"{path}: không có ảnh nào / holds no picture")
            image = read_picture(path)
        except InputError as error:
            yield Looked(path, error=str(error))
            continue
        found = plates_of(image, finder, reader, street)
        if drawing is not None:
            drawing.add(path.name, image, found)
        yield Looked(path, (image.shape[1], image.shape[0]), tuple(found))


def pictures_in(paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """The files that are to be looked at, folders searched through, and what lies in the folders beside pictures.

    A path that is no folder is taken as it is: whether it can be read shows later. So is a folder without any picture.
    """
    from models.pictures import SUFFIXES

    files: list[Path] = []
    other: list[Path] = []
    for path in paths:
        if not path.is_dir():
            files.append(path)
            continue
        inside = sorted(p for p in path.rglob("*") if p.is_file())
        found = [p for p in inside if p.suffix.lower() in SUFFIXES]
        files += found or [path]
        other += [p for p in inside if p not in set(found)]
    return list(dict.fromkeys(files)), other


def table(looked: Sequence[Looked]) -> Table:
    """What was found, one plate a row; a picture without a plate and one that failed have a row too."""
    from rich.table import Table

    base = Path(os.path.commonpath([item.path.absolute().parent for item in looked]))
    caption = (
        f"? = độ tin dưới {UNSURE} / confidence below {UNSURE}; "
        f"?? = dưới {NO_PLATE}, có thể không phải biển số / below {NO_PLATE}, perhaps no plate"
    )
    shown = Table(title=f"Biển số / Plates: {base}", caption=caption)
    shown.add_column("tệp / file", overflow="fold")  # two names must never look alike
    shown.add_column("biển số / plate", overflow="fold")
    shown.add_column("mẫu / pattern")
    shown.add_column("độ tin / confidence", justify="right")
    shown.add_column("màu / colour")
    shown.add_column("dòng / lines", justify="right")
    shown.add_column("xe / vehicle")
    shown.add_column("khung / box (px)", justify="right")
    for item in looked:
        name = str(item.path.absolute().relative_to(base))
        if item.error is not None:
            shown.add_row(name, "LỖI / ERROR", "", "", "", "", "", "")
        elif not item.plates:
            shown.add_row(name, "không có / none", "", "", "", "", "", "")
        for plate in item.plates:
            shown.add_row(name, *_cells(plate, item.size))
    return shown


def _cells(plate: StillPlate, size: tuple[int, int]) -> Iterator[str]:
    read = plate.reading
    unsure = " ??" if read.confidence < NO_PLATE else " ?" if read.confidence < UNSURE else ""
    yield plate.written + unsure if plate.written else f"không đọc được / unreadable: {read.unreadable}"
    yield "" if not read.text else PATTERN_WORDS[read.pattern] if read.pattern else "không theo mẫu nào / fits no pattern"
    yield f"{read.confidence:.2f}"
    yield COLOUR_WORDS[read.colour] if read.colour else "–"
    yield str(read.lines or "–")
    yield plate.vehicle or "–"
    box = plate.box
    yield f"{box.x1 * size[0]:.0f},{box.y1 * size[1]:.0f} {box.x2 * size[0]:.0f},{box.y2 * size[1]:.0f}"
