"""Bringing units to their end: what the store has is skipped, what comes in is kept at once."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from tqdm import tqdm

import theory
from experiments.engine.experiment import Config, Experiment
from experiments.engine.store import Store, keys_of
from experiments.engine.unit import Result, Unit
from experiments.engine.workers import Workers
from theory.memory import available, check_memory

_PACKAGES = ("goodsubnets", "numpy", "scipy", "pandas")


@dataclass(frozen=True)
class Summary:
    """How many of some units were there already, were computed now, and have failed."""

    skipped: int
    computed: int
    failed: int
    """now, or earlier and not tried again"""
    left: int
    """not tried, since `fail_fast` stopped"""


def affordable(work: Iterable[tuple[Experiment, Config]], wanted: int) -> int:
    """As many of the `wanted` workers on this machine as fit into memory together.

    Raises `InvalidInput` if not even one does.
    """
    needed, largest = max(
        ((e.memory(c), e.name) for e, c in work if e.memory is not None), default=(0, "")
    )
    if needed == 0 or wanted * needed <= available():
        return wanted
    check_memory(f"the largest unit of {largest}", needed, "ask for smaller pools")
    return min(wanted, max(1, available() // needed))


def finish(
    units: Sequence[Unit],
    store: Store,
    workers: Workers,
    *,
    label: str,
    retry: bool = False,
    fail_fast: bool = False,
    progress: bool = True,
    needs: Sequence[str] = (),
) -> Summary:
    """Compute the units that the store does not have, and keep each as it ends.

    Units that failed earlier are left alone unless `retry`; `fail_fast` stops at the first failure.
    `needs` are modules whose versions matter besides the usual.
    """
    units = list({unit.key: unit for unit in units}.values())
    states = store.states(keys_of(units))
    failed = 0 if retry else sum(state == "failed" for state in states.values())
    again = {key for key, state in states.items() if state == "failed"} if retry else set()
    todo = [unit for unit in units if unit.key not in states or unit.key in again]
    computed = 0
    bar = tqdm(
        total=len(todo), desc=label, unit="unit", disable=None if progress else True, delay=1.0
    )
    started = time.perf_counter()
    source = origin(needs) if todo else {}
    try:
        for batch in workers.results(todo):
            store.save(batch, source)
            bar.update(len(batch))
            computed += len(batch)
            failed += _failures(batch)
            if fail_fast and failed:
                break
    finally:
        bar.close()
        if computed:
            store.add_wall(work_name(units), time.perf_counter() - started, max(1, workers.count))
    return Summary(len(units) - len(todo), computed, failed, len(todo) - computed)


def work_name(units: Sequence[Unit]) -> str:
    """A name for a whole list of units, under which the store adds up its wall time."""
    return hashlib.sha256("".join(sorted(keys_of(units))).encode()).hexdigest()


def _failures(batch: Sequence[Result]) -> int:
    return sum(result.table is None for result in batch)


def origin(needs: Sequence[str] = ()) -> dict[str, Any]:
    """The machine, the versions and the code that results come from."""
    versions = {"python": platform.python_version()}
    used = dict.fromkeys([*_PACKAGES, *(["torch"] if "torch" in sys.modules else []), *needs])
    versions |= {name.replace("_", "-"): metadata.version(name) for name in used}
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    return {"machine": machine, "versions": versions, "code": fingerprint()}


@cache
def fingerprint() -> str:
    """A hash of the source of `theory` and `experiments`, to notice results of other code."""
    digest = hashlib.sha256()
    roots = [Path(theory.__file__).parent, Path(__file__).parents[1]]
    for path in sorted(path for root in roots for path in root.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
