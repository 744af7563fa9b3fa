"""What an experiment is: a configuration, one block of replicates, its claims, its figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pandas as pd
from matplotlib.figure import Figure

from theory import Verdict


class Config(Protocol):
    """What every experiment's frozen configuration has."""

    @property
    def replicates(self) -> int: ...
    @property
    def seed(self) -> int: ...
    @property
    def block(self) -> int: ...


@dataclass(frozen=True)
class Experiment:
    """One entry of the registry.

    A task computes one *part* (say, a few widths) for one fixed *block* of replicates and returns
    rows of a tidy table; nothing but the configuration, the block and the part may decide them.
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
