"""The thin session: which provider it takes, and what it says when something cannot be."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest

from ioc.core.errors import ModelError
from models.manifest import find_model, verify
from models.session import Session, _names, choose_providers

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
TENSORRT, OPENVINO = "TensorrtExecutionProvider", "OpenVINOExecutionProvider"


@pytest.fixture(scope="module")
def street() -> Path:
    return verify(find_model("street"))


@pytest.mark.parametrize(
    ("available", "forced", "chosen"),
    [
        ([CPU], None, [CPU]),
        (["AzureExecutionProvider", CPU], None, [CPU]),  # a provider that sends pictures away is never taken
        ([CPU, CUDA], None, [CUDA, CPU]),  # the order is ours, not that of the list
        ([CPU, OPENVINO, CUDA, TENSORRT], None, [TENSORRT, CUDA, OPENVINO, CPU]),
        ([CPU, CUDA], ["cpu"], [CPU]),
        ([CPU, CUDA], ["cuda", "cpu"], [CUDA, CPU]),
        ([CPU], [], [CPU]),
    ],
)
def test_order_of_providers(available: list[str], forced: list[str] | None, chosen: list[str]) -> None:
    assert choose_providers(available, forced) == chosen


@pytest.mark.parametrize(
    ("forced", "message"),
    [
        (["cuda"], "provider 'cuda' is not available here, only cpu"),
        (["gpu"], "unknown provider 'gpu'; there are tensorrt, cuda, openvino, cpu"),
        (["cpu", "openvino"], "provider 'openvino' is not available"),
    ],
)
def test_a_forced_provider_is_never_replaced(forced: list[str], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        choose_providers([CPU], forced)


def test_names_that_the_file_states(street: Path) -> None:
    assert Session(street).names == ("person", "bicycle", "motorcycle", "car", "bus", "truck")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{0: 'Person', 1: 'car'}", ("person", "car")),
        ("", ()),
        ("{1: 'car'}", ()),
        ("['car']", ()),
        ("{0: 'car'", ()),
        ("__import__('os')", ()),
    ],
)
def test_names_in_metadata(text: str, names: tuple[str, ...]) -> None:
    assert _names(text) == names


def test_the_choice_is_logged(street: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="models.session"):
        session = Session(street, providers=["cpu"])
    assert session.provider == CPU
    assert "street.onnx runs on CPUExecutionProvider, 1 thread(s)" in caplog.text


@pytest.mark.skipif(CUDA in ort.get_available_providers(), reason="this machine has CUDA")
def test_a_missing_provider_is_an_error_on_loading(street: Path) -> None:
    with pytest.raises(ModelError, match="'cuda' is not available here"):
        Session(street, providers=["cuda"])


@pytest.mark.parametrize("content", [b"", b"\x00" * 64, b"this is no network", None])
def test_a_file_that_is_no_network_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "broken.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match=r"broken\.onnx: cannot be loaded"):
        Session(path)


def test_a_truncated_network_is_named(street: Path, tmp_path: Path) -> None:
    path = tmp_path / "half.onnx"
    path.write_bytes(street.read_bytes()[:100_000])
    with pytest.raises(ModelError, match=r"half\.onnx: cannot be loaded"):
        Session(path)


def test_no_thread_is_no_choice(street: Path) -> None:
    with pytest.raises(ModelError, match="at least 1"):
        Session(street, threads=0)


@pytest.mark.parametrize("shape", [(1, 3, 33, 64), (1, 4, 64, 64), (3, 64, 64)])
def test_an_array_that_does_not_fit_is_an_error(street: Path, shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match=r"street\.onnx: running it on an array of shape"):
        Session(street).run(np.zeros(shape, np.float32))
