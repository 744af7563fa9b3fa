"""Largest norm: keep the neurons whose outputs are largest, with equal weights (magnitude pruning).

It does not look at the target at all.
"""

from __future__ import annotations

import numpy as np

from theory.errors import check_count
from theory.pool import Pool
from theory.selection import Selection


def largest_norm(pool: Pool, size: int) -> Selection:
    """The `size` atoms of largest ‖φ_i‖, each once, the largest first; at most N."""
    check_count("size", size, most=pool.size)
    norms = np.square(pool.atoms).sum(axis=1)
    indices = np.argsort(-norms, kind="stable")[:size]
    totals = np.cumsum(pool.atoms[indices] - pool.target, axis=0)
    steps = np.arange(1, size + 1)
    losses = np.einsum("ij,ij->i", totals, totals) / (2.0 * pool.samples * steps**2)
    return Selection("largest_norm", indices.astype(np.int64), losses, pool.size)
