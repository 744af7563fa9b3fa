"""Ties go to the lowest index, in floating point too.

Scores that are equal in truth differ in their last bits, by how a sum was ordered or where an atom
stands in the pool. So the least score is searched up to a bound for that rounding.
"""

from __future__ import annotations

import numpy as np

from theory.errors import Floats


def lowest_near_minimum(scores: Floats, rounding: float) -> int:
    """The lowest index whose score is within `rounding` of the least."""
    return int(np.argmax(scores <= scores.min() + rounding))


def least_norm(total: Floats, rows: Floats) -> int:
    """Which of the rows c_i has the least ‖total + c_i‖², the first among equals."""
    return int(np.argmin(row_squares(total + rows)))


def row_squares(rows: Floats) -> Floats:
    """(k,) ‖row‖². A sum depends on its row alone: equal rows get equal values anywhere."""
    squares: Floats = np.square(rows).sum(axis=1)
    return squares


def product_rounding(vector: Floats, largest_square: float) -> float:
    """How far a computed ⟨vector, c_i⟩ may err; `largest_square` = max ‖c_i‖² (without 1/m)."""
    eps = float(np.finfo(np.float64).eps)
    return 4 * len(vector) * eps * float(np.sqrt(vector @ vector * largest_square))
