"""A pool: N atoms and a target in R^m. All that selection, geometry and guarantees work on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from theory.errors import Floats, InvalidInput, check_array

# Of an entry: squares must not vanish, nor fourth powers overflow.
_LEAST, _LARGEST = 1e-140, 1e70


@dataclass(frozen=True, eq=False)
class Pool:
    """N atoms φ_i and a target y in R^m, with the inner product ⟨u, v⟩ = (1/m) Σ_j u_j v_j.

    The atoms may be neurons' outputs on data, or any points whatever.
    Raises `InvalidInput` if the shapes disagree or anything is empty, NaN or infinite.
    """

    atoms: Floats
    """(N, m)"""
    target: Floats
    """(m,)"""

    def __post_init__(self) -> None:
        object.__setattr__(self, "atoms", check_array("atoms", self.atoms, (None, None)))
        target = check_array("target", self.target, (self.atoms.shape[1],))
        object.__setattr__(self, "target", target)
        extremes = (self.atoms.max(), -self.atoms.min(), target.max(), -target.min())
        largest = float(max(extremes))
        if largest > _LARGEST or 0 < largest < _LEAST:
            raise InvalidInput(
                f"atoms and target have a largest entry of {largest:.1e}, whose square or fourth "
                "power floating point cannot hold; multiply both by a constant (losses scale with "
                "its square)"
            )

    @property
    def size(self) -> int:
        """N, the number of atoms."""
        return len(self.atoms)

    @property
    def samples(self) -> int:
        """m, the number of coordinates of an atom."""
        return int(self.atoms.shape[1])

    def reduced(self) -> Pool:
        """The same pool in an orthonormal basis of the span of the atoms and the target.

        With r the rank, the atoms become (N, r), scaled by √(r/m) so that norms and losses stay
        what they are (to rounding); the same selections cost r instead of m.
        """
        stacked = np.vstack([self.atoms, self.target])
        _, values, directions = np.linalg.svd(stacked, full_matrices=False)
        least = max(stacked.shape) * np.finfo(np.float64).eps * values[0]
        rank = max(1, int((values > least).sum()))
        basis = directions[:rank].T * np.sqrt(rank / self.samples)
        return Pool(self.atoms @ basis, self.target @ basis)

    @classmethod
    def from_gram(cls, gram: ArrayLike, products: ArrayLike, target_square: float) -> Pool:
        """A pool known by its inner products only: ⟨φ_i, φ_j⟩ (N, N), ⟨φ_i, y⟩ (N,) and ‖y‖².

        The atoms are coordinates in an orthonormal basis of their span with the target, at most
        N + 1 of them, scaled so that norms, losses and hence selections are those of the points
        behind the Gram matrix, however many coordinates those have. Floor: a Gram matrix of
        relative rounding ε fixes squared distances to about ε·max‖φ_i‖², losses likewise.

        Raises `InvalidInput` if these cannot be the inner products of N + 1 points.
        """
        inner = check_array("gram", gram, (None, None))
        size = len(inner)
        inner = check_array("gram", inner, (size, size))
        along = check_array("products", products, (size,))
        square = float(check_array("target_square", [target_square], (1,))[0])
        joint = np.block([[inner, along[:, None]], [along[None], np.array([[square]])]])
        scale = float(np.abs(joint).max())
        if scale > _LARGEST**2:
            raise InvalidInput(
                f"gram, products and target_square have an entry of {scale:.1e}; multiply all by a "
                "constant (losses scale with it)"
            )
        rounding = max(1e-12, 64 * (size + 1) * np.finfo(np.float64).eps)
        if np.abs(joint - joint.T).max() > 1e-9 * scale:
            raise InvalidInput("gram is not symmetric; entry (i, j) must be ⟨φ_i, φ_j⟩")
        values, directions = np.linalg.eigh((joint + joint.T) / 2)
        largest = float(values[-1])
        if values[0] < -rounding * scale:
            raise InvalidInput(
                f"gram, products and target_square have an eigenvalue of {values[0]:.2g} beside "
                f"{largest:.2g}; inner products of points have none below 0"
            )
        kept = values > (size + 1) * np.finfo(np.float64).eps * largest
        kept[-1] = True  # all points may be 0
        rank = int(kept.sum())
        points = directions[:, kept] * np.sqrt(np.maximum(values[kept], 0.0) * rank)
        return cls(points[:-1], points[-1])

    def loss(self, point: ArrayLike) -> float:
        """L(f) = ½‖f − y‖² of a point (m,)."""
        residual = check_array("point", point, (self.samples,)) - self.target
        return float(residual @ residual) / (2 * self.samples)
