"""Float32 may only screen: every choice must be float64's."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from theory import InvalidInput, Pool, random_pool, teacher_problem
from theory.rules import greedy_forward
from theory.rules.screening import Screen
from theory.rules.screening_torch import Product, product_on


def plain(pool: Pool, size: int) -> list[int]:
    """Greedy forward selection in float64, one product with all atoms a step."""
    centred = pool.atoms - pool.target
    squares = np.square(centred).sum(axis=1)
    total = np.zeros(pool.samples)
    chosen = []
    for _ in range(size):
        chosen.append(int(np.argmin(2 * (centred @ total) + squares)))
        total = total + centred[chosen[-1]]
    return chosen


def test_ten_thousand_random_neurons_give_the_plain_selection() -> None:
    pool = random_pool(teacher_problem(seed=1), 10_000, seed=2)
    assert greedy_forward(pool, 1000).indices.tolist() == plain(pool, 1000)


@given(st.integers(0, 2**32 - 1), st.sampled_from([2.0**-26, 2.0**-30, 2.0**-36]))
def test_atoms_that_float32_cannot_tell_apart(seed: int, step: float) -> None:
    """Copies of three points, some steps of 2^−26 or less apart: each pick is exactly the best.

    Up to the rounding of float64, that is; in float32 all copies of a point are one.
    """
    random = np.random.default_rng(seed)
    bases = random.integers(-3, 4, (3, 3)).astype(float)
    atoms = bases[random.integers(3, size=12)] + step * random.integers(-8, 9, (12, 3))
    pool = Pool(atoms, random.integers(-2, 3, 3).astype(float))
    exact = [[Fraction(v) - Fraction(y) for v, y in zip(row, pool.target, strict=True)]
             for row in atoms.tolist()]  # fmt: skip
    total = [Fraction(0)] * 3
    for chosen in greedy_forward(pool, 6).indices:
        squares = [sum((t + c) ** 2 for t, c in zip(total, row, strict=True)) for row in exact]
        size = sum(t * t for t in total) + max(sum(c * c for c in row) for row in exact)
        assert squares[chosen] - min(squares) <= size * Fraction(2) ** -50
        total = [t + c for t, c in zip(total, exact[chosen], strict=True)]


@pytest.mark.parametrize("orders", [6, 12, 30, 60])
def test_norms_over_many_orders_of_magnitude(orders: int, random: np.random.Generator) -> None:
    """The first pick is the atom nearest the target, however small beside the others."""
    atoms = random.standard_normal((200, 4)) * 10.0 ** -np.linspace(0, orders, 200)[:, None]
    selection = greedy_forward(Pool(atoms[random.permutation(200)], np.zeros(4)), 20)
    assert selection.losses[0] == pytest.approx(np.square(atoms[-1]).sum() / 8, rel=1)
    exact = [Fraction(v) for v in atoms[-1]]
    assert selection.losses[0] <= float(sum(v * v for v in exact) / 8) * (1 + 1e-12)


@pytest.mark.parametrize(("size", "samples"), [(300, 5), (2000, 300)])
def test_the_true_minimiser_is_among_the_candidates(
    size: int, samples: int, random: np.random.Generator
) -> None:
    """… and the products kept are as near the true ones as the bound says, after 300 additions."""
    pool = Pool(random.standard_normal((size, samples)), 0.1 * random.standard_normal(samples))
    centred = pool.atoms - pool.target
    norms = np.linalg.norm(centred, axis=1)
    screen = Screen(pool)
    for step in range(300):
        scores = 2 * centred @ screen.total + norms**2
        near = screen._among(2.0, screen._squares)
        assert screen.nearest() == np.argmin(scores)
        assert np.argmin(scores) in near
        assert len(near) <= 16 + size // 200
        assert screen.least_product() == pytest.approx((centred @ screen.total).min(), rel=1e-12)
        screen.add(int(near[0]) if step % 3 else int(random.integers(size)))
    errors = np.abs(screen._products * norms.max() ** 2 - centred @ screen.total)
    assert (errors <= screen._error * norms * norms.max() * (1 + 1e-9)).all()


def test_thousands_of_equal_atoms_give_the_first(random: np.random.Generator) -> None:
    atoms = np.repeat(random.standard_normal((2, 3)), 3000, axis=0)
    selection = greedy_forward(Pool(atoms, atoms[0] * 0.5 + atoms[-1] * 0.5), 6)
    assert set(selection.indices.tolist()) == {0, 3000}


def test_ties_are_compared_in_handfuls(
    random: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    atoms = random.standard_normal((50, 3))
    atoms /= np.linalg.norm(atoms, axis=1, keepdims=True)
    pool = Pool(atoms[random.integers(50, size=400)], np.zeros(3))
    whole = greedy_forward(pool, 60)
    monkeypatch.setattr("theory.rules.screening._BLOCK", 6)
    parts = greedy_forward(pool, 60)
    np.testing.assert_array_equal(whole.indices, parts.indices)
    np.testing.assert_allclose(whole.gaps, parts.gaps, rtol=1e-12, atol=1e-15)


def test_a_devices_products_lead_to_the_same_choices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run on the processor by torch, where there is no accelerator."""
    asked = []

    def elsewhere(device: str, rows: NDArray[np.float32]) -> Product:
        asked.append(device)
        return product_on("cpu", rows)

    monkeypatch.setattr("theory.rules.screening_torch.product_on", elsewhere)
    random = np.random.default_rng(0)
    atoms = random.standard_normal((300, 12))
    pool = Pool(np.vstack([atoms, atoms[:20]]), atoms[:9].mean(axis=0))
    here, there = greedy_forward(pool, 200), greedy_forward(pool, 200, device="cuda")
    assert asked == ["cuda"]
    assert (here.indices == there.indices).all()
    assert (here.losses == there.losses).all()


def test_products_shorter_than_float32_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.get_float32_matmul_precision", lambda: "medium")
    with pytest.raises(InvalidInput, match="set to 'medium' precision; it must be 'highest'"):
        product_on("cpu", np.ones((2, 2), np.float32))


def test_a_device_that_is_not_there_is_refused() -> None:
    with pytest.raises(InvalidInput, match="device is 'cuda:99', which cannot be had"):
        greedy_forward(Pool(np.eye(3), np.ones(3)), 2, device="cuda:99")
