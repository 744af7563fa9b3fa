"""A claim against the evidence: holds, fails, does not apply, inconclusive."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from theory.rates import Interval, MeanEstimate, RateEstimate

_WIDEST = 0.5  # an interval wider than this is consistent with too much


class Outcome(StrEnum):
    """How a claim stands after the measurement."""

    HOLDS = "holds"
    FAILS = "fails"
    DOES_NOT_APPLY = "does not apply"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class Verdict:
    """One claim, what was predicted, what was measured, and the sentence to print."""

    claim: str
    outcome: Outcome
    predicted: str
    measured: float | None
    interval: Interval | None
    sentence: str


def judge_within(
    claim: str, estimate: MeanEstimate, band: tuple[float, float], *, digits: int = 2
) -> Verdict:
    """Does the true value lie within `band` = (least, largest)?

    Holds if the whole interval lies in the band, fails if it lies wholly outside; in between,
    or without an interval, the matter is open.
    """
    low, high = band
    predicted = f"{low:.{digits}f} to {high:.{digits}f}"
    interval = estimate.interval
    if interval is None:
        outcome, what = Outcome.INCONCLUSIVE, "is one replicate's, which gives no interval"
    elif low <= interval.low and interval.high <= high:
        outcome, what = Outcome.HOLDS, f"lies within {predicted}"
    elif interval.high < low or interval.low > high:
        outcome, what = Outcome.FAILS, f"lies outside {predicted}"
    else:
        outcome, what = Outcome.INCONCLUSIVE, f"reaches over an edge of {predicted}"
    sentence = f"{_shown(estimate.mean, interval, digits)} {what}."
    return Verdict(claim, outcome, predicted, estimate.mean, interval, sentence)


def judge_below(claim: str, ratio: MeanEstimate) -> Verdict:
    """Is one method's loss below another's? `ratio` holds ln(first / second) per replicate."""
    interval = ratio.interval
    if interval is None:
        outcome, what = Outcome.INCONCLUSIVE, "one replicate, which gives no interval"
    elif interval.high < 0:
        outcome, what = Outcome.HOLDS, "below on average, and the interval excludes equality"
    elif interval.low > 0:
        outcome, what = Outcome.FAILS, "above on average, and the interval excludes equality"
    else:
        outcome, what = Outcome.INCONCLUSIVE, "the interval reaches over equality"
    sentence = f"ln ratio {_shown(ratio.mean, interval, 2)}: {what}."
    return Verdict(claim, outcome, "ln ratio < 0", ratio.mean, interval, sentence)


def judge_rate(claim: str, estimate: RateEstimate, claimed: float) -> Verdict:
    """Is the loss O(n^(−claimed)) as far as the window shows: an exponent of at least `claimed`?

    Holds if the interval lies above `claimed`, or reaches it and is no wider than 0.5; fails if it
    lies below. A decay faster than the upper bound promised is no violation.
    """
    low, high = estimate.window
    interval = estimate.interval
    if interval is None:
        outcome, what = Outcome.INCONCLUSIVE, "one replicate, which gives no interval"
    elif interval.high < claimed:
        outcome, what = Outcome.FAILS, f"slower than {claimed:g}"
    elif interval.low > claimed:
        outcome, what = Outcome.HOLDS, f"faster than {claimed:g}"
    elif interval.high - interval.low > _WIDEST:
        outcome, what = (
            Outcome.INCONCLUSIVE,
            f"the interval is too wide to tell it from {claimed:g}",
        )
    else:
        outcome, what = Outcome.HOLDS, f"consistent with {claimed:g}"
    shown = _shown(estimate.exponent, interval, 2)
    sentence = f"exponent {shown} over n = {low:g} to {high:g}: {what}."
    return Verdict(claim, outcome, f"exponent ≥ {claimed:g}", estimate.exponent, interval, sentence)


def _shown(value: float, interval: Interval | None, digits: int) -> str:
    if interval is None:
        return f"{value:.{digits}f}"
    return f"{value:.{digits}f} [{interval.low:.{digits}f}, {interval.high:.{digits}f}]"
