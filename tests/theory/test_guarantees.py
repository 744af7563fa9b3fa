from __future__ import annotations

import dataclasses
from collections import Counter

import numpy as np
import pytest
from pools import awkward_pool, cube

from theory import (
    Geometry,
    InvalidInput,
    Outcome,
    Pool,
    Selection,
    examine,
    guarantees,
    judge_guarantee,
    judge_in_mean,
    rules,
)
from theory.guarantees import Decision
from theory.guarantees.backward_stuck import counterexample
from theory.guarantees.monte_carlo import expected_loss

ABOUT_GREEDY = ("target_in_hull", "target_in_interior", "along_the_path", "any_target")


@pytest.fixture(scope="module")
def instances() -> list[tuple[Geometry, Selection, Selection]]:
    """500 awkward pools, each examined, with 2000 greedy steps and 200 with line search."""
    random = np.random.default_rng(2003)
    found = []
    for _ in range(500):
        pool = awkward_pool(random).reduced()
        geometry = examine(pool, programs=4)
        greedy = rules.greedy_forward(pool, 2000)
        found.append((geometry, greedy, rules.frank_wolfe(pool, 200)))
    return found


def test_no_guarantee_is_violated_on_500_instances(
    instances: list[tuple[Geometry, Selection, Selection]],
) -> None:
    counts: Counter[tuple[str, Outcome]] = Counter()
    least = dict.fromkeys(guarantees.ALL, np.inf)
    for geometry, greedy, line_search in instances:
        for name in (*ABOUT_GREEDY, "line_search"):
            selection = line_search if name == "line_search" else greedy
            verdict = judge_guarantee(guarantees.ALL[name], geometry, selection)
            assert verdict.outcome is not Outcome.FAILS, verdict.sentence
            counts[name, verdict.outcome] += 1
            if verdict.outcome is Outcome.HOLDS and geometry.target_radius > 0:
                least[name] = min(least[name], verdict.measured or np.inf)
    # All of them speak on many instances, and the two main ones are not vacuous.
    for name in (*ABOUT_GREEDY, "line_search"):
        assert counts[name, Outcome.HOLDS] >= 50, counts
    assert counts["any_target", Outcome.HOLDS] == 500
    assert least["target_in_hull"] < 10
    assert least["target_in_interior"] < 10
    assert counts["target_in_interior", Outcome.DOES_NOT_APPLY] >= 50


def test_greedy_imitation_obeys_the_bound_for_targets_in_the_hull() -> None:
    random = np.random.default_rng(2020)
    outcomes: Counter[Outcome] = Counter()
    for _ in range(150):
        pool = awkward_pool(random, largest=300).reduced()
        geometry = examine(pool, programs=2)
        selection = rules.greedy_imitation(pool, 100)
        verdict = judge_guarantee(guarantees.ALL["target_in_hull"], geometry, selection)
        assert verdict.outcome is not Outcome.FAILS, verdict.sentence
        outcomes[verdict.outcome] += 1
    assert outcomes[Outcome.HOLDS] >= 30, outcomes


def corrupted(pool: Pool, size: int, random: np.random.Generator | None) -> Selection:
    """The second-best atom every time, or a random one, under the name of the greedy rule."""
    centred = pool.atoms - pool.target
    total = np.zeros(pool.samples)
    indices = np.empty(size, dtype=np.int64)
    losses = np.empty(size)
    for k in range(size):
        order = np.argsort(np.square(total + centred).sum(axis=1))
        indices[k] = order[1] if random is None else random.integers(pool.size)
        total += centred[indices[k]]
        losses[k] = total @ total / (2 * pool.samples * (k + 1) ** 2)
    return Selection("greedy_forward", indices, losses, pool.size)


@pytest.mark.parametrize("kind", ["second best", "random"])
def test_corrupted_selections_are_caught(kind: str) -> None:
    random = np.random.default_rng(9)
    guarantee = guarantees.ALL["target_in_interior"]
    caught = 0
    for _ in range(20):
        rank = int(random.integers(2, 4))
        pool = Pool(np.vstack([np.eye(rank), -np.eye(rank)]), np.zeros(rank))
        geometry = examine(pool)
        assert judge_guarantee(guarantee, geometry, rules.greedy_forward(pool, 300)).outcome is (
            Outcome.HOLDS
        )
        selection = corrupted(pool, 300, random if kind == "random" else None)
        verdict = judge_guarantee(guarantee, geometry, selection)
        if verdict.outcome is Outcome.FAILS:
            caught += 1
            assert "violated at n = " in verdict.sentence
    assert caught >= 10


def test_too_large_a_radius_is_caught() -> None:
    """If γ were overestimated tenfold, the bound would be broken: the constant matters."""
    pool, _ = cube(3)
    shifted = Pool(pool.atoms, np.array([0.9, 0.9, 0.9]))
    geometry = examine(shifted)
    selection = rules.greedy_forward(shifted, 2000)
    guarantee = guarantees.ALL["target_in_interior"]
    assert judge_guarantee(guarantee, geometry, selection).outcome is Outcome.HOLDS
    wrong = dataclasses.replace(geometry.radius, lower=100.0)
    wrong_geometry = dataclasses.replace(geometry, radius=wrong, target_radius=0.3)
    assert judge_guarantee(guarantee, wrong_geometry, selection).outcome is Outcome.FAILS


def test_monte_carlo_is_an_equality() -> None:
    """10 000 draws, several weights; four standard errors."""
    random = np.random.default_rng(3)
    pool = Pool(random.standard_normal((12, 4)), random.standard_normal(4))
    for weights in (np.full(12, 1 / 12), random.dirichlet(np.ones(12)), np.eye(12)[3] / 2 + 1 / 24):
        draws = np.array(
            [
                rules.random_subset(pool, 8, seed=random, weights=weights).losses
                for _ in range(10_000)
            ]
        )
        expected = expected_loss(pool, np.arange(1.0, 9), weights)
        errors = draws.std(axis=0) / 100
        assert (np.abs(draws.mean(axis=0) - expected) < 4 * errors).all()
    selections = [rules.random_subset(pool, 8, seed=random) for _ in range(2000)]
    geometry = examine(pool)
    guarantee = guarantees.ALL["monte_carlo"]
    assert judge_in_mean(guarantee, geometry, selections).outcome is Outcome.HOLDS
    shrunk = [dataclasses.replace(s, losses=0.9 * s.losses) for s in selections]
    assert judge_in_mean(guarantee, geometry, shrunk).outcome is Outcome.FAILS
    assert judge_in_mean(guarantee, geometry, selections[:5]).outcome is Outcome.INCONCLUSIVE
    with pytest.raises(InvalidInput, match="use judge_in_mean"):
        judge_guarantee(guarantee, geometry, selections[0])


@pytest.mark.parametrize("size", [2, 3, 4, 7, 20, 51])
def test_backward_is_stuck_where_forward_is_not(size: int) -> None:
    pool = counterexample(size)
    geometry = examine(pool)
    guarantee = guarantees.ALL["backward_stuck"]
    backward = rules.backward_elimination(pool)
    assert judge_guarantee(guarantee, geometry, backward).outcome is Outcome.HOLDS
    forward = rules.greedy_forward(pool, 2 * size)
    n = np.arange(1, 2 * size + 1)
    assert (forward.losses <= 1 / (2 * n**2)).all()
    assert (forward.losses[1::2] == 0).all()
    other = examine(Pool(pool.atoms + 1, pool.target))
    elsewhere = rules.backward_elimination(other.pool)
    assert judge_guarantee(guarantee, other, elsewhere).outcome is Outcome.DOES_NOT_APPLY


def test_what_it_does_not_speak_of_is_said(random: np.random.Generator) -> None:
    pool = Pool(random.standard_normal((30, 3)), np.full(3, 9.0))
    geometry = examine(pool)
    selection = rules.greedy_forward(pool, 50)
    outside = {
        name: guarantees.ALL[name].applies(geometry, selection).decision for name in ABOUT_GREEDY
    }
    assert outside == {
        "target_in_hull": Decision.NOT_MET,
        "target_in_interior": Decision.NOT_MET,
        "along_the_path": Decision.NOT_MET,
        "any_target": Decision.MET,
    }
    verdict = judge_guarantee(guarantees.ALL["line_search"], geometry, selection)
    assert verdict.outcome is Outcome.DOES_NOT_APPLY
    assert (
        "it speaks of frank_wolfe, greedy_imitation, fully_corrective, not of" in verdict.sentence
    )
    bare = dataclasses.replace(selection, margins=None)
    verdict = judge_guarantee(guarantees.ALL["along_the_path"], geometry, bare)
    assert verdict.outcome is Outcome.INCONCLUSIVE


def test_the_bounds_by_hand_on_a_square() -> None:
    """Corners (±1, ±1) around 0, m = 2: D = 1, Δ = 2, γ = 1/√2, V = 1, R = 1."""
    pool, radius = cube(2)
    geometry = examine(pool)
    assert geometry.target_radius == pytest.approx(1, rel=1e-14)
    assert geometry.diameter == pytest.approx(2, rel=1e-14)
    assert geometry.variance == pytest.approx(1, rel=1e-14)
    assert geometry.radius.lower == pytest.approx(radius, rel=1e-14)
    greedy, line_search = rules.greedy_forward(pool, 6), rules.frank_wolfe(pool, 6)
    n = np.arange(1.0, 7)
    expected = {
        "target_in_hull": 1 / (2 * n),
        "target_in_interior": 1 / (2 * n**2),
        "any_target": np.cumsum(1 / n) / (2 * n),
        "line_search": 0.5 * (7 / 8) ** (n - 1),
    }
    for name, bound in expected.items():
        selection = line_search if name == "line_search" else greedy
        found = guarantees.ALL[name].bound(geometry, selection)
        np.testing.assert_allclose(found, bound, rtol=1e-12)


def test_one_enormous_atom_breaks_no_guarantee(random: np.random.Generator) -> None:
    atoms = random.standard_normal((40, 3))
    for target in (np.zeros(3), np.array([10.0, 0, 0]), atoms[0]):
        pool = Pool(np.vstack([atoms, 1e12 * random.standard_normal((1, 3))]), target)
        geometry = examine(pool)
        assert geometry.radius.lower_found_by != "Qhull"
        assert geometry.radius.lower <= geometry.radius.upper
        greedy, line_search = rules.greedy_forward(pool, 300), rules.frank_wolfe(pool, 100)
        for name in (*ABOUT_GREEDY, "line_search"):
            selection = line_search if name == "line_search" else greedy
            verdict = judge_guarantee(guarantees.ALL[name], geometry, selection)
            assert verdict.outcome is not Outcome.FAILS


def test_a_true_equality_in_the_mean_is_seldom_called_false() -> None:
    """100 pools of one coordinate, 400 runs each: one in a thousand by its own word; at most 2."""
    random = np.random.default_rng(4)
    guarantee = guarantees.ALL["monte_carlo"]
    failed = 0
    for _ in range(100):
        geometry = examine(Pool(random.standard_normal((10, 1)), [0.0]))
        runs = [rules.random_subset(geometry.pool, 64, seed=random) for _ in range(400)]
        failed += judge_in_mean(guarantee, geometry, runs).outcome is Outcome.FAILS
    assert failed <= 2


def test_judgements_refuse_what_they_are_not_about(random: np.random.Generator) -> None:
    pool = Pool(random.standard_normal((30, 3)), np.zeros(3))
    geometry = examine(pool)
    greedy, drawn = rules.greedy_forward(pool, 8), rules.random_subset(pool, 8)
    monte_carlo, hull = guarantees.ALL["monte_carlo"], guarantees.ALL["target_in_hull"]
    with pytest.raises(InvalidInput, match="is about every run; use judge_guarantee"):
        judge_in_mean(hull, geometry, [greedy] * 100)
    for runs in ([], [greedy, drawn], [drawn, rules.random_subset(pool, 9)]):
        with pytest.raises(InvalidInput, match="must be runs of one rule and size"):
            judge_in_mean(monte_carlo, geometry, runs)
    with pytest.raises(InvalidInput, match="selection is not from"):
        judge_guarantee(hull, examine(Pool(pool.atoms + 1, pool.target)), greedy)
    weighted = rules.random_subset(pool, 8, weights=random.dirichlet(np.ones(30)))
    assert monte_carlo.applies(geometry, weighted).decision is Decision.NOT_MET


def test_bounds_are_silent_where_their_theorem_is() -> None:
    pool = Pool([[1.0, 0], [2, 1], [3, -1]], [0.0, 0])
    geometry, selection = examine(pool), rules.greedy_forward(pool, 5)
    assert np.isnan(guarantees.ALL["along_the_path"].bound(geometry, selection)[1:]).all()
    assert np.isnan(guarantees.ALL["target_in_interior"].bound(geometry, selection)).all()


def test_margins_equal_their_definition(random: np.random.Generator) -> None:
    pool = Pool(random.standard_normal((30, 4)), 0.1 * random.standard_normal(4))
    selection = rules.greedy_forward(pool, 60)
    assert selection.margins is not None
    for k in range(1, 61):
        mean = pool.atoms[selection.indices[:k]].mean(axis=0)
        direction = (mean - pool.target) / np.sqrt(np.mean((mean - pool.target) ** 2))
        margin = max(-(pool.atoms - pool.target) @ direction) / 4
        assert selection.margins[k - 1] == pytest.approx(margin, rel=1e-9)
        assert selection.margins[k - 1] >= examine(pool).radius.lower * (1 - 1e-9)


def test_the_path_bound_is_never_weaker_than_the_radius_bound(random: np.random.Generator) -> None:
    for _ in range(20):
        atoms = random.standard_normal((40, 3))
        geometry = examine(Pool(atoms, 0.2 * random.standard_normal(3)))
        if geometry.radius.lower > 1e-6:
            selection = rules.greedy_forward(geometry.pool, 200)
            tight = guarantees.ALL["along_the_path"].bound(geometry, selection)
            loose = guarantees.ALL["target_in_interior"].bound(geometry, selection)
            assert (tight <= loose * (1 + 1e-9)).all()


def test_every_guarantee_names_rules_that_exist() -> None:
    for name, guarantee in guarantees.ALL.items():
        assert guarantee.name == name
        assert set(guarantee.rules) <= set(rules.ALL)
        assert guarantee.statement
        assert guarantee.source
