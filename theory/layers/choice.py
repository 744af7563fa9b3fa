"""Which channels stay, and by what each one's contribution is multiplied.

By a selection rule, which gives weights on the simplex: equal ones (`greedy_forward`, the paper's)
or optimised ones (`greedy_imitation`, the follow-up's local imitation), N·α_i each; by `optimised`,
which goes further; or by one of the field's baselines, which look at no data and leave what the
channels contribute as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from theory import rules
from theory.errors import Floats, Integers, check_choice, check_count
from theory.geometry import nearest_point, variance
from theory.guarantees.target_in_hull import GUARANTEE as TARGET_IN_HULL
from theory.pool import Pool
from theory.selection import Selection


@dataclass(frozen=True, eq=False)
class Choice:
    """The channels of one layer that stay."""

    factors: Floats
    """(N,) of every channel's contribution; 0 for a channel that goes (but one must stay)"""
    selection: Selection | None = None
    """the run of the rule, where a rule chose"""
    picks: int = 0
    """n, how many of the selection's steps were taken"""

    @property
    def kept(self) -> NDArray[np.bool_]:
        """(N,) which channels stay; the first, without any weight, if no channel has some."""
        kept: NDArray[np.bool_] = self.factors != 0
        kept[0] |= not kept.any()
        return kept

    def loss(self, pool: Pool) -> float:
        """Half the mean squared change of the consumer's output, from the pool of the layer."""
        return pool.loss(self.factors / pool.size @ pool.atoms)

    def bound(self, pool: Pool) -> float | None:
        """V(α)/(2n) with α_i = 1/N, which G2 promises to the rules that it speaks of."""
        if self.selection is None or self.selection.rule not in TARGET_IN_HULL.rules:
            return None
        return spread(pool) / (2 * self.picks)


def spread(pool: Pool) -> float:
    """V(α) for α_i = 1/N, of which a layer's own output is the mean."""
    return float(variance(pool, np.full(pool.size, 1 / pool.size)))


def by_rule(pool: Pool, rule: str, count: int, random: np.random.Generator) -> Choice:
    """The longest run of a rule that uses at most `count` different channels."""
    check_count("count", count, most=pool.size)
    if count == pool.size:
        return everything(pool.size)
    selection = rules.run(rule, pool, 2 * count, random)
    while selection.distinct[-1] <= count and selection.size < 4 * pool.size:
        longer = rules.run(rule, pool, 2 * selection.size, random)
        if longer.size == selection.size:
            break
        selection = longer
    picks = int(np.flatnonzero(selection.distinct <= count)[-1]) + 1
    return Choice(pool.size * selection.weights(picks), selection, picks)


def optimised(pool: Pool, count: int) -> Choice:
    """Greedy imitation from the atoms and the origin, then the best weights on what it chose.

    The origin is an atom that needs no channel: with it, weights may add up to less than 1, and no
    choice is worse than none. The target is in the larger hull as well, and the last step only
    lowers the loss, so that G2 promises as much.
    """
    check_count("count", count, most=pool.size)
    if count == pool.size:
        return everything(pool.size)
    larger = with_origin(pool)
    selection = rules.greedy_imitation(larger, 2 * pool.size)
    picks = int(np.flatnonzero(channels_used(selection) <= count)[-1]) + 1
    support = np.flatnonzero(selection.weights(picks))
    best = nearest_point(Pool(larger.atoms[support], larger.target)).weights
    weights = np.zeros(larger.size)
    weights[support] = best
    return Choice(pool.size * weights[:-1], selection, picks)


def with_origin(pool: Pool) -> Pool:
    """The pool with one atom more, last: 0."""
    return Pool(np.vstack([pool.atoms, np.zeros_like(pool.target)]), pool.target)


def channels_used(selection: Selection) -> Integers:
    """(n,) the number of different channels in f_k, for a pool with the origin as its last atom."""
    origin = np.cumsum(selection.indices == selection.pool_size - 1) > 0
    used: Integers = selection.distinct - origin
    return used


def everything(size: int) -> Choice:
    """All channels, as they are."""
    return Choice(np.ones(size))


def _largest_l1(weight: torch.Tensor, count: int, random: np.random.Generator) -> Integers:
    """Channels of the largest Σ|w| of their own weights (Li et al., ICLR 2017)."""
    del random
    sums = weight.to(torch.float64).abs().flatten(1).sum(1)
    return np.argsort(-sums.cpu().numpy(), kind="stable")[:count]


def _random(weight: torch.Tensor, count: int, random: np.random.Generator) -> Integers:
    return random.choice(len(weight), count, replace=False)


def _uniform(weight: torch.Tensor, count: int, random: np.random.Generator) -> Integers:
    """Evenly spaced ones."""
    del random
    return np.arange(count) * len(weight) // count


BASELINES: dict[str, Callable[[torch.Tensor, int, np.random.Generator], Integers]] = {
    "largest_l1": _largest_l1,
    "random": _random,
    "uniform": _uniform,
}


def by_baseline(layer: nn.Module, name: str, count: int, random: np.random.Generator) -> Choice:
    """`count` channels by a rule that looks at no data; what they contribute stays as it is."""
    weight = layer.weight
    assert isinstance(weight, torch.Tensor)
    select = BASELINES[check_choice("baseline", name, BASELINES)]
    chosen = select(weight.detach(), check_count("count", count, most=len(weight)), random)
    factors = np.zeros(len(weight))
    factors[chosen] = 1.0
    return Choice(factors)
