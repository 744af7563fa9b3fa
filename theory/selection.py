"""What a selection rule returns: which atoms, in which order, and the loss after each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from theory.errors import Floats, Integers, check_count


@dataclass(frozen=True, eq=False)
class Selection:
    """A run of a rule: f_0 = 0 and f_k = (1 − s_k) f_{k−1} + s_k φ_{i_k} with s_1 = 1.

    Equal weights, f_{S_k} = (1/k) Σ φ_{i_j}, are the steps s_k = 1/k (`step_sizes` None). An atom
    chosen twice is one neuron of weight 2/k, so the number of different neurons is `distinct`,
    not k.
    """

    rule: str
    indices: Integers
    """(n,) in the order chosen"""
    losses: Floats
    """(n,) L(f_{S_k}) for k = 1..n"""
    pool_size: int
    step_sizes: Floats | None = None
    """(n,) s_k in [0, 1]; None for equal weights"""
    margins: Floats | None = None
    """(n,) γ_k = max_i ⟨−ŵ_k, φ_i − y⟩ along ŵ_k, the direction of f_k − y (greedy forward)"""

    @property
    def size(self) -> int:
        """n, the number of atoms chosen, repetitions counted."""
        return len(self.indices)

    @property
    def distinct(self) -> Integers:
        """(n,) number of different atoms among the first k."""
        first = np.zeros(self.size, dtype=np.int64)
        first[np.unique(self.indices, return_index=True)[1]] = 1
        return np.cumsum(first)

    def weights(self, size: int) -> Floats:
        """(N,) the weights of the atoms on the simplex after `size` steps."""
        check_count("size", size, most=self.size)
        chosen = self.indices[:size]
        if self.step_sizes is None:
            shares: Floats = np.full(size, 1 / size)
        else:
            steps = self.step_sizes[:size]
            left_over = np.append(np.cumprod((1 - steps)[:0:-1])[::-1], 1.0)  # by later steps
            shares = steps * left_over
        return np.bincount(chosen, shares, self.pool_size).astype(np.float64, copy=False)
