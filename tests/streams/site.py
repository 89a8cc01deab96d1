"""A site for tests of whole workers: its configuration, models that see what a script says, and workers in threads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from ioc.core.config_file import parse_config
from ioc.core.types import Box
from streams.setup import RunningWorker
from tests.fakes.vision import ScriptedDetector, detection
from tests.streams.running import running

CAR = detection("car", Box(0.3, 0.4, 0.7, 0.8))


class ScriptedModels:
    """In place of streams.setup.SharedModels."""

    def __init__(self, see=lambda call: [CAR]):
        self.detector = ScriptedDetector(see)

    def street(self, look_size):
        return lambda tiles: self.detector

    def plates(self):
        raise AssertionError("no rule reads plates")

    def fire(self):
        raise AssertionError("no rule looks for fire")

    def water(self):
        raise AssertionError("no rule looks for water")

    def density(self):
        raise AssertionError("no rule counts packed people")

    def open(self, names, camera):
        """Nothing has to be opened."""


def site_text(
    folder: Path,
    broker_url: str,
    cameras: Mapping[str, str],
    rules: str = "parking: {dwell_s: 1}",
    camera_rule: str = "{lost_s: 1, frozen_s: 600}",
    evidence: Path | None = None,
    state: Path | None = None,
) -> str:
    """The site ``s`` with cameras by name and address, each with the zone ``kerb`` over its whole picture."""
    lines = [
        "site: {id: s}",
        f"broker: {{url: '{broker_url}'}}",
        f"evidence: {{url: {evidence or folder / 'evidence'}, before_s: 1, after_s: 1}}",
        f"workers: {{state: {state or folder / 'state'}}}",
        "cameras:",
    ]
    for name, url in cameras.items():
        lines += [
            f"  - id: {name}",
            f"    url: {url}",
            "    timeout_s: 1",
            "    rate: 5",
            f"    rules: {{camera: {camera_rule}}}",
            "    zones:",
            "      - id: kerb",
            "        polygon: [[0, 0], [1, 0], [1, 1], [0, 1]]",
            f"        rules: {{{rules}}}",
        ]
    return "\n".join(lines)


class Workers:
    """Starts workers in threads; :meth:`stop` ends those that still run."""

    def __init__(self, folder: Path, broker_url: str) -> None:
        self._folder = folder
        self._broker_url = broker_url
        self._running: list[ExitStack] = []

    def start(
        self, cameras: Mapping[str, str], models: ScriptedModels | None = None, name: str = "w", **settings: Any
    ) -> Callable[[], None]:
        """Begin to watch cameras by name and address. Returns what stops this worker."""
        config = parse_config(site_text(self._folder, self._broker_url, cameras, **settings))
        one = ExitStack()
        one.enter_context(running(RunningWorker(config, name, config.cameras, models or ScriptedModels())))
        self._running.append(one)
        return one.close

    def stop(self) -> None:
        """End all."""
        for one in self._running:
            one.close()
