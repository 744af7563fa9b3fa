"""Estimate how fast a loss decays with n, from independent replicates.

The independent unit is the replicate, not the point: neighbouring n on one curve share their
history. So every replicate gets one least-squares exponent of log loss on log n, and the interval
comes from the scatter of these exponents across replicates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from theory.errors import Floats, InvalidInput, check_array


class Interval(NamedTuple):
    """A confidence interval."""

    low: float
    high: float


@dataclass(frozen=True, eq=False)
class MeanEstimate:
    """A mean over replicates, with the t-interval; one replicate gives a value and no interval."""

    values: Floats
    """(replicates,)"""
    mean: float
    interval: Interval | None
    confidence: float


@dataclass(frozen=True, eq=False)
class RateEstimate:
    """The exponent p of loss ≈ C·n^(−p), positive for a decaying loss."""

    exponents: MeanEstimate
    window: tuple[float, float]
    """the least and the largest n used"""
    points: int
    """how many sizes lay in the window"""

    @property
    def exponent(self) -> float:
        """Mean exponent over replicates."""
        return self.exponents.mean

    @property
    def interval(self) -> Interval | None:
        """Interval for the mean exponent; None with one replicate."""
        return self.exponents.interval


def mean_estimate(values: ArrayLike, *, confidence: float = 0.95) -> MeanEstimate:
    """Mean of independent values (replicates,) with Student's t-interval."""
    array = check_array("values", values, (None,))
    if not 0 < confidence < 1:
        raise InvalidInput(f"confidence is {confidence}; it must lie between 0 and 1")
    mean = float(array.mean())
    if len(array) < 2:
        return MeanEstimate(array, mean, None, confidence)
    error = float(array.std(ddof=1)) / np.sqrt(len(array))
    half = float(stats.t.ppf((1 + confidence) / 2, len(array) - 1)) * error
    return MeanEstimate(array, mean, Interval(mean - half, mean + half), confidence)


def fit_rate(
    sizes: ArrayLike,
    losses: ArrayLike,
    *,
    window: tuple[float, float] | None = None,
    confidence: float = 0.95,
) -> RateEstimate:
    """Fit loss ≈ C·n^(−p) to each replicate by least squares of log loss on log n.

    `sizes` (k,) are the n, `losses` (replicates, k) one curve a row; `window` = (least, largest n).
    Raises `InvalidInput` for fewer than two sizes in the window, or a loss that is not above 0.
    """
    n = check_array("sizes", sizes, (None,))
    curves = check_array("losses", losses, (None, len(n)))
    least, largest = (n.min(), n.max()) if window is None else window
    inside = (n >= least) & (n <= largest)
    if len(np.unique(n[inside])) < 2 or n.min() <= 0:
        raise InvalidInput(
            f"window {least:g}..{largest:g} holds sizes {n[inside].tolist()}; a rate needs two "
            "different sizes above 0"
        )
    bad = np.argwhere(curves[:, inside] <= 0)
    if len(bad):
        replicate, position = bad[0]
        raise InvalidInput(
            f"losses[{replicate}] is {curves[:, inside][replicate, position]:g} at "
            f"n = {n[inside][position]:g}; a power law needs losses above 0"
        )
    x = np.log(n[inside])
    x -= x.mean()
    exponents = -(np.log(curves[:, inside]) @ x) / (x @ x)
    return RateEstimate(
        mean_estimate(exponents, confidence=confidence),
        (float(n[inside].min()), float(n[inside].max())),
        int(inside.sum()),
    )


def crossing(sizes: ArrayLike, first: ArrayLike, second: ArrayLike) -> float | None:
    """The n from which on the mean log loss of `first` stays below that of `second`.

    `first` and `second` are (replicates, len(sizes)), sizes increasing. Between the two sizes
    where the sign turns for the last time, the crossing is interpolated linearly in log n.
    None if `first` is not below at the largest size; the least size if it is below everywhere.
    """
    n = check_array("sizes", sizes, (None,))
    a = check_array("first", first, (None, len(n)))
    b = check_array("second", second, (None, len(n)))
    gap = np.log(a).mean(axis=0) - np.log(b).mean(axis=0)
    if gap[-1] >= 0:
        return None
    above = np.flatnonzero(gap >= 0)
    if len(above) == 0:
        return float(n[0])
    k = above[-1]
    share = gap[k] / (gap[k] - gap[k + 1])
    return float(np.exp(np.log(n[k]) + share * (np.log(n[k + 1]) - np.log(n[k]))))


def crossing_estimate(
    sizes: ArrayLike,
    first: ArrayLike,
    second: ArrayLike,
    *,
    confidence: float = 0.95,
    resamples: int = 2000,
    seed: int = 0,
) -> MeanEstimate | None:
    """`crossing` with a bootstrap interval over replicates, both curves of a replicate together.

    None if the curves do not cross; no interval with one replicate, or if the curves do not cross
    in some of the resamples. `values` are the resampled crossings.
    """
    a = check_array("first", first, (None, None))
    b = check_array("second", second, a.shape)
    value = crossing(sizes, a, b)
    if value is None:
        return None
    if len(a) < 2:
        return MeanEstimate(np.array([value]), value, None, confidence)
    random = np.random.default_rng(seed)
    rows = random.integers(len(a), size=(resamples, len(a)))
    found = [crossing(sizes, a[r], b[r]) for r in rows]
    values = np.array([v for v in found if v is not None])
    if len(values) < resamples:
        return MeanEstimate(values, value, None, confidence)
    tail = (1 - confidence) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return MeanEstimate(values, value, Interval(float(low), float(high)), confidence)
