"""``ioc bench console``: how fast the operators' console is, measured in a real Chromium against a real API and broker."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.console_rig import PASSWORD, USER, Rig
from ioc.adapters import broker
from ioc.supervisor import python

if TYPE_CHECKING:
    from playwright.sync_api import Page

CAMERAS = 9
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
DIST = Path(__file__).resolve().parents[1] / "api" / "console" / "dist"
FIRST_ROW = """() => new Promise(done => {
  const look = () => document.querySelector('[data-alert]')
    ? requestAnimationFrame(() => done(performance.now())) : requestAnimationFrame(look);
  look();
})"""
OBSERVE = """() => {
  window.seen = {}; window.tasks = []; window.ages = [];
  new PerformanceObserver(list => list.getEntries().forEach(task => window.tasks.push(task.duration)))
    .observe({ type: 'longtask' });
  // A frame is on the screen when the next one begins.
  const painted = then => requestAnimationFrame(() => requestAnimationFrame(() => then(Date.now())));
  const look = changes => {
    const rows = document.querySelectorAll('[data-alert]');
    const fresh = [...rows].map(row => row.dataset.alert).filter(id => !(id in window.seen));
    for (const id of fresh) window.seen[id] = 0;
    if (fresh.length) painted(at => fresh.forEach(id => { window.seen[id] = at; }));
    for (const { target, attributeName } of changes) {
      const taken = Number(target.dataset.at);
      if (attributeName === 'data-at') painted(at => window.ages.push(at - taken));
    }
  };
  window.watcher?.disconnect();
  window.watcher = new MutationObserver(look);
  const attributeFilter = ['data-at', 'data-alert'];
  window.watcher.observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter });
}"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One measured figure."""

    what: str
    value: float
    unit: str


@click.command("console")
@click.option("--seconds", default=30.0, show_default=True, help="Thời gian mỗi phép đo / length of each measurement")
@click.option("--rate", default=20.0, show_default=True, help="Cảnh báo mỗi giây / alerts per second")
@click.option("--json", "as_json", is_flag=True, help="In JSON thay cho bảng / print JSON instead of a table")
def console(seconds: float, rate: float, as_json: bool) -> None:
    """Giao diện người trực: thời gian đến điểm ảnh, độ mượt, kích thước. / The console: time to pixel, smoothness, size."""
    lines = [*sizes(DIST)]
    with rig() as one, page(one) as tab:
        lines += first_row(one, tab)
        lines += list_under_load(one, tab, seconds, rate)
        lines += wall(one, tab, seconds)
    if as_json:
        click.echo(json.dumps([asdict(line) for line in lines], ensure_ascii=False))
        return
    table = Table("figure", "value", "unit", title=f"console, {rate:g} alerts/s, {CAMERAS} cameras, {seconds:g} s")
    for line in lines:
        table.add_row(line.what, f"{line.value:,.1f}", line.unit)
    Console().print(table)


def sizes(dist: Path) -> Iterator[Line]:
    """Kilobytes that a browser loads, compressed as a proxy would. Raises :class:`click.ClickException`."""
    if not (dist / "index.html").is_file():
        raise click.ClickException("the console is not built: python hatch_build.py")
    index = (dist / "index.html").read_text(encoding="utf-8")
    for suffix in ("js", "css"):
        files = sorted((dist / "assets").glob(f"*.{suffix}"))
        first = sum(len(gzip.compress(file.read_bytes(), 9)) for file in files if file.name in index)
        later = sum(len(gzip.compress(file.read_bytes(), 9)) for file in files if file.name not in index)
        yield Line(what=f"{suffix}, first page, gzip", value=first / 1024, unit="KiB")
        if later:
            yield Line(what=f"{suffix}, when a series is shown, gzip", value=later / 1024, unit="KiB")
    fonts = sum(file.stat().st_size for file in (dist / "assets").glob("*.woff2"))
    yield Line(what="fonts, all weights", value=fonts / 1024, unit="KiB")


@contextmanager
def rig() -> Iterator[Rig]:
    """An API with nine cameras and an embedded broker, in a folder that goes away."""
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), broker.free_ports(1)[0]
        url = f"mqtt://{broker.LOOPBACK}:{port}"
        config = folder / "broker.yaml"
        config.write_text(f"site: {{id: bench}}\nbroker: {{url: '{url}'}}\n", encoding="utf-8")
        command, environment = python("broker", str(config)), {**os.environ, "IOC_LIFELINE": "1"}
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env=environment) as process:
            while not broker.accepts(broker.LOOPBACK, port) and process.poll() is None:
                time.sleep(0.05)
            one = Rig(folder, url, CAMERAS)
            try:
                one.start()
                yield one
            finally:
                one.close()
                process.kill()


@contextmanager
def page(one: Rig) -> Iterator[Page]:
    """A page of the console at 1920x1080, logged in. Raises :class:`click.ClickException` where there is no browser."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise click.ClickException("Playwright is missing: pip install 'ioc[test]'") from error
    chromium = shutil.which("chromium")
    if chromium is None:
        raise click.ClickException("Chromium is missing: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        tab = browser.new_page(viewport={"width": 1920, "height": 1080})
        tab.goto(one.url)
        tab.fill("input[name=username]", USER)
        tab.fill("input[name=password]", PASSWORD)
        tab.keyboard.press("Enter")
        tab.wait_for_selector("[data-link=open]")
        yield tab
        browser.close()


def first_row(one: Rig, tab: Page, repeats: int = 7) -> Iterator[Line]:
    """Navigation to the first painted row, 200 alerts in the store."""
    for number in range(200):
        one.alert(("parking", "crowd", "camera")[number % 3], one.cameras[number % CAMERAS])
    tab.wait_for_selector("[data-alert]")
    times = []
    for _ in range(repeats):
        tab.goto("about:blank")
        tab.goto(one.url, wait_until="commit")
        times.append(float(tab.evaluate(FIRST_ROW)))
    yield Line(what="first alert row after navigation, median", value=float(np.median(times)), unit="ms")
    yield Line(what="first alert row after navigation, worst", value=max(times), unit="ms")


def list_under_load(one: Rig, tab: Page, seconds: float, rate: float) -> Iterator[Line]:
    """A burst of alerts: from the publisher to the painted row, and how busy the page is meanwhile."""
    sent: dict[str, float] = {}

    def publish() -> None:
        begin = time.monotonic()
        for number in range(int(seconds * rate)):
            tab.wait_for_timeout(max(0.0, 1000 * (begin + number / rate - time.monotonic())))
            at = time.time() * 1000
            sent[one.alert(("parking", "crowd", "camera")[number % 3], one.cameras[number % CAMERAS])] = at
        tab.wait_for_timeout(1500)

    busy = observed(tab, publish)
    seen: dict[str, float] = tab.evaluate("() => window.seen")
    delays = [seen[alert] - at for alert, at in sent.items() if seen.get(alert)]
    yield from quantiles("alert published to painted row", delays)
    yield Line(what="alerts that were painted", value=100 * len(delays) / len(sent), unit="%")
    yield from busy("list")


def wall(one: Rig, tab: Page, seconds: float) -> Iterator[Line]:
    """Nine cameras, four pictures a second each: from capture to the painted canvas."""
    one.play(4.0)
    tab.keyboard.press("w")
    tab.wait_for_selector("[data-tile] canvas")
    busy = observed(tab, lambda: tab.wait_for_timeout(seconds * 1000))
    ages: list[float] = tab.evaluate("() => window.ages")
    yield from quantiles("picture taken to painted canvas", ages)
    yield Line(what="pictures painted", value=len(ages) / seconds, unit="1/s")
    yield from busy("wall")


def observed(tab: Page, run: Callable[[], None]) -> Callable[[str], Iterator[Line]]:
    """Run something while the page is watched. Returns what gives the lines about its main thread."""
    tab.evaluate(OBSERVE)
    session = tab.context.new_cdp_session(tab)
    session.send("Performance.enable")
    before, began = _task_seconds(session.send("Performance.getMetrics")), time.monotonic()
    run()
    took = time.monotonic() - began
    spent = _task_seconds(session.send("Performance.getMetrics")) - before
    tasks: list[float] = tab.evaluate("() => window.tasks")

    def lines(name: str) -> Iterator[Line]:
        yield Line(what=f"{name}: main thread busy", value=100 * spent / took, unit="%")
        yield Line(what=f"{name}: tasks over 50 ms", value=60 * len(tasks) / took, unit="1/min")
        yield Line(what=f"{name}: longest task", value=max(tasks, default=0.0), unit="ms")

    return lines


def _task_seconds(metrics: dict[str, Any]) -> float:
    return float(next(metric["value"] for metric in metrics["metrics"] if metric["name"] == "TaskDuration"))


def quantiles(what: str, values: Sequence[float]) -> Iterator[Line]:
    """Median and 95th percentile in milliseconds."""
    for name, share in (("p50", 0.5), ("p95", 0.95)):
        yield Line(what=f"{what}, {name}", value=float(np.quantile(values, share)) if values else float("nan"), unit="ms")


if __name__ == "__main__":
    console()
