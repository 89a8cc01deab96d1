"""The evidence store on a real folder."""

from __future__ import annotations

import os

import pytest

from ioc.adapters.evidence import CHUNK, EvidenceNotFoundError, ObjectEvidenceStore
from ioc.core.errors import StorageError


@pytest.fixture
def store(tmp_path):
    return ObjectEvidenceStore(str(tmp_path / "evidence"))


def test_there_and_back(store, tmp_path):
    store.put("s/c/during.jpg", b"picture", "image/jpeg")
    assert store.get("s/c/during.jpg") == b"picture"
    assert store.head("s/c/during.jpg").size == 7
    assert (tmp_path / "evidence/s/c/during.jpg").read_bytes() == b"picture"


def test_a_repeat_is_no_error_and_another_content_is(store):
    store.put("a.jpg", b"one", "image/jpeg")
    store.put("a.jpg", b"one", "image/jpeg")
    with pytest.raises(StorageError, match="other contents"):
        store.put("a.jpg", b"two", "image/jpeg")
    assert store.get("a.jpg") == b"one"


def test_ranges(store):
    data = os.urandom(CHUNK + 1000)
    store.put("clip.mp4", data, "video/mp4")
    pieces = list(store.chunks("clip.mp4", 10, len(data) - 5))
    assert b"".join(pieces) == data[10:-5]
    assert max(map(len, pieces)) <= CHUNK


@pytest.mark.parametrize("key", ["absent.jpg", "../outside.jpg", "a//b"])
def test_what_is_not_there(store, key):
    with pytest.raises(EvidenceNotFoundError):
        store.get(key)
    with pytest.raises(EvidenceNotFoundError):
        store.head(key)


def test_delete_twice(store):
    store.put("a.jpg", b"one", "image/jpeg")
    store.delete("a.jpg")
    store.delete("a.jpg")
    with pytest.raises(EvidenceNotFoundError):
        store.get("a.jpg")


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="file/evidence"):
        ObjectEvidenceStore(str(tmp_path / "file" / "evidence"))


def test_a_failing_write_is_a_storage_error(store, tmp_path):
    (tmp_path / "evidence" / "taken").write_text("a file where a folder is needed")
    with pytest.raises(StorageError, match=r"cannot write evidence taken/x\.jpg"):
        store.put("taken/x.jpg", b"one", "image/jpeg")
