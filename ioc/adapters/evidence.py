"""The evidence store: files by key in a folder or an object store, through one library (obstore)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, ObjectStore, from_url

from ioc.core.errors import StorageError

CHUNK = 1 << 20

_FAULTS = (BaseError, OSError, ValueError)


class EvidenceNotFoundError(StorageError):
    """There is no file of that key."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """Size in bytes and the tag by which a cache recognises it."""

    size: int
    etag: str


class ObjectEvidenceStore:
    """:class:`ioc.core.ports.EvidenceStore` on a folder (a path or ``file://``) or an object store (``s3://bucket/prefix``).

    Credentials and endpoint of an object store come from the environment (``AWS_ACCESS_KEY_ID``, ``AWS_ENDPOINT``, ...).
    Every failure is a :class:`ioc.core.errors.StorageError`; a full disk is one of them.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        try:
            self._store: ObjectStore = from_url(url) if "://" in url else LocalStore(Path(url).absolute(), mkdir=True)
        except _FAULTS as error:
            raise StorageError(f"cannot use the evidence store {url}: {_first_line(error)}") from error

    def put(self, key: str, data: bytes, media_type: str) -> None:
        """Write once. The same key with the same bytes is no error; with other bytes it is: evidence is never replaced."""
        local = isinstance(self._store, LocalStore)
        try:
            # A folder keeps no media type; the key's suffix says it.
            obstore.put(self._store, key, data, mode="create", attributes=None if local else {"Content-Type": media_type})
        except AlreadyExistsError:
            if hashlib.sha256(self.get(key)).digest() != hashlib.sha256(data).digest():
                raise StorageError(f"evidence {key} is there already with other contents") from None
        except _FAULTS as error:
            raise StorageError(f"cannot write evidence {key}: {_first_line(error)}") from error

    def get(self, key: str) -> bytes:
        """The whole file."""
        try:
            return bytes(obstore.get(self._store, key).bytes())
        except _FAULTS as error:
            raise _fault(key, error) from error

    def head(self, key: str) -> StoredFile:
        """Size and tag. Raises :class:`EvidenceNotFoundError`."""
        try:
            meta = obstore.head(self._store, key)
        except _FAULTS as error:
            raise _fault(key, error) from error
        return StoredFile(size=meta["size"], etag=(meta["e_tag"] or "").strip('"'))

    def chunks(self, key: str, start: int, end: int) -> Iterator[bytes]:
        """Bytes ``start`` to ``end`` (exclusive), in pieces of at most :data:`CHUNK`."""
        for at in range(start, end, CHUNK):
            try:
                yield bytes(obstore.get_range(self._store, key, start=at, end=min(end, at + CHUNK)))
            except _FAULTS as error:
                raise _fault(key, error) from error

    def delete(self, key: str) -> None:
        """Remove a file whose time is over; one that is gone already is no error."""
        try:
            obstore.delete(self._store, key)
        except FileNotFoundError:
            return
        except _FAULTS as error:
            raise _fault(key, error) from error


def _fault(key: str, error: Exception) -> StorageError:
    if isinstance(error, FileNotFoundError | ValueError):
        return EvidenceNotFoundError(f"no evidence {key}")
    return StorageError(f"cannot read evidence {key}: {_first_line(error)}")


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
