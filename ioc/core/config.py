"""The configuration: one YAML file, parsed once and passed in. Unknown keys are errors.

:mod:`ioc.core.config_file` reads it and reports every fault with file, line and path, all of them at once. Secrets never
stand in the file: a value ``{env: NAME}`` or ``{file: PATH}`` says where to read one.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote, urlsplit, urlunsplit
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from ioc.core.errors import ConfigError
from ioc.core.geometry import polygon_problem
from ioc.core.types import WHOLE_PICTURE, Zone

Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", description="Lower-case letters, digits and hyphens")]
RuleSettings = Mapping[str, type[BaseModel]]
"""Alert kind -> model of its settings; handed in because the core does not know the detectors."""


class Part(BaseModel):
    """Base of every section: frozen, unknown keys forbidden."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Secret(Part):
    """Where a secret is read from: an environment variable or a file, exactly one of the two."""

    env: str | None = Field(None, description="Name of an environment variable")
    file: Path | None = Field(None, description="Path of a file; its first line is the secret")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.env is None) == (self.file is None):
            raise ValueError("give either env or file")
        return self

    def read(self) -> str:
        """The secret. Raises :class:`ConfigError` where the variable or file is missing."""
        if self.env is not None:
            if self.env not in os.environ:
                raise ConfigError([f"the environment variable {self.env} is not set"])
            return os.environ[self.env]
        assert self.file is not None
        try:
            return self.file.read_text(encoding="utf-8").splitlines()[0].strip()
        except (OSError, IndexError) as error:
            raise ConfigError([f"cannot read the secret in {self.file}: {error}"]) from error


class Site(Part):
    """The operations centre."""

    id: Slug = Field(description="Name in topics and ids")
    name: str = Field("", description="Name for people")
    timezone: Annotated[str, AfterValidator(lambda v: _timezone(v))] = Field(
        "Asia/Ho_Chi_Minh", description="IANA time zone, for hours in rules and times on screen"
    )


class Broker(Part):
    """The MQTT broker."""

    url: str = Field(
        "mqtt://127.0.0.1:1883",
        pattern=r"^mqtts?://[^/@\s]+$",
        description="mqtt://host:port or mqtts://host:port (TLS); credentials stand apart",
    )
    embedded: bool = Field(True, description="`ioc run` starts a broker of its own at this address")
    username: str | None = Field(None, description="User name, if the broker asks for one")
    password: Secret | None = Field(None, description="Where the password is read from")
    ca_file: Path | None = Field(None, description="Certificate authority for mqtts")

    @property
    def host(self) -> str:
        """Host name or address."""
        return urlsplit(self.url).hostname or "127.0.0.1"

    @property
    def port(self) -> int:
        """Port; 1883 or, with TLS, 8883 by default."""
        parts = urlsplit(self.url)
        return parts.port or (8883 if parts.scheme == "mqtts" else 1883)

    @property
    def tls(self) -> bool:
        """Whether the connection is encrypted."""
        return self.url.startswith("mqtts")


class Store(Part):
    """The database of the operations API."""

    url: str = Field(
        "sqlite:///data/ioc.db",
        pattern=r"^(sqlite:///|postgresql(\+psycopg)?://).+",
        description="sqlite:///path, or postgresql://user@host/name",
    )
    password: Secret | None = Field(None, description="Where the database password is read from")


class Evidence(Part):
    """Where pictures and clips are kept and how much of them."""

    url: str = Field(
        "data/evidence",
        description="A folder, or an object store: s3://bucket/prefix (settings in the environment as AWS_*)",
    )
    before_s: float = Field(5.0, ge=0, le=60, description="Seconds of clip before the alert's start")
    after_s: float = Field(5.0, ge=0, le=120, description="Seconds of clip after the alert opened")
    width: int = Field(1280, ge=160, le=3840, description="Largest width of evidence pictures, pixels")


class Api(Part):
    """The operations API and console."""

    host: str = Field("127.0.0.1", description="Address to listen on")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one")
    secure_cookies: bool = Field(False, description="Set where the console is served over https")
    session_hours: float = Field(12.0, gt=0, le=720, description="How long a login lasts")


class Model(Part):
    """Another ONNX file for a model's name."""

    file: Path = Field(description="ONNX file")
    sha256: str | None = Field(None, pattern=r"^[0-9a-f]{64}$", description="Refuse the file unless it has this sum")
    input: tuple[int, int] | None = Field(None, description="Largest input (width, height) in pixels, multiples of 32")
    labels: tuple[str, ...] | None = Field(None, description="Class names in the order of the outputs")


class Workers(Part):
    """The processes that analyse."""

    count: int | None = Field(None, ge=1, le=256, description="Worker processes; one per core but one by default")
    state: Path = Field(Path("data/workers"), description="Folder for outboxes and what a camera has learnt")
    threads: int = Field(1, ge=1, le=64, description="Threads of one model session")
    provider: Literal["tensorrt", "cuda", "openvino", "cpu"] | None = Field(
        None, description="Force an ONNX Runtime provider; by default the best that is there"
    )


class ZoneConfig(Part):
    """A part of the picture in which rules apply."""

    id: Slug = Field(description="Name in messages")
    name: str = Field("", description="Name for people")
    polygon: tuple[tuple[float, float], ...] = Field(
        description="Corners as [x, y], fractions 0..1 of the picture; at least three, edges must not cross"
    )
    rules: Mapping[str, Any] = Field(default_factory=dict, description="Alert kind -> its settings in this zone")

    @field_validator("polygon")
    @classmethod
    def _usable(cls, corners: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
        problem = polygon_problem(corners)
        if problem:
            raise ValueError(problem)
        return corners

    def zone(self) -> Zone:
        """As the core's value."""
        return Zone(id=self.id, name=self.name or self.id, polygon=self.polygon, rules=self.rules)


class Location(Part):
    """Where a camera stands, WGS 84 degrees."""

    lat: float = Field(ge=-90, le=90, description="Latitude")
    lon: float = Field(ge=-180, le=180, description="Longitude")


class Camera(Part):
    """One camera or file."""

    id: Slug = Field(description="Name in topics and ids")
    name: str = Field("", description="Name for people")
    url: str = Field(min_length=1, description="rtsp:// address of the main stream, or a video file")
    sub_url: str | None = Field(None, min_length=1, description="rtsp:// address of the sub-stream: analysed if given")
    username: str | None = Field(None, description="User name of the camera")
    password: Secret | None = Field(None, description="Where the camera's password is read from")
    location: Location | None = Field(None, description="Where the camera stands")
    enabled: bool = Field(True, description="A camera that is not enabled is left alone")
    rate: float = Field(4.0, gt=0, le=30, description="Analysed frames per second, at most")
    look_size: int = Field(
        640,
        ge=160,
        le=1920,
        multiple_of=32,
        description="Longer side in pixels at which objects are looked for; 416 is half the work",
    )
    timeout_s: float = Field(10.0, gt=0, le=120, description="Seconds without data after which a stream is broken")
    picture_rate: float = Field(4.0, gt=0, le=15, description="Live pictures per second while somebody looks")
    zones: tuple[ZoneConfig, ...] = Field((), description="Parts of the picture with rules")
    rules: Mapping[str, Any] = Field(
        default_factory=lambda: {"camera": {}}, description="Alert kind -> its settings for the whole picture"
    )

    @model_validator(mode="after")
    def _unique_zones(self) -> Self:
        _unique("zone", [z.id for z in self.zones])
        return self

    def stream_url(self, url: str) -> str:
        """A URL of this camera with its credentials put in. Never logged: use the plain URL for people."""
        if self.username is None or "://" not in url:
            return url
        parts = urlsplit(url)
        secret = f":{quote(self.password.read(), safe='')}" if self.password else ""
        host = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(netloc=f"{quote(self.username, safe='')}{secret}@{host}"))

    def all_zones(self) -> tuple[Zone, ...]:
        """The drawn zones, and the whole picture as zone ``picture`` where a rule applies to it."""
        drawn = tuple(z.zone() for z in self.zones)
        if not self.rules:
            return drawn
        return (*drawn, Zone(id="picture", name="picture", polygon=WHOLE_PICTURE, rules=self.rules))


class Config(Part):
    """The whole file."""

    site: Site = Field(description="The operations centre")
    broker: Broker = Field(Broker(), description="The MQTT broker")
    store: Store = Field(Store(), description="The database")
    evidence: Evidence = Field(Evidence(), description="Pictures and clips that prove alerts")
    api: Api = Field(Api(), description="The operations API and console")
    models: Mapping[str, Model] = Field(default_factory=dict, description="Model name -> another file for it")
    workers: Workers = Field(Workers(), description="The processes that analyse")
    cameras: tuple[Camera, ...] = Field((), description="The cameras")

    @model_validator(mode="after")
    def _unique_cameras(self) -> Self:
        _unique("camera", [c.id for c in self.cameras])
        return self

    def camera(self, camera_id: str) -> Camera:
        """The camera of that id. Raises :class:`ConfigError` naming those that exist."""
        for camera in self.cameras:
            if camera.id == camera_id:
                return camera
        raise ConfigError([f"no camera {camera_id!r}; there are: {', '.join(c.id for c in self.cameras) or 'none'}"])


def _timezone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"unknown time zone {name!r}")
    return name


def _unique(what: str, ids: list[str]) -> None:
    double = sorted({i for i in ids if ids.count(i) > 1})
    if double:
        raise ValueError(f"{what} ids must differ, used twice: {', '.join(double)}")


__all__ = ["Camera", "Config", "Part", "RuleSettings", "Secret", "Slug"]
