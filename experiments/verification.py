"""Everything the theory says of one pool: geometry, every guarantee, rates; with its certificates.

This is what `subnets verify` computes for a user's own atoms and target.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from experiments.pools import log_sizes
from theory import (
    Geometry,
    InvalidInput,
    Pool,
    RateEstimate,
    Selection,
    Verdict,
    examine,
    fit_rate,
    guarantees,
    judge_guarantee,
    judge_in_mean,
    rounding_floor,
    rules,
)
from theory.errors import check_count
from theory.guarantees import Relation

_RUNS = 400  # independent draws, to judge a mean
_LONGEST_DRAW = 256
_PROGRAM_BUDGET = 1e9  # N·r² of the linear programs for γ, r at most min(N − 1, m)
_MOST_PROGRAMS = 40
_THOROUGH = 400


@dataclass(frozen=True, eq=False)
class Verification:
    """What was found out about one pool."""

    geometry: Geometry
    selections: dict[str, Selection]
    """rule -> its run"""
    rates: dict[str, RateEstimate | None]
    """rule -> the exponent of its loss above L* (for chance: above that of the atoms' mean); one
    run, so without an interval; None if the decay is no power, or there is too little to fit"""
    verdicts: list[tuple[str, Verdict]]
    """(rule, a guarantee's verdict about its run)"""


def verify(
    pool: Pool, names: Sequence[str], size: int, *, thorough: bool = False, seed: int = 0
) -> Verification:
    """Examine the pool, run the rules for `size` steps each, judge every guarantee that speaks.

    `thorough` spends ten times and more as many linear programs on the bracket for γ.
    """
    check_count("size", size, least=2)
    for name in names:
        rules.named(name)
    if not names:
        raise InvalidInput(f"rules is empty; choose from {', '.join(rules.ALL)}")
    geometry = examine(pool, programs=_programs(pool, thorough))
    selections = {name: rules.run(name, pool, size, seed) for name in names}
    verdicts = [
        (name, _judge(guarantee, geometry, selection, seed))
        for name, selection in selections.items()
        for guarantee in guarantees.ALL.values()
        if name in guarantee.rules
    ]
    rates = {name: _rate(geometry, selection) for name, selection in selections.items()}
    return Verification(geometry, selections, rates, verdicts)


def _programs(pool: Pool, thorough: bool) -> int:
    rank = min(pool.size - 1, pool.samples)
    if thorough:
        return max(_THOROUGH, 4 * rank)  # half of them or more are what the lower side takes
    return int(np.clip(_PROGRAM_BUDGET / (pool.size * max(1, rank) ** 2), 1, _MOST_PROGRAMS))


def _judge(
    guarantee: guarantees.Guarantee, geometry: Geometry, selection: Selection, seed: int
) -> Verdict:
    if guarantee.relation is not Relation.EQUAL_IN_MEAN:
        return judge_guarantee(guarantee, geometry, selection)
    size = min(selection.size, _LONGEST_DRAW)
    seeds = [np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(_RUNS)]
    draws = [rules.random_subset(geometry.pool, size, seed=drawn) for drawn in seeds]
    return judge_in_mean(guarantee, geometry, draws)


def _rate(geometry: Geometry, selection: Selection) -> RateEstimate | None:
    """From n = 10 on where there are enough sizes, at sizes evenly spread in their logarithm.

    Of the loss above what the rule tends to; None for optimised weights, whose decay is no power.
    """
    if not selection.equal_weights:
        return None
    pool, limit = geometry.pool, geometry.projection.best
    if selection.rule == "random_subset":
        limit = pool.loss(pool.atoms.mean(axis=0))
    sizes = log_sizes(selection.size).astype(int)
    if selection.size >= 40:
        sizes = sizes[sizes >= 10]
    floor = rounding_floor(geometry.target_radius**2) + 1e-13 * limit
    try:
        return fit_rate(sizes, selection.losses[sizes - 1][None], offset=limit, floor=floor)
    except InvalidInput:  # the curve is at the floor before there are three points to fit
        return None
