"""The exponent of a decay, estimated once per replicate.

The independent unit is the replicate, not the point: neighbouring n on one curve share their
history. So every replicate gets one least-squares exponent of log (excess) loss on log n, and the
interval comes from the scatter of these exponents across replicates. Least squares is linear in the
logarithms, so with Gaussian log noise, however correlated along the curve, the t-interval is exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from theory.errors import Floats, InvalidInput, check_array
from theory.rates.decays import fit_plateau
from theory.rates.estimate import (
    Estimate,
    Interval,
    check_curves,
    check_positive_curves,
    jackknife,
    mean_estimate,
)

_FEWEST = 3  # points that a replicate needs for an exponent
_EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class RateEstimate:
    """The exponent p of loss ≈ C·n^(−p) + offset, positive for a decaying loss."""

    exponents: Estimate
    local_slopes: Floats
    """(points − 1,) mean slope of log loss on log n between neighbouring sizes of the window"""
    window: tuple[float, float]
    """the least and the largest n used"""
    points: int
    """how many sizes lay in the window"""
    floor: Floats
    """(replicates,) what the (excess) loss had to stay above"""
    dropped_by_window: int
    dropped_by_floor: Floats
    """(replicates,) points of each curve at and after its first touch of the floor"""
    plateau: Estimate | None = None
    """the offset, where it was estimated"""

    @property
    def exponent(self) -> float:
        """Mean exponent over replicates."""
        return self.exponents.value

    @property
    def interval(self) -> Interval | None:
        """t-interval for the mean exponent; None with one replicate."""
        return self.exponents.interval

    @property
    def span(self) -> float:
        """Largest n over least n of the window."""
        return self.window[1] / self.window[0]


def rounding_floor(square_norm: float) -> float:
    """The loss ½‖f − y‖² below which float64 says nothing: ½(16·ε)²‖y‖² of a target with ‖y‖²."""
    return 0.5 * (16 * _EPS) ** 2 * square_norm


def fit_rate(
    sizes: ArrayLike,
    losses: ArrayLike,
    *,
    offset: ArrayLike | Literal["plateau"] | None = None,
    window: tuple[float, float] | None = None,
    floor: ArrayLike | None = None,
    confidence: float = 0.95,
) -> RateEstimate:
    """Fit loss ≈ C·n^(−p) + offset to each replicate by least squares of logarithms.

    `sizes` (k,) are the n, `losses` (replicates, k) one curve a row. `offset`, a number or one for
    each replicate, is subtracted first (L*, say); "plateau" estimates it together with the
    exponent. `window` = (least, largest n). A curve ends where its excess first reaches `floor`
    (a number, or one for each replicate; default: the rounding of the subtraction, 100·ε·offset):
    dropping single low points instead would bend the rate.

    Raises `InvalidInput`, naming the replicate and n, for values that are not finite, for losses
    not above 0 (without offset), and for curves with fewer than three points to fit.
    """
    n, curves = check_curves(sizes, losses)
    least, largest = (float(n[0]), float(n[-1])) if window is None else window
    inside = (n >= least) & (n <= largest)
    if inside.sum() < _FEWEST:
        raise InvalidInput(
            f"window {least:g}..{largest:g} holds {int(inside.sum())} of the sizes; a rate needs "
            f"{_FEWEST}"
        )
    n, curves = n[inside], curves[:, inside]
    plateau = None
    if isinstance(offset, str):
        if offset != "plateau":
            raise InvalidInput(f"offset is {offset!r}; it must be numbers, or 'plateau'")
        if floor is not None:
            raise InvalidInput("floor goes with a known offset; with offset='plateau' leave it out")
        check_positive_curves(n, curves)
        fits = [fit_plateau(n, curve) for curve in curves]
        plateau = mean_estimate([fit.plateau for fit in fits], confidence=confidence)
        exponents = np.array([fit.exponent for fit in fits])
        lengths = np.full(len(curves), len(n))
        excess, lowest = curves, np.zeros(len(curves))
    else:
        shift = _per_replicate("offset", 0.0 if offset is None else offset, len(curves))
        if offset is None:
            check_positive_curves(n, curves)
        lowest = _per_replicate("floor", 100 * _EPS * np.abs(shift) if floor is None else floor,
                                len(curves))  # fmt: skip
        excess = curves - shift[:, None]
        lengths = _lengths(n, excess, lowest)
        exponents = np.array(
            [-_slope(n[:k], row[:k]) for k, row in zip(lengths, excess, strict=True)]
        )
    return RateEstimate(
        mean_estimate(exponents, confidence=confidence),
        _local_slopes(n, excess, int(lengths.min())),
        (float(n[0]), float(n[lengths.max() - 1])),
        int(lengths.max()),
        lowest,
        int((~inside).sum()),
        len(n) - lengths,
        plateau,
    )


def mean_curve_exponent(
    sizes: ArrayLike, values: ArrayLike, *, confidence: float = 0.95
) -> Estimate:
    """The exponent p of the *mean* curve, mean(values) ≈ C·n^(−p), with a jackknife interval.

    For quantities (replicates, k) that are positive on average only, so that no single curve has a
    logarithm. NaN, without an interval, where a mean that is needed is not above 0.
    """
    n, curves = check_curves(sizes, values, "values")
    return jackknife(
        curves,
        lambda mean: -_slope(n, mean) if mean.min() > 0 else float("nan"),
        confidence=confidence,
    )


def _lengths(n: Floats, excess: Floats, lowest: Floats) -> Floats:
    """(replicates,) how many points each curve has before it first touches its floor."""
    touched = excess <= np.maximum(lowest, 0)[:, None]
    lengths = np.where(touched.any(axis=1), touched.argmax(axis=1), len(n))
    short = np.flatnonzero(lengths < _FEWEST)
    if len(short):
        r = int(short[0])
        k = int(lengths[r])
        raise InvalidInput(
            f"replicate {r} reaches the floor {lowest[r]:.3g} at n = {n[k]:g} (excess loss "
            f"{excess[r, k]:.3g}), after {k} points; a rate needs {_FEWEST}: start the window at "
            "smaller n, or lower the floor or the offset"
        )
    return lengths


def _slope(n: Floats, values: Floats) -> float:
    x = np.log(n)
    x = x - x.mean()
    return float(np.log(values) @ x / (x @ x))


def _local_slopes(n: Floats, excess: Floats, length: int) -> Floats:
    logs = np.log(excess[:, :length])
    slopes: Floats = (np.diff(logs, axis=1) / np.diff(np.log(n[:length]))).mean(axis=0)
    return slopes


def _per_replicate(name: str, value: ArrayLike, replicates: int) -> Floats:
    try:
        array = np.atleast_1d(np.asarray(value, dtype=np.float64))
    except (TypeError, ValueError):
        raise InvalidInput(f"{name} must be numbers; it is {value!r}") from None
    if array.shape not in ((1,), (replicates,)):
        raise InvalidInput(
            f"{name} has shape {array.shape}; give one number, or one for each of the "
            f"{replicates} replicates"
        )
    return np.array(np.broadcast_to(check_array(name, array, (None,)), (replicates,)))
