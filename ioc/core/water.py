"""What is known of water in a camera's picture: the map that a rule reads, and who makes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WaterMap:
    """Where flood water stood in the picture of one instant; a wet road is no flood water."""

    at: float
    """Time of the picture that was looked at, seconds since the Unix epoch; a map is used until the next look."""
    cells: NDArray[np.float32]
    """float32 (rows, columns), probability 0..1 that the cell shows flood water; the cells divide the picture evenly."""

    def __post_init__(self) -> None:
        if self.cells.ndim != 2 or not self.cells.size:
            raise ValueError(f"a water map has (rows, columns) cells, got shape {self.cells.shape}")


class WaterFinder(Protocol):
    """A picture in, probabilities of flood water out. Raises :class:`ioc.core.errors.ModelError`."""

    def look(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Probability of flood water in each cell of a uint8 (H, W, 3) BGR picture, float32 (rows, columns), 0..1."""
        ...
