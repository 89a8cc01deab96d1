"""``ioc run`` and ``ioc demo``: start and watch the processes of one machine, and stop all of them together.

This module starts processes and imports none of their code: broker, ``ioc serve`` and ``ioc worker`` meet only over MQTT
and the evidence store, on one machine as on a hundred.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from ioc.adapters import broker as embedded
from ioc.core.config import Broker, Config
from ioc.core.config_file import load_config
from ioc.core.errors import ConfigError
from ioc.supervisor import Program, Supervisor, python

BROKER, CAMERAS, SERVE, WORKER = range(4)
"""Stages: each may rely on those before it, and is stopped before them, so that what a worker sends still arrives."""
COLOURS = ("cyan", "green", "yellow", "magenta", "blue")


def worker_count(config: Config, cores: int) -> int:
    """Worker processes: as configured, else one per core but one; never more than there are cameras, at least one."""
    wanted = config.workers.count or max(1, cores - 1)
    return max(1, min(wanted, sum(c.enabled for c in config.cameras)))


def share(cameras: Sequence[str], workers: int) -> tuple[tuple[str, ...], ...]:
    """The cameras of each worker, dealt in turn, so that the counts differ by one at most."""
    return tuple(tuple(cameras[i::workers]) for i in range(workers))


def plan(config: Config, path: Path, cores: int) -> list[Program]:
    """The programs that one machine runs under this configuration, which lies at ``path``."""
    programs = []
    if config.broker.embedded:
        settings = broker_settings(config.broker)
        programs.append(
            Program(
                name="broker",
                argv=python("broker", str(path)),
                stage=BROKER,
                ready=lambda: embedded.accepts(embedded.numeric(settings.host), settings.port),
            )
        )
    programs.append(Program(name="serve", argv=python("serve", str(path)), stage=SERVE))
    enabled = [c.id for c in config.cameras if c.enabled]
    for number, cameras in enumerate(share(enabled, worker_count(config, cores)), start=1):
        if cameras:
            name = f"worker-{number}"
            argv = python("worker", str(path), "--worker", name, "--cameras", ",".join(cameras))
            programs.append(Program(name=name, argv=argv, stage=WORKER))
    return programs


def broker_settings(broker: Broker) -> embedded.BrokerSettings:
    """Settings of the embedded broker. Raises :class:`ConfigError` for what it cannot do."""
    if broker.tls:
        raise ConfigError(["broker: the embedded broker has no TLS; set embedded: false, or a url with mqtt://"])
    password = broker.password.read() if broker.password else ""
    return embedded.BrokerSettings(host=broker.host, port=broker.port, username=broker.username, password=password)


def printer(names: Sequence[str]) -> Callable[[str, str], None]:
    """Prints log lines with the program's name in front, coloured on a terminal."""
    width = max(map(len, [*names, "ioc"]))
    colours = {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(names)}

    def say(name: str, line: str) -> None:
        prefix = click.style(f"{name:<{width}} |", fg=colours.get(name), bold=name == "ioc")
        click.echo(f"{prefix} {line}")

    return say


async def supervise(programs: Sequence[Program], say: Callable[[str, str], None]) -> int:
    """Run the programs until SIGINT or SIGTERM. Returns the exit code: 1 if a program had to be given up."""
    stop = asyncio.Event()
    on_stop_signal(stop.set)
    supervisor = Supervisor(programs, say)
    await supervisor.run(stop)
    for name, why in supervisor.failed.items():
        say("ioc", f"{name}: đã bỏ / had been given up: {why}")
    say("ioc", "đã dừng tất cả / everything has stopped")
    return 1 if supervisor.failed else 0


def on_stop_signal(act: Callable[[], None]) -> None:
    """Call ``act`` in the running event loop at SIGINT and SIGTERM."""
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, act)


def check(path: Path) -> None:
    """Let ``ioc check`` judge the file, rules included. Ends this command with its words and code if there is a fault."""
    done = subprocess.run(python("check", str(path)), capture_output=True, text=True, check=False)
    if done.returncode:
        click.echo(done.stdout + done.stderr, err=True, nl=False)
        raise click.exceptions.Exit(done.returncode)


@click.command()
@click.argument("config", type=click.Path(exists=True, dir_okay=False, path_type=Path), default="ioc.yaml")
def run(config: Path) -> None:
    """Chạy mọi thứ trên máy này / run everything on this machine, as CONFIG says: broker, API, console, workers."""
    path = config.resolve()
    loaded = load_config(path)
    check(path)
    programs = plan(loaded, path, os.cpu_count() or 1)
    raise click.exceptions.Exit(asyncio.run(supervise(programs, printer([p.name for p in programs]))))


@click.command(hidden=True)
@click.argument("config", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def broker(config: Path) -> None:
    """Máy chủ MQTT nhúng / the embedded MQTT broker of CONFIG, in this process."""
    settings = broker_settings(load_config(config).broker)

    async def until_stopped() -> None:
        stop = asyncio.Event()
        on_stop_signal(stop.set)
        await embedded.serve(settings, stop, lambda: click.echo(f"MQTT {settings.host}:{settings.port}"))

    asyncio.run(until_stopped())
    sys.stdout.flush()
    os._exit(0)  # the library's threads cannot be ended


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Cổng của giao diện / port of the console; another one if it is taken.",
)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Thư mục giữ dữ liệu / folder to keep; else a temporary one.",
)
@click.option(
    "--clips",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Thư mục clip / folder of clips with truth files; else the sample clips.",
)
def demo(port: int, data: Path | None, clips: Path | None) -> None:
    """Trình diễn / show the product: sample cameras over real RTSP, broker, workers, API and console."""
    from ioc.demo import show

    raise click.exceptions.Exit(show(port, data, clips))
