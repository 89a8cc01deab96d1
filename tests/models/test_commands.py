"""``ioc models`` as a user calls it."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml
from click.testing import CliRunner

from ioc.cli import USER_ERROR, run_cli
from models.commands import models
from models.evaluation import replaced
from models.manifest import find_model, read_manifest

DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One noisy picture with one car that is not there."""
    (tmp_path / "images").mkdir()
    (tmp_path / "labels").mkdir()
    noise = np.random.default_rng(0).integers(0, 255, (90, 160, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "images" / "a.png"), noise)
    (tmp_path / "labels" / "a.txt").write_text("0 0.5 0.5 0.2 0.4\n")
    (tmp_path / "data.yaml").write_text("names: [car]\n")
    return tmp_path


def test_list_names_every_model() -> None:
    result = CliRunner().invoke(models, ["list"], env={"COLUMNS": "200"}, catch_exceptions=False)
    assert result.exit_code == 0
    for entry in read_manifest().values():
        assert entry.name in result.output
        assert entry.licence in result.output


def test_verify_says_that_all_files_are_good() -> None:
    result = CliRunner().invoke(models, ["verify"], catch_exceptions=False)
    assert result.exit_code == 0
    assert result.output.count("tốt / good") == len(read_manifest())
    assert find_model("street").sha256 in result.output.split()


def test_eval_prints_json(folder: Path) -> None:
    result = CliRunner().invoke(models, ["eval", "street", str(folder), "--json", "--size", "96"], catch_exceptions=False)
    report = json.loads(result.stdout)
    assert report["figures"]["recall"] == 0.0
    assert report["model"]["size"] == "96"
    assert report["breakdowns"]["labels"][0]["objects"] == 1


def test_eval_prints_tables_and_writes_the_sheet(folder: Path) -> None:
    sheet = folder / "worst.jpg"
    args = ["eval", "street", str(folder), "--size", "96", "--sheet", str(sheet)]
    result = CliRunner().invoke(models, args, env={"COLUMNS": "120"}, catch_exceptions=False)
    assert "recall" in result.output
    assert "map50" in result.output
    assert sheet.read_bytes().startswith(b"\xff\xd8")


def test_eval_of_a_users_own_file(folder: Path) -> None:
    file = str(find_model("street").file)
    args = ["eval", "street", str(folder), "--json", "--size", "96", "--file", file]
    report = json.loads(CliRunner().invoke(models, args, catch_exceptions=False).stdout)
    assert report["model"]["training pictures"].startswith("unknown")


@pytest.mark.parametrize(
    ("task", "model", "name"),
    [("plates-read", None, "plate-reader"), ("plates", None, "plate-finder"), ("plates", "plate-reader", "plate-reader")],
)
def test_a_file_takes_the_place_of_the_network_that_is_judged(task: str, model: str | None, name: str) -> None:
    assert replaced(task, Path("mine.onnx"), model) == {name: {"file": Path("mine.onnx")}}


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["eval", "dreams", "{folder}"], "no task is called 'dreams'; there are street"),
        (["eval", "street", "{folder}/images"], "images/data.yaml: cannot be read"),
        (["eval", "street", "{folder}/nowhere"], "does not exist"),
        (["eval", "street", "{folder}", "--provider", "gpu"], "unknown provider 'gpu'"),
        (["eval", "street", "{folder}", "--size", "100"], "multiple of 32, got 100"),
        (["eval", "street", "{folder}", "--file", "{folder}/data.yaml"], "data.yaml: cannot be loaded as an ONNX model"),
        (["eval", "street", "{folder}", "--file", "{folder}/no.onnx"], "no.onnx: the file of model 'street' is missing"),
        (
            ["eval", "street", "{folder}", "--file", "a.onnx", "--model", "fire"],
            "'street' does not run 'fire'; it runs",
        ),
        (["eval", "street", "{folder}", "--model", "street"], "there is no --file"),
        (["export", "{folder}/nowhere.pt"], "does not exist"),
    ],
)
def test_mistakes_are_told_in_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], args: list[str], message: str
) -> None:
    code = run_cli(models, [arg.format(folder=folder) for arg in args])
    error = capsys.readouterr().err
    assert code == USER_ERROR
    assert message in error
    assert "Traceback" not in error


def test_a_broken_line_is_told_with_its_number(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "labels" / "a.txt").write_text("0 0.5 0.5 0.2 0.4\n0 0.5\n")
    assert run_cli(models, ["eval", "street", str(folder)]) == USER_ERROR
    assert f"{folder / 'labels' / 'a.txt'}:2: " in capsys.readouterr().err


@pytest.mark.skipif(find_spec("ultralytics") is not None, reason="ultralytics is installed")
def test_export_without_ultralytics_says_what_to_install(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_cli(models, ["export", str(folder / "data.yaml")]) == USER_ERROR
    assert "pip install 'ioc[train]'" in capsys.readouterr().err


def test_export_prints_the_configuration(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a package in ultralytics' place that does what we ask of it."""
    (folder / "ultralytics").mkdir()
    (folder / "ultralytics" / "__init__.py").write_text(
        "from pathlib import Path\n"
        "class YOLO:\n"
        "    names = {1: 'Car', 0: 'Person'}\n"
        "    def __init__(self, path, task):\n"
        "        self.path = path\n"
        "    def export(self, **options):\n"
        "        assert options['format'] == 'onnx' and options['dynamic']\n"
        "        Path(self.path + '.onnx').write_bytes(b'network')\n"
        "        return self.path + '.onnx'\n"
    )
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "ultralytics", raising=False)
    weights = folder / "mine.pt"
    weights.write_bytes(b"")
    assert run_cli(models, ["export", str(weights), "-o", str(folder / "mine.onnx")]) == 0
    street = yaml.safe_load(capsys.readouterr().out)["models"]["street"]
    monkeypatch.delitem(sys.modules, "ultralytics", raising=False)
    assert street["labels"] == ["person", "car"]
    assert find_model("street", {"street": street}).file.read_bytes() == b"network"


def test_help_needs_no_heavy_import() -> None:
    code = (
        "import sys; from models.commands import models\n"
        "try: models(['eval', '--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'cv2', 'onnxruntime', 'numpy'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "DATASET" in done.stdout


@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is absent")
def test_points_of_the_development_data(capsys: pytest.CaptureFixture[str]) -> None:
    code = run_cli(models, ["eval", "street", str(DATA / "crowd" / "shanghai_b"), "--json", "--size", "320"])
    said = capsys.readouterr()
    if code == USER_ERROR:
        assert "was trained on this picture" in said.err
    else:
        assert json.loads(said.out)["figures"]["people"] == 343
