from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import toy

from experiments.engine.drive import finish, origin
from experiments.engine.store import Store, driver, keys_of, open_store
from experiments.engine.unit import Result, Unit, attempt, gather, pack, units, unpack
from experiments.engine.workers import Workers
from theory import InvalidInput

CONFIG = toy.Config()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "store.sqlite"


def filled(path: Path) -> list[Unit]:
    work = units(toy.EXPERIMENT, CONFIG)
    with open_store(path, write=True) as store:
        finish(work, store, Workers(0), label="toy", progress=False)
    return work


def test_what_was_saved_comes_back_bit_by_bit(path: Path) -> None:
    work = filled(path)
    with open_store(path, write=False) as store:
        table = gather(store.tables(keys_of(work)), toy.EXPERIMENT, CONFIG)
        assert store.origins(keys_of(work))[0]["versions"] == origin()["versions"]
    direct = gather([unit.compute() for unit in work], toy.EXPERIMENT, CONFIG)
    pd.testing.assert_frame_equal(table, direct, check_exact=True)


def test_packing_keeps_every_bit_and_kind() -> None:
    table = pd.DataFrame({"a": [0.1, float("nan"), float("inf"), 5e-324], "b": [1, 2, 3, 4],
                          "c": ["x", "ü", "", "z"], "d": [True, False, True, True]})  # fmt: skip
    pd.testing.assert_frame_equal(unpack(pack(table)), table, check_exact=True)


def test_finished_units_are_skipped_and_failed_ones_only_tried_on_request(path: Path) -> None:
    work = units(toy.EXPERIMENT, toy.Config(how="raise"))
    with open_store(path, write=True) as store:
        first = finish(work, store, Workers(0), label="toy", progress=False)
        assert (first.computed, first.failed, first.skipped) == (4, 2, 0)
        again = finish(work, store, Workers(0), label="toy", progress=False)
        assert (again.computed, again.failed, again.skipped) == (0, 2, 4)
        retried = finish(work, store, Workers(0), label="toy", retry=True, progress=False)
        assert (retried.computed, retried.failed, retried.skipped) == (2, 2, 2)
        failures = store.failures(keys_of(work))
        assert [f.error for f in failures] == ["ValueError: this one"] * 2
        assert "always raises" in failures[0].details
        assert "Traceback" in failures[0].details
        assert len(store.tables(keys_of(work))) == 2


@pytest.mark.parametrize(
    ("how", "error"),
    [("exit", "SystemExit: enough"), ("nothing", "Unusable: a NoneType was returned"),
     ("empty", "Unusable: the table has replicates []"),
     ("nameless", "Unusable: the table has no column 'replicate'")],
)  # fmt: skip
def test_whatever_a_run_does_instead_of_a_table_is_a_failure(
    path: Path, how: str, error: str
) -> None:
    work = units(toy.EXPERIMENT, toy.Config(how=how))
    with open_store(path, write=True) as store:
        summary = finish(work, store, Workers(0), label="toy", progress=False)
        errors = [failed.error for failed in store.failures(keys_of(work))]
    assert (summary.failed, summary.computed) == (2, 4)
    assert all(found.startswith(error) for found in errors)


def test_fail_fast_stops(path: Path) -> None:
    work = units(toy.EXPERIMENT, toy.Config(how="raise", replicates=20))
    with open_store(path, write=True) as store:
        summary = finish(work, store, Workers(0), label="toy", fail_fast=True, progress=False)
    assert (summary.failed, summary.computed, summary.left) == (1, 11, 9)


def test_a_batch_is_kept_whole_or_not_at_all(path: Path) -> None:
    work = units(toy.EXPERIMENT, CONFIG)
    results = [attempt(unit) for unit in work]
    broken = Result(work[3], "soon", b"")  # type: ignore[arg-type]
    with open_store(path, write=True) as store:
        with pytest.raises(InvalidInput):
            store.save([*results[:3], broken], {})
        assert store.states(keys_of(work)) == {}
        store.save(results[:3], {})
        assert set(store.states(keys_of(work)).values()) == {"done"}


def test_a_store_in_use_is_refused_and_can_be_read(path: Path) -> None:
    work = filled(path)
    with open_store(path, write=True):
        assert driver(path) == f"process {os.getpid()} on {os.uname().nodename}"
        with pytest.raises(InvalidInput, match=f"is in use by process {os.getpid()}"):
            open_store(path, write=True)
        with open_store(path, write=False) as reader:
            assert len(reader.tables(keys_of(work))) == 4
    assert driver(path) == ""
    with open_store(path, write=True):
        pass


def test_a_dead_drivers_lock_is_gone(path: Path) -> None:
    code = (
        "import sys, os; from pathlib import Path; from experiments.engine.store import open_store;"
        "store = open_store(Path(sys.argv[1]), write=True); os.kill(os.getpid(), 9)"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    assert ended.returncode == -9
    with open_store(path, write=True) as store:
        assert store.totals() == []


def unchanged(path: Path, words: str, *, write: bool = True) -> None:
    before = path.read_bytes()
    with pytest.raises(InvalidInput, match=words):
        open_store(path, write=write)
    assert path.read_bytes() == before


def test_stores_that_cannot_be_used_are_refused_and_left_as_they_are(path: Path) -> None:
    filled(path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    for write in (True, False):
        unchanged(path, "has schema 99, and this version knows 1; update", write=write)

    other = path.with_name("other.sqlite")
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE mine (x)")
    connection.close()
    for write in (True, False):
        unchanged(other, "is another program's database", write=write)

    text = path.with_name("notes.sqlite")
    text.write_text("these are my notes, and no database at all\n" * 50)
    for write in (True, False):
        unchanged(text, "is damaged .*restore a copy, or move the file away", write=write)


def test_a_damaged_store_is_refused(path: Path) -> None:
    filled(path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    content = bytearray(path.read_bytes())
    content[4096:8192] = bytes(4096)  # the second page
    path.write_bytes(content)
    unchanged(path, "is damaged")


def test_a_result_that_was_altered_is_refused(path: Path) -> None:
    work = filled(path)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE units SET result = zeroblob(100) WHERE key = ?", (work[0].key,))
    connection.close()
    with open_store(path, write=False) as store, pytest.raises(InvalidInput, match="is damaged"):
        store.tables(keys_of(work))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_store_is_refused_and_can_be_read(path: Path) -> None:
    work = filled(path)
    path.chmod(0o444)
    path.parent.chmod(0o555)
    try:
        unchanged(path, "cannot be written to; choose another with --store")
        with open_store(path, write=False) as store:
            assert len(store.tables(keys_of(work))) == 4
    finally:
        path.parent.chmod(0o755)


def test_a_folder_or_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="does not exist; run something first"):
        open_store(tmp_path / "none.sqlite", write=False)
    with pytest.raises(InvalidInput, match="cannot be written to"):
        open_store(tmp_path, write=True)


def test_wall_time_adds_up(path: Path) -> None:
    with open_store(path, write=True) as store:
        assert store.wall("x") == (0.0, 0)
        store.add_wall("x", 1.5, 2)
        store.add_wall("x", 2.5, 4)
        assert store.wall("x") == (4.0, 4)
        assert isinstance(store, Store)
