"""G1. A random subset loses the variance of a mean, exactly (Monte Carlo; Maurey's lemma).

Statement.  For n atoms drawn independently from weights α on the simplex, with u = Φα,

    E L(f_n) = L(u) + V(α)/(2n),      V(α) = Σ α_i‖φ_i − u‖².

Proof.  f_n is a mean of n independent vectors with mean u, so E‖f_n − y‖² = ‖u − y‖² + V(α)/n. ∎

Assumption: the draws are independent (rule random_subset with its uniform weights).
Source: Pisier 1981, after Maurey; Barron 1993 for networks.
"""

from __future__ import annotations

import numpy as np

from theory.errors import Floats
from theory.geometry import Geometry
from theory.geometry.measures import variance
from theory.guarantees.guarantee import Applicability, Decision, Guarantee, Relation
from theory.pool import Pool
from theory.selection import Selection


def expected_loss(pool: Pool, sizes: Floats, weights: Floats) -> Floats:
    """L(Φα) + V(α)/(2n) at the sizes n, for draws from `weights` (N,)."""
    return pool.loss(weights @ pool.atoms) + variance(pool, weights) / (2 * sizes)


def _assumption(geometry: Geometry, selection: Selection) -> Applicability:
    del geometry, selection
    return Applicability(Decision.MET, "independent uniform draws, by construction of the rule")


def _bound(geometry: Geometry, selection: Selection) -> Floats:
    pool = geometry.pool
    uniform = np.full(pool.size, 1 / pool.size)
    return expected_loss(pool, np.arange(1.0, selection.size + 1), uniform)


GUARANTEE = Guarantee(
    name="monte_carlo",
    statement="E L(f_n) = L(u) + V/(2n) for n independent draws",
    source="Maurey (Pisier 1981); Barron 1993",
    rules=("random_subset",),
    relation=Relation.EQUAL_IN_MEAN,
    assumption=_assumption,
    bound=_bound,
)
