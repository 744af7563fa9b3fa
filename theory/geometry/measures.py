"""Distances and spreads of a pool that the guarantees' constants are made of."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from theory.errors import Floats, check_array
from theory.pool import Pool


def target_radius(pool: Pool) -> float:
    """D = max_i ‖φ_i − y‖."""
    centred = pool.atoms - pool.target
    return float(np.sqrt(np.einsum("ij,ij->i", centred, centred).max() / pool.samples))


def diameter(pool: Pool, *, block: int = 1024) -> float:
    """Δ = max_{i,j} ‖φ_i − φ_j‖, over all pairs, `block` atoms against the others at a time."""
    centred = pool.atoms - pool.atoms.mean(axis=0)
    squares = np.einsum("ij,ij->i", centred, centred)
    largest, pair = -1.0, (0, 0)
    for start in range(0, pool.size, block):
        part = slice(start, start + block)
        distances = squares[part, None] + squares - 2 * centred[part] @ centred.T
        row, column = np.unravel_index(int(np.argmax(distances)), distances.shape)
        if distances[row, column] > largest:
            largest, pair = float(distances[row, column]), (start + int(row), int(column))
    # The expanded square only finds the pair; its distance is computed without cancellation.
    difference = pool.atoms[pair[0]] - pool.atoms[pair[1]]
    return float(np.sqrt(difference @ difference / pool.samples))


def variance(pool: Pool, weights: ArrayLike) -> float:
    """V(α) = Σ α_i‖φ_i − Φα‖² of simplex weights (N,)."""
    alpha = check_array("weights", weights, (pool.size,))
    carrying = np.flatnonzero(alpha)
    atoms, share = pool.atoms[carrying], alpha[carrying]
    deviations = atoms - share @ atoms
    return float(share @ np.einsum("ij,ij->i", deviations, deviations) / pool.samples)


def affine_basis(points: Floats, origin: Floats) -> Floats:
    """Orthonormal columns (m, r) spanning points − origin; r is their numerical rank.

    A direction counts if its singular value exceeds max(N, m)·ε times the largest.
    """
    _, values, directions = np.linalg.svd(points - origin, full_matrices=False)
    if len(values) == 0 or values[0] == 0:
        return np.zeros((points.shape[1], 0))
    least = max(points.shape) * np.finfo(np.float64).eps * values[0]
    basis: Floats = np.ascontiguousarray(directions[values > least].T)
    return basis


def affine_rank(pool: Pool) -> int:
    """The dimension of the affine hull of the atoms (0 if they are all equal)."""
    return int(affine_basis(pool.atoms, pool.atoms[0]).shape[1])
