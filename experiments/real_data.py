"""The main figure's curves on real data, on the training points and on points that are held out.

The claims C1 to C4 speak of the training loss, and say nothing of other data; whether the order of
the methods survives there is judged beside them. A replicate is another split of the same points
and other initial weights, so that intervals speak of splits, not of new data.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pandas as pd
from matplotlib.figure import Figure

import figures.real_data
from experiments import pruned_vs_scratch
from experiments.engine import experiment
from experiments.engine.experiment import Experiment
from theory import InvalidInput, RealData, Training, Verdict
from theory.datasets import DATASETS
from theory.errors import check_choice


@dataclass(frozen=True)
class Config(experiment.Config):
    """The main figure's curves on real data."""

    data: tuple[str, ...] = tuple(DATASETS)
    """digits, diabetes, breast_cancer, wine"""
    samples: int = 400
    """training points at most; a quarter of the points is held out first"""
    pool_size: int = 3000
    """N, the number of neurons in the pool"""
    smallest: int = 10
    """the least size n"""
    largest: int = 990
    """the largest size n"""
    step: int = 70
    """from one size to the next"""
    training: Training = field(default_factory=Training)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.data:
            raise InvalidInput("data is empty; name at least one data set")
        for name in self.data:
            check_choice("data", name, DATASETS)
            self.on(name)

    def on(self, name: str) -> pruned_vs_scratch.Config:
        """The main figure's configuration on one data set."""
        fields = ("replicates", "seed", "block", "pool_size", "smallest", "largest", "step",
                  "training")  # fmt: skip
        shared = {field: getattr(self, field) for field in fields}
        return pruned_vs_scratch.Config(**shared, problem=_source(name, self.samples))


def _source(name: str, most: int) -> RealData:
    """The data set, with as many training points as there are or are wanted."""
    points = DATASETS[name].points
    return RealData(name=name, samples=min(most, points - RealData().held_out(points)))


@dataclass(frozen=True)
class Part:
    """The pool, or networks of some widths, on one data set."""

    data: str
    of: pruned_vs_scratch.Prune | pruned_vs_scratch.Scratch


def parts(config: Config) -> list[Part]:
    """What the main figure computes, for every data set."""
    return [
        Part(name, part)
        for name in config.data
        for part in pruned_vs_scratch.parts(config.on(name))
    ]


def run(config: Config, replicates: range, part: Part) -> pd.DataFrame:
    """The rows of one part of the main figure, with the name of the data set."""
    rows = pruned_vs_scratch.run(config.on(part.data), replicates, part.of)
    return rows.assign(data=part.data)


def judge(config: Config, table: pd.DataFrame) -> list[Verdict]:
    """C1 to C4 on every data set, and who is ahead on held-out data."""
    verdicts = []
    for name in config.data:
        rows = table[table["data"] == name]
        own = config.on(name)
        found = pruned_vs_scratch.judge_claims(own.sizes, pruned_vs_scratch.rates(rows), rows)
        verdicts += [verdict.about(f"{name}: {verdict.claim}") for verdict in found]
    return verdicts


def draw(config: Config, table: pd.DataFrame) -> Figure:
    """One column a data set, training loss above held-out loss."""
    labels = {
        name: f"{name.replace('_', ' ')}, m = {config.on(name).problem.samples}"
        for name in config.data
    }
    return figures.real_data.draw(table, labels)


EXPERIMENT = Experiment(
    name="real_data",
    title="The main figure on real data",
    presets={
        "quick": replace(
            Config(), data=("diabetes", "wine"), replicates=5, samples=100, pool_size=1000, step=196
        ),
        "paper": Config(),
    },
    parts=parts,
    run=run,
    order=("data", "method", "replicate", "n"),
    judge=judge,
    draw=draw,
    required=("loss", "held_out"),
)
