"""Largest norm: keep the neurons whose outputs are largest, with equal weights (magnitude pruning).

It does not look at the target at all.
"""

from __future__ import annotations

import numpy as np

from theory.errors import check_count
from theory.pool import Pool
from theory.rules.equal_weights import prefix_losses
from theory.selection import Selection


def largest_norm(pool: Pool, size: int) -> Selection:
    """The `size` atoms of largest ‖φ_i‖, each once, the largest first; at most N."""
    check_count("size", size, most=pool.size)
    norms = np.square(pool.atoms).sum(axis=1)
    indices = np.argsort(-norms, kind="stable")[:size]
    losses = prefix_losses(pool, indices)
    return Selection("largest_norm", indices.astype(np.int64), losses, pool.size)
