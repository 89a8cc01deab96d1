"""The manifest, and the refusal of files that are not the measured ones."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from ioc.core.config import Model
from ioc.core.errors import ModelError
from models.manifest import MANIFEST, find_model, read_manifest, verify

ENTRY = """
[[model]]
name = "street"
task = "detect"
file = "weights/a.onnx"
sha256 = "{sha}"
input = [640, 640]
labels = ["person", "car"]
licence = "AGPL-3.0-only"
provenance = "made by a test"
training = "a.training.txt"
[model.figures]
map50 = 0.5
"""
CONTENT = b"weights"
SHA = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "a.onnx").write_bytes(CONTENT)
    path = tmp_path / "manifest.toml"
    path.write_text(ENTRY.format(sha=SHA), encoding="utf-8")
    return path


def test_paths_become_those_beside_the_manifest(manifest: Path) -> None:
    entry = read_manifest(manifest)["street"]
    assert entry.file == manifest.parent / "weights" / "a.onnx"
    assert entry.training == manifest.parent / "a.training.txt"
    assert entry.card is None
    assert entry.labels == ("person", "car")
    assert entry.figures == {"map50": 0.5}
    assert verify(entry) == entry.file


def test_another_file_is_refused_with_both_sums(manifest: Path) -> None:
    file = manifest.parent / "weights" / "a.onnx"
    file.write_bytes(b"something else entirely")
    found = hashlib.sha256(b"something else entirely").hexdigest()
    with pytest.raises(ModelError) as caught:
        verify(read_manifest(manifest)["street"])
    assert str(file) in str(caught.value)
    assert f"expected {SHA}, found {found}" in str(caught.value)


def test_a_missing_file_is_named(manifest: Path) -> None:
    (manifest.parent / "weights" / "a.onnx").unlink()
    with pytest.raises(ModelError, match=r"a\.onnx: the file of model 'street' is missing"):
        verify(read_manifest(manifest)["street"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("task =", "tusk ="), "street.*task: Field required"),
        (('"detect"', '"dream"'), "street.*task"),
        ((f'sha256 = "{SHA}"', ""), "sha256"),
        ((SHA, SHA[:-1]), "sha256"),
        (("[640, 640]", "[640]"), "input"),
        (("[640, 640]", "[640, 0]"), "input"),
        (('licence = "AGPL-3.0-only"', ""), "licence"),
        (("[[model]]", "[[modle]]"), "unknown table"),
        (("[[model]]", "[model]"), r"listed as \[\[model\]\]|cannot read"),
        (("[[model]]", "[[model"), "cannot read the manifest"),
    ],
)
def test_a_faulty_manifest_is_named(manifest: Path, change: tuple[str, str], message: str) -> None:
    manifest.write_text(manifest.read_text().replace(*change))
    with pytest.raises(ModelError, match=message) as caught:
        read_manifest(manifest)
    assert str(manifest) in str(caught.value)


def test_a_name_listed_twice_is_refused(manifest: Path) -> None:
    manifest.write_text(manifest.read_text() * 2)
    with pytest.raises(ModelError, match="'street' is listed twice"):
        read_manifest(manifest)


def test_a_missing_manifest_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no\.toml: cannot read"):
        read_manifest(tmp_path / "no.toml")


def test_the_configuration_replaces_a_file(manifest: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.onnx"
    mine.write_bytes(b"mine")
    override = Model(file=mine, sha256=None, input=(320, 320), labels=("car",))
    entry = find_model("street", {"street": override}, path=manifest)
    assert (entry.file, entry.input, entry.labels) == (mine, (320, 320), ("car",))
    assert entry.training is None, "nothing is known about what a user's model was trained on"
    assert entry.figures == {}, "figures of the shipped file say nothing about another one"
    assert verify(entry) == mine, "a file given without a sum is taken as it is"


def test_a_sum_in_the_configuration_is_checked(manifest: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.onnx"
    mine.write_bytes(b"mine")
    entry = find_model("street", {"street": {"file": str(mine), "sha256": SHA}}, path=manifest)
    with pytest.raises(ModelError, match=f"expected {SHA}"):
        verify(entry)
    assert entry.labels == ("person", "car"), "labels that are not given stay"


@pytest.mark.parametrize(
    ("name", "overrides", "message"),
    [
        ("streets", {}, "no model is called 'streets'; there are street"),
        ("street", {"stret": {"file": "a.onnx"}}, "no model is called 'stret'"),
        ("street", {"street": {"fil": "a.onnx"}}, r"configuration: models\.street"),
        ("street", {"street": {"file": "a.onnx", "sha256": "12"}}, "sha256"),
    ],
)
def test_overrides_that_fit_nothing_are_errors(
    manifest: Path, name: str, overrides: dict[str, object], message: str
) -> None:
    with pytest.raises(ModelError, match=message):
        find_model(name, overrides, path=manifest)


def test_every_shipped_file_is_the_measured_one() -> None:
    entries = read_manifest()
    assert "street" in entries
    for entry in entries.values():
        assert verify(entry).is_file()
        assert entry.card is None or entry.card.is_file(), f"{entry.name} names a card that is missing"
        assert entry.training is None or entry.training.is_file(), f"{entry.name} names a list that is missing"
    assert sum(entry.file.stat().st_size for entry in entries.values()) < 45e6


def test_the_manifest_is_found_from_any_folder(tmp_path: Path) -> None:
    code = "from models.manifest import read_manifest; print(len(read_manifest()))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert int(done.stdout) == len(read_manifest(MANIFEST))
