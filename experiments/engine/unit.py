"""The unit of work: one part of an experiment for one fixed block of replicates.

What a unit computes is decided by its experiment, the version of that experiment's code, its
configuration, its part and its block, and by nothing else: not by how many replicates are asked for
(blocks are always computed whole), nor by how the work is spread. So a hash of these names it.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pandas as pd
from threadpoolctl import threadpool_limits

from experiments.engine.experiment import Config, Experiment
from experiments.engine.plain import named_plain, to_plain
from theory import SubnetsError


@dataclass(frozen=True)
class Unit:
    """One part for one block of replicates."""

    experiment: str
    version: int
    measure: Callable[[Any, range, Any], pd.DataFrame]
    required: tuple[str, ...]
    config: Any
    """the number of replicates asked for does not enter: it is that of the block"""
    part: Any
    replicates: range

    @cached_property
    def settings(self) -> dict[str, Any]:
        """The configuration without the number of replicates, as plain values."""
        plain = to_plain(self.config)
        del plain["replicates"]
        return plain

    @cached_property
    def key(self) -> str:
        """A hash of everything that decides the result."""
        named = [
            f"{self.measure.__module__}:{self.experiment}",
            self.version,
            self.settings,
            named_plain(self.part),
            [self.replicates.start, self.replicates.stop],
        ]
        text = json.dumps(named, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def __str__(self) -> str:
        last = self.replicates.stop - 1
        return f"{self.experiment} {self.part} replicates {self.replicates.start}-{last}"

    def compute(self) -> pd.DataFrame:
        """The rows of this unit, on one thread. Raises `Unusable` for a table that is not whole."""
        with threadpool_limits(1):
            table = self.measure(self.config, self.replicates, self.part)
        _check_whole(table, self.required, self.replicates)
        return table


class Unusable(SubnetsError):
    """A run returned a table with a missing column, NaN where a number must be, or no rows."""


@dataclass(frozen=True)
class Result:
    """A unit that has ended: with a table, or with what went wrong."""

    unit: Unit
    seconds: float
    table: bytes | None = None
    """in Arrow's file format"""
    error: str = ""
    """one line"""
    details: str = ""
    """the traceback"""


def attempt(unit: Unit) -> Result:
    """Compute a unit; whatever it raises becomes a failed result."""
    started = time.perf_counter()
    try:
        table = pack(unit.compute())
    except (Exception, SystemExit) as error:
        seconds = time.perf_counter() - started
        return failure(unit, seconds, error)
    return Result(unit, time.perf_counter() - started, table)


def failure(unit: Unit, seconds: float, error: BaseException) -> Result:
    """The result of a unit that raised."""
    details = "".join(traceback.format_exception(error))
    first, *_ = f"{type(error).__name__}: {error}".splitlines()
    return Result(unit, seconds, None, first, details)


def units(experiment: Experiment, config: Config) -> list[Unit]:
    """All units of one configuration, in blocks that hold every replicate asked for."""
    settled = replace(config, replicates=config.block)
    blocks = [
        range(start * config.block, (start + 1) * config.block)
        for start in range(math.ceil(config.replicates / config.block))
    ]
    return [
        Unit(
            experiment.name,
            experiment.version,
            experiment.run,
            tuple(experiment.required),
            settled,
            part,
            block,
        )
        for part in experiment.parts(config)
        for block in blocks
    ]


def gather(tables: Sequence[pd.DataFrame], experiment: Experiment, config: Config) -> pd.DataFrame:
    """The sorted table of the replicates asked for, from the tables of their units."""
    table = pd.concat(tables, ignore_index=True)
    table = table[table["replicate"] < config.replicates]
    return table.sort_values(list(experiment.order), ignore_index=True)


def compute(experiment: Experiment, config: Config) -> pd.DataFrame:
    """Everything in this process, without a store: for small work and for tests."""
    return gather([unit.compute() for unit in units(experiment, config)], experiment, config)


def pack(table: pd.DataFrame) -> bytes:
    """A table as bytes; `unpack` gives back every bit."""
    buffer = io.BytesIO()
    table.reset_index(drop=True).to_feather(buffer, compression="zstd")
    return buffer.getvalue()


def unpack(content: bytes) -> pd.DataFrame:
    """The table that `pack` packed."""
    return pd.read_feather(io.BytesIO(content))


def _check_whole(table: object, required: Sequence[str], replicates: range) -> None:
    if not isinstance(table, pd.DataFrame):
        raise Unusable(f"a {type(table).__name__} was returned, and no table")
    for column in ("replicate", *required):
        if column not in table:
            raise Unusable(f"the table has no column {column!r}")
        missing = table[column].isna()
        if missing.any():
            where = table[missing].iloc[0].dropna().to_dict()
            raise Unusable(f"{column} is not a number at {where}")
    if set(table["replicate"]) != set(replicates):
        raise Unusable(f"the table has replicates {sorted(set(table['replicate']))}")
