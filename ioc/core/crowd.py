"""What is known of packed people in a camera's picture: the map that a rule reads, and who makes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CrowdMap:
    """How many heads each part of the picture showed at one instant."""

    at: float
    """Time of the picture that was looked at, seconds since the Unix epoch; a map is used until the next look."""
    cells: NDArray[np.float32]
    """float32 (rows, columns), people per cell, at least 0; the cells divide the picture evenly, their sum is the count."""

    def __post_init__(self) -> None:
        if self.cells.ndim != 2 or not self.cells.size:
            raise ValueError(f"a crowd map has (rows, columns) cells, got shape {self.cells.shape}")


class CrowdCounter(Protocol):
    """A picture in, people per cell out. Raises :class:`ioc.core.errors.ModelError`."""

    def look(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """People per cell of a uint8 (H, W, 3) BGR picture, by their heads, float32 (rows, columns), at least 0."""
        ...
