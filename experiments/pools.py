"""Pools that several experiments draw: trained and untrained neurons, points around a target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.spatial import ConvexHull

from experiments.data import Source, draw_problem
from experiments.engine.seeds import stream
from theory import (
    Pool,
    Problem,
    Training,
    Trajectory,
    TwoLayerNetwork,
    descend,
    random_network,
)
from theory.errors import Floats


@dataclass(frozen=True)
class TrainedPool:
    """One replicate: a problem, and the same neurons before and after training on it."""

    problem: Problem
    before: TwoLayerNetwork
    after: TwoLayerNetwork

    @cached_property
    def untrained(self) -> Pool:
        """The neurons before training as atoms."""
        return Pool(self.before.atoms(self.problem.inputs), self.problem.target)

    @cached_property
    def trained(self) -> Pool:
        """The neurons after training as atoms."""
        return Pool(self.after.atoms(self.problem.inputs), self.problem.target)

    def held_out(self, network: TwoLayerNetwork) -> Pool | None:
        """The neurons of either network as atoms on the data that is held out, if any is."""
        other = self.problem.held_out
        return None if other is None else Pool(network.atoms(other.inputs), other.target)


def problems(source: Source, seed: int, replicates: range) -> list[Problem]:
    """The problem of each replicate."""
    return [draw_problem(source, stream(seed, "data", replicate=r)) for r in replicates]


def trained_pools(
    source: Source, training: Training, size: int, seed: int, replicates: range
) -> list[TrainedPool]:
    """Train `size` neurons on each replicate's problem, the replicates together."""
    drawn, trajectories = pool_trajectories(
        source, training, size, seed, replicates, [0, training.steps]
    )
    return [
        TrainedPool(problem, trajectory.snapshots[0], trajectory.final)
        for problem, trajectory in zip(drawn, trajectories, strict=True)
    ]


def pool_trajectories(
    source: Source,
    training: Training,
    size: int,
    seed: int,
    replicates: range,
    snapshots: Sequence[int],
) -> tuple[list[Problem], list[Trajectory]]:
    """Each replicate's problem, and its pool's networks at the snapshots."""
    drawn = problems(source, seed, replicates)
    networks = [
        random_network(
            size,
            problem.dimension,
            seed=stream(seed, "pool", replicate=r),
            activation=source.activation,
        )
        for r, problem in zip(replicates, drawn, strict=True)
    ]
    return drawn, descend(drawn, networks, training, snapshots=snapshots)


def scratch_trajectories(
    source: Source,
    training: Training,
    seed: int,
    replicates: range,
    drawn: Sequence[Problem],
    width: int,
    snapshots: Sequence[int] | None = None,
) -> list[Trajectory]:
    """A network of this width trained directly on each replicate's problem."""
    networks = [
        random_network(
            width,
            problem.dimension,
            seed=stream(seed, "scratch", replicate=r, width=width),
            activation=source.activation,
        )
        for r, problem in zip(replicates, drawn, strict=True)
    ]
    return descend(drawn, networks, training, snapshots=snapshots)


def scratch_losses(
    source: Source,
    training: Training,
    seed: int,
    replicates: range,
    drawn: Sequence[Problem],
    width: int,
) -> list[float]:
    """The loss, in float64, of a network of this width trained on each replicate's problem."""
    trajectories = scratch_trajectories(source, training, seed, replicates, drawn, width)
    return [
        problem.loss(trajectory.final.predict(problem.inputs))
        for problem, trajectory in zip(drawn, trajectories, strict=True)
    ]


def target_towards_a_facet(atoms: Floats, share: float) -> Floats:
    """The point `share` of the way from the mean to the middle of the facet nearest to it."""
    hull, mean = ConvexHull(atoms), atoms.mean(axis=0)
    distances = -(hull.equations[:, :-1] @ mean + hull.equations[:, -1])
    middle = atoms[hull.simplices[np.argmin(distances)]].mean(axis=0)
    target: Floats = mean + share * (middle - mean)
    return target


def log_sizes(largest: int, per_decade: int = 20) -> Floats:
    """Different whole numbers from 1 to `largest`, about evenly spread in their logarithm."""
    count = int(per_decade * np.log10(largest)) + 1
    return np.unique(np.geomspace(1, largest, count).astype(int))
