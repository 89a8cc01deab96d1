"""The lock files: complete, hashed, consistent, and free of any package index's address."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ("build", "demo", "test")
PIN = re.compile(r"^([a-z0-9][a-z0-9.-]*)==(\S+)", re.MULTILINE)


def text(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")


def pins(name: str) -> dict[str, str]:
    return dict(PIN.findall(text(name)))


def wanted(*extras: str) -> set[str]:
    """Names that pyproject asks for, with the extras of this project resolved."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names: set[str] = set()
    for line in [*project["dependencies"], *(line for e in extras for line in project["optional-dependencies"][e])]:
        name, inner = re.match(r"([A-Za-z0-9._-]+)(?:\[([^]]*)\])?", line).groups()  # type: ignore[union-attr]
        names |= wanted(*inner.split(",")) if name == "ioc" else {re.sub(r"[._]", "-", name.lower())}
    return names


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_is_hashed_and_no_index_is_named(lock: str) -> None:
    for block in re.split(r"\n(?=[a-z0-9])", text(lock)):
        if PIN.match(block):
            assert "--hash=sha256:" in block, block.splitlines()[0]
    assert not re.search(r"https?:|file:|-(index-url|find-links|trusted-host)\b", text(lock))


@pytest.mark.parametrize(("lock", "extras"), [("demo", ("demo",)), ("test", ("test",))])
def test_locks_hold_what_pyproject_asks_for(lock: str, extras: tuple[str, ...]) -> None:
    assert wanted(*extras) - set(pins(lock)) == set(), "run `make lock`"


def test_locks_agree_with_each_other() -> None:
    test = pins("test")
    assert {
        name: version for name, version in (pins("demo") | pins("build")).items() if test.get(name, version) != version
    } == {}


def test_one_opencv_alone() -> None:
    """Two wheels that bring the module cv2 would overwrite each other."""
    assert [name for name in pins("test") if name.startswith("opencv")] == ["opencv-python-headless"]


def test_wheels_of_other_machines_are_hashed_too() -> None:
    block = text("demo").split("\nnumpy==")[1].split("\n    # via")[0]
    assert block.count("--hash=") > 20
