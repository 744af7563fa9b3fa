"""What a selection rule returns: which atoms, in which order, and the loss after each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from theory.errors import Floats, Integers, InvalidInput, check_count
from theory.pool import Pool


@dataclass(frozen=True, eq=False)
class Selection:
    """A run of a rule: the networks f_1, …, f_n, each a weighted mean of atoms of the pool.

    With neither `step_sizes` nor `states` the weights are equal, f_k = (1/k) Σ_{j ≤ k} φ_{i_j}: an
    atom chosen twice is one neuron of weight 2/k. With `step_sizes` s_k,
    f_k = (1 − s_k) f_{k−1} + s_k φ_{i_k} and s_1 = 1. Rules that also take weight away keep
    `states`. So the number of different neurons in f_k is `distinct`, not k.
    """

    rule: str
    indices: Integers
    """(n,) the atom that step k chose"""
    losses: Floats
    """(n,) L(f_k) for k = 1..n"""
    pool_size: int
    step_sizes: Floats | None = None
    """(n,) s_k in [0, 1]"""
    states: tuple[tuple[Integers, Floats], ...] | None = None
    """n pairs: the atoms that carry weight after step k, and their weights"""
    margins: Floats | None = None
    """(n,) γ_k = max_i ⟨−ŵ_k, φ_i − y⟩ along ŵ_k, the direction of f_k − y"""
    gaps: Floats | None = None
    """(n,) duality gap of f_k: max_i ⟨f_k − y, f_k − φ_i⟩ ≥ L(f_k) − L*"""

    @property
    def size(self) -> int:
        """n, the number of steps."""
        return len(self.indices)

    @property
    def equal_weights(self) -> bool:
        """Every step adds one neuron of the same weight."""
        return self.step_sizes is None and self.states is None

    @property
    def distinct(self) -> Integers:
        """(n,) the number of different atoms in f_k."""
        if self.states is not None:
            return np.array([len(atoms) for atoms, _ in self.states], dtype=np.int64)
        first = np.zeros(self.size, dtype=np.int64)
        first[np.unique(self.indices, return_index=True)[1]] = 1
        return np.cumsum(first)

    def losses_on(self, pool: Pool) -> Floats:
        """(n,) L(f_k) of the same networks on other data: `pool` has the same N atoms there.

        Raises `InvalidInput` if the number of atoms differs.
        """
        if pool.size != self.pool_size:
            raise InvalidInput(f"pool has {pool.size} atoms; this selects from {self.pool_size}")
        losses = np.empty(self.size)
        point = np.zeros(pool.samples)
        for k, atom in enumerate(self.indices):
            if self.states is not None:
                atoms, shares = self.states[k]
                point = shares @ pool.atoms[atoms]
            else:
                step = 1 / (k + 1) if self.step_sizes is None else self.step_sizes[k]
                point = point + step * (pool.atoms[atom] - point)
            losses[k] = pool.loss(point)
        return losses

    def weights(self, size: int) -> Floats:
        """(N,) the weights of the atoms on the simplex after `size` steps."""
        check_count("size", size, most=self.size)
        chosen = self.indices[:size]
        if self.states is not None:
            chosen, shares = self.states[size - 1]
        elif self.step_sizes is not None:
            steps = self.step_sizes[:size]
            left_over = np.append(np.cumprod((1 - steps)[:0:-1])[::-1], 1.0)  # by later steps
            shares = steps * left_over
        else:
            shares = np.full(size, 1 / size)
        return np.bincount(chosen, shares, self.pool_size).astype(np.float64, copy=False)
