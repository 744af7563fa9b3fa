"""Is direct training Θ(1/n)? The law of large numbers at fixed time, and what becomes of it later.

Mean-field theory (Mei, Montanari, Nguyen 2018; Rotskoff, Vanden-Eijnden 2018; Sirignano,
Spiliopoulos 2020): at any fixed time t a network of n neurons is 1/√n away from its limit f_∞(t),

    E‖f_n(t) − f_∞(t)‖² ≈ V(t)/n,     E L_n(t) − L_∞(t) ≈ C(t)/n,

and V(t) dies out for t → ∞ if the limit interpolates (Chen, Rotskoff, Bruna, Vanden-Eijnden 2020).
The limit is estimated by much wider networks. What their randomness adds is estimated and
subtracted; their mean's own distance from the limit, of the order 1/(their width), is not.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import figures.mean_field
from experiments.data import Source
from experiments.engine import experiment
from experiments.engine.experiment import Experiment
from experiments.engine.seeds import stream
from experiments.pools import log_sizes, problems
from theory import (
    Estimate,
    InvalidInput,
    Problem,
    Teacher,
    Training,
    Verdict,
    descend,
    jackknife,
    judge_within,
    mean_curve_exponent,
    random_network,
)
from theory.errors import Floats, check_count

_MOST_COPIES = 16


@dataclass(frozen=True)
class Config(experiment.Config):
    """Distance of networks of n neurons from their limit, over n and training time."""

    replicates: int = 24
    """problems, each with its own networks"""
    block: int = 2
    """replicates computed together"""
    widths: tuple[int, ...] = (32, 64, 128, 256, 512, 1024, 2048)
    """n"""
    fit_from: int = 256
    """exponents are fitted from this n on"""
    reference: int = 16_384
    """width of the networks that stand for the limit"""
    references: int = 2
    """how many of them are averaged"""
    judged: tuple[int, ...] = (3, 10, 30, 100, 400)
    """steps at which the exponent is judged; the largest is trained to"""
    problem: Source = field(default_factory=Teacher)
    training: Training = field(default_factory=Training)
    """its steps are replaced by the largest of `judged`"""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_count("references", self.references, least=2)
        for name in ("widths", "judged"):
            values = getattr(self, name)
            for value in values:
                check_count(name, value)
            if len(values) < 2 or list(values) != sorted(set(values)):
                raise InvalidInput(f"{name} is {values}; it must be increasing, two or more")
        if sum(n >= self.fit_from for n in self.widths) < 3:
            raise InvalidInput(
                f"fit_from is {self.fit_from} and widths is {self.widths}; a rate needs three "
                "widths from fit_from on"
            )
        if self.reference < 4 * self.widths[-1]:
            raise InvalidInput(
                f"reference is {self.reference}; it must be at least four times the largest width, "
                f"{4 * self.widths[-1]}"
            )

    @property
    def steps(self) -> list[int]:
        """The steps at which networks are compared: 0, then about 6 a decade."""
        return [0, *np.union1d(log_sizes(self.judged[-1], 6), self.judged).astype(int).tolist()]


def run(config: Config, replicates: range, part: str) -> pd.DataFrame:
    """Rows (replicate, step, n): squared distance from the limit, excess loss, and the limit's."""
    del part
    drawn = problems(config.problem, config.seed, replicates)
    return pd.concat(
        [_one(config, r, problem) for r, problem in zip(replicates, drawn, strict=True)],
        ignore_index=True,
    )


def _one(config: Config, replicate: int, problem: Problem) -> pd.DataFrame:
    limits = _outputs(config, replicate, problem, config.reference, config.references)
    limit = limits.mean(axis=0)
    # Of the mean of R reference networks: the variance between them, divided by R.
    error = np.square(limits - limit).mean(axis=2).sum(axis=0)
    error /= config.references * (config.references - 1)
    limit_loss = 0.5 * np.square(limit - problem.target).mean(axis=1) - 0.5 * error
    frames = []
    for width in config.widths:
        copies = int(np.clip(2 * config.widths[-1] // width, 1, _MOST_COPIES))
        outputs = _outputs(config, replicate, problem, width, copies)
        square = np.square(outputs - limit).mean(axis=(0, 2)) - error
        loss = 0.5 * np.square(outputs - problem.target).mean(axis=(0, 2))
        frames.append(
            pd.DataFrame(
                {
                    "replicate": replicate,
                    "step": config.steps,
                    "n": width,
                    "square": square,
                    "loss": loss,
                    "excess": loss - limit_loss,
                    "limit_loss": limit_loss,
                    "limit_error": error,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _outputs(config: Config, replicate: int, problem: Problem, width: int, copies: int) -> Floats:
    """(copies, steps, m) the outputs of independent networks of one width at the compared steps."""
    networks = [
        random_network(
            width,
            problem.dimension,
            seed=stream(config.seed, "network", replicate=replicate, width=width, copy=copy),
            activation=config.problem.activation,
        )
        for copy in range(copies)
    ]
    training = replace(config.training, steps=config.judged[-1])
    trajectories = descend([problem] * copies, networks, training, snapshots=config.steps)
    return np.array(
        [[t.snapshots[step].predict(problem.inputs) for step in config.steps] for t in trajectories]
    )


def rates(config: Config, table: pd.DataFrame, column: str) -> dict[int, Estimate]:
    """judged step -> exponent in n of the mean of "square", ‖f_n − f_∞‖², or "excess", L_n − L_∞.

    Of the mean, since what is left of single ones, the limit's error subtracted, may be below 0.
    """
    return {
        step: mean_curve_exponent(*_curves(config, table, step, column)) for step in config.judged
    }


def _curves(config: Config, table: pd.DataFrame, step: int, column: str) -> tuple[Floats, Floats]:
    rows = table[(table["step"] == step) & (table["n"] >= config.fit_from)]
    wide = rows.pivot(index="replicate", columns="n", values=column)
    return wide.columns.to_numpy(float), wide.to_numpy(float)


def judge(config: Config, table: pd.DataFrame) -> list[Verdict]:
    """The law of large numbers at fixed times, the excess loss, and the end of the fluctuation."""
    verdicts = []
    sizes = f"n = {config.fit_from} to {config.widths[-1]}"
    for what, column, band in (("‖f_n − f_∞‖²", "square", 0.1), ("E L_n − L_∞", "excess", 0.2)):
        for step, estimate in rates(config, table, column).items():
            claim = f"{what} after {step} steps, {sizes}: exponent"
            edges = (1 - band, 1 + band)
            verdicts.append(judge_within(claim, estimate, edges, predicted=f"1 ± {band:g}"))
    return [*verdicts, _judge_end(config, table)]


def _judge_end(config: Config, table: pd.DataFrame) -> Verdict:
    """Has the fluctuation of the widest networks all but died out between two fixed times?"""
    first, last = config.judged[0], config.judged[-1]
    widest = table[table["n"] == config.widths[-1]]
    wide = widest.pivot(index="replicate", columns="step", values="square")[[first, last]]
    ratio = jackknife(
        wide.to_numpy(float),
        lambda mean: float(np.log(mean[1] / mean[0])) if mean.min() > 0 else float("nan"),
    )
    claim = f"n·‖f_n − f_∞‖² falls below 1 % from {first} to {last} steps, n = {config.widths[-1]}"
    return judge_within(claim, ratio.exponential(), (0.0, 0.01), predicted="below 0.01", digits=5)


def draw(config: Config, table: pd.DataFrame) -> Figure:
    """Distance and excess loss against n at the judged times; n times the distance against time."""
    return figures.mean_field.draw(
        table, rates(config, table, "square"), rates(config, table, "excess")
    )


EXPERIMENT = Experiment(
    name="mean_field",
    title="Direct training: the law of large numbers, and its end",
    presets={
        "quick": Config(
            replicates=8,
            widths=(64, 128, 256, 512),
            fit_from=128,
            reference=2048,
            judged=(3, 10, 30, 100),
        ),
        "paper": Config(),
    },
    parts=lambda _: ["all"],
    run=run,
    order=("replicate", "step", "n"),
    judge=judge,
    draw=draw,
    required=("square", "excess"),
)
