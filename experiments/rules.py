"""All selection rules on the same pools: what equal weights, optimised weights and chance achieve.

Five pools: points in R^6 with the target deep inside the hull, on a face and outside; and the
neurons of a network, trained and untrained. Loss is measured against the steps and against the
number of different neurons that carry weight.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import figures.rules
from experiments.data import Source
from experiments.engine import experiment
from experiments.engine.experiment import Experiment
from experiments.engine.seeds import stream
from experiments.pools import log_sizes, target_towards_a_facet, trained_pools
from theory import (
    Decay,
    Outcome,
    Pool,
    Teacher,
    Training,
    Verdict,
    compare_decays,
    fit_rate,
    judge_decay,
    judge_order,
    nearest_point,
    rounding_floor,
    rules,
)
from theory.errors import Floats, check_count

POINTS = {"inside": 0.0, "on a face": 1.0, "outside": 1.3}
"""pool -> how far the target lies on the way from the mean (0) to the nearest facet (1)"""
NEURONS = ("trained neurons", "untrained neurons")
COMPARED = (
    "greedy_forward",
    "herding",
    "stochastic_greedy",
    "frank_wolfe",
    "greedy_imitation",
    "away_step",
    "pairwise",
    "fully_corrective",
    "random_subset",
)
_POWERS = {"greedy_forward": 2.0, "herding": 2.0, "random_subset": 1.0}
_C7 = tuple((kind, "greedy_imitation") for kind in ("inside", *NEURONS))
_LAWS = {
    **{("inside", rule): Decay.POWER for rule in _POWERS},
    **{
        ("inside", rule): Decay.GEOMETRIC
        for rule in ("frank_wolfe", "greedy_imitation", "away_step", "pairwise")
    },
    **dict.fromkeys(_C7, Decay.GEOMETRIC),
    **{(kind, rule): Decay.GEOMETRIC for kind in ("on a face", "outside")
       for rule in ("away_step", "pairwise")},
    **{("outside", rule): Decay.POWER for rule in ("greedy_forward", "frank_wolfe")},
    ("on a face", "random_subset"): Decay.PLATEAU,
    ("outside", "random_subset"): Decay.PLATEAU,
}  # fmt: skip
"""(pool, rule) -> the law that theory names: equal weights 1/n² inside and 1/n outside, line search
geometric inside, away steps geometric for every target, chance 1/n above the pool's mean"""
_FIT_FROM = 5


@dataclass(frozen=True)
class Config(experiment.Config):
    """The family of selection rules on five kinds of pool."""

    rank: int = 6
    """dimension of the pools of points"""
    points: int = 200
    """N of the pools of points"""
    neurons: int = 1000
    """N of the pools of neurons"""
    largest: int = 1000
    """steps"""
    problem: Source = field(default_factory=Teacher)
    training: Training = field(default_factory=Training)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_count("neurons", self.neurons)
        check_count("rank", self.rank, least=2, most=8)
        check_count("points", self.points, least=self.rank + 2)
        check_count("largest", self.largest, least=200)


def run(config: Config, replicates: range, part: str) -> pd.DataFrame:
    """The rows of one kind of pool, or of both kinds of neurons ("neurons")."""
    frames = []
    if part == "neurons":
        drawn = trained_pools(
            config.problem, config.training, config.neurons, config.seed, replicates
        )
        for r, both in zip(replicates, drawn, strict=True):
            for kind, pool in zip(NEURONS, (both.trained, both.untrained), strict=True):
                frames.append(_all_rules(config, kind, r, pool))
    else:
        for r in replicates:
            drawn_points = stream(config.seed, "atoms", replicate=r)
            atoms = drawn_points.standard_normal((config.points, config.rank))
            target = target_towards_a_facet(atoms, POINTS[part])
            frames.append(_all_rules(config, part, r, Pool(atoms, target)))
    return pd.concat(frames, ignore_index=True)


def _all_rules(config: Config, kind: str, replicate: int, pool: Pool) -> pd.DataFrame:
    projection = nearest_point(pool)
    best = projection.loss if kind == "outside" else 0.0
    scale = float(np.square(pool.atoms - pool.target).mean(axis=1).max())
    frames = []
    for name in COMPARED:
        options = {}
        if name in rules.DRAWING:
            options["seed"] = stream(config.seed, name, replicate=replicate)
        selection = rules.ALL[name](pool, config.largest, **options)
        sizes = log_sizes(config.largest, per_decade=40)
        at = np.minimum(sizes, selection.size) - 1  # a rule that has ended stays where it is
        frames.append(
            pd.DataFrame(
                {
                    "pool": kind,
                    "rule": name,
                    "replicate": replicate,
                    "n": sizes,
                    "distinct": selection.distinct[at],
                    "loss": selection.losses[at],
                    "excess": selection.losses[at] - best,
                    "floor": rounding_floor(scale) + 1e-12 * best,
                    "steps": selection.size,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def curves(table: pd.DataFrame, kind: str, rule: str) -> tuple[Floats, Floats, float]:
    """Sizes from 5 on, excess losses (replicates, k), and the floor."""
    rows = table[(table["pool"] == kind) & (table["rule"] == rule) & (table["n"] >= _FIT_FROM)]
    wide = rows.pivot(index="replicate", columns="n", values="excess")
    return wide.columns.to_numpy(float), wide.to_numpy(float), float(rows["floor"].max())


def judge(config: Config, table: pd.DataFrame) -> list[Verdict]:
    """Laws of decay where theory names one; what optimised weights do on real neurons (C7)."""
    del config
    verdicts = []
    for rule, power in _POWERS.items():
        sizes, losses, floor = curves(table, "inside", rule)
        rate = fit_rate(sizes, losses, floor=floor)
        verdicts.append(judge_order(f"inside, {rule}: O(n^−{power:g})", rate, power))
    for kind in (*POINTS, *NEURONS):
        verdicts += [_judge_law(table, kind, rule) for rule in COMPARED]
    return verdicts


def _judge_law(table: pd.DataFrame, kind: str, rule: str) -> Verdict:
    """The law of decay found, beside the one that theory names; many pairs have none named."""
    claim = f"{'C7: ' if (kind, rule) in _C7 else ''}{kind}, {rule}: law of decay"
    if rule == "fully_corrective":
        rows = table[(table["pool"] == kind) & (table["rule"] == rule)]
        steps = rows.groupby("replicate")["steps"].first()
        ended = bool((steps < table["n"].max()).all())
        found = f"ends after {steps.min()} to {steps.max()} steps"
        outcome = Outcome.HOLDS if ended else Outcome.INCONCLUSIVE
        return Verdict(claim, outcome, "finite", None, None, found + ".", found=found)
    sizes, losses, floor = curves(table, kind, rule)
    comparison = compare_decays(sizes, losses, floor=floor)
    expected = _LAWS.get((kind, rule))
    if expected is not None:
        return judge_decay(claim, comparison, expected)
    found, sentence = str(comparison.winner), comparison.sentence
    return Verdict(claim, Outcome.DOES_NOT_APPLY, "no law", None, None, sentence, found=found)


def draw(config: Config, table: pd.DataFrame) -> Figure:
    """Loss against steps above, against different neurons below; one column a pool."""
    del config
    return figures.rules.draw(table, [*POINTS, *NEURONS])


EXPERIMENT = Experiment(
    name="rules",
    title="The family of selection rules",
    presets={"quick": Config(replicates=5, largest=500, neurons=500), "paper": Config()},
    parts=lambda _: ["neurons", *POINTS],
    run=run,
    order=("pool", "rule", "replicate", "n"),
    judge=judge,
    draw=draw,
    required=("loss",),
)
