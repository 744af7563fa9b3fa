"""Herding (Welling 2009; Chen, Welling, Smola 2010): equal weights, atoms chosen by the gradient.

    i = argmin_j ⟨w, φ_j⟩,     w = Σ_{k ∈ S} (φ_k − y).

It is greedy forward selection without the term ‖φ_j − y‖², and Frank-Wolfe with the step sizes 1/k
(Bach, Lacoste-Julien, Obozinski 2012). The bounds for an interior target hold for it too.
"""

from __future__ import annotations

import numpy as np

from theory.errors import check_count
from theory.pool import Pool
from theory.rules.greedy_forward import margin_and_gap
from theory.rules.ties import lowest_near_minimum, product_rounding
from theory.selection import Selection


def herding(pool: Pool, size: int) -> Selection:
    """Choose `size` atoms; the first, where w = 0 says nothing, is the one nearest the target."""
    check_count("size", size)
    centred = pool.atoms - pool.target
    squares = np.einsum("ij,ij->i", centred, centred)
    largest = float(squares.max())
    total = np.zeros(pool.samples)
    scores, rounding = squares, product_rounding(np.sqrt([largest]), largest)
    indices = np.empty(size, dtype=np.int64)
    losses, margins, gaps = np.empty(size), np.empty(size), np.empty(size)
    for step in range(size):
        chosen = lowest_near_minimum(scores, rounding)
        total = total + centred[chosen]
        scores, rounding = centred @ total, product_rounding(total, largest)
        square = float(total @ total)
        indices[step] = chosen
        losses[step] = square / (2 * pool.samples * (step + 1) ** 2)
        margins[step], gaps[step] = margin_and_gap(
            float(scores.min()), square, step + 1, pool.samples, float(np.sqrt(largest))
        )
    return Selection("herding", indices, losses, pool.size, margins=margins, gaps=gaps)
