"""Frank-Wolfe with line search (Guélat, Marcotte 1986; Jaggi 2013).

    i = argmin_j ⟨f − y, φ_j⟩,     f ← (1 − s) f + s φ_i,   s ∈ [0, 1] the best step.

The direction is φ_i − f, so s = ⟨f − y, f − φ_i⟩/‖f − φ_i‖², cut to [0, 1]: weights are optimised
along the way, and for a target inside the hull the loss falls geometrically.
"""

from __future__ import annotations

import numpy as np

from theory.errors import check_count
from theory.pool import Pool
from theory.selection import Selection


def frank_wolfe(pool: Pool, size: int) -> Selection:
    """`size` steps of Frank-Wolfe from the atom nearest the target; ties to the lowest index."""
    check_count("size", size)
    centred = pool.atoms - pool.target
    squares = np.einsum("ij,ij->i", centred, centred)
    indices = np.empty(size, dtype=np.int64)
    steps = np.ones(size)
    losses = np.empty(size)
    residual = np.zeros(pool.samples)
    for k in range(size):
        i = int(np.argmin(centred @ residual if k else squares))
        direction = centred[i] - residual
        square = float(direction @ direction)
        if k:
            steps[k] = np.clip(-(residual @ direction) / square, 0.0, 1.0) if square > 0 else 0.0
        residual = residual + steps[k] * direction
        indices[k] = i
        losses[k] = residual @ residual / (2 * pool.samples)
    return Selection("frank_wolfe", indices, losses, pool.size, step_sizes=steps)
