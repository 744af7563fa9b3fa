from __future__ import annotations

import numpy as np
import piqp
import pytest
from pools import awkward_pool, cross_polytope, cube, simplex
from scipy import sparse

from theory import InvalidInput, Membership, Pool, examine, inscribed_radius, nearest_point, rules
from theory.geometry import affine_rank, diameter, target_radius, variance
from theory.geometry.hull import _certify


def second_solver(pool: Pool) -> float:
    """L* by an interior-point method on the simplex, over the atoms' coordinates."""
    scale = np.abs(pool.atoms - pool.target).max()
    centred = (pool.atoms - pool.target) / scale
    size, samples = centred.shape
    solver = piqp.SparseSolver()
    solver.settings.eps_abs = solver.settings.eps_rel = 1e-13
    solver.settings.eps_duality_gap_abs = solver.settings.eps_duality_gap_rel = 1e-13
    solver.settings.max_iter = 500
    # Variables (α, r) with r = Σ α_i c_i: the quadratic form is then diagonal.
    form = sparse.diags(np.append(np.zeros(size), np.ones(samples)), format="csc")
    equal = sparse.csc_matrix(
        np.block([[centred.T, -np.eye(samples)], [np.ones((1, size)), np.zeros((1, samples))]])
    )
    lower = np.append(np.zeros(size), np.full(samples, -np.inf))
    goal = np.append(np.zeros(samples), 1.0)
    solver.setup(form, np.zeros(size + samples), equal, goal, x_l=lower)
    solver.solve()
    weights = np.maximum(solver.result.x[:size], 0)
    residual = weights / weights.sum() @ centred
    return float(residual @ residual) * scale**2 / (2 * samples)


@pytest.mark.parametrize(
    ("size", "samples", "shift"),
    [(20, 5, 0.0), (60, 30, 0.3), (300, 40, 2.0), (500, 100, 0.0), (2000, 60, 0.5),
     (2000, 200, 0.0)],
)  # fmt: skip
def test_the_projection_agrees_with_a_second_solver(
    size: int, samples: int, shift: float, random: np.random.Generator
) -> None:
    pool = Pool(random.standard_normal((size, samples)) + shift, random.standard_normal(samples))
    found = nearest_point(pool)
    unit = 1 + 0.5 * pool.target @ pool.target / samples
    assert found.loss == pytest.approx(second_solver(pool), abs=1e-8 * unit)
    assert found.duality_gap <= 1e-10 * unit
    assert found.weights.min() >= 0
    assert abs(found.weights.sum() - 1) <= 1e-12
    np.testing.assert_allclose(found.weights @ pool.atoms, found.point, atol=1e-12)


def test_the_gap_certifies_what_it_says(random: np.random.Generator) -> None:
    """L(u) − gap ≤ L* ≤ L(u), with L* from the second solver, and membership fits."""
    for _ in range(30):
        pool = awkward_pool(random, largest=200)
        found = nearest_point(pool)
        best = second_solver(pool)
        unit = target_radius(pool) ** 2
        assert found.lower_bound <= best + 1e-9 * unit
        assert best <= found.loss + 1e-9 * unit or found.membership is Membership.INSIDE
        if found.membership is Membership.OUTSIDE:
            assert best > 0


def test_the_gap_far_from_the_optimum(random: np.random.Generator) -> None:
    """Its definition by brute force, and L(u) − gap ≤ L*, for weights that are not optimal."""
    for _ in range(50):
        pool = Pool(random.standard_normal((12, 4)), random.standard_normal(4))
        point = random.dirichlet(np.ones(12)) @ pool.atoms
        _, gap = _certify(pool.atoms - pool.target, point - pool.target, 4)
        expected = max((point - pool.target) @ (point - atom) / 4 for atom in pool.atoms)
        assert gap == pytest.approx(expected, rel=1e-12)
        assert pool.loss(point) - gap <= nearest_point(pool).loss + 1e-12


def test_a_separating_plane_proves_the_distance(random: np.random.Generator) -> None:
    pool = Pool(random.standard_normal((12, 4)), np.full(4, 5.0))
    found = nearest_point(pool)
    separation, _ = _certify(pool.atoms - pool.target, found.point - pool.target, 4)
    assert separation == pytest.approx(found.distance, rel=1e-9)
    assert separation <= found.distance


@pytest.mark.parametrize("build", [cross_polytope, cube, simplex])
@pytest.mark.parametrize("rank", range(2, 9))
def test_known_radii(build, rank: int) -> None:  # type: ignore[no-untyped-def]
    pool, radius = build(rank)
    exact = inscribed_radius(pool)
    assert exact.lower_found_by == "Qhull"
    assert exact.lower == exact.upper == pytest.approx(radius, rel=1e-9)
    bracket = inscribed_radius(pool, exact=False)
    assert 0 < bracket.lower <= radius * (1 + 1e-9)
    assert radius * (1 - 1e-9) <= bracket.upper
    assert bracket.upper == pytest.approx(radius, rel=1e-6)  # every facet is a nearest one here


def test_the_bracket_holds_the_exact_radius_and_its_upper_side_is_near(
    random: np.random.Generator,
) -> None:
    for _ in range(40):
        rank = int(random.integers(2, 7))
        size = int(random.integers(rank + 4, 300))
        atoms = random.standard_normal((size, rank))
        pool = Pool(atoms, random.dirichlet(np.ones(size)) @ atoms)
        exact = inscribed_radius(pool)
        bracket = inscribed_radius(pool, exact=False)
        assert bracket.lower <= exact.upper * (1 + 1e-9)
        assert exact.lower <= bracket.upper * (1 + 1e-9)
        assert bracket.upper <= 1.05 * exact.upper
        assert bracket.lower > 0


def test_a_budget_of_programs_is_kept_and_repeats(random: np.random.Generator) -> None:
    pool = Pool(random.standard_normal((80, 20)), np.zeros(20))
    for programs in (0, 1, 7, 100):
        first, again = (inscribed_radius(pool, programs=programs) for _ in range(2))
        assert first == again
        assert first.programs <= programs
        assert 0 < first.lower < first.upper
    assert first.lower_found_by == "cross-polytope"


def test_the_affine_hull_is_respected(random: np.random.Generator) -> None:
    """A flat pool in R^30: γ is the radius within the plane that the atoms span."""
    plane, _ = np.linalg.qr(random.standard_normal((30, 2)))
    corners = np.array([[1.0, 1], [1, -1], [-1, 1], [-1, -1]]) @ plane.T * np.sqrt(30)
    origin = random.standard_normal(30)
    flat = Pool(corners + origin, origin)
    assert affine_rank(flat) == 2
    assert inscribed_radius(flat).lower == pytest.approx(1, rel=1e-9)
    beside = Pool(corners + origin, origin + random.standard_normal(30))
    assert nearest_point(beside).membership is Membership.OUTSIDE
    assert inscribed_radius(beside).upper == 0


def test_spreads_by_brute_force(random: np.random.Generator) -> None:
    pool = Pool(random.standard_normal((50, 4)) + 100, random.standard_normal(4))
    pairs = pool.atoms[:, None] - pool.atoms
    expected = np.sqrt(np.square(pairs).mean(axis=2).max())
    for block in (7, 1000):
        assert diameter(pool, block=block) == pytest.approx(expected, rel=1e-14)
    distances = np.sqrt(np.square(pool.atoms - pool.target).mean(axis=1))
    assert target_radius(pool) == pytest.approx(distances.max(), rel=1e-14)
    weights = random.dirichlet(np.ones(50))
    centre = weights @ pool.atoms
    expected = sum(w * np.mean((a - centre) ** 2) for w, a in zip(weights, pool.atoms, strict=True))
    assert variance(pool, weights) == pytest.approx(expected, rel=1e-12)


def test_reduction_changes_nothing_but_the_cost(random: np.random.Generator) -> None:
    coordinates = random.standard_normal((60, 4))
    directions = random.standard_normal((4, 200))
    pool = Pool(coordinates @ directions, random.standard_normal(4) @ directions)
    small = pool.reduced()
    assert small.samples == 4
    assert small.size == 60
    before, after = rules.greedy_forward(pool, 100), rules.greedy_forward(small, 100)
    assert (before.indices == after.indices).all()
    np.testing.assert_allclose(after.losses, before.losses, rtol=1e-9)
    assert nearest_point(small).loss == pytest.approx(nearest_point(pool).loss, rel=1e-9)


# --- degenerate pools: an answer or a clear error, never a wrong number ---------------------------


def test_one_atom() -> None:
    away = examine(Pool([[1.0, 2.0]], [0.0, 0.0]))
    assert away.projection.membership is Membership.OUTSIDE
    assert away.projection.loss == 0.5 * 2.5
    assert away.radius.upper == 0
    at = examine(Pool([[1.0, 2.0]], [1.0, 2.0]))
    assert at.projection.membership is Membership.INSIDE
    assert at.radius.lower == np.inf
    assert (at.target_radius, at.diameter, at.variance) == (0, 0, 0)


def test_all_atoms_equal() -> None:
    geometry = examine(Pool(np.ones((5, 3)), np.zeros(3)))
    assert geometry.projection.membership is Membership.OUTSIDE
    assert geometry.projection.loss == pytest.approx(0.5, rel=1e-14)
    assert geometry.variance == 0
    assert affine_rank(geometry.pool) == 0


def test_the_target_equal_to_an_atom(random: np.random.Generator) -> None:
    atoms = random.standard_normal((30, 3))
    extreme = int(np.argmax(atoms[:, 0]))
    geometry = examine(Pool(atoms, atoms[extreme]))
    assert geometry.projection.membership is Membership.INSIDE
    assert geometry.projection.loss == 0
    assert geometry.projection.weights[extreme] == 1
    assert geometry.radius.upper <= 1e-12  # a corner has no ball around it


def test_fewer_atoms_than_coordinates(random: np.random.Generator) -> None:
    atoms = random.standard_normal((4, 40))
    inside = examine(Pool(atoms, atoms.mean(axis=0)))
    assert inside.projection.membership is Membership.INSIDE
    assert inside.radius.is_exact
    assert inside.radius.lower > 0
    outside = examine(Pool(atoms, random.standard_normal(40)))
    assert outside.projection.membership is Membership.OUTSIDE


@pytest.mark.parametrize("direction", [1.0, -1.0])
def test_one_enormous_atom(direction: float, random: np.random.Generator) -> None:
    """An atom at 1e12 on the far side changes neither membership nor, much, the distance."""
    atoms = random.standard_normal((40, 3))
    target = np.array([10.0, 0.0, 0.0])
    far = np.array([[-1e12 * direction, 0.0, 0.0]])
    found = nearest_point(Pool(np.vstack([atoms, far]), target))
    if direction > 0:
        assert found.membership is Membership.OUTSIDE
        assert found.loss == pytest.approx(nearest_point(Pool(atoms, target)).loss, rel=1e-6)
    else:
        assert found.membership is not Membership.INSIDE or found.distance < 1e-6
        assert found.lower_bound <= found.loss


def test_a_rank_of_one() -> None:
    geometry = examine(Pool([[0.0], [3.0], [10.0]], [4.0]))
    assert geometry.radius.lower == geometry.radius.upper == 4
    assert examine(Pool([[0.0], [3.0]], [3.0])).radius.upper == 0


@pytest.mark.parametrize("size", [1e160, 1e-160])
def test_what_squares_cannot_hold_is_refused(size: float) -> None:
    with pytest.raises(InvalidInput, match="power floating point cannot hold"):
        Pool([[size], [2 * size]], [0.0])
    small = nearest_point(Pool([[1e-130], [2e-130]], [0.0]))
    assert small.membership is Membership.OUTSIDE


def test_bad_arguments_are_refused() -> None:
    pool = Pool(np.eye(3), np.zeros(3))
    with pytest.raises(InvalidInput, match="tolerance is 0"):
        nearest_point(pool, tolerance=0)
    with pytest.raises(InvalidInput, match="programs is -1"):
        inscribed_radius(pool, programs=-1)
    with pytest.raises(InvalidInput, match="atoms holds nan"):
        Pool([[np.nan, 1.0]], [0.0, 0.0])
