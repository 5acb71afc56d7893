import os
import subprocess
import sys
from pathlib import Path

from firsthand.store.sqlite.files import (
    delete_database,
    ledger_lock,
    ledger_path,
    outbox_lock,
    outbox_path,
    outbox_paths,
    try_lock,
)

HOLD = """
import sys
from pathlib import Path
from firsthand.store.sqlite.files import try_lock
held = try_lock(Path(sys.argv[1]))
print("held" if held else "refused", flush=True)
sys.stdin.read()
"""


def test_names(tmp_path: Path) -> None:
    first, second = outbox_path(tmp_path, 0), outbox_path(tmp_path, 1)
    for path in (second, first, ledger_path(tmp_path), outbox_lock(first)):
        path.touch()
    assert outbox_paths(tmp_path) == [first, second]
    assert outbox_lock(first).name == "outbox-0.lock"


def test_a_lock_is_held_once_even_within_a_process(tmp_path: Path) -> None:
    held = ledger_lock(tmp_path)
    assert held is not None
    assert ledger_lock(tmp_path) is None
    held.release()
    again = ledger_lock(tmp_path)
    assert again is not None
    again.release()


def test_a_lock_ends_with_its_process(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": "proxy"},
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"held\n"
        assert try_lock(path) is None
        child.kill()
        child.wait()
        held = try_lock(path)
        assert held is not None
        held.release()


def test_a_database_is_deleted_with_what_stands_beside_it(tmp_path: Path) -> None:
    path = outbox_path(tmp_path, 0)
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).touch()
    outbox_lock(path).touch()
    delete_database(path)
    assert [one.name for one in tmp_path.iterdir()] == ["outbox-0.lock"]
