"""How long must a pool be trained before it is pruned?

Wolfe et al. (arXiv:2108.00259) bound the pre-training that greedy selection needs by the logarithm
of the number of data points. Measured here: the loss of the subnetwork of size n against the
pool's training time, for several m, and the number of steps that brings half of what training
brings at all. Claim C8.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import figures.pretraining
from experiments.data import Source
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
    jackknife,
    judge_within,
    mean_estimate,
    rules,
)
from theory.errors import Floats, check_count

_LATE = 3  # of the times; their mean is what training brings in the end


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
    problem: Source = field(default_factory=Teacher)
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
                check_count(name, value, least=2)
            if not values or list(values) != sorted(set(values)):
                raise InvalidInput(f"{name} is {values}; it must be increasing and not empty")

    @property
    def times(self) -> list[int]:
        """The steps at which the pool is pruned: 0, then about 6 a decade."""
        return [0, *np.union1d(log_sizes(self.steps, 6), [self.steps]).astype(int).tolist()]


def run(config: Config, replicates: range, samples: int) -> pd.DataFrame:
    """Rows (samples, n, replicate, step, loss, dense) of one m for one block."""
    source = replace(config.problem, samples=samples)
    training = replace(config.training, steps=config.steps)
    drawn, trajectories = pool_trajectories(
        source, training, config.pool_size, config.seed, replicates, config.times
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


def gains(table: pd.DataFrame) -> pd.DataFrame:
    """(n, m) x replicate: how much lower the late log loss is than the untrained pool's.

    Late: the mean of the last three times, which are fixed beforehand; the lowest of many noisy
    values would always look like a gain.
    """
    late = np.sort(table["step"].unique())[-_LATE:]
    logs = table.assign(log=np.log(table["loss"]))
    keys = ["n", "samples", "replicate"]
    before = logs[logs["step"] == 0].set_index(keys)["log"]
    after = logs[logs["step"].isin(late)].groupby(keys)["log"].mean()
    return (before - after).unstack()


def half_times(table: pd.DataFrame) -> pd.DataFrame:
    """Per n and m: the steps that bring half of the gain, of the mean curve, with an interval.

    Between the times measured, log loss is interpolated in log(1 + steps). Only where the gain's
    own interval excludes 0; NaN elsewhere.
    """
    rows = []
    gained = gains(table)
    for (n, m), part in table.groupby(["n", "samples"]):
        steps, curves = _curves(part)
        gain = mean_estimate(gained.loc[(n, m)].to_numpy(float))
        found = None
        if gain.interval is not None and gain.interval.low > 0:
            found = jackknife(curves, partial(_half, steps=steps)).exponential()
        value = np.nan if found is None else found.value
        low, high = (np.nan, np.nan) if found is None else found.interval or (np.nan, np.nan)
        rows.append((n, m, value, low, high))
    return pd.DataFrame(rows, columns=["n", "samples", "steps", "low", "high"])


def _curves(part: pd.DataFrame) -> tuple[Floats, Floats]:
    """Steps (k,), and log losses (replicates, k), of one n and m."""
    wide = np.log(part.pivot(index="replicate", columns="step", values="loss"))
    return wide.columns.to_numpy(float), wide.to_numpy(float)


def _half(logs: Floats, steps: Floats) -> float:
    """ln of the steps after which a log loss is first half-way to its late mean."""
    goal = (logs[0] + logs[-_LATE:].mean()) / 2
    below = np.flatnonzero(logs <= goal)
    if logs[0] <= goal or len(below) == 0:
        return float("nan")
    k = int(below[0])
    share = (logs[k - 1] - goal) / (logs[k - 1] - logs[k])
    before, after = np.log1p(steps[k - 1]), np.log1p(steps[k])
    return float(np.log(np.expm1(before + share * (after - before))))


def judge(config: Config, table: pd.DataFrame) -> list[Verdict]:
    """C8: does the pre-training needed grow no faster than log m? What does it bring?"""
    del config
    times = half_times(table)
    verdicts = [_judge_growth(int(n), table, rows) for n, rows in times.groupby("n")]
    for (n, m), values in gains(table).iterrows():
        claim = f"training lowers ln loss of the subnetwork, m = {m}, n = {n}, by"
        gain = mean_estimate(values.to_numpy(float))
        verdicts.append(judge_within(claim, gain, (0.0, np.inf), predicted="more than 0"))
    return verdicts


def _judge_growth(n: int, table: pd.DataFrame, times: pd.DataFrame) -> Verdict:
    """The exponent in m of the steps for half the gain, beside that of log m over the same m."""
    claim = f"C8: n = {n}, steps for half the gain grow no faster than log m: exponent in m"
    gained = times[np.isfinite(times["steps"])]
    samples = gained["samples"].to_numpy(float)
    without = ", ".join(f"{m:g}" for m in sorted(set(times["samples"]) - set(gained["samples"])))
    note = f"; m = {without} left out, where no gain is certain" * bool(without)
    if len(samples) < 3:
        sentence = f"a growth needs three m{note}."
        return Verdict(claim, Outcome.INCONCLUSIVE, "that of log m", None, None, sentence)
    found = [_curves(table[(table["n"] == n) & (table["samples"] == m)]) for m in samples]
    steps, stacked = found[0][0], np.stack([curves for _, curves in found], axis=1)

    def exponent(mean: Floats) -> float:
        halves = np.array([_half(logs, steps) for logs in mean])
        return _slope(np.log(samples), halves) if np.isfinite(halves).all() else float("nan")

    allowed = _slope(np.log(samples), np.log(np.log(samples)))
    growth = jackknife(stacked, exponent)
    shown = ", ".join(f"{row.steps:.0f} at m = {row.samples:g}" for row in gained.itertuples())
    if not np.isfinite(growth.value):
        sentence = f"the growth rests on single problems; {shown}{note}."
        return Verdict(claim, Outcome.INCONCLUSIVE, "that of log m", None, None, sentence)
    verdict = judge_within(
        claim, growth, (-np.inf, allowed), predicted=f"at most {allowed:.2f}, that of log m"
    )
    return replace(verdict, sentence=f"{verdict.sentence[:-1]}; {shown}{note}.")


def _slope(x: Floats, y: Floats) -> float:
    centred = x - x.mean()
    return float(y @ centred / (centred @ centred))


def draw(config: Config, table: pd.DataFrame) -> Figure:
    """Loss against training time for every m, and the steps for half the gain against m."""
    middle = config.sizes[len(config.sizes) // 2]
    return figures.pretraining.draw(table, half_times(table), [middle, config.sizes[-1]])


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
