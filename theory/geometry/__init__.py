"""Where the target lies in the hull of the atoms: projection, inscribed ball, spreads.

All of it works on pools of any points; every number that a guarantee rests on has a certificate.
"""

from __future__ import annotations

from dataclasses import dataclass

from theory.geometry.hull import HullProjection, Membership, NoConvergence, nearest_point
from theory.geometry.measures import affine_rank, diameter, target_radius, variance
from theory.geometry.radius import RadiusBracket, inscribed_radius
from theory.geometry.threshold import hull_threshold
from theory.pool import Pool


@dataclass(frozen=True, eq=False)
class Geometry:
    """What the guarantees need to know of a pool, computed once."""

    pool: Pool
    projection: HullProjection
    radius: RadiusBracket
    """γ"""
    target_radius: float
    """D = max_i ‖φ_i − y‖"""
    diameter: float
    """Δ = max_{i,j} ‖φ_i − φ_j‖"""
    variance: float
    """V(α) at the weights of the nearest point"""


def examine(pool: Pool, *, programs: int = 40, exact: bool = True) -> Geometry:
    """Project the target, bracket the inscribed radius, measure the spreads."""
    projection = nearest_point(pool)
    radius = inscribed_radius(pool, programs=programs, exact=exact, projection=projection)
    return Geometry(
        pool,
        projection,
        radius,
        target_radius(pool),
        diameter(pool),
        variance(pool, projection.weights),
    )


__all__ = [
    "Geometry",
    "HullProjection",
    "Membership",
    "NoConvergence",
    "RadiusBracket",
    "affine_rank",
    "diameter",
    "examine",
    "hull_threshold",
    "inscribed_radius",
    "nearest_point",
    "target_radius",
    "variance",
]
