"""Who computes does not matter, and work that fails in any way fails alone."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
import toy

from experiments.engine.drive import finish
from experiments.engine.store import keys_of, open_store
from experiments.engine.unit import compute, gather, units
from experiments.engine.workers import RunFailed, Workers
from theory import InvalidInput

HERE = str(Path(__file__).parent)


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Worker processes must find the toy too."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([HERE, os.environ.get("PYTHONPATH", "")]))


def run(path: Path, config: toy.Config, workers: Workers) -> tuple[pd.DataFrame, list[str]]:
    work = units(toy.EXPERIMENT, config)
    with workers, open_store(path, write=True) as store:
        finish(work, store, workers, label="toy", progress=False)
        errors = [failed.error for failed in store.failures(keys_of(work))]
        return gather(store.tables(keys_of(work)), toy.EXPERIMENT, config), errors


@pytest.mark.parametrize("count", [1, 2, 4])
def test_any_number_of_workers_gives_the_same_bits(tmp_path: Path, count: int) -> None:
    config = toy.Config(replicates=12)
    table, errors = run(tmp_path / "s.sqlite", config, Workers(count))
    assert errors == []
    pd.testing.assert_frame_equal(table, compute(toy.EXPERIMENT, config), check_exact=True)


@pytest.mark.parametrize("count", [0, 2])
@pytest.mark.parametrize(
    ("how", "error"),
    [("raise", "ValueError: this one"), ("nan", "Unusable: loss is not a number at"),
     ("sleep", "TimedOut: it took longer than the time limit of 2 s")],
)  # fmt: skip
def test_what_fails_is_kept_with_its_cause_and_the_rest_finishes(
    tmp_path: Path, count: int, how: str, error: str
) -> None:
    config = toy.Config(how=how)
    workers = Workers(count, time_limit=2.0 if how == "sleep" else None)
    table, errors = run(tmp_path / "s.sqlite", config, workers)
    assert len(errors) == 2
    assert all(found.startswith(error) for found in errors)
    assert table["part"].unique().tolist() == ["first"]
    assert len(table) == 8


def test_a_unit_that_kills_its_worker_every_time_fails_alone(tmp_path: Path) -> None:
    config = toy.Config(how="kill", replicates=6)
    table, errors = run(tmp_path / "s.sqlite", config, Workers(2))
    assert errors == ["RunFailed: its worker process died 2 times (killed, or out of memory)"] * 3
    assert table["part"].unique().tolist() == ["first"]
    assert len(table) == 12


@contextmanager
def scheduler(folder: Path, workers: int) -> Iterator[str]:
    """A dask scheduler and worker processes, started on their own as on a cluster."""
    about = folder / "scheduler.json"
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", "0", "--host",
             "127.0.0.1", "--no-dashboard", "--scheduler-file", str(about)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
    ]  # fmt: skip
    try:
        while not about.exists():
            assert started[0].poll() is None
            time.sleep(0.1)
        started += [
            subprocess.Popen(
                [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file",
                 str(about), "--nthreads", "1", "--no-dashboard", "--local-directory", str(folder)],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
            for _ in range(workers)
        ]  # fmt: skip
        import json

        yield json.loads(about.read_text())["address"]
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            process.wait(timeout=30)


def test_a_scheduler_with_workers_started_elsewhere(tmp_path: Path) -> None:
    config = toy.Config(replicates=12, how="raise")
    with scheduler(tmp_path, workers=2) as address:
        table, errors = run(tmp_path / "s.sqlite", config, Workers(9, scheduler=address))
        assert errors == ["ValueError: this one"] * 6
        well = toy.Config(replicates=12)
        table, errors = run(tmp_path / "t.sqlite", well, Workers(9, scheduler=address))
    assert errors == []
    pd.testing.assert_frame_equal(table, compute(toy.EXPERIMENT, well), check_exact=True)


def test_a_scheduler_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("experiments.engine.workers._CONNECT", "2s")
    with pytest.raises(InvalidInput, match="does not answer"):
        run(tmp_path / "s.sqlite", toy.Config(), Workers(2, scheduler="tcp://127.0.0.1:9"))


def test_workers_that_die_while_they_start_are_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import distributed

    start, failed = distributed.LocalCluster, []

    def once(**options: object) -> object:
        if not failed:
            failed.append(1)
            raise RuntimeError("Nanny failed to start.")
        return start(**options)

    monkeypatch.setattr(distributed, "LocalCluster", once)
    table, errors = run(tmp_path / "s.sqlite", toy.Config(), Workers(1))
    assert (len(table), errors, failed) == (16, [], [1])

    def never(**_: object) -> object:
        raise RuntimeError("Nanny failed to start.")

    monkeypatch.setattr(distributed, "LocalCluster", never)
    with pytest.raises(
        RunFailed, match=r"1 worker processes do not start .*--workers 0 needs none"
    ):
        run(tmp_path / "t.sqlite", toy.Config(), Workers(1))
