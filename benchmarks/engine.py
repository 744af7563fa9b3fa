"""What the engine costs.

    python -m benchmarks.engine

Declared targets on two cores: at most 10 ms a unit for 2000 on two workers; 5000 finished units
skipped in at most 2 s; at most 4 s from the start of the command to the first result. The peer for
the first is a bare process pool, which keeps nothing.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from benchmarks.harness import LIMITS, declared, print_table
from experiments.engine import experiment
from experiments.engine.drive import finish
from experiments.engine.experiment import Experiment
from experiments.engine.store import Store, open_store
from experiments.engine.unit import Result, Unit, attempt, units
from experiments.engine.workers import Workers
from theory import Verdict

UNITS, THERE = 2000, 5000
FIRST = """
import time
started = {started}
from pathlib import Path
from benchmarks.engine import first_result
print(time.time() - started if first_result(Path({store!r})) else "nothing")
"""


@dataclass(frozen=True)
class Config(experiment.Config):
    """Nothing."""

    block: int = 1


def run(config: Config, replicates: range, part: str) -> pd.DataFrame:
    """One row."""
    del config, part
    return pd.DataFrame({"replicate": list(replicates), "loss": 1.0})


def judge(config: Config, table: pd.DataFrame) -> list[Verdict]:
    """Nothing."""
    del config, table
    return []


def draw(config: Config, table: pd.DataFrame) -> Figure:
    """Nothing."""
    del config, table
    return Figure()


TRIVIAL = Experiment("trivial", "Nothing", {"paper": Config()}, lambda _: ["all"], run,
                     ("replicate",), judge, draw)  # fmt: skip


def work(count: int) -> list[Unit]:
    """Units of nothing."""
    return units(TRIVIAL, Config(replicates=count))


def first_result(path: Path) -> bool:
    """Start workers and wait for one unit."""
    with Workers(2) as workers:
        for batch in workers.results(work(2)):
            return bool(batch) and path is not None
    return False


class Timed(Workers):
    """Workers that note when they were started and when the last result came."""

    def results(self, units: list[Unit]) -> Iterator[list[Result]]:  # type: ignore[override]
        """As they come; the clock starts with the first."""
        for batch in super().results(units):
            self.first = getattr(self, "first", time.perf_counter())
            yield batch


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.sqlite"
        with open_store(path, write=True) as store, Timed(2) as workers:
            seconds = _kept(store, workers)
        with ProcessPoolExecutor(2) as pool:
            list(pool.map(attempt, work(4)))
            start = time.perf_counter()
            list(pool.map(attempt, work(UNITS)))
            peer = time.perf_counter() - start
        what = f"{UNITS} units on two workers, kept; a bare pool: {1000 * peer / UNITS:.2f} ms"
        rows = [declared(what, 1000 * seconds / UNITS, "ms each", 10)]

        there = Path(folder) / "there.sqlite"
        with open_store(there, write=True) as store:
            finish(work(THERE), store, Workers(0), label="there", progress=False)
        start = time.perf_counter()
        with open_store(there, write=True) as store:
            summary = finish(work(THERE), store, Workers(2), label="there", progress=False)
        taken = time.perf_counter() - start
        rows.append(declared(f"{summary.skipped} finished units skipped", taken, "s", 2))

        script = FIRST.format(started=time.time(), store=str(path))
        root = Path(__file__).parents[1]
        done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True,
                              text=True, check=True)  # fmt: skip
        what = "from the start of Python to the first result"
        rows.append(declared(what, float(done.stdout), "s", 4))
    print_table(LIMITS, rows)


def _kept(store: Store, workers: Timed) -> float:
    """Seconds from the first result to the last of the units, all kept."""
    finish(work(UNITS), store, workers, label="trivial", progress=False)
    return time.perf_counter() - workers.first


if __name__ == "__main__":
    main()
