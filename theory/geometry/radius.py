"""A bracket for γ, the radius of the largest ball around y in the affine hull that fits into M.

Computing γ exactly is norm maximisation over a polytope: hard in general, and easy with all facets
at hand, so Qhull does low dimensions. Elsewhere γ is bracketed, every side by its own certificate:

* *upper*: for every unit vector w in the affine hull, γ ≤ h(w) = max_i ⟨w, φ_i − y⟩. Good w are
  normals of facets, found by *shooting*: the linear program max {t : y + t·d ∈ M} has the normal of
  the facet that d hits as its dual. *Bouncing* takes that normal as the next d until h stops
  falling. The bound is h(w), computed afresh; nothing of the linear program has to be trusted.
* *lower, cross-polytope*: shots along ± an orthonormal basis end at points of M. The largest ball
  around y in their hull, which M contains, has radius at least (Σ_k t_k^−2)^−½ with t_k the shorter
  of the two shots along ± e_k.
* *lower, Dikin*: any weights α > 0 on the simplex with Φα = y leave room for the ellipsoid
  {α∘(1 + z) : ‖z‖ ≤ 1, Σ α_i z_i = 0} inside the simplex, so γ is at least the least singular value
  of z ↦ Σ α_i z_i (φ_i − y). The analytic centre, the α with the largest Π α_i, is a good choice.
  One Newton method and one singular value decomposition; 10 to 40 times low.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.spatial import ConvexHull, QhullError

from theory.errors import Floats, check_count
from theory.geometry.hull import HullProjection, Membership, nearest_point
from theory.geometry.measures import affine_basis
from theory.pool import Pool

_EXACT_RANK = 8  # Qhull up to this dimension …
_EXACT_FACETS = 2.1e6  # … while `_facets` stays below this: some seconds at the most …
_EXACT_SPREAD = 1e4  # … and the largest norm is at most this many times the median


@dataclass(frozen=True)
class RadiusBracket:
    """lower ≤ γ ≤ upper, and what stands behind each side."""

    lower: float
    upper: float
    lower_found_by: str
    upper_found_by: str
    programs: int
    """linear programs solved"""

    @property
    def is_exact(self) -> bool:
        """Both sides agree."""
        return self.lower == self.upper


def inscribed_radius(
    pool: Pool,
    *,
    programs: int = 40,
    exact: bool = True,
    projection: HullProjection | None = None,
) -> RadiusBracket:
    """Bracket γ with at most `programs` linear programs (a count, so that results repeat).

    `exact=False` leaves out Qhull. `projection` may pass on what `nearest_point` found. γ is 0 if
    the target is outside; if all atoms equal the target, the affine hull is that one point and γ is
    infinite. Where membership is undecided the target is treated as inside.
    """
    check_count("programs", programs, least=0)
    projection = nearest_point(pool) if projection is None else projection
    if projection.membership is Membership.OUTSIDE:
        return RadiusBracket(0.0, 0.0, "target outside", "target outside", 0)
    basis = affine_basis(pool.atoms, pool.target)
    points = (pool.atoms - pool.target) @ basis / np.sqrt(pool.samples)
    rank = points.shape[1]
    if rank == 0:
        return RadiusBracket(np.inf, np.inf, "one point", "one point", 0)
    if rank == 1:
        line = max(0.0, min(float(points.max()), -float(points.min())))
        return RadiusBracket(line, line, "interval", "interval", 0)
    if exact and _qhull_can(points):
        radius = _by_qhull(points)
        if radius is not None:
            return RadiusBracket(radius, radius, "Qhull", "Qhull", 0)
    return _bracket(points, programs)


def _qhull_can(points: Floats) -> bool:
    """Few enough facets, and no atom so far away that Qhull would round the near ones together."""
    size, rank = points.shape
    if rank > _EXACT_RANK or _facets(size, rank) > _EXACT_FACETS:
        return False
    norms = np.linalg.norm(points, axis=1)
    return float(norms.max()) <= _EXACT_SPREAD * float(np.median(norms))


def _facets(size: int, rank: int) -> float:
    """The number of facets of the hull of `size` Gaussian points, for large sizes.

    Measured at rank 5 to 8 and sizes up to 20 000: too high by a factor of 2 to 13.
    """
    return float(2**rank / np.sqrt(rank) * (np.pi * np.log(size + 1)) ** ((rank - 1) / 2))


def _by_qhull(points: Floats) -> float | None:
    try:
        offsets = ConvexHull(points).equations[:, -1]
    except QhullError:
        return None
    return max(0.0, -float(offsets.max()))


def _bracket(points: Floats, programs: int) -> RadiusBracket:
    """Dikin first (cheap), half the programs or more to the upper side, the rest to the lower."""
    rank = points.shape[1]
    lower, lower_by = _dikin(points), "Dikin ellipsoid at the analytic centre"
    if lower == 0.0:
        lower_by = "none found"
    crossing = 2 * rank if 2 * rank <= programs // 2 else 0
    shooter = _Shooter(points)
    upper = _upper(shooter, programs - crossing)
    if crossing:
        cross = _cross_polytope(shooter)
        if cross > lower:
            lower, lower_by = cross, "cross-polytope"
    upper_by = "facet normals by shooting and bouncing" if shooter.solved else "principal axes"
    return RadiusBracket(min(lower, upper), upper, lower_by, upper_by, shooter.solved)


class _Shooter:
    """Solves max {t : t·d ∈ conv(points)} and counts how often."""

    def __init__(self, points: Floats) -> None:
        self.points = points
        self.solved = 0
        self.axes: Floats = np.linalg.svd(points, full_matrices=False)[2]  # principal, rows
        self._costs = np.zeros(len(points) + 1)
        self._costs[-1] = -1.0
        size, rank = points.shape
        self._rows = np.zeros((rank + 1, size + 1))
        self._rows[:rank, :size] = points.T
        self._rows[rank, :size] = 1.0
        self._goal = np.zeros(rank + 1)
        self._goal[rank] = 1.0

    def support(self, direction: Floats) -> float:
        """h(w) = max_i ⟨w, x_i⟩ for the unit vector w along `direction`."""
        return float((self.points @ direction).max() / np.linalg.norm(direction))

    def shoot(self, direction: Floats) -> tuple[Floats, Floats] | None:
        """The weights of the point that is hit and the outer normal there; None if it failed."""
        self.solved += 1
        self._rows[:-1, -1] = -direction
        # An interior point without presolve is two to three times as fast here; simplex is the
        # second try.
        for method, presolve in (("highs-ipm", False), ("highs-ds", True)):
            result = linprog(
                self._costs,
                A_eq=self._rows,
                b_eq=self._goal,
                method=method,
                options={
                    "presolve": presolve,
                    "primal_feasibility_tolerance": 1e-10,
                    "dual_feasibility_tolerance": 1e-10,
                },
            )
            if result.status == 0:
                break
        else:
            return None
        normal = -result.eqlin.marginals[:-1]
        if not np.linalg.norm(normal) > 0:
            return None
        if normal @ direction < 0:
            normal = -normal
        return result.x[:-1], normal


def _upper(shooter: _Shooter, programs: int) -> float:
    """The least h(w) over the starting directions and the facet normals met on the way."""
    best = np.inf
    for start in _starts(shooter):
        direction, height = start, np.inf
        best = min(best, shooter.support(start))
        while shooter.solved < programs:
            hit = shooter.shoot(direction)
            if hit is None:
                break
            direction = hit[1] / np.linalg.norm(hit[1])
            reached = shooter.support(direction)
            best = min(best, reached)
            if reached >= height * (1 - 1e-9):
                break
            height = reached
        if shooter.solved >= programs:
            break
    return max(0.0, best)


def _starts(shooter: _Shooter) -> Iterator[Floats]:
    """± the principal axes, then fixed random directions; within each the lowest h first."""
    yield from _lowest_first(shooter.points, np.vstack([shooter.axes, -shooter.axes]))
    rank = shooter.points.shape[1]
    drawn = np.random.default_rng(0).standard_normal((64 * rank, rank))
    yield from _lowest_first(shooter.points, drawn)


def _lowest_first(points: Floats, directions: Floats) -> Iterator[Floats]:
    heights = np.concatenate(
        [
            (part @ points.T).max(axis=1)
            for part in np.array_split(directions, len(directions) // 64 + 1)
        ]
    )
    for k in np.argsort(heights / np.linalg.norm(directions, axis=1), kind="stable"):
        yield directions[k]


def _cross_polytope(shooter: _Shooter) -> float:
    """(Σ t_k^−2)^−½ over shots along ± the principal axes, less what the shots miss them by."""
    lengths, miss = [], 0.0
    for axis in shooter.axes:
        shots = []
        for direction in (axis, -axis):
            hit = shooter.shoot(direction)
            if hit is None:
                return 0.0
            weights = np.maximum(hit[0], 0.0)
            point = weights @ shooter.points / weights.sum()
            length = float(point @ direction)
            shots.append(length)
            miss = max(miss, float(np.linalg.norm(point - length * direction)))
        lengths.append(min(shots))
    if min(lengths) <= 0:
        return 0.0
    return max(0.0, float(np.sum(np.array(lengths) ** -2.0) ** -0.5) - miss)


def _dikin(points: Floats, *, iterations: int = 60) -> float:
    """The least semi-axis of the Dikin ellipsoid at the analytic centre; 0 if there is none.

    The centre's weights are α_i ∝ 1/(1 + ⟨μ, x_i⟩) with μ minimising −Σ log(1 + ⟨μ, x_i⟩), a smooth
    convex function of as many variables as the rank.
    """
    size, rank = points.shape
    multiplier = np.zeros(rank)
    for _ in range(iterations):
        slack = 1 + points @ multiplier
        scaled = points / slack[:, None]
        gradient = scaled.sum(axis=0)
        step, *_ = np.linalg.lstsq(scaled.T @ scaled, gradient, rcond=None)
        decrement = float(np.sqrt(max(0.0, gradient @ step)))
        # Damped far from the centre, full steps near it (Nesterov's rule keeps slack positive).
        multiplier = multiplier + step / (1 + decrement if decrement > 0.25 else 1.0)
        if decrement < 1e-12 * size or not np.isfinite(decrement):
            break
    slack = 1 + points @ multiplier
    if not (np.isfinite(slack).all() and slack.min() > 0):
        return 0.0
    weights = 1 / slack
    weights /= weights.sum()
    # Directions z with Σ α_i z_i = 0: project out the unit vector along α.
    axis = weights / np.linalg.norm(weights)
    image = weights[:, None] * points
    image = image - axis[:, None] * (axis @ image)
    least = float(np.linalg.svd(image, compute_uv=False)[-1]) if size > rank else 0.0
    return max(0.0, least - float(np.linalg.norm(weights @ points)))
