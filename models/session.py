"""A thin ONNX Runtime session: one file, one provider, arrays in and arrays out."""

from __future__ import annotations

import ast
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from ioc.core.errors import ModelError

log = logging.getLogger(__name__)

PROVIDERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "tensorrt": "TensorrtExecutionProvider",
        "cuda": "CUDAExecutionProvider",
        "openvino": "OpenVINOExecutionProvider",
        "cpu": "CPUExecutionProvider",
    }
)
"""Short name -> ONNX Runtime's name, in the order in which they are tried."""

# ONNX Runtime declares no common base class for what it raises.
_FAILURES: Final = (
    ort_errors.Fail,
    ort_errors.EPFail,
    ort_errors.EngineError,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NoModel,
    ort_errors.NoSuchFile,
    ort_errors.NotFound,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
    RuntimeError,
    ValueError,
)


def choose_providers(available: Sequence[str], forced: Sequence[str] | None = None) -> list[str]:
    """ONNX Runtime's provider names to open a session with, best first.

    ``available`` are ONNX Runtime's names, ``forced`` short names of :data:`PROVIDERS`. Raises :class:`ModelError` if a
    forced provider is unknown or not available; nothing falls back to the CPU behind a user's back.
    """
    if not forced:
        return [name for name in PROVIDERS.values() if name in available]
    here = [short for short, name in PROVIDERS.items() if name in available]
    for short in forced:
        if short not in PROVIDERS:
            raise ModelError(f"unknown provider {short!r}; there are {', '.join(PROVIDERS)}")
        if PROVIDERS[short] not in available:
            raise ModelError(f"provider {short!r} is not available here, only {', '.join(here)}; install its onnxruntime")
    return [PROVIDERS[short] for short in forced]


def _names(text: str) -> tuple[str, ...]:
    """Class names of ultralytics' metadata, ``{0: 'person', 1: 'car'}``; empty unless they are numbered from 0."""
    try:
        found = ast.literal_eval(text) if text else {}
    except (ValueError, SyntaxError):
        return ()
    if not isinstance(found, dict) or sorted(found) != list(range(len(found))):
        return ()
    return tuple(str(found[number]).lower() for number in range(len(found)))


class Session:
    """One ONNX file, loaded. ``run`` may be called from several threads at once."""

    def __init__(self, path: Path, *, providers: Sequence[str] | None = None, threads: int = 1) -> None:
        """Load ``path``. ``threads`` is the number of cores that one run may use; ``providers`` forces short names.

        Raises :class:`ModelError` if the file or a forced provider cannot be used.
        """
        if threads < 1:
            raise ModelError(f"threads must be at least 1, got {threads}")
        names = choose_providers(ort.get_available_providers(), providers)
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Cores are shared with decoding and with other cameras: a thread that waits must sleep.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.add_session_config_entry("session.inter_op.allow_spinning", "0")
        options.log_severity_level = 3
        try:
            self._session = ort.InferenceSession(str(path), sess_options=options, providers=names)
        except _FAILURES as error:
            raise ModelError(f"{path}: cannot be loaded as an ONNX model: {error}") from error
        used = self._session.get_providers()
        if providers and used[0] != names[0]:
            raise ModelError(f"{path}: provider {providers[0]!r} could not start, ONNX Runtime fell back to {used[0]}")
        self.path = path
        self.provider = used[0]
        """ONNX Runtime's name of the provider in use."""
        self.inputs = tuple((i.name, tuple(i.shape)) for i in self._session.get_inputs())
        """(name, shape) of each input; a free dimension is a string."""
        self.outputs = tuple((o.name, tuple(o.shape)) for o in self._session.get_outputs())
        """(name, shape) of each output."""
        self.names = _names(self._session.get_modelmeta().custom_metadata_map.get("names", ""))
        """Class names that the file itself states, as ultralytics writes them; empty if it states none."""
        if len(self.inputs) != 1:
            raise ModelError(f"{path}: has {len(self.inputs)} inputs, one picture was expected")
        log.info("model %s runs on %s, %d thread(s)", path.name, self.provider, threads)

    def run(self, array: NDArray[Any]) -> list[NDArray[np.float32]]:
        """All outputs for the one input ``array``. Raises :class:`ModelError`."""
        try:
            return list(self._session.run(None, {self.inputs[0][0]: array}))
        except _FAILURES as error:
            raise ModelError(f"{self.path}: running it on an array of shape {array.shape} failed: {error}") from error
