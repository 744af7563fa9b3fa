from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from theory import (
    InvalidInput,
    Membership,
    Neurons,
    Pool,
    Teacher,
    gaussian_threshold,
    hull_threshold,
    median_estimate,
    nearest_point,
    proportion_estimate,
    random_network,
    random_pool,
    teacher_problem,
    wendel_probability,
)
from theory.random_pools import memory_needed

PROBLEM = teacher_problem(Teacher(samples=6, dimension=3, width=20), seed=0)


@pytest.mark.parametrize("shape", ["gaussian", "sphere", "student"])
def test_a_smaller_pool_is_the_beginning_of_a_larger_one(shape: str) -> None:
    neurons = Neurons(shape)  # type: ignore[arg-type]
    large = random_pool(PROBLEM, 2500, seed=3, neurons=neurons)
    for size in (1, 1000, 1024, 1025, 2048):
        small = random_pool(PROBLEM, size, seed=3, neurons=neurons)
        np.testing.assert_array_equal(small.atoms, large.atoms[:size])
    assert not np.array_equal(large.atoms[:1024], large.atoms[1024:2048])


def test_the_atoms_are_the_neurons_outputs() -> None:
    network = random_network(1024, PROBLEM.dimension, seed=3)
    pool = random_pool(PROBLEM, 700, seed=3)
    np.testing.assert_allclose(pool.atoms, network.atoms(PROBLEM.inputs)[:700], rtol=1e-13)
    np.testing.assert_array_equal(pool.target, PROBLEM.target)


def test_the_distributions_have_the_moments_they_say() -> None:
    count, dimension = 100_000, 4
    for shape, square in (("gaussian", 1.0), ("sphere", 1.0), ("student", 3.0)):
        neurons = Neurons(shape, hidden_scale=2, output_scale=0.5)  # type: ignore[arg-type]
        network = random_network(count, dimension, seed=1, neurons=neurons)
        norms = np.square(network.hidden).sum(axis=1)
        if shape == "sphere":
            np.testing.assert_allclose(norms, 4 * dimension, rtol=1e-12)
            assert set(np.unique(network.output)) == {-0.5, 0.5}
        else:  # Student's t with 3 degrees of freedom has variance 3 and no fourth moment
            assert norms.mean() == pytest.approx(4 * dimension * square, rel=0.1)
            assert np.square(network.output).mean() == pytest.approx(square / 4, rel=0.1)
        assert abs((network.output > 0).mean() - 0.5) < 0.01
        heavy = np.mean(np.abs(network.hidden) > 2 * 6)
        assert (heavy > 0.005) == (shape == "student")
        one_sided = Neurons(shape, symmetric=False)  # type: ignore[arg-type]
        assert (random_network(100, dimension, seed=1, neurons=one_sided).output > 0).all()


@pytest.mark.parametrize(("size", "rank"), [(3, 2), (5, 2), (6, 3), (9, 4), (4, 4), (2, 1)])
def test_wendel_by_counting_signs(size: int, rank: int, random: np.random.Generator) -> None:
    """For points in general position the share of sign patterns that surround 0 is the formula."""
    points = random.standard_normal((size, rank))
    inside = sum(
        nearest_point(Pool(points * np.array(signs)[:, None], np.zeros(rank))).membership
        is Membership.INSIDE
        for signs in itertools.product([-1.0, 1.0], repeat=size)
    )
    assert wendel_probability(size, rank) == pytest.approx(inside / 2**size, abs=1e-12)


def test_the_kinematic_formula() -> None:
    assert gaussian_threshold(30, 0.0) == pytest.approx(60, rel=1e-6)
    values = [gaussian_threshold(30, s) for s in np.linspace(0, 6, 25)]
    assert (np.diff(values) > 0).all()
    # Far out only the atoms' tail helps: N grows like 1/P(h > s) up to a power of s.
    assert np.log(values[-1] / values[-2]) == pytest.approx((6**2 - 5.75**2) / 2, rel=0.15)
    for bad in (-0.1, 31, float("nan")):
        with pytest.raises(InvalidInput, match="shift is"):
            gaussian_threshold(5, bad)


@pytest.mark.parametrize("shift", [0.7, 1.6])
def test_the_kinematic_formula_predicts_the_median(shift: float) -> None:
    random, rank = np.random.default_rng(7), 20
    target = np.zeros(rank)
    target[3] = shift
    expected = gaussian_threshold(rank, shift)
    found = [
        hull_threshold(Pool(random.standard_normal((int(5 * expected), rank)), target))
        for _ in range(200)
    ]
    measured = median_estimate(np.array(found, float))
    assert measured.interval is not None
    assert measured.value == pytest.approx(expected, rel=0.08)


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.floats(0, 1.5))
def test_the_threshold_is_what_trying_every_size_gives(seed: int, rank: int, out: float) -> None:
    random = np.random.default_rng(seed)
    pool = Pool(random.standard_normal((25, rank)), out * random.standard_normal(rank))
    inside = [
        nearest_point(Pool(pool.atoms[:n], pool.target)).membership is Membership.INSIDE
        for n in range(1, 26)
    ]
    expected = inside.index(True) + 1 if any(inside) else None
    assert hull_threshold(pool) == expected


def test_thresholds_at_the_edges() -> None:
    line = np.array([[1.0], [2.0], [-1.0], [0.0]])
    assert hull_threshold(Pool(line, np.zeros(1))) == 3
    assert hull_threshold(Pool(line[:2], np.zeros(1))) is None
    assert hull_threshold(Pool(line, np.ones(1))) == 1
    far = np.vstack([np.ones((5000, 2)) + np.eye(2)[np.arange(5000) % 2], -9 * np.ones((1, 2))])
    assert hull_threshold(Pool(far, np.zeros(2))) == 5001


def test_what_does_not_fit_into_memory_is_refused_at_once() -> None:
    with pytest.raises(
        InvalidInput,
        match=r"a pool of 10{12} neurons on 6 data points needs 152\d+.\d GB of memory and "
        r"[\d.]+ GB are free; choose a smaller size",
    ):
        random_pool(PROBLEM, 10**12)
    assert memory_needed(10**6, 100) < 4e9


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"shape": "cauchy"}, "neurons.shape is 'cauchy'"),
        ({"output_scale": -1.0}, "neurons.output_scale is -1"),
        ({"hidden_scale": float("nan")}, "neurons.hidden_scale is nan"),
    ],
)
def test_bad_distributions_are_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        Neurons(**change)  # type: ignore[arg-type]


def test_wilson() -> None:
    found = proportion_estimate(10, 20)
    assert found.interval == pytest.approx((0.299298, 0.700702), abs=1e-6)
    assert proportion_estimate(0, 20).interval == pytest.approx((0.0, 0.161125), abs=1e-6)
    with pytest.raises(InvalidInput, match="successes is 21"):
        proportion_estimate(21, 20)


def test_the_median_and_its_interval() -> None:
    # By hand for 10 values: P(Binomial(10, ½) ≤ 1) = 0.0107 ≤ 0.025 < P(… ≤ 2): 2nd and 9th.
    values = [*range(1, 10), np.inf]
    found = median_estimate(values)
    assert (found.value, found.interval) == (5.5, (2, 9))
    assert median_estimate([1.0, 2.0, np.inf, np.inf, np.inf]).value == np.inf
    assert median_estimate([1.0, 2.0, 3.0]).interval is None
    random = np.random.default_rng(0)
    for count in (20, 101):
        held = 0
        for _ in range(1000):
            low, high = median_estimate(random.exponential(size=count)).interval or (0.0, 0.0)
            held += low <= np.log(2) <= high
        assert held >= 935  # at least 95 % by construction, and discrete
    for bad in ([], [np.nan]):
        with pytest.raises(InvalidInput, match="none of them NaN"):
            median_estimate(bad)
