"""The paper's figure: loss against size for pruned networks and for networks trained at that size.

For every replicate a problem is drawn and a pool of N neurons is trained on it. Subnetworks of n
neurons are selected greedily from the trained pool and from the same pool before training, and
drawn at random from the trained pool; networks of n neurons are trained from scratch for the same
number of steps. The claims C1 to C4 are judged on the default problem at one training time.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import figures.pruned_vs_scratch
from experiments.data import Source
from experiments.engine import experiment
from experiments.engine.experiment import Experiment, merge_outcomes
from experiments.engine.seeds import stream
from experiments.pools import problems, scratch_trajectories, trained_pools
from figures import paper_reference
from figures.paper_reference import PaperCurve
from theory import (
    Estimate,
    InvalidInput,
    Membership,
    Outcome,
    Pool,
    Problem,
    RateEstimate,
    Selection,
    Teacher,
    Training,
    Verdict,
    compare_methods,
    examine,
    fit_rate,
    guarantees,
    judge_below,
    judge_guarantee,
    judge_order,
    judge_within,
    mean_estimate,
    rules,
)
from theory.errors import Floats, check_count

_SLOPE_TOLERANCE = 0.15
_LOG_LOSS_TOLERANCE = 0.3
_CROSSING_BAND = (200.0, 450.0)


@dataclass(frozen=True)
class Config(experiment.Config):
    """The paper's figure: pruned against trained from scratch."""

    pool_size: int = 3000
    """N, the number of neurons in the pool"""
    smallest: int = paper_reference.SMALLEST
    """the least size n"""
    largest: int = paper_reference.LARGEST
    """the largest size n"""
    step: int = 10
    """from one size to the next"""
    problem: Source = field(default_factory=Teacher)
    training: Training = field(default_factory=Training)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_count("pool_size", self.pool_size)
        check_count("smallest", self.smallest)
        check_count("step", self.step)
        least = self.smallest + 2 * self.step
        if self.largest < least:
            raise InvalidInput(
                f"largest is {self.largest}; with smallest {self.smallest} and step {self.step} it "
                f"must be at least {least}, since a rate needs three sizes"
            )

    @property
    def sizes(self) -> list[int]:
        """The sizes n at which every curve is measured."""
        return list(range(self.smallest, self.largest + 1, self.step))


@dataclass(frozen=True)
class Prune:
    """Train the pool, then select from it."""


@dataclass(frozen=True)
class Scratch:
    """Train networks of these widths."""

    widths: tuple[int, ...]


def parts(config: Config) -> list[Prune | Scratch]:
    """The pool, and the widths in handfuls of about equal work, the widest first."""
    handfuls: list[list[int]] = [[]]
    for width in reversed(config.sizes):
        if handfuls[-1] and sum(handfuls[-1]) + width > 5 * config.largest:
            handfuls.append([])
        handfuls[-1].append(width)
    return [Prune(), *(Scratch(tuple(widths)) for widths in handfuls)]


def run(config: Config, replicates: range, part: Prune | Scratch) -> pd.DataFrame:
    """The rows (method, replicate, n, loss, held_out, distinct) of one part for one block."""
    if isinstance(part, Prune):
        return _prune(config, replicates)
    drawn = problems(config.problem, config.seed, replicates)
    return pd.concat(
        [_scratch(config, replicates, drawn, width) for width in part.widths], ignore_index=True
    )


def _prune(config: Config, replicates: range) -> pd.DataFrame:
    pools = trained_pools(
        config.problem, config.training, config.pool_size, config.seed, replicates
    )
    frames = []
    for r, pool in zip(replicates, pools, strict=True):
        drawn = stream(config.seed, "subset", replicate=r)
        for method, atoms, network in (
            ("pruned", pool.trained, pool.after),
            ("pruned_untrained", pool.untrained, pool.before),
        ):
            selection = rules.greedy_forward(atoms, config.largest)
            rows = _rows(method, r, config, selection, pool.held_out(network))
            frames.append(rows.assign(**_certificates(atoms, selection)))
        selection = rules.random_subset(pool.trained, config.largest, seed=drawn)
        frames.append(_rows("random_subset", r, config, selection, pool.held_out(pool.after)))
    return pd.concat(frames, ignore_index=True)


def _certificates(pool: Pool, selection: Selection) -> dict[str, object]:
    """Is the target in the hull, and does the bound from the run's own margins hold at every n?"""
    geometry = examine(pool, programs=0, exact=False)
    verdict = judge_guarantee(guarantees.ALL["along_the_path"], geometry, selection)
    inside = geometry.projection.membership is Membership.INSIDE
    return {
        "membership": str(geometry.projection.membership),
        "best": geometry.projection.best,
        # Outside the hull a finite run may still meet positive margins only; it proves no rate.
        "certificate": str(verdict.outcome if inside else Outcome.DOES_NOT_APPLY),
        "slack": verdict.measured,
    }


def _rows(
    method: str, replicate: int, config: Config, selection: Selection, held_out: Pool | None
) -> pd.DataFrame:
    sizes = np.array(config.sizes)
    other = np.nan if held_out is None else selection.losses_on(held_out)[sizes - 1]
    return pd.DataFrame(
        {
            "method": method,
            "replicate": replicate,
            "n": sizes,
            "loss": selection.losses[sizes - 1],
            "held_out": other,
            "distinct": selection.distinct[sizes - 1],
        }
    )


def _scratch(config: Config, replicates: range, drawn: list[Problem], width: int) -> pd.DataFrame:
    trajectories = scratch_trajectories(
        config.problem, config.training, config.seed, replicates, drawn, width
    )
    losses = [p.losses(t.final) for p, t in zip(drawn, trajectories, strict=True)]
    return pd.DataFrame(
        {
            "method": "scratch",
            "replicate": replicates,
            "n": width,
            "loss": [loss for loss, _ in losses],
            "held_out": [held_out for _, held_out in losses],
            "distinct": width,
        }
    )


def rates(table: pd.DataFrame) -> dict[str, RateEstimate]:
    """Each method's measured exponent over all sizes, of the loss above the best of its pool."""
    found = {}
    for method, rows in table.groupby("method"):
        best = rows.groupby("replicate")["best"].first().fillna(0.0).to_numpy(float)
        sizes, losses = _curves(table, str(method))
        found[str(method)] = fit_rate(sizes, losses, offset=best if best.any() else None)
    return found


def _curves(table: pd.DataFrame, method: str) -> tuple[Floats, Floats]:
    """The sizes (k,) and the losses (replicates, k) of one method."""
    wide = table[table["method"] == method].pivot(index="replicate", columns="n", values="loss")
    return wide.columns.to_numpy(float), wide.to_numpy(float)


def judge(config: Config, table: pd.DataFrame) -> list[Verdict]:
    """Is the paper's figure reproduced, and what does it say of the claims C1 to C4?"""
    estimates = rates(table)
    verdicts = _judge_reproduction(estimates, table) if isinstance(config.problem, Teacher) else []
    return verdicts + judge_claims(config.sizes, estimates, table)


def _judge_reproduction(estimates: dict[str, RateEstimate], table: pd.DataFrame) -> list[Verdict]:
    """The numbers of the paper's own figure."""
    verdicts = []
    for method, curve in (("pruned", paper_reference.PRUNED), ("scratch", paper_reference.SCRATCH)):
        verdicts += _judge_curve(method, curve, estimates[method], table)
    return verdicts + _judge_crossing(table)


def judge_claims(
    sizes: list[int], estimates: dict[str, RateEstimate], table: pd.DataFrame
) -> list[Verdict]:
    """C1 to C4 on any problem, and who is ahead on held-out data, of which they say nothing."""
    verdicts = [
        judge_order("C1: pruned reaches O(1/n)", estimates["pruned"], 1),
        judge_order("C2: pruned reaches O(1/n²) over these sizes", estimates["pruned"], 2),
        _judge_certificates("C2: R²/(2n²) bounds it at every n, with R from the path", table),
    ]
    ends = (sizes[0], sizes[-1])
    for n in ends:
        ratio = _log_ratio(table, "pruned", "scratch", n)
        verdicts.append(judge_below(f"C3: pruned below scratch at n = {n}", ratio))
    untrained = estimates["pruned_untrained"]
    outside = f" above the best ({_outside(table, 'pruned_untrained')} targets outside)"
    verdicts.append(
        judge_order(f"C4: pruned, untrained pool, reaches O(1/n){outside}", untrained, 1)
    )
    for n in ends:
        ratio = _log_ratio(table, "pruned_untrained", "scratch", n)
        verdicts.append(judge_below(f"C4: pruned, untrained pool, below scratch at n = {n}", ratio))
    if table["held_out"].notna().all():
        for n in ends:
            ratio = _log_ratio(table, "pruned", "scratch", n, "held_out")
            verdicts.append(
                judge_below(f"on held-out data: pruned below scratch at n = {n}", ratio)
            )
    return verdicts


def _judge_curve(
    method: str, curve: PaperCurve, rate: RateEstimate, table: pd.DataFrame
) -> list[Verdict]:
    slope = mean_estimate(-rate.exponents.values)
    verdicts = [_judge_near(f"{method}: slope", slope, curve.slope, _SLOPE_TOLERANCE)]
    sizes, losses = _curves(table, method)
    for n, value in ((90, curve.log_loss_at_90), (990, curve.log_loss_at_990)):
        if n in sizes:
            logs = mean_estimate(np.log(losses[:, list(sizes).index(n)]))
            claim = f"{method}: ln loss at n = {n}"
            verdicts.append(_judge_near(claim, logs, value, _LOG_LOSS_TOLERANCE))
    return verdicts


def _judge_near(claim: str, estimate: Estimate, paper: float, tolerance: float) -> Verdict:
    predicted = f"{paper:.2f} ± {tolerance:g}".replace("-", "−")
    band = (paper - tolerance, paper + tolerance)
    return judge_within(claim, estimate, band, predicted=predicted)


def _judge_crossing(table: pd.DataFrame) -> list[Verdict]:
    sizes, pruned = _curves(table, "pruned")
    point = compare_methods(sizes, pruned, _curves(table, "scratch")[1]).crossing
    if point is None:
        return []
    return [judge_within("size n at which the curves cross", point, _CROSSING_BAND, digits=0)]


def _outside(table: pd.DataFrame, method: str) -> str:
    """In how many replicates the target is not inside the hull of the pool."""
    rows = table[(table["method"] == method) & (table["n"] == table["n"].max())]
    return f"{int((rows['membership'] != str(Membership.INSIDE)).sum())} of {len(rows)}"


def _judge_certificates(claim: str, table: pd.DataFrame) -> Verdict:
    rows = table[(table["method"] == "pruned") & (table["n"] == table["n"].max())]
    verdict = merge_outcomes(claim, rows["certificate"].tolist(), rows["slack"].tolist())
    where = f" The target is outside the hull in {_outside(table, 'pruned')}."
    return replace(verdict, sentence=verdict.sentence + where)


def _log_ratio(
    table: pd.DataFrame, first: str, second: str, n: int, value: str = "loss"
) -> Estimate:
    rows = table[table["n"] == n].pivot(index="replicate", columns="method", values=value)
    return mean_estimate(np.log(rows[first] / rows[second]))


def draw(config: Config, table: pd.DataFrame) -> Figure:
    """The figure, with the measured slopes at its curves."""
    reference = isinstance(config.problem, Teacher)
    return figures.pruned_vs_scratch.draw(table, rates(table), reference=reference)


EXPERIMENT = Experiment(
    name="pruned_vs_scratch",
    title="Pruned against trained from scratch",
    presets={"quick": Config(replicates=10, step=50), "paper": Config()},
    parts=parts,
    run=run,
    order=("method", "replicate", "n"),
    judge=judge,
    draw=draw,
    required=("loss",),
)
