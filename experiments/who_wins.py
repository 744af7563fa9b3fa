"""Pruned or trained directly: who is lower, over size, training time, pool, dimension and samples.

The paper compares a pruned network with one trained at its size for a while. How long decides: the
directly trained network's rate of 1/n belongs to finite training time. The pruned network comes in
three forms: equal weights (the paper's), optimised weights (fully corrective), and fine-tuned for
as many steps as its pool was trained. Two accountings: *equal size*, where the direct network gets
as many steps as the pool, and *equal steps*, where it gets those of the pool and of fine-tuning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import figures.who_wins
from experiments.claims import who_wins as claims
from experiments.engine import experiment
from experiments.engine.experiment import Experiment
from experiments.pools import pool_trajectories, problems, scratch_losses, scratch_trajectories
from theory import (
    InvalidInput,
    Pool,
    Problem,
    Selection,
    Teacher,
    Training,
    TwoLayerNetwork,
    Verdict,
    descend,
    rules,
)
from theory.errors import check_count


@dataclass(frozen=True)
class Config(experiment.Config):
    """The map of pruned against direct training."""

    replicates: int = 12
    """problems"""
    block: int = 4
    """replicates computed together"""
    pools: tuple[int, ...] = (1000, 3000, 10_000)
    """N of the trained pools"""
    forms_pool: int = 3000
    """the one of them whose subnetworks are also given optimised weights, and fine-tuned"""
    sizes: tuple[int, ...] = (30, 60, 100, 200, 300, 500, 1000)
    """n"""
    times: tuple[int, ...] = (25, 50, 100, 200, 400, 800)
    """steps of the pool's training, each twice the one before"""
    dimensions: tuple[int, ...] = (5, 10, 20, 50, 100)
    """d of the second map"""
    samples: tuple[int, ...] = (25, 50, 100, 200)
    """m of the second map"""
    map_size: int = 300
    """n of the second map, after as many steps as `training` says, with a pool of `forms_pool`"""
    problem: Teacher = field(default_factory=Teacher)
    training: Training = field(default_factory=Training)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("pools", "sizes", "times", "dimensions", "samples"):
            values = getattr(self, name)
            for value in values:
                check_count(name, value)
            if len(values) < 2 or list(values) != sorted(set(values)):
                raise InvalidInput(f"{name} is {values}; it must be increasing, two or more")
        if self.forms_pool not in self.pools:
            raise InvalidInput(f"forms_pool is {self.forms_pool}; it must be one of {self.pools}")
        if any(2 * t != u for t, u in zip(self.times, self.times[1:], strict=False)):
            raise InvalidInput(f"times is {self.times}; each must be twice the one before")


@dataclass(frozen=True)
class Prune:
    """Subnetworks of a pool of this size after every training time."""

    size: int


@dataclass(frozen=True)
class Direct:
    """Networks trained at every size, for twice the longest time."""


@dataclass(frozen=True)
class Cell:
    """One d and m of the second map."""

    dimension: int
    samples: int


def parts(config: Config) -> list[Prune | Direct | Cell]:
    """The largest pools first."""
    cells = [Cell(d, m) for d in config.dimensions for m in config.samples]
    return [*map(Prune, reversed(config.pools)), Direct(), *cells]


def run(config: Config, replicates: range, part: Prune | Direct | Cell) -> pd.DataFrame:
    """Rows (form, N, dimension, samples, time, n, replicate, loss) of one part for one block."""
    if isinstance(part, Cell):
        return _cell(config, replicates, part)
    rows = (
        _prune(config, replicates, part.size)
        if isinstance(part, Prune)
        else _direct(config, replicates)
    )
    table = pd.DataFrame(rows, columns=["form", "N", "replicate", "time", "n", "loss"])
    return table.assign(
        dimension=config.problem.dimension, samples=config.problem.samples, study="time"
    )


def _prune(config: Config, replicates: range, size: int) -> list[tuple[object, ...]]:
    training = replace(config.training, steps=config.times[-1])
    drawn, trajectories = pool_trajectories(
        config.problem, training, size, config.seed, replicates, config.times
    )
    rows: list[tuple[object, ...]] = []
    for r, problem, trajectory in zip(replicates, drawn, trajectories, strict=True):
        for time in config.times:
            network = trajectory.snapshots[time]
            pool = Pool(network.atoms(problem.inputs), problem.target)
            equal = rules.greedy_forward(pool, config.sizes[-1])
            forms = {"equal": list(equal.losses[np.array(config.sizes) - 1])}
            if size == config.forms_pool:
                corrected = rules.fully_corrective(pool, config.sizes[-1])
                # It ends, exactly fitted, with about as many neurons as there are data points.
                ends = np.minimum(config.sizes, corrected.size) - 1
                forms["optimised"] = list(corrected.losses[ends])
                forms["tuned"] = [
                    _tuned(config, problem, network, equal, n, time) for n in config.sizes
                ]
            rows += [
                (form, size, r, time, n, loss)
                for form, losses in forms.items()
                for n, loss in zip(config.sizes, losses, strict=True)
            ]
    return rows


def _tuned(
    config: Config,
    problem: Problem,
    network: TwoLayerNetwork,
    selection: Selection,
    size: int,
    steps: int,
) -> float:
    """The loss of the subnetwork of `size` after `steps` more steps."""
    subnetwork = network.subnetwork(selection.weights(size))
    training = replace(config.training, steps=steps)
    (trajectory,) = descend([problem], [subnetwork], training)
    return problem.loss(trajectory.final.predict(problem.inputs))


def _direct(config: Config, replicates: range) -> list[tuple[object, ...]]:
    times = [*config.times, 2 * config.times[-1]]
    training = replace(config.training, steps=times[-1])
    drawn = problems(config.problem, config.seed, replicates)
    rows: list[tuple[object, ...]] = []
    for n in config.sizes:
        trajectories = scratch_trajectories(
            config.problem, training, config.seed, replicates, drawn, n, times
        )
        rows += [
            ("direct", n, r, time, n, problem.loss(t.snapshots[time].predict(problem.inputs)))
            for r, problem, t in zip(replicates, drawn, trajectories, strict=True)
            for time in times
        ]
    return rows


def _cell(config: Config, replicates: range, cell: Cell) -> pd.DataFrame:
    teacher = replace(config.problem, dimension=cell.dimension, samples=cell.samples)
    steps = config.training.steps
    drawn, trajectories = pool_trajectories(
        teacher, config.training, config.forms_pool, config.seed, replicates, [steps]
    )
    pruned = [
        rules.greedy_forward(
            Pool(t.final.atoms(problem.inputs), problem.target), config.map_size
        ).losses[-1]
        for problem, t in zip(drawn, trajectories, strict=True)
    ]
    direct = scratch_losses(
        teacher, config.training, config.seed, replicates, drawn, config.map_size
    )
    frames = [
        pd.DataFrame({"form": form, "N": size, "replicate": replicates, "loss": losses})
        for form, size, losses in (
            ("equal", config.forms_pool, pruned), ("direct", config.map_size, direct)
        )
    ]  # fmt: skip
    return pd.concat(frames, ignore_index=True).assign(
        study="cell",
        dimension=cell.dimension,
        samples=cell.samples,
        time=steps,
        n=config.map_size,
    )


def views(config: Config) -> Sequence[claims.View]:
    """The maps over n and time: equal weights by pool, and the other forms."""
    return [
        *(claims.View("equal", size, 1) for size in config.pools),
        claims.View("optimised", config.forms_pool, 1),
        claims.View("tuned", config.forms_pool, 1),
        claims.View("tuned", config.forms_pool, 2),
    ]


def judge(config: Config, table: pd.DataFrame) -> list[Verdict]:
    """Where C3 holds and where it fails, and the boundary at every size."""
    return claims.judge(table, views(config))


def draw(config: Config, table: pd.DataFrame) -> Figure:
    """The maps: log ratio of pruned to direct, and the line of equality."""
    maps = [(view, claims.ratios(table, view)) for view in views(config)]
    boundaries = [claims.boundary(ratio) for _, ratio in maps]
    return figures.who_wins.draw(
        [(view.title, ratio.mean, boundary) for (view, ratio), boundary
         in zip(maps, boundaries, strict=True)],
        claims.cells(table),
        config.map_size,
        config.training.steps,
    )  # fmt: skip


EXPERIMENT = Experiment(
    name="who_wins",
    title="Pruned or trained directly: who wins where",
    presets={
        "quick": Config(
            replicates=4, block=2, pools=(1000, 3000), sizes=(30, 100, 300, 1000),
            times=(50, 100, 200, 400), dimensions=(10, 50), samples=(50, 100),
        ),
        "paper": Config(),
    },
    parts=parts,
    run=run,
    order=("study", "form", "N", "dimension", "samples", "time", "n", "replicate"),
    judge=judge,
    draw=draw,
    required=("loss",),
)  # fmt: skip
