"""A random subset: n atoms drawn independently from the pool, the Monte Carlo baseline.

Its expected loss is known exactly: with weights α and V(α) = Σ α_i‖φ_i − Φα‖²,
E L(f_n) = L(Φα) + V(α)/(2n) (the variance of a mean). So no rule that beats it by more than a
constant factor in n does so by luck.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from theory.errors import Floats, InvalidInput, check_array, check_count, check_seed
from theory.pool import Pool
from theory.rules.equal_weights import prefix_losses
from theory.selection import Selection


def random_subset(
    pool: Pool,
    size: int,
    *,
    seed: int | np.random.Generator = 0,
    weights: ArrayLike | None = None,
) -> Selection:
    """Draw `size` atoms with replacement, from `weights` (N,) on the simplex (default uniform)."""
    check_count("size", size)
    chances = None if weights is None else _on_simplex(weights, pool.size)
    random = check_seed(seed)
    indices = random.choice(pool.size, size=size, p=chances)
    losses = prefix_losses(pool, indices)
    rule = "random_subset" if weights is None else "random_subset(weights)"
    return Selection(rule, indices.astype(np.int64), losses, pool.size)


def _on_simplex(weights: ArrayLike, size: int) -> Floats:
    chances = check_array("weights", weights, (size,))
    if chances.min() < 0 or abs(chances.sum() - 1) > 1e-9:
        raise InvalidInput(
            f"weights must be at least 0 and sum to 1; their least is {chances.min():.3g} and "
            f"their sum {chances.sum():.12g}"
        )
    normalised: Floats = chances / chances.sum()
    return normalised
