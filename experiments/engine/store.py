"""The store: every unit that has ended, in one SQLite file.

Only a driver writes, one at a time (a lock on STORE.lock, which the system releases when its holder
dies, however it dies). What `save` has returned from survives a kill at any moment: write-ahead
log, synchronous=FULL, one transaction a batch. A failed unit is kept as failed, with its traceback,
and is never taken for a result.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import socket
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pandas as pd

from experiments.engine.unit import Result, Unit, unpack
from theory import InvalidInput

SCHEMA = 1
_MARK = 0x5342_4E54  # SQLite's application_id: this file is one of ours
_TABLES = """
CREATE TABLE units (
    key TEXT PRIMARY KEY, experiment TEXT NOT NULL, version INTEGER NOT NULL,
    settings TEXT NOT NULL, part TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('done', 'failed')),
    error TEXT NOT NULL, details TEXT NOT NULL, seconds REAL NOT NULL,
    finished TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')),
    origin TEXT NOT NULL, digest TEXT NOT NULL, result BLOB
) STRICT;
CREATE TABLE walls (name TEXT PRIMARY KEY, seconds REAL NOT NULL, workers INTEGER NOT NULL) STRICT;
"""


@dataclass(frozen=True)
class Failed:
    """How a unit failed, as the store keeps it."""

    key: str
    experiment: str
    part: str
    error: str
    details: str


class Store:
    """An open store; a context manager. `open_store` opens one."""

    def __init__(self, path: Path, connection: sqlite3.Connection, lock: IO[str] | None) -> None:
        self.path = path
        self._connection = connection
        self._lock = lock

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        if self._lock is not None:
            self._lock.close()

    def states(self, keys: Iterable[str]) -> dict[str, str]:
        """key -> "done" or "failed", for those that have ended."""
        wanted = set(keys)
        with _explained(self.path):
            rows = self._connection.execute("SELECT key, state FROM units").fetchall()
        return {key: state for key, state in rows if key in wanted}

    def save(self, results: Sequence[Result], origin: dict[str, Any]) -> None:
        """Keep results, all of them or none; an earlier row of the same unit is replaced."""
        rows = [
            (
                r.unit.key, r.unit.experiment, r.unit.version, _json(r.unit.settings),
                str(r.unit), r.unit.replicates.start, r.unit.replicates.stop - 1,
                "failed" if r.table is None else "done", r.error, r.details, r.seconds,
                _json(origin), hashlib.sha256(r.table or b"").hexdigest(), r.table,
            )
            for r in results
        ]  # fmt: skip
        with _explained(self.path), self._transaction():
            self._connection.executemany(
                "INSERT OR REPLACE INTO units (key, experiment, version, settings, part, first, "
                "last, state, error, details, seconds, origin, digest, result) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                rows,
            )

    def tables(self, keys: Sequence[str]) -> list[pd.DataFrame]:
        """The tables of units that are done, in the order of `keys`; others are left out."""
        found = []
        for key in keys:
            with _explained(self.path):
                row = self._connection.execute(
                    "SELECT result, digest, part FROM units WHERE key = ? AND state = 'done'",
                    (key,),
                ).fetchone()
            if row is None:
                continue
            content, digest, part = row
            if hashlib.sha256(content).hexdigest() != digest:
                raise InvalidInput(
                    f"store {self.path} is damaged: the result of {part} is not what was written; "
                    "restore a copy, or move the file away and run again"
                )
            found.append(unpack(content))
        return found

    def failures(self, keys: Iterable[str]) -> list[Failed]:
        """The failed ones among these units."""
        wanted = set(keys)
        with _explained(self.path):
            rows = self._connection.execute(
                "SELECT key, experiment, part, error, details FROM units WHERE state = 'failed' "
                "ORDER BY finished, key"
            ).fetchall()
        return [Failed(*row) for row in rows if row[0] in wanted]

    def origins(self, keys: Sequence[str]) -> list[dict[str, Any]]:
        """Where the results of these units come from: the different origins, with dates."""
        wanted = set(keys)
        with _explained(self.path):
            rows = self._connection.execute("SELECT key, origin, finished FROM units").fetchall()
        last: dict[str, str] = {}
        for key, origin, finished in rows:
            if key in wanted:
                last[origin] = max(finished, last.get(origin, ""))
        dated = sorted((finished, origin) for origin, finished in last.items())
        return [json.loads(origin) | {"date": finished[:10]} for finished, origin in dated]

    def totals(self) -> list[tuple[str, str, int, float]]:
        """(experiment, state, units, seconds) of everything that is kept."""
        with _explained(self.path):
            return self._connection.execute(
                "SELECT experiment, state, count(*), sum(seconds) FROM units "
                "GROUP BY experiment, state ORDER BY experiment, state"
            ).fetchall()

    def seconds(self, keys: Iterable[str]) -> list[float]:
        """How long the done ones among these units took."""
        wanted = set(keys)
        with _explained(self.path):
            rows = self._connection.execute(
                "SELECT key, seconds FROM units WHERE state = 'done'"
            ).fetchall()
        return [seconds for key, seconds in rows if key in wanted]

    def add_wall(self, name: str, seconds: float, workers: int) -> None:
        """Add to the wall time that was spent on something, and keep the number of workers."""
        with _explained(self.path), self._transaction():
            self._connection.execute(
                "INSERT INTO walls VALUES (?1, ?2, ?3) ON CONFLICT (name) DO UPDATE SET "
                "seconds = seconds + ?2, workers = ?3",
                (name, seconds, workers),
            )

    def wall(self, name: str) -> tuple[float, int]:
        """Wall time spent on something so far, and the number of workers at the last time."""
        with _explained(self.path):
            row = self._connection.execute(
                "SELECT seconds, workers FROM walls WHERE name = ?", (name,)
            ).fetchone()
        return (0.0, 0) if row is None else (float(row[0]), int(row[1]))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")


def open_store(path: Path, *, write: bool) -> Store:
    """Open a store, to write (making it if it is not there) or only to read.

    Raises `InvalidInput`, saying what to do, for a store that another driver holds, that cannot be
    written, of a newer schema, damaged, or that is not a store at all. None of these is changed.
    """
    if not write:
        if not path.is_file():
            raise InvalidInput(f"store {path} does not exist; run something first")
        connection = _connect(path)
        _check_ours(path, connection)
        return Store(path, connection, None)
    _check_writable(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = _take_lock(path)
    try:
        connection = _connect(path)
        with _explained(path):
            empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
        if empty:
            _create(path, connection)
        _check_ours(path, connection)
        with _explained(path):
            verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if verdict != "ok":
            raise _damaged(path, verdict)
        with _explained(path):
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
    except BaseException:
        lock.close()
        raise
    return Store(path, connection, lock)


def driver(path: Path) -> str:
    """Who holds the store at the moment, in words; empty if nobody does."""
    beside = _lock_path(path)
    if not beside.exists():
        return ""
    with beside.open("r", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return handle.read().strip() or "another process"
    return ""


def _connect(path: Path) -> sqlite3.Connection:
    with _explained(path):
        return sqlite3.connect(path, timeout=30, isolation_level=None)


def _create(path: Path, connection: sqlite3.Connection) -> None:
    with _explained(path):
        connection.executescript(
            f"BEGIN; {_TABLES} PRAGMA application_id = {_MARK}; PRAGMA user_version = {SCHEMA}; "
            "COMMIT;"
        )


def _check_ours(path: Path, connection: sqlite3.Connection) -> None:
    with _explained(path):
        mark = connection.execute("PRAGMA application_id").fetchone()[0]
        schema = connection.execute("PRAGMA user_version").fetchone()[0]
    if mark != _MARK:
        raise InvalidInput(f"store {path} is another program's database; choose another --store")
    if schema > SCHEMA:
        raise InvalidInput(
            f"store {path} has schema {schema}, and this version knows {SCHEMA}; update the "
            "toolkit, or choose another --store"
        )


def _check_writable(path: Path) -> None:
    there = path if path.exists() else next(p for p in path.absolute().parents if p.exists())
    if path.is_dir() or not os.access(there, os.W_OK) or not os.access(there.parent, os.W_OK):
        raise InvalidInput(
            f"store {path} cannot be written to; choose another with --store, or change the "
            f"permissions of {there}"
        )


def _lock_path(path: Path) -> Path:
    return path.with_name(path.name + ".lock")


def _take_lock(path: Path) -> IO[str]:
    handle = _lock_path(path).open("a+", encoding="utf-8")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        raise InvalidInput(
            f"store {path} is in use by {driver(path) or 'another process'}; wait until it is "
            "done, or choose another --store"
        ) from None
    handle.truncate(0)
    handle.write(f"process {os.getpid()} on {socket.gethostname()}")
    handle.flush()
    return handle


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """SQLite's complaints as one clear line."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise InvalidInput(f"store {path}: {error}; choose another with --store") from None
    except sqlite3.DatabaseError as error:
        raise _damaged(path, str(error)) from None


def _damaged(path: Path, why: str) -> InvalidInput:
    first, *_ = why.splitlines() or ["unreadable"]
    return InvalidInput(
        f"store {path} is damaged ({first}); restore a copy, or move the file away and run again"
    )


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def keys_of(units: Iterable[Unit]) -> list[str]:
    """The keys of some units."""
    return [unit.key for unit in units]
