"""How many random neurons does it take until the target lies in their hull?

A sequence of random neurons has a threshold: the least N at which the hull of the first N contains
the target. Its distribution over draws is the chance that a pool of N contains the target. Four
studies: points around the target 0, where Wendel's formula is exact; Gaussian points and a target
ever further away, where the conic kinematic formula predicts the median; the neurons of two-layer
networks with the target 0, where the formula is exact as long as neurons are in general position;
and teachers' targets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import figures.random_threshold
from experiments.claims import random_threshold as claims
from experiments.engine import experiment
from experiments.engine.experiment import Experiment
from experiments.engine.seeds import stream
from theory import (
    InvalidInput,
    Neurons,
    Pool,
    Problem,
    Teacher,
    Verdict,
    gaussian_threshold,
    hull_threshold,
    random_pool,
    teacher_problem,
)
from theory.activation import Activation
from theory.errors import check_count
from theory.network import Shape

_GROWTH = 8  # how much larger a pool is drawn again that does not contain the target


@dataclass(frozen=True)
class Config(experiment.Config):
    """The size at which a random pool begins to contain the target."""

    replicates: int = 200
    """pools, each of its own data and neurons"""
    block: int = 25
    """replicates computed together"""
    ranks: tuple[int, ...] = (5, 10, 30, 60)
    """dimensions of the points around 0"""
    shifts: tuple[float, ...] = (0.5, 1.0, 1.5, 2.0, 2.5)
    """distances of the target from the Gaussian points' mean, in standard deviations"""
    shifted_ranks: tuple[int, ...] = (10, 30)
    """dimensions of those points"""
    dimensions: tuple[int, ...] = (1, 2, 3, 5, 10, 50)
    """d of the inputs of the networks (a constant coordinate comes on top)"""
    samples: tuple[int, ...] = (10, 30, 100)
    """m of the networks"""
    factors: tuple[float, ...] = (1.0, 1.5, 2.0, 2.5, 3.0)
    """the default teacher's target is multiplied by these"""
    largest: int = 100_000
    """a pool that does not contain the target at this size is given up"""
    problem: Teacher = field(default_factory=Teacher)
    """samples and dimension are replaced by those above, except with the factors"""
    neurons: Neurons = field(default_factory=Neurons)
    """of the networks"""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_count("largest", self.largest)
        for name in ("ranks", "shifted_ranks", "dimensions", "samples"):
            values = getattr(self, name)
            for value in values:
                check_count(name, value, least=2 if "ranks" in name else 1)
            if not values:
                raise InvalidInput(f"{name} is empty; give at least one")
        for name, most in (("shifts", 5.0), ("factors", 30.0)):
            values = getattr(self, name)
            if not values or not all(0 < value <= most for value in values):
                raise InvalidInput(f"{name} is {values}; give numbers above 0, at most {most:g}")


@dataclass(frozen=True)
class Points:
    """Points in R^rank and a target `shift` away from their mean."""

    shape: Shape
    rank: int
    shift: float


@dataclass(frozen=True)
class Networks:
    """Random neurons on m points in R^d; the target is the teacher's times `factor`."""

    activation: Activation
    dimension: int
    samples: int
    factor: float


Case = Points | Networks


def cases(config: Config) -> list[Case]:
    """Every case of the four studies."""
    low = sorted(config.ranks)[min(1, len(config.ranks) - 1)]
    found: list[Case] = [Points("gaussian", rank, 0.0) for rank in config.ranks]
    found += [Points("sphere", low, 0.0), Points("student", low, 0.0)]
    found += [Points("gaussian", r, s) for r in config.shifted_ranks for s in config.shifts]
    grid = [(d, m) for d in config.dimensions for m in config.samples]
    found += [Networks("relu", d, m, 0.0) for d, m in grid]
    found += [Networks("tanh", d, m, 0.0) for d, m in grid]
    usual = config.problem
    found += [Networks(usual.activation, d, m, 1.0) for d, m in grid]
    at_default = Networks(usual.activation, usual.dimension, usual.samples, 1.0)
    found += [replace(at_default, factor=float(factor)) for factor in config.factors]
    return list(dict.fromkeys(found))


def run(config: Config, replicates: range, case: Case) -> pd.DataFrame:
    """One row a replicate: the threshold, and what the neurons were like.

    `asked` is the shift or the factor, `distance` that of the target in standard deviations.
    """
    rows = []
    for r in replicates:
        row = _points(config, r, case) if isinstance(case, Points) else _networks(config, r, case)
        rows.append({"replicate": r, **row})
    return pd.DataFrame(rows)


def _points(config: Config, replicate: int, case: Points) -> dict[str, object]:
    expected = gaussian_threshold(case.rank, case.shift)
    target = np.zeros(case.rank)
    target[-1] = case.shift

    def draw(size: int) -> Pool:
        random = stream(config.seed, f"points-{case.shape}", replicate=replicate, rank=case.rank)
        hidden, _ = Neurons(case.shape).draw(size, case.rank, random)
        return Pool(hidden, target)

    return {
        "study": "points",
        "atoms": case.shape,
        "rank": case.rank,
        "asked": case.shift,
        "distance": case.shift,
        "threshold": _threshold(draw, draw(min(int(4 * expected), config.largest)), config.largest),
    }


def _networks(config: Config, replicate: int, case: Networks) -> dict[str, object]:
    axes = {"replicate": replicate, "dimension": case.dimension, "samples": case.samples}
    teacher = replace(config.problem, dimension=case.dimension, samples=case.samples)
    drawn = teacher_problem(teacher, seed=stream(config.seed, "data", **axes))
    problem = Problem(drawn.inputs, case.factor * drawn.target)

    def draw(size: int) -> Pool:
        return random_pool(
            problem,
            size,
            seed=stream(config.seed, "neurons", **axes),
            neurons=config.neurons,
            activation=case.activation,
        )

    pool = draw((40 if case.factor else 8) * case.samples)
    alive = (pool.atoms != 0).any(axis=1)
    found: dict[str, object] = {
        "study": "networks",
        "atoms": case.activation,
        "rank": case.samples,
        "dimension": case.dimension,
        "asked": case.factor,
        "distance": _standard_distance(pool) if case.factor else 0.0,
        "dead": 1 - float(alive.mean()),
        "threshold": _threshold(draw, pool, config.largest),
    }
    if case.factor == 0 and case.activation == "relu":
        signs = np.packbits(pool.atoms != 0, axis=1)
        found["patterns"] = len(np.unique(signs, axis=0)) / pool.size
        living = hull_threshold(Pool(pool.atoms[alive], problem.target))
        found["living"] = np.inf if living is None else living
    return found


def _threshold(draw: Callable[[int], Pool], pool: Pool, largest: int) -> float:
    """The least N whose first N atoms contain the target; infinite if `largest` do not.

    `pool` is the beginning of what `draw` gives; it is drawn again, larger, while it is too small.
    """
    while True:
        found = hull_threshold(pool)
        if found is not None:
            return float(found)
        if pool.size >= largest:
            return float("inf")
        pool = draw(min(largest, _GROWTH * pool.size))


def _standard_distance(pool: Pool) -> float:
    """√((y − μ)ᵀ Σ⁻¹ (y − μ)) with the atoms' mean μ and covariance Σ.

    Containment does not change under affine maps, so this, not the norm, says how far out a target
    is. The factor makes the inverse of the sampled covariance unbiased for Gaussian atoms, and m/N
    is what the error of the sampled mean adds.
    """
    mean = pool.atoms.mean(axis=0)
    combination = np.linalg.lstsq((pool.atoms - mean).T, pool.target - mean)[0]
    square = (pool.size - pool.samples - 2) * float(combination @ combination)
    return float(np.sqrt(max(0.0, square - pool.samples / pool.size)))


def judge(config: Config, table: pd.DataFrame) -> list[Verdict]:
    """Wendel's formula on points and on neurons, the kinematic formula, growth with d and m."""
    return claims.judge(table, config.problem.dimension, config.problem.samples)


def draw(config: Config, table: pd.DataFrame) -> Figure:
    """Four panels: Wendel, distance, low dimension, growth."""
    middle = claims.medians(table)
    scaled = claims.multiplied(middle, config.problem.dimension, config.problem.samples)
    return figures.random_threshold.draw(claims.wendel(table), middle, scaled)


EXPERIMENT = Experiment(
    name="random_threshold",
    title="How many random neurons until the target is in their hull",
    presets={
        "quick": Config(
            replicates=100,
            block=50,
            ranks=(5, 10, 30),
            shifts=(1.0, 2.0),
            shifted_ranks=(10,),
            dimensions=(1, 2, 5, 10, 50),
            samples=(10, 20, 40),
            factors=(1.0, 1.5),
        ),
        "paper": Config(),
    },
    parts=cases,
    run=run,
    order=(*claims.CASE, "replicate"),
    judge=judge,
    draw=draw,
    required=("threshold",),
)
