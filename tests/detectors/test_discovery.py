"""A broken or doubled detector is an error, never a missing rule."""

from __future__ import annotations

import importlib
import sys

import pytest

import detectors
from ioc.core.errors import DetectorError

GOOD = """
from ioc.core.config import Part
from ioc.core.ports import DetectorSpec
DETECTOR = DetectorSpec(kind="{kind}", settings=Part, factory=lambda zones, context: None, title={{"vi": "a", "en": "b"}})
"""


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Makes a package of detector modules and discovers it."""

    def make(**modules):
        name = f"made_{abs(hash(tmp_path.name + str(sorted(modules))))}"
        folder = tmp_path / name
        folder.mkdir()
        (folder / "__init__.py").write_text("")
        for module, text in modules.items():
            (folder / f"{module}.py").write_text(text)
        monkeypatch.syspath_prepend(str(tmp_path))
        importlib.invalidate_caches()
        try:
            return detectors.discover(importlib.import_module(name))
        finally:
            for loaded in [m for m in sys.modules if m.startswith(name)]:
                del sys.modules[loaded]

    return make


def test_every_kind_of_this_product_is_found():
    found = detectors.discover()
    assert {"parking", "crowd", "camera"} <= set(found)
    assert all(kind == spec.kind for kind, spec in found.items())
    assert set(detectors.rule_settings()) == set(found)


def test_public_modules_are_found_and_private_ones_left_alone(package):
    found = package(one=GOOD.format(kind="one"), _helper="raise RuntimeError")
    assert list(found) == ["one"]


@pytest.mark.parametrize(
    ("modules", "words"),
    [
        ({"bad": "import nothing_of_that_name"}, "bad cannot be imported"),
        ({"bad": "x = 1"}, "bad must declare DETECTOR"),
        ({"bad": "DETECTOR = 3"}, "found int"),
        ({"a": GOOD.format(kind="same"), "b": GOOD.format(kind="same")}, "both declare the kind 'same'"),
        ({"bad": GOOD.format(kind="x").replace('"vi"', '"fr"')}, "title needs both vi and en"),
    ],
)
def test_broken_ones_are_named(package, modules, words):
    with pytest.raises(DetectorError, match=words):
        package(**modules)
