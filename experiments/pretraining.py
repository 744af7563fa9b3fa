"""How long must a pool be trained before it is pruned?

Wolfe et al. (arXiv:2108.00259) bound the pre-training that greedy selection needs by the logarithm
of the number of data points. Measured here: the loss of the subnetwork of size n against the
pool's training time, for several m, and the number of steps that brings half of what training
brings at all. Claim C8.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import figures.pretraining
from experiments.engine import experiment
from experiments.engine.experiment import Experiment
from experiments.pools import log_sizes, pool_trajectories
from theory import (
    InvalidInput,
    Outcome,
    Pool,
    Teacher,
    Training,
    Verdict,
    fit_rate,
    judge_within,
    mean_estimate,
    rules,
)
from theory.errors import Floats, check_count


@dataclass(frozen=True)
class Config(experiment.Config):
    """Loss of the subnetwork against the pool's training time."""

    replicates: int = 12
    """problems for every m"""
    block: int = 4
    """replicates computed together"""
    pool_size: int = 3000
    """N"""
    samples: tuple[int, ...] = (25, 50, 100, 200, 400)
    """m"""
    sizes: tuple[int, ...] = (100, 300, 1000)
    """n"""
    steps: int = 1000
    """of the pool's training, at the longest"""
    teacher: Teacher = field(default_factory=Teacher)
    """its samples are replaced by those above"""
    training: Training = field(default_factory=Training)
    """its steps are replaced by those above"""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_count("pool_size", self.pool_size)
        check_count("steps", self.steps, least=10)
        for name in ("samples", "sizes"):
            values = getattr(self, name)
            for value in values:
                check_count(name, value)
            if not values or list(values) != sorted(set(values)):
                raise InvalidInput(f"{name} is {values}; it must be increasing and not empty")

    @property
    def times(self) -> list[int]:
        """The steps at which the pool is pruned: 0, then about 6 a decade."""
        return [0, *np.union1d(log_sizes(self.steps, 6), [self.steps]).astype(int).tolist()]


def run(config: Config, replicates: range, samples: int) -> pd.DataFrame:
    """Rows (samples, n, replicate, step, loss, dense) of one m for one block."""
    teacher = replace(config.teacher, samples=samples)
    training = replace(config.training, steps=config.steps)
    drawn, trajectories = pool_trajectories(
        teacher, training, config.pool_size, config.seed, replicates, config.times
    )
    at = np.array(config.sizes) - 1
    frames = []
    for r, problem, trajectory in zip(replicates, drawn, trajectories, strict=True):
        for step in config.times:
            network = trajectory.snapshots[step]
            pool = Pool(network.atoms(problem.inputs), problem.target)
            frames.append(
                pd.DataFrame(
                    {
                        "samples": samples,
                        "n": config.sizes,
                        "replicate": r,
                        "step": step,
                        "loss": rules.greedy_forward(pool, config.sizes[-1]).losses[at],
                        "dense": problem.loss(network.predict(problem.inputs)),
                    }
                )
            )
    return pd.concat(frames, ignore_index=True)


def half_gains(table: pd.DataFrame) -> pd.DataFrame:
    """Per m, n and replicate: steps that bring half of what training brings, in log loss.

    Half of the way from the untrained pool's log loss to the lowest at any time; between the times
    measured, log loss is interpolated in log(1 + steps). NaN where training brings less than 1 %.
    """
    found = []
    for key, rows in table.groupby(["samples", "n", "replicate"]):
        curve = rows.sort_values("step")
        logs, steps = np.log(curve["loss"].to_numpy(float)), curve["step"].to_numpy(float)
        found.append((*key, _half(logs, steps), float(logs[0] - logs.min())))
    return pd.DataFrame(found, columns=["samples", "n", "replicate", "steps", "gain"])


def _half(logs: Floats, steps: Floats) -> float:
    lowest = int(np.argmin(logs))
    if logs[0] - logs[lowest] < 0.01:
        return float("nan")
    goal = (logs[0] + logs[lowest]) / 2
    k = int(np.argmax(logs <= goal))  # the first at or below, never 0
    share = (logs[k - 1] - goal) / (logs[k - 1] - logs[k])
    before, after = np.log1p(steps[k - 1]), np.log1p(steps[k])
    return float(np.expm1(before + share * (after - before)))


def judge(config: Config, table: pd.DataFrame) -> list[Verdict]:
    """C8: does the pre-training needed grow no faster than log m? What does it bring?"""
    del config
    halves = half_gains(table)
    verdicts = []
    for n, rows in halves.groupby("n"):
        verdicts.append(_judge_growth(int(n), rows.pivot(
            index="replicate", columns="samples", values="steps")))  # fmt: skip
    for (n, m), rows in halves.groupby(["n", "samples"]):
        gain = mean_estimate(rows["gain"])
        claim = f"training lowers ln loss of the subnetwork, m = {m}, n = {n}, by"
        verdicts.append(judge_within(claim, gain, (0.01, np.inf), predicted="more than 0.01"))
    return verdicts


def _judge_growth(n: int, halves: pd.DataFrame) -> Verdict:
    """The exponent in m of the steps for half the gain, beside that of log m over the same m."""
    claim = f"C8: n = {n}, steps for half the gain grow no faster than log m: exponent in m"
    gained = halves.notna().all()
    values = halves.loc[:, gained].to_numpy(float)
    samples = halves.columns[gained].to_numpy(float)
    without = ", ".join(f"{m:g}" for m in halves.columns[~gained])
    note = f"; m = {without} left out, where training gains nothing on some problem" * bool(without)
    if len(samples) < 3:
        sentence = f"a growth needs three m{note}."
        return Verdict(claim, Outcome.INCONCLUSIVE, "that of log m", None, None, sentence)
    allowed = -float(fit_rate(samples, np.log(samples)[None]).exponent)
    growth = mean_estimate(-fit_rate(samples, values).exponents.values)
    middle = np.exp(np.log(values).mean(axis=0))
    steps = ", ".join(f"{t:.0f} at m = {m:g}" for m, t in zip(samples, middle, strict=True))
    verdict = judge_within(
        claim, growth, (-np.inf, allowed), predicted=f"at most {allowed:.2f}, that of log m"
    )
    return replace(verdict, sentence=f"{verdict.sentence[:-1]}; {steps}{note}.")


def draw(config: Config, table: pd.DataFrame) -> Figure:
    """Loss against training time for every m, and the steps for half the gain against m."""
    middle = config.sizes[len(config.sizes) // 2]
    return figures.pretraining.draw(table, half_gains(table), [middle, config.sizes[-1]])


EXPERIMENT = Experiment(
    name="pretraining",
    title="How long to train before pruning",
    presets={
        "quick": Config(
            replicates=4, block=2, pool_size=1000, samples=(25, 50, 100), sizes=(100, 300),
            steps=300,
        ),
        "paper": Config(),
    },
    parts=lambda config: list(reversed(config.samples)),
    run=run,
    order=("samples", "n", "replicate", "step"),
    judge=judge,
    draw=draw,
    required=("loss",),
)  # fmt: skip
