"""Pools of random neurons, and how many of them a target takes.

A pool of N random neurons contains the target in its hull or does not; the chance jumps from 0 to
1 over a narrow range of N. Two cases have a formula: the target 0 (Wendel 1962), and Gaussian atoms
with any target (from the conic kinematic formula).
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.stats import binom, norm

from theory.activation import Activation
from theory.errors import InvalidInput, check_count, check_seed
from theory.memory import check_memory
from theory.network import Neurons, random_network
from theory.pool import Pool
from theory.problem import Problem

_BLOCK = 1024  # neurons drawn together


def random_pool(
    problem: Problem,
    size: int,
    *,
    seed: int | np.random.Generator = 0,
    neurons: Neurons | None = None,
    activation: Activation = "relu",
) -> Pool:
    """The outputs of `size` random neurons on a problem's data.

    Neurons are drawn and evaluated in blocks, so that the atoms, 8·N·m bytes, are all that is
    held. With the same seed, a smaller pool is the beginning of a larger one.
    Raises `InvalidInput` if pool and selection (`memory_needed`) do not fit into memory.
    """
    check_count("size", size)
    request = f"a pool of {size} neurons on {problem.samples} data points"
    check_memory(request, memory_needed(size, problem.samples), "choose a smaller size")
    random = check_seed(seed)
    atoms = np.empty((size, problem.samples))
    for start in range(0, size, _BLOCK):
        network = random_network(  # whole blocks: the last one's neurons are the same at any size
            _BLOCK, problem.dimension, seed=random, neurons=neurons, activation=activation
        )
        room = min(_BLOCK, size - start)
        atoms[start : start + room] = network.atoms(problem.inputs)[:room]
    return Pool(atoms, problem.target)


def memory_needed(size: int, samples: int) -> int:
    """Bytes, at the peak, for drawing a pool of N neurons on m points and selecting from it.

    8·N·m for the atoms, 4·N·m for greedy selection's float32 copy, ten vectors of length N, and
    half a gigabyte for blocks, kept products and the libraries. Projecting the target on the hull
    takes more, about 30·N·m.
    """
    return 12 * size * samples + 80 * size + 2**29


def wendel_probability(size: int, rank: int) -> float:
    """P(0 ∈ conv{φ_1, …, φ_N}) for N atoms symmetric about 0 in general position in R^rank.

        1 − 2^{−(N−1)} Σ_{k < rank} C(N − 1, k).

    It is the same for every such distribution, and ½ at N = 2·rank. Neurons b·σ(X a) with b
    symmetric about 0 are such atoms, except where several lie in one subspace by construction;
    that makes the chance larger. Source: Wendel 1962, *Math. Scand.* 11, 109-111.
    """
    check_count("size", size)
    check_count("rank", rank)
    return float(binom.sf(rank - 1, size - 1, 0.5))


def gaussian_threshold(rank: int, shift: float) -> float:
    """About the N at which Gaussian atoms in R^rank contain a target with chance ½.

    `shift` = s is the target's distance from the atoms' mean, in standard deviations of the atoms
    along that direction. Turned so that the target is (0, …, 0, s), atom i has a last coordinate
    h_i − s with h_i ~ N(0, 1), and the others are a Gaussian matrix of rank − 1 rows. Its kernel
    meets the cone {α ≥ 0, Σ α_i (h_i − s) = 0} beyond 0, with high chance, once the statistical
    dimension of the cone exceeds rank − 1. By projecting a Gaussian vector on the cone that is

        N·δ − O(1),   δ = min_λ E max(0, g + λ(s − h))²,   g, h ~ N(0, 1) independent,

    the O(1) being 1 at s = 0. So N ≈ rank/δ: Wendel's 2·rank at s = 0, growing like exp(s²/2).
    Asymptotic in the rank. Source of the threshold: Amelunxen, Lotz, McCoy, Tropp 2014,
    *Information and Inference* 3 (arXiv:1303.6672); this use of it is ours.
    Raises `InvalidInput` for a shift below 0 or above 30.
    """
    check_count("rank", rank)
    if not 0 <= shift <= 30:
        raise InvalidInput(f"shift is {shift}; it must be from 0 to 30")

    def square(multiplier: float) -> float:
        """E max(0, Z)² for Z ~ N(λs, 1 + λ²)."""
        mean, spread = multiplier * shift, np.hypot(1.0, multiplier)
        z = mean / spread
        return float((mean**2 + spread**2) * norm.cdf(z) + mean * spread * norm.pdf(z))

    density = minimize_scalar(square, bounds=(-50.0, 0.0), method="bounded").fun
    return rank / float(density)
