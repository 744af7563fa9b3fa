"""Pools that are known by their inner products only."""

from __future__ import annotations

import numpy as np
import pytest

from theory import InvalidInput, Pool, examine, guarantees, judge_guarantee, rules


def random_pool(seed: int, size: int, samples: int) -> Pool:
    random = np.random.default_rng(seed)
    atoms = random.standard_normal((size, samples)) + random.standard_normal(samples)
    return Pool(atoms, random.dirichlet(np.ones(size)) @ atoms)


def known_by_gram(pool: Pool) -> Pool:
    both = np.vstack([pool.atoms, pool.target])
    gram = both @ both.T / pool.samples
    return Pool.from_gram(gram[:-1, :-1], gram[:-1, -1], gram[-1, -1])


@pytest.mark.parametrize("rule", rules.ALL)
@pytest.mark.parametrize(("size", "samples"), [(12, 30), (40, 8), (60, 500)])
def test_every_rule_selects_the_same_atoms(rule: str, size: int, samples: int) -> None:
    pool = random_pool(3, size, samples)
    options = {"seed": 5} if rule in rules.DRAWING else {}
    length = min(10, size)
    explicit, gram = (rules.ALL[rule](p, length, **options) for p in (pool, known_by_gram(pool)))
    np.testing.assert_array_equal(gram.indices, explicit.indices)
    np.testing.assert_allclose(gram.losses, explicit.losses, rtol=1e-9, atol=1e-13)
    last = explicit.size
    np.testing.assert_allclose(gram.weights(last), explicit.weights(last), atol=1e-8)


def test_a_thousand_greedy_steps_are_the_same() -> None:
    pool = random_pool(4, 50, 200)
    explicit, gram = (rules.greedy_forward(p, 1000) for p in (pool, known_by_gram(pool)))
    np.testing.assert_array_equal(gram.indices, explicit.indices)


def test_geometry_and_guarantees_speak_of_it() -> None:
    pool = random_pool(5, 30, 10)
    first, second = (examine(p) for p in (pool, known_by_gram(pool)))
    assert second.variance == pytest.approx(first.variance, rel=1e-6)
    assert second.projection.membership is first.projection.membership
    verdict = judge_guarantee(
        guarantees.ALL["target_in_hull"], second, rules.greedy_imitation(second.pool, 50)
    )
    assert verdict.outcome == "holds"


def test_it_has_at_most_as_many_coordinates_as_its_rank() -> None:
    assert known_by_gram(random_pool(6, 100, 7)).samples == 7
    assert Pool.from_gram(np.zeros((3, 3)), np.zeros(3), 0.0).samples == 1


@pytest.mark.parametrize(
    ("gram", "products", "square", "message"),
    [
        ([[1.0, 2.0], [0.0, 1.0]], [0.0, 0.0], 1.0, "gram is not symmetric"),
        ([[1.0, 2.0], [2.0, 1.0]], [0.0, 0.0], 1.0, "eigenvalue of -1"),
        ([[1.0, 0.0], [0.0, 1.0]], [1.0, 1.0], 1.0, "eigenvalue"),
        ([[1.0, 0.0]], [1.0], 1.0, "gram has shape"),
        ([[1.0]], [1.0, 1.0], 1.0, "products has shape"),
        ([[1e10, 0.0], [0.0, 1.0]], [0.0, 2.0], 1.0, "eigenvalue"),
        ([[1e308]], [0.0], 1.0, "an entry of 1.0e\\+308; multiply all by a constant"),
        ([[np.nan]], [1.0], 1.0, "gram holds nan"),
        ([[1.0]], [1.0], np.inf, "target_square holds inf"),
    ],
)
def test_what_cannot_be_inner_products_is_refused(gram, products, square, message) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InvalidInput, match=message):
        Pool.from_gram(gram, products, square)
