"""Options that several commands have, and what they open."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro

from experiments.engine.drive import affordable
from experiments.engine.experiment import Experiment
from experiments.engine.store import Store, open_store
from experiments.engine.workers import Workers
from theory import InvalidInput
from theory.errors import check_count, check_positive

UNPREFIXED: Any = tyro.conf.arg(name="")  # --workers, not --engine.workers
DEFAULT_STORE = Path("results/store.sqlite")


@dataclass(frozen=True)
class Engine:
    """Where runs are kept and who computes them."""

    store: Path | None = None
    """file that keeps every finished run (default: results/store.sqlite, or OUT/store.sqlite)"""
    workers: int = os.cpu_count() or 1
    """worker processes on this machine, one thread each; 0 runs everything in this process"""
    scheduler: str | None = None
    """address of a dask scheduler, whose workers then do the work"""
    retry: bool = False
    """try again what failed earlier"""
    fail_fast: bool = False
    """stop at the first failure"""
    time_limit: float | None = None
    """seconds after which a unit of work counts as failed"""

    def __post_init__(self) -> None:
        check_count("workers", self.workers, least=0)
        if self.time_limit is not None:
            check_positive("time_limit", self.time_limit)
        if self.scheduler is not None and "://" not in self.scheduler:
            if ":" not in self.scheduler:
                raise InvalidInput(
                    f"scheduler is {self.scheduler!r}; it must be an address, tcp://HOST:PORT"
                )
            object.__setattr__(self, "scheduler", f"tcp://{self.scheduler}")

    def store_path(self, out: Path | None = None) -> Path:
        """The store that was named, or that of the folder that is written to."""
        if self.store is not None:
            return self.store
        return DEFAULT_STORE if out is None else out / "store.sqlite"

    @contextlib.contextmanager
    def opened(
        self, path: Path, work: Sequence[tuple[Experiment, Any]]
    ) -> Iterator[tuple[Store, Workers]]:
        """The store, to write, and as many workers as the work leaves memory for."""
        count = self.workers
        if self.scheduler is None:
            count = affordable(work, count)
        with (
            open_store(path, write=True) as store,
            Workers(count, scheduler=self.scheduler, time_limit=self.time_limit) as workers,
        ):
            if count < self.workers:
                print(f"{count} workers: memory has no room for {self.workers}", flush=True)
            yield store, workers


def check_writable(folder: Path) -> None:
    """Find out before the work, not after it, that there is nowhere to put it."""
    there = next(p for p in (folder, *folder.absolute().parents) if p.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise InvalidInput(f"out is {folder}, but {there} is not a folder that can be written to")
