"""Backward elimination: start from the full pool and drop, one at a time, the neuron whose loss is
then lowest. The paper's opponent.

With c_i = φ_i − y, w = Σ_{k ∈ S} c_k and |S| = n the loss without i is ‖w − c_i‖²/(2(n−1)²), so a
step looks for the least ‖c_i‖² − 2⟨w, c_i⟩. ⟨w, c_i⟩ is kept for all i: O(N) a step with the Gram
matrix at hand, O(N·m) without it.
"""

from __future__ import annotations

import numpy as np

from theory.errors import check_count
from theory.pool import Pool
from theory.rules.equal_weights import prefix_losses
from theory.rules.ties import least_norm
from theory.selection import Selection

_GRAM_MEMORY = 2**30  # bytes that the Gram matrix may take
_EPS = float(np.finfo(np.float64).eps)


def backward_elimination(pool: Pool, size: int | None = None) -> Selection:
    """The last `size` atoms standing (default all N), the longest-lived first.

    The first k indices are the subset of size k, so `losses[k − 1]` is its loss. Of several atoms
    that do equally well the one with the lowest index is dropped.
    Raises `InvalidInput` for a size below 1 or above N.
    """
    size = pool.size if size is None else check_count("size", size, most=pool.size)
    centred = pool.atoms - pool.target
    squares = np.einsum("ij,ij->i", centred, centred)
    small = 8 * pool.size**2 <= _GRAM_MEMORY and pool.samples > 1
    gram = centred @ centred.T if small else None
    total = centred.sum(axis=0)
    products = centred @ total
    error = 4 * (pool.samples + pool.size) * _EPS * float(squares.max())  # of one product
    alive = np.ones(pool.size, dtype=bool)
    indices = np.empty(pool.size, dtype=np.int64)
    for left in range(pool.size, 0, -1):
        scores = squares - 2 * products
        near = np.flatnonzero(scores <= scores.min() + error * (pool.size - left + pool.size))
        dropped = int(near[0])
        if len(near) > 1:  # what was dropped may have taken digits along: form w from what is left
            total = centred[alive].sum(axis=0)
            dropped = int(near[least_norm(-total, centred[near])])
        alive[dropped] = False
        indices[left - 1] = dropped
        total = total - centred[dropped]
        products -= centred @ centred[dropped] if gram is None else gram[dropped]
        squares[dropped] = np.inf
    # Added up from the last survivor on, so that no small loss is a difference of large sums.
    survivors = indices[:size]
    losses = prefix_losses(pool, survivors)
    return Selection("backward_elimination", survivors, losses, pool.size)
