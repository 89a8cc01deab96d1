"""An operations API with synthetic cameras: what the console's benchmark and its end-to-end tests run against.

``ioc serve`` runs as a process of its own; cameras, alerts, counts and live pictures are published over MQTT as workers do.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import av
import cv2
import numpy as np
import paho.mqtt.client as paho
from numpy.typing import NDArray
from paho.mqtt.enums import CallbackAPIVersion

from ioc.adapters.broker import free_ports
from ioc.adapters.evidence import ObjectEvidenceStore
from ioc.core import wire
from ioc.core.types import Alert, AlertEvent, Box, CameraState, CameraStatus, Count, EvidenceItem, Phase, PlateRead, Severity

SITE = "rig"
USER, PASSWORD = "admin", "mật khẩu của giàn thử"
START_S = 60.0
PLACES = (
    "Ngã sáu",
    "Cầu Mỹ Độ",
    "Cổng chợ Thương",
    "Bến xe",
    "Quảng trường 3/2",
    "Bệnh viện",
    "Nhà ga",
    "Trường học",
    "Kho gạo",
)
DETAILS: Mapping[str, dict[str, Any]] = {
    "parking": {"label": "car", "dwell_s": 61.0, "limit_s": 60.0, "suspected": True},
    "crowd": {"count": 41, "threshold": 30},
    "fire": {"label": "fire"},
    "camera": {"fault": "frozen"},
}
Role = Literal["before", "during", "after", "plate", "overview"]
ROLES: tuple[Role, ...] = ("before", "during", "after")
SEVERITIES = {"fire": Severity.CRITICAL, "crowd": Severity.HIGH, "camera": Severity.HIGH}


class RigError(Exception):
    """The API did not start, or the broker is not there; the text says which."""


class Rig:
    """The API, its broker's client and its cameras ``cam-1``, ``cam-2`` and so on."""

    def __init__(self, folder: Path, broker_url: str, cameras: int = 3) -> None:
        self.cameras = [f"cam-{n + 1}" for n in range(cameras)]
        self.port = free_ports(1)[0]
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = folder / "serve.log"
        self._config = folder / "ioc.yaml"
        self._config.write_text(_config(folder, broker_url, self.port, self.cameras), encoding="utf-8")
        self._evidence = ObjectEvidenceStore(str(folder / "evidence"))
        self.clip = film(20)
        """The clip of the alerts that are published with evidence: an MP4 file."""
        self._numbers = itertools.count()
        self._server: subprocess.Popen[bytes] | None = None
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="rig", protocol=paho.MQTTv5)
        host, _, port = broker_url.removeprefix("mqtt://").partition(":")
        self._client.connect(host, int(port))
        self._client.loop_start()
        self._playing: threading.Thread | None = None
        self._stop = threading.Event()

    def start(self) -> None:
        """Start the API and return when it is ready. Raises :class:`RigError`."""
        command = [sys.executable, "-m", "ioc", "serve", str(self._config), "--log-level", "warning"]
        with self._log.open("ab") as log:
            self._server = subprocess.Popen(
                command, stdout=log, stderr=log, env={**os.environ, "IOC_ADMIN_PASSWORD": PASSWORD}
            )
        deadline = time.monotonic() + START_S
        while not self._ready():
            if self._server.poll() is not None or time.monotonic() > deadline:
                raise RigError(f"the API did not start:\n{self._log.read_text(encoding='utf-8')}")
            time.sleep(0.1)

    @property
    def running(self) -> bool:
        """Whether the API's process lives."""
        return self._server is not None and self._server.poll() is None

    def kill(self) -> None:
        """Take the API away at once, as a crash would."""
        if self._server is not None:
            self._server.kill()
            self._server.wait()
            self._server = None

    def close(self) -> None:
        """Stop everything."""
        self._stop.set()
        if self._playing is not None:
            self._playing.join()
        self._client.disconnect()
        self._client.loop_stop()
        self.kill()

    def alert(self, kind: str = "parking", camera: str = "cam-1", *, evidence: bool = False, **changes: Any) -> str:
        """Publish a newly opened alert and wait until the broker has it. Returns its id."""
        number, now = next(self._numbers), time.time()
        subject = f"{kind}:{number}"
        alert = Alert(
            id=wire.alert_id(SITE, camera, kind, subject, now), site=SITE, camera=camera, kind=kind, subject=subject,
            zone="zone" if kind != "camera" else "picture", confidence=0.87, started_at=now - 60, opened_at=now,
            box=Box(0.3, 0.5, 0.45, 0.7), evidence=self._pictures(number, now) if evidence else (),
            **{"severity": SEVERITIES.get(kind, Severity.MEDIUM), "detail": DETAILS.get(kind, {}), **changes},
        )  # fmt: skip
        event = AlertEvent(id=wire.event_id(alert.id, Phase.OPENED, 0), phase=Phase.OPENED, sequence=0, at=now, alert=alert)
        self._publish("alert", camera, wire.encode_event(event), qos=1)
        return alert.id

    def plate(
        self,
        text: str,
        camera: str = "cam-1",
        *,
        at: float | None = None,
        pictures: tuple[bytes, bytes] | None = None,
        **changes: Any,
    ) -> str:
        """Publish one read of a plate with the pictures (JPEG) of the plate and of all. Returns its id."""
        number, at = next(self._numbers), at or time.time()
        patch, overview = pictures or (draw_plate(text), draw(number, 0, 0.3))
        items = (self._picture("plate", number, patch, at), self._picture("overview", number, overview, at))
        read = PlateRead(
            id=wire.plate_id(SITE, camera, str(number), at), site=SITE, camera=camera, at=at, text=text, evidence=items,
            **{"raw": text, "pattern": "CAR", "confidence": 0.96, "colour": "white", "lines": 1, "vehicle": "car",
               "box": Box(0.33, 0.6, 0.4, 0.65), **changes},
        )  # fmt: skip
        self._publish("plate", camera, wire.encode_event(read), qos=1)
        return read.id

    def count(self, camera: str, people: int, at: float | None = None) -> None:
        """Publish one point of a zone's series."""
        count = Count(site=SITE, camera=camera, zone="zone", label="person", at=at or time.time(), count=people, window=10.0)
        self._publish("count", camera, wire.encode_event(count), qos=1)

    def status(self, camera: str, state: str = "live", reason: str | None = None) -> None:
        """Publish a camera's health."""
        now = time.time()
        status = CameraStatus(
            site=SITE, camera=camera, worker="rig", at=now, state=CameraState(state), reason=reason, text=reason, since=now,
            size=(640, 360), fps=12.5, frames_in=1000, frames_analysed=400, latency=0.1,
        )  # fmt: skip
        self._publish("status", camera, wire.encode_status(status), qos=1, retain=True)

    def play(self, rate: float = 5.0) -> None:
        """Publish moving pictures of all cameras, ``rate`` a second each, until :meth:`close`."""

        def run() -> None:
            for number in itertools.count():
                for place, camera in enumerate(self.cameras):
                    x = 0.1 + 0.5 * ((number + 7 * place) % 40) / 40
                    picture = wire.LivePicture(
                        camera=camera, at=time.time(), boxes=(("car", 10 * place + 1, x, 0.5, x + 0.15, 0.7),),
                        jpeg=draw(number, place, x),
                    )  # fmt: skip
                    self._publish("picture", camera, wire.encode_picture(picture), qos=0)
                if self._stop.wait(1 / rate):
                    return

        self._playing = threading.Thread(target=run, name="rig-pictures", daemon=True)
        self._playing.start()

    def _pictures(self, number: int, now: float) -> tuple[EvidenceItem, ...]:
        items = []
        for place, role in enumerate(ROLES):
            items.append(self._picture(role, number, draw(number, place, 0.3), now - 5 + 5 * place))
        key = f"rig/{number}.mp4"
        self._evidence.put(key, self.clip, "video/mp4")
        digest = hashlib.sha256(self.clip).hexdigest()
        items.append(
            EvidenceItem(
                role="clip", key=key, media_type="video/mp4", sha256=digest, bytes=len(self.clip), at=now - 5, duration=2.0
            )
        )
        return tuple(items)

    def _picture(self, role: Role, number: int, data: bytes, at: float) -> EvidenceItem:
        key = f"rig/{number}-{role}.jpg"
        self._evidence.put(key, data, "image/jpeg")
        digest = hashlib.sha256(data).hexdigest()
        return EvidenceItem(role=role, key=key, media_type="image/jpeg", sha256=digest, bytes=len(data), at=at)

    def _publish(self, channel: wire.Channel, camera: str, payload: bytes, *, qos: int, retain: bool = False) -> None:
        sent = self._client.publish(wire.topic(channel, SITE, camera), payload, qos=qos, retain=retain)
        if qos:
            sent.wait_for_publish(10.0)

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False


def draw(number: int, place: int, x: float) -> bytes:
    """A JPEG of :func:`scene`."""
    return bytes(cv2.imencode(".jpg", scene(number, place, x), [cv2.IMWRITE_JPEG_QUALITY, 75])[1].tobytes())


def draw_plate(text: str) -> bytes:
    """A JPEG of a white plate with the text, 208 x 44 pixels."""
    image = np.full((44, 208, 3), 235, np.uint8)
    cv2.putText(image, text.replace("Đ", "D"), (8, 33), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (20, 20, 20), 3)
    return bytes(cv2.imencode(".jpg", image)[1].tobytes())


def scene(number: int, place: int, x: float) -> NDArray[np.uint8]:
    """BGR picture (360, 640, 3): a road, and a car at the fraction ``x`` of its width."""
    image = np.full((360, 640, 3), (70 + 12 * place, 80, 90), np.uint8)
    cv2.rectangle(image, (0, 180), (640, 300), (60, 60, 60), -1)
    cv2.rectangle(image, (int(640 * x), 180), (int(640 * (x + 0.15)), 252), (40, 60, 200), -1)
    cv2.putText(image, f"{place + 1} / {number}", (20, 60), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (240, 240, 240), 2)
    return image


def film(pictures: int) -> bytes:
    """An MP4 file (H.264, 10 pictures a second) of a car that drives along."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=10, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for number in range(pictures):
            image = scene(number, 0, number / pictures * 0.8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode())
    return file.getvalue()


def _config(folder: Path, broker_url: str, port: int, cameras: list[str]) -> str:
    lines = [
        f"site: {{id: {SITE}, name: IOC Bắc Ninh}}",
        f"broker: {{url: '{broker_url}', embedded: false}}",
        f"store: {{url: 'sqlite:///{folder}/ioc.db'}}",
        f"evidence: {{url: '{folder}/evidence'}}",
        f"api: {{port: {port}}}",
        "cameras:",
    ]
    shape = "[[0.1, 0.5], [0.9, 0.5], [0.9, 0.85], [0.1, 0.85]]"
    zone = f"{{id: zone, name: Lòng đường, polygon: {shape}, rules: {{parking: {{}}, crowd: {{}}}}}}"
    for place, camera in enumerate(cameras):
        name = PLACES[place % len(PLACES)]
        lines += [f"  - {{id: {camera}, name: {name}, url: 'rtsp://127.0.0.1/{camera}', zones: [{zone}]}}"]
    return "\n".join(lines) + "\n"
