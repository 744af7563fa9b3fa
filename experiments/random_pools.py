"""Pruning a random network: what its pool must have in size to replace training.

Greedy selection from pools of N random neurons, N up to a million, beside greedy selection from a
trained pool and beside networks trained at size n. For every problem the pools are nested: a
smaller one is the beginning of the larger. Claim C4.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import figures.random_pools
from experiments.claims import random_pools as claims
from experiments.engine import experiment
from experiments.engine.experiment import Experiment
from experiments.engine.seeds import stream
from experiments.pools import log_sizes, problems, scratch_losses, trained_pools
from theory import (
    InvalidInput,
    Membership,
    Neurons,
    Pool,
    Teacher,
    Training,
    Verdict,
    nearest_point,
    random_pool,
    rules,
)
from theory.errors import Floats, check_count
from theory.random_pools import memory_needed

_PREFIX = 10_000  # atoms in which a certificate for the target is looked for first
_LARGEST_PROJECTION = 100_000  # atoms that are projected on at most


@dataclass(frozen=True)
class Config(experiment.Config):
    """Random pools of growing size against a trained pool and against direct training."""

    replicates: int = 12
    """problems"""
    block: int = 4
    """replicates computed together"""
    pools: tuple[int, ...] = (
        100, 300, 1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000,
    )  # fmt: skip
    """N of the random pools on the default problem"""
    dimensions: tuple[int, ...] = (5, 10, 20, 50, 100, 200)
    """d of the inputs for the growth of N with d (a constant coordinate comes on top)"""
    largest_by_dimension: int = 100_000
    """the largest of the pools that is drawn where d is not the teacher's own"""
    trained: int = 3000
    """N of the trained pool"""
    widths: tuple[int, ...] = (10, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1000)
    """of the networks trained directly, on the default problem"""
    matched: tuple[int, ...] = (100, 1000)
    """sizes n at which random pools are matched with the trained one; the largest is run"""
    problem: Teacher = field(default_factory=Teacher)
    training: Training = field(default_factory=Training)
    neurons: Neurons = field(default_factory=Neurons)
    """of the random pools; the trained pool starts from the default ones"""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("pools", "dimensions", "widths", "matched"):
            values = getattr(self, name)
            if not values or list(values) != sorted(set(values)):
                raise InvalidInput(f"{name} is {values}; it must be increasing and not empty")
            for value in values:
                check_count(name, value)
        check_count("trained", self.trained)
        check_count("largest_by_dimension", self.largest_by_dimension)
        if self.matched[-1] < 4 * claims.FIT_FROM:
            raise InvalidInput(
                f"matched is {self.matched}; its largest must be at least {4 * claims.FIT_FROM}, "
                f"since the rate is measured from n = {claims.FIT_FROM} on"
            )

    @property
    def sizes(self) -> Floats:
        """Sizes n at which curves are kept: 20 a decade, and those that are matched."""
        return np.union1d(log_sizes(self.matched[-1]), np.array(self.matched))


@dataclass(frozen=True)
class Draw:
    """Select from a random pool of this size, on the problem of this dimension."""

    dimension: int
    size: int


@dataclass(frozen=True)
class Train:
    """Select from a trained pool, on the problem of this dimension."""

    dimension: int


@dataclass(frozen=True)
class Scratch:
    """Train networks of these widths directly, on the default problem."""

    widths: tuple[int, ...]


def parts(config: Config) -> list[Draw | Train | Scratch]:
    """The largest pools first."""
    usual = config.problem.dimension
    draws = [Draw(usual, size) for size in config.pools]
    draws += [
        Draw(d, size)
        for d in config.dimensions
        for size in config.pools
        if d != usual and size <= config.largest_by_dimension
    ]
    draws.sort(key=lambda part: -part.size)
    return [
        *draws,
        Scratch(config.widths),
        *(Train(d) for d in dict.fromkeys((usual, *config.dimensions))),
    ]


def run(config: Config, replicates: range, part: Draw | Train | Scratch) -> pd.DataFrame:
    """The rows (pool, dimension, N, replicate, n, loss, best, gap) of one part for one block."""
    if isinstance(part, Draw):
        return pd.concat([_draw(config, r, part) for r in replicates], ignore_index=True)
    if isinstance(part, Train):
        return _train(config, replicates, part)
    drawn = problems(config.problem, config.seed, replicates)
    frames = [
        pd.DataFrame(
            {
                "pool": "scratch",
                "dimension": config.problem.dimension,
                "N": width,
                "replicate": replicates,
                "n": width,
                "loss": scratch_losses(
                    config.problem, config.training, config.seed, replicates, drawn, width
                ),
            }
        )
        for width in part.widths
    ]
    return pd.concat(frames, ignore_index=True)


def _draw(config: Config, replicate: int, part: Draw) -> pd.DataFrame:
    teacher = replace(config.problem, dimension=part.dimension)
    (problem,) = problems(teacher, config.seed, range(replicate, replicate + 1))
    pool = random_pool(
        problem,
        part.size,
        seed=stream(config.seed, "random pool", replicate=replicate),
        neurons=config.neurons,
        activation=teacher.activation,
    )
    return _select(config, "random", part.dimension, replicate, pool)


def _train(config: Config, replicates: range, part: Train) -> pd.DataFrame:
    teacher = replace(config.problem, dimension=part.dimension)
    pools = trained_pools(teacher, config.training, config.trained, config.seed, replicates)
    return pd.concat(
        [
            _select(config, "trained", part.dimension, r, pool.trained)
            for r, pool in zip(replicates, pools, strict=True)
        ],
        ignore_index=True,
    )


def _select(config: Config, kind: str, dimension: int, replicate: int, pool: Pool) -> pd.DataFrame:
    selection = rules.greedy_forward(pool, config.matched[-1])
    best, gap, membership = _certify(pool)
    sizes = config.sizes.astype(int)
    return pd.DataFrame(
        {
            "pool": kind,
            "dimension": dimension,
            "N": pool.size,
            "replicate": replicate,
            "n": sizes,
            "loss": selection.losses[sizes - 1],
            "best": best,
            "gap": gap,
            "membership": str(membership),
        }
    )


def _certify(pool: Pool) -> tuple[float, float, Membership]:
    """The distance of the target in terms of loss, its duality gap, and where the target is.

    If the first atoms contain the target, so do all. If they do not, their nearest point is an
    upper bound, and its gap over *all* atoms says by how much the whole pool can be better; more
    atoms are taken until that is nothing, or until the projection would need too much memory.
    """
    count = _PREFIX
    while True:
        first = nearest_point(Pool(pool.atoms[:count], pool.target))
        if first.membership is Membership.INSIDE:
            return 0.0, 0.0, first.membership
        residual = first.point - pool.target
        least = float((pool.atoms @ residual).min())
        gap = max(0.0, float(first.point @ residual) - least) / pool.samples
        if count >= pool.size or gap <= 1e-9 * first.loss or 10 * count > _LARGEST_PROJECTION:
            known = count >= pool.size or first.loss > gap
            return first.loss, gap, first.membership if known else Membership.UNDECIDED
        count *= 10


def judge(config: Config, table: pd.DataFrame) -> list[Verdict]:
    """Claim C4 on the default problem, and how it depends on d."""
    return claims.judge(table, config.problem.dimension, config.matched)


def draw(config: Config, table: pd.DataFrame) -> Figure:
    """Curves by N, loss against N, exponent against N, and the N needed against d."""
    d = config.problem.dimension
    sizes = claims.needed(table, config.matched)
    return figures.random_pools.draw(table[table["dimension"] == d], claims.rates(table, d), sizes)


def _memory(config: Config) -> int:
    largest, samples = max(config.pools[-1], config.trained), config.problem.samples
    return memory_needed(largest, samples) + 30 * min(largest, _LARGEST_PROJECTION) * samples


EXPERIMENT = Experiment(
    name="random_pools",
    title="Pruning random networks: how large is large enough",
    presets={
        "quick": Config(
            replicates=4,
            block=2,
            pools=(100, 300, 1000, 3000, 10_000, 30_000),
            largest_by_dimension=30_000,
            dimensions=(10, 50, 200),
            widths=(10, 30, 100, 300, 1000),
        ),
        "paper": Config(),
    },
    parts=parts,
    run=run,
    order=("pool", "dimension", "N", "replicate", "n"),
    judge=judge,
    draw=draw,
    required=("loss",),
    memory=_memory,
)
