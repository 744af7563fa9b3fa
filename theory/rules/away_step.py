"""Away-step and pairwise Frank-Wolfe (Guélat, Marcotte 1986; Lacoste-Julien, Jaggi 2015).

Plain Frank-Wolfe zigzags when the nearest point lies on a face. These two may also take weight from
the worst atom that carries some, a = argmax_{j: α_j > 0} ⟨r, φ_j⟩ with r = f − y, beside the best
atom i = argmin_j ⟨r, φ_j⟩; both converge geometrically for every target.

    away-step:  towards φ_i − f if ⟨r, f − φ_i⟩ ≥ ⟨r, φ_a − f⟩, else along f − φ_a,
                by at most α_a/(1 − α_a)
    pairwise:   along φ_i − φ_a, by at most α_a

The residual is formed anew from the weights at every step, so that no error piles up.
"""

from __future__ import annotations

import numpy as np

from theory.errors import Floats, check_count
from theory.pool import Pool
from theory.rules.frank_wolfe import best_step
from theory.rules.ties import lowest_near_minimum, product_rounding
from theory.selection import Selection


def away_step(pool: Pool, size: int) -> Selection:
    """`size` steps of away-step Frank-Wolfe from the atom nearest the target."""
    return _with_weights_taken(pool, size, "away_step")


def pairwise(pool: Pool, size: int) -> Selection:
    """`size` steps of pairwise Frank-Wolfe from the atom nearest the target."""
    return _with_weights_taken(pool, size, "pairwise")


def _with_weights_taken(pool: Pool, size: int, rule: str) -> Selection:
    check_count("size", size)
    centred = pool.atoms - pool.target
    squares = np.einsum("ij,ij->i", centred, centred)
    largest = float(squares.max())
    weights = np.zeros(pool.size)
    indices = np.empty(size, dtype=np.int64)
    losses, gaps = np.empty(size), np.empty(size)
    states = []
    nearest = lowest_near_minimum(squares, product_rounding(np.sqrt([largest]), largest))
    weights[nearest] = 1.0
    indices[0] = nearest
    for k in range(size):
        carrying = np.flatnonzero(weights)
        residual = weights[carrying] @ centred[carrying]
        products, rounding = centred @ residual, product_rounding(residual, largest)
        square = float(residual @ residual)
        losses[k] = square / (2 * pool.samples)
        gaps[k] = max(0.0, square - float(products.min())) / pool.samples
        states.append((carrying, weights[carrying]))
        if k + 1 < size:
            indices[k + 1] = _move(
                weights, centred, residual, products, rounding, rule == "pairwise"
            )
    return Selection(rule, indices, losses, pool.size, states=tuple(states), gaps=gaps)


def _move(
    weights: Floats, centred: Floats, residual: Floats, products: Floats, rounding: float,
    pairwise: bool,
) -> int:  # fmt: skip
    """One step, in place; returns the atom that gained weight, or lost it in an away step."""
    best = lowest_near_minimum(products, rounding)
    carrying = np.flatnonzero(weights)
    worst = int(carrying[lowest_near_minimum(-products[carrying], rounding)])
    square = float(residual @ residual)
    if pairwise:
        step = best_step(residual, centred[best] - centred[worst], weights[worst])
        emptied = step == weights[worst]
        weights[best] += step
        weights[worst] = 0.0 if emptied else weights[worst] - step
        moved = best
    elif square - products[best] >= products[worst] - square - rounding:
        step = best_step(residual, centred[best] - residual, 1.0)
        weights *= 1 - step
        weights[best] += step
        moved = best
    else:
        longest = weights[worst] / (1 - weights[worst])
        step = best_step(residual, residual - centred[worst], longest)
        weights *= 1 + step
        weights[worst] = 0.0 if step == longest else weights[worst] - step
        moved = worst
    weights /= weights.sum()
    return moved
