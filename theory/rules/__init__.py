"""Selection rules, one per file, all called `rule(pool, size, **options) -> Selection`.

Ties go to the lowest index; scores within rounding of each other tie.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from theory.errors import check_choice
from theory.pool import Pool
from theory.rules.away_step import away_step, pairwise
from theory.rules.backward_elimination import backward_elimination
from theory.rules.frank_wolfe import frank_wolfe
from theory.rules.fully_corrective import fully_corrective
from theory.rules.greedy_forward import greedy_forward, greedy_forward_without_repetition
from theory.rules.greedy_imitation import greedy_imitation
from theory.rules.herding import herding
from theory.rules.largest_norm import largest_norm
from theory.rules.random_subset import random_subset
from theory.rules.stochastic_greedy import stochastic_greedy
from theory.selection import Selection

ALL: Mapping[str, Callable[..., Selection]] = MappingProxyType(
    {
        rule.__name__: rule
        for rule in (
            greedy_forward,
            greedy_forward_without_repetition,
            stochastic_greedy,
            herding,
            frank_wolfe,
            greedy_imitation,
            away_step,
            pairwise,
            fully_corrective,
            backward_elimination,
            random_subset,
            largest_norm,
        )
    }
)


DRAWING = ("stochastic_greedy", "random_subset")
"""the rules that take a `seed`"""
ONCE = ("greedy_forward_without_repetition", "backward_elimination", "largest_norm")
"""the rules that take every atom at most once"""


def named(name: str) -> Callable[..., Selection]:
    """The rule of this name; raises `InvalidInput` naming the nearest if there is none."""
    return ALL[check_choice("rule", name, ALL)]


def run(name: str, pool: Pool, size: int, seed: int | np.random.Generator = 0) -> Selection:
    """`size` steps of the rule of this name; of one that takes atoms once, no more than N."""
    options = {"seed": seed} if name in DRAWING else {}
    return named(name)(pool, min(size, pool.size) if name in ONCE else size, **options)


__all__ = [
    "ALL",
    "away_step",
    "backward_elimination",
    "frank_wolfe",
    "fully_corrective",
    "greedy_forward",
    "greedy_forward_without_repetition",
    "greedy_imitation",
    "herding",
    "largest_norm",
    "named",
    "pairwise",
    "random_subset",
    "run",
    "stochastic_greedy",
]
