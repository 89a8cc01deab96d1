"""Which cameras and pictures of a water data set are kept from training, by a rule that any such data set can follow."""

from __future__ import annotations

import hashlib
from typing import Final

FOLDS: Final = 4
HELD_OUT: Final = 0
"""The fold that no weights of this project have seen."""


def fold_of(group: str) -> int:
    """The fold 0..3 of a camera (or of a picture that stands for itself), by the SHA-256 of its name."""
    return int(hashlib.sha256(group.encode()).hexdigest()[:8], 16) % FOLDS
