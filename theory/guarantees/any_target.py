"""G4. Any target: greedy forward selection reaches O(log n / n) above the best of the hull.

Statement.  For every α on the simplex, with u = Φα and H_n = 1 + 1/2 + … + 1/n,

    L(f_{S_n}) ≤ L(u) + V(α)·H_n/(2n);      with the best u, L(u) = L*.

Proof.  Averaging the pick over i ~ α, L(f_{n+1}) ≤ L((n f_n + u)/(n+1)) + V/(2(n+1)²), and L is
convex, so g_n = L(f_n) − L(u) satisfies g_{n+1} ≤ (n/(n+1)) g_n + V/(2(n+1)²). Multiply by n+1 and
sum. ∎

The paper (and Wolfe et al. 2021, arXiv:2108.00259) state O(1/n) without the logarithm; this is
what the short proof gives. What is seen: g_n = ½‖f_n − u*‖² + ⟨f_n − u*, u* − y⟩, both at least 0,
and the second is (1/n) Σ β_{i_k} with β_i = ⟨φ_i − u*, u* − y⟩ ≥ 0, which is 0 on the face that u*
lies on. An atom off that face costs β_i/n for ever: that is why 1/n² turns into 1/n when y leaves
the hull.

Assumption: none. Certificate: α, and the duality gap that says how near L(u) is to L*.
Source: the paper's O(1/n) + L* (Ye et al. 2020), constant derived here.
"""

from __future__ import annotations

import numpy as np

from theory.errors import Floats
from theory.geometry import Geometry
from theory.guarantees.guarantee import Applicability, Decision, Guarantee, Relation
from theory.selection import Selection


def _assumption(geometry: Geometry, selection: Selection) -> Applicability:
    del selection
    gap = geometry.projection.duality_gap
    return Applicability(Decision.MET, f"holds for every target; L(u) − L* ≤ {gap:.2g}")


def _bound(geometry: Geometry, selection: Selection) -> Floats:
    sizes = np.arange(1.0, selection.size + 1)
    harmonic = np.cumsum(1 / sizes)
    return geometry.projection.loss + geometry.variance * harmonic / (2 * sizes)


GUARANTEE = Guarantee(
    name="any_target",
    statement="L(f_n) ≤ L* + V(α)·H_n/(2n)",
    source="Ye et al. 2020 (the paper's O(1/n) + L*), with the logarithm of the short proof",
    rules=("greedy_forward",),
    relation=Relation.AT_MOST,
    assumption=_assumption,
    bound=_bound,
)
