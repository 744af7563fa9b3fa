"""Greedy imitation: the best pair of an atom and a step, jointly (Ye, Wu, Liu, NeurIPS 2020).

    (i, s) = argmin_{j, s ∈ [0, 1]} L((1 − s) f + s φ_j),     f ← (1 − s) f + s φ_i.

In closed form: with r = f − y and d_j = r − (φ_j − y) = f − φ_j the best step towards atom j is
s = ⟨r, d_j⟩/‖d_j‖², which lowers 2L by ⟨r, d_j⟩²/‖d_j‖² if it lies inside [0, 1]; by
‖r‖² − ‖φ_j − y‖² if it is cut at 1; by nothing if it is cut at 0. The largest gain wins.
"""

from __future__ import annotations

import numpy as np

from theory.errors import Floats
from theory.pool import Pool
from theory.rules.frank_wolfe import LineSearchState, with_line_search
from theory.selection import Selection


def greedy_imitation(pool: Pool, size: int) -> Selection:
    """`size` steps from the atom nearest the target."""

    def scores(state: LineSearchState) -> tuple[Floats, float]:
        gains = _gains(state)
        return -gains, 1e-12 * float(gains.max())

    return with_line_search(pool, size, "greedy_imitation", scores)


def _gains(state: LineSearchState) -> Floats:
    """(N,) by how much the best step towards each atom lowers ‖r‖²; 0 if it is but rounding."""
    along = state.square - state.products  # ⟨r, d_j⟩
    lengths = state.square - 2 * state.products + state.squares  # ‖d_j‖²
    with np.errstate(divide="ignore", invalid="ignore"):
        inside = np.where(lengths > 0, np.square(along) / lengths, 0.0)
    gains: Floats = np.where(along >= lengths, state.square - state.squares, inside)
    return np.where(along > state.rounding, np.maximum(gains, 0.0), 0.0)
