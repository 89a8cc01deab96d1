"""A real Chromium for the end-to-end tests, and what they ask of a page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from benchmarks.console_rig import PASSWORD, USER, Rig

CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
DESKTOP, PHONE = (1920, 1080), (390, 844)
PATIENCE_MS = 20_000
"""How long a page may take for what it does at once on a quiet machine."""
expect.set_options(timeout=PATIENCE_MS)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser with an empty profile."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Watch:
    """What went wrong in a page's background, and whom it talked to."""

    home: str
    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    sockets: list[str] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        """Listen to a page."""
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", lambda request: self._asked(request.url))
        page.on("websocket", lambda socket: (self.sockets.append(socket.url), self._asked(socket.url)))

    def _said(self, message: ConsoleMessage) -> None:
        # The browser itself reports each answer that is no 2xx and each lost connection; tests provoke both.
        if message.type in ("error", "warning") and not message.text.startswith(
            ("Failed to load resource", "WebSocket conn")
        ):
            self.errors.append(message.text)

    def _asked(self, url: str) -> None:
        if urlsplit(url).netloc != self.home and urlsplit(url).scheme not in ("blob", "data"):
            self.foreign.append(url)


def new_page(browser: Browser, rig: Rig, size: tuple[int, int] = DESKTOP) -> tuple[BrowserContext, Page, Watch]:
    """A page of a new visitor, opened at the console."""
    phone = size == PHONE
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, is_mobile=phone, has_touch=phone)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    watch = Watch(urlsplit(rig.url).netloc)
    watch.follow(page)
    page.goto(rig.url)
    return context, page, watch


def sign_in(page: Page, username: str = USER, password: str = PASSWORD) -> None:
    """Fill in the login and wait for the console."""
    page.fill("input[name=username]", username)
    page.fill("input[name=password]", password)
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-link=open]")


def row(alert: str) -> str:
    """Selector of an alert's row."""
    return f'[data-alert="{alert}"]'


def open_alert(page: Page, alert: str) -> None:
    """Open an alert by its row."""
    page.locator(row(alert)).click()
    page.wait_for_selector(f'[data-detail="{alert}"]')
