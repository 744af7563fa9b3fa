"""Running an experiment's tasks, in this process or in worker processes.

Blocks are fixed by the configuration (replicates 0-7, 8-15, … for a block of 8), every task runs
on one thread, and the table is sorted at the end: the number of workers changes no bit of it.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any

import pandas as pd
import torch
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from experiments.engine.experiment import Config, Experiment
from theory import SubnetsError


class RunFailed(SubnetsError):
    """A task failed; the message says which and why."""


@dataclass(frozen=True)
class Task:
    """One part of an experiment for one block of replicates."""

    experiment: Experiment
    config: Any
    replicates: range
    part: Any

    def __call__(self) -> pd.DataFrame:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            with threadpool_limits(1):
                return self.experiment.run(self.config, self.replicates, self.part)
        finally:
            torch.set_num_threads(threads)


def blocks(config: Config) -> list[range]:
    """The replicates in fixed blocks; the last may be short."""
    count, size = config.replicates, config.block
    return [range(start, min(start + size, count)) for start in range(0, count, size)]


def run(
    experiment: Experiment, config: Any, *, workers: int, progress: bool = True
) -> pd.DataFrame:
    """Run all tasks and return the sorted table; `workers=0` runs them in this process."""
    tasks = [
        Task(experiment, config, block, part)
        for part in experiment.parts(config)
        for block in blocks(config)
    ]
    results = _serial(tasks) if workers == 0 else _parallel(tasks, min(workers, len(tasks)))
    bar = tqdm(
        results,
        total=len(tasks),
        desc=experiment.name,
        unit="task",
        disable=None if progress else True,
        delay=1.0,
    )
    table = pd.concat(list(bar), ignore_index=True)
    return table.sort_values(list(experiment.order), ignore_index=True)


def _serial(tasks: list[Task]) -> Iterator[pd.DataFrame]:
    for task in tasks:
        yield task()


def _parallel(tasks: list[Task], workers: int) -> Iterator[pd.DataFrame]:
    executor = ProcessPoolExecutor(
        workers, mp_context=multiprocessing.get_context("spawn"), initializer=_leave_on_interrupt
    )
    try:
        futures: list[Future[pd.DataFrame]] = [executor.submit(task) for task in tasks]
        for future in as_completed(futures):
            yield future.result()
    except BaseException as error:
        # Nobody waits for what is still being computed.
        executor.shutdown(wait=False, cancel_futures=True)
        for child in multiprocessing.active_children():
            child.terminate()
        if isinstance(error, BrokenProcessPool):
            raise RunFailed(
                "a worker process died (killed, or out of memory); fewer --workers need less memory"
            ) from None
        raise
    executor.shutdown()


def _leave_on_interrupt() -> None:
    # Ctrl-C reaches the workers too; the parent says what there is to say.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
