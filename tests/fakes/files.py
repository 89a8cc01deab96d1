"""An evidence store in memory."""

from __future__ import annotations

from ioc.adapters.evidence import EvidenceNotFoundError, StoredFile


class MemoryEvidence:
    """Implements api.context.EvidenceFiles."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def head(self, key: str) -> StoredFile:
        if key not in self.files:
            raise EvidenceNotFoundError(f"no evidence {key}")
        return StoredFile(size=len(self.files[key]), etag="")

    def chunks(self, key: str, start: int, end: int):
        for at in range(start, end, 3):
            yield self.files[key][at : min(end, at + 3)]
