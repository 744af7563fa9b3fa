"""The losses of networks that give every chosen atom the same weight."""

from __future__ import annotations

import numpy as np

from theory.errors import Floats, Integers
from theory.pool import Pool


def prefix_losses(pool: Pool, indices: Integers) -> Floats:
    """(n,) L((1/k) Σ_{j ≤ k} φ_{i_j}) for k = 1..n, added up from the first atom on."""
    totals = np.cumsum(pool.atoms[indices] - pool.target, axis=0)
    steps = np.arange(1, len(indices) + 1)
    losses: Floats = np.einsum("ij,ij->i", totals, totals) / (2.0 * pool.samples * steps**2)
    return losses
