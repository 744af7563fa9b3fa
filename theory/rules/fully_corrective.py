"""Fully corrective Frank-Wolfe: add the best atom, then re-optimise all weights.

    i = argmin_j ⟨f − y, φ_j⟩,     f ← the point of conv{φ_j : j ∈ S ∪ {i}} nearest y.

It is orthogonal matching pursuit on the simplex. Atoms that lose all their weight leave. Every step
ends at the nearest point of a face, no face comes twice, so it ends after finitely many steps, with
at most rank + 1 atoms carrying weight, at the nearest point of the hull.
"""

from __future__ import annotations

import numpy as np

from theory.errors import check_count, check_positive
from theory.geometry.hull import nearest_point
from theory.pool import Pool
from theory.rules.ties import lowest_near_minimum, product_rounding
from theory.selection import Selection


def fully_corrective(pool: Pool, size: int, *, tolerance: float = 1e-14) -> Selection:
    """At most `size` steps from the atom nearest the target.

    It ends before `size` once the duality gap is below `tolerance` times D² or a step brings no
    new atom; what the selection then holds is the optimum to rounding.
    """
    check_count("size", size)
    check_positive("tolerance", tolerance)
    centred = pool.atoms - pool.target
    squares = np.einsum("ij,ij->i", centred, centred)
    largest = float(squares.max())
    scores, rounding = squares, product_rounding(np.sqrt([largest]), largest)
    support = np.empty(0, dtype=np.int64)
    indices, losses, gaps, states = [], [], [], []
    for _ in range(size):
        chosen = lowest_near_minimum(scores, rounding)
        if chosen in support:
            break
        support = np.append(support, chosen)
        found = nearest_point(Pool(pool.atoms[support], pool.target))
        carrying = np.flatnonzero(found.weights)
        support = support[carrying]
        weights = found.weights[carrying]
        residual = weights @ centred[support]
        scores, rounding = centred @ residual, product_rounding(residual, largest)
        gap = max(0.0, float(residual @ residual - scores.min())) / pool.samples
        indices.append(chosen)
        losses.append(float(residual @ residual) / (2 * pool.samples))
        gaps.append(gap)
        states.append((support, weights))
        if gap <= tolerance * largest / pool.samples:
            break
    return Selection(
        "fully_corrective",
        np.array(indices, dtype=np.int64),
        np.array(losses),
        pool.size,
        states=tuple(states),
        gaps=np.array(gaps),
    )
