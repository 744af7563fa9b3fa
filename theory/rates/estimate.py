"""A number with its uncertainty, from independent replicates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from theory.errors import Floats, InvalidInput, check_array, check_count


class Interval(NamedTuple):
    """A confidence interval."""

    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Estimate:
    """A value and its interval; one replicate gives a value and no interval."""

    value: float
    interval: Interval | None
    confidence: float
    values: Floats = field(default_factory=lambda: np.zeros(0))
    """(replicates,) what `value` is the mean of; empty if it is not a mean"""

    def exponential(self) -> Estimate:
        """The same for exp of it: the geometric mean of what these are logarithms of."""
        ends = None if self.interval is None else Interval(*map(float, np.exp(self.interval)))
        return Estimate(float(np.exp(self.value)), ends, self.confidence)

    def bootstrap_interval(self, *, resamples: int = 4000, seed: int = 0) -> Interval | None:
        """The percentile bootstrap interval of the mean, for comparison with the t-interval.

        With few replicates it is too narrow; `interval` is what verdicts rest on.
        """
        if len(self.values) < 2:
            return None
        found = stats.bootstrap(
            (self.values,),
            np.mean,
            confidence_level=self.confidence,
            n_resamples=resamples,
            method="percentile",
            rng=np.random.default_rng(seed),
        ).confidence_interval
        return Interval(float(found.low), float(found.high))


def mean_estimate(values: ArrayLike, *, confidence: float = 0.95) -> Estimate:
    """Mean of independent values (replicates,) with Student's t-interval."""
    array = check_array("values", values, (None,))
    mean = float(array.mean())
    if len(array) < 2:
        check_confidence(confidence)
        return Estimate(mean, None, confidence, array)
    error = float(array.std(ddof=1) / np.sqrt(len(array)))
    half = student(len(array), confidence) * error
    return Estimate(mean, Interval(mean - half, mean + half), confidence, array)


def median_estimate(values: ArrayLike, *, confidence: float = 0.95) -> Estimate:
    """Median of independent values (replicates,), infinite ones allowed, with its exact interval.

    The interval's ends are two of the values, at ranks that hold for every distribution; None if
    there are too few values for any (David, Nagaraja 2003, *Order Statistics*, section 7.1).
    Raises `InvalidInput` for NaN and for no values at all.
    """
    check_confidence(confidence)
    array = np.sort(np.asarray(values, dtype=np.float64))
    if array.ndim != 1 or array.size == 0 or np.isnan(array).any():
        raise InvalidInput("values must be a list of at least one number, none of them NaN")
    count = len(array)
    below = int(stats.binom.ppf((1 - confidence) / 2, count, 0.5))
    if stats.binom.cdf(below - 1, count, 0.5) > (1 - confidence) / 2:
        below -= 1
    middle = array[(count - 1) // 2], array[count // 2]
    value = float(middle[0] if middle[0] == middle[1] else (middle[0] + middle[1]) / 2)
    if below < 1:
        return Estimate(value, None, confidence, array)
    ends = Interval(float(array[below - 1]), float(array[count - below]))
    return Estimate(value, ends, confidence, array)


def proportion_estimate(
    successes: int, trials: int, *, confidence: float = 0.95, exact: bool = False
) -> Estimate:
    """A probability from independent trials, with Wilson's interval (1927).

    `exact` gives that of Clopper and Pearson (1934), which never covers less than it says; at the
    high confidences of simultaneous intervals, and near 0 and 1, Wilson's does.
    """
    check_confidence(confidence)
    check_count("trials", trials)
    check_count("successes", successes, least=0, most=trials)
    found = stats.binomtest(int(successes), int(trials)).proportion_ci(
        confidence, method="exact" if exact else "wilson"
    )
    interval = Interval(float(found.low), float(found.high))
    return Estimate(successes / trials, interval, confidence)


def jackknife(
    values: Floats, statistic: Callable[[Floats], float], *, confidence: float = 0.95
) -> Estimate:
    """A statistic of the mean over replicates, with the jackknife's t-interval around it.

    `values` (replicates, …) are averaged over all replicates, and over all but one in turn; the
    scatter of the latter gives the error (Tukey 1958). For what only the mean has, such as a
    logarithm where single values are negative. NaN, and no interval, if any is not finite.
    """
    count = len(values)
    mean = values.mean(axis=0)
    whole = statistic(mean)
    if not np.isfinite(whole):
        return Estimate(float("nan"), None, confidence)
    if count < 2:
        return Estimate(whole, None, confidence)
    partial = np.array([statistic((count * mean - row) / (count - 1)) for row in values])
    if not np.isfinite(partial).all():
        return Estimate(float("nan"), None, confidence)
    error = float(np.sqrt((count - 1) * np.mean(np.square(partial - partial.mean()))))
    half = student(count, confidence) * error
    return Estimate(whole, Interval(whole - half, whole + half), confidence)


def student(replicates: int, confidence: float) -> float:
    """The quantile of Student's t that a two-sided interval of a mean needs."""
    check_confidence(confidence)
    return float(stats.t.ppf((1 + confidence) / 2, replicates - 1))


def check_confidence(confidence: float) -> None:
    """Raise `InvalidInput` unless 0 < confidence < 1."""
    if not 0 < confidence < 1:
        raise InvalidInput(f"confidence is {confidence}; it must lie between 0 and 1")


def check_curves(
    sizes: ArrayLike, losses: ArrayLike, name: str = "losses"
) -> tuple[Floats, Floats]:
    """Sizes (k,), above 0 and increasing, and losses (replicates, k), finite.

    Raises `InvalidInput` naming the replicate and n where something is wrong.
    """
    n = check_array("sizes", sizes, (None,))
    if n[0] <= 0 or not (np.diff(n) > 0).all():
        raise InvalidInput(f"sizes must be above 0 and increasing; they are {_short(n)}")
    if isinstance(losses, Sequence):
        for replicate, curve in enumerate(losses):
            if np.ndim(curve) == 1 and len(curve) != len(n):
                raise InvalidInput(
                    f"{name}: replicate {replicate} has {len(curve)} values, "
                    f"but there are {len(n)} sizes"
                )
    try:
        curves = np.asarray(losses, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidInput(f"{name} must be an array of real numbers") from None
    if curves.ndim == 2 and curves.shape[1] == len(n) and not np.isfinite(curves).all():
        replicate, position = np.argwhere(~np.isfinite(curves))[0]
        raise InvalidInput(
            f"{name} of replicate {replicate} is {curves[replicate, position]} at "
            f"n = {n[position]:g}; leave the replicate out, or say why it failed"
        )
    return n, check_array(name, losses, (None, len(n)))


def check_positive_curves(sizes: Floats, curves: Floats, name: str = "losses") -> None:
    """Raise `InvalidInput` at the first value that is not above 0."""
    bad = np.argwhere(curves <= 0)
    if len(bad):
        replicate, position = bad[0]
        raise InvalidInput(
            f"{name} of replicate {replicate} is {curves[replicate, position]:g} at "
            f"n = {sizes[position]:g}; logarithms need values above 0"
        )


def _short(values: Floats) -> str:
    shown = ", ".join(f"{v:g}" for v in values[:6])
    return f"{shown}, …" if len(values) > 6 else shown
