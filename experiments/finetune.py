"""Fine-tuning a subnetwork, rewinding it, or starting afresh: which is best at an equal budget?

A subnetwork of size n is selected from a trained pool; then the same number of steps is taken from
(a) its own weights, (b) the weights that its neurons had before the pool was trained (rewinding),
(c) fresh weights for the same neurons, their masses kept, and (d) fresh weights for n neurons of
equal mass. Claim C6 of the paper: (a) beats starting afresh.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import figures.finetune
from experiments.data import Source
from experiments.engine import experiment
from experiments.engine.experiment import Experiment
from experiments.engine.seeds import stream
from experiments.pools import log_sizes, pool_trajectories
from theory import (
    InvalidInput,
    Pool,
    Problem,
    Teacher,
    Training,
    Trajectory,
    TwoLayerNetwork,
    Verdict,
    descend,
    judge_below,
    mean_estimate,
    random_network,
    rules,
)
from theory.errors import check_count

STARTS = ("own weights", "rewound", "fresh, same masses", "fresh, n neurons")


@dataclass(frozen=True)
class Config(experiment.Config):
    """Fine-tuning against rewinding and starting afresh."""

    replicates: int = 12
    """problems"""
    block: int = 3
    """replicates computed together"""
    pool_size: int = 3000
    """N, trained for as many steps as `training` says"""
    sizes: tuple[int, ...] = (30, 60, 100, 200, 300, 500, 1000)
    """n"""
    steps: int = 1000
    """taken from each start"""
    judged: tuple[int, ...] = (200, 1000)
    """steps at which the starts are compared; 0 is left out"""
    problem: Source = field(default_factory=Teacher)
    training: Training = field(default_factory=Training)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_count("pool_size", self.pool_size)
        check_count("steps", self.steps)
        for size in self.sizes:
            check_count("sizes", size)
        if not self.sizes or list(self.sizes) != sorted(set(self.sizes)):
            raise InvalidInput(f"sizes is {self.sizes}; it must be increasing and not empty")
        for step in self.judged:
            check_count("judged", step, most=self.steps)
        if not self.judged:
            raise InvalidInput("judged is empty; give at least one number of steps")

    @property
    def kept(self) -> list[int]:
        """The steps at which losses are kept: 0, then about 8 a decade."""
        return [0, *np.union1d(log_sizes(self.steps, 8), self.judged).astype(int).tolist()]


def run(config: Config, replicates: range, part: str) -> pd.DataFrame:
    """Rows (start, n, replicate, step, loss, distinct) for one block."""
    del part
    drawn, trajectories = pool_trajectories(
        config.problem,
        config.training,
        config.pool_size,
        config.seed,
        replicates,
        [0, config.training.steps],
    )
    return pd.concat(
        [
            _one(config, r, problem, trajectory)
            for r, problem, trajectory in zip(replicates, drawn, trajectories, strict=True)
        ],
        ignore_index=True,
    )


def _one(config: Config, replicate: int, problem: Problem, pool: Trajectory) -> pd.DataFrame:
    atoms = pool.final.atoms(problem.inputs)
    selection = rules.greedy_forward(Pool(atoms, problem.target), config.sizes[-1])
    frames = []
    for size in config.sizes:
        weights = selection.weights(size)
        own, early = (net.subnetwork(weights) for net in (pool.final, pool.snapshots[0]))
        starts = dict(zip(STARTS, [own, early, *_fresh(config, replicate, own, size)], strict=True))
        for name, network in starts.items():
            frames.append(
                pd.DataFrame(
                    {
                        "start": name,
                        "n": size,
                        "replicate": replicate,
                        "step": config.kept,
                        "loss": _losses(config, problem, network),
                        "distinct": network.width,
                        "selected": selection.losses[size - 1],
                    }
                )
            )
    return pd.concat(frames, ignore_index=True)


def _fresh(
    config: Config, replicate: int, subnetwork: TwoLayerNetwork, size: int
) -> list[TwoLayerNetwork]:
    """Fresh weights for the subnetwork's neurons, and for `size` neurons of equal mass."""
    drawn = [
        random_network(
            width,
            subnetwork.hidden.shape[1],
            seed=stream(config.seed, purpose, replicate=replicate, size=size),
            activation=subnetwork.activation,
        )
        for width, purpose in ((subnetwork.width, "fresh masses"), (size, "fresh"))
    ]
    return [replace(drawn[0], mass=subnetwork.mass), drawn[1]]


def _losses(config: Config, problem: Problem, network: TwoLayerNetwork) -> list[float]:
    training = replace(config.training, steps=config.steps)
    (trajectory,) = descend([problem], [network], training, snapshots=config.kept)
    return [
        problem.loss(trajectory.snapshots[step].predict(problem.inputs)) for step in config.kept
    ]


def judge(config: Config, table: pd.DataFrame) -> list[Verdict]:
    """C6 at every size and judged step, and rewinding beside it."""
    verdicts = []
    for step in config.judged:
        for size in config.sizes:
            rows = table[(table["step"] == step) & (table["n"] == size)]
            wide = np.log(rows.pivot(index="replicate", columns="start", values="loss"))
            own = wide[STARTS[0]]
            for other in ("fresh, n neurons", "fresh, same masses"):
                claim = f"C6: n = {size}, {step} steps: fine-tuned below {other}"
                verdicts.append(judge_below(claim, mean_estimate(own - wide[other])))
            claim = f"n = {size}, {step} steps: fine-tuned below rewound"
            verdicts.append(judge_below(claim, mean_estimate(own - wide["rewound"])))
            claim = f"n = {size}, {step} steps: rewound below fresh, same masses"
            ratio = mean_estimate(wide["rewound"] - wide["fresh, same masses"])
            verdicts.append(judge_below(claim, ratio))
    return verdicts


def draw(config: Config, table: pd.DataFrame) -> Figure:
    """Loss against steps for three sizes, and against n at the judged steps."""
    shown = [config.sizes[0], config.sizes[len(config.sizes) // 2], config.sizes[-1]]
    return figures.finetune.draw(table, list(dict.fromkeys(shown)), config.judged[-1])


EXPERIMENT = Experiment(
    name="finetune",
    title="Fine-tune, rewind, or start afresh",
    presets={
        "quick": Config(
            replicates=4, block=2, pool_size=1000, sizes=(30, 100, 300), steps=300, judged=(200,)
        ),
        "paper": Config(),
    },
    parts=lambda _: ["all"],
    run=run,
    order=("start", "n", "replicate", "step"),
    judge=judge,
    draw=draw,
    required=("loss",),
)
