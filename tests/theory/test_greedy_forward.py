from __future__ import annotations

import importlib
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pools import integer_pools

from theory import InvalidInput, Pool
from theory.rules import ALL, greedy_forward, greedy_forward_without_repetition


def brute_force(pool: Pool, size: int, repetition: bool) -> tuple[list[int], list[Fraction]]:
    """The definition, in exact fractions: try every atom, evaluate every network."""
    atoms = [[Fraction(v) for v in row] for row in pool.atoms.tolist()]
    target = [Fraction(v) for v in pool.target.tolist()]
    chosen: list[int] = []
    losses = []
    for k in range(1, size + 1):
        trials = []
        for i in range(pool.size):
            if not repetition and i in chosen:
                continue
            mean = [sum(atoms[j][c] for j in [*chosen, i]) / k for c in range(pool.samples)]
            squares = [(f - y) ** 2 for f, y in zip(mean, target, strict=True)]
            trials.append((sum(squares) / (2 * pool.samples), i))
        loss, best = min(trials)
        chosen.append(best)
        losses.append(loss)
    return chosen, losses


@given(integer_pools(samples=4, size=8), st.integers(1, 8))
def test_equals_brute_force_in_exact_fractions(pool: Pool, size: int) -> None:
    selection = greedy_forward(pool, size)
    indices, losses = brute_force(pool, size, repetition=True)
    assert selection.indices.tolist() == indices
    np.testing.assert_allclose(selection.losses, [float(v) for v in losses], rtol=1e-14)


@given(integer_pools(samples=4, size=8))
def test_without_repetition_equals_brute_force_in_exact_fractions(pool: Pool) -> None:
    selection = greedy_forward_without_repetition(pool, pool.size)
    indices, losses = brute_force(pool, pool.size, repetition=False)
    assert selection.indices.tolist() == indices
    np.testing.assert_allclose(selection.losses, [float(v) for v in losses], rtol=1e-14)


def gaussian_pool(random: np.random.Generator, size: int, samples: int) -> Pool:
    return Pool(random.standard_normal((size, samples)), 0.3 * random.standard_normal(samples))


@pytest.mark.parametrize(
    "rule", ["greedy_forward", "greedy_forward_without_repetition", "random_subset"]
)
def test_losses_equal_their_definition(rule: str, random: np.random.Generator) -> None:
    pool = gaussian_pool(random, 1000, 30)
    selection = ALL[rule](pool, 1000)
    for k in (1, 2, 3, 10, 100, 999, 1000):
        mean = pool.atoms[selection.indices[:k]].mean(axis=0)
        loss = 0.5 * np.mean((mean - pool.target) ** 2)
        # The definition itself cancels: f and y agree to about 1/n.
        floor = 8 * np.finfo(float).eps * np.sqrt(loss) if k >= 10 else 0
        assert selection.losses[k - 1] == pytest.approx(loss, rel=1e-12, abs=floor * 1e-4)
        combined = selection.weights(k) @ pool.atoms
        np.testing.assert_allclose(combined, mean, rtol=0, atol=1e-13)


def test_equals_a_plain_loop_on_real_numbers(random: np.random.Generator) -> None:
    pool = gaussian_pool(random, 60, 7)
    selection = greedy_forward(pool, 300)
    total = np.zeros(7)
    for k in range(300):
        trials = (total + pool.atoms) / (k + 1) - pool.target
        best = int(np.argmin(np.square(trials).sum(axis=1)))
        assert selection.indices[k] == best
        total += pool.atoms[best]


def test_equal_atoms_tie_to_the_lowest_index(random: np.random.Generator) -> None:
    pool = gaussian_pool(random, 40, 13)
    order = random.permutation(np.repeat(np.arange(40), 5))
    repeated = Pool(pool.atoms[order], pool.target)
    plain, tied = greedy_forward(pool, 200), greedy_forward(repeated, 200)
    first = np.array([np.flatnonzero(order == i)[0] for i in range(40)])
    assert (tied.indices == first[plain.indices]).all()
    np.testing.assert_allclose(tied.losses, plain.losses, rtol=1e-12)


def test_equal_atoms_tie_wherever_they_stand(random: np.random.Generator) -> None:
    """Products over a block of rows and over what is left of it round differently."""
    for size in range(5, 40):
        samples = int(random.integers(3, 60))
        pool = gaussian_pool(random, size, samples)
        twice = Pool(np.vstack([pool.atoms, pool.atoms]), pool.target)
        assert (greedy_forward(twice, 60).indices == greedy_forward(pool, 60).indices).all()


def test_without_repetition_ends_at_the_full_pool(random: np.random.Generator) -> None:
    pool = gaussian_pool(random, 50, 6)
    selection = greedy_forward_without_repetition(pool, 50)
    assert sorted(selection.indices) == list(range(50))
    assert selection.losses[-1] == pytest.approx(pool.loss(pool.atoms.mean(axis=0)), rel=1e-12)
    assert selection.distinct.tolist() == list(range(1, 51))


def test_distinct_counts_different_atoms() -> None:
    selection = greedy_forward(Pool([[1.0], [-1.0]], [0.0]), 5)
    assert selection.indices.tolist() == [0, 1, 0, 1, 0]
    assert selection.distinct.tolist() == [1, 2, 2, 2, 2]
    assert selection.losses.tolist() == [0.5, 0, 0.5 / 9, 0, 0.5 / 25]


def test_one_enormous_atom_changes_no_choice(random: np.random.Generator) -> None:
    pool = gaussian_pool(random, 30, 5)
    enormous = Pool(np.vstack([pool.atoms, np.full(5, 1e12)]), pool.target)
    assert (greedy_forward(enormous, 100).indices == greedy_forward(pool, 100).indices).all()


def test_memory_for_columns_changes_no_choice(
    random: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = gaussian_pool(random, 30, 5)
    kept = greedy_forward(pool, 100)
    module = importlib.import_module("theory.rules.screening")
    monkeypatch.setattr(module, "_COLUMN_MEMORY", 0)
    recomputed = greedy_forward(pool, 100)
    assert (kept.indices == recomputed.indices).all()
    assert (kept.losses == recomputed.losses).all()


def test_sizes_that_cannot_be_are_refused() -> None:
    pool = Pool(np.eye(3), np.zeros(3))
    with pytest.raises(InvalidInput, match="size is 0; it must be at least 1"):
        greedy_forward(pool, 0)
    with pytest.raises(InvalidInput, match="size is 4; it must be from 1 to 3"):
        greedy_forward_without_repetition(pool, 4)
    with pytest.raises(InvalidInput, match=r"size is 2\.0; it must be a whole number"):
        greedy_forward(pool, 2.0)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="size is 6; it must be from 1 to 5"):
        greedy_forward(pool, 5).weights(6)


@pytest.mark.parametrize(
    ("atoms", "target", "message"),
    [
        (np.zeros((0, 3)), np.zeros(3), "atoms is empty"),
        (np.eye(3), np.zeros(2), r"target has shape \(2,\); it must be \(3\)"),
        ([[np.nan]], [0.0], "atoms holds nan"),
    ],
)
def test_bad_pools_are_refused(atoms: object, target: object, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        Pool(atoms, target)  # type: ignore[arg-type]
