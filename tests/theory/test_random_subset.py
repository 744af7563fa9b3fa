from __future__ import annotations

import numpy as np
import pytest

from theory import InvalidInput, Pool
from theory.rules import random_subset


@pytest.mark.parametrize("weights", [None, [0.5, 0.3, 0.2, 0.0]])
def test_the_mean_loss_is_the_variance_of_a_mean(weights: list[float] | None) -> None:
    """E L(f_n) = L(u) + V/(2n), exactly."""
    random = np.random.default_rng(7)
    pool = Pool(random.standard_normal((4, 3)), random.standard_normal(3))
    alpha = np.full(4, 0.25) if weights is None else np.array(weights)
    centre = alpha @ pool.atoms
    spread = alpha @ np.square(pool.atoms - centre).mean(axis=1)
    draws = np.array(
        [random_subset(pool, 5, seed=random, weights=weights).losses for _ in range(10_000)]
    )
    expected = pool.loss(centre) + spread / (2 * np.arange(1, 6))
    errors = draws.std(axis=0) / np.sqrt(len(draws))
    assert (abs(draws.mean(axis=0) - expected) < 4 * errors).all()


def test_weights_off_the_simplex_are_refused() -> None:
    pool = Pool(np.eye(2), np.zeros(2))
    for weights in ([0.5, 0.4], [1.5, -0.5]):
        with pytest.raises(InvalidInput, match="weights must be at least 0 and sum to 1"):
            random_subset(pool, 1, weights=weights)
