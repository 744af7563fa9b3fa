"""Which law does a decay follow: a power of n, a power with a plateau, or a geometric decay?

    power       log L = a − p·log n
    plateau     log L = a + log(n^(−p) + q),      L∞ = e^a·q
    geometric   log L = a + n·log ρ

Every law is fitted to every replicate by least squares of logarithms. Two judges must agree before
a winner is named:

* *prediction*: fitted on the head of the curve (the first two thirds of log n), which law predicts
  the tail best? The mean squared log error on the tail is one number a replicate, and two laws
  differ if the paired t-interval of its logarithm excludes 0.
* *information*: Akaike's criterion, with residuals along a curve modelled as a first-order
  autoregression (neighbouring n share their history; without this every extra bend of a wandering
  curve would count as evidence). Summed over replicates; a law wins by more than 4.

The power law is the plateau law at q = 0. So between these two the simpler wins if neither judge
prefers the richer, the richer if both do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import least_squares

from theory.errors import Floats, InvalidInput
from theory.rates.estimate import check_curves, check_positive_curves, mean_estimate

_HEAD = 2 / 3  # of log n
_FEWEST = 8  # sizes that a comparison needs
_INFORMATION = 4.0
_NEGLIGIBLE = 1e-10  # log errors below this are no errors


class Decay(StrEnum):
    """A law of decay; `NONE` where the evidence names no winner."""

    POWER = "power law"
    PLATEAU = "power law with plateau"
    GEOMETRIC = "geometric"
    NONE = "none"


@dataclass(frozen=True)
class PlateauFit:
    """L ≈ C·n^(−p) + L∞ of one curve."""

    scale: float
    exponent: float
    plateau: float


@dataclass(frozen=True, eq=False)
class DecayComparison:
    """The winner and the evidence."""

    winner: Decay
    tail_errors: dict[Decay, Floats]
    """law -> (replicates,) root mean square log error on the held-out tail"""
    information: dict[Decay, float]
    """law -> Akaike's criterion, summed over replicates, less that of the best law"""
    left_out: int
    """replicates with too few points above the floor"""
    sentence: str


def compare_decays(
    sizes: ArrayLike,
    losses: ArrayLike,
    *,
    floor: float | None = None,
    confidence: float = 0.95,
) -> DecayComparison:
    """Compare the three laws on curves `losses` (replicates, len(sizes)).

    A curve ends where it first reaches `floor`; replicates with fewer than eight points before it
    are left out. One replicate is never enough to name a winner by prediction. Raises
    `InvalidInput` if no replicate has eight points, and for values not finite, or not above 0
    without a floor (naming replicate and n).
    """
    n, curves = check_curves(sizes, losses)
    if floor is None:
        check_positive_curves(n, curves)
    touched = curves <= max(floor or 0.0, 0.0)
    lengths = np.where(touched.any(axis=1), touched.argmax(axis=1), len(n))
    used = [
        (n[:k], np.log(row[:k])) for k, row in zip(lengths, curves, strict=True) if k >= _FEWEST
    ]
    if not used:
        where = "" if floor is None else f" before the floor {floor:g}"
        raise InvalidInput(
            f"sizes holds {int(lengths.max())} values{where}; comparing decays needs {_FEWEST}"
        )
    errors = {
        law: np.array([_tail_error(fit, *curve) for curve in used]) for law, fit in _FITS.items()
    }
    information = {
        law: float(sum(_information(row - fit(at, row)(at), k) for at, row in used))
        for (law, fit), k in zip(_FITS.items(), (2, 3, 2), strict=True)
    }
    least = min(information.values())
    information = {law: value - least for law, value in information.items()}
    winner = _winner(errors, information, confidence)
    best = min(errors, key=lambda law: float(np.median(errors[law])))
    informed = min(information, key=lambda law: information[law])
    sentence = (
        f"winner: {winner}; best prediction of the tail: {best} (typical log error "
        f"{np.median(errors[best]):.2g}), least information criterion: {informed}"
    )
    left_out = len(curves) - len(used)
    sentence += f"; {left_out} of {len(curves)} curves too short." if left_out else "."
    return DecayComparison(winner, errors, information, left_out, sentence)


def _winner(
    errors: dict[Decay, Floats], information: dict[Decay, float], confidence: float
) -> Decay:
    def votes(first: Decay, second: Decay) -> int:
        """How many of the two judges prefer the first law."""
        informed = information[first] + _INFORMATION < information[second]
        predicted = _predicts_better(errors[first], errors[second], confidence)
        return int(informed) + int(predicted)

    power, plateau, geometric = Decay.POWER, Decay.PLATEAU, Decay.GEOMETRIC
    # A geometric decay has to beat the richer law as well, which can bend towards it.
    if votes(geometric, power) == 2 and votes(geometric, plateau) == 2:
        return geometric
    bent = votes(plateau, power)
    if bent == 1:
        return Decay.NONE
    candidate = plateau if bent == 2 else power
    return candidate if votes(candidate, geometric) == 2 else Decay.NONE


def _predicts_better(first: Floats, second: Floats, confidence: float) -> bool:
    interval = mean_estimate(np.log(first / second), confidence=confidence).interval
    return interval is not None and interval.high < 0


def _tail_error(
    fit: Callable[[Floats, Floats], Callable[[Floats], Floats]], n: Floats, row: Floats
) -> float:
    """Root mean square log error on the last third of log n, fitted on what is before."""
    cut = np.log(n[0]) + _HEAD * np.log(n[-1] / n[0])
    head = int(np.clip(np.searchsorted(np.log(n), cut), 4, len(n) - 3))
    law = fit(n[:head], row[:head])
    error = float(np.sqrt(np.mean(np.square(row[head:] - law(n[head:])))))
    return max(error, _NEGLIGIBLE)


def _information(residuals: Floats, parameters: int) -> float:
    """Akaike's criterion (small-sample form) with first-order autoregressive residuals."""
    count = len(residuals)
    square = float(residuals @ residuals)
    if square <= count * _NEGLIGIBLE**2:
        return 2 * count * float(np.log(_NEGLIGIBLE))
    memory = float(np.clip(residuals[1:] @ residuals[:-1] / square, -0.99, 0.99))
    innovations = residuals[1:] - memory * residuals[:-1]
    total = float(innovations @ innovations) + (1 - memory**2) * float(residuals[0]) ** 2
    deviance = count * float(np.log(max(total / count, _NEGLIGIBLE**2))) - float(
        np.log(1 - memory**2)
    )
    k = parameters + 2  # the variance and the memory
    return deviance + 2 * k + 2 * k * (k + 1) / max(count - k - 1, 1)


def _line(x: Floats, logs: Floats) -> tuple[float, float]:
    centred = x - x.mean()
    slope = float(logs @ centred / (centred @ centred))
    return float(logs.mean() - slope * x.mean()), slope


def _power(n: Floats, logs: Floats) -> Callable[[Floats], Floats]:
    intercept, slope = _line(np.log(n), logs)
    return lambda at: intercept + slope * np.log(at)


def _geometric(n: Floats, logs: Floats) -> Callable[[Floats], Floats]:
    intercept, slope = _line(n, logs)
    return lambda at: intercept + slope * at


def _plateau(n: Floats, logs: Floats) -> Callable[[Floats], Floats]:
    fit = fit_plateau(n, np.exp(logs))
    return lambda at: np.log(fit.scale * at**-fit.exponent + fit.plateau)


_FITS: dict[Decay, Callable[[Floats, Floats], Callable[[Floats], Floats]]] = {
    Decay.POWER: _power,
    Decay.PLATEAU: _plateau,
    Decay.GEOMETRIC: _geometric,
}


def fit_plateau(sizes: Floats, losses: Floats) -> PlateauFit:
    """Fit L ≈ C·n^(−p) + L∞ with L∞ ≥ 0 to one curve (k,) by least squares of logarithms.

    For given p and q = L∞/C (n in units of its geometric mean) the scale is a mean, so two
    parameters are searched, from several starts; q = 0, the pure power law, is one candidate.
    """
    unit = float(np.exp(np.log(sizes).mean()))
    x, logs = np.log(sizes / unit), np.log(losses)

    def residuals(parameters: Floats) -> Floats:
        rest = logs - np.logaddexp(-parameters[0] * x, parameters[1])
        return np.asarray(rest - rest.mean())

    def jacobian(parameters: Floats) -> Floats:
        share = np.exp(parameters[1] - np.logaddexp(-parameters[0] * x, parameters[1]))
        columns = np.column_stack([(1 - share) * x, -share])
        return np.asarray(columns - columns.mean(axis=0))

    intercept, slope = _line(x, logs)
    pure = logs - intercept - slope * x
    best, best_cost = (-slope, -np.inf), float(pure @ pure) / 2
    for start in ((-slope, -2.0), (-2 * slope, 0.0), (-4 * slope, 0.5)):
        first = (max(start[0], 0.1), start[1])
        found = least_squares(
            residuals, first, jac=jacobian, method="lm", xtol=1e-15, ftol=1e-15, gtol=1e-15
        )
        if found.x[0] > 0 and found.cost < best_cost * (1 - 1e-9):
            best, best_cost = (float(found.x[0]), float(found.x[1])), float(found.cost)
    exponent, log_share = best
    amplitude = float(np.exp((logs - np.logaddexp(-exponent * x, log_share)).mean()))
    return PlateauFit(amplitude * unit**exponent, exponent, amplitude * float(np.exp(log_share)))
