from __future__ import annotations

import numpy as np
import pytest

from theory import Outcome, fit_rate, judge_below, judge_order, judge_within, mean_estimate

SIZES = np.array([100, 200, 400, 800])


def rate(*exponents: float):  # type: ignore[no-untyped-def]
    return fit_rate(SIZES, [SIZES**-p for p in exponents])


@pytest.mark.parametrize(
    ("exponents", "claimed", "outcome", "word"),
    [
        ((1.9, 2.0, 2.1), 2, Outcome.HOLDS, "consistent with 2"),
        ((1.9, 2.0, 2.1), 1, Outcome.HOLDS, "faster than 1"),
        ((1.49, 1.5, 1.51), 2, Outcome.FAILS, "slower than 2"),
        ((0.5, 2.0, 3.5), 2, Outcome.INCONCLUSIVE, "too wide"),
        ((2.0,), 2, Outcome.INCONCLUSIVE, "no interval"),
    ],
)
def test_rates(exponents: tuple[float, ...], claimed: float, outcome: Outcome, word: str) -> None:
    verdict = judge_order("claim", rate(*exponents), claimed)
    assert verdict.outcome is outcome
    assert word in verdict.sentence


@pytest.mark.parametrize(
    ("values", "outcome"),
    [
        ((1.0, 1.01, 0.99), Outcome.HOLDS),
        ((2.0, 2.01, 1.99), Outcome.FAILS),
        ((1.0, 1.2, 0.9), Outcome.INCONCLUSIVE),
        ((1.0,), Outcome.INCONCLUSIVE),
    ],
)
def test_bands(values: tuple[float, ...], outcome: Outcome) -> None:
    assert judge_within("claim", mean_estimate(values), (0.9, 1.1)).outcome is outcome


@pytest.mark.parametrize(
    ("ratios", "outcome"),
    [
        ((-1.0, -1.1), Outcome.HOLDS),
        ((1.0, 1.1), Outcome.FAILS),
        ((-1.0, 1.1), Outcome.INCONCLUSIVE),
        ((-1.0,), Outcome.INCONCLUSIVE),
    ],
)
def test_comparisons(ratios: tuple[float, ...], outcome: Outcome) -> None:
    assert judge_below("claim", mean_estimate(ratios)).outcome is outcome
