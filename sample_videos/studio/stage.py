"""What a scene is made of: a camera, still meshes, actors on time lines, light, zones. Pure; no Blender here."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from sample_videos.studio.mesh import Array, Mesh
from sample_videos.studio.pictures import Picture, PlateText


@dataclass(frozen=True)
class Camera:
    """A pinhole camera: position and aim in metres, focal length in mm on a 36 mm wide sensor, picture in pixels."""

    position: tuple[float, float, float]
    target: tuple[float, float, float]
    lens: float = 28.0
    width: int = 768
    height: int = 432

    def axes(self) -> Array:
        """Rows: right, up and backward unit vectors in world space (Blender's camera axes)."""
        back = np.asarray(self.position, float) - np.asarray(self.target, float)
        back /= np.linalg.norm(back)
        right = np.cross((0.0, 0.0, 1.0), back)
        right /= np.linalg.norm(right)
        return np.stack([right, np.cross(back, right), back])

    def project(self, points: Array) -> tuple[Array, Array]:
        """Pixels (N, 2), x right and y down from the top left corner, and depths (N,) in metres before the camera."""
        local = (points - np.asarray(self.position, float)) @ self.axes().T
        depth = -local[:, 2]
        focal = self.lens / 36.0 * self.width
        safe = np.maximum(depth, 1e-3)
        x = self.width / 2 + focal * local[:, 0] / safe
        y = self.height / 2 - focal * local[:, 1] / safe
        return np.stack([x, y], axis=1), depth

    def homography(self, other: Camera) -> Array:
        """The 3x3 matrix that maps pixels of this camera's picture to those of `other` at the same place."""

        def inner(camera: Camera) -> Array:
            focal = camera.lens / 36.0 * camera.width
            return np.array([[focal, 0, camera.width / 2], [0, focal, camera.height / 2], [0, 0, 1]])

        flip = np.diag([1.0, -1.0, -1.0])
        turn = flip @ other.axes() @ self.axes().T @ flip
        return np.asarray(inner(other) @ turn @ np.linalg.inv(inner(self)), dtype=np.float64)

    def zone(self, ground: Sequence[tuple[float, float]], z: float = 0.0) -> tuple[tuple[float, float], ...]:
        """A polygon on the ground (metres) as picture fractions 0..1, clipped to the picture."""
        pixels, _ = self.project(np.array([(x, y, z) for x, y in ground], dtype=np.float64))
        unit = np.clip(pixels / (self.width, self.height), 0.0, 1.0)
        return tuple((round(float(x), 4), round(float(y), 4)) for x, y in unit)


@dataclass(frozen=True)
class Placed:
    """An actor at one instant: which mesh, and where (4x4)."""

    mesh: Mesh
    matrix: Array

    def points(self) -> Array:
        """The mesh's vertices in world space, (N, 3) metres."""
        return self.mesh.points() @ self.matrix[:3, :3].T + self.matrix[:3, 3]

    def key(self) -> tuple[int, bytes]:
        """Equal for equal appearance: the same mesh at the same place to a tenth of a millimetre."""
        return id(self.mesh), np.round(self.matrix, 4).tobytes()


@dataclass(frozen=True)
class Actor:
    """Something that moves or is counted. `at(t)` is its state at `t` seconds, or None while it is not in the scene.

    `label` is a detector's class ("car", "person", ...) or "" for what is no subject (a cloth, a flame's glow).
    `layer` actors (smoke, water) are drawn but block no view in the truth.
    """

    id: int
    label: str
    at: Callable[[float], Placed | None]
    detail: str = ""
    plate: PlateText | None = None
    layer: bool = False
    group: int = 0


@dataclass(frozen=True)
class Light:
    """Sun and sky: sun elevation and bearing in degrees, strengths relative to a clear noon, sky colours (linear RGB)."""

    elevation: float = 52.0
    bearing: float = 215.0
    sun: float = 3.0
    sun_colour: tuple[float, float, float] = (1.0, 0.95, 0.87)
    sky: float = 0.75
    zenith: tuple[float, float, float] = (0.42, 0.58, 0.82)
    horizon: tuple[float, float, float] = (0.82, 0.85, 0.88)
    exposure: float = 0.0
    softness: float = 2.5

    def direction(self) -> Array:
        """The unit vector in which sunlight travels."""
        e, b = np.radians(self.elevation), np.radians(self.bearing)
        return -np.array([np.cos(e) * np.cos(b), np.cos(e) * np.sin(b), np.sin(e)])


@dataclass(frozen=True)
class ZoneSpec:
    """A zone as the truth carries it: polygon in picture fractions, and the rules that hold in it with their settings."""

    id: str
    name: str
    polygon: tuple[tuple[float, float], ...]
    rules: dict[str, dict[str, float]]


@dataclass(frozen=True)
class Event:
    """What must be reported: kind, the subjects by actor id, start and end in seconds of the clip (None: lasts)."""

    kind: str
    subjects: tuple[int, ...]
    zone: str
    start_s: float
    end_s: float | None
    note: str = ""


@dataclass(frozen=True)
class Lamp:
    """A fixed light: a point lamp at a place, power in watts."""

    position: tuple[float, float, float]
    watts: float
    colour: tuple[float, float, float] = (1.0, 0.72, 0.4)
    radius: float = 0.15


@dataclass(frozen=True)
class Painted:
    """A subject that `finish` paints: `box` gives its box 0..1 at a time in seconds, None while it does not show."""

    id: int
    label: str
    detail: str
    box: Callable[[float], tuple[float, float, float, float] | None]


@dataclass
class Stage:
    """A whole scene. `still` meshes make the background; those named in `occluders` can hide an actor from the camera.

    `views` are further pictures of the empty scene that are rendered once, each from its camera and with its
    `view_extras` (a water surface); `finish` changes each clean frame, given
    its time in seconds and the pictures of these views and the "background" (a cloth before the lens, a
    turned camera). Actors move every `step` frames: 2 gives five
    pictures a second in a clip of ten. In the
    spans `blind` (s) the camera shows nothing of the scene. `water` gives
    the share of the road zone under water.
    """

    name: str
    title: str
    camera: Camera
    light: Light = field(default_factory=Light)
    fps: int = 10
    seconds: float = 30.0
    still: list[tuple[Mesh, Array]] = field(default_factory=list)
    occluders: list[int] = field(default_factory=list)
    actors: list[Actor] = field(default_factory=list)
    lamps: list[Lamp] = field(default_factory=list)
    pictures: dict[str, Picture] = field(default_factory=dict)
    zones: list[ZoneSpec] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    samples: int = 6
    step: int = 2
    noise: float = 1.0
    water: Callable[[float], float] | None = None
    painted: list[Painted] = field(default_factory=list)
    blind: tuple[tuple[float, float], ...] = ()
    views: dict[str, Camera] = field(default_factory=dict)
    view_extras: dict[str, dict[int, Placed]] = field(default_factory=dict)
    finish: Callable[[Picture, float, dict[str, Picture]], Picture] | None = None

    @property
    def frames(self) -> int:
        """The number of frames of the clip."""
        return round(self.fps * self.seconds)

    def placed(self, t: float) -> dict[int, Placed]:
        """Every actor that is in the scene at `t` seconds, by id; none while the camera is blind."""
        t = math.floor(t * self.fps / self.step + 1e-6) * self.step / self.fps
        if any(start <= t < end for start, end in self.blind):
            return {}
        states = {actor.id: actor.at(t) for actor in self.actors}
        return {key: state for key, state in states.items() if state is not None}
