"""Greedy forward selection: the paper's rule (Ye et al. 2020, arXiv:2003.01794).

    S ← S ∪ {argmin_i L(f_{S ∪ {i}})},    f_S = (1/|S|) Σ_{i ∈ S} φ_i.

With c_i = φ_i − y and w = Σ_{k ∈ S} c_k the loss after n picks is ‖w‖²/(2n²), so a step looks for
the least ‖w + c_i‖², that is the least 2⟨w, c_i⟩ + ‖c_i‖². No network is evaluated: ⟨w, c_i⟩ is
kept for all i and grows by one product with the atoms per *new* atom; a repeated pick reuses its
own.
"""

from __future__ import annotations

import numpy as np

from theory.errors import Floats, check_count
from theory.pool import Pool
from theory.rules.ties import least_norm
from theory.selection import Selection

_COLUMN_MEMORY = 2**29  # bytes of products kept for atoms that may be picked again


def greedy_forward(pool: Pool, size: int, *, repetition: bool = True) -> Selection:
    """Choose `size` atoms, each the one whose addition leaves the least loss.

    Ties go to the lowest index: atoms whose scores agree to within rounding are compared once
    more by their losses, computed afresh in one order, so that equal atoms tie exactly.

    `repetition=False` allows every atom once; `size` is then at most N.
    Raises `InvalidInput` for a size below 1, or above N without repetition.
    """
    check_count("size", size, most=None if repetition else pool.size)
    centred = pool.atoms - pool.target
    squares = np.einsum("ij,ij->i", centred, centred)
    total = np.zeros(pool.samples)
    products = np.zeros(pool.size)
    rounding = _Rounding(float(squares.max()), pool.samples)
    columns: dict[int, Floats] = {}
    room = _COLUMN_MEMORY // products.nbytes

    indices = np.empty(size, dtype=np.int64)
    losses = np.empty(size)
    margins, gaps = np.empty(size), np.empty(size)
    for step in range(size):
        scores = 2.0 * products + squares
        near = np.flatnonzero(scores <= scores.min() + rounding.of_scores)
        best = int(near[0]) if len(near) == 1 else least_norm(total, centred, near)

        column = columns.get(best)
        if column is None:
            column = centred @ centred[best]
            if len(columns) < room:
                columns[best] = column
        products += column
        total += centred[best]
        square = float(total @ total)
        rounding.grow(square)
        if not repetition:
            squares[best] = np.inf
        indices[step] = best
        losses[step] = square / (2 * pool.samples * (step + 1) ** 2)
        margins[step], gaps[step] = margin_and_gap(products, square, step + 1, pool.samples)
    rule = "greedy_forward" if repetition else "greedy_forward_without_repetition"
    return Selection(rule, indices, losses, pool.size, margins=margins, gaps=gaps)


def greedy_forward_without_repetition(pool: Pool, size: int) -> Selection:
    """`greedy_forward` with every atom at most once, as in the authors' released code."""
    return greedy_forward(pool, size, repetition=False)


def margin_and_gap(products: Floats, square: float, size: int, samples: int) -> tuple[float, float]:
    """γ_k and the duality gap of f_k, from ⟨w, c_i⟩ and ‖w‖² with w = k(f_k − y), without 1/m.

    γ_k = max_i ⟨−ŵ, c_i⟩, infinite if w = 0 (any direction does); the gap is
    ‖f_k − y‖² − min_i ⟨f_k − y, c_i⟩.
    """
    least = float(products.min())
    margin = np.inf if square == 0 else -least / float(np.sqrt(square * samples))
    return margin, max(0.0, square / size - least) / (size * samples)


class _Rounding:
    """How far two scores may lie apart in float64 when they are equal in truth.

    With Q the largest ‖c_i‖², a product of m terms errs by at most m·ε·Q, and adding it to the
    running products by at most ε·‖w‖·√Q more.
    """

    def __init__(self, largest_square: float, samples: int) -> None:
        self._square = largest_square
        self._product_error = samples * np.finfo(np.float64).eps * largest_square
        self.of_scores = 4.0 * self._product_error

    def grow(self, norm_square: float) -> None:
        """Account for one more column, after which ‖w‖² is `norm_square`."""
        addition = np.finfo(np.float64).eps * np.sqrt(norm_square * self._square)
        self.of_scores += 4.0 * (self._product_error + float(addition))
