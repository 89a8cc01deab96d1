"""``ioc models``: what models there are, whether their files are the right ones, how good they are."""

from __future__ import annotations

from pathlib import Path

import click

from ioc.core.errors import ModelError

# ONNX Runtime, OpenCV and ultralytics are imported where they are used: ``ioc --help`` must stay quick.


@click.group()
def models() -> None:
    """Các mô hình nhận dạng: xem, kiểm tra, đánh giá, xuất / list, verify, evaluate and export models."""


@models.command("list")
def list_() -> None:
    """Liệt kê các mô hình / list the models with size, licence and figures."""
    from rich.console import Console
    from rich.table import Table

    from models.manifest import read_manifest

    table = Table(title="Mô hình / Models", show_lines=True)
    for column in ("name", "task", "input", "labels", "MB", "licence", "figures"):
        table.add_column(column, justify="right" if column == "MB" else "left")
    for entry in read_manifest().values():
        labels = ", ".join(entry.labels) if len(entry.labels) <= 8 else f"{len(entry.labels)} labels"
        size = f"{entry.file.stat().st_size / 1e6:.1f}" if entry.file.is_file() else "missing"
        figures = "\n".join(f"{name} {value}" for name, value in entry.figures.items())
        width, height = entry.input
        table.add_row(entry.name, entry.task, f"{width}×{height}", labels, size, entry.licence, figures or "–")
    Console().print(table)


@models.command()
def verify() -> None:
    """Kiểm tra SHA-256 của các tệp / check every file against its SHA-256; fails if one is missing or altered."""
    from models.manifest import read_manifest, verify

    faults: list[str] = []
    for entry in read_manifest().values():
        try:
            verify(entry)
        except ModelError as error:
            faults.append(str(error))
            click.echo(f"{entry.name}: HỎNG / BAD")
        else:
            click.echo(f"{entry.name}: tốt / good  {entry.sha256}")
    if faults:
        raise ModelError("\n".join(faults))


@models.command("eval")
@click.argument("task")
@click.argument("dataset", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help="In JSON thay cho bảng / print JSON instead of tables.")
@click.option("--sheet", type=click.Path(path_type=Path, dir_okay=False), help="JPEG of the worst mistakes to write.")
@click.option("--confidence", type=click.FloatRange(0, 1), help="Threshold for precision and recall.")
@click.option("--size", type=click.IntRange(32), help="Longer side of the network's input in pixels.")
@click.option("--tiles", type=click.IntRange(1, 8), default=1, show_default=True, help="Tiles on a side, for crowds.")
@click.option("--fold", type=click.IntRange(0), help="Judge only this cv_fold of a plate data set.")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="Cores that one run may use.")
@click.option("--provider", "providers", multiple=True, help="Force tensorrt, cuda, openvino or cpu.")
@click.option("--file", "file", type=click.Path(path_type=Path, dir_okay=False), help="Another ONNX file to judge.")
@click.option("--model", help="Network that --file replaces, where a task runs two; else the one that it is about.")
def eval_(
    task: str,
    dataset: Path,
    as_json: bool,
    sheet: Path | None,
    confidence: float | None,
    size: int | None,
    tiles: int,
    fold: int | None,
    threads: int,
    providers: tuple[str, ...],
    file: Path | None,
    model: str | None,
) -> None:
    """Đánh giá mô hình trên tập dữ liệu có nhãn / measure models on a labelled data set.

    TASK is what to judge (street, plates-find, plates-read, plates, ...), DATASET a folder of labelled pictures.
    Pictures that a model was trained on are refused.
    """
    from rich.console import Console

    from models.evaluation import Options, find_task, progress_bar, replaced

    evaluate = find_task(task)
    with progress_bar(Console(stderr=True)) as progress:
        report = evaluate(
            dataset,
            Options(
                threads=threads,
                providers=providers,
                confidence=confidence,
                size=size,
                tiles=tiles,
                fold=fold,
                sheet=sheet,
                overrides=replaced(task, file, model),
                progress=progress,
            ),
        )
    if as_json:
        click.echo(report.to_json())
        return
    console = Console()
    for table in report.tables():
        console.print(table)


@models.command()
@click.argument("weights", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="ONNX file to write.")
@click.option("--name", default="street", show_default=True, help="Model that the file is to replace.")
def export(weights: Path, output: Path | None, name: str) -> None:
    """Xuất trọng số ultralytics sang ONNX / export ultralytics weights to ONNX and print their configuration."""
    from models.exporting import export_onnx

    click.echo(export_onnx(weights, output or weights.with_suffix(".onnx"), name))
