"""Running an experiment's tasks, in this process or in worker processes.

Blocks are fixed by the configuration (replicates 0-7, 8-15, … for a block of 8), every task runs
on one thread, and the table is sorted at the end: the number of workers changes no bit of it.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any

import pandas as pd
import torch
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from experiments.engine.experiment import Config, Experiment
from theory import SubnetsError
from theory.memory import check_memory


class RunFailed(SubnetsError):
    """A task failed; the message says which and why."""


@dataclass(frozen=True)
class Task:
    """One part of an experiment for one block of replicates."""

    measure: Callable[[Any, range, Any], pd.DataFrame]
    config: Any
    replicates: range
    part: Any

    def __call__(self) -> pd.DataFrame:
        threads = torch.get_num_threads()
        torch.set_num_threads(1)
        try:
            with threadpool_limits(1):
                return self.measure(self.config, self.replicates, self.part)
        finally:
            torch.set_num_threads(threads)


def blocks(config: Config) -> list[range]:
    """The replicates in fixed blocks; the last may be short."""
    count, size = config.replicates, config.block
    return [range(start, min(start + size, count)) for start in range(0, count, size)]


def run(
    experiment: Experiment, config: Any, workers: Workers, *, progress: bool = True
) -> pd.DataFrame:
    """Run all tasks of one experiment and return the sorted table.

    Raises `InvalidInput` before the first task if as many as run at once do not fit into memory.
    """
    if experiment.memory is not None:
        together = max(1, workers.count)
        check_memory(
            f"{experiment.name} with {together} worker{'s' if together > 1 else ''}",
            together * experiment.memory(config),
            "ask for smaller pools, or for fewer --workers",
        )
    tasks = [
        Task(experiment.run, config, block, part)
        for part in experiment.parts(config)
        for block in blocks(config)
    ]
    bar = tqdm(
        workers.results(tasks),
        total=len(tasks),
        desc=experiment.name,
        unit="task",
        disable=None if progress else True,
        delay=1.0,
    )
    table = pd.concat(list(bar), ignore_index=True)
    return table.sort_values(list(experiment.order), ignore_index=True)


class Workers:
    """`count` worker processes, started when first needed; 0 works in this process.

    A context manager: leaving it by an error or Ctrl-C stops the processes at once.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._executor: ProcessPoolExecutor | None = None

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._executor is None:
            return
        self._executor.shutdown(wait=kind is None, cancel_futures=True)
        if kind is not None:  # nobody waits for what is still being computed
            for child in multiprocessing.active_children():
                child.terminate()

    def results(self, tasks: Sequence[Task]) -> Iterator[pd.DataFrame]:
        """The tasks' tables, in the order in which they are done."""
        if self.count == 0:
            yield from (task() for task in tasks)
            return
        if self._executor is None:
            context = multiprocessing.get_context("spawn")
            self._executor = ProcessPoolExecutor(
                self.count, mp_context=context, initializer=_leave_on_interrupt
            )
        futures = [self._executor.submit(task) for task in tasks]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BrokenProcessPool:
            raise RunFailed(
                "a worker process died (killed, or out of memory); fewer --workers need less memory"
            ) from None


def _leave_on_interrupt() -> None:
    # Ctrl-C reaches the workers too; the parent says what there is to say.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
