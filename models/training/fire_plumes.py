"""Flames and smoke from a small fluid simulation, to be painted into street pictures.

    python -m models.training.fire_plumes WORK/plumes.npz --seed 1

Real burning streets are rare in data that may be used; a plume that obeys the equations of hot gas licks, tears off and
drifts as real ones do. Method: J. Stam, "Stable Fluids" (SIGGRAPH 1999), with the vorticity confinement and buoyancy of
Fedkiw, Stam and Jensen, "Visual Simulation of Smoke" (SIGGRAPH 2001), in two dimensions, the pressure solved by FFT.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

Field = npt.NDArray[np.float32]
"""(H, W), one number a cell."""

HEIGHT, WIDTH = 192, 128
WARM_UP, EVERY, SNAPS = 70, 9, 20
"""Steps before the first picture, steps between two, pictures of one plume."""


@dataclass(frozen=True, kw_only=True)
class Burner:
    """What one plume is like. Lengths are cells, times are steps."""

    width: float
    """Half the width of the burning place."""
    lift: float
    """Speed that one step of full heat adds."""
    cooling: float
    """Heat, 0..1, that a step takes."""
    soot: float
    """Smoke that a step adds where gas is hot."""
    thinning: float
    """Share of the smoke that a step takes."""
    wind: float
    swirl: float
    """Strength of the vorticity confinement."""

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Burner:
        """A burner by chance: from a lamp-sized flame to a heap of tyres."""
        return cls(
            width=float(rng.uniform(4, 22)),
            lift=float(rng.uniform(0.10, 0.28)),
            cooling=float(rng.uniform(0.016, 0.045)),
            soot=float(rng.uniform(0.04, 0.3)),
            thinning=float(rng.uniform(0.0005, 0.006)),
            wind=float(rng.normal(0, 0.25)),
            swirl=float(rng.uniform(0.05, 0.35)),
        )


class Plume:
    """The state of one plume; :meth:`step` moves it on."""

    def __init__(self, burner: Burner, rng: np.random.Generator) -> None:
        self._burner, self._rng = burner, rng
        shape = (HEIGHT, WIDTH)
        self.heat: Field = np.zeros(shape, np.float32)
        self.smoke: Field = np.zeros(shape, np.float32)
        self._across: Field = np.zeros(shape, np.float32)
        self._down: Field = np.zeros(shape, np.float32)
        self._ys, self._xs = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
        ky, kx = np.meshgrid(np.fft.fftfreq(HEIGHT), np.fft.rfftfreq(WIDTH), indexing="ij")
        self._ky, self._kx = (2 * np.pi * k for k in (ky, kx))
        self._k2 = self._kx**2 + self._ky**2
        self._k2[0, 0] = 1.0
        count = int(rng.integers(1, 6))
        self._feet = WIDTH / 2 + rng.normal(0, burner.width * 0.7, count)
        self._sizes = burner.width * rng.uniform(0.5, 1.0, count)

    def step(self) -> None:
        """One step: burn, rise, swirl, keep the volume, drift, cool."""
        b, rng = self._burner, self._rng
        for foot, size in zip(self._feet, self._sizes, strict=True):
            x = foot + rng.normal(0, size * 0.25)
            y = HEIGHT - 14 + rng.normal(0, 1.5)
            blob = np.exp(-(((self._xs - x) / size) ** 2) - ((self._ys - y) / (size * 0.45 + 1)) ** 2)
            np.maximum(self.heat, blob * rng.uniform(0.6, 1.1), out=self.heat)
        self.smoke += b.soot * np.clip(self.heat * 2 - 0.3, 0, 1) * (self.heat < 0.8)
        self._down -= b.lift * self.heat + 0.25 * b.lift * np.minimum(self.smoke, 0.6)
        self._swirl(b.swirl)
        self._project()
        self._across *= 0.995
        map_x, map_y = self._xs - self._across - b.wind, self._ys - self._down
        fields = [self._across, self._down, self.heat, self.smoke]
        moved = [np.asarray(cv2.remap(f, map_x, map_y, cv2.INTER_LINEAR, borderValue=0), np.float32) for f in fields]
        self._across, self._down, self.heat, self.smoke = moved
        self.heat = np.clip(self.heat - b.cooling, 0, 1)
        self.smoke *= 1 - b.thinning
        self.smoke[:6] *= 0.8
        self._down[:6] *= 0.5

    def _swirl(self, strength: float) -> None:
        curl = np.gradient(self._down, axis=1) - np.gradient(self._across, axis=0)
        ny, nx = np.gradient(np.abs(curl))
        length = np.sqrt(nx**2 + ny**2) + 1e-5
        self._across += (strength * ny / length * curl).astype(np.float32)
        self._down -= (strength * nx / length * curl).astype(np.float32)

    def _project(self) -> None:
        fx, fy = np.fft.rfft2(self._across), np.fft.rfft2(self._down)
        share = (self._kx * fx + self._ky * fy) / self._k2
        self._across = np.fft.irfft2(fx - share * self._kx, (HEIGHT, WIDTH)).astype(np.float32)
        self._down = np.fft.irfft2(fy - share * self._ky, (HEIGHT, WIDTH)).astype(np.float32)


def snapshots(seed: int) -> Iterator[npt.NDArray[np.uint8]]:
    """Pictures of one plume, uint8 (2, H, W): heat 0..1 as 0..255, and smoke 0..2 as 0..255."""
    rng = np.random.default_rng(seed)
    plume = Plume(Burner.draw(rng), rng)
    for step in range(WARM_UP + EVERY * SNAPS):
        plume.step()
        if step >= WARM_UP and (step - WARM_UP) % EVERY == 0:
            yield np.clip(np.stack([plume.heat * 255, plume.smoke * 127.5]), 0, 255).astype(np.uint8)


def main() -> None:
    """Simulate and write all plumes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", type=Path)
    parser.add_argument("--plumes", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    pictures = [p for n in range(options.plumes) for p in snapshots(options.seed * 1000 + n)]
    options.target.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(options.target, plumes=np.stack(pictures))
    print(f"{options.target}: {len(pictures)} pictures of {options.plumes} plumes")


if __name__ == "__main__":
    main()
