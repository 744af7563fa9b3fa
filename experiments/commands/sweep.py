"""sweep, status, export: many configurations of one experiment."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import tyro

from experiments.commands.options import DEFAULT_STORE, UNPREFIXED, Engine
from experiments.commands.reproduce import explain
from experiments.engine.drive import finish
from experiments.engine.experiment import check_installed
from experiments.engine.store import Store, driver, keys_of, open_store
from experiments.engine.sweep import Point, Sweep, read_sweep
from experiments.engine.unit import Unit, gather, units
from experiments.engine.workers import RunFailed
from figures.files import replacing
from theory import InvalidInput

_SHOWN = 5  # failures that `status` tells in words


@dataclass(frozen=True)
class Run:
    """Run every point of a grid; what the store has is skipped."""

    file: tyro.conf.Positional[Path]
    """TOML file with the experiment, fixed fields and axes"""
    engine: Annotated[Engine, UNPREFIXED] = dataclasses.field(default_factory=Engine)


@dataclass(frozen=True)
class Status:
    """What the store holds: of one sweep, or of everything."""

    file: tyro.conf.Positional[Path | None] = None
    """TOML file of a sweep; without it, the whole store"""
    store: Path = DEFAULT_STORE
    """file that keeps the runs"""


@dataclass(frozen=True)
class Export:
    """Write the finished runs of a sweep as one tidy table."""

    file: tyro.conf.Positional[Path]
    """TOML file of the sweep"""
    out: Path
    """table to write, .csv or .parquet"""
    store: Path = DEFAULT_STORE
    """file that keeps the runs"""


def sweep(args: list[str]) -> None:
    """Run a sweep."""
    options = tyro.cli(Run, args=args, prog="subnets sweep")
    plan = read_sweep(options.file)
    check_installed(plan.name, plan.experiment.needs)
    work = all_units(plan)
    planned = [(plan.experiment, point.config) for point in plan.points]
    with options.engine.opened(options.engine.store_path(), planned) as (store, workers):
        print(f"{plan.name}: {len(plan.points)} points, {len(work)} units of work", flush=True)
        summary = finish(
            work,
            store,
            workers,
            label=plan.name,
            retry=options.engine.retry,
            fail_fast=options.engine.fail_fast,
            needs=plan.experiment.needs,
        )
        counts = f"{summary.skipped} were there, {summary.computed} computed now"
        print(f"{counts}, {summary.failed} failed, {summary.left} left")
        if summary.failed:
            raise RunFailed(explain(plan.name, store, keys_of(work), summary))


def all_units(plan: Sweep) -> list[Unit]:
    """The units of every point."""
    return [unit for point in plan.points for unit in units(plan.experiment, point.config)]


def status(args: list[str]) -> None:
    """Print how far a sweep is, or what the store holds."""
    options = tyro.cli(Status, args=args, prog="subnets status")
    with open_store(options.store, write=False) as store:
        if options.file is None:
            _print_totals(store)
        else:
            _print_progress(store, read_sweep(options.file))
    if at_work := driver(options.store):
        print(f"at work: {at_work}")


def _print_totals(store: Store) -> None:
    totals = store.totals()
    if not totals:
        print(f"{store.path} is empty")
    for experiment, state, count, seconds in totals:
        print(f"{experiment:24} {state:8} {count:7} units {seconds:10.1f} s of computing")


def _print_progress(store: Store, plan: Sweep) -> None:
    keys = list(dict.fromkeys(keys_of(all_units(plan))))
    counts = Counter(store.states(keys).values())
    left = len(keys) - counts.total()
    print(f"{plan.name}: {counts['done']} done, {counts['failed']} failed, {left} left")
    took = store.seconds(keys)
    if took and left:
        needed = left * sum(took) / len(took)
        print(f"about {needed:.0f} s of computing left, over all workers")
    failures = store.failures(keys)
    for failed in failures[:_SHOWN]:
        print(f"  failed: {failed.part}: {failed.error}")
    if len(failures) > _SHOWN:
        print(f"  and {len(failures) - _SHOWN} more")


def export(args: list[str]) -> None:
    """Write a sweep's table."""
    options = tyro.cli(Export, args=args, prog="subnets export")
    if options.out.suffix not in (".csv", ".parquet"):
        raise InvalidInput(f"out is {options.out}; its name must end in .csv or .parquet")
    plan = read_sweep(options.file)
    with open_store(options.store, write=False) as store:
        table = sweep_table(plan, store)
    with replacing(options.out) as scratch:
        if options.out.suffix == ".csv":
            table.to_csv(scratch, index=False)
        else:
            table.to_parquet(scratch, index=False)
    print(f"{len(table)} rows written to {options.out}")


def sweep_table(plan: Sweep, store: Store) -> pd.DataFrame:
    """The rows of all finished units, the axes as columns in front.

    Raises `InvalidInput` if nothing is finished.
    """
    frames = [frame for point in plan.points if (frame := _rows(plan, point, store)) is not None]
    if not frames:
        raise InvalidInput(f"store {store.path} has nothing of {plan.name}; run the sweep first")
    return pd.concat(frames, ignore_index=True)


def _rows(plan: Sweep, point: Point, store: Store) -> pd.DataFrame | None:
    tables = store.tables(keys_of(units(plan.experiment, point.config)))
    if not tables:
        return None
    table = gather(tables, plan.experiment, point.config)
    clash = [name for name in point.axes if name in table]
    names = {name: f"config.{name}" if name in clash else name for name in point.axes}
    for position, (name, value) in enumerate(point.axes.items()):
        table.insert(position, names[name], _cell(value, len(table)))
    return table


def _cell(value: Any, rows: int) -> Sequence[Any]:
    """An axis value for every row; a list as text, so that every format can hold it."""
    return [str(value) if isinstance(value, tuple) else value] * rows
