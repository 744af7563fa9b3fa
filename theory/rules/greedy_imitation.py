"""Greedy imitation: the best pair of an atom and a step, jointly (Ye, Wu, Liu, NeurIPS 2020).

    (i, s) = argmin_{j, s ∈ [0, 1]} L((1 − s) f + s φ_j),     f ← (1 − s) f + s φ_i.

In closed form: with r = f − y and d_j = r − (φ_j − y) = f − φ_j the best step towards atom j is
s = ⟨r, d_j⟩/‖d_j‖², which lowers 2L by ⟨r, d_j⟩²/‖d_j‖² if it lies inside [0, 1]; by
‖r‖² − ‖φ_j − y‖² if it is cut at 1; by nothing if it is cut at 0. The largest gain wins.
"""

from __future__ import annotations

import numpy as np

from theory.errors import Floats, check_count
from theory.pool import Pool
from theory.rules.frank_wolfe import best_step
from theory.rules.ties import lowest_near_minimum, product_rounding
from theory.selection import Selection


def greedy_imitation(pool: Pool, size: int) -> Selection:
    """`size` steps from the atom nearest the target."""
    check_count("size", size)
    centred = pool.atoms - pool.target
    squares = np.einsum("ij,ij->i", centred, centred)
    largest = float(squares.max())
    losing, rounding = squares, product_rounding(np.sqrt([largest]), largest)
    residual, weights = np.zeros(pool.samples), np.zeros(pool.size)
    indices = np.empty(size, dtype=np.int64)
    steps, losses, gaps = np.ones(size), np.empty(size), np.empty(size)
    for k in range(size):
        chosen = lowest_near_minimum(losing, rounding)
        direction = centred[chosen] - residual
        if k:
            steps[k] = best_step(residual, direction, 1.0)
        weights *= 1 - steps[k]
        weights[chosen] += steps[k]
        carrying = np.flatnonzero(weights)
        residual = weights[carrying] @ centred[carrying]  # anew, so that no error piles up
        square = float(residual @ residual)
        products = centred @ residual
        error = product_rounding(residual, largest)
        losing = -_gains(products, squares, square, error)
        rounding = 1e-12 * float(-losing.min())
        indices[k] = chosen
        losses[k] = square / (2 * pool.samples)
        gaps[k] = max(0.0, square - float(products.min())) / pool.samples
    return Selection("greedy_imitation", indices, losses, pool.size, step_sizes=steps, gaps=gaps)


def _gains(products: Floats, squares: Floats, square: float, error: float) -> Floats:
    """(N,) by how much the best step towards each atom lowers ‖r‖²; 0 if it is but rounding."""
    along = square - products  # ⟨r, d_j⟩
    lengths = square - 2 * products + squares  # ‖d_j‖²
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = np.where(lengths > 0, np.square(along) / lengths, 0.0)
    gains: Floats = np.where(along >= lengths, square - squares, inside)
    return np.where(along > error, np.maximum(gains, 0.0), 0.0)
