"""The point of the hull nearest the target, with a certificate that anyone can recheck.

The projection of y on M = conv{φ_i} is one nonnegative least-squares problem: with c_i = φ_i − y,

    min_{b ≥ 0}  ‖Σ b_i c_i‖² + (Σ b_i − 1)²

is solved by b = α/(1 + ‖Σ α_i c_i‖²) where α solves the problem on the simplex (minimise over the
scale Σb first: what remains is increasing in ‖Σ α_i c_i‖²). So α = b/Σb, exactly.

Certificate (Jaggi 2013, the Frank-Wolfe gap): for u = Φα and r = u − y,

    gap = max_i ⟨r, u − φ_i⟩ ≥ L(u) − L*,        L(u) − gap ≤ L* ≤ L(u),

and if ⟨r, φ_i − y⟩ > 0 for every i, the plane through y with normal r separates y from M.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.optimize import nnls

from theory.errors import Floats, SubnetsError, check_positive
from theory.pool import Pool


class Membership(StrEnum):
    """Where the target lies with respect to the hull, as far as floating point can tell."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    UNDECIDED = "undecided at this tolerance"


class NoConvergence(SubnetsError, ArithmeticError):
    """A solver stopped before it was done; the message says which and what to try."""


@dataclass(frozen=True, eq=False)
class HullProjection:
    """The nearest point u = Φα of the hull and how far it can be from optimal."""

    weights: Floats
    """α (N,), on the simplex"""
    point: Floats
    """u (m,)"""
    loss: float
    """L(u) = ½‖u − y‖²"""
    duality_gap: float
    """max_i ⟨u − y, u − φ_i⟩ ≥ L(u) − L*, recomputed from the weights alone"""
    membership: Membership
    tolerance: float
    """relative to Σ α_i‖φ_i − y‖, the size of what has to cancel"""

    @property
    def best(self) -> float:
        """L*: 0 inside the hull, the loss of the nearest point elsewhere."""
        return 0.0 if self.membership is Membership.INSIDE else self.loss

    @property
    def lower_bound(self) -> float:
        """L(u) − gap ≤ L*, not below 0."""
        return max(0.0, self.loss - self.duality_gap)

    @property
    def distance(self) -> float:
        """‖u − y‖, the distance of the target from the hull (0 in truth if it is inside)."""
        return float(np.sqrt(2 * self.loss))


def nearest_point(pool: Pool, *, tolerance: float = 1e-9) -> HullProjection:
    """Project the target on the hull of the atoms.

    The target is *inside* if the nearest point found agrees with it within `tolerance`, relative
    to Σ α_i‖φ_i − y‖; *outside* if the separating plane proves a larger distance; and *undecided*
    in between. Raises `NoConvergence` if the active-set method runs out of iterations.
    """
    check_positive("tolerance", tolerance)
    centred = pool.atoms - pool.target
    weights = _project(centred, pool.samples)
    point = weights @ centred
    loss = float(point @ point) / (2 * pool.samples)
    separation, gap = _certify(centred, point, pool.samples)
    scale = tolerance * float(weights @ np.sqrt(_squares(centred, pool.samples)))
    if np.sqrt(2 * loss) <= scale:
        membership = Membership.INSIDE
    elif separation > scale:
        membership = Membership.OUTSIDE
    else:
        membership = Membership.UNDECIDED
    return HullProjection(weights, pool.target + point, loss, gap, membership, tolerance)


def _project(centred: Floats, samples: int) -> Floats:
    """The simplex weights of the point of conv{c_i} nearest 0, by NNLS."""
    norms = np.sqrt(_squares(centred, samples))
    exact = np.flatnonzero((centred == 0).all(axis=1))
    if len(exact):  # the target is an atom
        weights = np.zeros(len(centred))
        weights[exact[0]] = 1.0
        return weights
    unit = float(np.median(norms))
    rows = np.empty((samples + 1, len(centred)))
    np.divide(centred.T, unit * np.sqrt(samples), out=rows[:-1])
    rows[-1] = 1.0
    # Columns of one length: an enormous atom then spoils no one else's accuracy.
    lengths = np.sqrt(1 + np.square(norms / unit))
    rows /= lengths
    goal = np.zeros(samples + 1)
    goal[-1] = 1.0
    try:
        scaled, _ = nnls(rows, goal, maxiter=max(1000, 10 * (samples + len(centred))))
    except RuntimeError:
        raise NoConvergence(
            "nearest_point: the active-set method did not finish; try the pool without its atoms "
            "of extreme norm, or Pool.reduced()"
        ) from None
    weights = scaled / lengths
    total = weights.sum()
    if not total > 0:
        raise NoConvergence(
            "nearest_point: all weights vanished, since the atoms' distances from the target "
            f"range over too many orders of magnitude ({norms.min():.1g} to {norms.max():.1g})"
        )
    normalised: Floats = weights / total
    return normalised


def _certify(centred: Floats, point: Floats, samples: int) -> tuple[float, float]:
    """How far the plane with normal r proves y to be from M (at least), and the duality gap."""
    products = centred @ point / samples
    square = float(point @ point) / samples
    gap = max(0.0, square - float(products.min()))
    if square == 0:
        return 0.0, gap
    errors = 4 * samples * np.finfo(np.float64).eps * np.sqrt(_squares(centred, samples) * square)
    return float((products - errors).min() / np.sqrt(square)), gap


def _squares(centred: Floats, samples: int) -> Floats:
    squares: Floats = np.einsum("ij,ij->i", centred, centred) / samples
    return squares
