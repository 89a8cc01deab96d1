"""``ioc worker`` and ``ioc check``. What is heavy is imported when a command runs."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
def check(config: Path) -> None:
    """Kiểm tra tệp cấu hình. / Check a configuration; every fault is named with file, line and path."""
    from detectors import rule_settings
    from ioc.core.config_doubts import doubts
    from ioc.core.config_file import load_config

    found = load_config(config, rule_settings())
    for doubt in doubts(config, found):
        click.echo(f"cảnh báo / warning: {doubt}", err=True)
    zones = sum(len(c.zones) for c in found.cameras)
    click.echo(f"{config}: OK — {len(found.cameras)} camera, {zones} vùng / zones")


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--worker", "name", default="worker-1", show_default=True, help="Name of this worker in topics and files.")
@click.option("--cameras", help="Ids of its cameras, separated by commas; else all that are enabled.")
def worker(config: Path, name: str, cameras: str | None) -> None:
    """Phân tích các camera. / Read cameras, analyse them and send alerts, until stopped."""
    import logging
    import signal

    import cv2

    from detectors import rule_settings
    from ioc.core.config_file import load_config
    from streams.setup import RunningWorker

    cv2.setNumThreads(1)  # its pool costs small pictures more than it saves, and the cores are shared with other workers
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    site = load_config(config, rule_settings())
    wanted = [site.camera(c.strip()) for c in cameras.split(",")] if cameras else [c for c in site.cameras if c.enabled]
    running = RunningWorker(site, name, wanted)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: running.worker.stop())
    running.run()
