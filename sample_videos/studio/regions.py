"""Rectangles of pixels, and how few of them cover what changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# What one more render call costs, in pixels' worth of sampling: below this, two rectangles are better rendered as one.
CALL_COST = 1500


@dataclass(frozen=True)
class Region:
    """A rectangle of whole pixels: x0, y0 inclusive, x1, y1 exclusive, from the top left corner."""

    x0: int
    y0: int
    x1: int
    y1: int

    @property
    def area(self) -> int:
        """Pixels inside."""
        return max(0, self.x1 - self.x0) * max(0, self.y1 - self.y0)

    def union(self, other: Region) -> Region:
        """The smallest rectangle around both."""
        return Region(min(self.x0, other.x0), min(self.y0, other.y0), max(self.x1, other.x1), max(self.y1, other.y1))

    def touches(self, other: Region) -> bool:
        """Whether the two share a pixel."""
        return self.x0 < other.x1 and other.x0 < self.x1 and self.y0 < other.y1 and other.y0 < self.y1


def merge(regions: Sequence[Region]) -> list[Region]:
    """Join rectangles that overlap, or that are cheaper to render as one; the result does not overlap."""
    left = list(regions)
    joined = True
    while joined:
        joined = False
        for i in range(len(left)):
            for j in range(i + 1, len(left)):
                a, b = left[i], left[j]
                if a.touches(b) or a.union(b).area < a.area + b.area + CALL_COST:
                    left[j] = a.union(b)
                    left.pop(i)
                    joined = True
                    break
            if joined:
                break
    return left
