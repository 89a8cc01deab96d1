"""What is put into the outbox stays until it is done, whatever happens to the process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap

import pytest

from ioc.adapters.outbox import SqliteOutbox
from ioc.core.errors import StorageError


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "outbox.db"


def test_first_in_first_out_until_done(path):
    box = SqliteOutbox(path)
    for i in range(5):
        box.put(f"t{i}", bytes([i]))
    rows = box.pending()
    assert [(t, p) for _, t, p in rows] == [(f"t{i}", bytes([i])) for i in range(5)]
    box.done(rows[0][0])
    box.done(rows[0][0])
    assert [t for _, t, _ in box.pending(limit=2)] == ["t1", "t2"]
    assert [t for _, t, _ in box.pending(after=rows[2][0])] == ["t3", "t4"]
    assert len(box) == 4
    box.close()
    again = SqliteOutbox(path)
    assert len(again) == 4
    again.put("t5", b"")
    assert again.pending()[-1][0] > rows[-1][0], "a number is never used twice"
    again.close()


def test_a_full_outbox_says_so(path):
    box = SqliteOutbox(path, limit=2)
    box.put("a", b"")
    box.put("b", b"")
    with pytest.raises(StorageError, match="full: 2 messages wait"):
        box.put("c", b"")
    box.done(box.pending()[0][0])
    box.put("c", b"")
    box.close()


@pytest.mark.parametrize("damage", ["garbage", "middle"])
def test_a_damaged_file_is_set_aside_and_kept(path, damage):
    box = SqliteOutbox(path)
    for i in range(500):
        box.put("topic", bytes(200) + bytes([i % 256]))
    box.close()
    data = bytearray(path.read_bytes())
    if damage == "garbage":
        data[:100] = b"x" * 100
    else:
        data[4096:-4096] = os.urandom(len(data) - 8192)
    path.write_bytes(data)
    fresh = SqliteOutbox(path)
    assert len(fresh) == 0
    assert fresh.set_aside is not None
    assert fresh.set_aside.read_bytes() == bytes(data)
    fresh.put("t", b"")
    fresh.close()


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="outbox"):
        SqliteOutbox(tmp_path / "file" / "outbox.db")


def test_a_killed_process_loses_nothing(path):
    script = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        from ioc.adapters.outbox import SqliteOutbox
        box = SqliteOutbox(Path(sys.argv[1]))
        for i in range(100000):
            box.put("t", str(i).encode())
            print(i, flush=True)
        """
    )
    process = subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) >= 50:
            break
    process.send_signal(signal.SIGKILL)
    last = max([int(x) for x in process.stdout.read().split()], default=50)
    process.wait()
    process.stdout.close()
    box = SqliteOutbox(path)
    kept = [int(p) for _, _, p in box.pending(limit=10**6)]
    assert kept == list(range(len(kept)))
    assert len(kept) >= last + 1, "everything that was reported as put is there"
    box.close()
