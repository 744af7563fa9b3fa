"""What an experiment is: a configuration, one block of replicates, its claims, its figure."""

from __future__ import annotations

import importlib.util
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from theory import InvalidInput, Outcome, Verdict
from theory.errors import check_count


@dataclass(frozen=True)
class Config:
    """What every experiment's configuration has; a subclass adds its own fields."""

    replicates: int = 20
    """independent repetitions: everything random is drawn anew"""
    seed: int = 0
    """the root of all random numbers"""
    block: int = 5
    """replicates computed together, always whole blocks; a change may change rounding"""

    def __post_init__(self) -> None:
        check_count("replicates", self.replicates)
        check_count("seed", self.seed, least=0)
        check_count("block", self.block)


@dataclass(frozen=True)
class Experiment:
    """One entry of the registry.

    A unit of work computes one *part* (say, a few widths) for one fixed *block* of replicates and
    returns rows of a tidy table with a column `replicate`; nothing but the configuration (without
    its number of replicates), the block and the part may decide them.
    """

    name: str
    title: str
    presets: Mapping[str, Any]
    """preset name -> configuration"""
    parts: Callable[[Any], Sequence[Any]]
    run: Callable[[Any, range, Any], pd.DataFrame]
    """(configuration, replicates, part) -> rows"""
    order: Sequence[str]
    """the columns that sort the finished table"""
    judge: Callable[[Any, pd.DataFrame], list[Verdict]]
    draw: Callable[[Any, pd.DataFrame], Figure]
    memory: Callable[[Any], int] | None = None
    """bytes that the largest unit takes; None where it does not matter"""
    version: int = 1
    """to be raised when a change of the code changes results: older ones are then computed again"""
    required: Sequence[str] = ()
    """columns in which NaN means that something went wrong"""
    needs: Sequence[str] = ()
    """modules that a plain installation lacks; the extra `deep` brings them"""


def check_installed(what: str, modules: Sequence[str]) -> None:
    """Raise `InvalidInput` if one of the extra `deep`'s modules that `what` needs is missing."""
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        raise InvalidInput(
            f"{what} needs {', '.join(missing)}, which the extra `deep` brings; make deep, or "
            "pip install -e '.[deep]'"
        )


def merge_outcomes(
    claim: str, outcomes: Sequence[str], slacks: Sequence[float], predicted: str = "slack ≥ 1"
) -> Verdict:
    """One verdict for many instances: violated by any, else holding on those that it applies to."""
    found = Counter(outcomes)
    for outcome in (Outcome.FAILS, Outcome.HOLDS, Outcome.INCONCLUSIVE, Outcome.DOES_NOT_APPLY):
        if found[outcome]:
            break
    counts = ", ".join(f"{count} {name}" for name, count in found.items())
    spoken = [
        s for s, o in zip(slacks, outcomes, strict=True) if o in (Outcome.HOLDS, Outcome.FAILS)
    ]
    least = min(spoken) if spoken else None
    sentence = f"{len(outcomes)} instances: {counts}"
    sentence += "." if least is None else f"; least slack at any n {least:.3g}."
    return Verdict(claim, outcome, predicted, least, None, sentence)
