"""What a worker keeps survives; what is broken is set aside."""

from __future__ import annotations

import pytest

from ioc.core.errors import StorageError
from ioc.core.incidents import Policy, State, advance, resumed
from ioc.core.snapshots import Snapshot
from ioc.core.types import Box, EvidenceItem, Observation
from streams.keeping import Kept, load, save
from streams.recorder import Record

ITEM = EvidenceItem(role="during", key="k", media_type="image/jpeg", sha256="0" * 64, bytes=1, at=2.0)


def some():
    seen = Observation(kind="parking", subject="kerb:1", zone="kerb", box=Box(0, 0, 1, 1), detail={"label": "car"})
    state, _ = advance(State(), [seen], 1.0, Policy(confirm_s=0))
    snapshot = Snapshot({"parking": resumed(state)}, {"flood": {"dry": 0.1}})
    return Kept({"cam": snapshot}, {"id": Record(2, (ITEM,), ("clip: none",))})


def test_there_and_back(tmp_path):
    path = tmp_path / "deep" / "worker.state.json"
    save(path, some())
    assert load(path) == some()
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_nothing_kept_is_empty(tmp_path):
    assert load(tmp_path / "none.json") == Kept({}, {})


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"cameras": {"cam": {}}, "records": {}}', '{"cameras": {}, "records": 3}']
)
def test_a_broken_file_is_set_aside(tmp_path, text, caplog):
    path = tmp_path / "worker.state.json"
    path.write_text(text)
    assert load(path) == Kept({}, {})
    assert (tmp_path / "worker.state.broken").read_text() == text
    assert "set aside" in caplog.text


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot keep the state"):
        save(tmp_path / "file" / "state.json", some())
