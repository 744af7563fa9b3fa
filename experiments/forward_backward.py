"""Forward against backward: the paper's claim C5, and a pool on which backward is stuck.

On pools of trained neurons: greedy forward with and without repetition, backward elimination,
a random subset, the largest norms. And on the pool of `theory.guarantees.backward_stuck`, where
backward elimination stays at ½ while forward is below 1/(2n²).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import figures.forward_backward
from experiments.data import Source
from experiments.engine import experiment
from experiments.engine.experiment import Experiment
from experiments.engine.seeds import stream
from experiments.pools import log_sizes, trained_pools
from theory import (
    InvalidInput,
    Pool,
    Teacher,
    Training,
    Verdict,
    examine,
    guarantees,
    judge_below,
    judge_guarantee,
    mean_estimate,
    rules,
)
from theory.errors import check_count
from theory.guarantees.backward_stuck import counterexample
from theory.verdict import Outcome

COMPARED = (
    "greedy_forward",
    "greedy_forward_without_repetition",
    "backward_elimination",
    "random_subset",
    "largest_norm",
)
_AT = (10, 50, 100, 200, 500)


@dataclass(frozen=True)
class Config(experiment.Config):
    """Forward selection against backward elimination."""

    neurons: int = 1000
    """N, the number of trained neurons"""
    stuck: int = 100
    """K of the pool on which backward is stuck; it has K + 3 atoms"""
    problem: Source = field(default_factory=Teacher)
    training: Training = field(default_factory=Training)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_count("stuck", self.stuck, least=2)
        if self.neurons < 2 * _AT[0]:
            raise InvalidInput(f"neurons is {self.neurons}; it must be at least {2 * _AT[0]}")


def run(config: Config, replicates: range, part: str) -> pd.DataFrame:
    """The rows of the trained pools ("neurons"), or of the one pool where backward is "stuck"."""
    if part == "stuck":
        pool = counterexample(config.stuck)
        return pd.concat([_rows(config, part, r, pool) for r in replicates], ignore_index=True)
    drawn = trained_pools(config.problem, config.training, config.neurons, config.seed, replicates)
    return pd.concat(
        [_rows(config, part, r, p.trained) for r, p in zip(replicates, drawn, strict=True)],
        ignore_index=True,
    )


def _rows(config: Config, kind: str, replicate: int, pool: Pool) -> pd.DataFrame:
    sizes = log_sizes(pool.size)
    frames = []
    for name in COMPARED:
        options = {}
        if name == "random_subset":
            options["seed"] = stream(config.seed, "subset", replicate=replicate)
        selection = rules.ALL[name](pool, pool.size, **options)
        frames.append(
            pd.DataFrame(
                {
                    "pool": kind,
                    "rule": name,
                    "replicate": replicate,
                    "n": sizes,
                    "distinct": selection.distinct[sizes - 1],
                    "loss": selection.losses[sizes - 1],
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def judge(config: Config, table: pd.DataFrame) -> list[Verdict]:
    """C5 at several sizes, with and without repetition; and the pool where backward is stuck."""
    verdicts = []
    neurons = table[table["pool"] == "neurons"]
    sizes = neurons["n"].unique()
    for wanted in [n for n in _AT if n < config.neurons]:
        n = int(sizes[np.argmin(np.abs(sizes - wanted))])
        wide = neurons[neurons["n"] == n].pivot(index="replicate", columns="rule", values="loss")
        for rule in COMPARED[:2]:
            ratio = mean_estimate(np.log(wide[rule] / wide["backward_elimination"]))
            verdicts.append(judge_below(f"C5: {rule} below backward at n = {n}", ratio))
    return [*verdicts, *_judge_stuck(config)]


def _judge_stuck(config: Config) -> list[Verdict]:
    pool = counterexample(config.stuck)
    geometry = examine(pool)
    backward = rules.backward_elimination(pool)
    forward = rules.greedy_forward(pool, pool.size)
    stuck = judge_guarantee(guarantees.ALL["backward_stuck"], geometry, backward)
    n = np.arange(1.0, pool.size + 1)
    slack = float((1 / (2 * n**2) - forward.losses).min())
    outcome = Outcome.HOLDS if slack >= -1e-15 else Outcome.FAILS
    sentence = (
        f"forward is at most 1/(2n²) at every n up to {pool.size}, and its loss at n = 2 is "
        f"{forward.losses[1]:g}."
    )
    return [
        stuck.about(f"backward is stuck at ½ for n ≤ {config.stuck // 2}"),
        Verdict(
            "forward on the same pool", outcome, "≤ 1/(2n²)", None, None, sentence,
            found="≤ 1/(2n²)" if outcome is Outcome.HOLDS else "above 1/(2n²)",
        ),
    ]  # fmt: skip


def draw(config: Config, table: pd.DataFrame) -> Figure:
    """Trained neurons, and the pool where backward is stuck."""
    del config
    return figures.forward_backward.draw(table)


EXPERIMENT = Experiment(
    name="forward_backward",
    title="Forward against backward",
    presets={"quick": Config(replicates=5, neurons=500), "paper": Config()},
    parts=lambda _: ["neurons", "stuck"],
    run=run,
    order=("pool", "rule", "replicate", "n"),
    judge=judge,
    draw=draw,
    required=("loss",),
)
