"""A user's own ultralytics weights become an ONNX file that the configuration can name."""

from __future__ import annotations

import shutil
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

from ioc.core.errors import ModelError
from models.manifest import find_model
from models.pictures import digest


def export_onnx(weights: Path, output: Path, name: str) -> str:
    """Write ``output`` and return the YAML that puts it in the place of model ``name``.

    The network takes pictures of any size, as the shipped ones do. Raises :class:`ModelError` if ultralytics, an optional
    extra, is missing or cannot read the weights.
    """
    entry = find_model(name)
    try:
        ultralytics: Any = import_module("ultralytics")
    except ImportError as error:
        raise ModelError(f"exporting needs ultralytics: pip install 'ioc[train]' ({error})") from error
    try:
        yolo = ultralytics.YOLO(str(weights), task="detect")
        labels = [str(label).lower() for _, label in sorted(yolo.names.items())]
        written = Path(yolo.export(format="onnx", dynamic=True, simplify=True, opset=17, imgsz=max(entry.input)))
    except (OSError, RuntimeError, TypeError, ValueError, KeyError, AttributeError) as error:
        raise ModelError(f"{weights}: cannot be exported: {error}") from error
    if written.resolve() != output.resolve():
        shutil.move(written, output)
    override = {"file": str(output.absolute()), "sha256": digest(output), "input": list(entry.input), "labels": labels}
    return yaml.safe_dump({"models": {name: override}}, sort_keys=False, allow_unicode=True).rstrip()
