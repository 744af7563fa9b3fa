"""Stochastic greedy: the best of a random sample of candidates at every step.

The authors' released code for deep networks looks at 50 candidates a step, for speed. The rule is
`greedy_forward` otherwise: equal weights, repetition allowed.
"""

from __future__ import annotations

import numpy as np

from theory.errors import check_count, check_seed
from theory.pool import Pool
from theory.rules.ties import least_norm
from theory.selection import Selection


def stochastic_greedy(
    pool: Pool, size: int, *, candidates: int = 50, seed: int | np.random.Generator = 0
) -> Selection:
    """Choose `size` atoms, each the best of `candidates` drawn without replacement.

    With as many candidates as atoms, or more, it is `greedy_forward`.
    """
    check_count("size", size)
    check_count("candidates", candidates)
    random = check_seed(seed)
    centred = pool.atoms - pool.target
    total = np.zeros(pool.samples)
    indices = np.empty(size, dtype=np.int64)
    losses = np.empty(size)
    for step in range(size):
        drawn = random.choice(pool.size, size=min(candidates, pool.size), replace=False)
        drawn.sort()
        chosen = int(drawn[least_norm(total, centred[drawn])])
        total = total + centred[chosen]
        indices[step] = chosen
        losses[step] = total @ total / (2 * pool.samples * (step + 1) ** 2)
    return Selection("stochastic_greedy", indices, losses, pool.size)
