"""What a selection rule returns: which atoms, in which order, and the loss after each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from theory.errors import Floats, Integers, check_count


@dataclass(frozen=True, eq=False)
class Selection:
    """A run of a rule that gives every chosen atom the same weight: f_{S_k} = (1/k) Σ φ_{i_j}.

    An atom chosen twice is one neuron of weight 2/k, so the number of different neurons is
    `distinct`, not k.
    """

    rule: str
    indices: Integers
    """(n,) in the order chosen"""
    losses: Floats
    """(n,) L(f_{S_k}) for k = 1..n"""
    pool_size: int

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
        counts = np.bincount(self.indices[:size], minlength=self.pool_size)
        return counts / size
