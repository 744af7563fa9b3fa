"""The gradient step of mean-field descent, over stacked replicas.

With e = f − y, h_ij = σ(a_i·x_j) and s_ij = σ'(a_i·x_j) the gradients of one replica are

    n·∂L/∂b_i = (1/m) Σ_j h_ij e_j,     n·∂L/∂a_i = (b_i/m) Σ_j s_ij (e_j x_j).

They are written by hand over stacked replicas (R, n, d) and updated in place: two matrix products
and few passes over the (n, m) entries, whose factor e_j is put on the smaller x_j. A neuron of mass
μ stands for μ·n equal ones, each of which moves as above, so masses enter f alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from theory.errors import Floats
from theory.network import TwoLayerNetwork
from theory.problem import Problem

if TYPE_CHECKING:
    from theory.training import Training

Array = NDArray[np.floating[Any]]
Kept = dict[int, tuple[Floats, Floats]]
"""step -> hidden (R, n, d) and output (R, n)"""


def _relu(z: Array, slope: Array) -> None:
    np.greater(z, 0, out=slope, casting="unsafe")
    np.multiply(z, slope, out=z)


def _tanh(z: Array, slope: Array) -> None:
    np.tanh(z, out=z)
    np.multiply(z, z, out=slope)
    np.subtract(1, slope, out=slope)


def _sigmoid(z: Array, slope: Array) -> None:
    np.multiply(z, 0.5, out=z)  # σ(z) = (1 + tanh(z/2))/2, with σ' = (1 − tanh²(z/2))/4
    _tanh(z, slope)
    np.add(z, 1, out=z)
    np.multiply(z, 0.5, out=z)
    np.multiply(slope, 0.25, out=slope)


# z ← σ(z) and slope ← σ'(z), in place.
ACTIVATE: Mapping[str, Callable[[Array, Array], None]] = {
    "relu": _relu,
    "tanh": _tanh,
    "sigmoid": _sigmoid,
}


def descend_together(
    problems: Sequence[Problem],
    networks: Sequence[TwoLayerNetwork],
    training: Training,
    snapshots: Collection[int],
) -> tuple[Kept, Floats]:
    """The stacked hidden and output weights at each snapshot, and the losses (steps + 1, R)."""

    def stack(arrays: list[Floats]) -> Array:
        return np.stack(arrays).astype(training.dtype)

    inputs = stack([p.inputs for p in problems])  # (R, m, d)
    target = stack([p.target for p in problems])  # (R, m)
    hidden = stack([net.hidden for net in networks])  # (R, n, d)
    output = stack([net.output for net in networks])  # (R, n)
    mass = stack([masses(net) for net in networks])  # (R, n)
    chance = [Chance(net) for net in networks]
    activate = ACTIVATE[networks[0].activation]

    replicas, samples, dimension = inputs.shape
    transposed = np.ascontiguousarray(inputs.transpose(0, 2, 1))  # (R, d, m)
    weighted = np.empty_like(inputs)  # e_j x_j
    units = np.empty((replicas, output.shape[1], samples), dtype=hidden.dtype)  # h
    slope = np.empty_like(units)  # s
    direction = np.empty_like(hidden)  # Σ_j s_ij e_j x_j
    losses = np.empty((training.steps + 1, replicas))
    step_size = training.rate / samples

    kept: Kept = {}
    for step in range(training.steps + 1):
        if step in snapshots:
            kept[step] = (hidden.astype(np.float64), output.astype(np.float64))
        with np.errstate(over="ignore", invalid="ignore"):  # a loss that is not finite says it
            np.matmul(hidden, transposed, out=units)
            activate(units, slope)
            error = np.matmul((output * mass)[:, None, :], units)[:, 0, :] - target
            losses[step] = np.einsum("rj,rj->r", error, error) / (2 * samples)
            if step == training.steps:
                break
            error *= step_size
            if training.batch is not None:
                error *= stack([c.batch(samples, training.batch) for c in chance])
            output_step = np.matmul(units, error[:, :, None])[:, :, 0]
            np.multiply(inputs, error[:, :, None], out=weighted)
            np.matmul(slope, weighted, out=direction)
            direction *= output[:, :, None]
            hidden -= direction
            output -= output_step
        if training.noise:
            size = training.noise * np.sqrt(training.rate)
            hidden += size * stack([c.normal(output.shape[1], dimension) for c in chance])
            output += size * stack([c.normal(output.shape[1]) for c in chance])
    return kept, losses


class Chance:
    """One replica's mini-batches and noise."""

    def __init__(self, network: TwoLayerNetwork) -> None:
        digest = hashlib.sha256(network.hidden.tobytes() + network.output.tobytes()).digest()
        self._random = np.random.default_rng(np.frombuffer(digest, dtype="<u4"))

    def batch(self, samples: int, size: int) -> Floats:
        """(m,) m/size at the points drawn, 0 elsewhere: on average, the full gradient."""
        share = np.zeros(samples)
        share[self._random.choice(samples, size, replace=False)] = samples / size
        return share

    def normal(self, *shape: int) -> Floats:
        """Independent N(0, 1)."""
        return self._random.standard_normal(shape)


def masses(network: TwoLayerNetwork) -> Floats:
    """(n,) the share of each neuron in f."""
    if network.mass is not None:
        return network.mass
    return np.full(network.width, 1 / network.width)
