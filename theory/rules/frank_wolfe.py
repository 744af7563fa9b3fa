"""Frank-Wolfe with line search (Guélat, Marcotte 1986; Jaggi 2013).

    i = argmin_j ⟨f − y, φ_j⟩,     f ← (1 − s) f + s φ_i,   s ∈ [0, 1] the best step.

The direction is φ_i − f, so s = ⟨f − y, f − φ_i⟩/‖f − φ_i‖², cut to [0, 1]: weights are optimised
along the way, and for a target inside the hull the loss falls geometrically.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from theory.errors import Floats, check_count
from theory.pool import Pool
from theory.rules.ties import lowest_near_minimum, product_rounding
from theory.selection import Selection


def frank_wolfe(pool: Pool, size: int) -> Selection:
    """`size` steps of Frank-Wolfe from the atom nearest the target."""

    def scores(state: LineSearchState) -> tuple[Floats, float]:
        return state.products, state.rounding

    return with_line_search(pool, size, "frank_wolfe", scores)


@dataclass(frozen=True)
class LineSearchState:
    """What a rule sees when it chooses the next atom; inner products without the 1/m."""

    products: Floats
    """(N,) ⟨r, c_i⟩ with r = f − y and c_i = φ_i − y"""
    squares: Floats
    """(N,) ‖c_i‖²"""
    square: float
    """‖r‖²"""
    rounding: float
    """of a product"""


def with_line_search(
    pool: Pool, size: int, rule: str, scores: Callable[[LineSearchState], tuple[Floats, float]]
) -> Selection:
    """Steps f ← (1 − s) f + s φ_i with the best s, from the atom nearest the target.

    `scores` gives one number for each atom, of which the least wins, and its rounding.
    """
    check_count("size", size)
    centred = pool.atoms - pool.target
    squares = np.einsum("ij,ij->i", centred, centred)
    largest = float(squares.max())
    wanted, rounding = squares, product_rounding(np.sqrt([largest]), largest)
    residual, weights = np.zeros(pool.samples), np.zeros(pool.size)
    indices = np.empty(size, dtype=np.int64)
    steps, losses, gaps = np.ones(size), np.empty(size), np.empty(size)
    for k in range(size):
        chosen = lowest_near_minimum(wanted, rounding)
        if k:
            steps[k] = best_step(residual, centred[chosen] - residual, 1.0)
        weights *= 1 - steps[k]
        weights[chosen] += steps[k]
        carrying = np.flatnonzero(weights)
        residual = weights[carrying] @ centred[carrying]  # anew, so that no error piles up
        square = float(residual @ residual)
        products = centred @ residual
        error = product_rounding(residual, largest)
        wanted, rounding = scores(LineSearchState(products, squares, square, error))
        indices[k] = chosen
        losses[k] = square / (2 * pool.samples)
        gaps[k] = max(0.0, square - float(products.min())) / pool.samples
    return Selection(rule, indices, losses, pool.size, step_sizes=steps, gaps=gaps)


def best_step(residual: Floats, direction: Floats, longest: float) -> float:
    """The s in [0, longest] with the least ‖residual + s·direction‖²; 0 for no direction."""
    square = float(direction @ direction)
    return min(max(-float(residual @ direction) / square, 0.0), longest) if square > 0 else 0.0
