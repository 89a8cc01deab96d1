"""The console's end-to-end tests: one API with synthetic cameras, one browser, a new visitor for each test."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page

from api.site import DIST
from benchmarks.console_rig import PASSWORD, USER, Rig
from tests.api.console import browser as browsers
from tests.conftest import EmbeddedBroker

CAMERAS = 9


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Closed before tests of other folders run: its event loop would be in the way of theirs."""
    if browsers.CHROMIUM is None:
        pytest.skip("Chromium is not installed (apt-get install chromium)")
    if not (DIST / "index.html").is_file():
        pytest.skip("the console is not built (python hatch_build.py)")
    with browsers.chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def rig(shared_broker: EmbeddedBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    one = Rig(tmp_path_factory.mktemp("rig"), shared_broker.url, CAMERAS)
    one.start()
    for camera in one.cameras:
        one.status(camera)
    yield one
    one.close()


class Desk:
    """An operator's page, and the API as another program sees it."""

    def __init__(self, chromium: Browser, rig: Rig, size: tuple[int, int]) -> None:
        self.rig = rig
        self.context, self.page, self.watch = browsers.new_page(chromium, rig, size)

    def sign_in(self) -> Page:
        browsers.sign_in(self.page)
        return self.page

    @contextmanager
    def client(self) -> Iterator[httpx.Client]:
        """Another session of the same account."""
        with httpx.Client(base_url=f"{self.rig.url}/api/v1", timeout=20) as client:
            session = client.post("/session", json={"username": USER, "password": PASSWORD}).raise_for_status().json()
            client.headers["X-CSRF-Token"] = session["csrf_token"]
            yield client

    def act(self, alert: str, action: str, revision: int, body: dict[str, str]) -> None:
        """What somebody else does to an alert."""
        headers = {"If-Match": f'"{revision}"', "Idempotency-Key": str(uuid.uuid4())}
        with self.client() as client:
            client.post(f"/alerts/{alert}/{action}", json=body, headers=headers).raise_for_status()

    def history(self, alert: str) -> list[str]:
        """Operators' acts on an alert, as the API has them."""
        with self.client() as client:
            answer = client.get(f"/alerts/{alert}").raise_for_status().json()
        return [entry["action"] for entry in answer["history"]]


def _desk(chromium: Browser, rig: Rig, size: tuple[int, int]) -> Iterator[Desk]:
    if not rig.running:  # an earlier test took it away and failed
        rig.start()
    desk = Desk(chromium, rig, size)
    yield desk
    errors, foreign = desk.watch.errors, desk.watch.foreign
    desk.context.close()
    assert errors == [], "the page reported errors"
    assert foreign == [], "the page talked to other hosts"


@pytest.fixture
def desk(chromium: Browser, rig: Rig) -> Iterator[Desk]:
    """A visitor at 1920x1080. Fails if the page reports an error or talks to another host."""
    yield from _desk(chromium, rig, browsers.DESKTOP)


@pytest.fixture
def phone(chromium: Browser, rig: Rig) -> Iterator[Desk]:
    """As ``desk``, at a phone's width."""
    yield from _desk(chromium, rig, browsers.PHONE)


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """The folder of the console's sources, with what its tools need."""
    console = DIST.parent
    if not (console / "node_modules").is_dir():
        pytest.skip("the console's tools are not installed (python hatch_build.py)")
    return console
