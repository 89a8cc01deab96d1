"""Evidence: ranges, caching, who may see it."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from api.app import Options, create_app
from api.errors import RangeRefusedError
from api.ranges import parse_range
from api.workflow import Role
from ioc.adapters.evidence import ObjectEvidenceStore
from tests.api.conftest import People, event, picture

URL = "/api/v1/evidence/gate/1/during.jpg"
DATA = b"\xff\xd8 0123456789"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, None),
        ("bytes=0-0", (0, 1)),
        ("bytes=2-4", (2, 5)),
        ("bytes=2-", (2, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-99", (0, 10)),
        ("bytes=5-99", (5, 10)),
        ("bytes=4-2", None),  # not a range: ignored
        ("bytes=-", None),
        ("bytes=0-1,3-4", None),  # several: the whole file is a right answer
        ("lines=0-1", None),
        ("bytes=a-b", None),
    ],
)
def test_ranges(header, expected):
    assert parse_range(header, 10) == expected


@pytest.mark.parametrize(("header", "size"), [("bytes=10-", 10), ("bytes=10-12", 10), ("bytes=-0", 10), ("bytes=0-", 0)])
def test_ranges_beyond_the_file(header, size):
    with pytest.raises(RangeRefusedError) as caught:
        parse_range(header, size)
    assert caught.value.headers == {"Content-Range": f"bytes */{size}"}


@pytest.fixture
def viewer(quick_people, ingest, files):
    files.files[picture().key] = DATA
    odd = picture("gate/1/odd.html")
    ingest(quick_people.database, event(evidence=(picture(), picture("gate/1/lost.jpg"), odd)))
    return quick_people.log_in("an", Role.VIEWER)


def test_whole_file(viewer):
    answer = viewer.get(URL)
    assert (answer.status_code, answer.content) == (200, DATA)
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["content-length"] == str(len(DATA))
    assert answer.headers["etag"] == '"' + "a" * 64 + '"'
    assert "immutable" in answer.headers["cache-control"]
    assert "private" in answer.headers["cache-control"]
    assert answer.headers["content-disposition"] == 'inline; filename="during.jpg"'
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_part(viewer):
    answer = viewer.get(URL, headers={"Range": "bytes=3-6"})
    assert (answer.status_code, answer.content) == (206, DATA[3:7])
    assert answer.headers["content-range"] == f"bytes 3-6/{len(DATA)}"
    other = viewer.get(URL, headers={"Range": "bytes=3-6", "If-Range": '"old"'})
    assert (other.status_code, other.content) == (200, DATA)
    beyond = viewer.get(URL, headers={"Range": "bytes=99-"})
    assert beyond.status_code == 416
    assert beyond.headers["content-range"] == f"bytes */{len(DATA)}"
    assert beyond.headers["content-type"] == "application/problem+json"


def test_not_modified(viewer):
    answer = viewer.get(URL, headers={"If-None-Match": '"' + "a" * 64 + '"'})
    assert (answer.status_code, answer.content) == (304, b"")


def test_from_a_folder(sqlite, config, clock, passwords, ingest, tmp_path):
    """With the real evidence store: a clip of several pieces, and keys that try to leave the folder."""
    store, clip = ObjectEvidenceStore(str(tmp_path / "evidence")), bytes(range(256)) * 10_000
    store.put(picture().key, clip, "image/jpeg")
    (tmp_path / "secret").write_text("x", encoding="utf-8")
    outside = picture("../secret")
    ingest(sqlite, event(evidence=(picture(), outside)))
    app = create_app(config, options=Options(with_bus=False), database=sqlite, evidence_files=store, clock=clock,
                     passwords=passwords)  # fmt: skip
    with TestClient(app, raise_server_exceptions=False) as main:
        an = People(main, sqlite, passwords, clock).log_in("an")
        assert an.get(URL).content == clip
        assert an.get(URL, headers={"Range": "bytes=1000000-2559999"}).content == clip[1_000_000:]
        assert an.get("/api/v1/evidence/%2e%2e%2fsecret").status_code == 404
        assert an.get("/api/v1/evidence/..%2Fsecret").status_code == 404


@pytest.mark.parametrize("key", ["gate/1/lost.jpg", "gate/2/other.jpg", "../../etc/passwd", "%2e%2e/ioc.db", "x"])
def test_what_is_not_there(viewer, files, key):
    files.files["gate/2/other.jpg"] = DATA  # a file that no alert names
    answer = viewer.get(f"/api/v1/evidence/{key}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_other_cameras_evidence_looks_absent(viewer, quick_people):
    square = quick_people.log_in("binh", Role.POLICE, cameras=["square"])
    assert square.get(URL).status_code == 404


def test_unknown_media_types_are_never_shown(quick_people, ingest, files):
    from dataclasses import replace

    item = replace(picture("gate/9/page.html"), media_type="text/html")
    files.files[item.key] = b"<script>"
    ingest(quick_people.database, event(9, evidence=(item,)))
    answer = quick_people.log_in("an").get("/api/v1/evidence/gate/9/page.html")
    assert answer.headers["content-type"] == "application/octet-stream"
