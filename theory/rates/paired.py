"""Two methods on the same seeds: which is lower, from which n on, and where the curves cross.

The log ratio of the two losses is formed per replicate, so that what a seed does to both cancels.
The crossing is where its mean is 0. Its interval inverts a test: with a parabola in log n fitted to
every replicate's log ratio (a linear map of the data), the interval holds the n at which the
t-interval of the fitted mean reaches 0. For straight lines this is Fieller's interval for −ā/b̄.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from theory.errors import Floats, InvalidInput
from theory.rates.estimate import (
    Estimate,
    Interval,
    check_curves,
    check_positive_curves,
    student,
)

_GRID = 2000  # points in log n at which the fitted mean is examined


@dataclass(frozen=True, eq=False)
class PairedComparison:
    """The log ratio ln(first / second) at every n, and where it changes sign."""

    sizes: Floats
    log_ratio: Floats
    """(k,) mean over replicates"""
    low: Floats
    high: Floats
    """(k,) pointwise t-interval; NaN with one replicate"""
    crossing: Estimate | None
    """the n where the fitted mean changes sign for the last time; None if it does not. An end of
    the interval outside the sizes is 0 or infinity"""
    first_lower_from: float | None
    """the least of the sizes from which on `high` stays below 0"""
    second_lower_from: float | None
    """the same for the second method"""


def compare_methods(
    sizes: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    *,
    degree: int | None = None,
    confidence: float = 0.95,
) -> PairedComparison:
    """Compare two methods' losses (replicates, len(sizes)), row by row from the same seeds.

    `degree` is that of the polynomial in log n that smooths the log ratio for the crossing
    (default 2, or 1 with fewer than four sizes).
    Raises `InvalidInput` if the shapes differ, or a loss is not finite or not above 0.
    """
    n, one = check_curves(sizes, first, "first")
    _, two = check_curves(sizes, second, "second")
    if len(one) != len(two):
        raise InvalidInput(
            f"first has {len(one)} replicates and second {len(two)}; a paired comparison needs the "
            "same seeds in both"
        )
    check_positive_curves(n, one, "first")
    check_positive_curves(n, two, "second")
    if degree is None:
        degree = 2 if len(n) > 3 else 1
    if not 1 <= degree < len(n):
        raise InvalidInput(f"degree is {degree}; with {len(n)} sizes it must be 1 to {len(n) - 1}")
    ratios = np.log(one) - np.log(two)
    mean, half = _mean_and_half(ratios, confidence)
    return PairedComparison(
        n,
        mean,
        mean - half,
        mean + half,
        _crossing(n, ratios, degree, confidence),
        _lower_from(n, mean + half),
        _lower_from(n, half - mean),
    )


def _mean_and_half(ratios: Floats, confidence: float) -> tuple[Floats, Floats]:
    mean = ratios.mean(axis=0)
    if len(ratios) < 2:
        return mean, np.full_like(mean, np.nan)
    error = ratios.std(axis=0, ddof=1) / np.sqrt(len(ratios))
    return mean, student(len(ratios), confidence) * error


def _lower_from(n: Floats, high: Floats) -> float | None:
    below = high < 0
    if not below[-1]:
        return None
    return float(n[len(n) - int(np.argmin(below[::-1])) if not below.all() else 0])


def _crossing(n: Floats, ratios: Floats, degree: int, confidence: float) -> Estimate | None:
    """The last sign change of the fitted mean, and the n around it whose t-interval holds 0."""
    x = np.log(n)
    centre, width = (x[0] + x[-1]) / 2, (x[-1] - x[0]) / 2
    design = np.vander((x - centre) / width, degree + 1)
    grid = np.linspace(x[0], x[-1], _GRID)
    smoother = np.vander((grid - centre) / width, degree + 1) @ np.linalg.pinv(design)
    mean, half = _mean_and_half(ratios @ smoother.T, confidence)
    turns = np.flatnonzero(np.signbit(mean[1:]) != np.signbit(mean[:-1]))
    if len(turns) == 0:
        return None
    k = int(turns[-1])
    share = mean[k] / (mean[k] - mean[k + 1])
    place = float(np.exp(grid[k] + share * (grid[k + 1] - grid[k])))
    if len(ratios) < 2:
        return Estimate(place, None, confidence)
    holds = np.abs(mean) <= half
    low, high = k, k + 1
    while low >= 0 and holds[low]:
        low -= 1
    while high < _GRID and holds[high]:
        high += 1
    return Estimate(
        place,
        Interval(
            0.0 if low < 0 else float(np.exp(grid[low])),
            np.inf if high == _GRID else float(np.exp(grid[high])),
        ),
        confidence,
    )
