"""A claim against the evidence: holds, fails, does not apply, inconclusive."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from scipy import stats

from theory.errors import Floats, InvalidInput
from theory.geometry import Geometry
from theory.guarantees import Applicability, Decision, Guarantee, Relation
from theory.rates import Decay, DecayComparison, Estimate, Interval, RateEstimate
from theory.selection import Selection

_FEWEST_RUNS = 400
_FEWEST_HITS = 20  # of the atoms that carry the variance, expected among the runs at n = 1
_CHANCE = 1e-3
_WIDEST = 0.5  # an interval wider than this is consistent with too much
_SHORTEST = 4.0  # a window whose ends differ by less than this factor decides no rate


class Outcome(StrEnum):
    """How a claim stands after the measurement."""

    HOLDS = "holds"
    FAILS = "fails"
    DOES_NOT_APPLY = "does not apply"
    INCONCLUSIVE = "inconclusive"


class Pace(StrEnum):
    """A measured exponent beside a claimed one."""

    CONSISTENT = "consistent"
    FASTER = "faster"
    SLOWER = "slower"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class RateJudgement:
    """How the measured exponent stands to the claimed one, and why, in one sentence."""

    pace: Pace
    claimed: float
    sentence: str


@dataclass(frozen=True)
class Verdict:
    """One claim, what was predicted, what was measured, and the sentence to print."""

    claim: str
    outcome: Outcome
    predicted: str
    measured: float | None
    interval: Interval | None
    sentence: str
    digits: int = 2
    """after the decimal point, when `measured` is shown"""
    found: str = ""
    """what was found, where it is no number"""

    def about(self, claim: str) -> Verdict:
        """The same verdict under another name."""
        return replace(self, claim=claim)

    @property
    def shown(self) -> str:
        """The measured value with its interval, or what was found; a dash if nothing was."""
        if self.measured is None:
            return self.found or "–"
        return _shown(self.measured, self.interval, self.digits)


def judge_within(
    claim: str,
    estimate: Estimate,
    band: tuple[float, float],
    *,
    predicted: str = "",
    digits: int = 2,
) -> Verdict:
    """Does the true value lie within `band` = (least, largest)?

    Holds if the whole interval lies in the band, fails if it lies wholly outside; in between,
    or without an interval, the matter is open. `predicted` says the band in other words.
    """
    low, high = band
    predicted = predicted or f"{low:.{digits}f} to {high:.{digits}f}"
    interval = estimate.interval
    if interval is None:
        outcome, what = Outcome.INCONCLUSIVE, "has no interval: too few replicates, or none finite"
    elif low <= interval.low and interval.high <= high:
        outcome, what = Outcome.HOLDS, f"lies within {predicted}"
    elif interval.high < low or interval.low > high:
        outcome, what = Outcome.FAILS, f"lies outside {predicted}"
    else:
        outcome, what = Outcome.INCONCLUSIVE, f"reaches over an edge of {predicted}"
    sentence = f"{_shown(estimate.value, interval, digits)} {what}."
    return Verdict(claim, outcome, predicted, estimate.value, interval, sentence, digits)


def judge_below(claim: str, ratio: Estimate) -> Verdict:
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
    sentence = f"ln ratio {_shown(ratio.value, interval, 2)}: {what}."
    return Verdict(claim, outcome, "ln ratio < 0", ratio.value, interval, sentence)


def judge_rate(estimate: RateEstimate, claimed: float) -> RateJudgement:
    """Is the measured exponent consistent with `claimed`, faster, or slower?

    Faster or slower if the whole interval lies on one side; consistent if it holds `claimed` and is
    no wider than 0.5. Inconclusive if it is wider, if one replicate gives no interval, or if the
    window spans less than a factor of four in n: curves bend, and a short stretch proves no rate.
    """
    low, high = estimate.window
    interval = estimate.interval
    shown = _shown(estimate.exponent, interval, 2)
    seen = f"exponent {shown} over n = {low:g} to {high:g}"
    if interval is None:
        pace, why = Pace.INCONCLUSIVE, "one replicate, which gives no interval"
    elif estimate.span < _SHORTEST:
        pace = Pace.INCONCLUSIVE
        why = f"the window spans a factor of {estimate.span:.2g} in n; it takes {_SHORTEST:g}"
    elif interval.high < claimed:
        pace, why = Pace.SLOWER, f"slower than {claimed:g}"
    elif interval.low > claimed:
        pace, why = Pace.FASTER, f"faster than {claimed:g}"
    elif interval.high - interval.low > _WIDEST:
        pace, why = Pace.INCONCLUSIVE, f"the interval is too wide to tell it from {claimed:g}"
    else:
        pace, why = Pace.CONSISTENT, f"consistent with {claimed:g}"
    return RateJudgement(pace, claimed, f"{seen}: {why}.")


def judge_order(claim: str, estimate: RateEstimate, claimed: float) -> Verdict:
    """Is the loss O(n^(−claimed)) over the window, that is, does it fall at least so fast?

    A decay faster than the upper bound promised is no violation.
    """
    judgement = judge_rate(estimate, claimed)
    outcome = {
        Pace.CONSISTENT: Outcome.HOLDS,
        Pace.FASTER: Outcome.HOLDS,
        Pace.SLOWER: Outcome.FAILS,
        Pace.INCONCLUSIVE: Outcome.INCONCLUSIVE,
    }[judgement.pace]
    value, interval = estimate.exponent, estimate.interval
    predicted = f"exponent ≥ {claimed:g}"
    return Verdict(claim, outcome, predicted, value, interval, judgement.sentence)


def judge_decay(claim: str, comparison: DecayComparison, expected: Decay) -> Verdict:
    """Is the law of decay the expected one? Inconclusive where no law wins."""
    winner = comparison.winner
    if winner is Decay.NONE:
        outcome = Outcome.INCONCLUSIVE
    else:
        outcome = Outcome.HOLDS if winner is expected else Outcome.FAILS
    return Verdict(
        claim, outcome, str(expected), None, None, comparison.sentence, found=str(winner)
    )


def judge_guarantee(guarantee: Guarantee, geometry: Geometry, selection: Selection) -> Verdict:
    """Does the loss keep to the guarantee at *every* n of this run?

    Holds with the least slack (bound / loss) and where; fails with the first n and by how much;
    does not apply, or is inconclusive, with the certificate that says so. Rounding is allowed for:
    1e-9 of the bound, and the error of losses near ½(ε·D)².
    Raises `InvalidInput` for a guarantee about averages; `judge_in_mean` takes those.
    """
    if guarantee.relation is Relation.EQUAL_IN_MEAN:
        raise InvalidInput(f"guarantee {guarantee.name} is about averages; use judge_in_mean")
    _check_same_pool(geometry, selection)
    applicability = guarantee.applies(geometry, selection)
    if applicability.decision is not Decision.MET:
        return _without_assumption(guarantee, applicability)
    certificate = applicability.certificate
    bound, losses = guarantee.bound(geometry, selection), selection.losses
    spoken = np.flatnonzero(~np.isnan(bound))
    allowed = _rounding(bound, geometry.target_radius)
    if guarantee.relation is Relation.EQUAL:
        broken = spoken[np.abs(losses - bound)[spoken] > allowed[spoken]]
    else:
        broken = spoken[(losses - bound)[spoken] > allowed[spoken]]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        slack = np.where(losses > 0, bound / losses, np.inf)
    if len(broken):
        n = int(broken[0])
        sentence = (
            f"violated at n = {n + 1}: loss {losses[n]:.4g}, bound {bound[n]:.4g} "
            f"({len(broken)} sizes in all); {certificate}."
        )
        return _about(guarantee, Outcome.FAILS, float(slack[n]), sentence)
    n = int(spoken[np.argmin(slack[spoken])])
    sentence = f"least slack {slack[n]:.3g} at n = {n + 1} of {selection.size}; {certificate}."
    return _about(guarantee, Outcome.HOLDS, float(slack[n]), sentence)


def judge_in_mean(
    guarantee: Guarantee, geometry: Geometry, selections: Sequence[Selection]
) -> Verdict:
    """Does the *mean* loss of independent runs agree with the guarantee?

    Judged at n = 1, 2, 4, …: fails where Student's t puts the mean further off than chance does in
    one of a thousand such judgements, all these sizes together, if the mean is about Gaussian.
    Squared errors are skewed, most where few atoms carry the variance, so it takes many runs:
    inconclusive with fewer than 400, or where so few atoms carry the variance that the runs seldom
    draw them. `measured` is the largest distance in standard errors.
    Raises `InvalidInput` for another kind of guarantee, and for runs of different rules or sizes.
    """
    if guarantee.relation is not Relation.EQUAL_IN_MEAN:
        raise InvalidInput(f"guarantee {guarantee.name} is about every run; use judge_guarantee")
    kinds = {(selection.rule, selection.size) for selection in selections}
    if len(kinds) != 1:
        raise InvalidInput(
            f"selections must be runs of one rule and size; they are {sorted(kinds)}"
        )
    applicability = guarantee.applies(geometry, selections[0])
    if applicability.decision is not Decision.MET:
        return _without_assumption(guarantee, applicability)
    if len(selections) < _FEWEST_RUNS:
        sentence = f"{len(selections)} runs; a mean with a trustworthy error needs {_FEWEST_RUNS}."
        return _about(guarantee, Outcome.INCONCLUSIVE, None, sentence)
    spread = np.square(geometry.pool.atoms - geometry.pool.target).sum(axis=1)
    spread /= float(spread.max()) or 1.0
    share = float(spread.mean() ** 2 / np.square(spread).mean()) if spread.any() else 1.0
    if share * len(selections) < _FEWEST_HITS:
        sentence = f"a few of the {len(spread)} atoms carry the variance, and seldom are drawn."
        return _about(guarantee, Outcome.INCONCLUSIVE, None, sentence)
    at = 2 ** np.arange(int(np.log2(selections[0].size)) + 1) - 1
    losses = np.array([selection.losses[at] for selection in selections])
    expected = guarantee.bound(geometry, selections[0])[at]
    errors = losses.std(axis=0, ddof=1) / np.sqrt(len(losses))
    errors = np.maximum(errors, _rounding(expected, geometry.target_radius))
    # A pool whose atoms are all the target has no error and no distance.
    distances = np.abs(losses.mean(axis=0) - expected) / np.where(errors > 0, errors, 1.0)
    allowed = float(stats.t.ppf(1 - _CHANCE / (2 * len(at)), len(losses) - 1))
    k = int(np.argmax(distances))
    outcome = Outcome.HOLDS if distances[k] <= allowed else Outcome.FAILS
    sentence = (
        f"mean loss of {len(losses)} runs is {distances[k]:.1f} standard errors from "
        f"{expected[k]:.4g} at n = {at[k] + 1}, the largest distance; chance allows {allowed:.1f}."
    )
    return _about(guarantee, outcome, float(distances[k]), sentence)


def _check_same_pool(geometry: Geometry, selection: Selection) -> None:
    """Raise `InvalidInput` if the selection's last loss is not what its weights give here."""
    pool, last = geometry.pool, float(selection.losses[-1])
    same = selection.pool_size == pool.size
    if same:
        found = pool.loss(selection.weights(selection.size) @ pool.atoms)
        size = float(max(np.abs(pool.atoms).max(), np.abs(pool.target).max()))
        same = abs(found - last) <= 1e-6 * (found + last) + (1e-12 * size) ** 2
    if not same:
        raise InvalidInput(
            "selection is not from geometry.pool: its weights do not give its last loss there"
        )


def _without_assumption(guarantee: Guarantee, applicability: Applicability) -> Verdict:
    """The verdict where the assumption is not met, or cannot be decided."""
    if applicability.decision is Decision.NOT_MET:
        outcome, what = Outcome.DOES_NOT_APPLY, "does not apply"
    else:
        outcome, what = Outcome.INCONCLUSIVE, "its assumption is undecided"
    return _about(guarantee, outcome, None, f"{what}: {applicability.certificate}.")


def _about(guarantee: Guarantee, outcome: Outcome, slack: float | None, sentence: str) -> Verdict:
    return Verdict(guarantee.name, outcome, guarantee.statement, slack, None, sentence)


def _rounding(bound: Floats, target_radius: float) -> Floats:
    """How far a loss computed in float64 may pass a bound that it meets in truth."""
    error = 16 * np.finfo(np.float64).eps * target_radius
    allowed: Floats = 1e-9 * bound + error * np.sqrt(2 * bound) + error**2
    return allowed


def _shown(value: float, interval: Interval | None, digits: int) -> str:
    numbers = [value] if interval is None else [value, *interval]
    first, *ends = [f"{number:.{digits}f}".replace("-", "−") for number in numbers]
    return f"{first} [{', '.join(ends)}]" if ends else first
